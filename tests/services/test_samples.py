"""The sample site: an empty database gets it once, however many workers start."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Select, func, select

from infrastructure.database import Database
from infrastructure.settings import load_settings
from models.content import Author, Post, Tag, TagGroup, TagGroupMember
from models.media import MediaFile
from models.site import SyncRun
from services.media import MediaLibrary, open_library
from services.posts import reader
from services.samples import FOLDER, add_sample_site
from tests.services.posts.building import add_post


@pytest.fixture
async def workers(
    database_url: str, tmp_path: Path
) -> AsyncIterator[list[tuple[Database, MediaLibrary]]]:
    """Give the databases and libraries of four workers that share one database and one folder."""
    settings = load_settings(environment="test", var_folder=tmp_path / "var")
    databases = [Database(database_url, pool_size=2) for _ in range(4)]
    made = [(database, open_library(settings, database)) for database in databases]
    yield made
    for database, library in made:
        await library.close()
        await database.close()


async def _count(database: Database, table: Any) -> int:
    statement: Select[Any] = select(func.count()).select_from(table)
    async with database.read() as connection:
        found: int = await connection.scalar(statement)
    return found


async def _counts(database: Database) -> list[int]:
    tables = (Post, Tag, Author, TagGroup, TagGroupMember, MediaFile, SyncRun)
    return [await _count(database, table) for table in tables]


async def test_an_empty_database_gets_the_sample_site_once(
    workers: list[tuple[Database, MediaLibrary]],
) -> None:
    database, library = workers[0]
    assert await add_sample_site(database, library)
    counts = await _counts(database)
    assert all(counts)
    async with database.unit_of_work() as work:
        [run] = await work.session.scalars(select(SyncRun))
    assert (run.outcome, run.failures) == ("complete", [])
    async with database.read() as connection:
        is_page = (await connection.scalars(select(Post.is_page))).all()
        assert is_page.count(True) >= 4
        assert is_page.count(False) >= 15
        groups = await reader.tag_groups(connection)
    wanted = yaml.safe_load((FOLDER / "groups.yaml").read_text())
    found = [(group.slug, [tag.slug for tag in group.tags]) for group in groups]
    assert found == [(group["slug"], group["tags"]) for group in wanted]

    assert not await add_sample_site(database, library)
    assert await _counts(database) == counts


async def test_workers_that_start_at_once_fill_it_once_and_all_wait_for_it(
    workers: list[tuple[Database, MediaLibrary]],
) -> None:
    async def start(database: Database, library: MediaLibrary) -> tuple[bool, list[int]]:
        return await add_sample_site(database, library), await _counts(database)

    results = await asyncio.gather(*(start(*worker) for worker in workers))
    assert sorted(filled for filled, _ in results) == [False, False, False, True]
    assert len({tuple(counts) for _, counts in results}) == 1
    assert results[0][1][-1] == 1


async def test_a_database_that_has_anything_is_left_alone(
    workers: list[tuple[Database, MediaLibrary]],
) -> None:
    database, library = workers[0]
    async with database.unit_of_work() as work:
        post = await add_post(work.session, "ours", status="draft")
        post.deleted_at = post.published_at
    assert not await add_sample_site(database, library)
    assert await _count(database, Post) == 1
