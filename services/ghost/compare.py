"""Is the mirror equal to Ghost? Every field of every object, read from both sides and compared.

Nothing is written. What differs is told, object by object; what is only on one side as well.
"""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import Database
from models.content import Author, Newsletter, Post, PostAuthor, PostTag, PostTier, Tag, Tier
from models.site import SiteSetting
from services.ghost.client import GhostClient
from services.ghost.mapping import (
    LABELS,
    NEWSLETTERS,
    PAGES,
    POSTS,
    TAGS,
    TIERS,
    USERS,
    G,
    Mapping,
)
from services.ghost.mirror import alive
from services.ghost.paging import GhostBatch, one_batch


class Difference(Struct, frozen=True):
    """One field that differs; `field` is None where the whole object is on one side only."""

    kind: str
    ghost_id: str
    field: str | None
    ghosts: Any
    ours: Any


async def compare(database: Database, client: GhostClient) -> AsyncIterator[Difference]:
    """Compare everything.

    Raises:
        GhostError: Ghost cannot be read to the end.
    """
    async with AsyncSession(database.engine) as session:
        settings = await client.read_settings()
        for difference in await _settings(session, settings):
            yield difference
        kinds: list[tuple[Mapping[Any], AsyncIterator[GhostBatch[Any]]]] = [
            (TIERS, one_batch(await client.read_tiers())),
            (NEWSLETTERS, client.read_newsletters()),
            (LABELS, client.read_labels()),
            (USERS, client.read_users()),
            (TAGS, client.read_tags()),
            (POSTS, client.read_posts()),
            (PAGES, client.read_pages()),
        ]
        for mapping, batches in kinds:
            async for difference in _kind(session, mapping, batches):
                yield difference


async def _settings(session: AsyncSession, settings: dict[str, Any]) -> list[Difference]:
    rows = await session.execute(select(SiteSetting.key, SiteSetting.value))
    ours = {row.key: row.value for row in rows}
    return [
        Difference("settings", key, "value", value, ours.get(key))
        for key, value in settings.items()
        if key not in ours or ours[key] != value
    ]


async def _kind(
    session: AsyncSession, mapping: Mapping[G], batches: AsyncIterator[GhostBatch[G]]
) -> AsyncIterator[Difference]:
    seen: set[str] = set()
    async for batch in batches:
        for failure in batch.failures:
            yield Difference(mapping.kind, failure.ghost_id or "?", None, failure.reason, None)
            seen.add(failure.ghost_id or "")
        seen.update(item.id for item in batch.items)
        ours = await _rows(session, mapping, [item.id for item in batch.items])
        for item in batch.items:
            theirs = mapping.compared(item)
            row = ours.get(item.id)
            if row is None:
                yield Difference(mapping.kind, item.id, None, theirs.get("slug"), None)
                continue
            for name, value in theirs.items():
                if row.get(name) != value:
                    yield Difference(mapping.kind, item.id, name, value, row.get(name))
        session.expunge_all()
    table = mapping.model
    for ghost_id in await session.scalars(select(table.ghost_id).where(alive(mapping))):
        if ghost_id not in seen:
            yield Difference(mapping.kind, ghost_id, None, None, "only here")


async def _rows(
    session: AsyncSession, mapping: Mapping[Any], ghost_ids: list[str]
) -> dict[str, dict[str, Any]]:
    """Return our rows as Ghost would give them, by Ghost's id."""
    table = mapping.model
    rows = (
        await session.scalars(select(table).where(table.ghost_id.in_(ghost_ids), alive(mapping)))
    ).all()
    found = {row.ghost_id: mapping.ours(row) for row in rows}
    if table is Post:
        connection = await session.connection()
        by_row = {row.id: found[row.ghost_id] for row in rows}
        for name, link, target, key in _LINKS:
            for post_id, ids in (await _links(connection, link, target, key, list(by_row))).items():
                by_row[post_id][name] = ids
        letters = await session.execute(select(Newsletter.id, Newsletter.ghost_id))
        newsletters = {row.id: row.ghost_id for row in letters}
        for row in rows:
            found[row.ghost_id]["newsletter"] = newsletters.get(row.newsletter_id)
    return found


_LINKS: tuple[tuple[str, Any, Any, str], ...] = (
    ("author_ids", PostAuthor, Author, "author_id"),
    ("tag_ids", PostTag, Tag, "tag_id"),
    ("tier_ids", PostTier, Tier, "tier_id"),
)


async def linked_ids(
    connection: AsyncConnection, post_ids: list[int]
) -> dict[int, tuple[tuple[str, ...], ...]]:
    """Return the Ghost ids of each post's authors, tags and tiers, by our ids of the posts."""
    kinds = [
        await _links(connection, link, target, key, post_ids) for _, link, target, key in _LINKS
    ]
    return {it: tuple(tuple(kind[it]) for kind in kinds) for it in post_ids}


async def _links(
    connection: AsyncConnection, link: Any, target: Any, key: str, post_ids: list[int]
) -> dict[int, list[str]]:
    """Return the Ghost ids of what posts are linked to, in order, by our ids of the posts."""
    ids = func.array_agg(aggregate_order_by(target.ghost_id, link.position)).label("ids")
    rows = await connection.execute(
        select(link.post_id, ids)
        .join(target, target.id == getattr(link, key))
        .where(link.post_id.in_(post_ids))
        .group_by(link.post_id)
    )
    found: dict[int, list[str]] = {post_id: [] for post_id in post_ids}
    return found | {row.post_id: row.ids for row in rows}
