"""What `docs/operations.md` says of backups: a dump that is restored elsewhere is the same site."""

import subprocess
from pathlib import Path

import asyncpg

from infrastructure.embedded_postgres.software import PARTS, locate_software
from infrastructure.migrate import head, migrate

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


async def contents(url: str) -> dict[str, list[str]]:
    """Return every row of every table as text, generated columns included."""
    connection = await asyncpg.connect(url)
    try:
        found = {}
        for (table,) in await connection.fetch(_TABLES):
            rows = await connection.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            found[table] = sorted(row[0] for row in rows)
        return found
    finally:
        await connection.close()


def run(program: str, *arguments: str | Path) -> None:
    command = [locate_software() / PARTS[0] / "bin" / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_dump_that_is_restored_elsewhere_is_the_same_site(
    readers_database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    dump = tmp_path / "site.dump"
    run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", readers_database_url)
    run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={empty_database_url}", dump)

    restored = await contents(empty_database_url)
    assert restored == await contents(readers_database_url)
    assert restored["alembic_version"] == [f"({head()})"]
    assert len(restored["posts"]) > 10

    # And it goes on from there: the start's migrations find nothing to do, the triggers work.
    await migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("UPDATE posts SET published_at = published_at + interval '1 day'")
        behind = await connection.fetchval(
            "SELECT count(*) FROM post_tags JOIN posts ON posts.id = post_id"
            " WHERE post_tags.listed_at IS DISTINCT FROM posts.listed_at"
        )
    finally:
        await connection.close()
    assert behind == 0
