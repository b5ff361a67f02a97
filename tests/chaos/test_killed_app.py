"""kill -9 of the app at any moment: what it acknowledged is applied, once, by whoever comes next.

`make chaos-ghost` kills it two hundred times; the normal run three times.
"""

from pathlib import Path

import pytest

from infrastructure.database import Database
from tests.chaos.killed_app import die_and_live


async def test_nothing_is_lost_by_kills(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await die_and_live(5, 3, database, database_url, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
async def test_nothing_is_lost_by_two_hundred_kills(
    database: Database, database_url: str, tmp_path: Path, seed: int
) -> None:
    await die_and_live(seed, 10, database, database_url, tmp_path)
