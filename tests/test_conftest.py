"""The fixtures that other tests stand on."""

import time

import asyncpg
import redis.asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_seen: list[str] = []


async def _write_and_count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE mark (); INSERT INTO mark DEFAULT VALUES")
        count: int = await connection.fetchval("SELECT count(*) FROM mark")
        return count
    finally:
        await connection.close()


async def test_each_test_has_a_migrated_database_of_its_own(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
    await connection.close()
    assert await _write_and_count(database_url) == 1
    _seen.append(database_url)


async def test_what_another_test_committed_is_not_there(database_url: str) -> None:
    assert await _write_and_count(database_url) == 1
    assert database_url not in _seen


async def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert await connection.fetchval(query) == 0
    await connection.close()


async def test_a_commit_of_the_session_fixture_is_visible_in_it(session: AsyncSession) -> None:
    await session.execute(text("CREATE TABLE mark ()"))
    await session.commit()
    await session.execute(text("INSERT INTO mark DEFAULT VALUES"))
    await session.rollback()
    assert (await session.execute(text("SELECT count(*) FROM mark"))).scalar_one() == 0


async def test_a_commit_of_the_session_fixture_is_undone_after_it(session: AsyncSession) -> None:
    found = await session.execute(text("SELECT to_regclass('mark')"))
    assert found.scalar_one() is None


async def test_redis_is_real_and_empty(redis_url: str) -> None:
    client = redis.asyncio.from_url(redis_url)
    assert await client.dbsize() == 0
    await client.set("a", time.time())
    await client.aclose()


async def test_redis_is_empty_again(redis_url: str) -> None:
    await test_redis_is_real_and_empty(redis_url)
