"""Images in other sizes and formats, made when somebody first asks and kept on disk.

A rendition is made once however many wait for it, few are made at once, and all of them together
take no more than a fixed room: the ones that nobody asked for longest go first. They can all be
made again, so nothing here is precious.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infrastructure.errors import InvalidError, PersonError
from infrastructure.logs import get_logger
from services.media import images
from services.media.paths import Rendition
from services.media.signatures import MediaType
from services.media.store import MediaStore

log = get_logger(__name__)

# Changes when renditions come out differently, so that none of the older ones is served.
VERSION: Final = 2

Resize = Callable[[MediaType, bytes, Rendition], tuple[MediaType, bytes] | None]

_AT_ONCE: Final = 2
_TOUCHED_AFTER: Final = 24 * 3600


class BusyError(PersonError):
    """So many images are being made that one more would only make everybody wait longer."""

    status = 503


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of a rendition and their type."""

    media_type: MediaType
    data: bytes


class Renditions:
    """The renditions of one worker, in a folder that all workers share."""

    def __init__(
        self,
        store: MediaStore,
        folder: Path,
        *,
        max_bytes: int,
        most_waiting: int = 500,
        resize: Resize = images.resize,
    ) -> None:
        """Make renditions of what is in `store`.

        Args:
            store: has the originals.
            folder: keeps the renditions.
            max_bytes: about how much room they may take.
            most_waiting: how many may be wanted at once.
            resize: makes one; it is called in a thread.
        """
        self._most_waiting = most_waiting
        self._resize = resize
        self._store = store
        self._folder = folder
        self._max_bytes = max_bytes
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._flights: dict[str, asyncio.Task[bytes]] = {}
        self._written = 0

    async def get(self, digest: bytes, media_type: MediaType, rendition: Rendition) -> Made | None:
        """Return a rendition of an image.

        Args:
            digest: of the original.
            media_type: of the original.
            rendition: one that is allowed.

        Returns:
            None where the original is to be served: it is an animation or a drawing, it is small
            enough already, or it cannot be decoded.

        Raises:
            NotFoundError: the store does not have the original.
            BusyError: too many wait already.
        """
        if media_type not in images.RASTER:
            return None
        name = f"{digest.hex()}-{rendition.name}-v{VERSION}"
        data = await asyncio.to_thread(_kept, self._path(name))
        if data is None:
            data = await self._fly(name, digest, media_type, rendition)
        if not data:
            return None
        target = images.BY_FORMAT[rendition.format] if rendition.format else media_type
        return Made(target, data)

    async def close(self) -> None:
        """Wait for what is being made."""
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def trim(self) -> None:
        """Remove what was not asked for longest until the rest fits."""
        await asyncio.to_thread(_trim, self._folder, self._max_bytes)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    async def _fly(
        self, name: str, digest: bytes, media_type: MediaType, rendition: Rendition
    ) -> bytes:
        flight = self._flights.get(name)
        if flight is None:
            if len(self._flights) >= self._most_waiting:
                message = "Many pictures are being made smaller just now: try again in a moment."
                raise BusyError(message)
            flight = asyncio.create_task(self._make(name, digest, media_type, rendition))
            self._flights[name] = flight
            flight.add_done_callback(lambda done: self._landed(name, done))
        # Whoever goes away takes nothing from the others who wait for the same.
        return await asyncio.shield(flight)

    def _resized(self, original: Path, media_type: MediaType, rendition: Rendition) -> bytes:
        made = self._resize(media_type, original.read_bytes(), rendition)
        return made[1] if made else b""

    def _landed(self, name: str, flight: asyncio.Task[bytes]) -> None:
        self._flights.pop(name, None)
        # Looked at here, because nobody may wait for it any more.
        if not flight.cancelled() and (error := flight.exception()) is not None:
            log.warning("a rendition was not made", name=name, error=repr(error))

    async def _make(
        self, name: str, digest: bytes, media_type: MediaType, rendition: Rendition
    ) -> bytes:
        """Make a rendition and keep it; nothing for one that is the original itself."""
        async with self._slots, self._store.local(digest) as original:
            try:
                data = await asyncio.to_thread(self._resized, original, media_type, rendition)
            except InvalidError as error:
                log.warning("an image cannot be resized", digest=digest.hex(), reason=str(error))
                data = b""
            try:
                await asyncio.to_thread(_keep, self._path(name), data)
            except OSError as error:
                # A full disk must not keep anybody from seeing what was made.
                log.warning("a rendition cannot be kept", error=str(error))
        self._written += len(data)
        if self._written > self._max_bytes // 20:
            self._written = 0
            await self.trim()
        return data


def _kept(path: Path) -> bytes | None:
    """Read a rendition, and mark it as asked for; None when it is not there."""
    try:
        data = path.read_bytes()
        if path.stat().st_mtime < time.time() - _TOUCHED_AFTER:
            os.utime(path)
    except FileNotFoundError:
        return None
    return data


def _keep(path: Path, data: bytes) -> None:
    """Write a rendition so that it is there at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _trim(folder: Path, max_bytes: int) -> None:
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            # An empty mark takes room as well: a block of the file system.
            found.append((status.st_mtime, max(status.st_size, 4096), path))
    room = sum(size for _, size, _ in found)
    if room <= max_bytes:
        return
    for _, size, path in sorted(found):
        path.unlink(missing_ok=True)
        room -= size
        if room <= max_bytes * 9 // 10:
            break
