"""What the operator reads: the link for a fresh site's owner, and links for administrators."""

import sys
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from infrastructure.database import Database
from infrastructure.logs import get_logger
from infrastructure.settings import Settings
from services.accounts import links, people
from services.audit.log import Actor

log = get_logger(__name__)


async def greet_owner(database: Database, settings: Settings, *, since: float) -> None:
    """Print the setup link of a site that has no administrator; one worker of a start does.

    Args:
        database: where.
        settings: of the app.
        since: when this start began, in seconds since the epoch.
    """
    try:
        async with database.unit_of_work() as work:
            token = await links.setup_link(work, unless_since=since)
    except (SQLAlchemyError, OSError) as error:
        log.error("the setup link cannot be made", error=str(error))  # noqa: TRY400 - one line says it
        return
    if token is not None:
        # Not through the log, which hides what looks like a secret and may be sent elsewhere.
        print(  # noqa: T201 - the operator reads it here
            "This site has no owner yet. Whoever opens this link first (it works once, within "
            f"{links.PRINTED_HOURS} hours) becomes it:\n\n"
            f"    {settings.public_url}/auth/setup/{token}/\n",
            file=sys.stderr,
            flush=True,
        )


async def administrator_link(database: Database, settings: Settings, email: str) -> str:
    """Give somebody the run of the site, and return a one-time link to sign in with.

    Raises:
        InvalidError: the address is none.
    """
    async with database.unit_of_work() as work:
        person = await people.make_administrator(work, Actor("quart create-admin"), email)
        token = await links.new_link(
            work, person, valid=timedelta(hours=links.PRINTED_HOURS), next_path="/admin/"
        )
    return f"{settings.public_url}/auth/link/{token}/"
