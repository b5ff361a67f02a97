"""What Prometheus is told about jobs: what this process ran, and how the whole queue stands."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.exc import SQLAlchemyError

from infrastructure.database import Database
from infrastructure.jobs.overview import overview
from infrastructure.logs import get_logger

log = get_logger(__name__)

outcomes: Final = Counter(
    "blog_jobs_runs",
    "Tries of jobs that ended in this process: done, failed, postponed, dead",
    ["job", "outcome"],
)
_seconds: Final = Histogram(
    "blog_jobs_run_seconds",
    "How long a try of a job took in this process",
    ["job"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300),
)
_states: Final = Gauge(
    "blog_jobs", "Jobs in the queue of all workers: waiting, due, running, failing, dead", ["state"]
)
_lateness: Final = Gauge(
    "blog_jobs_late_seconds", "For how long the job that is due longest has been due"
)

_LOOK_SECONDS: Final = 15.0


@contextlib.contextmanager
def measured(name: str) -> Iterator[None]:
    """Measure the try of a job."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _seconds.labels(name).observe(time.perf_counter() - began)


async def watch(database: Database) -> None:
    """Tell how the queue stands, every few seconds, for good."""
    while True:
        try:
            async with database.read() as connection:
                kinds = await overview(connection)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("the queue of jobs cannot be read", error=str(error))
        else:
            for state in ("waiting", "due", "running", "failing", "dead"):
                _states.labels(state).set(sum(getattr(kind, state) for kind in kinds))
            _lateness.set(max((kind.late_seconds for kind in kinds), default=0.0))
        await asyncio.sleep(_LOOK_SECONDS)
