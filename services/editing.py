"""What stands behind the editor, as the settings say: a Ghost, or this app by itself."""

from dataclasses import dataclass, replace

import httpx

from infrastructure.database import Database
from infrastructure.http import GuardedClient, create_client
from infrastructure.settings import Settings
from services.content_store.ghost import GhostContentStore
from services.content_store.native import NativeContentStore
from services.embeds.ghost import GhostEmbedService
from services.embeds.own import OwnEmbedService
from services.ghost.client import GhostClient
from services.ghost.startup import ghost_config
from services.media.library import MediaLibrary
from services.media.receiving import GhostUploads, OwnUploads
from services.registry import Editing

# Somebody waits for each of these: rather a sentence soon than an answer late.
_SECONDS = 15.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Backing:
    """What editors work with, and the connections that it keeps.

    `client` is the one of Ghost, for whoever else asks it; None where there is none.
    """

    editing: Editing
    guarded: GuardedClient
    ghost: httpx.AsyncClient | None
    client: GhostClient | None

    async def close(self) -> None:
        """Close the connections."""
        await self.guarded.aclose()
        if self.ghost is not None:
            await self.ghost.aclose()


def open_backing(settings: Settings, database: Database, library: MediaLibrary) -> Backing:
    """Make what stands behind the editor; nothing is asked yet.

    Args:
        settings: whether there is a Ghost, and where.
        database: the app's.
        library: the app's media.
    """
    guarded = GuardedClient()
    embeds = OwnEmbedService(guarded, database, settings.public_url)
    if settings.ghost_api_url is None:
        own = Editing(NativeContentStore(), OwnUploads(library), embeds)
        return Backing(own, guarded, None, None)
    config = replace(
        ghost_config(settings), request_seconds=_SECONDS, attempts=_ATTEMPTS, retry_after_max=5.0
    )
    http = create_client()
    client = GhostClient(http, config)
    editing = Editing(
        GhostContentStore(database, client),
        GhostUploads(library, client),
        GhostEmbedService(client, embeds),
    )
    return Backing(editing, guarded, http, client)
