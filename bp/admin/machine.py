"""The machine room: Ghost and its mirror, the page cache, the audit log."""

import asyncio

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.cursors import number, words
from bp.guard import actor, current_viewer, follows_ghost
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import base_app
from infrastructure.logs import get_logger
from infrastructure.page_cache import private
from services.audit.log import entries, record
from services.desk import reader
from services.ghost.compare import Difference, compare
from services.ghost.errors import GhostError
from services.ghost.startup import ghost_client, sync_alone

log = get_logger(__name__)

_SHOWN = 100
_STATUS_SECONDS = 3
_COMPARE_SECONDS = 50


async def _state_of_ghost() -> tuple[bool, str]:
    """Ask Ghost how it is; the answer, or why there is none, is a sentence."""
    if not follows_ghost():
        return False, "No Ghost is set: this app is the place of record."
    try:
        async with asyncio.timeout(_STATUS_SECONDS), ghost_client(base_app().settings) as client:
            site = await client.read_site()
    except TimeoutError:
        return False, f"Ghost did not answer within {_STATUS_SECONDS} seconds."
    except (GhostError, ValueError) as error:
        return False, str(error)
    return True, f"Ghost {site.version} answers: “{site.title}”, {client.config.admin_url}"


async def _ghost_page(
    differences: list[Difference] | None = None, error: str | None = None
) -> Response:
    is_well, state = await _state_of_ghost()
    async with base_app().database.read() as connection:
        runs = await reader.runs(connection)
    return await render_house(
        "admin/ghost.html",
        is_well=is_well,
        state=state,
        runs=runs,
        differences=differences,
        most=_SHOWN,
        error=error,
    )


@blueprint.get("/ghost/")
@private
@access("ghost.see")
async def ghost() -> Response:
    """Show how Ghost and the mirror are."""
    return await _ghost_page()


async def _sync() -> None:
    app = base_app()
    try:
        async with ghost_client(app.settings) as client:
            await sync_alone(app.database, client)
    except Exception:  # whatever it is belongs into the log; nobody waits for this
        log.exception("the sync that somebody asked for failed")


@blueprint.post("/ghost/sync/")
@access("ghost.run")
async def sync_now() -> Redirect:
    """Begin a full pass in the background.

    Raises:
        NotFoundError: no Ghost is set.
    """
    if not follows_ghost():
        raise NotFoundError
    app, viewer = base_app(), await current_viewer()
    async with app.database.read() as connection:
        runs = await reader.runs(connection, 1)
    if runs and runs[0].outcome == "running":
        return go("/admin/ghost/", "sync-busy")
    async with app.database.unit_of_work() as work:
        record(work, actor(viewer), "ghost.sync", ("ghost", "", "Ghost"))
    app.add_background_task(_sync)
    return go("/admin/ghost/", "sync-started")


@blueprint.post("/ghost/compare/")
@access("ghost.run")
async def compare_now() -> Response:
    """Compare the mirror with Ghost, field by field.

    Raises:
        NotFoundError: no Ghost is set.
    """
    if not follows_ghost():
        raise NotFoundError
    app = base_app()
    found: list[Difference] = []
    try:
        async with asyncio.timeout(_COMPARE_SECONDS), ghost_client(app.settings) as client:
            async for difference in compare(app.database, client):
                found.append(difference)
                if len(found) >= _SHOWN:
                    break
    except TimeoutError:
        message = "The comparison took too long for a page; run: quart ghost-status --compare"
        return await _ghost_page(found, message)
    except GhostError as error:
        return await _ghost_page(found, str(error))
    return await _ghost_page(found)


@blueprint.get("/cache/")
@private
@access("cache.see")
async def cache() -> Response:
    """Show what this process keeps."""
    page_cache = base_app().page_cache
    found = page_cache.entries(_SHOWN)
    return await render_house("admin/cache.html", stats=page_cache.stats(), entries=found)


@blueprint.post("/cache/")
@access("cache.purge")
async def purge() -> Redirect:
    """Purge a surrogate tag, or everything, of every worker on every machine.

    Raises:
        PersonError: no such tag can be.
    """
    app, viewer, form = base_app(), await current_viewer(), await request.form
    tags = form.get("tags", "").split()
    async with app.database.unit_of_work() as work:
        record(work, actor(viewer), "cache.purge", ("cache", "", " ".join(tags) or "everything"))
    try:
        if tags:
            await app.page_cache.purge(tags)
        else:
            await app.page_cache.purge_all()
    except ValueError as error:
        message = "A surrogate tag has no blanks and only plain characters, like post:42."
        raise PersonError(message) from error
    return go("/admin/cache/", "purged")


@blueprint.get("/audit/")
@private
@access("audit.see")
async def audit() -> Response:
    """Show who did what."""
    looked_for, action = words(request.args.get("words")), words(request.args.get("action"))
    before = request.args.get("before", type=number)
    async with base_app().database.read() as connection:
        found, more = await entries(
            connection,
            words=looked_for,
            action=action,
            before=before if before is not None and 0 < before < 2**63 else None,
        )
    return await render_house(
        "admin/audit.html", entries=found, before=more, words=looked_for, action=action
    )
