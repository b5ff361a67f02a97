"""What a form of the desk lets one choose from."""

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Author, Newsletter, Tag, Tier


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


async def newsletter_choices(connection: AsyncConnection) -> list[Choice]:
    """Read the newsletters by which a post can be sent, in their own order."""
    rows = await connection.execute(
        select(Newsletter.id, Newsletter.name)
        .where(Newsletter.deleted_at.is_(None), Newsletter.status == "active")
        .order_by(Newsletter.sort_order, Newsletter.id)
        .limit(200)
    )
    return [Choice(row.id, row.name) for row in rows]


async def tags_named(connection: AsyncConnection, words: str) -> list[Choice]:
    """Find tags by a part of their names, those that begin with it first.

    Args:
        connection: where to read.
        words: what was typed so far; nothing gives the first by name.
    """
    asked = " ".join(words.split())[:191].lower()
    name = func.lower(Tag.name)
    statement = select(Tag.id, Tag.name).where(Tag.deleted_at.is_(None))
    if asked:
        statement = statement.where(name.contains(asked, autoescape=True)).order_by(
            name.startswith(asked, autoescape=True).desc()
        )
    rows = await connection.execute(statement.order_by(name, Tag.id).limit(20))
    return [Choice(row.id, row.name) for row in rows]
