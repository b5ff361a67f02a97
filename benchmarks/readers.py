"""What readers' pages cost with 500 and with 50,000 posts: queries, and whole pages uncached.

    python -m benchmarks.readers [rounds]

Both sites are asked in turn in one run, so that whatever else the machine does hits both. Each
number is the median in milliseconds; `ratio` is the median of the large site's over the small
one's, pair by pair. A search is beside the rest: a common word is ranked among all that have it.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app import create_app
from benchmarks.large_site import fill
from infrastructure.database import Database, libpq_url
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.factory import BaseApp
from infrastructure.migrate import migrate
from infrastructure.settings import Settings
from models.content import Author, Tag
from services.posts import cursor, reader

SIZES = 500, 50_000

Work = Callable[[], Awaitable[object]]

PAGES = {
    "/": "home",
    "/?after={after}": "home, older",
    "/tag/many/": "tag of all posts",
    "/tag/few/": "tag of five posts",
    "/author/busy/": "author of all posts",
    "/author/rare/": "author of five posts",
    "/topics/everything/": "topic",
    "/middle/": "post",
    "/search/?q=number123": "search, rare word",
    "/search/?q=bread": "search, common word",
}


async def _after(connection: AsyncConnection) -> str:
    """Return the cursor of the post in the middle of a site."""
    post = await reader.post(connection, "middle")
    if post is None:
        message = "the site has no post in the middle"
        raise RuntimeError(message)
    return cursor.encode(post.published_at, post.id)


async def _queries(connection: AsyncConnection) -> dict[str, Work]:
    """Return what each page asks of the database for its content."""
    after = await _after(connection)
    tags = {row.slug: row.id for row in await connection.execute(select(Tag.slug, Tag.id))}
    authors = {row.slug: row.id for row in await connection.execute(select(Author.slug, Author.id))}
    topic = tuple(tag.id for tag in (await reader.tag_groups(connection))[0].tags)
    works: list[Work] = [
        lambda: reader.home(connection),
        lambda: reader.home(connection, after),
        lambda: reader.tagged(connection, tags["many"]),
        lambda: reader.tagged(connection, tags["few"]),
        lambda: reader.written_by(connection, authors["busy"]),
        lambda: reader.written_by(connection, authors["rare"]),
        lambda: reader.in_group(connection, topic),
        lambda: reader.post(connection, "middle"),
        lambda: reader.search(connection, "number123"),
        lambda: reader.search(connection, "bread"),
    ]
    return dict(zip(PAGES.values(), works, strict=True))


def _page(app: BaseApp, path: str) -> Work:
    """Return the work of rendering a page anew; what surrounds every page stays remembered."""
    client = app.test_client()

    async def ask() -> None:
        app.page_cache.store.clear()
        answer = await client.get(path)
        if answer.status_code != 200:
            message = f"{path} answered {answer.status_code}"
            raise RuntimeError(message)

    return ask


async def _timed(work: Work) -> float:
    began = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - began)


async def _print(title: str, works: dict[int, dict[str, Work]], rounds: int) -> None:
    small, large = SIZES
    print(f"\n{title:24}{small:>10,}{large:>10,}{'ratio':>8}")
    for name in works[small]:
        pair = works[small][name], works[large][name]
        for work in pair * 8:
            await work()
        times = [(await _timed(pair[0]), await _timed(pair[1])) for _ in range(rounds)]
        of_small, of_large = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in times)
        print(f"{name:24}{of_small:10.2f}{of_large:10.2f}{ratio:8.2f}")


def _settings(url: str, folder: Path) -> Settings:
    given = {"environment": "test", "log_level": "error", "secret_key": "a key for benchmarks only"}
    return Settings.model_validate(given | {"database_url": url, "var_folder": folder / "var"})


async def _measure(server: EmbeddedPostgres, folder: Path, rounds: int) -> None:
    queries: dict[int, dict[str, Work]] = {}
    pages: dict[int, dict[str, Work]] = {}
    async with AsyncExitStack() as stack:
        administrator = Database(server.url("postgres"))
        stack.push_async_callback(administrator.close)
        for size in SIZES:
            async with administrator.read() as connection:
                await connection.execute(text(f"CREATE DATABASE site_{size}"))
            url = libpq_url(server.url(f"site_{size}"))
            await migrate(url)
            database = Database(url)
            stack.push_async_callback(database.close)
            await fill(database.engine, size)
            connection = await stack.enter_async_context(database.read())
            queries[size] = await _queries(connection)
            after = await _after(connection)
            app = create_app(_settings(url, folder))
            await app.startup()
            stack.push_async_callback(app.shutdown)
            pages[size] = {
                name: _page(app, path.format(after=after)) for path, name in PAGES.items()
            }
        await _print("queries, ms", queries, rounds)
        await _print("whole pages, ms", pages, rounds)


def main(arguments: list[str]) -> None:
    """Run the benchmark."""
    rounds = int(arguments[0]) if arguments else 60
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", UNSAFE_FAST_SETTINGS) as server:
            asyncio.run(_measure(server, Path(folder), rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
