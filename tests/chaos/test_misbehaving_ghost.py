"""Whatever a Ghost loses, doubles, reorders or fails at: after a reconcile the mirror equals it.

`make chaos-ghost` runs two hundred seeds; the normal run a few.
"""

import pytest

from infrastructure.database import Database
from tests.chaos.histories import live_through


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_mirror_equals_ghost(database: Database, seed: int) -> None:
    await live_through(seed, database)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
async def test_the_mirror_equals_ghost_two_hundred_times(database: Database, seed: int) -> None:
    await live_through(seed, database)
