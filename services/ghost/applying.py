"""Acting on webhooks: the object is read again from Ghost and taken over, if it is newer.

All webhooks that wait about one object are applied by one reading. What they said is not looked at:
they arrive in any order, late or twice. That something is gone is believed once Ghost says so.
The rows are done, the mirror is written and the job ends in one transaction.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from infrastructure.database import Database, UnitOfWork
from infrastructure.jobs import Cron, Job, Jobs, Later, Nothing, Run
from models.inbox import GhostWebhook
from services.ghost import members, mirror
from services.ghost.client import GhostClient
from services.ghost.detachment.state import left_at
from services.ghost.errors import (
    GhostNotFound,
    GhostServerFault,
    GhostUnauthorized,
    GhostUnreachable,
)
from services.ghost.inbox import APPLY, Apply, forget_done
from services.ghost.mapping import PAGES, POSTS, TAGS, Mapping
from services.ghost.mirror import Before, Counts

TIDY: Final = Job(name="ghost.inbox.tidy", payload=Nothing)

# What stands before a Ghost says this while it restarts; 500 is Ghost's own word for one object.
_AWAY: Final = frozenset({502, 503, 504})

# How often it is tried to write what was read, before it is read again.
_WRITES: Final = 3

# Writes what was read, inside the transaction that also ends the job.
Write = Callable[[UnitOfWork], Awaitable[Counts]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of mirrored object is read."""

    mapping: Mapping[Any]
    read: Callable[[GhostClient, str], Awaitable[Any]]


_MIRRORED: Final[dict[str, _Kind]] = {
    "posts": _Kind(POSTS, GhostClient.read_post),
    "pages": _Kind(PAGES, GhostClient.read_page),
    "tags": _Kind(TAGS, GhostClient.read_tag),
}


class Applier:
    """Applies webhooks with one client of Ghost."""

    def __init__(self, database: Database, client: GhostClient) -> None:
        """Read from `client`, write to `database`."""
        self._database = database
        self._client = client

    async def __call__(self, run: Run, payload: Apply) -> None:
        """Apply whatever waits about one object.

        Raises:
            Later: Ghost is away, or does not take our key: what waits goes on waiting.
            GhostError: it does not give this object.
            JobLost: another worker does it.
        """
        waiting = await self._waiting(payload)
        write = None
        if waiting and not await self._has_left():
            try:
                write = await self._read(payload)
            except (GhostUnreachable, GhostUnauthorized) as error:
                if isinstance(error, GhostServerFault) and error.status not in _AWAY:
                    raise
                raise Later(str(error), error.retry_after or 0) from error
        for left in reversed(range(_WRITES)):
            try:
                await self._write(run, waiting, write)
            except (IntegrityError, StaleDataError):
                # Somebody wrote the same at this moment, such as the tag of two posts.
                if not left:
                    raise
            else:
                return

    async def _write(self, run: Run, waiting: Sequence[int], write: Write | None) -> None:
        async with self._database.unit_of_work() as work:
            # A site that has left its Ghost takes nothing over any more.
            is_wanted = write is not None and await left_at(work.session) is None
            counts = await write(work) if write is not None and is_wanted else None
            await _done(work, waiting, _outcome(counts))
            await run.finish(work)

    async def _has_left(self) -> bool:
        async with self._database.read() as connection:
            return await left_at(connection) is not None

    async def _waiting(self, payload: Apply) -> Sequence[int]:
        """Return the ids of the webhooks that wait; those that come from now on are for later."""
        async with self._database.read() as connection:
            found = await connection.scalars(
                select(GhostWebhook.id).where(
                    GhostWebhook.kind == payload.kind,
                    GhostWebhook.ghost_id.is_not_distinct_from(payload.ghost_id),
                    GhostWebhook.done_at.is_(None),
                )
            )
            return found.all()

    async def _read(self, payload: Apply) -> Write | None:
        """Ask Ghost, and return how to write what it said; None where nobody knows what to ask.

        Raises:
            GhostError: it gives no usable answer.
        """
        if payload.kind == "settings":
            settings = await self._client.read_settings()
            return lambda work: mirror.apply_settings(work, settings)
        if payload.ghost_id is None:
            return None
        if payload.kind == "members":
            return await self._member(payload.ghost_id)
        return await self._mirrored(_MIRRORED[payload.kind], payload.ghost_id)

    async def _member(self, ghost_id: str) -> Write:
        try:
            member = await self._client.read_member(ghost_id)
        except GhostNotFound:
            return lambda work: members.remove(work, [ghost_id])
        return lambda work: members.apply(work, [member])

    async def _mirrored(self, kind: _Kind, ghost_id: str) -> Write:
        before = await self._before(kind.mapping, ghost_id)
        try:
            item = await kind.read(self._client, ghost_id)
        except GhostNotFound:
            return lambda work: mirror.remove(work, kind.mapping, [ghost_id])
        return lambda work: mirror.apply(work, kind.mapping, [item], before)

    async def _before(self, mapping: Mapping[Any], ghost_id: str) -> Before:
        """Return the digest of the row as it is before Ghost is asked."""
        table = mapping.model
        async with self._database.read() as connection:
            found = await connection.execute(
                select(table.ghost_id, table.ghost_digest).where(table.ghost_id == ghost_id)
            )
            return {row.ghost_id: row.ghost_digest for row in found}


def _outcome(counts: Counts | None) -> str:
    if counts is None:
        return "ignored"
    if counts.removed:
        return "removed"
    return "applied" if counts.added or counts.changed else "unchanged"


async def _done(work: UnitOfWork, ids: Sequence[int], outcome: str) -> None:
    # What it said may be about a member: it is not kept longer than it is needed.
    await work.session.execute(
        update(GhostWebhook)
        .where(GhostWebhook.id.in_(ids), GhostWebhook.done_at.is_(None))
        .values(done_at=func.clock_timestamp(), outcome=outcome, body=None)
        .execution_options(synchronize_session=False)
    )


def add_jobs(jobs: Jobs, database: Database, client: GhostClient, *, keep_days: int) -> None:
    """Let workers apply webhooks, and forget those that were applied long ago."""
    jobs.add(APPLY, Applier(database, client))

    async def tidy(run: Run, _: Nothing) -> None:
        async with database.unit_of_work() as work:
            await forget_done(work, timedelta(days=keep_days))
            await run.finish(work)

    jobs.add(TIDY, tidy, schedule=Cron("47 3 * * *"))
