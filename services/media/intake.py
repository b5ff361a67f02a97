"""Taking a file in: a stream of bytes becomes checked, cleaned bytes in the store.

A stream is written as it comes, hashed on the way, and judged by its first bytes before the rest is
read; memory is bounded whatever is sent. Images are decoded in threads, few at once. No database:
which path the bytes get is `services.media.uploads`' part.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from infrastructure.errors import InvalidError
from services.media import images, isobmff
from services.media.paths import MediaKind
from services.media.signatures import (
    HEAD_BYTES,
    HEIC,
    HTML,
    M4A,
    MP4,
    PROGRAM,
    PROMISES,
    QUICKTIME,
    UNKNOWN,
    ZIP,
    MediaType,
    extension_of,
    sniff,
)
from services.media.store import Incoming, MediaStore

_MEGABYTE: Final = 1024 * 1024

# How many images are decoded at once in this process; each may take some hundred megabytes.
_DECODING_AT_ONCE: Final = 2

_WHAT: Final = {
    MediaKind.IMAGE: "a picture",
    MediaKind.MEDIA: "a film or a recording",
    MediaKind.FILE: "a file",
}
_TAKEN: Final = {
    MediaKind.IMAGE: "JPEG, PNG, GIF, WebP, AVIF and SVG are taken",
    MediaKind.MEDIA: "MP4, WebM, Ogg, MOV, MP3, M4A, WAV and FLAC are taken",
    MediaKind.FILE: "most other files are taken",
}
_EMPTY: Final = "This file is empty."
_HIDDEN: Final = "This file has an archive hidden behind its end, so it is not taken."
_IS_PROGRAM: Final = "This is a program or a script that computers would run; it is not taken."
_IS_HEIC: Final = (
    "Browsers cannot show this picture (HEIC): save or share it as JPEG and try again."
)


@dataclass(frozen=True, slots=True)
class Caps:
    """The most bytes that are taken for each kind."""

    image: int = 32 * _MEGABYTE
    media: int = 512 * _MEGABYTE
    file: int = 256 * _MEGABYTE

    def of(self, kind: MediaKind) -> int:
        """Return the most bytes for a kind."""
        return {
            MediaKind.IMAGE: self.image,
            MediaKind.MEDIA: self.media,
            MediaKind.FILE: self.file,
        }[kind]


# Whoever leaves a Ghost takes along whatever it published.
OF_A_WHOLE_SITE: Final = Caps(
    image=512 * _MEGABYTE, media=64 * 1024 * _MEGABYTE, file=64 * 1024 * _MEGABYTE
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Bytes that are in the store; sizes as in `rows.StoredMedia`.

    `source_digest` is the SHA-256 of what was given, `digest` that of what was kept of it.
    """

    media_type: MediaType
    digest: bytes
    source_digest: bytes
    bytes: int
    width: int | None
    height: int | None


async def chunks_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """Give the bytes of an open file as a stream, read in a thread."""
    while chunk := await asyncio.to_thread(file.read, _MEGABYTE):
        yield chunk


