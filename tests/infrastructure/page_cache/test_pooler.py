"""Behind PgBouncer in transaction mode: queries go through it, the ear goes past it."""

import asyncio
import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.infrastructure.page_cache.edits import ADDRESSES, EDITS, sow, with_chance
from tests.infrastructure.page_cache.fleet import Fleet, worker
from tests.infrastructure.page_cache.test_servers import free_port

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="PgBouncer is not installed (apt-get install pgbouncer)"
)

_CONFIGURATION = """
[databases]
{name} = host={folder} port={port} user=postgres dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
logfile =
pidfile =
unix_socket_dir =
"""


@pytest.fixture
async def pooler_url(database_url: str, open_folder: Path) -> AsyncIterator[str]:
    """Give the URL of the test's database through a pooler with three connections."""
    assert PGBOUNCER is not None
    direct = await asyncpg.connect(database_url)
    name = await direct.fetchval("SELECT current_database()")
    own_port = free_port()
    configuration = open_folder / f"{name}.ini"
    configuration.write_text(
        _CONFIGURATION.format(
            name=name,
            folder=await direct.fetchval("SHOW unix_socket_directories"),
            port=await direct.fetchval("SHOW port"),
            own_port=own_port,
        )
    )
    configuration.chmod(0o644)
    await direct.close()
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(
        PGBOUNCER, "-q", *as_user, str(configuration), stderr=asyncio.subprocess.DEVNULL
    )
    url = f"postgresql://postgres@127.0.0.1:{own_port}/{name}"
    try:
        for _ in range(50):
            try:
                await (await asyncpg.connect(url, statement_cache_size=0)).close()
                break
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def test_everything_works_through_a_transaction_pooler(
    pooler_url: str, database_url: str
) -> None:
    fleet = Fleet(
        [worker(pooler_url, database_direct_url=database_url) for _ in range(2)],
        worker(database_url, page_cache_bytes=0),
    )
    chance = random.Random(11)
    async with fleet:
        async with fleet.witness.app.database.unit_of_work() as work:
            await sow(work, chance)
        await fleet.begin(ADDRESSES)
        for edit in EDITS.values():
            await fleet.change(with_chance(edit, chance), chance.choice(fleet.workers))
            # More readers than the pooler has connections, so that these change hands.
            await asyncio.gather(*(fleet.read(chance.choice(ADDRESSES), n % 2) for n in range(20)))
        fleet.judge()
        assert all(it.app.page_cache.counts.purges >= len(EDITS) / 2 for it in fleet.workers)
