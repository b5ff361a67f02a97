"""Jobs: done once in effect, after the commit, however they fail and whoever dies."""

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.jobs import (
    Every,
    GiveUp,
    Job,
    JobLost,
    JobRunner,
    Jobs,
    Later,
    Nothing,
    Run,
    enqueue,
    withdraw,
)
from infrastructure.jobs.overview import (
    count_dead,
    dead_jobs,
    discard,
    living_jobs,
    overview,
    replay,
)
from tests.waiting import CEILING, LONG, eventually

Start = Callable[..., JobRunner]


class Number(msgspec.Struct, frozen=True):
    number: int


COUNT = Job(name="tests.count", payload=Number, attempts=3, first_pause=0.01, longest_pause=0.05)


class Recorder:
    """Does a job by writing down what it was told."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.began: list[int] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.errors: list[Exception] = []

    async def __call__(self, _: Run, payload: Number) -> None:
        self.began.append(payload.number)
        await self.may_end.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.seen.append(payload.number)


def jobs_of(handler: Any, job: Job[Any] = COUNT, **more: Any) -> Jobs:
    jobs = Jobs()
    jobs.add(job, handler, **more)
    return jobs


async def put(database: Database, number: int, job: Job[Number] = COUNT, **more: Any) -> int:
    async with database.unit_of_work() as work:
        return await enqueue(work, job, Number(number), **more)


async def rows(database: Database) -> list[Any]:
    async with database.read() as connection:
        found = await connection.execute(text("SELECT * FROM jobs.pgqueuer ORDER BY id"))
        return list(found)


async def until(database: Database, is_so: Callable[[list[Any]], object]) -> None:
    """Wait until something is true of the rows of the queue."""
    deadline = time.monotonic() + CEILING
    while not is_so(found := await rows(database)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.02)


async def gone(database: Database) -> None:
    """Wait until the queue is empty."""
    await until(database, lambda found: not found)


def all_failed(found: list[Any]) -> bool:
    return [row.status for row in found] == ["failed"]


def one_failing(found: list[Any]) -> bool:
    return len([row for row in found if row.headers.get("error")]) == 1


async def test_a_job_is_done_after_the_commit(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    work_on(jobs_of(recorder), poll=LONG)
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1])
    await gone(database)


async def test_a_job_of_a_change_that_was_rolled_back_never_was(database: Database) -> None:
    async def change() -> None:
        async with database.unit_of_work() as work:
            await enqueue(work, COUNT, Number(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await rows(database) == []


async def test_many_workers_do_each_job_once(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    for _ in range(4):
        work_on(jobs_of(recorder))
    async with database.unit_of_work() as work:
        for number in range(100):
            await enqueue(work, COUNT, Number(number))
    await gone(database)
    assert sorted(recorder.seen) == list(range(100))


async def test_a_deferred_job_waits_for_its_time(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    # It would look for work by itself much later: that it begins in time is the clock's doing.
    work_on(jobs_of(recorder), poll=LONG)
    await put(database, 2, at=datetime.now(UTC) + timedelta(seconds=1))
    await put(database, 3, at=datetime.now(UTC) + timedelta(days=1))
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1, 2])
    [left] = await rows(database)
    assert msgspec.json.decode(left.payload) == {"number": 3}


async def test_a_failed_job_is_tried_again_with_pauses(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    recorder.errors = [RuntimeError("first"), OSError("second")]
    work_on(jobs_of(recorder))
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1])
    assert recorder.began == [1, 1, 1]
    await gone(database)


def test_pauses_double_up_to_the_longest_and_are_spread_by_chance() -> None:
    job = Job(name="x", payload=Nothing, first_pause=2, longest_pause=60)
    assert [job.pause(n, 1).total_seconds() for n in (1, 2, 3, 5, 6, 2000)] == [2, 4, 8, 32, 60, 60]
    assert job.pause(3, 0) == timedelta(seconds=4)


async def test_a_job_that_cannot_be_done_is_put_aside_with_its_error(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    recorder.errors = [RuntimeError(f"bad\0 {n}") for n in range(3)]
    work_on(jobs_of(recorder))
    await put(database, 7, key="seven")
    await eventually(lambda: len(recorder.began) == 3)
    await until(database, all_failed)
    async with database.read() as connection:
        dead, more = await dead_jobs(connection)
    assert more is None
    assert (dead[0].name, dead[0].key, dead[0].attempts) == ("tests.count", "seven", 3)
    assert "RuntimeError: bad" in (dead[0].error or "")
    assert "Traceback" in (dead[0].traceback or "")
    assert dead[0].payload == '{"number":7}'
    async with database.read() as connection:
        [kind] = await overview(connection)
        assert (kind.dead, kind.waiting, kind.running) == (1, 0, 0)
        assert await count_dead(connection) == 1

    async with database.unit_of_work() as work:
        assert await replay(work, [dead[0].id]) == 1
    await eventually(lambda: recorder.seen == [7])
    await gone(database)


async def test_a_handler_can_give_up_at_once(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    recorder.errors = [GiveUp("There is no such thing.")]
    work_on(jobs_of(recorder))
    first = await put(database, 1)
    await eventually(lambda: recorder.began == [1])
    await put(database, 2)
    await eventually(lambda: recorder.seen == [2])
    await until(database, all_failed)
    [dead] = await rows(database)
    assert (dead.id, dead.status, dead.headers["error"]) == (
        first,
        "failed",
        "There is no such thing.",
    )
    async with database.unit_of_work() as work:
        assert await discard(work, None) == 1
    assert await rows(database) == []


async def test_a_payload_that_cannot_be_read_is_put_aside(
    database: Database, work_on: Start
) -> None:
    class Word(msgspec.Struct, frozen=True):
        word: str

    recorder = Recorder()
    async with database.unit_of_work() as work:
        await enqueue(work, Job(name=COUNT.name, payload=Word), Word("one"))
    work_on(jobs_of(recorder))
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1])
    await until(database, all_failed)


async def test_a_job_that_is_put_off_never_dies_of_it(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    recorder.errors = [Later(f"nobody is there {n}") for n in range(8)]
    work_on(jobs_of(recorder))
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1])
    assert len(recorder.began) == 9
    await gone(database)


async def test_a_run_that_takes_too_long_is_ended(database: Database, work_on: Start) -> None:
    job = Job(name="tests.slow", payload=Number, attempts=1, time_limit=0.05)
    recorder = Recorder()
    recorder.may_end.clear()
    work_on(jobs_of(recorder, job))
    await put(database, 1, job)
    await until(database, all_failed)
    assert (await rows(database))[0].headers["error"] == "It took longer than it may."


# Keys.


async def test_waiting_jobs_with_one_key_are_one(database: Database, work_on: Start) -> None:
    for number in (1, 2, 3):
        await put(database, number, key="a")
    await put(database, 4, key="b")
    await put(database, 5)
    assert len(await rows(database)) == 3
    recorder = Recorder()
    work_on(jobs_of(recorder))
    await gone(database)
    assert sorted(recorder.seen) == [3, 4, 5]


async def test_many_who_ask_for_the_same_do_not_wait_for_each_other(database: Database) -> None:
    first = await put(database, 1, key="a")
    async with database.unit_of_work() as one, database.unit_of_work() as other:
        assert await enqueue(one, COUNT, Number(1), key="a") == first
        assert await enqueue(other, COUNT, Number(1), key="a") == first
    assert len(await rows(database)) == 1


async def test_what_is_asked_for_during_a_run_is_done_after_it(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    recorder.may_end.clear()
    work_on(jobs_of(recorder))
    await put(database, 1, key="a")
    await eventually(lambda: recorder.began == [1])
    await put(database, 2, key="a")
    await put(database, 3, key="a")
    await asyncio.sleep(0.1)
    assert recorder.began == [1]  # two runs of one key never overlap
    recorder.may_end.set()
    await gone(database)
    assert recorder.seen == [1, 3]


async def test_what_is_asked_for_before_the_end_of_a_run_commits_is_not_lost(
    database: Database, work_on: Start
) -> None:
    """The one who asks has not committed when the run would end: the run's end waits for it."""
    recorder = Recorder()
    recorder.may_end.clear()
    work_on(jobs_of(recorder))
    await put(database, 1, key="a")
    await eventually(lambda: recorder.began == [1])
    async with database.unit_of_work() as work:
        await enqueue(work, COUNT, Number(2), key="a")
        recorder.may_end.set()
        await asyncio.sleep(0.1)
    await gone(database)
    assert recorder.seen == [1, 2]


