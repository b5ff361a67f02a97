"""What mirroring a Ghost costs: posts a second and peak memory, at 1,000 and at 10,000 posts.

    python -m benchmarks.ghost_sync [posts …]

The replayed Ghost and PostgreSQL are processes of their own; every pass runs in a fresh process, so
that its peak memory is its own. `full` reads everything into an empty mirror, `again` does so when
nothing changed, `ids` and `changes` are the passes of a reconcile when nothing changed.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.http import create_client
from infrastructure.migrate import migrate
from infrastructure.settings import ROOT
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.reconcile import reconcile_changes, reconcile_ids
from services.ghost.runs import Report, past_runs
from services.ghost.sync import sync
from services.ghost.tokens import AdminKey

SIZES = (1_000, 10_000)
PASSES = ("full", "again", "ids", "changes")


async def _pass(name: str, database: Database, client: GhostClient) -> Report:
    if name == "ids":
        return await reconcile_ids(database, client)
    if name == "changes":
        past = await past_runs(database, client.config.admin_url)
        if past.cursor is None:
            message = "there was no pass before this one"
            raise RuntimeError(message)
        return await reconcile_changes(database, client, past.cursor)
    return await sync(database, client)


async def _one_pass(name: str, url: str, key: str, database_url: str) -> None:
    """Run one pass in this process, and print what it cost."""
    database = Database(database_url)
    idle = _peak()
    async with create_client() as http:
        client = GhostClient(http, GhostConfig(admin_url=url, admin_key=AdminKey(key)))
        began = time.perf_counter()
        report = await _pass(name, database, client)
        took = time.perf_counter() - began
    await database.close()
    if report.outcome != "complete":
        raise RuntimeError(report.error)
    print(
        json.dumps(
            {"took": took, "requests": client.requests, "peak": _peak(), "grown": _peak() - idle}
        )
    )


def _peak() -> float:
    """The most memory that this process ever had, in MB; Linux counts in kB, macOS in bytes."""
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


@contextmanager
def _replayed_ghost(posts: int) -> Iterator[dict[str, Any]]:
    command = _program("tests.ghost_replay", "--posts", str(posts), "--members", str(posts // 10))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                message = "the replayed Ghost has no output"
                raise RuntimeError(message)
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _measure(posts: int, server: EmbeddedPostgres) -> None:
    name = f"mirror_of_{posts}"

    async def make_database() -> None:
        administrator = await asyncpg.connect(server.url("postgres"))
        await administrator.execute(f"CREATE DATABASE {name}")
        await administrator.close()
        await migrate(server.url(name))

    asyncio.run(make_database())
    with _replayed_ghost(posts) as ghost:
        for which in PASSES:
            command = _program("benchmarks.ghost_sync", "--pass", which, ghost["url"])
            command += [ghost["admin_key"], server.url(name)]
            # The run's line of the log goes to standard output as well; the last line is ours.
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            cost = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{posts:>7,} {which:<8} {cost['took']:>8.1f} {posts / cost['took']:>9,.0f}"
                f" {cost['requests']:>9,} {cost['peak']:>8.0f} {cost['grown']:>8.0f}",
                flush=True,
            )


def main(arguments: list[str]) -> None:
    """Measure each size, or run one pass for such a measurement."""
    if arguments[:1] == ["--pass"]:
        asyncio.run(_one_pass(*arguments[1:]))
        return
    print("  posts pass      seconds   posts/s  requests  peak MB  grown MB", flush=True)
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", UNSAFE_FAST_SETTINGS) as server:
            for posts in map(int, arguments or SIZES):
                _measure(posts, server)


if __name__ == "__main__":
    main(sys.argv[1:])
