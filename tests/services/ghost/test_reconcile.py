"""Reconciling: whatever was lost arrives, nothing is read or written that need not be."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from infrastructure.database import Database
from infrastructure.jobs import JobRunner, Jobs, Nothing, enqueue
from infrastructure.settings import load_settings
from models.content import Post
from models.members import Member
from models.site import SyncRun
from services.ghost.client import GhostClient
from services.ghost.reconcile import (
    COMPARE_ALL,
    add_jobs,
    reconcile,
    reconcile_alone,
    reconcile_changes,
    reconcile_ids,
)
from services.ghost.runs import CHANGES, FULL, IDS, Report, past_runs
from services.ghost.sync import sync
from tests.ghost_replay import Fault, GhostSite, ReplayGhost
from tests.ghost_replay.history import random_step
from tests.ghost_replay.records import stamp
from tests.services.ghost.mirroring import client_of, differences, row_versions
from tests.waiting import CEILING


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=5, posts=60, members=12) as ghost:
        yield ghost


@pytest.fixture
async def client(database: Database, ghost: ReplayGhost) -> AsyncIterator[GhostClient]:
    """Give a client of a Ghost that was mirrored once."""
    async with client_of(ghost) as client:
        assert (await sync(database, client)).outcome == "complete"
        ghost.requests.clear()
        yield client


async def _runs(database: Database) -> list[SyncRun]:
    async with database.unit_of_work() as work:
        return list(await work.session.scalars(select(SyncRun).order_by(SyncRun.id)))


async def _status(database: Database, ghost_id: str) -> tuple[str, bool]:
    async with database.unit_of_work() as work:
        post = (await work.session.scalars(select(Post).where(Post.ghost_id == ghost_id))).one()
        return post.status, post.deleted_at is not None


async def _member_ids(database: Database) -> set[str]:
    async with database.unit_of_work() as work:
        return set(await work.session.scalars(select(Member.ghost_id)))


async def _changes(database: Database, client: GhostClient) -> Report:
    past = await past_runs(database, client.config.admin_url)
    assert past.cursor is not None
    return await reconcile_changes(database, client, past.cursor)


def _pages_of(site: GhostSite) -> int:
    """How many pages of a hundred a Ghost has, each list and the settings counted as one."""
    lists = [len(site.ids("posts")), len(site.ids("pages")), len(site.people)]
    lists += [len(site.tags), len(site.users), len(site.newsletters), len(site.labels), 1, 1]
    return sum(max(1, -(-count // 100)) for count in lists)


async def test_all_ids_without_a_change_cost_a_request_a_page_and_one_row(
    database: Database, database_url: str
) -> None:
    async with ReplayGhost(seed=3, posts=400, members=120) as ghost, client_of(ghost) as client:
        await _nothing_changed(database, database_url, ghost, client)


@pytest.mark.slow
async def test_all_ids_of_ten_thousand_posts(database: Database, database_url: str) -> None:
    async with ReplayGhost(seed=3, posts=10_000, members=500) as ghost, client_of(ghost) as client:
        await _nothing_changed(database, database_url, ghost, client)


async def _nothing_changed(
    database: Database, database_url: str, ghost: ReplayGhost, client: GhostClient
) -> None:
    assert (await sync(database, client)).outcome == "complete"
    before = await row_versions(database_url)
    ghost.requests.clear()
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.drift, report.has_changes) == ("complete", 0, False)
    assert report.counts["posts"].unchanged == len(ghost.site.ids("posts"))
    assert len(ghost.requests) <= _pages_of(ghost.site)
    assert await row_versions(database_url) == before
    assert [run.kind for run in await _runs(database)] == [FULL, IDS]

    ghost.requests.clear()
    report = await _changes(database, client)
    assert (report.outcome, report.drift, report.has_changes) == ("complete", 0, False)
    # One request for each list, however long it is.
    assert len(ghost.requests) == 9
    assert await row_versions(database_url) == before
    assert len(await _runs(database)) == 3


async def test_what_changed_since_the_cursor_arrives(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    one, two, *_ = ghost.site.ids("posts", status="published")
    ghost.site.edit(one, title="Another title")
    ghost.site.unpublish(two)
    ghost.site.create("pages", title="A new page", status="published")
    ghost.site.edit_tag(next(iter(ghost.site.tags)), description="Another")
    ghost.site.edit_member(next(iter(ghost.site.people)), name="Another name")
    report = await _changes(database, client)
    assert report.outcome == "complete"
    assert report.drift == 5
    assert await differences(database, client) == []
    assert await _status(database, two) == ("draft", False)


async def test_the_overlap_finds_what_was_written_with_an_earlier_time(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    """A transaction of Ghost's that was slow to end: its time is before the last cursor."""
    late = ghost.site.ids("posts")[0]
    ghost.site.edit(late, title="Slowly written")
    past = await past_runs(database, client.config.admin_url)
    assert past.cursor is not None
    ghost.site.documents[late]["updated_at"] = stamp(past.cursor - timedelta(seconds=60))
    assert (await _changes(database, client)).drift == 1
    assert await differences(database, client) == []


