"""Writing Ghost's objects into our rows: what differs, and nothing else.

Each call works inside the caller's unit of work and writes only rows whose digest changed. Reading
from Ghost is left to the client, the order of things to `sync.py`, the fields to `mapping.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from infrastructure.database import UnitOfWork
from models.columns import Mirrored
from models.content import Author, Newsletter, Post, PostAuthor, PostTag, PostTier, Tag, Tier
from models.site import SiteSetting
from services.ghost import results
from services.ghost.mapping import NEWSLETTERS, PAGES, TAGS, TIERS, USERS, G, Mapping, digest
from services.posts import slugs
from services.posts.derive import derive
from services.posts.links import rearrange

# Which old slugs a kind leaves behind; the others have no pages of their own.
_OLD_SLUGS = {"posts": "post", "pages": "post", "tags": "tag", "users": "author"}


@dataclass(slots=True)
class Counts:
    """What a pass did to the objects of one kind."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0

    @property
    def differing(self) -> int:
        """How many were not as in Ghost, or cannot be said to be."""
        return self.added + self.changed + self.removed + self.failed

    def add(self, other: "Counts") -> None:
        """Count what another part of the pass did as well."""
        self.added += other.added
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.removed += other.removed
        self.failed += other.failed


def _rows_of(mapping: Mapping[G]) -> Select[Any]:
    statement = select(mapping.model)
    if mapping.model is Post:
        statement = statement.options(
            selectinload(Post.author_links),
            selectinload(Post.tag_links),
            selectinload(Post.tier_links),
        )
    return statement


def _new_row(mapping: Mapping[G]) -> Any:
    if mapping.model is Post:
        return Post(author_links=[], tag_links=[], tier_links=[])
    return mapping.model()


def alive(mapping: Mapping[Any]) -> ColumnElement[bool]:
    """Whether a row is one of this kind that Ghost is believed to have."""
    table = mapping.model
    is_alive: ColumnElement[bool] = table.ghost_id.is_not(None) & table.deleted_at.is_(None)
    if table is Post:
        is_alive &= Post.is_page == (mapping is PAGES)
    return is_alive


# By Ghost's id, what the digest of a row was before its object was read.
Before = dict[str, bytes | None]


async def find_changed(
    session: AsyncSession, mapping: Mapping[G], items: Sequence[G], before: Before
) -> tuple[list[tuple[str, G]], int]:
    """Return the objects whose row is missing or says something else, and how many do not."""
    table = mapping.model
    by_id = {item.id: item for item in items}
    known = {
        row.ghost_id: row
        for row in await session.execute(
            select(table.ghost_id, table.ghost_digest, table.updated_at, table.deleted_at).where(
                table.ghost_id.in_(by_id)
            )
        )
    }
    changed: list[tuple[str, G]] = []
    for ghost_id, item in by_id.items():
        row = known.get(ghost_id)
        if row is None or _is_news(row, item, before):
            changed.append((ghost_id, item))
    return changed, len(by_id) - len(changed)


def _is_news(row: Any, item: Any, before: Before) -> bool:
    """Whether an object tells what its row does not: it is another one, and no older."""
    if row.deleted_at is not None:
        return True
    ours, theirs = row.updated_at, item.updated_at
    is_stale = ours is not None and theirs is not None and theirs < ours
    if item.id in before and before[item.id] == row.ghost_digest:
        # Nobody wrote the row since before the object was read: Ghost went back in time.
        is_stale = False
    return not is_stale and row.ghost_digest != digest(item)


def _is_wanted(row: Any, item: Any, before: Before) -> bool:
    """Whether an object is to be written into its locked row, which may have another Ghost's id."""
    return row is None or row.ghost_id != item.id or _is_news(row, item, before)


