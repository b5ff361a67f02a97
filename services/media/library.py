"""The media of a site in one place: what blueprints, commands and other services call.

Bytes are in a `MediaStore`, what is known of them in the database, renditions in a folder of their
own; with a Ghost behind the site, what is not here yet comes from there.
"""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from infrastructure.database import Database, UnitOfWork
from infrastructure.logs import get_logger
from infrastructure.settings import Settings
from services.media import reader, uploads
from services.media.intake import Caps, Intake
from services.media.origin import GhostOrigin, origins_of
from services.media.paths import MediaKind, Rendition
from services.media.renditions import Made, Renditions
from services.media.rows import Imported, MediaRow, StoredMedia
from services.media.signatures import BY_CONTENT_TYPE
from services.media.store import FolderMediaStore, MediaStore

log = get_logger(__name__)

_RENDITIONS_BYTES: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class MediaLibrary:
    """The media of one site, as one worker sees them; made by `open_library`."""

    database: Database
    store: MediaStore
    intake: Intake
    renditions: Renditions
    origin: GhostOrigin

    async def start(self) -> None:
        """Tidy up what a process that was killed left behind."""
        await self.store.sweep()
        await self.renditions.trim()

    async def close(self) -> None:
        """Stop what is under way."""
        await self.origin.close()
        await self.renditions.close()

    async def store_upload(
        self, work: UnitOfWork, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind
    ) -> StoredMedia:
        """Take an upload and give it its path.

        The bytes are stored first; the database is only asked at the end, so a unit of work that
        has done nothing yet holds no connection meanwhile. When the transaction is rolled back,
        the path is free again and the bytes wait in the store for the same upload.

        Args:
            work: the caller's transaction.
            stream: the bytes, in pieces of any size (for an open file see `intake.chunks_of`).
            name: as the person's computer calls it.
            kind: what it is to be used for.

        Raises:
            InvalidError: it is not taken; the sentence says why.
            StorageFullError: there is no room left.
        """
        taken = await self.intake.take(stream, name=name, kind=kind)
        return await uploads.add_upload(work, taken, name=name, kind=kind)

    async def import_folder(
        self, work: UnitOfWork, folder: Path, prefix: str = "/content"
    ) -> Imported:
        """Bring a folder into the store; see `uploads.import_folder`."""
        return await uploads.import_folder(work, self.intake, folder, prefix)

    async def find(self, path: str, *, fetch: bool = True) -> MediaRow | None:
        """Return what a public path leads to, from Ghost when it is not here (any more).

        Args:
            path: of an original, without a size.
            fetch: whether Ghost may be asked.

        Raises:
            OriginUnreachableError: it is not here and Ghost does not answer.
            StillFetchingError: it is on its way.
        """
        async with self.database.read() as connection:
            row = await reader.find(connection, path)
        if row is not None and await self.store.has(row.digest):
            return row
        if row is not None:
            log.error("the bytes of a media file are lost", path=path, digest=row.digest.hex())
        if not fetch or not await self.origin.fetch(path):
            return None
        async with self.database.read() as connection:
            return await reader.find(connection, path)

    async def rendition(self, row: MediaRow, rendition: Rendition) -> Made | None:
        """Return an image in another size; None where the original is to be served.

        Raises:
            BusyError: too many are being made.
            NotFoundError: the store does not have the original.
        """
        media_type = BY_CONTENT_TYPE.get(row.content_type)
        if media_type is None or row.kind is not MediaKind.IMAGE:
            return None
        return await self.renditions.get(row.digest, media_type, rendition)


def open_library(
    settings: Settings,
    database: Database,
    *,
    caps: Caps | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> MediaLibrary:
    """Make the media library that the settings describe; nothing is read or written yet.

    Args:
        settings: `MEDIA_URL`, `var/` and Ghost's addresses.
        database: where rows are read and written.
        caps: the most bytes of each kind; None: the usual ones.
        transport: the seam for tests of what is fetched from Ghost.
    """
    caps = caps or Caps()
    store = FolderMediaStore(settings.media_folder)
    intake = Intake(store, caps)
    return MediaLibrary(
        database=database,
        store=store,
        intake=intake,
        renditions=Renditions(
            store, settings.var_folder / "renditions", max_bytes=_RENDITIONS_BYTES
        ),
        origin=GhostOrigin(
            database,
            intake,
            origins_of(settings),
            caps=caps,
            public_url=settings.ghost_public_url or settings.ghost_api_url or "",
            transport=transport,
        ),
    )
