"""What readers get of a menu: the published version, its targets as they are at that moment."""

from typing import Any

import pytest
from sqlalchemy import event, select

from infrastructure.errors import InvalidError
from infrastructure.page_cache.touches import touched_by
from models.content import Post, PostTier, Tag, Tier
from services.accounts.viewer import ANONYMOUS, Role, Viewer
from services.navigation import editing, publishing, reader
from services.navigation.changes import differences
from services.navigation.editing import NodeValues, StaleMenuError
from services.navigation.rows import Entry
from services.navigation.serving import Item, served
from tests.services.navigation.conftest import ADA, BEN, Desk, content, heading

APPS = {"market": "https://market.example"}


async def _publish(desk: Desk) -> int:
    async with desk.database.unit_of_work() as work:
        return await publishing.publish(work, ADA, await desk.seen())


async def _entries(desk: Desk) -> tuple[Entry, ...]:
    async with desk.database.read() as connection:
        return (await reader.menus(connection)).published["main"].entries


def _urls(items: tuple[Item, ...]) -> list[Any]:
    return [(it.url, _urls(it.children)) if it.children else it.url for it in items]


async def _site(desk: Desk) -> dict[str, int]:
    async with desk.database.unit_of_work() as work:
        ids = await content(work)
    top = await desk.add(heading("The house"))
    for values in (
        NodeValues("page", target_id=ids["about"]),
        NodeValues("post", target_id=ids["soon"], label="Not yet"),
        NodeValues("tag", target_id=ids["bakery"]),
        NodeValues("tag", target_id=ids["hash-x"]),
        NodeValues("post", target_id=ids["members"]),
        NodeValues("app", app="market", address="/shelf/"),
        NodeValues("app", app="events"),
        NodeValues("url", address="https://else.example/", label="Else", audience="editor"),
    ):
        await desk.add(values, top)
    await desk.add(heading("Nothing below"))
    return ids


_MARKET = "https://market.example/shelf/"


@pytest.mark.parametrize(
    ("viewer", "urls"),
    [
        (ANONYMOUS, ["/about/", "/tag/bakery/", _MARKET]),
        (Viewer(Role.READER), ["/about/", "/tag/bakery/", _MARKET]),
        (Viewer(Role.MEMBER), ["/about/", "/tag/bakery/", "/members/", _MARKET]),
        (
            Viewer(Role.EDITOR),
            ["/about/", "/tag/bakery/", "/members/", _MARKET, "https://else.example/"],
        ),
    ],
)
async def test_each_sees_what_is_theirs(desk: Desk, viewer: Viewer, urls: list[str]) -> None:
    await _site(desk)
    await _publish(desk)
    assert _urls(served(await _entries(desk), APPS, viewer)) == [(None, urls)]


async def test_a_target_is_as_it_is_now(desk: Desk) -> None:
    ids = await _site(desk)
    await _publish(desk)
    async with desk.database.unit_of_work() as work:
        about = await work.session.get_one(Post, ids["about"])
        about.title, about.slug = "About us", "about-us"
        soon = await work.session.get_one(Post, ids["soon"])
        soon.status, soon.published_at = "published", about.published_at
        bakery = await work.session.get_one(Tag, ids["bakery"])
        bakery.deleted_at = about.published_at
    [house] = served(await _entries(desk), APPS)
    assert [(it.label, it.url) for it in house.children] == [
        ("About us", "/about-us/"),
        ("Not yet", "/soon/"),
        ("Market", _MARKET),
    ]


async def test_tiers_decide_too(desk: Desk) -> None:
    ids = await _site(desk)
    async with desk.database.unit_of_work() as work:
        gold = Tier(slug="gold", name="Gold")
        work.session.add(gold)
        await work.session.flush()
        post = await work.session.get_one(Post, ids["members"])
        post.visibility = "tiers"
        work.session.add(PostTier(post_id=post.id, tier_id=gold.id, position=0))
    await _publish(desk)
    entries = await _entries(desk)
    theirs = served(entries, APPS, Viewer(Role.MEMBER, tier_ids=frozenset({gold.id})))
    others = served(entries, APPS, Viewer(Role.MEMBER))
    assert "/members/" in str(_urls(theirs))
    assert "/members/" not in str(_urls(others))


async def test_what_is_below_an_entry_that_is_not_served_is_not_served() -> None:
    entries = [
        Entry(1, None, "post", state="draft", path="/a/"),
        Entry(2, 1, "url", address="/b/", label="B"),
        Entry(3, None, "url", address="/c/", label="C"),
    ]
    assert _urls(served(entries, {})) == ["/c/"]


