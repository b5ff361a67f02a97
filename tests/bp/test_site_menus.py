"""Menus of the site's own: in its pages and as `nav-tree`, as soon as they are published."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import event

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.fragments import KINDS, FragmentClient, Origin, fragment
from infrastructure.settings import Settings
from models.content import Post
from services.accounts.viewer import Role
from services.navigation import editing, publishing
from services.navigation.editing import NodeValues
from tests.bp.conftest import Visitor, sign_in_as
from tests.services.navigation.conftest import ADA, Desk, content, heading
from tests.waiting import eventually

PATH = "/internal/fragments/nav-tree"
ASKED = {"X-Fragment-Request": "1"}

pytestmark = pytest.mark.usefixtures("desk")


def _link(label: str, address: str, **more: Any) -> NodeValues:
    return NodeValues("url", address=address, label=label, **more)


@contextmanager
def _statements(app: BaseApp) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    engine = app.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
async def desk(app: BaseApp) -> Desk:
    """An editor of an app whose main menu leads to a page, and to what only some may see."""
    desk = Desk(app.database)
    async with app.database.unit_of_work() as work:
        ids = await content(work)
    about = await desk.add(NodeValues("page", target_id=ids["about"], icon="info"))
    house = await desk.add(heading("House"), about)
    await desk.add(_link("Bread", f"{app.settings.public_url}/bread/"), house)
    await desk.add(_link("Rota", "/rota/", audience="reader"), about)
    await desk.add(_link("Else", "https://else.example/", new_tab=True))
    await desk.add(NodeValues("post", target_id=ids["members"]))
    await desk.publish()
    return desk


async def _nav(visitor: Visitor, asked: str = "", **headers: str) -> Any:
    return await visitor.client.get(f"{PATH}{asked}", headers={**ASKED, **headers})


async def test_html_is_the_tree_that_everybody_may_see(visitor: Visitor) -> None:
    answer = await _nav(visitor, "?app=blog&path=/bread/")
    site = visitor.app.settings.public_url
    page = LexborHTMLParser(await answer.get_data(as_text=True))
    links = {it.text(): it for it in page.css("a")}
    assert list(links) == ["About", "Bread", "Else"]
    assert links["About"].attributes["href"] == f"{site}/about/"
    assert links["Bread"].attributes["aria-current"] == "page"
    assert links["About"].attributes["aria-current"] == "true"
    assert links["Else"].attributes["target"] == "_blank"
    assert [it.text() for it in page.css("summary")] == ["More under About", "House"]
    assert page.css_first("a .nav-icon-info[aria-hidden=true]") is not None
    header = LexborHTMLParser(await (await visitor.get("/about/")).get_data(as_text=True))
    assert [it.text() for it in header.css("#menu a")] == list(links)
    assert [it.attributes.get("aria-current") for it in header.css("#menu a")] == [
        *("page", None, None)
    ]


async def test_json_and_the_top_alone(visitor: Visitor) -> None:
    answer = await _nav(visitor, "?path=/bread/&variant=compact", Accept="application/json")
    tree = await answer.get_json()
    assert tree["menu"] == "main"
    assert tree["version"].startswith("1-")
    assert [(it["label"], it["current"], it["children"]) for it in tree["nodes"]] == [
        ("About", "true", []),
        ("Else", None, []),
    ]


async def test_an_app_that_nobody_knows_gets_the_menu_too(visitor: Visitor) -> None:
    answer = await (await _nav(visitor, "?app=my-app&path=/about/")).get_data(as_text=True)
    assert "About" in answer
    assert "aria-current" not in answer


async def test_a_menu_of_which_nothing_is_published_is_empty_and_kept(
    visitor: Visitor, desk: Desk
) -> None:
    async with desk.database.unit_of_work() as work:
        await publishing.make(work, ADA, "press", "The press")
    answer = await _nav(visitor, "?menu=press")
    assert (answer.status_code, await answer.get_data()) == (200, b"")
    assert "no-store" not in answer.headers["Cache-Control"]


async def test_one_statement_cold_and_none_warm(app: BaseApp, visitor: Visitor, desk: Desk) -> None:
    nodes = [(heading(f"{n}"), None if n < 100 else n - 100) for n in range(500)]
    nodes += [(_link(f"leaf {n}", f"/{n}/"), n + 400) for n in range(100)]
    async with app.database.unit_of_work() as work:
        await editing.add_all(work, ADA, await desk.seen(), nodes, "sowed")
    await desk.publish()
    app.page_cache.purge_here({"everything"})
    with _statements(app) as seen:
        first = await _nav(visitor, "?path=/7/")
        assert len(seen) == 1
        assert (await first.get_data(as_text=True)).count("leaf") == 100
        await _nav(visitor, "?path=/7/")
        await _nav(visitor, "?path=/8/")
        again = await _nav(visitor, "?path=/7/", **{"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert not first.headers["ETag"].startswith("W/")
        assert len(seen) == 1


async def test_what_is_no_longer_there_is_gone_from_every_page(
    app: BaseApp, visitor: Visitor
) -> None:
    first = await _nav(visitor)
    assert "About" in await (await visitor.get("/")).get_data(as_text=True)
    async with app.database.unit_of_work() as work:
        (await work.session.get_one(Post, 1)).status = "draft"
    second = await _nav(visitor)
    # What is under an entry goes with it.
    assert "Bread" not in await second.get_data(as_text=True)
    assert first.headers["X-Fragment-Version"] != second.headers["X-Fragment-Version"]
    assert "About" not in await (await visitor.get("/")).get_data(as_text=True)


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.ANONYMOUS, ["About", "Bread", "Else"]),
        (Role.READER, ["About", "Bread", "Rota", "Else"]),
        (Role.MEMBER, ["About", "Bread", "Rota", "Else", "For members"]),
    ],
)
async def test_on_our_pages_each_sees_what_is_theirs(
    app: BaseApp, role: Role, labels: list[str]
) -> None:
    somebody = await sign_in_as(app, role)
    page = LexborHTMLParser(await (await somebody.get("/bread/")).get_data(as_text=True))
    assert [it.text() for it in page.css("#menu a")] == labels
    assert [it.text() for it in page.css('#menu a[aria-current="page"]')] == ["Bread"]
    # What apps show to whoever comes is what everybody may see, whoever asks for it.
    nav = await (await _nav(somebody)).get_data(as_text=True)
    assert "Rota" not in nav
    assert "For members" not in nav


async def test_the_foot_of_the_page_is_a_menu_too(visitor: Visitor, desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        await editing.add_all(
            work,
            ADA,
            await desk.seen("footer"),
            [(heading("Rules"), None), (_link("Privacy", "/privacy/"), 0)],
            "sowed",
        )
    await desk.publish("footer")
    page = LexborHTMLParser(await (await visitor.get("/")).get_data(as_text=True))
    assert [it.text() for it in page.css(".foot-list .foot-list a")] == ["Privacy"]
    assert "Privacy" in await (await _nav(visitor, "?menu=footer")).get_data(as_text=True)


async def test_while_the_database_is_gone_it_is_empty_and_nobody_keeps_that(
    app: BaseApp, visitor: Visitor
) -> None:
    app.page_cache.purge_here({"everything"})
    with _no_database(app):
        answer = await _nav(visitor)
    assert (answer.status_code, await answer.get_data()) == (200, b"")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "About" in await (await _nav(visitor)).get_data(as_text=True)


@contextmanager
def _no_database(app: BaseApp) -> Iterator[None]:
    def refuse(*_: Any) -> None:
        raise OSError

    engine = app.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    yield
    event.remove(engine, "before_cursor_execute", refuse)


async def test_what_is_published_reaches_siblings_by_every_worker(
    app: BaseApp, settings: Settings
) -> None:
    other = create_app(settings)
    async with other.test_app():
        await other.page_cache.wait_until_ready(10)
        transport = httpx.ASGITransport(app=cast("Any", other.asgi_app))
        blog = Origin("blog", "http://localhost", "http://localhost")
        client = FragmentClient([blog], "http://market.example", budget=10, transport=transport)
        now = 1e9
        client.clock = client._memory._clock = lambda: now
        wanted = fragment("blog", "nav-tree", {"app": "market", "path": "/"})
        assert "About" in (await client.fetch([wanted]))[wanted].html
        async with app.database.unit_of_work() as work:
            (await work.session.get_one(Post, 1)).title = "Who we are"
        # The other worker hears of it. Who asked less than a second ago may show what was.
        await eventually(lambda: len(other.page_cache.memo) == 0)
        assert (KINDS["nav-tree"].fresh, KINDS["nav-tree"].stale) == (1, 0)
        now += 1
        assert "Who we are" in (await client.fetch([wanted]))[wanted].html
        await client.close()
