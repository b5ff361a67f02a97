"""The race and the kill: real worker processes against a replayed Ghost on a real database.

Four Hypercorn workers start at once, twenty times over; then a syncing worker is killed at twenty
points of the pass. The servers run in processes of their own, as in production.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from contextlib import suppress

import asyncpg
import pytest

from infrastructure.database import Database
from infrastructure.settings import ROOT
from tests.ghost_replay import Fault, ReplayGhost
from tests.services.ghost.mirroring import client_of, differences, state

WORKERS = 4
ROUNDS = 20
KILLS = 20

# What a worker says when it has left the sync to another one.
_LEFT_IT = (b"another worker syncs", b"another worker has synced")


def _environment(database_url: str, ghost: ReplayGhost) -> dict[str, str]:
    return {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": "2",
        "GHOST_API_URL": ghost.url,
        "GHOST_ADMIN_API_KEY": ghost.admin_key,
        "LOG_FORMAT": "json",
        "SECRET_KEY": "a key for the tests of the race",
    }


async def _workers(environment: dict[str, str], count: int) -> list[Process]:
    """Start Hypercorn workers at once, each a process of its own on a port of its own."""
    # With 0 workers Hypercorn serves in the process itself, so that a kill meets who syncs.
    command = [sys.executable, "-m", "hypercorn", "--workers", "0", "--bind", "127.0.0.1:0"]
    return await asyncio.gather(
        *(
            asyncio.create_subprocess_exec(
                *command,
                "asgi:app",
                cwd=ROOT,
                env=environment,
                stdout=PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            for _ in range(count)
        )
    )


async def _end(workers: list[Process], how: signal.Signals = signal.SIGTERM) -> None:
    for worker in workers:
        with suppress(ProcessLookupError):
            worker.send_signal(how)
    await asyncio.gather(*(worker.wait() for worker in workers))


async def _outcome(worker: Process) -> str:
    """Read a worker's log until it has synced, or has left it to another one."""
    assert worker.stdout is not None
    lines: list[bytes] = []
    async for line in worker.stdout:
        lines.append(line)
        if b"sync run ended" in line:
            return "synced"
        if any(words in line for words in _LEFT_IT):
            return "left it"
    pytest.fail("a worker ended early:\n" + b"".join(lines).decode())


async def _fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        found: list[asyncpg.Record] = await connection.fetch(query)
        return found
    finally:
        await connection.close()


async def test_of_four_workers_that_start_at_once_exactly_one_syncs(database_url: str) -> None:
    async with ReplayGhost(seed=11, posts=40) as ghost:
        environment = _environment(database_url, ghost)
        first: dict[str, list[str]] | None = None
        for turn in range(1, ROUNDS + 1):
            workers = await _workers(environment, WORKERS)
            try:
                async with asyncio.timeout(60):
                    outcomes = Counter(await asyncio.gather(*map(_outcome, workers)))
            finally:
                await _end(workers)
            assert outcomes == {"synced": 1, "left it": WORKERS - 1}, f"round {turn}"
            runs = await _fetch(database_url, "SELECT outcome FROM sync_runs")
            assert [run["outcome"] for run in runs] == ["complete"] * turn
            first = first or await state(database_url)
            assert await state(database_url) == first
        assert len(first["posts"] if first else ()) == len(ghost.site.documents)


async def test_a_pass_killed_at_any_point_is_completed_by_the_next(database_url: str) -> None:
    async with ReplayGhost(seed=12, posts=120) as ghost:
        environment = _environment(database_url, ghost)
        database = Database(database_url)
        [whole] = await _workers(environment, 1)
        assert await _outcome(whole) == "synced"
        await _end([whole])
        requests = ghost.count()
        undisturbed = await state(database_url)
        try:
            for point in range(KILLS):
                await _fetch(
                    database_url,
                    "TRUNCATE posts, tags, authors, tiers, newsletters, site_settings, sync_runs,"
                    " old_slugs CASCADE",
                )
                await _kill_at(environment, ghost, point * requests / KILLS, point)
                held = await _fetch(
                    database_url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
                )
                assert held == []
                [worker] = await _workers(environment, 1)
                assert await _outcome(worker) == "synced"
                await _end([worker])
                assert await state(database_url) == undisturbed, f"killed at point {point}"
                async with client_of(ghost) as client:
                    assert await differences(database, client) == []
        finally:
            await database.close()


async def _kill_at(
    environment: dict[str, str], ghost: ReplayGhost, requests: float, point: int
) -> None:
    """Kill a syncing worker after it has sent so many requests and some more milliseconds."""
    ghost.inject(Fault("stall", seconds=0.02, times=None))
    begun = ghost.count()
    [worker] = await _workers(environment, 1)
    async with asyncio.timeout(30):
        while ghost.count() - begun < max(1, requests):  # noqa: ASYNC110 - a server counts them
            await asyncio.sleep(0.002)
    await asyncio.sleep((point % 5) * 0.01)
    await _end([worker], signal.SIGKILL)
    ghost.recover()
    await asyncio.sleep(0.1)