async def _load(
    session: AsyncSession, mapping: Mapping[G], changed: list[tuple[str, G]]
) -> dict[str, Any]:
    """Load and lock the rows of changed objects, by Ghost's id.

    An editor's save keeps a row locked while Ghost is asked: whoever waited for it sees what it
    wrote. A post that Ghost gave a new id (an import into another Ghost does) is known by its uuid.
    """
    table = mapping.model
    wanted = [ghost_id for ghost_id, _ in changed]
    statement = (
        _rows_of(mapping)
        .where(table.ghost_id.in_(wanted))
        .order_by(table.id)
        .with_for_update(of=table)
        .execution_options(populate_existing=True)
    )
    rows = {row.ghost_id: row for row in await session.scalars(statement)}
    uuids = {
        str(uuid): ghost_id
        for ghost_id, item in changed
        if ghost_id not in rows and (uuid := getattr(item, "uuid", None))
    }
    if uuids:
        renewed = await session.scalars(_rows_of(mapping).where(table.uuid.in_(uuids)))
        rows |= {uuids[str(row.uuid)]: row for row in renewed}
    return rows


async def _displace(session: AsyncSession, mapping: Mapping[G], taken: dict[str, str]) -> None:
    """Make room for slugs that Ghost gave to other objects than we believe.

    Whoever still has one of them here gets a passing slug and no digest, so that it is read anew
    with its own. `taken` maps slugs to the Ghost ids that have them now.
    """
    table = mapping.model
    holders = await session.scalars(
        select(table).where(table.slug.in_(taken), table.deleted_at.is_(None))
    )
    for row in holders:
        if row.ghost_id != taken[row.slug]:
            row.slug = f"{row.slug}-{row.id}"
            row.ghost_digest = None


async def apply(
    work: UnitOfWork, mapping: Mapping[G], items: Sequence[G], before: Before | None = None
) -> Counts:
    """Make our rows say what Ghost's objects say.

    An object older than our row of it is left alone: somebody was faster.

    Args:
        work: the transaction.
        mapping: of what kind they are.
        items: as they were read.
        before: what their rows were before that; one that is as it was gives way to an older object
            as well, as Ghost has it after a restored backup.

    Raises:
        sqlalchemy.exc.DBAPIError: one of them cannot be stored; nothing of them was.
    """
    session = work.session
    before = before or {}
    changed, unchanged = await find_changed(session, mapping, items, before)
    counts = Counts(unchanged=unchanged)
    if not changed:
        return counts
    posts = [item for _, item in changed if isinstance(item, results.GhostPost)]
    linked = await _linked(work, posts)
    rows = await _load(session, mapping, changed)
    # Somebody may have written one while we waited for its row.
    news = [(key, item) for key, item in changed if _is_wanted(rows.get(key), item, before)]
    counts.unchanged += len(changed) - len(news)
    await _displace(session, mapping, {str(item.slug): item.id for _, item in news})
    moved: list[tuple[Any, str]] = []
    for ghost_id, item in news:
        row = rows.get(ghost_id)
        values = mapping.fields(item) | {"deleted_at": None}
        if row is None:
            row = _new_row(mapping)
            session.add(row)
            counts.added += 1
        else:
            counts.changed += 1
            if row.slug != values["slug"] and mapping.kind in _OLD_SLUGS:
                moved.append((row, row.slug))
        for column, value in values.items():
            if getattr(row, column) != value:
                setattr(row, column, value)
        if isinstance(row, Post) and isinstance(item, results.GhostPost):
            _arrange(row, item, linked)
            row.is_page = mapping is PAGES
            derive(row)
    await session.flush()
    for row, old in moved:
        await slugs.remember(session, _OLD_SLUGS[mapping.kind], row.id, old, row.slug)
    return counts


async def add_missing(work: UnitOfWork, mapping: Mapping[G], items: Sequence[G]) -> None:
    """Add those objects that are not here yet; the others are left as they are."""
    table = mapping.model
    by_id = {item.id: item for item in items}
    here = await work.session.scalars(
        select(table.ghost_id).where(table.ghost_id.in_(by_id), table.deleted_at.is_(None))
    )
    for ghost_id in here:
        del by_id[ghost_id]
    await apply(work, mapping, list(by_id.values()))


