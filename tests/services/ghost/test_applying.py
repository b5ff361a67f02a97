"""Webhooks applied: by one reading for many, whatever they said, in any order and number."""

import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from infrastructure.database import Database
from models.content import Post
from models.members import Member
from models.site import SiteSetting
from services.ghost.client import GhostClient
from services.ghost.sync import sync
from tests.ghost_replay import Fault, ReplayGhost
from tests.ghost_replay.history import STEPS
from tests.ghost_replay.site import WebhookEvent
from tests.services.ghost.mirroring import client_of, differences
from tests.services.ghost.webhooks_driver import (
    all_applied,
    apply_jobs,
    applying_webhooks,
    hand_in,
    inbox_rows,
    until,
)


@pytest.fixture(params=[6, 5], ids=["Ghost 6", "Ghost 5"])
async def ghost(request: pytest.FixtureRequest) -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=4, posts=12, members=5, version=request.param) as ghost:
        yield ghost


@pytest.fixture
async def client(ghost: ReplayGhost, database: Database) -> AsyncIterator[GhostClient]:
    """A client of a Ghost that is mirrored already."""
    async with client_of(ghost) as client:
        await sync(database, client)
        ghost.take_outbox()
        ghost.requests.clear()
        yield client


async def _status(database: Database, ghost_id: str) -> tuple[str, bool]:
    async with database.read() as connection:
        row = (
            await connection.execute(
                select(Post.status, Post.deleted_at).where(Post.ghost_id == ghost_id)
            )
        ).one()
        return row.status, row.deleted_at is not None


async def test_a_history_is_followed_by_its_webhooks_alone(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    dice = random.Random(11)
    # A tag that is deleted leaves its posts without a word; reconciling takes it off them.
    names = [name for name in STEPS if name != "tag deleted"] * 4
    dice.shuffle(names)
    async with applying_webhooks(database, client):
        for name in names:
            STEPS[name][1](ghost.site, dice)
            await hand_in(database, ghost.take_outbox())
        await all_applied(database)
    assert await differences(database, client) == []
    rows = await inbox_rows(database)
    assert {row.body for row in rows} == {None}
    assert {row.outcome for row in rows} <= {"applied", "unchanged", "removed"}


async def test_many_webhooks_of_an_object_are_one_reading(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    [first, second, *_] = ghost.site.ids("posts")
    for number in range(15):
        ghost.site.edit(first, title=f"Title {number}")
    ghost.site.edit(second, title="Another")
    events = [it for it in ghost.take_outbox() if it.event != "site.changed"]
    random.Random(1).shuffle(events)
    await hand_in(database, [*events, *events])
    assert len(await apply_jobs(database)) == 2
    async with applying_webhooks(database, client):
        await all_applied(database)
    assert ghost.count(f"/posts/{first}/") == 1
    assert len(ghost.requests) == 2
    assert await differences(database, client) == []


async def test_a_delete_is_believed_when_ghost_says_so(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    [first, second, *_] = ghost.site.ids("posts")
    async with applying_webhooks(database, client):
        deleted = WebhookEvent("post.deleted", {"post": {"current": {}, "previous": {"id": first}}})
        await hand_in(database, [deleted])
        await all_applied(database)
        assert not (await _status(database, first))[1]
        ghost.site.delete(second)
        # It says that the post was edited: what is so is asked.
        edited = WebhookEvent("post.edited", {"post": {"current": {"id": second}, "previous": {}}})
        await hand_in(database, [edited])
        await all_applied(database)
    assert (await _status(database, second))[1]
    assert [row.outcome for row in await inbox_rows(database)] == ["unchanged", "removed"]


async def test_settings_and_members_follow(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    title = next(it for it in ghost.site.settings if it["key"] == "title")
    title["value"] = "A new name"
    [member, other, *_] = ghost.site.people
    ghost.site.edit_member(member, name="A new name")
    ghost.site.delete_member(other)
    added = ghost.site.create_member("new@example.org")
    await hand_in(database, [*ghost.take_outbox(), WebhookEvent("site.changed", {})])
    async with applying_webhooks(database, client):
        await all_applied(database)
    async with database.read() as connection:
        names = {row.ghost_id: row.name for row in await connection.execute(select(Member))}
        said = await connection.scalar(select(SiteSetting.value).where(SiteSetting.key == "title"))
    assert names[member] == "A new name"
    assert added in names
    assert other not in names
    assert said == "A new name"


async def test_a_webhook_without_an_object_is_set_aside(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    await hand_in(database, [WebhookEvent("post.edited", {"event": "post.edited"})])
    async with applying_webhooks(database, client):
        await all_applied(database)
    assert [row.outcome for row in await inbox_rows(database)] == ["ignored"]
    assert ghost.requests == []


async def test_nothing_is_lost_while_ghost_is_away(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    first = ghost.site.ids("posts")[0]
    ghost.site.edit(first, title="Written while we could not hear")
    ghost.inject(Fault("status", status=503, times=None))
    async with applying_webhooks(database, client):
        await hand_in(database, ghost.take_outbox())
        await until(
            apply_jobs, database, lambda rows: any(it.headers.get("postponed") for it in rows)
        )
        [*jobs] = await apply_jobs(database)
        assert {row.status for row in jobs} <= {"queued", "picked"}
        ghost.recover()
        await all_applied(database)
    assert await differences(database, client) == []


async def test_an_object_that_ghost_cannot_give_is_tried_again_and_harms_no_other(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    [first, second, *_] = ghost.site.ids("posts")
    ghost.poison(first, "type")
    for ghost_id in (first, second):
        ghost.site.edit(ghost_id, title="New")
    async with applying_webhooks(database, client):
        await hand_in(database, [it for it in ghost.take_outbox() if it.event == "post.edited"])
        await until(apply_jobs, database, lambda rows: any(it.headers.get("error") for it in rows))
        await until(
            inbox_rows,
            database,
            lambda rows: [it.ghost_id for it in rows if not it.done_at] == [first],
        )
        ghost.recover()
        await all_applied(database)
    assert await differences(database, client) == []


async def test_a_webhook_that_comes_while_its_object_is_read_is_read_for_again(
    ghost: ReplayGhost, client: GhostClient, database: Database
) -> None:
    first = ghost.site.ids("posts")[0]
    ghost.site.edit(first, title="Before")
    ghost.inject(Fault("stall", seconds=0.5, path=f"/posts/{first}/"))
    async with applying_webhooks(database, client):
        await hand_in(database, [it for it in ghost.take_outbox() if it.event == "post.edited"])
        await until(apply_jobs, database, lambda rows: "picked" in {it.status for it in rows})
        ghost.site.edit(first, title="After")
        await hand_in(database, [it for it in ghost.take_outbox() if it.event == "post.edited"])
        await all_applied(database)
    async with database.read() as connection:
        title = await connection.scalar(select(Post.title).where(Post.ghost_id == first))
        assert await connection.scalar(select(func.count()).select_from(Post)) == len(
            ghost.site.documents
        )
    assert title == "After"
