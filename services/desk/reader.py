"""The desk at a glance: unfinished and scheduled posts, and the last runs of the sync."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.site import SyncRun
from services.accounts.viewer import Viewer
from services.desk.posts import Filters, PostRow, only_own, posts

_SHOWN = 8


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


async def unfinished(connection: AsyncConnection, viewer: Viewer, status: str) -> list[PostRow]:
    """Read the posts and pages with a status: drafts by their last change, scheduled by their time.

    Args:
        connection: where to read.
        viewer: editors see everybody's, others their own.
        status: `draft` or `scheduled`.
    """
    is_draft = status == "draft"
    found: list[PostRow] = []
    for is_page in (False, True):
        filters = only_own(viewer, Filters(is_page=is_page, status=status))
        if filters is not None:
            sort = "changed" if is_draft else "oldest"
            found += (await posts(connection, filters, sort=sort, limit=_SHOWN)).posts
    found.sort(key=lambda it: it.changed_at if is_draft else it.published_at or it.changed_at)
    return (found[::-1] if is_draft else found)[:_SHOWN]


async def runs(connection: AsyncConnection, limit: int = 20) -> list[Run]:
    """Read the last runs of the sync and of imports, the newest first."""
    rows = await connection.execute(
        select(*(getattr(SyncRun, name) for name in Run.__struct_fields__))
        .order_by(SyncRun.id.desc())
        .limit(limit)
    )
    return [Run(**row._mapping) for row in rows]
