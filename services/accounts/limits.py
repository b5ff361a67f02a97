"""Rate limits by identity and address, shared by all workers through PostgreSQL.

The generic cell rate algorithm (ITU-T I.371): a row per key holds the moment at which all earlier
attempts are paid off. So many may come at once, then one each interval; waiting always helps, and
nobody is ever locked out for good. An attempt is counted in a transaction of its own, so that a
request that fails counts as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.errors import PersonError
from services.accounts.tokens import digest


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` attempts at once, then one each `seconds`."""

    name: str
    burst: int
    seconds: float


# A password, from one address; at one account from everywhere; at one account from a browser that
# has signed in there before (so that a stranger's guessing does not keep the person out).
PASSWORD_BY_ADDRESS: Final = Limit("password-address", 10, 30)
PASSWORD_BY_ACCOUNT: Final = Limit("password-account", 10, 60)
PASSWORD_BY_KNOWN_BROWSER: Final = Limit("password-browser", 10, 30)

# Links by mail: to one address, and asked for from one.
LINK_BY_ACCOUNT: Final = Limit("link-account", 4, 180)
LINK_BY_ADDRESS: Final = Limit("link-address", 10, 60)

# Tokens of links, invitations and setups tried from one address.
TOKEN_BY_ADDRESS: Final = Limit("token-address", 30, 10)


class TooManyError(PersonError):
    """Too many attempts; `retry_after` says in how many seconds the next one is free."""

    status = 429
    retry_after: int

    def __init__(self, retry_after: int) -> None:
        wait = (
            f"{retry_after} seconds" if retry_after < 90 else f"{round(retry_after / 60)} minutes"
        )
        super().__init__(f"That was tried too often just now. Please wait {wait} and try again.")
        self.retry_after = retry_after


_TAKE: Final = text(
    """
    INSERT INTO rate_limits AS known (key, free_at) VALUES (:key, clock_timestamp() + :step)
    ON CONFLICT (key) DO UPDATE
    SET free_at = greatest(known.free_at, clock_timestamp()) + :step
    WHERE known.free_at <= clock_timestamp() + :room
    RETURNING free_at
    """
)

_WAIT: Final = text(
    "SELECT extract(epoch FROM free_at - clock_timestamp() - :room) FROM rate_limits"
    " WHERE key = :key"
)


async def take(database: Database, attempts: Sequence[tuple[Limit, str]]) -> None:
    """Count one attempt under each limit.

    Args:
        database: where the attempts are counted.
        attempts: limits and whom each is counted for: an address, an account.

    Raises:
        TooManyError: one of them is used up; the attempt must not be made.
    """
    longest = 0.0
    async with database.unit_of_work() as work:
        for limit, whose in attempts:
            values = {
                "key": digest(f"{limit.name}:{whose}"),
                "room": timedelta(seconds=limit.seconds * (limit.burst - 1)),
            }
            step = timedelta(seconds=limit.seconds)
            taken = (await work.session.execute(_TAKE, {**values, "step": step})).first()
            if taken is None:
                wait = (await work.session.execute(_WAIT, values)).scalar()
                longest = max(longest, float(wait or 0), 1.0)
    if longest:
        raise TooManyError(math.ceil(longest))


async def forgive(database: Database, limit: Limit, whose: str) -> None:
    """Forget the attempts under a limit: the person proved who they are."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            text("DELETE FROM rate_limits WHERE key = :key"),
            {"key": digest(f"{limit.name}:{whose}")},
        )
