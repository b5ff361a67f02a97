"""The app as a process that is killed again and again while a Ghost calls it."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.settings import ROOT
from services.ghost.reconcile import reconcile_ids
from tests.chaos.histories import hurry
from tests.ghost_replay import ReplayGhost, signing
from tests.ghost_replay.history import random_step
from tests.services.ghost.mirroring import client_of, differences
from tests.services.ghost.webhooks_driver import SECRET, apply_jobs, inbox_rows
from tests.waiting import CEILING, eventually

# What a worker that was killed held is taken over when its signs of life are missed; time that a
# test need not wait for.
_FORGOTTEN = text("UPDATE jobs.pgqueuer SET heartbeat = heartbeat - interval '1 day'")

# No post is told of as new twice, unless it was gone in between.
_TOLD_TWICE = text("""
    SELECT post_id, type, before FROM (
        SELECT post_id, type, lag(type) OVER (PARTITION BY post_id ORDER BY id) AS before
        FROM federation_activities
    ) AS told WHERE type = 'Create' AND before IN ('Create', 'Update')
        OR type = 'Delete' AND before = 'Delete'
""")


class KilledApp:
    """An app on a socket that outlives it, as it would behind a launcher."""

    def __init__(self, ghost: ReplayGhost, database_url: str, folder: Path) -> None:
        self._bound = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._environment = {
            **os.environ,
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url,
            "VAR_FOLDER": str(folder / "var"),
            "SECRET_KEY": "a key of the tests alone",
            "GHOST_API_URL": ghost.url,
            "GHOST_ADMIN_API_KEY": ghost.admin_key,
            "GHOST_WEBHOOK_SECRET": SECRET,
            "GHOST_RECONCILE_SECONDS": "86400",
            "RATE_LIMITS": "0",
            "LOG_LEVEL": "error",
            "PYTHONPATH": str(ROOT),
        }
        self._process: Process | None = None
        self.acknowledged: set[bytes] = set()

    async def start(self) -> None:
        fd = self._bound.fileno()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "infrastructure.worker", "asgi:app", str(fd)),
            env=self._environment,
            pass_fds=(fd,),
            stdin=DEVNULL,
            cwd=ROOT,
        )

    async def end(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            await self._process.wait()
            self._process = None

    def close(self) -> None:
        self._bound.close()

    async def call(self, ghost: ReplayGhost) -> None:
        """Let a Ghost send what waits, all at once; keep in mind what was acknowledged."""
        async with httpx.AsyncClient(timeout=CEILING, trust_env=False) as client:
            await asyncio.gather(
                *(
                    self._send(client, it.event, msgspec.json.encode(it.payload))
                    for it in ghost.take_outbox()
                )
            )

    async def _send(self, client: httpx.AsyncClient, event: str, body: bytes) -> None:
        signature = signing.signature(SECRET, body, int(time.time() * 1000))
        url = f"http://127.0.0.1:{self._bound.getsockname()[1]}/webhooks/ghost/{event}"
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.post(url, content=body, headers={"X-Ghost-Signature": signature})
            assert answer.status_code == 202
            self.acknowledged.add(bytes.fromhex(signature[7:71]))


async def die_and_live(
    seed: int, kills: int, database: Database, database_url: str, folder: Path
) -> None:
    """Kill the app again and again while a Ghost changes, and see that nothing was lost.

    Raises:
        AssertionError: something was, or was done twice.
    """
    dice = random.Random(seed)
    async with (
        ReplayGhost(seed=seed, posts=8, members=4) as ghost,
        client_of(ghost) as client,
    ):
        app = KilledApp(ghost, database_url, folder)
        try:
            for _ in range(kills):
                await _one_life(app, ghost, dice)
                async with database.unit_of_work() as work:
                    await work.session.execute(_FORGOTTEN)
            await app.start()
            await app.call(ghost)
            deadline = time.monotonic() + CEILING
            while await apply_jobs(database) or not all(
                row.done_at for row in await inbox_rows(database)
            ):
                assert time.monotonic() < deadline, await apply_jobs(database)
                await hurry(database)
                await asyncio.sleep(0.1)
        finally:
            await app.end(signal.SIGTERM)
            app.close()
        assert app.acknowledged
        rows = await inbox_rows(database)
        assert app.acknowledged <= {row.signature for row in rows}
        assert len(rows) == len({row.signature for row in rows})
        await reconcile_ids(database, client)
        assert await differences(database, client) == []
        async with database.read() as connection:
            assert (await connection.execute(_TOLD_TWICE)).all() == []


async def _one_life(app: KilledApp, ghost: ReplayGhost, dice: random.Random) -> None:
    """Start the app, and kill it at some moment after it began to take webhooks."""
    known = len(app.acknowledged)

    async def keep_calling() -> None:
        while True:
            for _ in range(dice.randint(1, 4)):
                random_step(ghost.site, dice)
            await app.call(ghost)
            await asyncio.sleep(0.01)

    await app.start()
    calling = asyncio.create_task(keep_calling())
    try:
        await eventually(lambda: len(app.acknowledged) > known or calling.done())
        await asyncio.sleep(dice.uniform(0, 0.4))
    finally:
        await app.end(signal.SIGKILL)
        calling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await calling
