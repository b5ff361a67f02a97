"""Whether a site has left its Ghost: then nothing is taken over from there or written there."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.settings import Settings
from models.detachment import GhostDetachment

# The settings that name a Ghost.
_OF_GHOST: Final = (
    "ghost_api_url",
    "ghost_admin_api_url",
    "ghost_public_url",
    "ghost_content_api_key",
    "ghost_admin_api_key",
)


async def left_at(source: AsyncConnection | AsyncSession) -> datetime | None:
    """Return when the site began to leave its Ghost; None when it did not."""
    found: datetime | None = await source.scalar(select(GhostDetachment.started_at))
    return found


def without_ghost(settings: Settings) -> Settings:
    """Return the settings of a site without a Ghost."""
    return settings.model_copy(update=dict.fromkeys(_OF_GHOST))