class Intake:
    """Takes files into a store."""

    def __init__(self, store: MediaStore, caps: Caps) -> None:
        """Store into `store`, at most what `caps` allow."""
        self._store = store
        self._caps = caps
        self._decoding = asyncio.Semaphore(_DECODING_AT_ONCE)

    async def has(self, digest: bytes) -> bool:
        """Whether the store has these bytes."""
        return await self._store.has(digest)

    async def take(self, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind) -> Taken:
        """Take in what a person uploads.

        Args:
            stream: the bytes, in pieces of any size.
            name: as the person's computer calls it.
            kind: what it is to be used for.

        Raises:
            InvalidError: it is not taken; the sentence says why.
            StorageFullError: there is no room left.
        """
        async with self._store.incoming() as file:
            head = await self._receive(stream, file, kind, name)
            media_type = await self._judged(file, head, name, kind)
            source_digest = file.digest
            width: int | None = None
            height: int | None = None
            if kind is MediaKind.IMAGE:
                width, height = await self._clean(file, media_type)
            digest = await file.keep()
            return Taken(media_type, digest, source_digest, file.size, width, height)

    async def keep(
        self, stream: AsyncIterable[bytes], *, name: str, kind: MediaKind
    ) -> Taken | None:
        """Take in what a Ghost of the operator's already publishes, bit for bit.

        Returns:
            None when it is empty, or no picture where a picture should be.

        Raises:
            InvalidError: it is larger than is taken.
            StorageFullError: there is no room left.
        """
        async with self._store.incoming() as file:
            head = await self._receive(stream, file, kind)
            media_type = sniff(head, name)
            is_picture = media_type.content_type.startswith("image/")
            if not head or (kind is MediaKind.IMAGE and not is_picture):
                return None
            if media_type is HTML and PROMISES.get(extension_of(name), HTML) is not HTML:
                return None
            sides: tuple[int, int] | None = None
            if kind is MediaKind.IMAGE:
                async with self._decoding:
                    sides = await asyncio.to_thread(_measured, file.path, media_type)
            digest = await file.keep()
            width, height = sides or (None, None)
            return Taken(media_type, digest, digest, file.size, width, height)

    async def _receive(
        self,
        stream: AsyncIterable[bytes],
        file: Incoming,
        kind: MediaKind,
        name: str | None = None,
    ) -> bytes:
        """Write a stream, and return its first bytes.

        With a name it is judged by them as soon as they are there, so that nobody has to send all
        of what is not taken.
        """
        most = self._caps.of(kind)
        head = bytearray()
        waiting = bytearray()
        is_judged = name is None
        async for chunk in stream:
            if file.size + len(waiting) + len(chunk) > most:
                raise InvalidError(
                    f"This is larger than {most / _MEGABYTE:g} MB, the most that is taken for "
                    f"{_WHAT[kind]}."
                )
            head += chunk[: HEAD_BYTES - len(head)]
            if not is_judged and name is not None and len(head) >= HEAD_BYTES:
                check_type(sniff(bytes(head), name), name, kind)
                is_judged = True
            waiting += chunk
            if len(waiting) >= _MEGABYTE:
                await file.write(bytes(waiting))
                waiting.clear()
        if waiting:
            await file.write(bytes(waiting))
        return bytes(head)

    async def _judged(self, file: Incoming, head: bytes, name: str, kind: MediaKind) -> MediaType:
        """Return the type of a received file, once nothing speaks against it."""
        if not head:
            raise InvalidError(_EMPTY)
        media_type = sniff(head, name)
        if media_type is ZIP or kind is MediaKind.MEDIA:
            tail = await asyncio.to_thread(_tail, file.path)
            if kind is MediaKind.MEDIA and _ends_as_zip(tail):
                raise InvalidError(_HIDDEN)
            if media_type is ZIP:
                # What is in an archive is listed at its end.
                media_type = sniff(head + tail, name)
        check_type(media_type, name, kind)
        if kind is MediaKind.MEDIA and media_type in {MP4, QUICKTIME, M4A}:
            await asyncio.to_thread(_check_boxes, file.path)
        return media_type

    async def _clean(self, file: Incoming, media_type: MediaType) -> tuple[int, int]:
        """Check an image, replace it by what may stay of it, and return its size."""
        async with self._decoding:
            picture, is_changed = await asyncio.to_thread(_prepared, file.path, media_type)
        if is_changed:
            await file.replace(picture.data)
        return picture.width, picture.height


def check_type(media_type: MediaType, name: str, kind: MediaKind) -> None:
    """Refuse what may not be used so, or is not what its name says.

    Raises:
        InvalidError: with the sentence for the person.
    """
    if media_type is PROGRAM:
        raise InvalidError(_IS_PROGRAM)
    if media_type is HEIC and kind is MediaKind.IMAGE:
        raise InvalidError(_IS_HEIC)
    if kind not in media_type.kinds:
        looks = "" if media_type is UNKNOWN else f" (it looks like {_plain_name(media_type)})"
        raise InvalidError(f"This is not {_WHAT[kind]} that browsers show{looks}: {_TAKEN[kind]}.")
    promised = PROMISES.get(extension_of(name))
    if promised is None or promised is media_type:
        return
    # A picture under another picture's name is a common slip, and the name is put right.
    of_one_family = kind in promised.kinds and kind is not MediaKind.FILE
    if not of_one_family and _family(promised) != _family(media_type):
        raise InvalidError(
            f"This is called .{extension_of(name)}, but it is {_plain_name(media_type)}: "
            "save it again in the format that its name says."
        )


def _family(media_type: MediaType) -> str:
    """Return what a type is one of; archives and office documents are all ZIPs inside."""
    group = media_type.content_type.partition("/")[0]
    is_zip = "opendocument" in media_type.content_type or "openxml" in media_type.content_type
    if media_type is ZIP or is_zip or media_type.content_type.endswith("+zip"):
        return "zip"
    return {"video": "recording", "audio": "recording", "image": "image"}.get(
        group, media_type.content_type
    )


def _plain_name(media_type: MediaType) -> str:
    if media_type is UNKNOWN:
        return "something else"
    return media_type.content_type.partition(";")[0]


def _prepared(path: Path, media_type: MediaType) -> tuple[images.Picture, bool]:
    data = path.read_bytes()
    picture = images.prepare(media_type, data)
    return picture, picture.data is not data


def _measured(path: Path, media_type: MediaType) -> tuple[int, int] | None:
    return images.measure(media_type, path.read_bytes())


def _check_boxes(path: Path) -> None:
    with path.open("rb") as file:
        isobmff.check_boxes(file, file.seek(0, io.SEEK_END))


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - HEAD_BYTES - 22))
        return file.read()


def _ends_as_zip(tail: bytes) -> bool:
    """Whether a file can be opened as a ZIP: the last record (APPNOTE 4.3.16) ends with it."""
    for found in re.finditer(rb"PK\x05\x06", tail):
        record = tail[found.start() :]
        if len(record) >= 22 and int.from_bytes(record[20:22], "little") == len(record) - 22:
            return True
    return False
