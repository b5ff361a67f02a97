"""Handing a replayed Ghost's webhooks to the inbox, and workers that apply them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.jobs import JobRunner, Jobs
from services.ghost import applying
from services.ghost.client import GhostClient
from services.ghost.inbox import Inbox
from tests.ghost_replay import signing
from tests.ghost_replay.site import WebhookEvent
from tests.waiting import CEILING

SECRET = "the secret of the tests"
_moments = count(1)


async def hand_in(database: Database, events: Iterable[WebhookEvent]) -> None:
    """Give webhooks to the inbox, in this order, each signed at a time of its own."""
    inbox = Inbox(database, [SECRET])
    for event in events:
        body = msgspec.json.encode(event.payload)
        moment = int(time.time() * 1000) + next(_moments) % 1000
        await inbox.receive(event.event, body, signing.signature(SECRET, body, moment))


@asynccontextmanager
async def applying_webhooks(
    database: Database, client: GhostClient, **options: Any
) -> AsyncIterator[JobRunner]:
    """Run a worker that applies webhooks."""
    jobs = Jobs()
    applying.add_jobs(jobs, database, client, keep_days=30)
    runner = JobRunner(
        database, jobs, **{"poll": 0.5, "heartbeat": timedelta(seconds=30), **options}
    )
    running = asyncio.create_task(runner.run())
    yield runner
    await runner.stop(5)
    await running


async def inbox_rows(database: Database) -> list[Any]:
    async with database.read() as connection:
        return list(await connection.execute(text("SELECT * FROM ghost_webhooks ORDER BY id")))


async def apply_jobs(database: Database) -> list[Any]:
    async with database.read() as connection:
        return list(
            await connection.execute(
                text("SELECT * FROM jobs.pgqueuer WHERE entrypoint = 'ghost.apply' ORDER BY id")
            )
        )


async def until(
    read: Callable[[Database], Awaitable[list[Any]]],
    database: Database,
    is_so: Callable[[list[Any]], object],
) -> None:
    """Wait until something is true of the rows that `read` gives."""
    deadline = time.monotonic() + CEILING
    while not is_so(rows := await read(database)):
        assert time.monotonic() < deadline, rows
        await asyncio.sleep(0.02)


async def all_applied(database: Database) -> None:
    """Wait until no webhook waits and no job that applies one."""
    await until(apply_jobs, database, lambda rows: not rows)
    await until(inbox_rows, database, lambda rows: all(row.done_at for row in rows))
