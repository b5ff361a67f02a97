"""The desk at a glance: unfinished and scheduled posts, and the last runs of the sync."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Post, PostAuthor
from models.site import SyncRun
from services.accounts.viewer import Role, Viewer

_SHOWN = 8


class DeskPost(Struct, frozen=True):
    """A post that nobody reads yet."""

    id: int
    title: str
    is_page: bool
    status: str
    published_at: datetime | None
    updated_at: datetime | None


class Run(Struct, frozen=True):
    """One pass of a sync; see `models.site.SyncRun` for what the fields mean."""

    id: int
    kind: str
    source: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    error: str | None
    counts: dict[str, Any]
    failures: list[Any]

    @property
    def changes(self) -> int:
        """How many objects were written."""
        names = ("added", "changed", "removed")
        return sum(it.get(name, 0) for it in self.counts.values() for name in names)


async def unfinished(connection: AsyncConnection, viewer: Viewer, status: str) -> list[DeskPost]:
    """Read the posts and pages with a status: drafts by their last change, scheduled by their time.

    Args:
        connection: where to read.
        viewer: editors see everybody's, others their own.
        status: `draft` or `scheduled`.
    """
    statement = select(*(getattr(Post, name) for name in DeskPost.__struct_fields__)).where(
        Post.status == status, Post.deleted_at.is_(None)
    )
    if viewer.role < Role.EDITOR:
        statement = statement.where(
            Post.id.in_(
                select(PostAuthor.post_id).where(PostAuthor.author_id == (viewer.author_id or 0))
            )
        )
    order = (
        (Post.published_at, Post.id)
        if status == "scheduled"
        else (Post.updated_at.desc(), Post.id.desc())
    )
    rows = await connection.execute(statement.order_by(*order).limit(_SHOWN))
    return [DeskPost(**row._mapping) for row in rows]


async def runs(connection: AsyncConnection, limit: int = 20) -> list[Run]:
    """Read the last runs of the sync and of imports, the newest first."""
    rows = await connection.execute(
        select(*(getattr(SyncRun, name) for name in Run.__struct_fields__))
        .order_by(SyncRun.id.desc())
        .limit(limit)
    )
    return [Run(**row._mapping) for row in rows]
