"""The full pass: all of Ghost arrives, nothing else is written, a bad object costs only itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from sqlalchemy import select

from infrastructure.database import Database
from models.content import OldSlug, Post
from models.site import SyncRun
from services.ghost.compare import Difference
from services.ghost.runs import Report
from services.ghost.startup import sync_alone
from services.ghost.sync import sync
from tests.ghost_replay import Fault, ReplayGhost
from tests.ghost_replay.faults import PoisonKind
from tests.services.ghost.mirroring import client_of, differences, row_versions


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=5, posts=60) as ghost:
        yield ghost


async def _sync(database: Database, ghost: ReplayGhost) -> Report:
    async with client_of(ghost) as client:
        return await sync(database, client)


async def _differences(database: Database, ghost: ReplayGhost) -> list[Difference]:
    async with client_of(ghost) as client:
        return await differences(database, client)


async def _runs(database: Database) -> list[SyncRun]:
    async with database.unit_of_work() as work:
        return list(await work.session.scalars(select(SyncRun).order_by(SyncRun.id)))


async def _post(database: Database, ghost_id: str) -> Post:
    async with database.unit_of_work() as work:
        return (await work.session.scalars(select(Post).where(Post.ghost_id == ghost_id))).one()


@pytest.mark.parametrize("version", [5, 6])
async def test_the_mirror_equals_ghost_in_every_field(
    database: Database, version: Literal[5, 6]
) -> None:
    async with ReplayGhost(seed=2, posts=150, version=version) as ghost:
        report = await _sync(database, ghost)
        assert report.outcome == "complete"
        assert report.counts["posts"].added == 150
        assert report.counts["pages"].added > 0
        assert await _differences(database, ghost) == []


async def test_the_comparison_finds_each_kind_of_difference(
    database: Database, ghost: ReplayGhost
) -> None:
    await _sync(database, ghost)
    first, second, third = ghost.site.ids("posts")[:3]
    async with database.unit_of_work() as work:
        wanted = select(Post).where(Post.ghost_id.in_((first, second, third)))
        posts = {post.ghost_id: post for post in await work.session.scalars(wanted)}
        changed, gone, stale = posts[first], posts[second], posts[third]
        changed.lexical = (changed.lexical or "") + " "
        gone.ghost_id = "f" * 24
        stale.extra = {}
    found = {(d.ghost_id, d.field) for d in await _differences(database, ghost)}
    assert (first, "lexical") in found
    assert (second, None) in found
    assert ("f" * 24, None) in found
    assert (third, "url") in found


async def test_a_pass_without_changes_writes_nothing_but_its_row(
    database: Database, database_url: str, ghost: ReplayGhost
) -> None:
    await _sync(database, ghost)
    before = await row_versions(database_url)
    report = await _sync(database, ghost)
    assert not report.has_changes
    assert await row_versions(database_url) == before
    assert [run.outcome for run in await _runs(database)] == ["complete", "complete"]


async def test_whatever_changes_in_ghost_arrives(database: Database, ghost: ReplayGhost) -> None:
    await _sync(database, ghost)
    one, two, three, four, *_ = ghost.site.ids("posts", status="published")
    ghost.site.edit(one, title="Another title")
    ghost.site.set_tags(two, ["Bread", "#internal", "Oven"])
    ghost.site.unpublish(three)
    ghost.site.delete(four)
    ghost.site.delete_tag(next(iter(ghost.site.tags)))
    ghost.site.create(title="New", status="published")
    report = await _sync(database, ghost)
    assert report.outcome == "complete"
    assert (report.counts["posts"].added, report.counts["posts"].removed) == (1, 1)
    assert await _differences(database, ghost) == []
    assert (await _post(database, four)).deleted_at is not None


async def test_two_posts_swap_their_slugs(database: Database, ghost: ReplayGhost) -> None:
    await _sync(database, ghost)
    one, two = ghost.site.ids("posts", status="published")[:2]
    first, second = (await _post(database, one)).slug, (await _post(database, two)).slug
    ghost.site.rename(one, "in-between")
    ghost.site.rename(two, first)
    ghost.site.rename(one, second)
    await _sync(database, ghost)
    assert (await _post(database, one)).slug == second
    assert (await _post(database, two)).slug == first
    assert await _differences(database, ghost) == []


async def test_an_old_slug_is_remembered(database: Database, ghost: ReplayGhost) -> None:
    await _sync(database, ghost)
    ghost_id = ghost.site.ids("posts", status="published")[0]
    old = (await _post(database, ghost_id)).slug
    ghost.site.rename(ghost_id, "quite-another")
    await _sync(database, ghost)
    async with database.unit_of_work() as work:
        kept = (await work.session.scalars(select(OldSlug).where(OldSlug.slug == old))).one()
    assert kept.object_id == (await _post(database, ghost_id)).id


@pytest.mark.parametrize("kind", ["500", "cut", "type"])
async def test_one_bad_object_does_not_lose_its_neighbours(
    database: Database, ghost: ReplayGhost, kind: PoisonKind
) -> None:
    bad = ghost.site.ids("posts")[7]
    ghost.poison(bad, kind)
    report = await _sync(database, ghost)
    assert report.outcome == "incomplete"
    assert report.counts["posts"].added == 59
    assert [(failure.kind, failure.ghost_id) for failure in report.failures] == [("posts", bad)]
    [run] = await _runs(database)
    assert run.failures[0]["ghost_id"] == bad
    ghost.recover()
    assert (await _sync(database, ghost)).outcome == "complete"
    assert await _differences(database, ghost) == []


async def test_an_object_that_the_database_refuses_costs_only_itself(
    database: Database, ghost: ReplayGhost
) -> None:
    bad = ghost.site.ids("posts")[3]
    ghost.site.edit(bad, title="a NUL \0 in the middle")
    report = await _sync(database, ghost)
    assert report.counts["posts"].added == 59
    [failure] = report.failures
    assert failure.ghost_id == bad
    assert "cannot be stored" in failure.reason


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500, times=None),
        Fault("status", status=401, times=None),
        Fault("html", times=None),
        Fault("cut", times=None),
        Fault("drop", times=None),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_failing_ghost_removes_nothing_and_the_next_pass_repairs(
    database: Database, ghost: ReplayGhost, fault: Fault
) -> None:
    await _sync(database, ghost)
    ghost.site.create(title="While it failed", status="published")
    ghost.inject(fault)
    report = await _sync(database, ghost)
    assert report.outcome in {"failed", "incomplete"}
    assert not any(counts.removed for counts in report.counts.values())
    assert (await _runs(database))[-1].outcome == report.outcome
    ghost.recover()
    assert (await _sync(database, ghost)).outcome == "complete"
    assert await _differences(database, ghost) == []


async def test_a_ghost_that_breaks_in_the_middle_of_a_pass(
    database: Database, ghost: ReplayGhost
) -> None:
    ghost.inject(Fault("status", status=401, times=None, path="/pages/"))
    report = await _sync(database, ghost)
    assert report.outcome == "failed"
    assert "key" in (report.error or "")
    assert report.counts["posts"].added == 60
    ghost.recover()
    await _sync(database, ghost)
    assert await _differences(database, ghost) == []


async def test_an_emptied_ghost_does_not_empty_the_mirror(
    database: Database, ghost: ReplayGhost
) -> None:
    await _sync(database, ghost)
    for ghost_id in ghost.site.ids("posts"):
        ghost.site.delete(ghost_id)
    report = await _sync(database, ghost)
    assert report.counts["posts"].removed == 0
    assert report.outcome == "incomplete"
    assert "none was removed" in report.failures[0].reason


async def test_the_last_object_of_a_kind_goes_once_ghost_confirms_it(database: Database) -> None:
    async with ReplayGhost(seed=3, posts=4) as ghost:
        await _sync(database, ghost)
        for ghost_id in ghost.site.ids("posts"):
            ghost.site.delete(ghost_id)
        report = await _sync(database, ghost)
        assert report.counts["posts"].removed == 4
        assert await _differences(database, ghost) == []


async def test_what_a_killed_pass_left_open_is_marked(
    database: Database, ghost: ReplayGhost
) -> None:
    async with database.unit_of_work() as work:
        work.session.add(SyncRun(kind="full", source=ghost.url))
    await _sync(database, ghost)
    assert [run.outcome for run in await _runs(database)] == ["interrupted", "complete"]


async def test_no_gated_text_is_public(database: Database, ghost: ReplayGhost) -> None:
    html = "<p>Before.</p><!--members-only--><p>Quokkasecret.</p>"
    above = ghost.site.create(title="A", status="published", visibility="members")
    whole = ghost.site.create(title="B", status="published", visibility="paid")
    for ghost_id, text in ((above, html), (whole, "<p>Quokkasecret.</p>")):
        ghost.site.documents[ghost_id].update(html=text, plaintext="Quokkasecret")
    await _sync(database, ghost)
    shown, hidden = await _post(database, above), await _post(database, whole)
    assert (shown.teaser_html, shown.excerpt) == ("<p>Before.</p>", "Before.")
    assert (hidden.teaser_html, hidden.excerpt) == ("", "")


async def test_only_one_of_two_passes_runs(database: Database, ghost: ReplayGhost) -> None:
    ghost.trouble.latency = 0.05
    async with client_of(ghost) as client:
        done = await asyncio.gather(sync_alone(database, client), sync_alone(database, client))
    assert sorted(report is None for report in done) == [False, True]
    assert len(await _runs(database)) == 1
