"""The desk at a glance: unfinished and scheduled posts."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.accounts.viewer import Viewer
from services.desk.posts import Filters, PostRow, only_own, posts

_SHOWN = 8


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
