"""Each sibling app gives its fragments, has its pages, and puts things into one cart."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser

from infrastructure.database import Database
from infrastructure.fragments.sanitise import Sanitiser, by_container
from services.contracts.calendar import Entry, NewEntry, NewSlot
from services.contracts.common import Container
from services.contracts.market import NewProduct
from services.registry import Services
from siblings import account, cart, events, market, samples
from tests.infrastructure.fragments import sibling as behave
from tests.infrastructure.fragments.sibling import Sibling, running
from tests.log_records import recorded
from tests.siblings.conftest import settings_of

APPS: dict[str, Callable[..., Any]] = {
    "account": account.create_app,
    "cart": cart.create_app,
    "events": events.create_app,
    "market": market.create_app,
}
ASKED = {"X-Fragment-Request": "1"}


@pytest.fixture
async def platform(database: Database, database_url: str) -> AsyncIterator[dict[str, Client]]:
    assert database.url == database_url
    async with AsyncExitStack() as stack:
        clients = {}
        for name, create in APPS.items():
            app = create(settings_of(name, database_url))
            await stack.enter_async_context(app.test_app())
            clients[name] = app.test_client()
        yield clients


@pytest.fixture
async def entry(database: Database, services: Services) -> Entry:
    start = datetime.now(UTC) + timedelta(days=2)
    async with database.unit_of_work() as work:
        calendar = await services.calendar.switch_on(work, Container("post", 1), "Baking")
        return await services.calendar.add_entry(
            work,
            calendar.id,
            NewEntry(
                "Rye <b>day</b>",
                start,
                start + timedelta(hours=3),
                cost=1250,
                slots=(NewSlot("Morning", start, start + timedelta(hours=1), places=8),),
            ),
        )


async def fragment(client: Client, target: str) -> str:
    response = await client.get(f"/internal/fragments/{target}", headers=ASKED)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["X-Fragment-Version"]
    assert response.headers["ETag"]
    html: str = await response.get_data(as_text=True)
    # What an app gives must come out of the other's sanitiser as it went in.
    cleaned = Sanitiser("x", "http://x.example", "http://blog.example").clean(html)
    assert len(cleaned) >= 0.9 * len(html.strip())
    return html


async def test_a_ticket_goes_into_the_cart_and_onto_the_badge(
    platform: dict[str, Client], entry: Entry
) -> None:
    page = await (await platform["events"].get("/")).get_data(as_text=True)
    assert "Rye &lt;b&gt;day" in page
    assert 'href="/entries/1/"' in page
    page = await (await platform["events"].get(f"/entries/{entry.id}/")).get_data(as_text=True)
    assert "8 left" in page
    for _ in range(2):
        response = await platform["events"].post(f"/entries/{entry.id}/ticket")
        assert response.status_code == 303
    (cookie,) = [it for it in platform["events"].cookie_jar or () if it.name == "cart_session"]
    assert cookie.has_nonstandard_attr("HttpOnly")
    badge = await fragment(platform["cart"], f"cart-mini?session_id={cookie.value}")
    assert "Cart: 2 things, €25.00" in badge
    assert 'href="http://cart.example/"' in badge
    headers = {"Cookie": f"cart_session={cookie.value}"}
    page = await (await platform["cart"].get("/", headers=headers)).get_data(as_text=True)
    assert "Rye &lt;b&gt;day" in page
    response = await platform["cart"].post("/lines/1", form={"quantity": "0"}, headers=headers)
    assert response.status_code == 303
    assert await fragment(platform["cart"], f"cart-mini?session_id={cookie.value}") == ""


async def test_nobody_gets_anothers_badge_by_guessing(
    platform: dict[str, Client], entry: Entry
) -> None:
    await platform["events"].post(f"/entries/{entry.id}/ticket")
    for asked in ("", "session_id=1", "session_id=", "user_id=1", "user_id=&session_id=x"):
        assert await fragment(platform["cart"], f"cart-mini?{asked}") == ""


async def test_a_form_from_another_site_is_refused(
    platform: dict[str, Client], entry: Entry
) -> None:
    response = await platform["events"].post(
        f"/entries/{entry.id}/ticket", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403


async def test_dates_for_one_page_and_for_many_cards(
    platform: dict[str, Client], entry: Entry
) -> None:
    nav = await fragment(
        platform["events"], "container-nav?container_type=post&container_id=1&slug=rye-1"
    )
    assert f'href="http://events.example/entries/{entry.id}/"' in nav
    assert "<b>day" not in nav
    cards = await fragment(
        platform["events"], "container-cards?container_type=post&container_ids=2,1,x,,1"
    )
    assert list(by_container(cards)) == ["post:1"]
    for nothing in (
        "container-nav",
        "container-nav?container_type=post&container_id=99999999999999999999",
        "container-cards?container_type=post&container_ids=",
    ):
        assert await fragment(platform["events"], nothing) == ""


async def test_attached_dates_follow_in_the_order_that_was_chosen(
    platform: dict[str, Client], database: Database, services: Services, entry: Entry
) -> None:
    start = datetime.now(UTC) + timedelta(days=1)
    post = Container("post", 2)
    ids = []
    async with database.unit_of_work() as work:
        for title, days, state in (
            ("Late", 9, "confirmed"),
            ("Early", 0, "confirmed"),
            ("Off", 1, "cancelled"),
            ("Over", -5, "confirmed"),
        ):
            begin = start + timedelta(days=days)
            new = NewEntry(title, begin, begin + timedelta(hours=1), state=state)
            ids.append((await services.calendar.add_entry(work, entry.calendar_id, new)).id)
            await services.calendar.attach(work, post, ids[-1])
        calendar = await services.calendar.switch_on(work, post, "Its own")
        begin = start + timedelta(days=4)
        own = NewEntry("Own", begin, begin + timedelta(hours=1))
        await services.calendar.add_entry(work, calendar.id, own)
    asked = "container-nav?container_type=post&container_id=2"
    nav = LexborHTMLParser(await fragment(platform["events"], asked))
    assert [it.text() for it in nav.css("a")] == ["Own", "Late", "Early"]
    async with database.unit_of_work() as work:
        await services.calendar.arrange(work, post, [ids[1], ids[0], *ids[2:]])
    nav = LexborHTMLParser(await fragment(platform["events"], asked))
    assert [it.text() for it in nav.css("a")] == ["Own", "Early", "Late"]


async def test_the_market_offers_what_is_left(
    platform: dict[str, Client], database: Database, services: Services
) -> None:
    async with database.unit_of_work() as work:
        shelf = await services.market.create(work, Container("post", 2), "Shelf")
        loaf = await services.market.add_product(work, shelf.id, NewProduct("Loaf", 650, unit="kg"))
        gone = await services.market.add_product(work, shelf.id, NewProduct("Cake", 1, stock=0))
    nav = await fragment(platform["market"], "container-nav?container_type=post&container_id=2")
    assert "Loaf" in nav
    assert "€6.50 a kg" in nav
    assert "Cake" not in nav
    assert await fragment(platform["market"], "container-nav?container_id=two") == ""
    page = await (await platform["market"].get("/")).get_data(as_text=True)
    assert "Loaf" in page
    assert (await platform["market"].post(f"/products/{loaf.id}/buy")).status_code == 303
    assert (await platform["market"].post(f"/products/{gone.id}/buy")).status_code == 409
    assert (await platform["market"].post("/products/999/buy")).status_code == 404


async def test_the_rules_of_the_address(platform: dict[str, Client], entry: Entry) -> None:
    events_client = platform["events"]
    target = (
        f"/internal/fragments/container-nav?container_type=post&container_id={entry.container.id}"
    )
    assert (await events_client.get(target)).status_code == 404
    assert (await events_client.get(target, headers={"X-Fragment-Request": "0"})).status_code == 404
    first = await events_client.get(target, headers=ASKED)
    again = await events_client.get(
        target, headers={**ASKED, "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, await again.get_data()) == (304, b"")
    with recorded() as logs:
        unknown = await events_client.get("/internal/fragments/weather", headers=ASKED)
    assert (unknown.status_code, await unknown.get_data()) == (200, b"")
    assert unknown.headers["Cache-Control"] == "no-store"
    assert [log["level"] for log in logs if log["event"] == "unknown fragment"] == ["error"]


async def test_a_failure_inside_is_an_empty_answer_that_nobody_keeps(
    database: Database, database_url: str
) -> None:
    app = events.create_app(settings_of("events", database_url))
    await database.close()
    await app.database.close()
    broken = Database(database_url.replace("/test_", "/gone_"))
    app.database = broken
    with recorded() as logs:
        response = await app.test_client().get(
            "/internal/fragments/container-nav?container_type=post&container_id=1", headers=ASKED
        )
    assert (response.status_code, await response.get_data()) == (200, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert "error" in {log["level"] for log in logs}
    await broken.close()


async def test_samples_are_planted_once(database: Database, services: Services) -> None:
    for _ in range(2):
        await samples.plant_dates(database, services)
        await samples.plant_products(database, services)
    async with database.read() as connection:
        found = await services.calendar.search(connection, "", datetime.now(UTC))
        offers = await services.market.products_for_containers(connection, [Container("post", 1)])
    assert len(found) == 5
    assert len(offers[Container("post", 1)]) == 3


async def test_the_account_app_says_who_is_signed_in(platform: dict[str, Client]) -> None:
    assert "account.example" in await fragment(platform["account"], "auth-menu?user_id=7&path=/")
    assert await fragment(platform["account"], "auth-menu?path=/") == ""
    assert (await platform["account"].get("/")).status_code == 200


@pytest.mark.parametrize("how", ["hang", "fail", "flood", "drip", "break_off", "write_badly"])
async def test_a_siblings_page_stands_whatever_the_blog_does(
    database: Database, database_url: str, how: str
) -> None:
    assert database.url == database_url
    async with running(Sibling(getattr(behave, how))) as blog:
        app = events.create_app(settings_of("events", database_url, blog_url=blog.url))
        app.fragments.strict = False
        async with app.test_app():
            page = await (await app.test_client().get("/")).get_data(as_text=True)
    assert page.rstrip().endswith("</html>")
    assert "<h1>" in page
    assert "evil" not in page
    if how != "write_badly":
        # Where there never was a menu, there is a way back at least.
        assert f'<a href="{blog.url}/">The blog</a>' in page
