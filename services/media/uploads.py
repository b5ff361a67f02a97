"""Giving stored bytes their public paths: uploads, copies from Ghost, folders."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from models.media import MediaFile
from services.media.intake import Intake, Taken, chunks_of
from services.media.paths import MediaKind, kind_of, new_path
from services.media.rows import Imported, StoredMedia

# How many names of the kind `loaf.jpg`, `loaf-1.jpg` … are tried in one statement.
_BATCHES: Final = (range(8), range(8, 256), range(256, 8192), range(8192, 200_000))


async def add_upload(
    work: UnitOfWork, taken: Taken, *, name: str, kind: MediaKind, now: datetime | None = None
) -> StoredMedia:
    """Give an upload a path that nothing else has.

    The same bytes under the same name in the same month get the path that they have already, so
    that an upload that is sent twice is there once.

    Args:
        work: the caller's transaction.
        taken: what `Intake.take` returned.
        name: as the person's computer called it.
        kind: what it is used for.
        now: decides the folder's year and month; None: the present.
    """
    now = now or datetime.now(UTC)
    extension = taken.media_type.extension_for(name)
    for batch in _BATCHES:
        paths = [new_path(kind, name, extension, now, number) for number in batch]
        rows = await work.session.execute(
            select(MediaFile.path, MediaFile.source_digest).where(MediaFile.path.in_(paths))
        )
        digests = {row.path: row.source_digest for row in rows}
        for path in paths:
            if digests.get(path) == taken.source_digest:
                return _stored(path, taken)
            # Somebody else may take the path in this very moment; then the next one is tried.
            if path not in digests and await insert_row(
                work, taken, path=path, kind=kind, name=name, origin="uploaded"
            ):
                return _stored(path, taken)
    message = "Too many files of this name were uploaded this month: give this one another name."
    raise InvalidError(message)


def _stored(path: str, taken: Taken) -> StoredMedia:
    return StoredMedia(
        url=path,
        width=taken.width,
        height=taken.height,
        content_type=taken.media_type.content_type,
        bytes=taken.bytes,
    )


def _values(taken: Taken) -> dict[str, Any]:
    return {
        "digest": taken.digest,
        "source_digest": taken.source_digest,
        "content_type": taken.media_type.content_type,
        "bytes": taken.bytes,
        "width": taken.width,
        "height": taken.height,
    }


async def insert_row(
    work: UnitOfWork, taken: Taken, *, path: str, kind: MediaKind, name: str, origin: str
) -> bool:
    """Write the row of a path; false when the path has one already."""
    added = await work.session.execute(
        insert(MediaFile)
        .values(path=path, kind=kind.value, original_name=name, origin=origin, **_values(taken))
        .on_conflict_do_nothing(index_elements=[MediaFile.path])
        .returning(MediaFile.id)
    )
    return added.scalar_one_or_none() is not None


async def import_folder(work: UnitOfWork, intake: Intake, folder: Path, prefix: str) -> Imported:
    """Bring a folder into the store: `folder/images/a.jpg` becomes `<prefix>/images/a.jpg`.

    It may be done again at any time: what is there is left as it is, what changed is replaced.
    Files are judged and cleaned as uploads are.

    Args:
        work: the caller's transaction.
        intake: takes the files.
        folder: is walked through, without following links.
        prefix: a path such as `/content`, without a closing slash.
    """
    added = changed = unchanged = 0
    refused: list[tuple[str, str]] = []
    for source in _files(folder):
        path = f"{prefix}/{source.relative_to(folder).as_posix()}"
        kind = kind_of(path)
        if kind is None:
            refused.append((path, "This is not a path of a picture, a recording or a file."))
            continue
        if await _is_imported(work, intake, source, path):
            unchanged += 1
            continue
        try:
            with source.open("rb") as file:
                taken = await intake.take(chunks_of(file), name=source.name, kind=kind)
        except InvalidError as error:
            refused.append((path, str(error)))
            continue
        if await insert_row(work, taken, path=path, kind=kind, name=source.name, origin="imported"):
            added += 1
        elif await replace_row(work, taken, path=path, origin="imported"):
            changed += 1
        else:
            unchanged += 1
    return Imported(added, changed, unchanged, tuple(refused))


async def _is_imported(work: UnitOfWork, intake: Intake, source: Path, path: str) -> bool:
    """Whether a path leads to what was made of this file, and the bytes are still there."""
    row = (
        await work.session.execute(
            select(MediaFile.source_digest, MediaFile.digest).where(MediaFile.path == path)
        )
    ).one_or_none()
    if row is None or row.source_digest != await asyncio.to_thread(_digest_of, source):
        return False
    return await intake.has(row.digest)


def _digest_of(source: Path) -> bytes:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


async def replace_row(work: UnitOfWork, taken: Taken, *, path: str, origin: str) -> bool:
    """Let a path of this origin lead to other bytes.

    Returns:
        False when it leads to what was made of these bytes already, or is of another origin.
    """
    row = (await work.session.execute(select(MediaFile).where(MediaFile.path == path))).scalar_one()
    if row.origin != origin or row.source_digest == taken.source_digest:
        return False
    for column, value in _values(taken).items():
        setattr(row, column, value)
    return True


def _files(folder: Path) -> Iterator[Path]:
    """Give the ordinary files of a folder and of those within it, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path
