"""Where the bytes of media lie: `MediaStore`, and the folder that is one.

A store knows bytes by their SHA-256 and nothing else; names, types and sizes are in the database.
Whatever is in it is complete: bytes become visible under their digest at once or not at all. An
object store would be another class of this protocol.
"""

import asyncio
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from infrastructure.errors import NotFoundError, PersonError

_CHUNK: Final = 1024 * 1024
_ABANDONED_AFTER: Final = 24 * 3600


class StorageFullError(PersonError):
    """There is no room left for what was sent."""

    status = 507


class Incoming(Protocol):
    """Bytes on their way into a store; gone with the block that opened them unless kept."""

    path: Path
    size: int

    async def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            StorageFullError: there is no room left.
        """

    async def replace(self, data: bytes) -> None:
        """Take these bytes instead of what was written; errors as `write`."""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of all that was written."""

    async def keep(self) -> bytes:
        """Make the bytes part of the store, durably, and return their SHA-256."""


class MediaStore(Protocol):
    """Bytes by their SHA-256."""

    def incoming(self) -> AbstractAsyncContextManager[Incoming]:
        """Open a place for new bytes."""

    async def has(self, digest: bytes) -> bool:
        """Whether these bytes are here."""

    def local(self, digest: bytes) -> AbstractAsyncContextManager[Path]:
        """Give a file of this machine with these bytes, for as long as the block runs.

        Raises:
            NotFoundError: they are not here.
        """

    def read(self, digest: bytes, start: int, length: int) -> AsyncIterator[bytes]:
        """Give a part of the bytes, piece by piece.

        Raises:
            NotFoundError: they are not here.
        """

    async def sweep(self) -> None:
        """Remove what a process that was killed left half written."""


class FolderMediaStore:
    """A store in a folder: `ab/cd/abcd…` for what is complete, `incoming/` for what is not."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when something is first stored."""
        self.folder = folder
        self._incoming = folder / "incoming"

    def path_of(self, digest: bytes) -> Path:
        """Return where these bytes lie, or would."""
        name = digest.hex()
        return self.folder / name[:2] / name[2:4] / name

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[Incoming]:
        """Open a temporary file of the same file system."""
        file = await asyncio.to_thread(_IncomingFile, self)
        try:
            yield file
        finally:
            # Even while this task is being cancelled: the thread is not.
            await asyncio.shield(asyncio.to_thread(file.discard))

    async def has(self, digest: bytes) -> bool:
        """Whether the file is there."""
        return await asyncio.to_thread(self.path_of(digest).is_file)

    @asynccontextmanager
    async def local(self, digest: bytes) -> AsyncIterator[Path]:
        """Give the stored file itself; nobody may write to it."""
        if not await self.has(digest):
            raise NotFoundError
        yield self.path_of(digest)

    async def read(self, digest: bytes, start: int, length: int) -> AsyncIterator[bytes]:
        """Read in a thread, at most a megabyte at a time."""
        path = self.path_of(digest)
        while length > 0:
            # Opening anew costs little beside a megabyte, and an answer that is broken off leaves
            # no open file behind.
            piece = await asyncio.to_thread(_read_at, path, start, min(length, _CHUNK))
            if not piece:
                raise NotFoundError
            yield piece
            start += len(piece)
            length -= len(piece)

    async def sweep(self) -> None:
        """Remove temporary files that nobody has touched for a day."""
        await asyncio.to_thread(self._sweep)

    def _sweep(self) -> None:
        if not self._incoming.is_dir():
            return
        oldest = time.time() - _ABANDONED_AFTER
        for path in self._incoming.iterdir():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue

    def new_file(self) -> tuple[int, Path]:
        """Make a temporary file; its descriptor and its path."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        return descriptor, Path(name)


class _IncomingFile:
    """A temporary file that is renamed to its digest when it is kept."""

    def __init__(self, store: FolderMediaStore) -> None:
        self._store = store
        descriptor, self.path = store.new_file()
        self._file = os.fdopen(descriptor, "w+b", buffering=0)
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    async def write(self, chunk: bytes) -> None:
        await asyncio.to_thread(self._write, chunk)

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                message = "There is no room left on this site for more files: tell its operator."
                raise StorageFullError(message) from error
            raise
        self._hash.update(chunk)
        self.size += len(chunk)

    async def replace(self, data: bytes) -> None:
        await asyncio.to_thread(self._replace, data)

    def _replace(self, data: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0
        self._write(data)

    async def keep(self) -> bytes:
        return await asyncio.shield(asyncio.to_thread(self._keep))

    def _keep(self) -> bytes:
        digest = self._hash.digest()
        target = self._store.path_of(digest)
        os.fsync(self._file.fileno())
        os.fchmod(self._file.fileno(), 0o644)
        target.parent.mkdir(parents=True, exist_ok=True)
        # The same bytes may be there already; replacing them by themselves harms nobody.
        self.path.replace(target)
        # The rename is durable when the folder is, and a new folder when those above it are.
        for folder in (target.parent, target.parent.parent, self._store.folder):
            _sync_folder(folder)
        return digest

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def _read_at(path: Path, start: int, length: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(length)
    except FileNotFoundError as error:
        raise NotFoundError from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
