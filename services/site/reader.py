"""The site's settings, as every page shows them; the names of the settings are Ghost's."""

import json
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.site import SiteSetting
from services.posts.rows import Meta

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

SOCIAL_NETWORKS = (
    "facebook",
    "twitter",
    "threads",
    "bluesky",
    "mastodon",
    "tiktok",
    "youtube",
    "instagram",
    "linkedin",
)

_META = (
    "og_image",
    "og_title",
    "og_description",
    "twitter_image",
    "twitter_title",
    "twitter_description",
    "codeinjection_head",
    "codeinjection_foot",
)

_SHOWN = (
    "title",
    "description",
    "logo",
    "icon",
    "cover_image",
    "accent_color",
    "locale",
    "timezone",
    "navigation",
    "secondary_navigation",
    "meta_title",
    "meta_description",
    "is_private",
    "llms_enabled",
    *SOCIAL_NETWORKS,
    *_META,
)


class Link(Struct, frozen=True):
    """One entry of a flat navigation."""

    label: str
    url: str


class Site(Struct, frozen=True):
    """What every page shows of the site."""

    title: str
    description: str
    logo: str | None
    icon: str | None
    cover_image: str | None
    accent_color: str | None
    locale: str
    timezone: str
    navigation: tuple[Link, ...]
    secondary_navigation: tuple[Link, ...]
    social: dict[str, str]
    meta: Meta

    @property
    def zone(self) -> ZoneInfo:
        """The zone that dates are shown in; UTC where the setting names none."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("Etc/UTC")


def _links(value: Any) -> tuple[Link, ...]:
    """Take Ghost's navigation: the JSON of a list of `{label, url}`; all else is left out."""
    try:
        items = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        items = []
    items = items if isinstance(items, list) else []
    return tuple(
        Link(str(item.get("label") or ""), str(item["url"]))
        for item in items
        if isinstance(item, dict) and isinstance(item.get("url"), str)
    )


async def site(connection: AsyncConnection) -> Site:
    """Read the site's settings; what is not set has a plain default."""
    rows = await connection.execute(
        select(SiteSetting.key, SiteSetting.value).where(SiteSetting.key.in_(_SHOWN))
    )
    found: dict[str, Any] = {row.key: row.value for row in rows}

    def words(key: str) -> str | None:
        value = found.get(key)
        return value.strip() or None if isinstance(value, str) else None

    colour = words("accent_color")
    return Site(
        title=words("title") or "Untitled site",
        description=words("description") or "",
        logo=words("logo"),
        icon=words("icon"),
        cover_image=words("cover_image"),
        accent_color=colour if colour and _COLOUR.fullmatch(colour) else None,
        locale=words("locale") or "en",
        timezone=words("timezone") or "Etc/UTC",
        navigation=_links(found.get("navigation")),
        secondary_navigation=_links(found.get("secondary_navigation")),
        social={network: handle for network in SOCIAL_NETWORKS if (handle := words(network))},
        meta=Meta(
            title=words("meta_title"),
            description=words("meta_description"),
            **{name: words(name) for name in _META},
        ),
    )
