"""Asking Ghost as the settings say, and the sync at the start.

The sync runs in the background while the app already serves, by one worker alone. A Ghost that
fails delays nothing and stops nothing: the run's row says what happened.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from infrastructure.database import Database
from infrastructure.http import create_client
from infrastructure.logs import get_logger
from infrastructure.settings import Settings
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.lock import process_started_at, sync_lock
from services.ghost.runs import Progress, Report, ran_within
from services.ghost.sync import sync
from services.ghost.tokens import AdminKey

log = get_logger(__name__)


def ghost_config(settings: Settings) -> GhostConfig:
    """Return where the Ghost is that is set, and its keys.

    Raises:
        ValueError: no Ghost is set, or no key for its Admin API.
    """
    address = settings.ghost_admin_api_url or settings.ghost_api_url
    if address is None or settings.ghost_admin_api_key is None:
        missing = "GHOST_API_URL" if address is None else "GHOST_ADMIN_API_KEY"
        msg = f"{missing} is not set, so there is no Ghost to ask."
        raise ValueError(msg)
    return GhostConfig(
        admin_url=address,
        admin_key=AdminKey(settings.ghost_admin_api_key),
        content_url=settings.ghost_api_url,
        content_key=settings.ghost_content_api_key,
    )


@asynccontextmanager
async def ghost_client(settings: Settings) -> AsyncIterator[GhostClient]:
    """Give a client of the Ghost that is set, and close it.

    Raises:
        ValueError: no Ghost is set, or no key for its Admin API.
    """
    config = ghost_config(settings)
    async with create_client() as http:
        yield GhostClient(http, config)


async def sync_alone(
    database: Database,
    client: GhostClient,
    *,
    unless_since: float | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report | None:
    """Run a full pass if nobody else runs one.

    Args:
        database: what is written.
        client: the Ghost that is read.
        unless_since: leave it be when a pass began after this moment (seconds since the epoch):
            workers that start together need one pass, even if it is over before the last is up.
        on_progress: is told how far the pass is.

    Returns:
        What the pass did; None when there was none.
    """
    async with sync_lock(database) as is_ours:
        if not is_ours:
            log.info("another worker syncs")
            return None
        if unless_since is not None:
            age = time.time() - unless_since
            if await ran_within(database, client.config.admin_url, age):
                log.info("another worker has synced")
                return None
        return await sync(database, client, on_progress)


async def sync_at_startup(database: Database, settings: Settings) -> None:
    """Sync with the Ghost that is set, if any is; never raises, whatever happens."""
    if settings.ghost_api_url is None:
        return
    try:
        async with ghost_client(settings) as client:
            await sync_alone(database, client, unless_since=process_started_at())
    except Exception:  # a worker must go on serving whatever becomes of its background work
        log.exception("the sync at the start failed")
