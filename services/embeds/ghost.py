"""Letting Ghost look up links, as its own editor does; what it cannot, we look up ourselves."""

from typing import Any

from infrastructure.logs import get_logger
from services.embeds.protocol import EmbedService, LookUpKind
from services.ghost.client import GhostClient
from services.ghost.errors import GhostError

log = get_logger(__name__)


class GhostEmbedService:
    """`EmbedService` of a site with a Ghost, which also keeps the pictures of bookmarks."""

    def __init__(self, client: GhostClient, otherwise: EmbedService) -> None:
        """Ask the Ghost of `client`, and `otherwise` where that fails."""
        self._client = client
        self._otherwise = otherwise

    async def look_up(self, url: str, kind: LookUpKind | None = None) -> dict[str, Any]:
        """Ask Ghost, then look ourselves."""
        try:
            found = await self._client.read_oembed(url, kind)
        except GhostError as error:
            log.info("Ghost does not look up a link", url=url, reason=str(error))
            return await self._otherwise.look_up(url, kind)
        if found.get("type") == "bookmark" and not (found.get("metadata") or {}).get("title"):
            return await self._otherwise.look_up(url, kind)
        return found
