"""Waiting for a database, migrating it, and forgetting cached pages without harming other keys."""

import asyncio
import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
import redis.asyncio

from infrastructure.embedded_postgres import find_running
from infrastructure.migrate import head
from infrastructure.preparation import (
    PreparationError,
    flush_page_cache,
    prepare,
    wait_for_database,
    with_database,
)
from infrastructure.settings import load_settings

_KEY = "0123456789abcdef"


async def test_it_migrates_and_may_be_repeated_and_raced(empty_database_url: str) -> None:
    settings = load_settings(database_url=empty_database_url, secret_key=_KEY)
    await asyncio.gather(*(prepare(settings) for _ in range(3)))
    await prepare(settings)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head()
    await connection.close()


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket_path: str
) -> None:
    """Carry one connection between TCP and the test server's Unix socket."""
    from_server, to_server = await asyncio.open_unix_connection(socket_path)

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    await asyncio.gather(carry(reader, to_server), carry(from_server, writer))


async def test_it_waits_for_a_database_that_comes_up_late(database_url: str) -> None:
    parts = urlsplit(database_url)
    socket_path = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    waiting = asyncio.create_task(
        wait_for_database(f"postgresql://postgres@127.0.0.1:{port}{parts.path}", patience=20)
    )
    await asyncio.sleep(0.6)
    assert not waiting.done()
    server = await asyncio.start_server(
        lambda reader, writer: _relay(reader, writer, socket_path), "127.0.0.1", port
    )
    await waiting
    server.close()
    await server.wait_closed()


async def test_it_gives_up_on_a_database_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(PreparationError, match=r"did not answer within 1 seconds"):
        await wait_for_database(f"postgresql://nobody:hidden@127.0.0.1:{port}/blog", patience=1)


async def test_it_does_not_wait_for_a_database_that_is_not_there(database_url: str) -> None:
    missing = database_url.replace("/test_", "/missing_")
    with pytest.raises(PreparationError, match=r'refuses this app: database "missing_\d+"'):
        await wait_for_database(missing, patience=60)


async def test_it_needs_an_address() -> None:
    with pytest.raises(PreparationError, match="DATABASE_URL is not set"):
        await prepare(load_settings(secret_key=_KEY))


async def test_only_the_page_caches_keys_are_removed(redis_url: str) -> None:
    async with redis.asyncio.from_url(redis_url) as client:
        await client.mset({f"page-cache:{number}": "page" for number in range(2500)})
        await client.mset({"session:1": "kept", "page-cache": "kept", "my-page-cache:1": "kept"})
        assert await flush_page_cache(redis_url) == 2500
        assert set(await client.keys()) == {b"session:1", b"page-cache", b"my-page-cache:1"}
        assert await flush_page_cache(redis_url) == 0


async def test_a_redis_that_is_down_keeps_nobody_from_serving(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = load_settings(
        database_url=database_url, redis_url=f"redis://127.0.0.1:{port}/0", secret_key=_KEY
    )
    await prepare(settings)


def test_the_embedded_server_has_room_for_every_worker(open_folder: Path) -> None:
    settings = load_settings(
        var_folder=open_folder / "var", web_concurrency=8, database_pool_size=20, secret_key=_KEY
    )
    with with_database(settings) as complete:
        url = complete.database_url
        assert url is not None
        assert url == find_running(open_folder / "var" / "postgres")

        async def ask() -> int:
            connection = await asyncpg.connect(url)
            allowed = await connection.fetchval("SHOW max_connections")
            await connection.close()
            return int(allowed)

        assert asyncio.run(ask()) >= 8 * 2 * 20
    assert find_running(open_folder / "var" / "postgres") is None


def test_a_database_of_the_operators_own_starts_nothing(open_folder: Path) -> None:
    settings = load_settings(
        var_folder=open_folder / "other", database_url="postgresql://a/b", secret_key=_KEY
    )
    with with_database(settings) as same:
        assert same is settings
    assert not (open_folder / "other").exists()
