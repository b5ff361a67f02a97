"""The statements of the queue: what whoever changes something asks for, inside its transaction.

The tables are pgqueuer's, in the schema `jobs` (migration 0007); picking the next job and telling
which worker has died is left to pgqueuer. What it has no words for is here:

- A **key** makes jobs about one object one: a waiting job with the same key takes the new payload
  and time, and no second one waits. If one is running, it runs once more afterwards (`again`), so
  two runs with one key never overlap, and what happens during a run is never overlooked.
- A run **finishes inside the transaction of its effect**, and only as long as the job is its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import TextClause, text

from infrastructure.database import UnitOfWork
from infrastructure.jobs.job import Job, JobLost, P

CHANNEL: Final = "blog_jobs"

# The key under which a periodic job waits for its next time.
PERIODIC: Final = "periodic"

# Asked first, since readers of a row do not wait for each other as its writers do: a burst of
# changes of one object must not queue up for one row. While it is locked so, no worker picks it.
_COALESCED: Final = text("""
    SELECT job.id, job.dedupe_key
    FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS bytea[])) AS asked (key, payload)
    JOIN jobs.pgqueuer AS job ON job.dedupe_key = asked.key AND job.payload = asked.payload
    WHERE job.status IN ('queued', 'picked') AND job.dedupe_key IS NOT NULL
      AND (job.status = 'queued'
              AND (job.execute_after <= clock_timestamp() OR job.headers ? 'error')
           OR job.status = 'picked' AND job.headers ? 'again')
    ORDER BY job.dedupe_key FOR SHARE OF job
""")

# A job that failed keeps its pause, or a busy object would be tried without any. The order keeps
# two who ask for the same jobs from waiting for each other.
_ENQUEUE: Final = text("""
    INSERT INTO jobs.pgqueuer AS job
        (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
    SELECT 0, :name, asked.payload,
        coalesce(CAST(:at AS timestamptz), clock_timestamp()), asked.key, '{}', 'queued'
    FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS bytea[])) AS asked (key, payload)
    ORDER BY asked.key
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL
    DO UPDATE SET
        payload = excluded.payload,
        execute_after = CASE
            WHEN job.status = 'queued' AND job.headers ? 'error'
            THEN greatest(job.execute_after, excluded.execute_after)
            ELSE excluded.execute_after END,
        headers = CASE job.status
            WHEN 'picked' THEN job.headers || '{"again": true}' ELSE job.headers END,
        updated = clock_timestamp()
    RETURNING id
""")

_WITHDRAW: Final = (
    text("DELETE FROM jobs.pgqueuer WHERE dedupe_key = :key AND status = 'queued'"),
    text("""
        UPDATE jobs.pgqueuer SET headers = headers - 'again'
        WHERE dedupe_key = :key AND status = 'picked'
    """),
)

_OURS: Final = text("""
    SELECT dedupe_key, headers ? 'again' AS again
    FROM jobs.pgqueuer
    WHERE id = :id AND status = 'picked' AND queue_manager_id = :worker
    FOR UPDATE
""")

_DELETE: Final = text("DELETE FROM jobs.pgqueuer WHERE id = :id")

# What a job that died told is out of date once a later one about the same has done it.
_FORGET_DEAD: Final = text(
    "DELETE FROM jobs.pgqueuer WHERE status = 'failed' AND dedupe_key = :key AND id <> :id"
)

_PUT_BACK: Final = text("""
    UPDATE jobs.pgqueuer SET
        status = 'queued', queue_manager_id = NULL, slot = NULL, updated = clock_timestamp(),
        execute_after = coalesce(CAST(:at AS timestamptz),
            clock_timestamp() + CAST(:pause AS interval), execute_after),
        attempts = coalesce(CAST(:attempts AS integer), attempts),
        headers = CAST(:headers AS jsonb)
    WHERE id = :id
""")

_PUT_ASIDE: Final = text("""
    UPDATE jobs.pgqueuer SET
        status = 'failed', queue_manager_id = NULL, slot = NULL, updated = clock_timestamp(),
        headers = CAST(:headers AS jsonb)
    WHERE id = :id
""")

_LOG: Final = text("""
    INSERT INTO jobs.pgqueuer_log (job_id, status, priority, entrypoint, traceback)
    VALUES (:id, CAST(:status AS jobs.pgqueuer_status), 0, :name, CAST(:traceback AS jsonb))