async def test_500_entries_on_6_levels_are_one_statement(desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        ids = await content(work)
    kinds = (
        NodeValues("page", target_id=ids["about"]),
        NodeValues("tag", target_id=ids["bakery"]),
        NodeValues("post", target_id=ids["bread"]),
    )
    # Each of the first 100 is over five, one below the other.
    nodes = [(kinds[n % 3], None if n < 100 else n - 100) for n in range(600)]
    async with desk.database.unit_of_work() as work:
        await editing.add_all(work, ADA, await desk.seen(), nodes, "sowed")
    await _publish(desk)
    statements: list[str] = []
    engine = desk.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *it: statements.append(it[2]))
    items = served(await _entries(desk), APPS)
    assert len(statements) == 1
    assert len(items) == 100
    deepest, levels = items[-1], 1
    while deepest.children:
        deepest, levels = deepest.children[-1], levels + 1
    assert levels == 6


async def test_publishing_history_and_publishing_again(desk: Desk) -> None:
    await _site(desk)
    assert await _publish(desk) == 1
    with pytest.raises(InvalidError, match="see this already"):
        await _publish(desk)
    seen = await desk.seen()
    extra = await desk.add(heading("More"))
    with pytest.raises(StaleMenuError, match="changed in the meantime"):
        async with desk.database.unit_of_work() as work:
            await publishing.publish(work, BEN, seen)
    await desk.add(NodeValues("url", address="/more/", label="More"), extra)
    assert await _publish(desk) == 2
    assert len(served(await _entries(desk), APPS)) == 2
    async with desk.database.unit_of_work() as work:
        assert await publishing.publish_again(work, BEN, await desk.seen(), 1) == 3
    assert len(served(await _entries(desk), APPS)) == 1
    draft = await desk.draft()
    async with desk.database.read() as connection:
        versions, more = await reader.history(connection, draft.menu.id)
    assert [(it.number, it.published_by, it.note) for it in versions] == [
        (3, "Ben", "Version 1 again"),
        (2, "Ada", ""),
        (1, "Ada", ""),
    ]
    assert more is None
    told = differences(versions[2].entries, versions[1].entries)
    assert [(it.how, it.name, it.detail) for it in told] == [
        ("added", "More", "at the top"),
        ("added", "More", "under “More”"),
    ]
    async with desk.database.unit_of_work() as work:
        await editing.take_version(work, ADA, await desk.seen(), None)
    assert "More" not in await desk.shape()
    async with desk.database.unit_of_work() as work:
        await publishing.unpublish(work, ADA, await desk.seen())
    async with desk.database.read() as connection:
        menus = await reader.menus(connection)
    assert menus.published == {}
    assert menus.names == {"main", "footer"}


async def test_a_menu_is_made_and_deleted(desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        await publishing.make(work, ADA, "press", "The press")
    for name in ("Press", "9", "press", "x" * 41, "a b"):
        with pytest.raises(InvalidError):
            async with desk.database.unit_of_work() as work:
                await publishing.make(work, ADA, name, "")
    async with desk.database.unit_of_work() as work:
        await publishing.delete_menu(work, ADA, await desk.seen("press"))
    with pytest.raises(InvalidError, match="Every page"):
        async with desk.database.unit_of_work() as work:
            await publishing.delete_menu(work, ADA, await desk.seen("main"))


def test_differences_name_only_what_moved() -> None:
    before = [Entry(n, None, "heading", label=str(n)) for n in range(1, 6)]
    last_first = [before[4], *before[:4]]
    assert [(it.how, it.id) for it in differences(before, last_first)] == [("moved", 5)]
    gone = [before[0], *before[2:]]
    assert [(it.how, it.id) for it in differences(before, gone)] == [("removed", 2)]
    renamed = [Entry(1, None, "heading", label="One", audience="reader"), *before[1:]]
    [told] = differences(before, renamed)
    assert told.detail == "label, before “1”, seen by: who is signed in"


async def test_a_change_of_a_target_touches_menus(desk: Desk) -> None:
    ids = await _site(desk)
    await _publish(desk)
    async with desk.database.unit_of_work() as work:
        post = await work.session.scalar(select(Post).where(Post.id == ids["about"]))
        assert post is not None
        post.title = "Other"
        assert any(getattr(it, "prefix", "") == "menus" for it in touched_by(post))