async def test_what_is_asked_for_again_begins_at_once(database: Database, work_on: Start) -> None:
    """It waits in the database a moment before the run that went on meanwhile is over here."""
    seen: list[int] = []

    async def handler(run: Run, payload: Number) -> None:
        if payload.number < 5:
            await put(database, payload.number + 1, key="a")
        async with database.unit_of_work() as work:
            await run.finish(work)
        await asyncio.sleep(0.05)
        seen.append(payload.number)

    # Nobody would pick up a job that was lost on the way before the test gives up.
    work_on(jobs_of(handler), poll=0.01, heartbeat=timedelta(seconds=LONG))
    await put(database, 1, key="a")
    await eventually(lambda: len(seen) == 5)
    assert seen == [1, 2, 3, 4, 5]
    await gone(database)


async def test_a_time_is_moved_by_asking_again(database: Database) -> None:
    soon, late = (datetime.now(UTC) + timedelta(days=n) for n in (1, 2))
    await put(database, 1, key="a", at=soon)
    await put(database, 1, key="a", at=late)
    [row] = await rows(database)
    assert row.execute_after == late
    await put(database, 1, key="a")
    [row] = await rows(database)
    assert row.execute_after < soon


async def test_a_failing_job_keeps_its_pause_when_it_is_asked_for_again(
    database: Database, work_on: Start
) -> None:
    job = Job(name="tests.patient", payload=Number, first_pause=1000, longest_pause=1000)
    recorder = Recorder()
    recorder.errors = [RuntimeError("no")]
    work_on(jobs_of(recorder, job))
    await put(database, 1, job, key="a")
    await until(database, one_failing)
    await put(database, 1, job, key="a")
    await put(database, 2, job, key="a")
    [row] = await rows(database)
    assert row.execute_after > datetime.now(UTC) + timedelta(seconds=300)
    assert msgspec.json.decode(row.payload) == {"number": 2}


