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
from services.ghost import reconcile
from services.snippets import spreading

_LOG_KEPT: Final = timedelta(days=7)

TIDY: Final = Job(name="jobs.tidy", payload=Nothing)


def register_jobs(database: Database, settings: Settings, store: ContentStore) -> Jobs:
    """Return what the workers of this app can do.

    Args:
        database: the app's.
        settings: the app's.
        store: where its posts are kept.
    """
    jobs = Jobs()

    async def tidy(run: Run, _: Nothing) -> None:
        async with database.unit_of_work() as work:
            await forget_log(work, _LOG_KEPT)
            await run.finish(work)

    jobs.add(TIDY, tidy, schedule=Cron("17 3 * * *"))
    reconcile.add_jobs(jobs, database, settings)
    scheduling.add_jobs(jobs, database, store)
    history.add_jobs(jobs, database)
    spreading.add_jobs(jobs, database, store)
    changes.add_jobs(jobs, database, store)
    return jobs
