"""A Ghost that misbehaves, and what the client makes of it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.ghost.client import GhostClient
from services.ghost.errors import (
    GhostAnswerBroken,
    GhostAnswerInvalid,
    GhostBusy,
    GhostError,
    GhostNotFound,
    GhostObjectFailure,
    GhostServerFault,
    GhostTimeout,
    GhostUnauthorized,
    GhostUnreachable,
)
from services.ghost.paging import Walk
from tests.ghost_replay import Fault, ReplayGhost
from tests.ghost_replay.faults import FaultKind
from tests.services.ghost.conftest import Connect
from tests.services.ghost.test_client import everything


async def walked(client: GhostClient) -> tuple[list[str], list[GhostObjectFailure]]:
    """Return the ids and the failures of a walk through the posts."""
    ids: list[str] = []
    failures: list[GhostObjectFailure] = []
    async for batch in client.read_posts():
        ids += [post.id for post in batch.items]
        failures += batch.failures
    return ids, failures


# One bad object.


@pytest.mark.parametrize("kind", ["500", "cut"])
@pytest.mark.parametrize("places", [[0], [249], [49], [50], [77, 78], [3, 120, 121, 122, 249]])
async def test_poison_costs_only_the_poisoned(
    ghost: ReplayGhost, connect: Connect, kind: str, places: list[int]
) -> None:
    ids = ghost.site.ids("posts")
    bad = [ids[place] for place in places]
    for ghost_id in bad:
        ghost.poison(ghost_id, "500" if kind == "500" else "cut")
    client = connect(ghost, attempts=2)
    read, failures = await walked(client)
    assert read == [ghost_id for ghost_id in ids if ghost_id not in bad]
    assert [(failure.kind, failure.ghost_id) for failure in failures] == [
        ("posts", ghost_id) for ghost_id in bad
    ]
    assert all(failure.reason for failure in failures)
    # The halvings are tried once each, and the way back up doubles.
    assert client.requests <= 5 + 22 * len(places)


async def test_an_object_of_another_shape_costs_no_request_more(
    ghost: ReplayGhost, connect: Connect
) -> None:
    ids = ghost.site.ids("posts")
    ghost.poison(ids[10], "type")
    client = connect(ghost)
    read, failures = await walked(client)
    assert len(read) == 249
    assert [failure.ghost_id for failure in failures] == [ids[10]]
    assert "title" in failures[0].reason
    assert client.requests == 5


async def test_the_rest_of_the_walk_counts_down(ghost: ReplayGhost, connect: Connect) -> None:
    ghost.poison(ghost.site.ids("posts")[60])
    left = [batch.remaining async for batch in connect(ghost, attempts=1).read_posts()]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


async def test_an_answer_of_a_page_that_is_too_slow_is_narrowed_down(
    ghost: ReplayGhost, connect: Connect
) -> None:
    ghost.inject(Fault("stall", seconds=0.6, times=2, path="/posts/"))
    client = connect(ghost, attempts=2, request_seconds=0.3)
    read, failures = await walked(client)
    assert len(read) == 250
    assert failures == []


# Trouble that passes, and trouble that does not.


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500, times=3),
        Fault("status", status=502, times=3),
        Fault("status", status=429, times=3),
        Fault("status", status=429, times=3, retry_after="0"),
        Fault("cut", times=3),
        Fault("drop", times=3),
        Fault("status", status=503, probability=0.3, times=None),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.probability}",
)
async def test_what_passes_is_tried_again(
    ghost: ReplayGhost, connect: Connect, fault: Fault
) -> None:
    ghost.inject(fault)
    read, failures = await walked(connect(ghost, attempts=8))
    assert read == ghost.site.ids("posts")
    assert failures == []


def lasting() -> Iterator[tuple[Fault, type[GhostError]]]:
    for status in (500, 501, 502, 503, 504):
        yield Fault("status", status=status, times=None), GhostServerFault
    yield Fault("status", status=429, times=None), GhostBusy
    yield Fault("status", status=429, times=None, retry_after="3600"), GhostBusy
    yield Fault("status", status=401, times=None), GhostUnauthorized
    yield Fault("html", times=None), GhostAnswerInvalid
    yield Fault("status", status=302, times=None), GhostAnswerInvalid
    yield Fault("cut", times=None), GhostAnswerBroken
    yield Fault("drop", times=None), GhostAnswerBroken
    yield Fault("stall", seconds=1.0, times=None), GhostTimeout


@pytest.mark.parametrize(
    ("fault", "error"), list(lasting()), ids=lambda value: getattr(value, "kind", None)
)
async def test_what_lasts_ends_the_walk_with_its_own_error(
    ghost: ReplayGhost, connect: Connect, fault: Fault, error: type[GhostError]
) -> None:
    ghost.inject(fault)
    client = connect(ghost, attempts=2, request_seconds=0.1)
    with pytest.raises(error) as caught:
        await walked(client)
    assert type(caught.value) is error
    assert caught.value.sentence.endswith(".")
    # Every attempt at the page, every attempt at the next id, and no narrowing down.
    assert client.requests <= 4
    ghost.recover()
    assert (await walked(client))[0] == ghost.site.ids("posts")


async def test_an_end_in_the_middle_is_an_error_and_not_a_short_list(
    ghost: ReplayGhost, connect: Connect
) -> None:
    batches = connect(ghost, attempts=2).read_posts()
    assert len((await anext(batches)).items) == 50
    ghost.inject(Fault("status", status=503, times=None))
    with pytest.raises(GhostServerFault):
        await anext(batches)


async def test_nobody_there(connect: Connect) -> None:
    gone = ReplayGhost()
    await gone.start()
    await gone.stop()
    client = connect(gone, attempts=3)
    with pytest.raises(GhostUnreachable) as caught:
        await client.read_site()
    assert caught.value.sentence == "Ghost cannot be reached."
    assert client.requests == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_wait_that_ghost_asks_for_is_kept(
    ghost: ReplayGhost, connect: Connect, form: str
) -> None:
    # A date has whole seconds: up to one of the two may be gone already.
    wait = "1" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=2))
    ghost.inject(Fault("status", status=429, retry_after=wait))
    started = asyncio.get_running_loop().time()
    await connect(ghost).read_settings()
    assert 0.9 < asyncio.get_running_loop().time() - started < 3


# Writing is not repeated blindly.


@pytest.mark.parametrize("kind", ["drop", "cut"])
async def test_a_post_is_created_once_though_the_answer_was_lost(
    ghost: ReplayGhost, connect: Connect, kind: FaultKind
) -> None:
    ghost.inject(Fault(kind, method="POST"))
    with pytest.raises(GhostAnswerBroken):
        await connect(ghost).create_document("posts", {"title": "Once"})
    made = [entry for entry in ghost.site.documents.values() if entry["title"] == "Once"]
    assert len(made) == 1
    assert ghost.count("/posts/") == 1


async def test_an_edit_whose_answer_was_lost_does_not_collide_with_itself(
    ghost: ReplayGhost, connect: Connect
) -> None:
    client = connect(ghost)
    post = await client.read_post(ghost.site.ids("posts")[0])
    ghost.inject(Fault("drop", method="PUT"))
    with pytest.raises(GhostAnswerBroken):
        await client.edit_document(
            "posts", post.id, {"title": "Twice?", "updated_at": post.updated_at}
        )
    assert ghost.site.documents[post.id]["title"] == "Twice?"


async def test_a_write_that_was_turned_away_is_sent_again(
    ghost: ReplayGhost, connect: Connect
) -> None:
    ghost.inject(Fault("status", status=429, times=2), Fault("status", status=503, retry_after="0"))
    await connect(ghost).create_document("posts", {"title": "Once"})
    assert ghost.count("/posts/") == 4


async def test_a_delete_whose_answer_was_lost_is_done(ghost: ReplayGhost, connect: Connect) -> None:
    ghost_id = ghost.site.ids("posts")[0]
    fault = Fault("status", status=502, method="DELETE", after_effect=True)
    ghost.inject(fault)
    await connect(ghost).delete_document("posts", ghost_id)
    assert ghost_id not in ghost.site.documents
    with pytest.raises(GhostNotFound):
        await connect(ghost).delete_document("posts", ghost_id)


# A Ghost that changes while it is read.


async def test_nothing_is_skipped_or_doubled_while_posts_change(
    ghost: ReplayGhost, connect: Connect
) -> None:
    site = ghost.site
    before = site.ids("posts")
    seen: list[str] = []
    deleted: set[str] = set()
    created: set[str] = set()
    async for batch in connect(ghost, document_page_size=20).read_posts():
        seen += [post.id for post in batch.items]
        # Page numbers would skip a neighbour for each of these.
        gone = [seen[-3], next((key for key in before if key > seen[-1]), seen[-2])]
        for ghost_id in set(gone) - deleted:
            site.delete(ghost_id)
            deleted.add(ghost_id)
        if len(created) < 5:
            created.add(site.create("posts", title="In between", status="published"))
        left = site.ids("posts")
        site.edit(left[0], title=f"Edited {len(seen)}")
    assert len(seen) == len(set(seen))
    assert set(before) - deleted <= set(seen)
    assert created <= set(seen)


async def test_a_list_out_of_order_is_not_walked(ghost: ReplayGhost, connect: Connect) -> None:
    client = connect(ghost)
    walk = Walk(client._caller, "tags", lambda raw: raw["id"], params={"order": "name desc"})
    with pytest.raises(GhostAnswerInvalid, match="order of ids"):
        await everything(walk.batches())


async def test_ghost_5_gives_more_and_is_walked_all_the_same(connect: Connect) -> None:
    async with ReplayGhost(posts=120, version=5) as old:
        assert (await walked(connect(old)))[0] == old.site.ids("posts")
        assert (await connect(old).read_site()).version == "5.130"
