"""The shared level: pages of several workers in a real Redis, and all that can go wrong with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.install import install_page_cache
from infrastructure.page_cache.messages import Purge
from infrastructure.page_cache.purge_log import trim
from infrastructure.page_cache.purging import purge, purge_on_commit
from infrastructure.page_cache.shared_redis import RedisLevel
from tests.infrastructure.page_cache.fleet import until
from tests.infrastructure.page_cache.small_app import Site, small_app

Start = Callable[[], Awaitable[Site]]


@asynccontextmanager
async def workers(database_url: str, redis_url: str) -> AsyncIterator[Start]:
    """Give a function that starts one more worker; all are stopped at the end."""
    started: list[Site] = []

    async def start() -> Site:
        database = Database(database_url)
        cache = PageCache(
            database,
            limit=4_000_000,
            shared=RedisLevel(redis_url, database, namespace="test"),
        )
        site = small_app(cache, database)
        install_page_cache(site.app, cache, debug=True)
        started.append(site)
        cache.start()
        await cache.wait_until_ready(5)
        return site

    yield start
    for site in started:
        await stop(site)


async def stop(site: Site) -> None:
    await site.cache.stop()
    await site.database.close()


@pytest.fixture
async def start(database_url: str, redis_url: str) -> AsyncIterator[Start]:
    async with workers(database_url, redis_url) as start:
        yield start


@pytest.fixture
async def two(start: Start) -> tuple[Site, Site]:
    sites = await start(), await start()
    await until(lambda: all(it.cache.shared.ready for it in sites))
    return sites


async def stored(site: Site, path: str, **headers: str) -> str:
    """Ask for a page and wait until Redis has it."""
    reply = await site.get(path, **headers)
    await _given(site)
    return reply.text


async def _given(site: Site) -> None:
    shared = site.cache.shared
    assert isinstance(shared, RedisLevel)
    await asyncio.gather(*shared._aside)


async def test_what_one_worker_rendered_the_others_serve(two: tuple[Site, Site]) -> None:
    first, second = two
    text_of_first = await stored(first, "/page/rye/")
    reply = await second.get("/page/rye/", accept_encoding="br")
    assert reply.headers["content-encoding"] == "br"
    assert (await second.get("/page/rye/")).text == text_of_first
    assert second.renders == {}
    etags = {(await it.get("/page/rye/")).headers["etag"] for it in two}
    assert len(etags) == 1


async def test_a_thousand_who_miss_in_two_workers_cause_one_render(two: tuple[Site, Site]) -> None:
    waiting = asyncio.gather(*(two[n % 2].get("/slow/rye/") for n in range(1000)))
    await asyncio.sleep(0.2)
    for site in two:
        site.gate.set()
    assert {it.text for it in await waiting} == {"rye"}
    assert sum(it.renders["/slow/rye/"] for it in two) == 1


async def test_a_worker_that_died_while_rendering_is_not_waited_for_for_long(
    two: tuple[Site, Site],
) -> None:
    dying = asyncio.create_task(two[0].get("/slow/rye/"))
    await asyncio.sleep(0.05)
    two[1].gate.set()
    began = time.monotonic()
    assert (await two[1].get("/slow/rye/")).text == "rye"
    assert 1.5 < time.monotonic() - began < 10
    dying.cancel()


async def test_a_purge_reaches_the_shared_level(two: tuple[Site, Site]) -> None:
    await stored(two[0], "/page/rye/")
    await stored(two[0], "/page/oat/")
    for site in two:
        site.texts["rye"] = "new"
    await two[0].cache.purge({"page:rye"})
    await until(lambda: all(it.cache.counts.purged_pages or it is two[1] for it in two))
    await until(lambda: all(it.cache.shared.ready for it in two))
    assert (await two[1].get("/page/rye/")).text.startswith("new")
    await two[1].get("/page/oat/")
    assert two[1].renders == {"/page/rye/": 1}


async def test_a_worker_that_lags_behind_can_store_nothing_untrue(two: tuple[Site, Site]) -> None:
    quick, lagging = two
    heard: list[Purge] = []
    hear = lagging.cache._listener._on_purge
    lagging.cache._listener._on_purge = heard.append
    quick.texts["rye"] = "new"
    await quick.cache.purge({"page:rye"})
    await until(lambda: quick.cache.shared.ready)
    # The lagging worker still shows the old state, and offers it to all.
    assert (await stored(lagging, "/page/rye/")).startswith("rye")
    assert (await quick.get("/page/rye/")).text.startswith("new")
    lagging.texts["rye"] = "new"
    await until(lambda: bool(heard))
    for it in heard:
        hear(it)
    assert (await lagging.get("/page/rye/")).text.startswith("new")


async def test_what_was_fetched_before_a_purge_is_not_kept_after_it(two: tuple[Site, Site]) -> None:
    await stored(two[0], "/page/rye/")
    shared = two[1].cache.shared
    assert isinstance(shared, RedisLevel)
    fetch = shared.fetch

    async def slow_fetch(*arguments: object) -> object:
        heard = two[1].cache.counts.purges
        page = await fetch(*arguments)  # type: ignore[arg-type]  # passed on as they came
        two[1].texts["rye"] = "new"
        await two[0].cache.purge({"page:rye"})
        await until(lambda: two[1].cache.counts.purges > heard)
        return page

    shared.fetch = slow_fetch  # type: ignore[method-assign,assignment]  # to be late
    assert (await two[1].get("/page/rye/")).text.startswith("new")


async def test_nothing_is_fetched_while_a_purge_is_on_its_way(two: tuple[Site, Site]) -> None:
    await stored(two[0], "/page/rye/")
    shared = two[1].cache.shared
    two[1].texts["rye"] = "new"
    shared.purge(Purge("1", "0", frozenset({"page:rye"})))
    assert not shared.ready
    assert (await two[1].get("/page/rye/")).text.startswith("new")


async def test_a_page_survives_the_restart_of_every_worker(start: Start) -> None:
    old = await start()
    await until(lambda: old.cache.shared.ready)
    await stored(old, "/page/rye/")
    await stop(old)
    new = await start()
    await until(lambda: new.cache.shared.ready)
    assert (await new.get("/page/rye/")).status == 200
    assert new.renders == {}


async def test_what_nobody_heard_is_found_in_the_log(start: Start, database_url: str) -> None:
    old = await start()
    await until(lambda: old.cache.shared.ready)
    await stored(old, "/page/rye/")
    await stop(old)
    # A command of the operator's, which knows nothing of Redis.
    database = Database(database_url)
    purge_on_commit(database)
    await purge(database, {"page:rye"})
    await database.close()
    new = await start()
    new.texts["rye"] = "new"
    await until(lambda: new.cache.shared.ready)
    assert (await new.get("/page/rye/")).text.startswith("new")


async def test_a_redis_that_forgot_a_purge_is_found_out(
    two: tuple[Site, Site], redis_url: str
) -> None:
    await stored(two[0], "/page/rye/")
    async with redis.asyncio.from_url(redis_url) as client:
        dump = await client.dump("page-cache:test:versions")
        await two[0].cache.purge({"page:rye"})
        await asyncio.sleep(0.2)
        assert dump is not None
        # Restarted from a snapshot that is older than the purge.
        await client.restore("page-cache:test:versions", 0, dump, replace=True)
        await client.script_flush()
    for site in two:
        site.texts["rye"] = "new"
    assert (await two[1].get("/page/rye/")).text.startswith("new")
    await until(lambda: all(it.cache.shared.ready for it in two))
    assert (await two[1].get("/page/rye/")).text.startswith("new")
    assert (await two[0].get("/page/rye/")).text.startswith("new")


async def test_an_emptied_redis_is_filled_again(two: tuple[Site, Site], redis_url: str) -> None:
    await stored(two[0], "/page/rye/")
    async with redis.asyncio.from_url(redis_url) as client:
        await client.flushall()
    assert (await two[1].get("/page/rye/")).status == 200
    await until(lambda: not all(it.cache.shared.ready for it in two), seconds=1)
    await two[0].cache.purge({"page:rye"})
    await until(lambda: all(it.cache.shared.ready for it in two))
    await stored(two[0], "/page/rye/")
    assert (await two[1].get("/page/rye/")).status == 200
    assert two[1].renders["/page/rye/"] == 1


async def test_a_redis_that_is_not_there_is_not_missed(database_url: str) -> None:
    async with workers(database_url, "redis://127.0.0.1:1/0") as start:
        site = await start()
        began = time.monotonic()
        assert (await site.get("/page/rye/")).verdict == "miss"
        assert (await site.get("/page/rye/")).verdict == "hit"
        assert time.monotonic() - began < 5
        assert not site.cache.shared.ready


async def test_the_log_is_kept_short(two: tuple[Site, Site]) -> None:
    database = two[0].database
    await two[0].cache.purge({"page:rye"})
    async with database.read() as connection:
        await connection.execute(text("UPDATE page_cache_purges SET at = at - interval '2 days'"))
    await two[0].cache.purge({"page:oat"})
    await trim(database)
    async with database.read() as connection:
        parts = (await connection.scalars(text("SELECT parts FROM page_cache_purges"))).all()
    assert parts == [["0 page:oat"]]
