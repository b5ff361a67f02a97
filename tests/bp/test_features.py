"""What hangs on a post: switched on, attached, ordered and offered by its editors."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from bp.domains import use_services
from infrastructure.factory import BaseApp
from models.content import Author, Post, PostAuthor
from models.people import AuditEntry
from services.accounts.viewer import Role
from services.contracts.common import Container
from services.registry import Services, register_domain_services
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.test_menu_items import one

PATH = "/admin/posts/1/features/"
OTHER = "/admin/posts/2/features/"
SOON = (datetime.now(UTC) + timedelta(days=30)).replace(hour=10, minute=0)


@pytest.fixture(autouse=True)
async def posts(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        work.session.add_all(
            [
                Post(slug="rye", title="Rye", status="published", published_at=datetime.now(UTC)),
                Post(slug="oven", title="The oven", status="draft"),
                Post(slug="about", title="About", is_page=True, status="draft"),
            ]
        )


@pytest.fixture
async def editor(app: BaseApp) -> Visitor:
    return await sign_in_as(app, Role.EDITOR)


async def _page(visitor: Visitor, path: str = PATH) -> LexborHTMLParser:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return LexborHTMLParser(await answer.get_data(as_text=True))


async def _done(visitor: Visitor, do: str, path: str = PATH, **fields: Any) -> str:
    answer = await visitor.submit(path, {"do": do, **fields})
    assert answer.status_code == 303, await answer.get_data(as_text=True)
    location: str = answer.headers["Location"]
    return location


def _texts(page: LexborHTMLParser, selector: str) -> list[str]:
    return [re.sub(r"\s+", " ", it.text()).strip() for it in page.css(selector)]


def _starts(days: int) -> str:
    return f"{SOON + timedelta(days=days):%Y-%m-%dT%H:%M}"


async def test_a_calendar_is_switched_on_filled_and_switched_off(
    app: BaseApp, editor: Visitor
) -> None:
    assert await _done(editor, "calendar-on", name="Baking") == f"{PATH}#calendar"
    await _done(
        editor, "add-date", title="Rye day", place="Oven", starts_at=_starts(0), cost="12,5"
    )
    page = await _page(editor)
    assert "on Baking" in one(page, "#calendar .state").parent.text()  # type: ignore[union-attr]
    [line] = _texts(page, "#calendar .list li")
    assert "Rye day" in line
    assert "10:00 · Oven · €12.50" in line
    await _done(editor, "calendar-off")
    assert "off" in one(await _page(editor), "#calendar .state").text()
    await _done(editor, "calendar-on", name="Baking")
    assert len(_texts(await _page(editor), "#calendar .list li")) == 1
    async with app.database.read() as connection:
        actions = await connection.execute(
            select(AuditEntry.action)
            .where(AuditEntry.object_kind == "post")
            .order_by(AuditEntry.id)
        )
        assert list(actions.scalars()) == [
            *("post.calendar-on", "post.add-date", "post.calendar-off", "post.calendar-on")
        ]


async def test_dates_are_found_attached_ordered_and_detached(editor: Visitor) -> None:
    await _done(editor, "calendar-on", name="Baking")
    for number, title in enumerate(("Rye day", "Oat day", "Spelt day")):
        await _done(editor, "add-date", title=title, starts_at=_starts(number))
    page = await _page(editor, f"{OTHER}?q=day")
    found = page.css("#attached .found button")
    assert len(found) == 3
    assert "of Rye" in found[0].text()
    for button in found:
        await _done(editor, button.attributes["value"] or "", OTHER)
    order = one(await _page(editor, OTHER), "[name=order]").attributes["value"]
    await _done(editor, "up 3", OTHER, order=order)
    names = "#attached .attached .what"
    assert _texts(await _page(editor, OTHER), names) == ["Rye day", "Spelt day", "Oat day"]
    assert _texts(await _page(editor, f"{OTHER}?q=day"), "#attached .found button") == []
    # Somebody else detaches one: who orders what they saw is told.
    assert await _done(editor, "detach 1", OTHER) == f"{OTHER}?detached=1#attached"
    answer = await editor.submit(OTHER, {"do": "down 3", "order": "1 3 2"})
    assert answer.status_code == 409
    assert "Somebody else" in await answer.get_data(as_text=True)
    page = await _page(editor, f"{OTHER}?detached=1")
    assert one(page, ".said button").attributes["value"] == "attach 1"
    await _done(editor, "attach 1", OTHER)
    assert _texts(await _page(editor, OTHER), names) == ["Spelt day", "Oat day", "Rye day"]


async def test_a_market_is_made_filled_closed_and_opened(editor: Visitor) -> None:
    await _done(editor, "market", name="The shelf")
    await _done(editor, "add-product 1", title="Loaf", unit="loaf", price="6.50", stock="3")
    await _done(editor, "add-product 1", title="Cake", price="", stock="0")
    await _done(editor, "rename 1", name="The board")
    page = await _page(editor)
    assert _texts(page, ".market .list li") == [
        "Loaf €6.50 a loaf · 3 left",
        "Cake free · sold out, not shown",
    ]
    assert one(page, "#market-1").attributes["value"] == "The board"
    await _done(editor, "close 1")
    assert _texts(await _page(editor), ".market") == []
    await _done(editor, "reopen 1")
    assert len(_texts(await _page(editor), ".market .list li")) == 2


async def test_what_cannot_be_is_said_and_stays_in_its_form(editor: Visitor) -> None:
    await _done(editor, "calendar-on", name="Baking")
    await _done(editor, "market", name="The shelf")
    for do, fields, sentence in (
        ("calendar-on", {"name": ""}, "give it a name"),
        ("market", {"name": "the Shelf"}, "here already"),
        ("market", {"name": "x" * 201}, "at most 200"),
        ("add-date", {"title": "", "starts_at": _starts(0)}, "may not be empty"),
        ("add-date", {"title": "Kept", "starts_at": "soon"}, "Give a day and a time"),
        (
            "add-date",
            {"title": "Kept", "starts_at": _starts(1), "ends_at": _starts(0)},
            "ends after",
        ),
        ("add-date", {"title": "Kept", "starts_at": _starts(1), "cost": "-1"}, "Give an amount"),
        ("add-date", {"title": "Kept", "starts_at": _starts(1), "currency": "€"}, "three letters"),
        ("add-product 1", {"title": "Kept", "price": "1", "stock": "x"}, "whole number"),
        ("add-product 1", {"title": "Kept", "price": "1.234"}, "Give an amount"),
        ("add-product 9", {"title": "Kept", "price": "1"}, "no such market"),
        ("close 9", {}, "no such market"),
        ("attach 9", {}, "no such entry"),
        ("up 9", {"order": "1 x"}, "not attached any more"),
        ("attach x", {}, "nothing to do"),
        ("attach 99999999999999999999", {}, "nothing to do"),
        ("dance", {}, "nothing to do"),
        ("", {}, "nothing to do"),
    ):
        answer = await editor.submit(PATH, {"do": do, **fields})
        assert answer.status_code in {404, 409, 422}, do
        page = LexborHTMLParser(await answer.get_data(as_text=True))
        assert sentence in " ".join(it.text() for it in page.css('[role="alert"]')), do
        if fields.get("title") and do != "add-product 9":
            assert page.css_first('details[open] [name="title"][value="Kept"]') is not None, do


async def test_a_market_of_another_post_is_not_to_be_changed_here(
    app: BaseApp, editor: Visitor
) -> None:
    await _done(editor, "market", name="The shelf")
    answer = await editor.submit(OTHER, {"do": "close 1"})
    assert answer.status_code == 409
    services: Services = app.extensions["services"]
    async with app.database.read() as connection:
        found = await services.market.marketplaces(connection, [Container("post", 1)])
    assert [it.is_open for it in found[Container("post", 1)]] == [True]


@pytest.mark.parametrize(
    ("role", "post_id", "status"),
    [
        (Role.ANONYMOUS, 1, 302),
        (Role.READER, 1, 403),
        (Role.CONTRIBUTOR, 2, 403),
        (Role.AUTHOR, 1, 200),
        (Role.AUTHOR, 2, 403),
        (Role.AUTHOR, 3, 403),
        (Role.EDITOR, 3, 200),
        (Role.EDITOR, 99, 404),
    ],
)
async def test_who_may_edit_the_post_may_do_this(
    app: BaseApp, role: Role, post_id: int, status: int
) -> None:
    async with app.database.unit_of_work() as work:
        author = Author(slug="ada", name="Ada")
        work.session.add(author)
        await work.session.flush()
        work.session.add_all(
            PostAuthor(post_id=it, author_id=author.id, position=0) for it in (1, 3)
        )
    somebody = await sign_in_as(app, role, author_id=author.id)
    answer = await somebody.get(f"/admin/posts/{post_id}/features/")
    assert answer.status_code == status


async def test_without_the_domains_the_page_says_so(app: BaseApp, editor: Visitor) -> None:
    use_services(app, register_domain_services(app.database, "http://blog.example", ["blog"]))
    assert "readers see none of this yet" in one(await _page(editor), ".said").text()
    for do in ("calendar-on", "market"):
        answer = await editor.submit(PATH, {"do": do, "name": "x"})
        assert answer.status_code == 409
