"""What services that hang things on containers share: tables of them, locks, and checks."""

import re
from collections.abc import Iterable

from sqlalchemy import BigInteger, Text, Values, column, func, select, values
from sqlalchemy.ext.asyncio import AsyncSession

from infrastructure.errors import InvalidError
from services.contracts.common import Container

_LONGEST_NAME = 200
_CURRENCY = re.compile(r"[A-Z]{3}")

# As large as a column for amounts takes; nobody's bread costs as much.
_LARGEST = 2**62


def table_of(containers: Iterable[Container]) -> Values:
    """Return containers as a table with the columns `type` and `id`, for a join."""
    rows = [(it.type, it.id) for it in containers]
    return values(column("type", Text), column("id", BigInteger), name="wanted").data(rows)


async def lock_container(session: AsyncSession, purpose: str, container: Container) -> None:
    """Let nobody else change this of a container until the transaction ends.

    There is no row of the container to lock: it belongs to another domain.
    """
    key = func.hashtextextended(f"{purpose} {container}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


def checked_name(name: str) -> str:
    """Return a name or title without spaces around it.

    Raises:
        InvalidError: it is empty or too long.
    """
    name = " ".join(name.replace("\0", "").split())
    if not name:
        message = "Please give it a name."
        raise InvalidError(message)
    if len(name) > _LONGEST_NAME:
        message = f"Please choose a name of at most {_LONGEST_NAME} characters."
        raise InvalidError(message)
    return name


def checked_amount(amount: int, currency: str) -> int:
    """Return an amount in minor units.

    Raises:
        InvalidError: it is below zero or beyond reason, or its currency is no code of ISO 4217.
    """
    if not 0 <= amount < _LARGEST:
        message = "A price cannot be below zero."
        raise InvalidError(message)
    if not _CURRENCY.fullmatch(currency):
        message = f"“{currency}” is no currency; please give its three letters, such as EUR."
        raise InvalidError(message)
    return amount
