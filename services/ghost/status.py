"""How Ghost and its mirror are: whether it answers, what the passes found, what it calls us for.

All but `ask` comes from our own tables, so it is there when Ghost is not.
"""

import asyncio
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.jobs.overview import overview
from infrastructure.settings import Settings
from models.members import Member
from models.site import SyncRun
from services.accounts.membership import is_fresh
from services.ghost.errors import GhostError
from services.ghost.events import EVENTS
from services.ghost.inbox import InboxState, inbox_state
from services.ghost.runs import CHANGES, ENDED, FULL, IDS, Run
from services.ghost.startup import ghost_client
from services.ghost.webhooks import Registration, registrations, why_not_called

_RUN = tuple(getattr(SyncRun, name) for name in Run.__struct_fields__)

# A pass that compared and found nothing to do; there are hundreds a day.
_IS_QUIET = (
    SyncRun.kind.in_((IDS, CHANGES)) & (SyncRun.outcome == "complete") & (SyncRun.drift == 0)
)


class Answer(Struct, frozen=True):
    """What Ghost says of itself; `sentence` says it, or why there is no answer.

    `warning` says why Ghost would not call us although our webhooks are registered.
    """

    is_well: bool
    sentence: str
    warning: str | None = None


async def ask(settings: Settings, seconds: float) -> Answer:
    """Ask Ghost how it is, and wait at most so long."""
    try:
        async with asyncio.timeout(seconds), ghost_client(settings) as client:
            known = await client.read_site()
            installation = await client.read_installation()
            warning = await why_not_called(installation, settings.webhook_url)
            version = installation.version or known.version
            sentence = f"Ghost {version} answers: “{known.title}”, {client.config.admin_url}"
            return Answer(True, sentence, warning)
    except TimeoutError:
        return Answer(False, f"Ghost did not answer within {seconds:.0f} seconds.")
    except (GhostError, ValueError) as error:
        return Answer(False, str(error))


class State(Struct, frozen=True):
    """What our tables say of a Ghost.

    `compared` is the last pass that came to its end, `whole` the last such one that saw every id,
    `full` the last one that read everything. `quiet` is how many of the last day's passes found
    nothing to do. `members_at` is when all members were seen, `are_members_fresh` whether that is
    recent enough to believe them. `inbox` is what Ghost's webhooks brought; `dead` is how many jobs
    about Ghost failed for good, such as one that applies a webhook.
    """

    compared: Run | None
    whole: Run | None
    full: Run | None
    running: Run | None
    quiet: int
    members: int
    members_at: datetime | None
    are_members_fresh: bool
    registered: dict[str, Registration]
    inbox: InboxState
    dead: int

    @property
    def heard(self) -> dict[str, datetime]:
        """When each event last arrived here."""
        return {it.event: it.received_at for it in self.inbox.last}

    @property
    def missing(self) -> list[str]:
        """The events for which we have no webhook there, as far as we know."""
        return [event for event in EVENTS if event not in self.registered]

    @property
    def drift(self) -> int | None:
        """How many objects differ still after the last pass that saw every id; None before."""
        return None if self.whole is None else len(self.whole.failures)


async def state(connection: AsyncConnection, source: str) -> State:
    """Read how the mirror of a Ghost is.

    Args:
        connection: where to read.
        source: Ghost's address as the passes call it.
    """
    is_ours = SyncRun.source == source

    async def last(*conditions: ColumnElement[bool]) -> Run | None:
        row = (
            await connection.execute(
                select(*_RUN).where(is_ours, *conditions).order_by(SyncRun.id.desc()).limit(1)
            )
        ).first()
        return None if row is None else Run(**row._mapping)

    has_ended = SyncRun.outcome.in_(ENDED)
    since = func.now() - timedelta(days=1)
    quiet = await connection.scalar(
        select(func.count()).where(is_ours, _IS_QUIET, SyncRun.started_at > since)
    )
    return State(
        compared=await last(has_ended, SyncRun.kind.in_((FULL, IDS, CHANGES))),
        whole=await last(has_ended, SyncRun.kind.in_((FULL, IDS))),
        full=await last(has_ended, SyncRun.kind == FULL),
        running=await last(SyncRun.outcome == "running"),
        quiet=quiet or 0,
        members=await connection.scalar(select(func.count()).select_from(Member)) or 0,
        members_at=await connection.scalar(select(func.max(SyncRun.members_at))),
        are_members_fresh=bool(await connection.scalar(select(is_fresh()))),
        registered=await registrations(connection, source),
        inbox=await inbox_state(connection),
        dead=sum(it.dead for it in await overview(connection) if it.name.startswith("ghost.")),
    )


async def runs(
    connection: AsyncConnection, limit: int = 20, *, with_quiet: bool = False
) -> list[Run]:
    """Read the last runs of the sync and of imports, the newest first.

    Args:
        connection: where to read.
        limit: how many at most.
        with_quiet: those too that compared and found nothing to do.
    """
    statement = select(*_RUN).order_by(SyncRun.id.desc()).limit(limit)
    if not with_quiet:
        # Neither of these is ever null together with a kind that could be quiet.
        statement = statement.where(or_(SyncRun.drift.is_(None), ~_IS_QUIET))
    return [Run(**row._mapping) for row in await connection.execute(statement)]
