"""What a form of the desk lets one choose from."""

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Author, Tag, Tier


class Choice(Struct, frozen=True):
    """One of several, by its id."""

    id: int
    name: str


async def _choices(
    connection: AsyncConnection, table: type[Author | Tag | Tier], most: int
) -> list[Choice]:
    rows = await connection.execute(
        select(table.id, table.name)
        .where(table.deleted_at.is_(None))
        .order_by(func.lower(table.name), table.id)
        .limit(most)
    )
    return [Choice(row.id, row.name) for row in rows]


async def tier_choices(connection: AsyncConnection) -> list[Choice]:
    """Read the membership tiers."""
    return await _choices(connection, Tier, 200)


async def author_choices(connection: AsyncConnection) -> list[Choice]:
    """Read the authors, as whom somebody may sign."""
    return await _choices(connection, Author, 1000)


async def tag_choices(connection: AsyncConnection) -> list[Choice]:
    """Read tags to suggest while somebody types the name of one, not all where there are many."""
    return await _choices(connection, Tag, 200)
