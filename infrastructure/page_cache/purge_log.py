"""Reading the log of purges: which commits nobody may have told Redis about."""

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, bindparam, delete, func, select, text

from infrastructure.database import Database
from infrastructure.page_cache.tables import purge_log

# How long rows are kept, and after how long it is no longer certain that none is missing.
_KEPT = "1 day"
CERTAIN_SECONDS: Final = 20 * 3600

# More than this nobody should have missed.
_MOST_ROWS = 10_000

_HORIZON: Final[TextClause] = text(
    "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint AS xid,"
    " (SELECT system_identifier FROM pg_control_system()) || '/' || oid AS database"
    " FROM pg_database WHERE datname = current_database()"
)


@dataclass(frozen=True, slots=True)
class Horizon:
    """A place in the log: every transaction before `xid` had ended at the time `at`."""

    xid: int
    database: str
    at: float


async def horizon(database: Database) -> Horizon:
    """Return the present place, and which database it is in."""
    async with database.read() as connection:
        row = (await connection.execute(_HORIZON)).one()
    return Horizon(row.xid, row.database, time.time())


async def purges_since(database: Database, xid: int) -> list[str] | None:
    """Return the ids of all purges of transactions from `xid` on; None where they are too many."""
    statement = (
        select(purge_log.c.id, func.cardinality(purge_log.c.parts))
        .where(purge_log.c.xid >= bindparam("xid"))
        .order_by(purge_log.c.id)
        .limit(_MOST_ROWS + 1)
    )
    async with database.read() as connection:
        rows = (await connection.execute(statement, {"xid": xid})).all()
    if len(rows) > _MOST_ROWS:
        return None
    return [f"{number}/{part}" for number, parts in rows for part in range(parts)]


async def trim(database: Database) -> None:
    """Remove what is too old to be asked for."""
    old = purge_log.c.at < func.clock_timestamp() - text(f"interval '{_KEPT}'")
    async with database.engine.begin() as connection:
        await connection.execute(delete(purge_log).where(old))
