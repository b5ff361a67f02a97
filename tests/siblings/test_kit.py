"""The contract test kit: our own apps pass it, and it names what is wrong with one that fails."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app import create_app
from infrastructure.database import Database
from infrastructure.factory import BaseApp
from infrastructure.fragments.client import LARGEST
from infrastructure.fragments.kit import problems
from infrastructure.settings import ROOT
from models.site import SiteSetting
from services.contracts.calendar import NewEntry
from services.contracts.cart import CartItem, CartOwner
from services.contracts.common import Container, Money
from services.contracts.market import NewProduct
from services.registry import Services
from siblings import account, cart, events, market
from tests.siblings.conftest import BLOG, settings_of

URL = "http://events.example"
POST = Container("post", 1)
BESIDE: dict[str, str | int] = {"container_type": "post", "container_id": 1, "slug": "rye-1"}
CARDS: dict[str, str | int] = {"container_type": "post", "container_ids": "1,2,99"}


def _client(app: BaseApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app.asgi_app)  # type: ignore[arg-type]  # Quart's is narrower
    return httpx.AsyncClient(transport=transport, base_url=app.settings.public_url)


@pytest.fixture
async def family(
    database: Database, services: Services, database_url: str
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    begins = datetime.now(UTC) + timedelta(days=3)
    async with database.unit_of_work() as work:
        links = [{"label": "Rye", "url": "/rye-1/"}, {"label": "Else", "url": "https://e.example/"}]
        work.session.add(SiteSetting(key="navigation", value=links))
        calendar = await services.calendar.switch_on(work, POST, "Baking")
        new = NewEntry("Rye day", begins, begins + timedelta(hours=2), cost=1250)
        await services.calendar.add_entry(work, calendar.id, new)
        shelf = await services.market.create(work, POST, "The shelf")
        await services.market.add_product(work, shelf.id, NewProduct("Loaf", 650))
        item = CartItem("product", 1, POST, "Loaf", Money(650, "EUR"))
        await services.cart.put(work, CartOwner(user_id="7"), item)
    makers: dict[str, Callable[..., Any]] = {
        "blog": create_app,
        "account": account.create_app,
        "cart": cart.create_app,
        "events": events.create_app,
        "market": market.create_app,
    }
    async with AsyncExitStack() as stack:
        clients = {}
        for name, make in makers.items():
            app = make(settings_of(name, database_url, rate_limits=False))
            await stack.enter_async_context(app.test_app())
            await app.page_cache.wait_until_ready(60)
            clients[name] = await stack.enter_async_context(_client(app))
        yield clients


async def test_our_own_apps_pass(family: dict[str, httpx.AsyncClient]) -> None:
    asked: list[tuple[str, str, dict[str, str | int]]] = [
        ("blog", "nav-tree", {"app": "blog", "path": "/rye-1/"}),
        ("account", "auth-menu", {"user_id": "7", "path": "/"}),
        ("cart", "cart-mini", {"user_id": "7"}),
        ("events", "container-nav", BESIDE),
        ("events", "container-cards", CARDS),
        ("market", "container-nav", BESIDE),
    ]
    found = {
        (app, kind): await problems(family[app], kind, given, site_url=BLOG)
        for app, kind, given in asked
    }
    assert {name: told for name, told in found.items() if told} == {}


class Bad:
    """An app that keeps the contract but where it is told not to."""

    def __init__(self, html: str = "<p>dates</p>", **more: Any) -> None:
        self.html = html
        self.headers: dict[str, str] = {
            "content-type": "text/html; charset=utf-8",
            "etag": '"1"',
            "x-fragment-version": "1",
            "cache-control": "public, max-age=30",
            **more.get("headers", {}),
        }
        self.unknown: httpx.Response | None = more.get("unknown")
        self.is_open: bool = more.get("is_open", False)
        self.forgets_etags: bool = more.get("forgets_etags", False)
        self.fails_at: str | None = more.get("fails_at")
        self.json: bytes = more.get("json", b"{}")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("x-fragment-request") != "1" and not self.is_open:
            return httpx.Response(404)
        if request.url.path.endswith("no-such-type"):
            no_store = {"cache-control": "no-store", "content-type": "text/html"}
            return self.unknown or httpx.Response(200, headers=no_store)
        if self.fails_at is not None and self.fails_at in str(request.url):
            return httpx.Response(500)
        if "json" in request.headers["accept"]:
            return httpx.Response(200, content=self.json)
        headers = {name: value for name, value in self.headers.items() if value}
        if request.headers.get("if-none-match") == '"1"' and not self.forgets_etags:
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, content=self.html.encode(), headers=headers)

    async def problems(self, kind: str = "container-nav", **given: str | int) -> list[str]:
        transport = httpx.MockTransport(self)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return await problems(client, kind, given or BESIDE)


async def test_one_that_keeps_it_has_no_problems() -> None:
    assert await Bad().problems() == []


BROKEN: dict[str, tuple[Bad, str]] = {
    "nothing": (Bad(""), "shows nothing"),
    "content type": (Bad(headers={"content-type": "text/html"}), "Content-Type"),
    "weak": (Bad(headers={"etag": 'W/"1"'}, forgets_etags=True), "no strong ETag"),
    "version": (Bad(headers={"x-fragment-version": ""}), "X-Fragment-Version"),
    "cached": (Bad(headers={"cache-control": ""}), "no Cache-Control"),
    "no-store": (Bad(headers={"cache-control": "no-store"}), "failed inside"),
    "too long": (Bad(headers={"cache-control": "max-age=3600"}), "fresh for 30 s"),
    "cookie": (Bad(headers={"set-cookie": "a=b"}), "sets a cookie"),
    "large": (Bad("<p>" + "x" * LARGEST), "more than 256 KiB"),
    "script": (Bad("<p>a</p><script>1</script>"), "<script> does not come through"),
    "style": (Bad('<p style="color:red">a</p>'), "<p style> does not come through"),
    "form": (Bad('<form action="https://e.example/">a</form>'), "<form action>"),
    "slash": (Bad('<a href="/a//b">a</a>'), "double slash"),
    "ids": (Bad('<p id="a">a</p><p id="a">b</p>'), "“a” is there 2 times"),
    "open": (Bad(is_open=True), "without X-Fragment-Request"),
    "unknown": (Bad(unknown=httpx.Response(404)), "an unknown type"),
    "kept": (Bad(unknown=httpx.Response(200)), "should say no-store"),
    "304": (Bad(forgets_etags=True), "its own ETag with 200"),
    "nonsense": (Bad(fails_at="99999"), "parameters like"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_wrong_is_named(what: str) -> None:
    bad, sentence = BROKEN[what]
    found = await bad.problems()
    assert any(sentence in it for it in found), found


async def test_what_is_personal_belongs_to_a_viewer() -> None:
    private = {"cache-control": "private, max-age=10"}
    assert "does not say private" in str(await Bad().problems("cart-mini", user_id="7"))
    found = str(await Bad(headers=private).problems("cart-mini", user_id="7"))
    assert "shows something to nobody" in found
    assert "shows a stranger" in found
    assert "give user_id" in str(await Bad(headers=private).problems("cart-mini", slug="x"))


async def test_cards_are_for_containers_that_were_asked_for() -> None:
    html = (
        '<section data-container="post:1">a</section><section data-container="post:1">a</section>'
        '<section data-container="post:3">a</section><div data-container="post:2">a</div>'
    )
    found = str(await Bad(html, fails_at="%2C49%2C50").problems("container-cards", **CARDS))
    assert "post:3, which nobody asked for" in found
    assert "more than one section" in found
    assert "is not a <section" in found
    assert "50 containers with 500" in found


async def test_a_menu_has_origins_and_the_same_tree_as_json() -> None:
    control = {"cache-control": "public, max-age=0, must-revalidate"}
    html = '<a href="/a/" aria-current="page">A</a><a href="/b/" aria-current="page">B</a>'
    found = str(await Bad(html, headers=control).problems("nav-tree", path="/"))
    assert "no origin" in found
    assert "More than one entry" in found
    assert "no tree as JSON" in found
    tree = b'{"version":"2","nodes":[{"label":"C","url":"http://c.example/","children":[]}]}'
    found = str(await Bad(html, headers=control, json=tree).problems("nav-tree", path="/"))
    assert "other entries" in found
    assert "another version" in found


def test_it_is_a_command_as_well() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infrastructure.fragments.kit", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    nowhere = run("http://127.0.0.1:9", "container-nav", "slug=x")
    assert (nowhere.returncode, "cannot be reached" in nowhere.stdout) == (1, True)
    wrong = run("http://127.0.0.1:9", "weather")
    assert (wrong.returncode, "TYPE is one of" in wrong.stderr) == (2, True)