async def test_what_waits_can_be_withdrawn(database: Database, work_on: Start) -> None:
    await put(database, 1, key="a", at=datetime.now(UTC) + timedelta(days=1))
    async with database.unit_of_work() as work:
        await withdraw(work, COUNT, "a")
    assert await rows(database) == []
    recorder = Recorder()
    recorder.may_end.clear()
    work_on(jobs_of(recorder))
    await put(database, 2, key="a")
    await eventually(lambda: recorder.began == [2])
    await put(database, 3, key="a")
    async with database.unit_of_work() as work:
        await withdraw(work, COUNT, "a")
    recorder.may_end.set()
    await gone(database)
    assert recorder.seen == [2]


async def test_a_dead_job_is_forgotten_once_a_later_one_with_its_key_is_done(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    recorder.errors = [GiveUp("no")]
    work_on(jobs_of(recorder))
    await put(database, 1, key="a")
    await until(database, all_failed)
    await put(database, 2, key="a")
    await gone(database)


async def test_replaying_leaves_what_another_job_does_already(database: Database) -> None:
    await put(database, 1, key="a")
    async with database.unit_of_work() as work:
        await work.session.execute(text("UPDATE jobs.pgqueuer SET status = 'failed'"))
    waiting = await put(database, 2, key="a")
    async with database.unit_of_work() as work:
        assert await replay(work, None) == 1
    assert [(row.id, row.status) for row in await rows(database)] == [(waiting, "queued")]


# Workers that die, stop, or lose the database.


async def test_a_dead_workers_job_is_taken_over_and_the_dead_one_cannot_finish_it(
    database: Database, work_on: Start
) -> None:
    lost: list[str] = []
    done: list[int] = []
    may_end = asyncio.Event()

    async def silent(run: Run, payload: Number) -> None:
        done.append(-payload.number)
        await may_end.wait()
        try:
            async with database.unit_of_work() as work:
                await work.session.execute(text("INSERT INTO site_settings VALUES ('x', '1')"))
                await run.finish(work)
        except JobLost as error:
            lost.append(str(error))
            raise

    async def lively(run: Run, payload: Number) -> None:
        async with database.unit_of_work() as work:
            await work.session.execute(text("INSERT INTO site_settings VALUES ('y', '1')"))
            await run.finish(work)
        done.append(payload.number)

    first = work_on(jobs_of(silent))
    await put(database, 5)
    await eventually(lambda: done == [-5])
    # As if it were killed: nobody hears of it any more.
    first._stopping.set()
    first._wake.set()
    async with database.unit_of_work() as work:
        await work.session.execute(
            text("UPDATE jobs.pgqueuer SET heartbeat = heartbeat - interval '1 hour'")
        )
    work_on(jobs_of(lively))
    await eventually(lambda: done == [-5, 5])
    may_end.set()
    await eventually(lambda: lost)
    async with database.read() as connection:
        keys = await connection.scalars(text("SELECT key FROM site_settings"))
        assert list(keys) == ["y"]
    await gone(database)


async def test_a_job_that_kills_its_workers_is_put_aside(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    await put(database, 1)
    async with database.unit_of_work() as work:
        await work.session.execute(text("UPDATE jobs.pgqueuer SET attempts = 3"))
    work_on(jobs_of(recorder))
    await until(database, all_failed)
    assert recorder.began == []


async def test_a_worker_that_stops_puts_back_what_it_cannot_end(
    database: Database, work_on: Start
) -> None:
    stuck, recorder = Recorder(), Recorder()
    stuck.may_end.clear()
    first = work_on(jobs_of(stuck))
    await put(database, 1)
    await eventually(lambda: stuck.began == [1])
    await first.stop(0.05)
    [row] = await rows(database)
    assert (row.status, row.attempts) == ("queued", 0)
    work_on(jobs_of(recorder))
    await eventually(lambda: recorder.seen == [1])


async def test_a_worker_that_stops_lets_what_runs_come_to_its_end(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    recorder.may_end.clear()
    first = work_on(jobs_of(recorder))
    await put(database, 1)
    await eventually(lambda: recorder.began == [1])
    stopping = asyncio.create_task(first.stop(LONG))
    await asyncio.sleep(0.05)
    await put(database, 2)
    recorder.may_end.set()
    await stopping
    assert recorder.seen == [1]
    [row] = await rows(database)
    assert msgspec.json.decode(row.payload) == {"number": 2}


async def test_a_lost_connection_is_made_anew(database: Database, work_on: Start) -> None:
    recorder = Recorder()
    work_on(jobs_of(recorder), poll=LONG)
    await put(database, 1)
    await eventually(lambda: recorder.seen == [1])
    async with database.read() as connection:
        ended = await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'blog jobs' AND datname = current_database()"
            )
        )
        assert len(list(ended)) == 1
    await put(database, 2)
    await eventually(lambda: recorder.seen == [1, 2])


# Limits and periodic jobs.


async def test_a_kind_of_job_can_be_limited_over_all_workers(
    database: Database, work_on: Start
) -> None:
    job = Job(name="tests.narrow", payload=Number, at_once=2)
    now, most = 0, 0

    async def handler(_: Run, __: Number) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    for _ in range(3):
        work_on(jobs_of(handler, job), poll=0.05)
    for number in range(12):
        await put(database, number, job)
    await gone(database)
    assert most == 2


async def test_a_periodic_job_comes_round_once_for_all_workers(
    database: Database, work_on: Start
) -> None:
    job = Job(name="tests.round", payload=Nothing)
    times: list[datetime] = []

    async def handler(_: Run, __: Nothing) -> None:
        times.append(datetime.now(UTC))

    for _ in range(3):
        work_on(jobs_of(handler, job, schedule=Every(timedelta(seconds=0.5))))
    await eventually(lambda: len(times) >= 3)
    assert all(
        later - earlier >= timedelta(seconds=0.45) for earlier, later in itertools.pairwise(times)
    )
    assert len(await rows(database)) == 1


async def test_a_periodic_job_survives_its_failures(work_on: Start) -> None:
    job = Job(name="tests.round", payload=Nothing, attempts=2, first_pause=0.01)
    runs: list[int] = []

    async def handler(run: Run, _: Nothing) -> None:
        runs.append(run.attempt)
        if len(runs) < 4:
            msg = "no"
            raise RuntimeError(msg)

    work_on(jobs_of(handler, job, schedule=Every(timedelta(seconds=0.1))))
    await eventually(lambda: len(runs) >= 5)
    assert runs[:5] == [1, 2, 1, 2, 1]


async def test_a_periodic_job_that_is_no_more_is_removed(
    database: Database, work_on: Start
) -> None:
    job = Job(name="tests.old", payload=Nothing)
    recorder = Recorder()
    first = work_on(jobs_of(recorder, job, schedule=Every(timedelta(days=1))))
    await until(database, len)
    await first.stop(0)
    work_on(jobs_of(recorder))
    await gone(database)


async def test_an_administrator_sees_what_waits_and_what_fails(
    database: Database, work_on: Start
) -> None:
    recorder = Recorder()
    recorder.may_end.clear()
    slow = Job(name=COUNT.name, payload=Number, first_pause=1000)
    failing = Job(name="tests.failing", payload=Number, first_pause=1000)
    jobs = jobs_of(recorder, slow)

    async def fail(_: Run, __: Number) -> None:
        msg = "no luck"
        raise RuntimeError(msg)

    jobs.add(failing, fail)
    work_on(jobs)
    await put(database, 1)
    await put(database, 2, at=datetime.now(UTC) + timedelta(days=1))
    await put(database, 3, failing)
    await eventually(lambda: recorder.began == [1])
    await until(database, one_failing)
    async with database.read() as connection:
        living = await living_jobs(connection)
        kinds = await overview(connection)
    assert [(it.payload, it.is_running, it.error) for it in living] == [
        ('{"number":1}', True, None),
        ('{"number":3}', False, "RuntimeError: no luck"),
        ('{"number":2}', False, None),
    ]
    assert [(it.name, it.waiting, it.due, it.running, it.failing, it.dead) for it in kinds] == [
        ("tests.count", 1, 0, 1, 0, 0),
        ("tests.failing", 1, 0, 0, 1, 0),
    ]
