"""The mirror of a real Ghost: equal in every field, and a second pass writes nothing."""

import time

import pytest

from infrastructure.database import Database
from services.ghost.sync import sync
from tests.services.ghost.conftest import Connect, find_real_ghost
from tests.services.ghost.mirroring import differences, row_versions


@pytest.mark.ghost
async def test_the_mirror_equals_a_real_ghost_and_stays_as_it_is(
    database: Database, database_url: str, connect: Connect
) -> None:
    client = connect(find_real_ghost())
    began = time.monotonic()
    report = await sync(database, client)
    assert (report.outcome, report.failures) == ("complete", [])
    posts = report.counts["posts"].added
    print(f"\n{posts} posts mirrored in {time.monotonic() - began:.1f} s")
    assert posts > 0
    assert await differences(database, client) == []

    before = await row_versions(database_url)
    again = await sync(database, client)
    assert not again.has_changes
    assert await row_versions(database_url) == before
