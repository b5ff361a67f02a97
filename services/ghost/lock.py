"""One worker of all workers on all machines: the lock of the Ghost sync.

It is a PostgreSQL advisory lock on a connection of its own, which leads straight to the server (a
transaction pooler would hand the session, and the lock with it, to somebody else). When its holder
dies, the server gives it free.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from infrastructure.database import Database, libpq_url
from infrastructure.logs import get_logger

log = get_logger(__name__)

# Any number will do as long as every version of the app takes the same.
_LOCK = 7_305_841_961

_LEFT = "SELECT EXISTS (SELECT FROM ghost_detachments)"

# How soon the server notices that the holder's machine has vanished: 30 s and 3 probes of 10 s.
_KEEPALIVE = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "application_name": "blog ghost sync",
}

_imported_at = time.time()


def process_started_at() -> float:
    """Return when this process began, in seconds since the epoch.

    Where the system does not tell (only Linux does so simply) it is when this module was loaded.
    """
    try:
        ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return _imported_at
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def sync_lock(database: Database, *, even_if_left: bool = False) -> AsyncIterator[bool]:
    """Try to take the lock; gives whether we have it, and keeps it until the block ends.

    A site that has left its Ghost never syncs again: nobody gets the lock then, but who asks
    `even_if_left`. A block that loses the lock because its connection breaks is cancelled:
    somebody else may have it by then.

    Raises:
        OSError, asyncpg.PostgresError: the database cannot be reached.
    """
    connection = await asyncpg.connect(libpq_url(database.direct_url), server_settings=_KEEPALIVE)
    block = asyncio.current_task()

    def stop(_: object) -> None:
        if block is not None:
            block.cancel("the lock of the Ghost sync was lost")

    try:
        has_it = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))
        if has_it and not even_if_left and await connection.fetchval(_LEFT):
            has_it = False
            log.warning("this site has left its Ghost: remove GHOST_API_URL from its settings")
        if has_it:
            connection.add_termination_listener(stop)
        yield has_it
    finally:
        connection.remove_termination_listener(stop)
        await connection.close(timeout=5)
