"""Where uploads go: into our own store, or to the Ghost that is the place of record.

Editors' pages call `Uploads`; which of the two stands behind it the settings decide.
"""

from collections.abc import AsyncIterable
from typing import Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from infrastructure.database import UnitOfWork
from services.contracts.common import DomainAbsentError
from services.ghost.client import GhostClient
from services.ghost.detachment.state import left_at
from services.ghost.sentences import in_sentences
from services.media.library import MediaLibrary
from services.media.paths import MediaKind, kind_of
from services.media.uploads import insert_row


class Uploaded(Struct, frozen=True):
    """A file that was taken.

    Attributes:
        url: to be written into documents: a path of this site, or Ghost's own address of it.
        name: as the person's computer calls it.
        width: in pixels as shown; None for what is no image. So `height`.
        bytes: its size as kept.
    """

    url: str
    name: str
    width: int | None
    height: int | None
    content_type: str
    bytes: int


class Uploads(Protocol):
    """Takes files in."""

    async def store(
        self, work: UnitOfWork, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind
    ) -> Uploaded:
        """Take an upload and give it its address.

        Use a unit of work that has done nothing yet: it holds no connection while bytes arrive.

        Args:
            work: the caller's transaction.
            stream: the bytes, in pieces of any size.
            name: as the person's computer calls it.
            kind: what it is to be used for.

        Raises:
            InvalidError: it is not taken; the sentence says why.
            StorageFullError: there is no room left.
            RefusedByGhostError: Ghost does not take it.
            GhostUnreachableError: Ghost does not answer.
        """


class NullUploads:
    """`Uploads` of an app that takes none."""

    async def store(
        self,
        work: UnitOfWork,  # noqa: ARG002 - the Protocol's
        stream: AsyncIterable[bytes],  # noqa: ARG002 - the Protocol's
        *,
        name: str,  # noqa: ARG002 - the Protocol's
        kind: MediaKind,  # noqa: ARG002 - the Protocol's
    ) -> Uploaded:
        """Refuse."""
        message = "This site takes no uploads."
        raise DomainAbsentError(message)


class OwnUploads:
    """`Uploads` into our own store."""

    def __init__(self, library: MediaLibrary) -> None:
        """Store into a site's media library."""
        self._library = library

    async def store(
        self, work: UnitOfWork, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind
    ) -> Uploaded:
        """Check, clean and keep."""
        kept = await self._library.store_upload(work, stream, name=name, kind=kind)
        return Uploaded(
            url=kept.url,
            name=name,
            width=kept.width,
            height=kept.height,
            content_type=kept.content_type,
            bytes=kept.bytes,
        )


class GhostUploads:
    """`Uploads` to a Ghost.

    They are checked and cleaned here first, by the same rules. What Ghost was given is kept under
    Ghost's path as well, so that its first reader need not wait for it.
    """

    def __init__(self, library: MediaLibrary, client: GhostClient) -> None:
        """Hand on to the Ghost of `client`."""
        self._library = library
        self._client = client

    async def store(
        self, work: UnitOfWork, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind
    ) -> Uploaded:
        """Check, clean, hand on to Ghost, and keep."""
        async with self._library.database.read() as connection:
            has_left = await left_at(connection) is not None
        if has_left:
            return await OwnUploads(self._library).store(work, stream, name=name, kind=kind)
        taken = await self._library.intake.take(stream, name=name, kind=kind)
        content_type = taken.media_type.content_type
        given = _name_for(name, taken.media_type.extension_for(name))
        async with self._library.store.local(taken.digest) as path:
            with in_sentences():
                if kind is MediaKind.IMAGE:
                    stored = await self._client.upload_image(given, path, content_type)
                elif kind is MediaKind.MEDIA:
                    stored = await self._client.upload_media(given, path, content_type)
                else:
                    stored = await self._client.upload_file(given, path, content_type)
        ours = unquote(urlsplit(stored.url).path)
        ours = ours[ours.find("/content/") :]
        if kind_of(ours) is kind:
            await insert_row(work, taken, path=ours, kind=kind, name=name, origin="ghost")
        return Uploaded(
            url=stored.url,
            name=name,
            width=taken.width,
            height=taken.height,
            content_type=content_type,
            bytes=taken.bytes,
        )


def _name_for(name: str, extension: str) -> str:
    """Return a file's name with the extension that its bytes have; Ghost judges by it."""
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() == extension:
        return name
    return f"{stem if dot and stem else name}.{extension}"
