"""Removing what has had its time: sessions, links, invitations, counted attempts, old audit."""

import asyncio
import random
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.exc import SQLAlchemyError

from infrastructure.database import Database
from infrastructure.logs import get_logger
from models.people import AuditEntry, Invitation, OneTimeLink, Session, rate_limits

log = get_logger(__name__)

_SECONDS = 3600.0


async def tidy_forever(database: Database, *, audit_days: int) -> None:
    """Tidy about once an hour; workers spread by chance."""
    while True:
        await asyncio.sleep(random.uniform(0.5, 1.5) * _SECONDS)  # noqa: S311 - no secret
        try:
            await tidy(database, audit_days=audit_days)
        except (SQLAlchemyError, OSError) as error:
            log.warning("what is over could not be removed", error=str(error))


async def tidy(database: Database, *, audit_days: int) -> None:
    """Remove what is over; any number of workers may do it at once.

    Args:
        database: where.
        audit_days: how long entries of the audit log are kept.
    """
    now = func.clock_timestamp()
    async with database.unit_of_work() as work:
        for table in (Session, OneTimeLink, Invitation):
            await work.session.execute(delete(table).where(table.expires_at < now))
        await work.session.execute(delete(rate_limits).where(rate_limits.c.free_at < now))
        await work.session.execute(
            delete(AuditEntry).where(AuditEntry.at < now - timedelta(days=audit_days))
        )
