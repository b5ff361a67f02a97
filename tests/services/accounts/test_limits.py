"""Limits: so many at once, then one each interval, never for good, and shared by all workers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from infrastructure.database import Database
from services.accounts.limits import Limit, TooManyError, forgive, take


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


_SLOW = Limit("slow", 3, 60)


async def test_a_burst_is_free_and_the_next_waits(database: Database) -> None:
    for _ in range(3):
        await take(database, [(_SLOW, "ada")])
    with pytest.raises(TooManyError) as caught:
        await take(database, [(_SLOW, "ada")])
    assert 58 <= caught.value.retry_after <= 60
    await take(database, [(_SLOW, "grace")])


async def test_trying_on_does_not_make_the_wait_longer(database: Database) -> None:
    for _ in range(3):
        await take(database, [(_SLOW, "ada")])
    for _ in range(50):
        with pytest.raises(TooManyError) as caught:
            await take(database, [(_SLOW, "ada")])
        assert caught.value.retry_after <= 60


async def test_waiting_helps(database: Database) -> None:
    quick = Limit("quick", 2, 0.2)
    await take(database, [(quick, "ada"), (quick, "ada")])
    with pytest.raises(TooManyError):
        await take(database, [(quick, "ada")])
    await asyncio.sleep(0.25)
    await take(database, [(quick, "ada")])


async def test_forgiven_is_forgotten(database: Database) -> None:
    for _ in range(3):
        await take(database, [(_SLOW, "ada")])
    await forgive(database, _SLOW, "ada")
    await take(database, [(_SLOW, "ada")])


async def test_many_at_once_get_no_more_than_the_burst(database: Database) -> None:
    async def attempt() -> bool:
        try:
            await take(database, [(_SLOW, "ada")])
        except TooManyError:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 3
