"""Publishing scheduled posts when their time has come: once, by whichever worker gets there.

Scheduling a post leaves a job for its time. A pass that comes round looks for what has none (an
imported post, one whose job was lost): it publishes what is overdue and leaves jobs for what is due
soon. The clock is the database's, so that workers on several machines agree.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from prometheus_client import Histogram
from sqlalchemy import func, select

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import NotFoundError
from infrastructure.jobs import Every, Job, Jobs, Nothing, Run, enqueue
from infrastructure.logs import get_logger
from models.content import Post
from services.audit.log import Actor
from services.content_store.protocol import ContentStore, StaleSaveError

log = get_logger(__name__)

SCHEDULER: Final = Actor("The scheduler")

_ROUND: Final = timedelta(seconds=30)
_SOON: Final = 2 * _ROUND

LATENESS: Final = Histogram(
    "blog_scheduled_publish_late_seconds",
    "By how much scheduled posts were published after their time.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 600, 3600),
)


class Scheduled(Struct, frozen=True):
    """Which post is due; all that are get published."""

    post_id: int


PUBLISH: Final = Job(name="posts.publish", payload=Scheduled)
LOOK_ROUND: Final = Job(name="posts.publish-overdue", payload=Nothing)


async def remember(work: UnitOfWork, post_id: int, at: datetime) -> None:
    """Leave the job that publishes a post at a time; an earlier one of that post is moved."""
    await enqueue(work, PUBLISH, Scheduled(post_id), at=at, key=str(post_id))


async def publish_due(database: Database, store: ContentStore) -> int:
    """Publish every post whose time has come, each in a transaction of its own.

    Returns:
        How many were published here; what another worker published meanwhile does not count.
    """
    async with database.read() as connection:
        now = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        due = await store.due(connection, now)
    published = 0
    for post_id, version in due:
        try:
            async with database.unit_of_work() as work:
                done = await store.publish(work, SCHEDULER, post_id, version)
                now = (await work.session.execute(select(func.clock_timestamp()))).scalar_one()
        except (StaleSaveError, NotFoundError):
            # It was changed at this very moment: if it is still due, the next pass publishes it.
            log.info("a scheduled post was changed when its time came", post_id=post_id)
            continue
        published += 1
        if done.published_at is not None:
            LATENESS.observe((now - done.published_at).total_seconds())
    return published


async def look_round(database: Database, store: ContentStore) -> None:
    """Publish what is overdue, and see that what is due soon has its job."""
    await publish_due(database, store)
    async with database.unit_of_work() as work:
        now = (await work.session.execute(select(func.clock_timestamp()))).scalar_one()
        soon = await store.due(await work.session.connection(), now + _SOON)
        rows = await work.session.execute(
            select(Post.id, Post.published_at).where(
                Post.id.in_([post_id for post_id, _ in soon]), Post.published_at.is_not(None)
            )
        )
        for row in rows.all():
            await remember(work, row.id, row.published_at)


def add_jobs(jobs: Jobs, database: Database, store: ContentStore) -> None:
    """Let workers publish what is scheduled in a store."""

    async def publish(run: Run, _: Scheduled) -> None:
        await publish_due(database, store)
        async with database.unit_of_work() as work:
            await run.finish(work)

    async def round_about(run: Run, _: Nothing) -> None:
        await look_round(database, store)
        async with database.unit_of_work() as work:
            await run.finish(work)

    jobs.add(PUBLISH, publish)
    jobs.add(LOOK_ROUND, round_about, schedule=Every(_ROUND))