async def test_what_leaves_the_time_as_it_was_is_found_by_the_ids(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    one, two, three, *_ = ghost.site.ids("posts", status="published")
    ghost.site.set_tags(one, ["Bread", "#internal"])
    ghost.site.edit(two, authors=["maia", "rose"])
    ghost.site.edit(three, tiers=["gold"])
    ghost.site.documents[three]["visibility"] = "tiers"
    # Their times are long past, as they are for most posts when somebody sorts tags.
    for ghost_id in (one, two, three):
        ghost.site.documents[ghost_id]["updated_at"] = "2020-05-05T05:05:05.000Z"
    await reconcile_ids(database, client)
    ghost.site.set_tags(one, ["Oven"])
    ghost.site.edit(two, authors=["rose", "maia"])
    ghost.site.edit(three, tiers=[next(iter(ghost.site.tiers))])
    assert (await _changes(database, client)).counts["posts"].changed == 0
    assert await differences(database, client) != []

    ghost.requests.clear()
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.counts["posts"].changed) == ("complete", 3)
    assert await differences(database, client) == []


async def test_a_deletion_is_confirmed_before_it_is_believed(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    gone = ghost.site.ids("posts", status="published")[0]
    member = next(iter(ghost.site.people))
    ghost.site.delete(gone)
    ghost.site.delete_member(member)
    report = await reconcile_ids(database, client)
    assert (report.counts["posts"].removed, report.counts["members"].removed) == (1, 1)
    asked = [seen.path for seen in ghost.requests if seen.status == 404]
    assert asked == [f"/ghost/api/admin/posts/{gone}/", f"/ghost/api/admin/members/{member}/"]
    assert await _status(database, gone) == ("published", True)
    assert member not in await _member_ids(database)
    assert await differences(database, client) == []


async def test_a_short_list_removes_nothing_that_ghost_still_has(
    database: Database, ghost: ReplayGhost, client: GhostClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ghost.site.ids("posts", status="published")[0]
    lister = ghost.api._read

    def forgetful(resource: str, rest: str, request: object) -> object:
        record = ghost.site.documents[kept]
        if resource == "posts" and not rest:
            del ghost.site.documents[kept]
            ghost.site.generation += 1
        try:
            return lister(resource, rest, request)  # type: ignore[arg-type]
        finally:
            ghost.site.documents[kept] = record
            ghost.site.generation += 1

    monkeypatch.setattr(ghost.api, "_read", forgetful)
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.counts["posts"].removed) == ("complete", 0)
    assert await _status(database, kept) == ("published", False)


async def test_most_of_a_kind_goes_only_if_somebody_says_so(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    for ghost_id in ghost.site.ids("posts")[:40]:
        ghost.site.delete(ghost_id)
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.counts["posts"].removed) == ("incomplete", 0)
    assert "quart sync-ghost --remove-many" in report.failures[0].reason
    report = await reconcile_ids(database, client, may_remove_many=True)
    assert (report.outcome, report.counts["posts"].removed) == ("complete", 40)
    assert await differences(database, client) == []


async def test_a_ghost_that_went_back_in_time_is_followed(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    ghost_id = ghost.site.ids("posts", status="published")[0]
    old = dict(ghost.site.documents[ghost_id])
    ghost.site.edit(ghost_id, title="Lost with the disk")
    await reconcile_ids(database, client)
    ghost.site.documents[ghost_id].update(old)
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.counts["posts"].changed) == ("complete", 1)
    assert await differences(database, client) == []


async def test_a_second_change_in_the_same_second_is_found(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    ghost_id = ghost.site.ids("posts", status="published")[0]
    ghost.site.edit(ghost_id, title="Once")
    await reconcile_ids(database, client)
    moment = ghost.site.documents[ghost_id]["updated_at"]
    ghost.site.edit(ghost_id, title="Twice")
    ghost.site.documents[ghost_id]["updated_at"] = moment
    assert (await reconcile_ids(database, client)).drift == 1
    assert await differences(database, client) == []


async def test_a_poisonous_post_costs_only_itself(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    bad, good, *_ = ghost.site.ids("posts")
    for ghost_id in (bad, good):
        ghost.site.edit(ghost_id, title="Changed")
    ghost.poison(bad)
    report = await reconcile_ids(database, client)
    assert (report.outcome, report.drift, report.counts["posts"].changed) == ("incomplete", 2, 1)
    assert [failure.ghost_id for failure in report.failures] == [bad]
    ghost.recover()
    assert (await reconcile_ids(database, client)).drift == 1
    assert await differences(database, client) == []


async def test_a_failing_ghost_moves_no_cursor(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    before = await past_runs(database, client.config.admin_url)
    ghost.site.create(title="While it failed", status="published")
    ghost.inject(Fault("status", status=500, times=None, path="/posts/"))
    report = await _changes(database, client)
    assert report.outcome == "failed"
    after = await past_runs(database, client.config.admin_url)
    assert after.cursor == before.cursor
    ghost.recover()
    assert (await _changes(database, client)).drift == 1
    assert await differences(database, client) == []


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_the_mirror_equals_ghost(database: Database, seed: int) -> None:
    dice = random.Random(seed)
    version: Literal[5, 6] = 6 if seed % 2 else 5
    async with (
        ReplayGhost(seed=seed, posts=20, version=version) as ghost,
        client_of(ghost) as client,
    ):
        await sync(database, client)
        for _ in range(3):
            done = [random_step(ghost.site, dice) for _ in range(12)]
            ghost.inject(Fault("status", status=500, times=2, probability=0.2))
            ghost.inject(Fault("cut", times=2, probability=0.2))
            await reconcile_ids(database, client)
            ghost.recover()
            report = await reconcile_ids(database, client)
            assert report.outcome == "complete", report
            assert await differences(database, client) == [], done
            again = await reconcile_ids(database, client)
            assert (again.drift, again.has_changes) == (0, False)


async def test_the_passes_take_turns(database: Database, ghost: ReplayGhost) -> None:
    async with client_of(ghost) as client:
        assert (await reconcile(database, client)).kind == FULL
        await _pretend(database, took=3, ago=200)
        # It took 3 s, so the next one waits for 300 s.
        assert (await reconcile(database, client)).kind == CHANGES
        await _pretend(database, took=3, ago=400)
        assert (await reconcile(database, client)).kind == IDS
        await _pretend(database, took=2000, ago=80_000)
        assert (await reconcile(database, client)).kind == CHANGES
        # Once a day they are all looked at, however long that takes.
        await _pretend(database, took=2000, ago=86_500)
        assert (await reconcile(database, client)).kind == IDS


async def _pretend(database: Database, *, took: int, ago: int) -> None:
    began = datetime.now(UTC) - timedelta(seconds=ago)
    async with database.unit_of_work() as work:
        for run in await work.session.scalars(select(SyncRun).where(SyncRun.kind != CHANGES)):
            run.started_at, run.ended_at = began, began + timedelta(seconds=took)


async def test_one_of_all_workers_reconciles(database: Database, client: GhostClient) -> None:
    assert await reconcile_alone(database, client, every=300) is None
    assert await reconcile_alone(database, client) is not None
    assert len(await _runs(database)) == 2


async def test_old_runs_are_forgotten(database: Database, client: GhostClient) -> None:
    await reconcile_ids(database, client)
    async with database.unit_of_work() as work:
        await work.session.execute(
            text("UPDATE sync_runs SET started_at = started_at - interval '61 days'")
        )
    await reconcile(database, client)
    assert [run.kind for run in await _runs(database)] == [FULL, IDS]


async def test_the_metrics_tell_the_drift(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    def drifted() -> float:
        value = REGISTRY.get_sample_value("ghost_drift_objects_total", {"kind": "posts"})
        return value or 0.0

    before = drifted()
    ghost.site.edit(ghost.site.ids("posts")[0], title="Nobody said it")
    await reconcile_ids(database, client)
    assert drifted() == before + 1
    await reconcile_ids(database, client)
    assert drifted() == before + 1
    async with database.read() as connection:
        drift = await connection.scalars(
            select(SyncRun.drift).where(SyncRun.kind == IDS).order_by(SyncRun.id)
        )
    assert drift.all() == [1, 0]


async def test_the_workers_reconcile_by_themselves_and_when_asked(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    settings = load_settings(
        environment="test",
        secret_key="a key of the tests alone",
        database_url=database.url,
        ghost_api_url=ghost.url,
        ghost_admin_api_key=ghost.admin_key,
        ghost_reconcile_seconds=5,
    )
    jobs = Jobs()
    add_jobs(jobs, database, settings)
    runners = [JobRunner(database, jobs) for _ in range(2)]
    working = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        ghost.site.edit(ghost.site.ids("posts")[0], title="By itself")
        await _until_equal(database, client)
        ghost.site.edit(ghost.site.ids("posts")[1], title="When asked")
        async with database.unit_of_work() as work:
            await enqueue(work, COMPARE_ALL, Nothing(), key="now")
        await _until_equal(database, client)
    finally:
        for runner in runners:
            await runner.stop(1)
        await asyncio.gather(*working)
    assert {run.outcome for run in await _runs(database)} == {"complete"}


async def _until_equal(database: Database, client: GhostClient) -> None:
    async with asyncio.timeout(CEILING):
        while await differences(database, client):  # noqa: ASYNC110 - rows and Ghost tell it
            await asyncio.sleep(0.2)
