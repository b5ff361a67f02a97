"""Registering our webhooks on Ghost: one for each event, and no more, however often it is done.

An integration's key may make, change and delete webhooks, but Ghost lists them to staff alone.
Their ids are found all the same: we keep those that we made, and Ghost's history, which the key may
read, names the others. A change that changes nothing answers with all that Ghost knows of one.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database
from infrastructure.errors import PersonError
from infrastructure.http import resolve_host
from infrastructure.http_guard import why_forbidden
from infrastructure.settings import Settings
from models.site import WebhookRegistration
from services.ghost.client import GhostClient
from services.ghost.errors import GhostNotFound, GhostRefused, GhostUnauthorized
from services.ghost.events import EVENTS
from services.ghost.results import GhostInstallation, GhostWebhook

_PATH: Final = "/webhooks/ghost/"
_NAME: Final = "Blog"
_RESOLVE_SECONDS: Final = 5

_TAKEN: Final = (
    "Ghost calls this address for it already, by a webhook of another integration that this key may"
    " not change. Remove that one in Ghost's settings, under Integrations, and connect again."
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where Ghost is to call us, and what it is to sign with."""

    base: str
    secret: str

    @classmethod
    def of(cls, settings: Settings) -> "Target":
        """Return what the settings say.

        Raises:
            PersonError: there is no secret: webhooks that are not signed are not believed.
        """
        if not settings.ghost_webhook_secret:
            message = (
                "GHOST_WEBHOOK_SECRET is not set, and only signed webhooks are believed. Set it, "
                "for example to what `openssl rand -hex 32` prints, restart, and connect again."
            )
            raise PersonError(message)
        return cls(settings.webhook_url + _PATH, settings.ghost_webhook_secret[0])

    def url(self, event: str) -> str:
        """Return the address for an event."""
        return self.base + event


@dataclass(slots=True)
class Connected:
    """What was done to Ghost's webhooks, by event; `refused` says why one is not there.

    `strangers` are the addresses of other sites of this app that Ghost calls by webhooks made with
    the same key. `warning` says why Ghost will not call us although all is registered.
    """

    made: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    warning: str | None = None

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        parts = [
            f"{len(them)} {what}"
            for what, them in (
                ("made", self.made),
                ("repaired", self.repaired),
                ("as they were", self.kept),
                ("doubles removed", self.removed),
                ("refused", self.refused),
            )
            if them
        ]
        there = len(self.made) + len(self.repaired) + len(self.kept)
        return f"{there} of {len(EVENTS)} webhooks are registered: {', '.join(parts)}."


async def connect(database: Database, client: GhostClient, target: Target) -> Connected:
    """Make Ghost call us for every event: once, at our address, signed with our secret.

    Args:
        database: where the ids of what is registered are kept.
        client: the Ghost.
        target: where it is to call.

    Raises:
        GhostError: Ghost cannot be asked; what was done until then is kept.
    """
    source = client.config.admin_url
    done = Connected(warning=await why_not_called(await client.read_installation(), target.base))
    known = await _known(database, source)
    ids = list(dict.fromkeys([*known, *await client.read_webhook_ids()]))
    found = [hook for it in ids if (hook := await _look_at(client, it)) is not None]
    ours = [hook for hook in found if hook.id in known or hook.target_url.startswith(target.base)]
    done.strangers = {
        hook.target_url.partition(_PATH)[0]
        for hook in found
        if hook not in ours and _PATH in hook.target_url
    }
    for event in EVENTS:
        same = [hook for hook in ours if hook.event == event]
        # The one that is right already stays, so that nothing is changed without need.
        same.sort(key=lambda hook: hook.target_url != target.url(hook.event))
        for double in same[1:]:
            await _remove(client, double, done)
        hook = await _register(client, target, event, same[:1], done)
        await _remember(database, source, event, hook)
    for hook in ours:
        if hook.event not in EVENTS:
            await _remove(client, hook, done)
    return done


async def disconnect(database: Database, client: GhostClient) -> int:
    """Remove the webhooks that we registered, and return how many there were.

    Raises:
        GhostError: Ghost cannot be asked; what was done until then is kept.
    """
    source, done = client.config.admin_url, Connected()
    for ghost_id in await _known(database, source):
        hook = await _look_at(client, ghost_id)
        if hook is not None:
            await _remove(client, hook, done)
        async with database.unit_of_work() as work:
            await work.session.execute(
                delete(WebhookRegistration).where(WebhookRegistration.ghost_id == ghost_id)
            )
    return len(done.removed)


