"""A page costs the same with fifteen posts and with fifty thousand: statements and blocks read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app import create_app
from benchmarks.large_site import fill
from infrastructure.database import Database, create_engine
from infrastructure.embedded_postgres import EmbeddedPostgres
from services.desk import posts as desk
from services.desk.posts import Filters
from services.posts import cursor, reader
from tests.readers_site import SITE_URL, settings

SMALL, LARGE = 15, 50_000

PATHS = (
    *("/", "/tag/many/", "/tag/few/", "/tag/tag-7/", "/author/busy/", "/author/rare/"),
    *("/topics/everything/", "/middle/", "/post-1/"),
)

# Blocks of 8 kB. A listing shows 15 posts, each with tags and authors found by an index of three or
# four levels: at most 510 were seen. A scan of the large site's posts reads 7,000.
_BLOCKS = 700


@pytest.fixture(scope="module")
async def sites(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[dict[int, str]]:
    """Give the URLs of a small and a large site, by their number of posts; nobody writes."""
    urls: dict[int, str] = {}
    for posts in (SMALL, LARGE):
        name = f"site_of_{posts}"
        await _administrator.execute(f"CREATE DATABASE {name} TEMPLATE template_of_tests")
        urls[posts] = postgres_server.url(name)
        engine = create_engine(urls[posts])
        await fill(engine, posts)
        await engine.dispose()
    yield urls
    for posts in urls:
        await _administrator.execute(f"DROP DATABASE site_of_{posts} WITH (FORCE)")


@contextmanager
def _statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect what is asked of a database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def _counts(url: str) -> dict[str, int]:
    """Return how many statements each page costs in an app that has served one before."""
    app = create_app(settings(url, SITE_URL))
    counts: dict[str, int] = {}
    async with app.test_app():
        client = app.test_client()
        await client.get("/search/")
        for path in PATHS:
            with _statements(app.database.engine) as statements:
                answer = await client.get(path)
            assert answer.status_code == 200, path
            counts[path] = len(statements)
    return counts


async def test_a_page_costs_one_or_two_statements_whatever_the_size_of_the_site(
    sites: dict[int, str],
) -> None:
    small, large = await _counts(sites[SMALL]), await _counts(sites[LARGE])
    assert small == large
    assert all(1 <= count <= 2 for count in large.values()), large
    assert large["/"] == large["/topics/everything/"] == large["/middle/"] == 1


async def _id(connection: AsyncConnection, table: str, slug: str) -> int:
    found: int = await connection.scalar(
        text(f"SELECT id FROM {table} WHERE slug = :slug"),  # noqa: S608 - a table's name
        {"slug": slug},
    )
    return found


async def _readings(
    connection: AsyncConnection,
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return each way of reading a page, the first pages and some deep inside a listing."""
    many, few, some = [await _id(connection, "tags", s) for s in ("many", "few", "tag-7")]
    busy, rare = [await _id(connection, "authors", slug) for slug in ("busy", "rare")]
    group = (await reader.tag_groups(connection))[0]
    topic = tuple(tag.id for tag in group.tags)
    deep = await connection.scalar(
        text("SELECT slug FROM posts ORDER BY listed_at DESC OFFSET 7 LIMIT 1")
    )
    post = await reader.post(connection, "middle")
    assert post is not None
    after = cursor.encode(post.published_at, post.id)
    return {
        "home": lambda: reader.home(connection),
        "home, deep": lambda: reader.home(connection, after),
        "tag of all": lambda: reader.tagged(connection, many),
        "tag of all, deep": lambda: reader.tagged(connection, many, after),
        "tag of few": lambda: reader.tagged(connection, few),
        "tag of some": lambda: reader.tagged(connection, some),
        "tag": lambda: reader.tag(connection, "tag-7"),
        "author of all": lambda: reader.written_by(connection, busy),
        "author of all, deep": lambda: reader.written_by(connection, busy, after),
        "author of few": lambda: reader.written_by(connection, rare),
        "author": lambda: reader.author(connection, "author-7"),
        "topic": lambda: reader.in_group(connection, topic),
        "topic, deep": lambda: reader.in_group(connection, topic, after),
        "post": lambda: reader.post(connection, "middle"),
        "newest post": lambda: reader.post(connection, str(deep)),
        "no post": lambda: reader.post(connection, "nothing"),
        "old slug": lambda: reader.moved_to(connection, "post", "nothing"),
    }