async def our_ids(
    session: AsyncSession, table: type[Author | Tag | Tier | Newsletter], ghost_ids: set[str]
) -> dict[str, int]:
    """Return our ids by Ghost's."""
    found = await session.execute(
        select(table.ghost_id, table.id).where(table.ghost_id.in_(ghost_ids))
    )
    return {row.ghost_id: row.id for row in found}


@dataclass(frozen=True, slots=True)
class _Linked:
    """Our ids of all that the posts of a batch are linked to, by Ghost's."""

    authors: dict[str, int]
    tags: dict[str, int]
    tiers: dict[str, int]
    newsletters: dict[str, int]


async def _linked(work: UnitOfWork, posts: Sequence[results.GhostPost]) -> _Linked:
    """Find what posts are linked to; what is not here yet (a tag made meanwhile) is added."""
    authors = [author for post in posts for author in post.authors or ()]
    tags = [tag for post in posts for tag in post.tags or ()]
    tiers = [tier for post in posts for tier in post.tiers or ()]
    newsletters = [post.newsletter for post in posts if post.newsletter is not None]
    await add_missing(work, USERS, authors)
    await add_missing(work, TAGS, tags)
    await add_missing(work, TIERS, tiers)
    await add_missing(work, NEWSLETTERS, newsletters)
    return _Linked(
        await our_ids(work.session, Author, {author.id for author in authors}),
        await our_ids(work.session, Tag, {tag.id for tag in tags}),
        await our_ids(work.session, Tier, {tier.id for tier in tiers}),
        await our_ids(work.session, Newsletter, {letter.id for letter in newsletters}),
    )


def _arrange(post: Post, item: results.GhostPost, linked: _Linked) -> None:
    """Give a post its authors, tags and tiers in Ghost's order, changing only what differs."""
    authors = [linked.authors[author.id] for author in item.authors or ()]
    tags = [linked.tags[tag.id] for tag in item.tags or ()]
    tiers = [linked.tiers[tier.id] for tier in item.tiers or ()]
    rearrange(post.author_links, authors, PostAuthor, "author_id")
    rearrange(post.tag_links, tags, PostTag, "tag_id")
    rearrange(post.tier_links, tiers, PostTier, "tier_id")
    post.newsletter_id = linked.newsletters[item.newsletter.id] if item.newsletter else None


async def apply_settings(work: UnitOfWork, settings: dict[str, Any]) -> Counts:
    """Make our settings say what Ghost's say; ours that Ghost does not have are left alone."""
    counts = Counts()
    rows = await work.session.scalars(select(SiteSetting).where(SiteSetting.key.in_(settings)))
    known = {row.key: row for row in rows}
    for key, value in settings.items():
        row = known.get(key)
        if row is None:
            work.session.add(SiteSetting(key=key, value=value))
            counts.added += 1
        elif row.value != value:
            row.value = value
            row.updated_at = datetime.now(UTC)
            counts.changed += 1
        else:
            counts.unchanged += 1
    return counts


async def known(session: AsyncSession, mapping: Mapping[Any]) -> list[str]:
    """Return the Ghost ids of all our rows of a kind."""
    return list(await session.scalars(select(mapping.model.ghost_id).where(alive(mapping))))


async def remove(work: UnitOfWork, mapping: Mapping[Any], ghost_ids: Sequence[str]) -> Counts:
    """Soft-delete rows whose objects Ghost no longer has."""
    rows: Sequence[Mirrored] = (
        await work.session.scalars(
            _rows_of(mapping).where(mapping.model.ghost_id.in_(ghost_ids), alive(mapping))
        )
    ).all()
    for row in rows:
        row.deleted_at = datetime.now(UTC)
    return Counts(removed=len(rows))
