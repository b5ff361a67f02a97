"""Histories of a misbehaving Ghost, from a seed: what it does, and what becomes of its webhooks."""

import random

from sqlalchemy import func, select, text

from infrastructure.database import Database
from models.content import Post
from services.ghost.reconcile import reconcile_ids
from services.ghost.sync import sync
from tests.ghost_replay import Fault, ReplayGhost
from tests.ghost_replay.history import random_step
from tests.ghost_replay.site import WebhookEvent
from tests.services.ghost.mirroring import client_of, differences
from tests.services.ghost.webhooks_driver import (
    all_applied,
    applying_webhooks,
    hand_in,
    inbox_rows,
)

_LOST = 0.3
_DOUBLED = 0.3


def misdelivered(events: list[WebhookEvent], dice: random.Random) -> list[WebhookEvent]:
    """Return what arrives of webhooks: some are lost, some come twice, in another order."""
    arrived: list[WebhookEvent] = []
    for event in events:
        if dice.random() < _LOST:
            continue
        arrived += [event] * (2 if dice.random() < _DOUBLED else 1)
    dice.shuffle(arrived)
    return arrived


def misbehave(ghost: ReplayGhost, dice: random.Random) -> None:
    """Let a Ghost fail in all its ways, now and then, and for one post always."""
    ghost.inject(
        Fault("status", status=500, times=None, probability=0.05),
        Fault("status", status=429, retry_after="0", times=None, probability=0.05),
        Fault("status", status=503, times=None, probability=0.03),
        Fault("cut", times=None, probability=0.04),
        Fault("drop", times=None, probability=0.03),
        Fault("html", times=None, probability=0.02),
        Fault("stall", seconds=2.5, times=1, probability=0.05),
    )
    ghost.poison(dice.choice(ghost.site.ids("posts")), dice.choice(("500", "cut", "type")))


async def hurry(database: Database) -> None:
    """Let the pauses after failures be over."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            text("UPDATE jobs.pgqueuer SET execute_after = now() WHERE entrypoint = 'ghost.apply'")
        )


async def live_through(seed: int, database: Database, steps: int = 25) -> None:
    """Let a Ghost misbehave for a while, reconcile, and see that nothing is wrong.

    Raises:
        AssertionError: the mirror is not as Ghost.
    """
    dice = random.Random(seed)
    async with (
        ReplayGhost(seed=seed, posts=8, members=4, version=dice.choice((5, 6))) as ghost,
        client_of(ghost) as client,
    ):
        await sync(database, client)
        ghost.take_outbox()
        here = set(ghost.site.documents)
        misbehave(ghost, dice)
        late: list[WebhookEvent] = []
        async with applying_webhooks(database, client, poll=0.05):
            for number in range(steps):
                random_step(ghost.site, dice)
                here |= set(ghost.site.documents)
                late += misdelivered(ghost.take_outbox(), dice)
                dice.shuffle(late)
                # Some come much later than what happened after them.
                now = dice.randint(0, len(late))
                await hand_in(database, late[:now])
                late = late[now:]
                if number % 10 == 9:
                    await reconcile_ids(database, client)
            ghost.recover()
            await reconcile_ids(database, client)
            assert await differences(database, client) == [], f"seed {seed}, after the reconcile"
            # What comes after that, and what was put off until now, makes nothing worse.
            await hand_in(database, late)
            await hurry(database)
            await all_applied(database)
        assert await differences(database, client) == [], f"seed {seed}, after the last webhook"
        await _whole(seed, database, here - set(ghost.site.documents))


async def _whole(seed: int, database: Database, gone: set[str]) -> None:
    async with database.read() as connection:
        readable = await connection.scalars(
            select(Post.ghost_id).where(Post.deleted_at.is_(None), Post.ghost_id.in_(gone))
        )
        assert readable.all() == [], f"seed {seed}: deleted in Ghost, and still here"
        twice = await connection.execute(
            select(Post.slug)
            .where(Post.deleted_at.is_(None))
            .group_by(Post.slug)
            .having(func.count() > 1)
        )
        assert twice.all() == [], f"seed {seed}: twice"
    assert {row.outcome for row in await inbox_rows(database)} <= {
        "applied",
        "unchanged",
        "removed",
    }, f"seed {seed}"
