"""The commands against a database and a replayed Ghost: exit codes, and one sentence each."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infrastructure.database import Database
from infrastructure.migrate import head
from infrastructure.settings import ROOT
from services.ghost.importing import import_export
from tests.ghost_replay import ReplayGhost

SAMPLE = ROOT / "samples" / "site.json"


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended: its exit code and what it said."""

    code: int
    out: str
    error: str

    @property
    def sentence(self) -> str:
        """The only line on standard error that is no line of the log."""
        lines = [line for line in self.error.splitlines() if not line.startswith("{")]
        assert len(lines) == 1, self
        return lines[0]


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=9, posts=30) as ghost:
        yield ghost


async def _quart(
    *arguments: str, database_url: str, folder: Path, ghost: ReplayGhost | None = None, **more: str
) -> Ended:
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "VAR_FOLDER": str(folder / "var"),
        "SECRET_KEY": "a key for the tests of the commands",
        "LOG_FORMAT": "json",
        **more,
    }
    if ghost is not None:
        environment |= {"GHOST_API_URL": ghost.url, "GHOST_ADMIN_API_KEY": ghost.admin_key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "quart", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), error.decode())


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_migrate_brings_a_database_up_any_number_of_times(
    empty_database_url: str, tmp_path: Path
) -> None:
    for _ in range(2):
        ended = await _quart("migrate", database_url=empty_database_url, folder=tmp_path)
        assert (ended.code, ended.error) == (0, "")
        assert ended.out.splitlines()[-1] == "The database is up to date."
    revision = await _value(empty_database_url, "SELECT version_num FROM alembic_version")
    assert revision == head()


async def test_a_database_that_does_not_exist_is_told(
    empty_database_url: str, tmp_path: Path
) -> None:
    elsewhere = empty_database_url.replace("/test_", "/no_such_test_")
    ended = await _quart("migrate", database_url=elsewhere, folder=tmp_path)
    assert ended.code == 1
    assert "refuses this app" in ended.sentence


async def test_a_first_sync_a_second_one_and_the_comparison(
    empty_database_url: str, tmp_path: Path, ghost: ReplayGhost
) -> None:
    where: dict[str, Any] = {"database_url": empty_database_url, "folder": tmp_path, "ghost": ghost}
    first = await _quart("sync-ghost", **where)
    assert first.code == 0, first
    assert "posts        30 added, 0 changed, 0 unchanged, 0 removed, 0 failed" in first.out
    # A bar is for a terminal.
    assert "█" not in first.error

    again = await _quart("sync-ghost", "--full", **where)
    assert again.code == 0
    assert "posts        0 added, 0 changed, 30 unchanged, 0 removed, 0 failed" in again.out

    after = await _quart("ghost-status", "--compare", **where)
    assert after.code == 0
    assert "Ghost 6.65.0 answers" in after.out
    assert ghost.url in after.out
    assert "Webhooks     0 of 29 registered" in after.out
    assert after.out.splitlines()[-1] == "The mirror equals Ghost."

    ghost.site.edit(ghost.site.ids("posts")[0], title="Changed since")
    changed = await _quart("ghost-status", "--compare", **where)
    assert changed.code == 1
    assert ".title: Ghost 'Changed since'" in changed.out
    assert changed.sentence.endswith(" differences.")

    counted = await _quart("ghost-status", **where)
    assert counted.code == 0
    assert "Differing now: posts 1." in counted.out
    await ghost.stop()
    down = await _quart("ghost-status", **where)
    assert down.code == 1
    assert down.sentence == "Ghost cannot be reached."
    assert "All ids" in down.out


async def test_the_webhooks_are_registered_any_number_of_times(
    database_url: str, tmp_path: Path, ghost: ReplayGhost
) -> None:
    where: dict[str, Any] = {"database_url": database_url, "folder": tmp_path, "ghost": ghost}
    without = await _quart("ghost-connect", **where)
    assert without.code == 1
    assert without.sentence.startswith("GHOST_WEBHOOK_SECRET is not set")
    where |= {"GHOST_WEBHOOK_SECRET": "a secret of the tests", "SITE_URL": "https://8.8.8.8"}
    first = await _quart("ghost-connect", **where)
    assert (first.code, first.out) == (0, "29 of 29 webhooks are registered: 29 made.\n")
    again = await _quart("ghost-connect", **where)
    assert (again.code, again.out) == (0, "29 of 29 webhooks are registered: 29 as they were.\n")


