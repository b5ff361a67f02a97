"""The ear: what happens when the connection to PostgreSQL is lost, loudly or silently."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from infrastructure.database import Database
from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.install import install_page_cache
from tests.infrastructure.page_cache.fleet import until
from tests.infrastructure.page_cache.small_app import Site, small_app

_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'blog page cache' AND datname = current_database()"
)


async def test_a_killed_ear_empties_the_cache_until_it_hears_again(
    site: Site, database_url: str
) -> None:
    await site.get("/page/rye/")
    administrator = await asyncpg.connect(database_url)
    await administrator.execute(_KILL)
    await until(lambda: not site.cache.listener_ready)
    assert (await site.get("/page/rye/")).verdict == "miss"
    assert len(site.cache.store) == 0
    await site.cache.wait_until_ready(5)
    assert (await site.get("/page/rye/")).verdict == "miss"
    assert (await site.get("/page/rye/")).verdict == "hit"
    assert site.cache.stats().listener_losses == 1
    await administrator.close()


async def test_a_render_from_before_the_silence_is_not_kept_after_it(
    site: Site, database_url: str
) -> None:
    slow = asyncio.create_task(site.get("/slow/rye/"))
    await asyncio.sleep(0.05)
    administrator = await asyncpg.connect(database_url)
    await administrator.execute(_KILL)
    await administrator.close()
    await until(lambda: not site.cache.listener_ready)
    await site.cache.wait_until_ready(5)
    site.texts["rye"] = "new"
    site.gate.set()
    assert (await slow).text == "new"


class DeafeningProxy:
    """Passes bytes on to PostgreSQL's socket, until it goes silent without closing anything."""

    def __init__(self, path: str) -> None:
        self.silent = False
        self._path = path
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        above, above_writer = await asyncio.open_unix_connection(self._path)
        self._writers += (writer, above_writer)
        for source, target in ((reader, above_writer), (above, writer)):
            self._tasks.add(asyncio.create_task(self._pass(source, target)))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.silent:
                await asyncio.get_running_loop().create_future()
            target.write(data)
            await target.drain()
        target.close()


@pytest.fixture
async def proxied(database_url: str) -> AsyncIterator[tuple[Site, DeafeningProxy]]:
    """Give the small app whose ear listens through a proxy."""
    whole = await asyncpg.connect(database_url)
    folder = await whole.fetchval("SHOW unix_socket_directories")
    port = await whole.fetchval("SHOW port")
    name = await whole.fetchval("SELECT current_database()")
    await whole.close()
    proxy = DeafeningProxy(f"{folder}/.s.PGSQL.{port}")
    own_port = await proxy.start()
    database = Database(database_url)
    database.direct_url = f"postgresql://postgres@127.0.0.1:{own_port}/{name}"
    cache = PageCache(database, limit=1_000_000, ping_seconds=0.1)
    cache._listener._ping_timeout = 0.3
    site = small_app(cache, database)
    install_page_cache(site.app, cache, debug=True)
    cache.start()
    await cache.wait_until_ready(5)
    yield site, proxy
    await cache.stop()
    await database.close()
    await proxy.stop()


async def test_a_silent_connection_counts_as_lost(proxied: tuple[Site, DeafeningProxy]) -> None:
    site, proxy = proxied
    await site.get("/page/rye/")
    proxy.silent = True
    await until(lambda: not site.cache.listener_ready, seconds=2)
    assert (await site.get("/page/rye/")).verdict == "miss"
    proxy.silent = False
    await site.cache.wait_until_ready(10)
