"""Leaving a Ghost, from the first file that is copied to the last row that is made ours.

Until `_leave` nothing on the site has changed, and it can be given up; from then on nothing is
taken over from Ghost any more, and a run that is killed is continued by the next one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select, update

from infrastructure.database import Database
from infrastructure.errors import PersonError
from infrastructure.logs import get_logger
from infrastructure.page_cache.epochs import EVERYTHING
from infrastructure.settings import Settings
from models.detachment import GhostDetachment
from models.media import MediaFile
from services.accounts.leaving_ghost import keep_people
from services.ghost.client import GhostClient
from services.ghost.detachment.addresses import Addresses
from services.ghost.detachment.rows import PLACES, make_ours, media_of
from services.ghost.detachment.state import left_at
from services.ghost.errors import GhostError
from services.ghost.lock import sync_lock
from services.ghost.runs import Progress
from services.ghost.sync import sync
from services.ghost.webhooks import disconnect
from services.media import MediaLibrary
from services.media.origin import OriginUnreachableError

log = get_logger(__name__)

_FILES_AT_ONCE = 4


class LeavingError(Exception):
    """The site cannot leave its Ghost now; the message says why, and what to do."""


@dataclass(slots=True)
class Left:
    """What was done.

    `missing`: media that could not be had, with the reason. `rows`: rows made ours, by table.
    """

    files: int = 0
    present: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    was_done: bool = False
    is_only_looked_at: bool = False


async def leave(
    database: Database,
    client: GhostClient,
    library: MediaLibrary,
    settings: Settings,
    *,
    is_dry: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Left:
    """Leave the Ghost of a client for good.

    Args:
        database: the site's.
        client: the Ghost; it must answer until all is done.
        library: the site's media, whose origin is that Ghost.
        settings: Ghost's addresses and our own.
        is_dry: only say how much there is to do.
        on_progress: is told how far it is.

    Raises:
        LeavingError: it cannot be done now.
        GhostError: Ghost does not answer.
    """
    async with sync_lock(database, even_if_left=True) as is_ours:
        if not is_ours:
            message = "A sync or another ghost-detach is under way; try again when it is done."
            raise LeavingError(message)
        async with database.read() as connection:
            ended_at = await connection.scalar(select(GhostDetachment.ended_at))
            has_begun = await left_at(connection) is not None
        if ended_at is not None:
            return Left(was_done=True)
        bases = {settings.ghost_api_url, settings.ghost_public_url, settings.ghost_admin_api_url}
        bases |= {client.config.admin_url, (await client.read_site()).url}
        addresses = Addresses({base for base in bases if base}, settings.public_url)
        left = Left()
        if is_dry:
            left.is_only_looked_at = True
            await _look(database, library, addresses, left)
            return left
        if not has_begun:
            # First the long part; what was written in Ghost meanwhile follows in the second round.
            for _ in range(2):
                await _mirror(database, client, on_progress)
                await _copy(database, library, addresses, left, on_progress)
            await _begin(database, client, left)
        for place in PLACES:
            left.rows[place.name] = await make_ours(database, addresses, place)
            on_progress(Progress(place.name, left.rows[place.name], 0))
        if has_begun:
            # What was uploaded to Ghost until its last post was ours.
            await _copy(database, library, addresses, left, on_progress)
        await _end(database)
        try:
            await disconnect(database, client)
        except GhostError as error:
            log.warning("Ghost goes on calling this site", reason=str(error))
        return left


async def _mirror(
    database: Database, client: GhostClient, on_progress: Callable[[Progress], None]
) -> None:
    report = await sync(database, client, on_progress)
    if report.outcome != "complete":
        why = report.error or f"{len(report.failures)} objects could not be taken"
        message = f"The mirror is not whole, so nothing was changed: {why} See: quart sync-ghost"
        raise LeavingError(message)


async def _wanted(database: Database, addresses: Addresses) -> list[str]:
    found: set[str] = set()
    for place in PLACES:
        if place.columns:
            found |= await media_of(database, addresses, place)
    return sorted(found)


async def _is_here(library: MediaLibrary, path: str) -> bool:
    return await library.find(path, fetch=False) is not None


async def _look(
    database: Database, library: MediaLibrary, addresses: Addresses, left: Left
) -> None:
    for path in await _wanted(database, addresses):
        if await _is_here(library, path):
            left.present += 1
        else:
            left.files += 1


async def _copy(
    database: Database,
    library: MediaLibrary,
    addresses: Addresses,
    left: Left,
    on_progress: Callable[[Progress], None],
) -> None:
    """Copy every file that is mentioned and not here.

    Raises:
        LeavingError: Ghost does not give some of them just now; what was copied stays.
    """
    wanted = await _wanted(database, addresses)
    slots = asyncio.Semaphore(_FILES_AT_ONCE)
    unreached: list[str] = []
    left.present, left.missing, done = 0, {}, 0

    async def bring(path: str) -> None:
        nonlocal done
        async with slots:
            if await _is_here(library, path):
                left.present += 1
            else:
                try:
                    if await library.origin.bring(path):
                        left.files += 1
                    else:
                        left.missing[path] = "Ghost does not have it."
                except OriginUnreachableError as error:
                    unreached.append(f"{path}: {error}")
                except PersonError as error:
                    left.missing[path] = str(error)
        done += 1
        on_progress(Progress("files", done, len(wanted) - done))

    await asyncio.gather(*map(bring, wanted))
    if unreached:
        message = (
            f"{len(unreached)} files could not be fetched just now, so the site has not left its "
            f"Ghost; what was copied stays. Run it again. The first: {min(unreached)}"
        )
        raise LeavingError(message)


async def _begin(database: Database, client: GhostClient, left: Left) -> None:
    """Take nothing over from Ghost any more, from this moment on."""
    async with database.unit_of_work() as work:
        await keep_people(work)
        work.session.add(
            GhostDetachment(
                id=1,
                source=client.config.admin_url,
                progress={},
                missing=sorted(left.missing),
            )
        )


async def _end(database: Database) -> None:
    """Keep the copies for good, and let every page be made anew."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(MediaFile).where(MediaFile.origin == "ghost").values(origin="uploaded")
        )
        await work.session.execute(update(GhostDetachment).values(ended_at=func.clock_timestamp()))
        work.touch({EVERYTHING})
    log.info("the site has left its Ghost")
