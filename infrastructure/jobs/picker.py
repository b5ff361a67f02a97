"""How a worker gets its jobs: a connection that picks, gives signs of life, and hears of new ones.

Picking is pgqueuer's: the next due jobs by SKIP LOCKED, within the limits of each kind, and those
of workers that gave no sign of life for too long. The connection leads straight to PostgreSQL,
since a transaction pooler would lose its LISTEN.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from infrastructure.database import libpq_url
from infrastructure.jobs.queue import CHANNEL, PERIODIC, Claim
from infrastructure.jobs.registry import Registered

TROUBLE: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

_CONNECT_SECONDS: Final = 10.0
# What is due and was not picked is being picked by somebody else, or its time has just come.
_SOON: Final = 0.1

_START: Final = """
    UPDATE jobs.pgqueuer SET attempts = attempts + 1
    WHERE id = ANY($1::bigint[]) AND status = 'picked' AND queue_manager_id = $2
    RETURNING id, attempts
"""

# Of each kind the first that is still to come, or came so lately that it may have been missed.
_NEXT_DUE: Final = """
    SELECT extract(epoch FROM min(following.at) - clock_timestamp())::float8 AS seconds
    FROM unnest($1::text[]) AS known (name), LATERAL (
        SELECT execute_after AS at FROM jobs.pgqueuer
        WHERE status = 'queued' AND entrypoint = known.name
            AND execute_after > clock_timestamp() - interval '1 second'
        ORDER BY execute_after LIMIT 1
    ) AS following
"""

# A shorter interval than before counts at once; a longer one after the next run.
_ENSURE_PERIODIC: Final = """
    INSERT INTO jobs.pgqueuer AS job
        (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
    VALUES (0, $1, $2, clock_timestamp() + $3::interval, $1 || ':' || $4, '{}', 'queued')
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL
    DO UPDATE SET execute_after = excluded.execute_after
    WHERE job.status = 'queued' AND job.execute_after > excluded.execute_after
"""

_FORGET_PERIODIC: Final = """
    DELETE FROM jobs.pgqueuer
    WHERE status = 'queued' AND dedupe_key = entrypoint || ':' || $2 AND entrypoint <> ALL($1)
"""


@dataclass(frozen=True, slots=True)
class Picked:
    """A job that is this worker's now; `postponed` is how often it was put off in a row."""

    claim: Claim
    payload: bytes
    postponed: int


def _names() -> DBSettings:
    """Return where pgqueuer's tables are; all of it, or it would look in the environment."""
    return DBSettings(
        prefix="",
        db_schema="jobs",
        channel=CHANNEL,
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
    )


class Picker:
    """Gets jobs of the kinds that this worker knows."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        worker: uuid.UUID,
        known: Mapping[str, Registered],
        heartbeat: timedelta,
    ) -> None:
        """Work on a connection that nobody else uses; see `picking`."""
        self._connection = connection
        self._driver = AsyncpgDriver(connection)
        names = _names()
        self._queries = Queries(
            self._driver, QueryBuilderEnvironment(names), QueryQueueBuilder(names)
        )
        self._worker = worker
        self._known = known
        self._limits = {
            QueueEntrypoint(name): EntrypointExecutionParameter(it.job.at_once)
            for name, it in known.items()
        }
        self._heartbeat = heartbeat

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return bool(self._connection.is_closed())

    def give_up(self) -> None:
        """End a connection that does not answer."""
        self._connection.terminate()

    async def pick(self, most: int) -> list[Picked]:
        """Make due jobs this worker's, and count the try.

        Args:
            most: at least 1.
        """
        if not self._limits:
            return []
        jobs = await self._queries.dequeue(
            most, self._limits, QueueManagerId(self._worker), None, self._heartbeat
        )
        rows = await self._driver.fetch(_START, [job.id for job in jobs], self._worker)
        attempts = {row["id"]: int(str(row["attempts"])) for row in rows}
        return [
            Picked(
                Claim(job.id, job.entrypoint, str(self._worker), attempts[job.id]),
                job.payload or b"{}",
                int(str((job.headers or {}).get("postponed", 0))),
            )
            for job in jobs
            if job.id in attempts
        ]

    async def beat(self, running: Collection[int]) -> None:
        """Give a sign of life for jobs that run."""
        if running:
            await self._queries.update_heartbeat([JobId(id_) for id_ in running])

    async def seconds_until_due(self, most: float) -> float:
        """Return how long nothing needs to be done unless somebody tells."""
        rows = await self._driver.fetch(_NEXT_DUE, list(self._limits))
        seconds = rows[0]["seconds"]
        return most if seconds is None else min(most, max(_SOON, float(str(seconds))))

    async def ensure_periodic(self) -> None:
        """Let every periodic job wait for its next time."""
        for name, it in self._known.items():
            following = it.next_time()
            if following is not None:
                # By how long, not until when: the statement may have to wait for a run that ends.
                delay = following - datetime.now(UTC)
                payload = msgspec.json.encode(it.job.payload())
                await self._driver.execute(_ENSURE_PERIODIC, name, payload, delay, PERIODIC)

    async def forget_periodic(self) -> None:
        """Remove periodic jobs that come round no more, since the settings or the code changed."""
        periodic = [name for name, it in self._known.items() if it.schedule is not None]
        await self._driver.execute(_FORGET_PERIODIC, periodic, PERIODIC)


@contextlib.asynccontextmanager
async def picking(
    url: str,
    worker: uuid.UUID,
    known: Mapping[str, Registered],
    *,
    heartbeat: timedelta,
    on_news: Callable[[], None],
) -> AsyncIterator[Picker]:
    """Connect.

    Args:
        url: `postgresql://…`, direct.
        worker: whose jobs they become.
        known: the kinds of jobs that it can do.
        heartbeat: who gave no sign of life for so long is taken to be dead.
        on_news: called when there may be something to do.

    Raises:
        TROUBLE: the database cannot be reached.
    """
    connection = await asyncpg.connect(
        libpq_url(url),
        timeout=_CONNECT_SECONDS,
        command_timeout=_CONNECT_SECONDS,
        server_settings={"application_name": "blog jobs"},
    )
    try:
        connection.add_termination_listener(lambda _: on_news())
        await connection.add_listener(CHANNEL, lambda *_: on_news())
        yield Picker(connection, worker, known, heartbeat)
    finally:
        # Not `close`: a server that does not answer would be waited for.
        connection.terminate()
