"""Reading about media: what a path leads to, and how large images are."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.media import MediaFile
from services.media.paths import MediaKind, path_in
from services.media.rows import Dimensions, MediaRow


async def find(connection: AsyncConnection, path: str) -> MediaRow | None:
    """Return what a public path leads to; None for nothing."""
    row = (
        await connection.execute(
            select(
                MediaFile.path,
                MediaFile.kind,
                MediaFile.digest,
                MediaFile.content_type,
                MediaFile.bytes,
                MediaFile.width,
                MediaFile.height,
                MediaFile.origin,
                MediaFile.created_at,
            ).where(MediaFile.path == path)
        )
    ).one_or_none()
    if row is None:
        return None
    return MediaRow(
        path=row.path,
        kind=MediaKind(row.kind),
        digest=row.digest,
        content_type=row.content_type,
        bytes=row.bytes,
        width=row.width,
        height=row.height,
        origin=row.origin,
        created_at=row.created_at,
    )


async def dimensions(
    connection: AsyncConnection, urls: Iterable[str], bases: Collection[str] = ()
) -> dict[str, Dimensions]:
    """Look up how large images are, all of a page in one statement.

    Args:
        connection: a reading connection.
        urls: as they stand in documents; see `paths.path_in`.
        bases: the addresses of this site and of its Ghost.

    Returns:
        The size of the original for each of the given addresses that is known; the others (other
        sites' pictures, what was never fetched) are left out.
    """
    paths = {url: path for url in urls if (path := path_in(url, bases)) is not None}
    if not paths:
        return {}
    rows = await connection.execute(
        select(MediaFile.path, MediaFile.width, MediaFile.height).where(
            MediaFile.path.in_(set(paths.values())), MediaFile.width.is_not(None)
        )
    )
    known = {row.path: Dimensions(row.width, row.height) for row in rows}
    return {url: known[path] for url, path in paths.items() if path in known}
