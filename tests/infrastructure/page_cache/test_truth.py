"""The promise of the page cache: within a second of a commit nobody sees what it made untrue.

Random edits of all that there is, by several workers, with readers asking all the while, renders
that take long and messages that come late; without and with the shared level.
"""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import models
from infrastructure.page_cache.touches import touching_models, undeclared
from tests.infrastructure.page_cache.edits import ADDRESSES, EDITED, EDITS, sow, with_chance
from tests.infrastructure.page_cache.fleet import GRACE, Fleet

WORKERS = 3

SOME = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

steps = st.lists(
    st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 2**16)), min_size=3, max_size=10
)


@pytest.fixture
async def fleet(database_url: str) -> AsyncIterator[Fleet]:
    async with Fleet.of(WORKERS, database_url) as fleet:
        yield fleet


@pytest.fixture
async def sharing_fleet(database_url: str, redis_url: str) -> AsyncIterator[Fleet]:
    async with Fleet.of(WORKERS, database_url, redis_url) as fleet:
        await fleet.shared_ready()
        yield fleet


async def play(fleet: Fleet, story: list[tuple[str, int]], *, lag: float, slow: float) -> None:
    """Make the edits of a story one after the other while readers ask, and judge every answer."""
    await _new_site(fleet)
    await fleet.begin(ADDRESSES)
    for number, worker in enumerate(fleet.workers):
        worker.lag, worker.longest_render = lag * number / WORKERS, slow
    over = asyncio.Event()
    readers = [asyncio.create_task(_read(fleet, seed, over)) for seed in range(4)]
    for name, seed in story:
        chance = random.Random(seed)
        await fleet.change(with_chance(EDITS[name], chance), chance.choice(fleet.workers))
    await asyncio.sleep(GRACE)
    over.set()
    await asyncio.gather(*readers)
    for number, worker in enumerate(fleet.workers):
        worker.longest_render = 0
        for target in ADDRESSES:
            await fleet.read(target, number)
    fleet.judge()


async def _new_site(fleet: Fleet) -> None:
    database = fleet.witness.app.database
    async with database.unit_of_work() as work:
        tables = ", ".join(
            table.name
            for table in models.Base.metadata.sorted_tables
            if table is not models.purge_log
        )
        await work.session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        work.touch({"everything"})
        await sow(work, random.Random(7))
    await asyncio.sleep(0.5)


async def _read(fleet: Fleet, seed: int, over: asyncio.Event) -> None:
    chance = random.Random(seed)
    while not over.is_set():
        await fleet.read(chance.choice(ADDRESSES), chance.randrange(WORKERS))
        await asyncio.sleep(0.002)


@SOME
@given(story=steps)
@example(story=[("rename_a_post", n) for n in range(6)])
@example(story=[("publish_or_not", n) for n in range(8)])
async def test_nobody_sees_the_past(fleet: Fleet, story: list[tuple[str, int]]) -> None:
    await play(fleet, story, lag=0.3, slow=0.1)


@SOME
@given(story=steps)
@example(story=[("change_a_setting", n) for n in range(8)])
async def test_nobody_sees_the_past_where_pages_are_shared(
    sharing_fleet: Fleet, story: list[tuple[str, int]]
) -> None:
    await play(sharing_fleet, story, lag=0.3, slow=0.1)
    assert sum(it.app.page_cache.counts.shared_hits for it in sharing_fleet.workers) > 0


@pytest.mark.slow
@settings(SOME, max_examples=25, derandomize=False, phases=[Phase.explicit, Phase.generate])
@given(story=st.lists(steps, min_size=2, max_size=4))
async def test_nobody_sees_the_past_for_long(
    sharing_fleet: Fleet, story: list[list[tuple[str, int]]]
) -> None:
    await play(sharing_fleet, [step for part in story for step in part], lag=0.6, slow=0.3)


def test_every_model_says_what_it_touches_and_is_edited_here() -> None:
    assert undeclared(models.Base) == []
    assert touching_models() <= EDITED
