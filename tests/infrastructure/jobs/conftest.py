"""A queue on a real database, and workers of it inside the test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.jobs import JobRunner, Jobs
from infrastructure.migrate import migrate


@pytest.fixture(scope="session")
async def _queue_url(postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection) -> str:
    await _administrator.execute("CREATE DATABASE queue_of_tests")
    url = postgres_server.url("queue_of_tests")
    await migrate(url)
    return url


@pytest.fixture
async def database(_queue_url: str) -> AsyncIterator[Database]:
    """Give a database with an empty queue; the workers have stopped before it is emptied."""
    database = Database(_queue_url)
    yield database
    async with database.unit_of_work() as work:
        await work.session.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log, site_settings"))
    await database.close()


@pytest.fixture
async def work_on(database: Database) -> AsyncIterator[Callable[..., JobRunner]]:
    """Give a function that starts a worker; it stops with the test."""
    running: list[tuple[JobRunner, asyncio.Task[None]]] = []

    def start(jobs: Jobs, **options: Any) -> JobRunner:
        runner = JobRunner(database, jobs, **{"poll": 0.5, **options})
        running.append((runner, asyncio.create_task(runner.run())))
        return runner

    yield start
    for runner, task in running:
        await runner.stop(0)
        await task
