"""What a form of the desk lets one choose from."""

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Author, Tier


class Choice(Struct, frozen=True):
    """One of several, by its id."""

    id: int
    name: str


async def tier_choices(connection: AsyncConnection) -> list[Choice]:
    """Read the membership tiers."""
    rows = await connection.execute(
        select(Tier.id, Tier.name)
        .where(Tier.deleted_at.is_(None))
        .order_by(func.lower(Tier.name), Tier.id)
        .limit(200)
    )
    return [Choice(row.id, row.name) for row in rows]


async def author_choices(connection: AsyncConnection) -> list[Choice]:
    """Read the authors, as whom somebody may sign."""
    rows = await connection.execute(
        select(Author.id, Author.name)
        .where(Author.deleted_at.is_(None))
        .order_by(func.lower(Author.name), Author.id)
        .limit(1000)
    )
    return [Choice(row.id, row.name) for row in rows]
