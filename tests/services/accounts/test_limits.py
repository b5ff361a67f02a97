"""Guessing a password for long: what is let through, and who has to wait for how long."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from infrastructure.database import Database
from services.accounts.limits import PASSWORD_BY_ACCOUNT, TooManyError
from services.accounts.sessions import Browser
from services.accounts.sign_in import Attempt, count_attempt

_ROUNDS, _TRIES = 30, 12


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def _let_pass(database: Database, seconds: float) -> None:
    """Let time pass for the limits: what they wait for comes nearer."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            text("UPDATE rate_limits SET free_at = free_at - make_interval(secs => :it)"),
            {"it": seconds},
        )


def _attempt(address: str, *, is_known: bool = False) -> Attempt:
    return Attempt("owner@example.org", "wrong", Browser(address), is_known_browser=is_known)


async def _retry_after(database: Database, attempt: Attempt) -> int:
    """Try, and return how long to wait for the next try; 0 where this one counted."""
    try:
        await count_attempt(database, attempt)
    except TooManyError as error:
        return error.retry_after
    return 0


async def test_however_long_somebody_guesses_waiting_a_minute_helps(database: Database) -> None:
    limit, waits = PASSWORD_BY_ACCOUNT, []
    for minute in range(_ROUNDS):
        # Always from elsewhere, so that no address runs into a limit of its own.
        for number in range(_TRIES):
            address = f"198.51.{minute}.{number}"
            waits.append(await _retry_after(database, _attempt(address)))
        await _let_pass(database, limit.seconds)
    # The first are a burst, then one a minute gets as far as a password's check (and the few that a
    # slow machine's own minutes bring).
    assert limit.burst + _ROUNDS - 1 <= waits.count(0) <= limit.burst + 2 * _ROUNDS
    # The wait is never longer for all that was tried before.
    assert 0 < max(waits) <= limit.seconds
    # The owner's own browser waits for nobody.
    owner = _attempt("203.0.113.1", is_known=True)
    assert await _retry_after(database, owner) == 0
    # From anywhere else they get in after the minute that they are told to wait.
    for _ in range(limit.burst):
        await _retry_after(database, _attempt("198.51.200.1"))
    elsewhere = _attempt("203.0.113.2")
    wait = await _retry_after(database, elsewhere)
    assert 0 < wait <= limit.seconds
    await _let_pass(database, wait)
    assert await _retry_after(database, _attempt("203.0.113.3")) == 0
