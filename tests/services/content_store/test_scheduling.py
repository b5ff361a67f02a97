"""Scheduled posts are published when their time has come: once, whoever looks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from infrastructure.database import Database
from infrastructure.page_cache.purging import purge_on_commit
from models.content import Post
from models.people import AuditEntry
from services.audit.log import Actor
from services.content_store.native import NativeContentStore
from services.content_store.protocol import PostEdit
from services.content_store.scheduling import look_round, publish_due

ADA = Actor("Ada <ada@example.org>")
STORE = NativeContentStore()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    purge_on_commit(found)
    yield found
    await found.close()


async def scheduled(database: Database, at: datetime, title: str = "Rye") -> int:
    """Schedule a post, and let it be due when it is wanted, as time would."""
    async with database.unit_of_work() as work:
        made = await STORE.create(work, ADA, PostEdit(title=title))
        later = datetime.now(UTC) + timedelta(days=1)
        await STORE.schedule(work, ADA, made.id, made.version, later)
        post = await work.session.get_one(Post, made.id)
        post.published_at = at
    return made.id


async def statuses(database: Database) -> dict[int, str]:
    async with database.read() as connection:
        rows = await connection.execute(select(Post.id, Post.status))
        return {row.id: row.status for row in rows}


async def jobs(database: Database) -> list[Any]:
    async with database.read() as connection:
        rows = await connection.execute(
            text("SELECT dedupe_key, execute_after FROM jobs.pgqueuer ORDER BY execute_after")
        )
        return list(rows)


def past() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=2)


async def test_a_schedule_leaves_a_job_for_its_time(database: Database) -> None:
    async with database.unit_of_work() as work:
        made = await STORE.create(work, ADA, PostEdit(title="Rye"))
        at = datetime.now(UTC) + timedelta(hours=3)
        found = await STORE.schedule(work, ADA, made.id, made.version, at)
    ((_, first),) = await jobs(database)
    assert first == at
    async with database.unit_of_work() as work:
        await STORE.schedule(work, ADA, made.id, found.version, at + timedelta(hours=1))
    ((_, moved),) = await jobs(database)
    assert moved == at + timedelta(hours=1)


async def test_what_is_due_is_published_once_however_many_look(database: Database) -> None:
    ids = [await scheduled(database, past(), f"Rye {number}") for number in range(5)]
    done = await asyncio.gather(*(publish_due(database, STORE) for _ in range(4)))
    assert sum(done) == 5
    assert await statuses(database) == dict.fromkeys(ids, "published")
    async with database.read() as connection:
        published = select(func.count()).where(AuditEntry.action == "post.publish")
        entries = await connection.scalar(published)
        all_actions = (
            (await connection.execute(select(AuditEntry.action).distinct())).scalars().all()
        )
    assert entries == 5, all_actions


async def test_what_is_not_due_stays_as_it_is(database: Database) -> None:
    post_id = await scheduled(database, datetime.now(UTC) + timedelta(minutes=5))
    assert await publish_due(database, STORE) == 0
    assert await statuses(database) == {post_id: "scheduled"}


async def test_a_look_round_publishes_what_no_job_did(database: Database) -> None:
    overdue = await scheduled(database, past(), "Overdue")
    soon = await scheduled(database, datetime.now(UTC) + timedelta(seconds=50), "Soon")
    later = await scheduled(database, datetime.now(UTC) + timedelta(hours=5), "Later")
    async with database.unit_of_work() as work:
        await work.session.execute(text("DELETE FROM jobs.pgqueuer"))
        work.touch(set())
    await look_round(database, STORE)
    assert await statuses(database) == {overdue: "published", soon: "scheduled", later: "scheduled"}
    assert len(await jobs(database)) == 1


async def test_a_post_that_was_taken_back_is_not_published(database: Database) -> None:
    post_id = await scheduled(database, past())
    async with database.unit_of_work() as work:
        post = await work.session.get_one(Post, post_id)
        await STORE.unpublish(work, ADA, post_id, post.row_version)
    assert await publish_due(database, STORE) == 0
    assert await statuses(database) == {post_id: "draft"}
