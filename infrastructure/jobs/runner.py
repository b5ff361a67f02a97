"""A worker of jobs: runs what is due, and tells the database what became of it.

Any number of these work side by side, in one process or on many machines. The loop is ours, because
pgqueuer's own forgets a job that is cancelled and ends with its connection
(docs/decisions/0030-durable-jobs.md).
"""

import asyncio
import contextlib
import random
import traceback
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from infrastructure.database import Database
from infrastructure.jobs import metrics, queue
from infrastructure.jobs.job import GiveUp, JobLost, Later
from infrastructure.jobs.picker import TROUBLE, Picked, Picker, picking
from infrastructure.jobs.queue import Failure
from infrastructure.jobs.registry import Jobs, Registered
from infrastructure.jobs.run import Run
from infrastructure.logs import get_logger, request_id

log = get_logger(__name__)

_SHORTEST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
_ENSURE_SECONDS: Final = 60.0


class JobRunner:
    """Runs the jobs of a registry until it is stopped."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        *,
        at_once: int = 8,
        heartbeat: timedelta = timedelta(seconds=30),
        poll: float = 5.0,
    ) -> None:
        """Prepare; `run` begins.

        Args:
            database: where the queue is.
            jobs: what this worker can do.
            at_once: how many jobs it runs at the same time.
            heartbeat: a worker that gave no sign of life for so long is taken to be dead.
            poll: seconds after which it looks for work that nobody told it of.
        """
        self._database = database
        self._jobs = jobs.registered
        self._at_once = at_once
        self._heartbeat = heartbeat
        self._poll = poll
        self._worker = uuid.uuid4()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._picks_no_more = asyncio.Event()
        self._picks_no_more.set()

    async def run(self) -> None:
        """Work until `stop`; a lost connection to the database is made anew."""
        self._picks_no_more.clear()
        try:
            await self._pick_until_stopped()
        finally:
            self._picks_no_more.set()

    async def _pick_until_stopped(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set():
            try:
                async with picking(
                    self._database.direct_url,
                    self._worker,
                    self._jobs,
                    heartbeat=self._heartbeat,
                    on_news=self._wake.set,
                ) as picker:
                    pause = _SHORTEST_PAUSE
                    await self._work(picker)
            except TROUBLE as error:
                log.warning("jobs wait for the database", error=str(error) or repr(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def stop(self, patience: float) -> None:
        """Begin nothing more, and let what runs come to its end.

        Args:
            patience: seconds; what runs longer is broken off and put back for another worker.
        """
        self._stopping.set()
        self._wake.set()
        await self._picks_no_more.wait()
        if self._running:
            _, late = await asyncio.wait(list(self._running.values()), timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, picker: Picker) -> None:
        """Pick and begin jobs on one connection, until it is lost or this worker stops."""
        await picker.forget_periodic()
        beat = self._heartbeat.total_seconds() / 3
        side = (
            asyncio.create_task(
                self._every(beat, picker, lambda: picker.beat(self._running.keys()))
            ),
            asyncio.create_task(self._every(_ENSURE_SECONDS, picker, picker.ensure_periodic)),
        )
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                if picker.is_lost:
                    msg = "the connection was lost"
                    raise ConnectionError(msg)
                free = self._at_once - len(self._running)
                picked = await picker.pick(free) if free > 0 else []
                for it in picked:
                    self._begin(it)
                if picked:
                    continue
                wait = await picker.seconds_until_due(self._poll) if free > 0 else self._poll
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
        finally:
            for task in side:
                task.cancel()
            await asyncio.gather(*side, return_exceptions=True)

    async def _every(
        self, seconds: float, picker: Picker, action: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            try:
                await action()
            except TROUBLE:
                # The loop sees that the connection has ended, and makes another.
                picker.give_up()
                self._wake.set()
                return
            await asyncio.sleep(seconds)

    def _begin(self, picked: Picked) -> None:
        job_id = picked.claim.id
        task = asyncio.create_task(self._run_after(self._running.get(job_id), picked))
        self._running[job_id] = task
        task.add_done_callback(lambda _: self._ended(job_id, task))

    def _ended(self, job_id: int, task: asyncio.Task[None]) -> None:
        if self._running.get(job_id) is task:
            del self._running[job_id]
        self._wake.set()

    async def _run_after(self, before: asyncio.Task[None] | None, picked: Picked) -> None:
        """Run a job once an earlier run of it in this worker is over.

        One that somebody asked for again waits as soon as the earlier run has committed, a moment
        before that is over. Where signs of life were late, the earlier run is still at it.
        """
        if before is not None:
            await asyncio.wait({before})
            try:
                async with self._database.unit_of_work() as work:
                    if not await queue.is_ours(work, picked.claim):
                        return
            except (SQLAlchemyError, *TROUBLE):
                return
        await self._run(picked)

    async def _run(self, picked: Picked) -> None:
        """Run one job, and see to it that the database learns what became of it."""
        registered = self._jobs[picked.claim.name]
        request_id.set(f"job-{picked.claim.id}")
        try:
            with metrics.measured(picked.claim.name):
                await self._try(picked, registered)
        except JobLost as error:
            log.warning("a job was lost", job=picked.claim.name, id=picked.claim.id, why=str(error))
        except (SQLAlchemyError, *TROUBLE) as error:
            # It stays this worker's until its signs of life are missed: then it is run again.
            log.warning(
                "what became of a job could not be told",
                job=picked.claim.name,
                id=picked.claim.id,
                error=str(error) or repr(error),
            )

    async def _try(self, picked: Picked, registered: Registered) -> None:
        """Run the handler.

        Raises:
            JobLost: another worker has taken over.
            SQLAlchemyError, OSError, TimeoutError: the database could not be told.
        """
        job, claim = registered.job, picked.claim
        if claim.attempt > job.attempts:
            # Only a worker that died while it ran leaves a job without a word.
            await self._failed(picked, registered, GiveUp("The worker ended during each try."))
            return
        run = Run(claim, registered.next_time)
        try:
            payload = msgspec.json.decode(picked.payload, type=job.payload)
            async with asyncio.timeout(job.time_limit):
                await registered.handler(run, payload)
        except asyncio.CancelledError:
            await asyncio.shield(self._release(picked))
            raise
        except JobLost:
            raise
        except Later as error:
            await self._postpone(picked, registered, error)
        except msgspec.ValidationError as error:
            await self._failed(picked, registered, GiveUp(f"Its payload cannot be read: {error}."))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its failure
            await self._failed(picked, registered, error)
        else:
            if not run.is_finished:
                async with self._database.unit_of_work() as work:
                    await run.finish(work)
            metrics.outcomes.labels(job.name, "done").inc()

    async def _release(self, picked: Picked) -> None:
        """Put back a job that is broken off because this worker stops."""
        try:
            async with self._database.unit_of_work() as work:
                await queue.put_back(work, picked.claim, attempts=picked.claim.attempt - 1)
        except (SQLAlchemyError, JobLost, *TROUBLE) as error:
            log.warning("a job could not be put back", id=picked.claim.id, error=str(error))

    async def _postpone(self, picked: Picked, registered: Registered, error: Later) -> None:
        times = picked.postponed + 1
        pause = max(_pause(registered, times), timedelta(seconds=error.seconds))
        async with self._database.unit_of_work() as work:
            await queue.put_back(
                work,
                picked.claim,
                attempts=picked.claim.attempt - 1,
                pause=pause,
                failure=Failure(str(error)),
                postponed=times,
            )
        metrics.outcomes.labels(registered.job.name, "postponed").inc()
        log.info(
            "a job was put off",
            job=registered.job.name,
            id=picked.claim.id,
            why=str(error),
            seconds=round(pause.total_seconds(), 1),
        )

    async def _failed(self, picked: Picked, registered: Registered, error: Exception) -> None:
        job, claim = registered.job, picked.claim
        failure = _failure(error)
        is_over = isinstance(error, GiveUp) or claim.attempt >= job.attempts
        following = registered.next_time()
        async with self._database.unit_of_work() as work:
            if not is_over:
                pause = _pause(registered, claim.attempt)
                await queue.put_back(
                    work, claim, attempts=claim.attempt, pause=pause, failure=failure
                )
            elif following is not None:
                # A periodic job comes round again in any case.
                await queue.put_back(work, claim, attempts=0, at=following, failure=failure)
            else:
                is_over = await queue.put_aside(work, claim, failure)
        metrics.outcomes.labels(job.name, "dead" if is_over else "failed").inc()
        tell = log.error if is_over else log.warning
        tell(
            "a job failed for good" if is_over else "a job failed and is tried again",
            job=job.name,
            id=claim.id,
            attempt=claim.attempt,
            exc_info=error,
        )


def _pause(registered: Registered, failures: int) -> timedelta:
    return registered.job.pause(failures, random.random())  # noqa: S311 - no secret


def _failure(error: Exception) -> Failure:
    """Return what went wrong as a person should read it."""
    said = str(error).strip() or type(error).__name__
    if isinstance(error, TimeoutError):
        said = "It took longer than it may."
    elif not isinstance(error, GiveUp):
        said = f"{type(error).__name__}: {said}"
    lines = traceback.format_exception(error)
    return Failure(said[:2000], "".join(lines)[-8000:])
