"""Slugs: made of a text, free of what others have; and old ones, where what moved is found."""

import re
import unicodedata
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import OldSlug

LONGEST: Final = 185

# The first parts of the paths that the app itself answers, so no post can be read there.
RESERVED: Final = frozenset(
    {
        *("admin", "auth", "author", "content", "email", "federation", "feed", "ghost", "internal"),
        *("livez", "metrics", "nodeinfo", "oauth", "p", "readyz", "rss", "search", "static", "tag"),
        *("topics", "webhooks"),
    }
)

# Letters that do not come apart into a plain one and an accent.
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ħ": "h",
        "ı": "i",
        "ĸ": "k",
        "ŋ": "n",
        "ŧ": "t",
        "'": "",
        "’": "",
        "‘": "",
    }
)


def slug_of(text: str) -> str:
    """Make a slug of a text; `untitled` where none of its characters can stay."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    words = re.findall(r"[a-z0-9_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return "-".join(words)[:LONGEST].strip("-") or "untitled"


def unreserved(slug: str) -> str:
    """Return a slug under which a post can be read: one that the app answers itself is numbered."""
    return f"{slug}-2" if slug in RESERVED else slug


async def free_slug(session: AsyncSession, table: Any, wanted: str, own_id: int | None) -> str:
    """Return a slug that no other row has: the wanted one, or with the first free number from 2 on.

    Args:
        session: the unit of work's.
        table: a model with `slug` and `deleted_at`.
        wanted: of the form that `slug_of` gives.
        own_id: of the row that gets it; None for a new one.
    """
    # Two that want the same at once take turns: who comes second sees what the first took.
    lock = func.hashtext(f"slugs of {table.__tablename__}")
    await session.execute(select(func.pg_advisory_xact_lock(lock)))
    statement = select(table.slug).where(
        (table.slug == wanted) | table.slug.startswith(f"{wanted}-", autoescape=True),
        table.deleted_at.is_(None),
    )
    if own_id is not None:
        statement = statement.where(table.id != own_id)
    taken = set(await session.scalars(statement))
    if "is_page" in table.__table__.columns:
        taken |= RESERVED
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


async def remember(session: AsyncSession, kind: str, object_id: int, old: str, new: str) -> None:
    """Let `old` lead to an object that is called `new` from now on.

    Args:
        session: the unit of work's.
        kind: `post`, `tag` or `author`.
        object_id: the object's id.
        old: the slug that it had.
        new: the slug that it has; whatever was called so before is no longer found under it.
    """
    await session.execute(delete(OldSlug).where(OldSlug.kind == kind, OldSlug.slug == new))
    await session.execute(
        insert(OldSlug)
        .values(kind=kind, slug=old, object_id=object_id)
        .on_conflict_do_update(index_elements=["kind", "slug"], set_={"object_id": object_id})
    )