""")


_FORGET_LOG: Final = text(
    "DELETE FROM jobs.pgqueuer_log WHERE created < clock_timestamp() - CAST(:age AS interval)"
)


def _key(name: str, key: str | None) -> str | None:
    return None if key is None else f"{name}:{key}"


async def enqueue(
    work: UnitOfWork,
    job: Job[P],
    payload: P,
    *,
    at: datetime | None = None,
    key: str | None = None,
) -> int:
    """Have a job done after the commit of this unit of work; with a rollback it never was.

    Args:
        work: the transaction of the change that needs it.
        job: what kind of work.
        payload: what it is told.
        at: not before this moment; None: as soon as a worker is free.
        key: names the object it is about. A job of this kind that waits with the same key becomes
            this one: it takes the payload and the time. After a failure it keeps its pause.

    Returns:
        The job's id, for logs and tests.
    """
    [job_id] = await _enqueue(
        work, job.name, {_key(job.name, key): msgspec.json.encode(payload)}, at
    )
    return job_id


async def enqueue_many(work: UnitOfWork, job: Job[P], payloads: Mapping[str, P]) -> None:
    """Have jobs done as soon as workers are free, in two statements however many they are.

    Args:
        work: the transaction of the change that needs them.
        job: what kind of work.
        payloads: what they are told, by their keys; see `enqueue`.
    """
    if payloads:
        asked = {_key(job.name, key): msgspec.json.encode(it) for key, it in payloads.items()}
        await _enqueue(work, job.name, asked, None)


async def _enqueue(
    work: UnitOfWork, name: str, asked: Mapping[str | None, bytes], at: datetime | None
) -> list[int]:
    connection = await work.session.connection()
    left, ids = dict(asked), []
    if at is None and None not in left:
        for row in await connection.execute(_COALESCED, _arrays(left)):
            del left[row.dedupe_key]
            ids.append(row.id)
    if left:
        values = _arrays(left) | {"name": name, "at": at}
        ids += (await connection.execute(_ENQUEUE, values)).scalars()
    return ids


def _arrays(asked: Mapping[str | None, bytes]) -> dict[str, Any]:
    return {"keys": list(asked), "payloads": list(asked.values())}


async def withdraw(work: UnitOfWork, job: Job[Any], key: str) -> None:
    """Take back what waits under a key; a run that is under way goes on to its end."""
    for statement in _WITHDRAW:
        await work.session.execute(statement, {"key": _key(job.name, key)})


async def _execute(work: UnitOfWork, statement: TextClause, **values: Any) -> None:
    await work.session.execute(statement, values)


class Claim(msgspec.Struct, frozen=True):
    """A job as a worker picked it."""

    id: int
    name: str
    worker: str
    attempt: int


class Failure(msgspec.Struct, frozen=True):
    """What went wrong, in one line and at length."""

    error: str
    traceback: str = ""


class _State(msgspec.Struct, frozen=True):
    key: str | None
    again: bool


async def _ours(work: UnitOfWork, claim: Claim) -> _State:
    """Lock a job's row until the end of the transaction.

    Raises:
        JobLost: it is not this worker's any more.
    """
    found = (
        await work.session.execute(_OURS, {"id": claim.id, "worker": claim.worker})
    ).one_or_none()
    if found is None:
        msg = f"the job {claim.name} {claim.id} was taken over"
        raise JobLost(msg)
    return _State(found.dedupe_key, found.again)


async def is_ours(work: UnitOfWork, claim: Claim) -> bool:
    """Whether a job is still this worker's."""
    try:
        await _ours(work, claim)
    except JobLost:
        return False
    return True


async def finish(work: UnitOfWork, claim: Claim, next_at: datetime | None) -> None:
    """Note in the transaction of a run's effect that the job is done.

    Args:
        work: that transaction.
        claim: the job.
        next_at: when it comes round again, for a periodic one.

    Raises:
        JobLost: another worker has taken over, so the effect must not come about here.
    """
    state = await _ours(work, claim)
    if state.again or next_at is not None:
        await _execute(
            work,
            _PUT_BACK,
            id=claim.id,
            # Whoever asked for another run during this one has said when.
            at=None if state.again else next_at,
            pause=None,
            attempts=0,
            headers="{}",
        )
    else:
        await _execute(work, _DELETE, id=claim.id)
    if state.key is not None:
        await _execute(work, _FORGET_DEAD, key=state.key, id=claim.id)
    await _execute(work, _LOG, id=claim.id, status="successful", name=claim.name, traceback=None)


async def put_back(
    work: UnitOfWork,
    claim: Claim,
    *,
    attempts: int,
    pause: timedelta | None = None,
    at: datetime | None = None,
    failure: Failure | None = None,
    postponed: int = 0,
) -> None:
    """Let a job be tried again.

    Args:
        work: a transaction of its own.
        claim: the job.
        attempts: how many tries count so far; none do after somebody asked anew meanwhile.
        pause: how long to wait; or
        at: until when. Without either: as soon as a worker is free.
        failure: what went wrong, where something did.
        postponed: how often it was put off in a row.

    Raises:
        JobLost: another worker has taken over.
    """
    state = await _ours(work, claim)
    headers: dict[str, Any] = {"postponed": postponed} if postponed else {}
    if failure is not None:
        headers |= _told(failure)
        await _log_failure(work, claim, failure)
    await _execute(
        work,
        _PUT_BACK,
        id=claim.id,
        at=at,
        pause=pause,
        attempts=0 if state.again else attempts,
        headers=_json(headers),
    )


async def put_aside(work: UnitOfWork, claim: Claim, failure: Failure) -> bool:
    """Keep a job that cannot be done, for a person to see.

    Returns:
        False where it is tried again after all, because somebody asked anew meanwhile.

    Raises:
        JobLost: another worker has taken over.
    """
    state = await _ours(work, claim)
    await _log_failure(work, claim, failure)
    if state.again:
        await _execute(work, _PUT_BACK, id=claim.id, at=None, pause=None, attempts=0, headers="{}")
        return False
    if state.key is not None:
        await _execute(work, _FORGET_DEAD, key=state.key, id=claim.id)
    headers = _told(failure) | {"traceback": failure.traceback}
    await _execute(work, _PUT_ASIDE, id=claim.id, headers=_json(headers))
    return True


def _told(failure: Failure) -> dict[str, Any]:
    return {"error": failure.error, "failed_at": datetime.now(UTC).isoformat()}


async def _log_failure(work: UnitOfWork, claim: Claim, failure: Failure) -> None:
    told = _json({"exception_message": failure.error, "traceback": failure.traceback})
    await _execute(work, _LOG, id=claim.id, status="exception", name=claim.name, traceback=told)


def _json(value: dict[str, Any]) -> str:
    # PostgreSQL's JSON takes every character but this one.
    return msgspec.json.encode(value).decode().replace("\\u0000", "\ufffd")


async def forget_log(work: UnitOfWork, older_than: timedelta) -> None:
    """Remove what the log of the queue tells of runs that are long over."""
    await _execute(work, _FORGET_LOG, age=older_than)