async def _lists(connection: AsyncConnection) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return the desk's lists: in each order, from deep inside, with rare and common filters."""
    many, few, some = [await _id(connection, "tags", s) for s in ("many", "few", "tag-7")]
    busy, rare = [await _id(connection, "authors", slug) for slug in ("busy", "rare")]
    middle = await _id(connection, "posts", "middle")
    filters = {
        "all": Filters(),
        "published": Filters(status="published"),
        "drafts": Filters(status="draft"),
        "deleted": Filters(status="deleted"),
        "pages": Filters(is_page=True),
        "tag of all": Filters(tag_id=many),
        "tag of few": Filters(tag_id=few),
        "tag of some": Filters(tag_id=some),
        "author of all": Filters(author_id=busy),
        "author of few": Filters(author_id=rare),
        "author and tag": Filters(author_id=busy, tag_id=few),
        "no such tag": Filters(tag_id=0),
        "word of all": Filters(words="bread"),
        "word of one": Filters(words="number77"),
        "word of none": Filters(words="zebra"),
        "part of a word": Filters(words="abou"),
        "word and tag": Filters(words="bread", tag_id=some),
        "gated": Filters(visibility="public"),
    }

    def read(chosen: Filters, sort: str, **places: Any) -> Callable[[], Awaitable[object]]:
        return lambda: desk.posts(connection, chosen, sort=sort, **places)

    lists = {
        f"{name} by {sort}": read(it, sort) for name, it in filters.items() for sort in desk.SORTS
    }
    row = (await desk._rows(connection, [middle]))[middle]
    assert row.published_at is not None
    keys = {"title": row.title.lower(), "changed": row.changed_at.isoformat()}
    for sort in desk.SORTS:
        here = (keys.get(sort, row.published_at.isoformat()), middle)
        lists[f"after the middle by {sort}"] = read(Filters(), sort, after=here)
        lists[f"before the middle by {sort}"] = read(Filters(), sort, before=here)
    return lists


# Blocks of tables, indexes and TOAST that the server has touched in this database.
_TOUCHED = text(
    "SELECT sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)"
    " + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)"
    " + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)"
    " + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0))::bigint"
    " FROM pg_statio_user_tables"
)


async def _touched(connection: AsyncConnection) -> int:
    await connection.execute(text("SELECT pg_stat_force_next_flush()"))
    found: int = await connection.scalar(_TOUCHED)
    return found


@pytest.mark.parametrize("plan", ["auto", "force_custom_plan", "force_generic_plan"])
async def test_no_page_reads_more_blocks_because_the_site_is_large(
    sites: dict[int, str], plan: str
) -> None:
    """The server plans a statement anew at first and may then keep one plan for all values."""
    blocks: dict[int, dict[str, int]] = {}
    for posts, url in sites.items():
        database = Database(url)
        async with database.read() as connection:
            await connection.execute(text(f"SET plan_cache_mode = {plan}"))
            blocks[posts] = {}
            for name, read in (await _readings(connection)).items():
                for _ in range(7):
                    await read()
                before = await _touched(connection)
                for _ in range(3):
                    await read()
                blocks[posts][name] = (await _touched(connection) - before) // 3
        await database.close()
    assert blocks[LARGE]["home"] > 15
    too_many = {name: count for name, count in blocks[LARGE].items() if count > _BLOCKS}
    assert not too_many, blocks


# A page of the desk shows 50 posts; where a filter leaves up to a thousand, these are read first.
_DESK_BLOCKS = 6000


@pytest.mark.parametrize("plan", ["auto", "force_generic_plan"])
async def test_no_list_of_the_desk_reads_all_posts(sites: dict[int, str], plan: str) -> None:
    blocks: dict[str, int] = {}
    counts: dict[str, int] = {}
    database = Database(sites[LARGE])
    async with database.read() as connection:
        await connection.execute(text(f"SET plan_cache_mode = {plan}"))
        for name, read in (await _lists(connection)).items():
            before = await _touched(connection)
            with _statements(database.engine) as statements:
                await read()
            counts[name] = len(statements)
            blocks[name] = await _touched(connection) - before
    await database.close()
    assert max(counts.values()) <= 4, counts
    too_many = {name: count for name, count in blocks.items() if count > _DESK_BLOCKS}
    assert not too_many, blocks
