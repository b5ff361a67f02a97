"""The events app put together, its pages and its fragments."""

from datetime import UTC, datetime
from typing import Any

from quart import Blueprint, Response, redirect
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from infrastructure.access import access
from infrastructure.errors import ConflictError, NotFoundError
from infrastructure.factory import BaseApp, base_app
from infrastructure.fragments.kinds import MOST_CONTAINERS
from infrastructure.page_cache import private
from infrastructure.settings import Settings
from services.contracts.calendar import Entry
from services.contracts.cart import CartItem
from services.contracts.common import Container
from siblings import base, samples

pages = Blueprint("events", __name__)

# So many dates of its own, and so many attached ones, stand beside a post.
_BESIDE = 5


def create_app(settings: Settings) -> BaseApp:
    """Make the events app."""
    app = base.create_sibling(
        "events",
        settings,
        pages,
        fragments={"container-nav": container_nav, "container-cards": container_cards},
        domains=["blog", "calendar", "cart"],
    )
    if settings.with_sample_content:
        base.in_background(
            app, lambda: samples.plant_dates(app.database, app.extensions["services"])
        )
    return app


@pages.get("/")
@access("public")
@private
async def home() -> Response:
    """List what comes next."""
    async with base_app().database.read() as connection:
        entries = await services().calendar.search(connection, "", datetime.now(UTC), limit=50)
        about = await services().blog.posts(connection, [entry.container for entry in entries])
    zone = await base.zone()
    rows = [(it, base.moment(it.starts_at, zone), about.get(it.container)) for it in entries]
    return await base.show("events.html", rows=rows)


@pages.get("/entries/<int:entry_id>/")
@access("public")
@private
async def entry(entry_id: int) -> Response:
    """Show an entry, with a way to get a ticket."""
    found = await _find(entry_id)
    zone = await base.zone()
    return await base.show(
        "entry.html",
        entry=found,
        when=base.moment(found.starts_at, zone),
        slots=[(slot, base.moment(slot.starts_at, zone)) for slot in found.slots],
    )


@pages.post("/entries/<int:entry_id>/ticket")
@access("public")
@private
async def ticket(entry_id: int) -> Redirect:
    """Put a ticket into the visitor's cart."""
    base.check_is_meant()
    found = await _find(entry_id)
    if found.state != "confirmed" or found.ends_at < datetime.now(UTC):
        message = "There are no tickets for this any more."
        raise ConflictError(message)
    owner = await base.visitor() or base.new_visitor()
    item = CartItem("ticket", found.id, found.container, found.title, found.cost)
    async with base_app().database.unit_of_work() as work:
        await services().cart.put(work, owner, item)
    base.cart_changed(owner)
    response = redirect(f"/entries/{entry_id}/", 303)
    base.remember(response, owner)
    return response


async def _find(entry_id: int) -> Entry:
    async with base_app().database.read() as connection:
        found = (await services().calendar.entries(connection, [entry_id])).get(entry_id)
    if found is None:
        raise NotFoundError
    return found


async def container_nav(arguments: Any) -> str:
    """Show the next dates of one container, for the side of its page.

    Its own are by time; those that were attached to it follow in the order that they were given.
    """
    container = Container(
        arguments.get("container_type", ""), _number(arguments.get("container_id", ""))
    )
    now = datetime.now(UTC)
    async with base_app().database.read() as connection:
        attached = await services().calendar.attached(connection, container)
        chosen = [it for it in attached if it.ends_at > now and it.state != "cancelled"][:_BESIDE]
        found = await services().calendar.entries_for_containers(
            connection, [container], now, each=_BESIDE + len(chosen)
        )
    ids = {it.id for it in chosen}
    its_own = [it for it in found[container] if it.id not in ids][:_BESIDE]
    return await _render("fragments/dates.html", (*its_own, *chosen))


async def container_cards(arguments: Any) -> str:
    """Show the next date of each of many containers, for the cards of a listing."""
    kind = arguments.get("container_type", "")
    given = arguments.get("container_ids", "").split(",")[:MOST_CONTAINERS]
    containers = [Container(kind, number) for part in given if (number := _number(part))]
    rows = await _next(containers, each=2)
    sections = [
        f'<section data-container="{container}">{html}</section>'
        for container, entries in rows.items()
        if (html := await _render("fragments/card_dates.html", entries))
    ]
    return "".join(sections)


async def _next(containers: list[Container], *, each: int) -> dict[Container, tuple[Entry, ...]]:
    async with base_app().database.read() as connection:
        found = await services().calendar.entries_for_containers(
            connection, containers, datetime.now(UTC), each=each
        )
    return dict(found)


async def _render(template: str, entries: tuple[Entry, ...]) -> str:
    if not entries:
        return ""
    app, zone = base_app(), await base.zone()
    rows = [(entry, base.moment(entry.starts_at, zone)) for entry in entries]
    return app.templates.render(template, rows=rows, url=app.settings.public_url)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
