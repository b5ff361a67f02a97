"""All jobs of the app: each service adds its own here, so that every worker knows them."""

from datetime import timedelta
from typing import Final

from infrastructure.database import Database
from infrastructure.jobs import Cron, Job, Jobs, Nothing, Run
from infrastructure.jobs.queue import forget_log
from infrastructure.settings import Settings
from services.bulk import changes
from services.content_store import scheduling
from services.content_store.protocol import ContentStore
from services.editor import history
from services.ghost import applying, reconcile
from services.ghost.client import GhostClient
from services.snippets import spreading

_LOG_KEPT: Final = timedelta(days=7)

TIDY: Final = Job(name="jobs.tidy", payload=Nothing)


def register_jobs(
    database: Database,
    settings: Settings,
    store: ContentStore,
    *,
    ghost: GhostClient | None = None,
) -> Jobs:
    """Return what the workers of this app can do.

    Args:
        database: the app's.
        settings: the app's.
        store: where its posts are kept.
        ghost: the Ghost that is mirrored; None where there is none.
    """
    jobs = Jobs()

    async def tidy(run: Run, _: Nothing) -> None:
        async with database.unit_of_work() as work:
            await forget_log(work, _LOG_KEPT)
            await run.finish(work)

    jobs.add(TIDY, tidy, schedule=Cron("17 3 * * *"))
    reconcile.add_jobs(jobs, database, settings)
    if ghost is not None:
        applying.add_jobs(jobs, database, ghost, keep_days=settings.ghost_webhook_days)
    scheduling.add_jobs(jobs, database, store)
    history.add_jobs(jobs, database)
    spreading.add_jobs(jobs, database, store)
    changes.add_jobs(jobs, database, store)
    return jobs
