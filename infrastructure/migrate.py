"""The migrations: brought to head under a lock, so that any number of starts may race.

Alembic is driven from here alone; there is no `alembic.ini` and no second way.
"""

import asyncio
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from infrastructure.database import asyncpg_url

FOLDER = Path(__file__).resolve().parent.parent / "migrations"

# Any number will do as long as every version of the app takes the same.
_LOCK = 7_305_841_960

# A migration that waits for a busy table makes everyone after it wait too: better to fail and be
# started again than to stop the site.
_LOCK_TIMEOUT = "5s"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return what Alembic's commands need to run the project's migrations on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the revision that this code expects."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if revision is None:
        msg = f"there is no migration in {FOLDER}"
        raise RuntimeError(msg)
    return revision


def current(connection: Connection) -> str | None:
    """Return the revision that a database is at; None for one that was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


async def migrate(url: str, revision: str = "head", *, down: bool = False) -> None:
    """Bring a database to a revision.

    Args:
        url: `postgresql://…`, direct (a transaction pooler cannot keep the lock).
        revision: a revision of `migrations/versions`, `head` or `base`.
        down: whether that revision lies below the current one.

    Raises:
        sqlalchemy.exc.DBAPIError: a migration failed; it was rolled back, the ones before it stand.
    """
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    step = command.downgrade if down else command.upgrade
    try:
        async with engine.connect() as holder, engine.connect() as connection:
            # The lock is held beside the migrations: each of those is a transaction of its own.
            await holder.execution_options(isolation_level="AUTOCOMMIT")
            await holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(lambda it: step(alembic_config(it), revision))
            await holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(migrate(sys.argv[1]))
