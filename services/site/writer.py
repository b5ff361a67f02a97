"""Changing the site's settings; on a site backed by Ghost they are Ghost's and stay as they are."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from models.site import SiteSetting
from services.audit.log import Actor, changes, record
from services.desk.fields import Field, address, colour, locale, timezone
from services.site.reader import SOCIAL_NETWORKS

# The sections of the settings page, in order, with Ghost's names of the settings.
SECTIONS: Final[dict[str, tuple[Field, ...]]] = {
    "Name and place": (
        Field("title", "Name of the site", needed=True, longest=150),
        Field("description", "Description", help="One sentence; search engines show it."),
        Field("locale", "Language", help="As in en, de or pt-BR.", check=locale, longest=20),
        Field(
            "timezone",
            "Time zone",
            help="In which dates are shown, as in Europe/London.",
            check=timezone,
            longest=50,
        ),
    ),
    "Look": (
        Field("accent_color", "Accent colour", help="As in #a3293f.", check=colour, longest=7),
        Field("logo", "Logo", help="The address of a picture.", check=address, longest=2000),
        Field("icon", "Icon", help="A square picture.", check=address, longest=2000),
        Field("cover_image", "Cover picture", check=address, longest=2000),
    ),
    "Elsewhere": tuple(
        Field(network, network.capitalize(), help="The name or the address there.")
        for network in SOCIAL_NETWORKS
    ),
    "For machines": (
        Field("meta_title", "Title in search results"),
        Field("meta_description", "Description in search results", kind="area", longest=500),
        Field("og_title", "Title when shared"),
        Field("og_description", "Description when shared", kind="area", longest=500),
        Field("og_image", "Picture when shared", check=address, longest=2000),
        Field("twitter_title", "Title on X"),
        Field("twitter_description", "Description on X", kind="area", longest=500),
        Field("twitter_image", "Picture on X", check=address, longest=2000),
    ),
    "Code injection": (
        Field(
            "codeinjection_head",
            "In the head of every page",
            kind="code",
            help="HTML. Its scripts run, and those that they load from the same places.",
            longest=65_535,
        ),
        Field("codeinjection_foot", "At the foot of every page", kind="code", longest=65_535),
    ),
    "Privacy": (
        Field(
            "is_private",
            "Ask search engines to stay away",
            kind="check",
            help="Every page says noindex, and robots.txt shuts the site.",
        ),
    ),
}

FIELDS: Final = tuple(field for fields in SECTIONS.values() for field in fields)


async def settings(connection: AsyncConnection) -> dict[str, Any]:
    """Read the settings that the page shows, by name; null ones are empty text."""
    rows = await connection.execute(
        select(SiteSetting.key, SiteSetting.value).where(
            SiteSetting.key.in_([field.name for field in FIELDS])
        )
    )
    return {row.key: "" if row.value is None else row.value for row in rows}


async def save(work: UnitOfWork, actor: Actor, values: Mapping[str, Any]) -> None:
    """Keep settings.

    Args:
        work: the transaction.
        actor: who changes them.
        values: by Ghost's names; they were checked by `services.desk.fields.parse`.
    """
    rows = {
        row.key: row
        for row in await work.session.scalars(
            select(SiteSetting).where(SiteSetting.key.in_(list(values))).with_for_update()
        )
    }
    before = {key: row.value for key, row in rows.items()}
    for key, value in values.items():
        row = rows.get(key)
        if row is None:
            if value not in {None, False}:
                work.session.add(SiteSetting(key=key, value=value))
        elif row.value != value:
            row.value = value
            row.updated_at = func.clock_timestamp()
    was, now = changes(before, {**before, **{k: v for k, v in values.items() if v or k in before}})
    if now:
        record(
            work, actor, "site.edit", ("setting", ", ".join(now), "Settings"), before=was, after=now
        )
