"""What an administrator sees of the queue, and can do with jobs that failed for good."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.jobs.queue import CHANNEL


class Kind(Struct, frozen=True):
    """How many jobs of a kind are in which state.

    `waiting` includes `due` (its time has come) and `failing` (it failed before). `late_seconds` is
    for how long the first of them has been due.
    """

    name: str
    waiting: int
    due: int
    running: int
    failing: int
    dead: int
    late_seconds: float


class QueuedJob(Struct, frozen=True):
    """One job; `error` and `failed_at` tell of its last failure."""

    id: int
    name: str
    key: str | None
    payload: str
    attempts: int
    created_at: datetime
    due_at: datetime
    is_running: bool
    error: str | None
    failed_at: datetime | None
    traceback: str | None


_OVERVIEW: Final = text("""
    SELECT entrypoint AS name,
        count(*) FILTER (WHERE status = 'queued') AS waiting,
        count(*) FILTER (WHERE status = 'queued' AND execute_after <= clock_timestamp()) AS due,
        count(*) FILTER (WHERE status = 'picked') AS running,
        count(*) FILTER (WHERE status = 'queued' AND headers ? 'error') AS failing,
        count(*) FILTER (WHERE status = 'failed') AS dead,
        coalesce(greatest(0, extract(epoch FROM clock_timestamp()
            - min(execute_after) FILTER (WHERE status = 'queued'))), 0)::float8 AS late_seconds
    FROM jobs.pgqueuer GROUP BY entrypoint ORDER BY entrypoint
""")

_COLUMNS: Final = """
    SELECT id, entrypoint AS name, substr(dedupe_key, length(entrypoint) + 2) AS key,
        convert_from(substr(coalesce(payload, ''), 1, 2000), 'UTF8') AS payload, attempts,
        created AS created_at, execute_after AS due_at, status = 'picked' AS is_running,
        headers ->> 'error' AS error, (headers ->> 'failed_at')::timestamptz AS failed_at,
        headers ->> 'traceback' AS traceback
    FROM jobs.pgqueuer
"""

_DEAD: Final = text(
    _COLUMNS
    + """
    WHERE status = 'failed' AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)

# Those that failed before come first: they are what somebody looks for.
_LIVING: Final = text(
    _COLUMNS
    + """
    WHERE status IN ('queued', 'picked')
    ORDER BY status = 'picked' DESC, headers ? 'error' DESC, execute_after, id LIMIT :limit
    """
)

_DEAD_COUNT: Final = text("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'failed'")

_CHOSEN: Final = "status = 'failed' AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids))"

# Where a job with the same key waits already, that one does it.
_SUPERSEDED: Final = text(f"""
    DELETE FROM jobs.pgqueuer AS job WHERE {_CHOSEN} AND dedupe_key IS NOT NULL AND EXISTS (
        SELECT FROM jobs.pgqueuer AS other
        WHERE other.dedupe_key = job.dedupe_key AND other.status IN ('queued', 'picked')
    )
""")  # noqa: S608 - made of constants
_REPLAY: Final = text(f"""
    UPDATE jobs.pgqueuer SET status = 'queued', attempts = 0, headers = '{{}}',
        execute_after = clock_timestamp(), updated = clock_timestamp()
    WHERE {_CHOSEN}
""")  # noqa: S608
_DISCARD: Final = text(f"DELETE FROM jobs.pgqueuer WHERE {_CHOSEN}")  # noqa: S608
_NOTIFY: Final = text("SELECT pg_notify(:channel, '')")


async def overview(connection: AsyncConnection) -> list[Kind]:
    """Count the jobs of each kind by their state."""
    return [Kind(**row._mapping) for row in await connection.execute(_OVERVIEW)]


async def dead_jobs(
    connection: AsyncConnection, *, before: int | None = None, limit: int = 50
) -> tuple[list[QueuedJob], int | None]:
    """Read jobs that failed for good, the newest first.

    Args:
        connection: where to read.
        before: the id after which the list goes on.
        limit: how many.

    Returns:
        The jobs, and the `before` of the next ones where there are more.
    """
    rows = await connection.execute(_DEAD, {"before": before, "limit": limit + 1})
    found = [QueuedJob(**row._mapping) for row in rows]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def living_jobs(connection: AsyncConnection, *, limit: int = 50) -> list[QueuedJob]:
    """Read jobs that run or wait: running ones, failing ones, then as they are due."""
    rows = await connection.execute(_LIVING, {"limit": limit})
    return [QueuedJob(**row._mapping) for row in rows]


async def count_dead(connection: AsyncConnection) -> int:
    """Count the jobs that failed for good."""
    return int((await connection.execute(_DEAD_COUNT)).scalar_one())


async def replay(work: UnitOfWork, ids: Sequence[int] | None) -> int:
    """Let jobs that failed for good be tried again, as if for the first time.

    Args:
        work: a transaction.
        ids: which; None: all of them.

    Returns:
        How many there were.
    """
    chosen = {"ids": None if ids is None else list(ids)}
    connection = await work.session.connection()
    superseded = await connection.execute(_SUPERSEDED, chosen)
    replayed = await connection.execute(_REPLAY, chosen)
    await connection.execute(_NOTIFY, {"channel": CHANNEL})
    return superseded.rowcount + replayed.rowcount


async def discard(work: UnitOfWork, ids: Sequence[int] | None) -> int:
    """Delete jobs that failed for good; see `replay` for the arguments."""
    chosen = {"ids": None if ids is None else list(ids)}
    connection = await work.session.connection()
    return (await connection.execute(_DISCARD, chosen)).rowcount