async def test_a_ghost_that_does_not_know_the_key_is_told(
    database_url: str, tmp_path: Path, ghost: ReplayGhost
) -> None:
    ended = await _quart(
        "sync-ghost",
        database_url=database_url,
        folder=tmp_path,
        GHOST_API_URL=ghost.url,
        GHOST_ADMIN_API_KEY=f"{'0' * 24}:{'0' * 64}",
    )
    assert ended.code == 1
    assert "key" in ended.sentence
    assert "0000" not in ended.sentence


async def test_an_object_that_cannot_be_taken_makes_the_command_fail(
    database_url: str, tmp_path: Path, ghost: ReplayGhost
) -> None:
    ghost.poison(ghost.site.ids("posts")[3], "type")
    ended = await _quart("sync-ghost", database_url=database_url, folder=tmp_path, ghost=ghost)
    assert ended.code == 1
    assert ended.sentence == "1 objects could not be taken; see above."
    assert ghost.site.ids("posts")[3] in ended.out


async def test_a_sync_beside_another_one_steps_back(
    database_url: str, tmp_path: Path, ghost: ReplayGhost
) -> None:
    holder = await asyncpg.connect(database_url)
    await holder.execute("SELECT pg_advisory_lock(7305841961)")
    ended = await _quart("sync-ghost", database_url=database_url, folder=tmp_path, ghost=ghost)
    await holder.close()
    assert ended.code == 1
    assert ended.sentence == "Another process syncs at this moment; try again when it is done."


async def test_an_export_is_imported_any_number_of_times(database_url: str, tmp_path: Path) -> None:
    posts = [
        row["type"] for row in json.loads(SAMPLE.read_text("utf-8"))["db"][0]["data"]["posts"]
    ].count("post")
    for told in (
        f"{posts} added, 0 changed, 0 unchanged",
        f"0 added, 0 changed, {posts} unchanged",
    ):
        ended = await _quart(
            "import-ghost", str(SAMPLE), database_url=database_url, folder=tmp_path
        )
        assert ended.code == 0
        assert f"posts        {told}, 0 removed, 0 failed" in ended.out


async def test_a_file_that_is_no_export_is_told(database_url: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    ended = await _quart("import-ghost", str(wrong), database_url=database_url, folder=tmp_path)
    assert ended.code == 1
    assert str(wrong) in ended.sentence


async def test_an_export_with_a_broken_post_is_imported_without_it(
    database_url: str, tmp_path: Path
) -> None:
    content = json.loads(SAMPLE.read_text("utf-8"))
    content["db"][0]["data"]["posts"][0]["title"] = 7
    path = tmp_path / "export.json"
    path.write_text(json.dumps(content))
    ended = await _quart("import-ghost", str(path), database_url=database_url, folder=tmp_path)
    assert ended.code == 1
    assert ended.sentence == "1 objects could not be taken; see above."
    assert content["db"][0]["data"]["posts"][0]["id"] in ended.out


async def test_a_site_is_exported_and_a_file_is_not_overwritten_unasked(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    await import_export(database, SAMPLE)
    await database.close()
    where: dict[str, Any] = {"database_url": database_url, "folder": tmp_path}
    path = tmp_path / "export.json"
    path.write_text("precious")
    refused = await _quart("export", str(path), **where)
    assert refused.code == 1
    assert refused.sentence == f"{path} is there already; with --overwrite it would be replaced."
    assert path.read_text() == "precious"
    done = await _quart("export", str(path), "--overwrite", **where)
    assert (done.code, done.error) == (0, "")
    posts = json.loads(path.read_text("utf-8"))["db"][0]["data"]["posts"]
    pages = [row["type"] for row in posts].count("page")
    assert done.out.startswith(f"Exported: posts {len(posts) - pages}, pages {pages}, tags ")