async def _known(database: Database, source: str) -> set[str]:
    """Return the ids of what we registered on a Ghost."""
    async with database.read() as connection:
        ids = select(WebhookRegistration.ghost_id).where(WebhookRegistration.source == source)
        return set(await connection.scalars(ids))


async def _look_at(client: GhostClient, ghost_id: str) -> GhostWebhook | None:
    """Return a webhook as it is; None where there is none, or it is another integration's."""
    try:
        return await client.edit_webhook(ghost_id, {"id": ghost_id})
    except (GhostNotFound, GhostUnauthorized):
        return None


async def _remove(client: GhostClient, hook: GhostWebhook, done: Connected) -> None:
    try:
        await client.delete_webhook(hook.id)
    except GhostNotFound:
        return
    done.removed.append(hook.event)


async def _register(
    client: GhostClient,
    target: Target,
    event: str,
    had: Iterable[GhostWebhook],
    done: Connected,
) -> GhostWebhook | None:
    wanted = {"target_url": target.url(event), "secret": target.secret}
    try:
        for hook in had:
            if (hook.target_url, hook.secret) == (wanted["target_url"], wanted["secret"]):
                done.kept.append(event)
                return hook
            changed = await client.edit_webhook(hook.id, wanted)
            done.repaired.append(event)
            return changed
        made = await client.create_webhook(
            event, wanted["target_url"], secret=wanted["secret"], name=_NAME
        )
    except GhostRefused as error:
        is_taken = any("already been used" in message for message in error.messages)
        done.refused[event] = _TAKEN if is_taken else str(error)
        return None
    done.made.append(event)
    return made


async def _remember(database: Database, source: str, event: str, hook: GhostWebhook | None) -> None:
    registered = WebhookRegistration
    async with database.unit_of_work() as work:
        await work.session.execute(
            delete(registered).where(registered.source == source, registered.event == event)
        )
        if hook is not None:
            work.session.add(
                registered(
                    ghost_id=hook.id,
                    source=source,
                    event=event,
                    target_url=hook.target_url,
                    last_status=hook.last_triggered_status,
                    last_error=hook.last_triggered_error,
                    last_triggered_at=hook.last_triggered_at,
                )
            )


async def why_not_called(installation: GhostInstallation, address: str) -> str | None:
    """Say why Ghost would not call an address although a webhook for it is registered.

    Ghost refuses addresses of inner networks, silently, when it delivers; its setting
    `security.allowWebhookInternalIPs` lifts that, and its `/config/` tells it.
    """
    allows = (installation.security or {}).get("allowWebhookInternalIPs")
    if allows is True:
        return None
    reason = await _why_internal(address)
    if reason is None:
        return None
    host = urlsplit(address).netloc
    lead = (
        f"Ghost will not call {host}: {reason}, and Ghost refuses internal addresses"
        if allows is False
        else f"{host} is internal ({reason}), and a recent Ghost refuses such addresses"
    )
    return (
        f"{lead}. Set security.allowWebhookInternalIPs to true in Ghost's configuration and "
        "restart it, or set GHOST_WEBHOOK_URL to an address of this app that is public."
    )


async def _why_internal(address: str) -> str | None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            found = await resolve_host(host, parts.port or 443)
    except (OSError, TimeoutError):
        # Ghost may know a name that we do not.
        return None
    for each in found:
        reason = why_forbidden(ip_address(each.partition("%")[0]))
        if reason is not None:
            return reason if each == host else f"it leads to {each}, and {reason}"
    return None


class Registration(Struct, frozen=True):
    """A webhook that is registered on Ghost, and how its last delivery went as Ghost told it."""

    event: str
    target_url: str
    last_status: str | None
    last_error: str | None
    last_triggered_at: datetime | None
    checked_at: datetime


async def registrations(connection: AsyncConnection, source: str) -> dict[str, Registration]:
    """Read what is registered on a Ghost, as far as we know, by event."""
    columns = [getattr(WebhookRegistration, name) for name in Registration.__struct_fields__]
    rows = await connection.execute(select(*columns).where(WebhookRegistration.source == source))
    return {row.event: Registration(**row._mapping) for row in rows}
