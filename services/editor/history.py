"""The revisions of a post: written small, read back to the byte, thinned by a rule.

A revision is kept whole or as its difference from one that is whole (zstd with that one as its
dictionary), never as a chain, so reading any of them costs two rows at most and removing one breaks
none. Of a stretch of typing what is passing is removed after `KEPT_PASSING`; its end, and
a state every `LONGEST_STRETCH` within it, stay for good.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import zstandard
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import Database, UnitOfWork
from infrastructure.jobs import Cron, Job, Jobs, Nothing, Run
from models.editing import Revision
from services.audit.log import Actor
from services.content_store.protocol import PostEdit
from services.editor.fields import packed, unpacked

# Who does not save for so long has paused: what was saved last is worth going back to.
PAUSE: Final = timedelta(minutes=1)
LONGEST_STRETCH: Final = timedelta(minutes=10)
# As long as somebody may be offline and still have their changes merged.
KEPT_PASSING: Final = timedelta(days=3)

_LEVEL: Final = 6
_REMOVED_AT_ONCE: Final = 5000

# Saved for the merge alone: the working copy never was one of these.
BESIDE: Final = ("theirs", "settling")


async def write(
    work: UnitOfWork,
    post_id: int,
    version: int,
    edit: PostEdit,
    *,
    kind: str,
    actor: Actor,
    client: tuple[UUID, int] | None = None,
) -> Revision:
    """Write a revision, and see whether the one before was passing.

    Args:
        work: the transaction; it holds the post's working copy.
        post_id: whose.
        version: its number, greater than any before.
        edit: what the post says.
        kind: why it is written, one of those that the table knows.
        actor: who.
        client: the program that saved it, and the number that it gave the save.
    """
    session = work.session
    basis = await session.scalar(
        select(func.max(Revision.version)).where(
            Revision.post_id == post_id, Revision.basis.is_(None)
        )
    )
    raw = packed(edit).encode()
    data = zstandard.ZstdCompressor(level=_LEVEL).compress(raw)
    if basis is not None:
        whole = await _whole(session, post_id, basis)
        small = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(whole)).compress(raw)
        if 2 * len(small) < len(data):
            data = small
        else:
            basis = None
    if kind == "typing" and client is not None:
        await _mark_passing(session, post_id, client[0])
    found = Revision(
        post_id=post_id,
        version=version,
        kind=kind,
        basis=basis,
        data=data,
        at=datetime.now(UTC),
        by=called(actor),
        by_id=actor.person_id,
        client=client and client[0],
        number=client and client[1],
    )
    session.add(found)
    await session.flush()
    return found


def called(actor: Actor) -> str:
    """Return how those who write together call somebody: the name, without the address."""
    return actor.name.partition(" <")[0]


def _dictionary(whole: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(whole, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


async def _mark_passing(session: AsyncSession, post_id: int, client: UUID) -> None:
    """Say of the newest revision that its writer goes on without a pause, if that is so."""
    newest = (
        await session.execute(
            select(Revision.version, Revision.kind, Revision.client, Revision.at)
            .where(Revision.post_id == post_id, Revision.kind.not_in(BESIDE))
            .order_by(Revision.version.desc())
            .limit(1)
        )
    ).one_or_none()
    if newest is None or newest.kind != "typing" or newest.client != client:
        return
    kept_at = await session.scalar(
        select(func.max(Revision.at)).where(
            Revision.post_id == post_id,
            Revision.version < newest.version,
            Revision.is_passing.is_(False),
        )
    )
    now = datetime.now(UTC)
    if now - newest.at < PAUSE and (kept_at is None or newest.at - kept_at < LONGEST_STRETCH):
        await session.execute(
            update(Revision)
            .where(Revision.post_id == post_id, Revision.version == newest.version)
            .values(is_passing=True)
        )


async def read(
    source: AsyncConnection | AsyncSession, post_id: int, version: int
) -> PostEdit | None:
    """Return what a post said; None where that revision is not (any more).

    Args:
        source: where to read.
        post_id: whose.
        version: of the revision.
    """
    row = (
        await source.execute(
            select(Revision.basis, Revision.data).where(
                Revision.post_id == post_id, Revision.version == version
            )
        )
    ).one_or_none()
    if row is None:
        return None
    if row.basis is None:
        return unpacked(zstandard.ZstdDecompressor().decompress(row.data))
    whole = await _whole(source, post_id, row.basis)
    return unpacked(zstandard.ZstdDecompressor(dict_data=_dictionary(whole)).decompress(row.data))


async def _whole(source: AsyncConnection | AsyncSession, post_id: int, version: int) -> bytes:
    data = (
        await source.execute(
            select(Revision.data).where(Revision.post_id == post_id, Revision.version == version)
        )
    ).scalar_one()
    return zstandard.ZstdDecompressor().decompress(data)


THIN_OUT: Final = Job(name="editor.thin-out-revisions", payload=Nothing)


def add_jobs(jobs: Jobs, database: Database) -> None:
    """Let workers remove what is passing of long ago, every hour."""

    async def thin(run: Run, _: Nothing) -> None:
        async with database.unit_of_work() as work:
            await thin_out(work, datetime.now(UTC))
            await run.finish(work)

    jobs.add(THIN_OUT, thin, schedule=Cron("41 * * * *"))


async def thin_out(work: UnitOfWork, now: datetime) -> int:
    """Remove passing revisions that are old enough, and return how many; those kept whole stay.

    Args:
        work: the transaction.
        now: the present.
    """
    old = (
        select(Revision.post_id, Revision.version)
        .where(
            Revision.is_passing.is_(True),
            Revision.at < now - KEPT_PASSING,
            Revision.basis.is_not(None),
        )
        .limit(_REMOVED_AT_ONCE)
        .subquery()
    )
    removed = await work.session.execute(
        delete(Revision)
        .where(Revision.post_id == old.c.post_id, Revision.version == old.c.version)
        .returning(Revision.version)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())
