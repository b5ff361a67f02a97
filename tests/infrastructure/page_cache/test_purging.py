"""What commits touch: exactly what changed, whoever writes, and how it is told to everybody."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import load_only, selectinload

from infrastructure.database import Database, UnitOfWork
from infrastructure.page_cache.listener import PurgeListener
from infrastructure.page_cache.messages import Purge, parse, parts
from infrastructure.page_cache.purging import purge_on_commit
from models.content import OldSlug, Post, PostAuthor, PostTag, Tag
from models.site import SiteSetting, SyncRun
from tests.infrastructure.page_cache.edits import sow
from tests.infrastructure.page_cache.fleet import until

Write = Callable[[UnitOfWork], Awaitable[None]]
Touched = Callable[[Write], Awaitable[frozenset[str]]]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.unit_of_work() as work:
        await sow(work, random.Random(1))
        for post in work.session.new:
            if isinstance(post, Post):
                post.status, post.is_page = "published", False
    purge_on_commit(database)
    yield database
    await database.close()


@pytest.fixture
async def touched(database: Database) -> AsyncIterator[Touched]:
    """Give a function that makes a change and returns what was heard of it."""
    heard: list[Purge] = []
    ready = asyncio.Event()

    async def listening() -> None:
        ready.set()

    listener = PurgeListener(
        database.url, on_ready=listening, on_purge=heard.append, on_lost=lambda: None
    )
    listener.start()
    await ready.wait()

    async def make(write: Write) -> frozenset[str]:
        heard.clear()
        async with database.unit_of_work() as work:
            await write(work)
        async with database.unit_of_work() as work:
            work.touch({"the-end"})
        await until(lambda: any("the-end" in it.tags for it in heard))
        return frozenset().union(*(it.tags for it in heard)) - {"the-end"}

    yield make
    await listener.stop()


async def _post(work: UnitOfWork, number: int = 0) -> Post:
    statement = select(Post).order_by(Post.listed_at).offset(number).limit(1)
    return (
        await work.session.scalars(
            statement.options(selectinload(Post.tag_links), selectinload(Post.author_links))
        )
    ).one()


async def test_the_text_of_a_post_touches_that_post_alone(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        (await _post(work)).html = "<p>other</p>"

    (found,) = {it for it in await touched(write) if it != "posts"}
    assert found.startswith("post:")


async def test_what_no_reader_sees_touches_nothing(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        post = await _post(work)
        post.lexical, post.extra, post.ghost_digest = "{}", {"a": 1}, b"x"
        work.session.add(SyncRun(kind="full", source="ghost"))

    assert await touched(write) == frozenset()


async def test_a_draft_touches_nothing_until_it_is_published(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        work.session.add(Post(slug="draft", title="Draft"))

    async def change(work: UnitOfWork) -> None:
        post = (await work.session.scalars(select(Post).where(Post.slug == "draft"))).one()
        post.title = "A better draft"

    assert await touched(write) == frozenset()
    assert await touched(change) == frozenset()


async def test_a_title_touches_the_card_too_but_no_listing(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        (await _post(work)).title = "Other"

    found = await touched(write)
    assert {it.partition(":")[0] for it in found} == {"post", "card", "posts"}


async def test_publication_touches_listings_and_neighbours(touched: Touched) -> None:
    ids: dict[str, int] = {}

    async def write(work: UnitOfWork) -> None:
        for number, name in ((4, "older"), (5, "post"), (6, "newer")):
            ids[name] = (await _post(work, number)).id
        post = await _post(work, 5)
        ids["tag"], ids["author"] = post.tag_links[0].tag_id, post.author_links[0].author_id
        post.status = "draft"

    assert await touched(write) == {
        f"post:{ids['post']}",
        f"card:{ids['post']}",
        "posts",
        "addresses",
        "list:home",
        f"list:tag:{ids['tag']}",
        f"list:author:{ids['author']}",
        f"place:{ids['older']}",
        f"place:{ids['post']}",
        f"place:{ids['newer']}",
    }


async def test_a_tag_taken_from_a_post_touches_the_listing_that_it_left(touched: Touched) -> None:
    left: list[int] = []

    async def write(work: UnitOfWork) -> None:
        post = await _post(work)
        left.append(post.tag_links[0].tag_id)
        post.tag_links.clear()

    found = await touched(write)
    assert f"list:tag:{left[0]}" in found


async def test_a_deleted_post_is_gone_from_wherever_it_was(touched: Touched) -> None:
    ids: dict[str, int] = {}

    async def write(work: UnitOfWork) -> None:
        post = (
            await work.session.scalars(
                select(Post)
                .limit(1)
                .options(
                    selectinload(Post.tag_links),
                    selectinload(Post.author_links),
                    selectinload(Post.tier_links),
                )
            )
        ).one()
        ids["post"], ids["tag"] = post.id, post.tag_links[0].tag_id
        await work.session.delete(post)

    found = await touched(write)
    assert {f"post:{ids['post']}", f"list:tag:{ids['tag']}", "list:home", "addresses"} <= found


async def test_a_tag_that_was_hidden_touches_the_posts_that_will_show_it(touched: Touched) -> None:
    posts: list[int] = []

    async def write(work: UnitOfWork) -> None:
        tag = (await work.session.scalars(select(Tag).order_by(Tag.id).limit(1))).one()
        posts.extend(
            await work.session.scalars(select(PostTag.post_id).where(PostTag.tag_id == tag.id))
        )
        tag.visibility = "internal"

    found = await touched(write)
    assert {f"post:{it}" for it in posts} <= found
    assert {"tag-groups", "addresses"} <= found


async def test_a_rollback_touches_nothing(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        (await _post(work)).title = "Other"
        await work.session.flush()
        await work.session.rollback()
        work._touched.clear()

    assert await touched(write) == frozenset()


async def test_a_value_that_was_never_loaded_touches_everything(touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        statement = select(Post).options(load_only(Post.id, Post.row_version)).limit(1)
        (await work.session.scalars(statement)).one().title = "Other"

    assert await touched(write) == {"everything"}


async def test_a_bulk_write_touches_everything_unless_it_says_what(touched: Touched) -> None:
    async def careless(work: UnitOfWork) -> None:
        await work.session.execute(update(Post).values(title="Same"))

    async def careful(work: UnitOfWork) -> None:
        await work.session.execute(update(Post).values(title="Same"))
        work.touch({"card:1"})

    async def harmless(work: UnitOfWork) -> None:
        await work.session.execute(insert(OldSlug).values(kind="tag", slug="old", object_id=1))
        await work.session.execute(update(SiteSetting).values(value="Other"))
        await work.session.execute(update(SyncRun).values(error=""))

    assert await touched(careless) == {"everything"}
    assert await touched(careful) == {"card:1"}
    assert await touched(harmless) == {"addresses", "site"}


async def test_a_savepoint_is_not_a_commit(database: Database, touched: Touched) -> None:
    async def write(work: UnitOfWork) -> None:
        async with work.session.begin_nested():
            (await _post(work)).html = "first"
        async with database.read() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM page_cache_purges")) == 0
        (await _post(work, 1)).html = "second"

    assert len({it for it in await touched(write) if it.startswith("post:")}) == 2


async def test_many_tags_travel_in_several_messages_and_too_many_as_everything(
    touched: Touched,
) -> None:
    many = {f"card:{number:08}" for number in range(4_000)}

    async def write(work: UnitOfWork) -> None:
        work.touch(many)

    async def flood(work: UnitOfWork) -> None:
        work.touch({f"card:{number}" for number in range(6_000)})

    assert len(parts(many)) > 5
    assert all(len(it) < 7_950 for it in parts(many))
    assert await touched(write) == many
    assert await touched(flood) == {"everything"}


def test_nonsense_is_not_a_purge() -> None:
    assert parse("12/0 a b") == Purge("12", "0", frozenset({"a", "b"}))
    for payload in ("", "12 a", "x/0 a", "12/0", "12/0 "):
        with pytest.raises(ValueError, match="not a purge"):
            parse(payload)


async def test_a_tag_that_cannot_travel_stops_the_commit(database: Database) -> None:
    with pytest.raises(ValueError, match="surrogate tag"):
        async with database.unit_of_work() as work:
            work.touch({"two words"})


async def test_an_author_taken_from_a_post_is_told_of(touched: Touched) -> None:
    ids: list[int] = []

    async def write(work: UnitOfWork) -> None:
        post = await _post(work)
        ids.append(post.author_links[0].author_id)
        post.author_links = [
            PostAuthor(author_id=ids[0] % 2 + 1, position=0),
        ]

    found = await touched(write)
    assert {"list:author:1", "list:author:2"} <= found
