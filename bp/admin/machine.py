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
from infrastructure.jobs import Nothing, enqueue
from infrastructure.page_cache import private
from services.accounts.membership import BELIEVED_HOURS
from services.audit.log import entries, record
from services.ghost import status
from services.ghost.compare import Difference, compare
from services.ghost.errors import GhostError
from services.ghost.events import EVENTS
from services.ghost.reconcile import COMPARE_ALL
from services.ghost.startup import ghost_client, ghost_config
from services.ghost.webhooks import Connected, Target, connect

_SHOWN = 100
_STATUS_SECONDS = 3
_COMPARE_SECONDS = 50
_CONNECT_SECONDS = 50


async def _ghost_page(
    differences: list[Difference] | None = None,
    error: str | None = None,
    connected: Connected | None = None,
) -> Response:
    app = base_app()
    with_quiet = request.args.get("runs") == "all"
    answer = found = None
    if follows_ghost():
        answer = await status.ask(app.settings, _STATUS_SECONDS)
    async with app.database.read() as connection:
        if follows_ghost():
            found = await status.state(connection, ghost_config(app.settings).admin_url)
        runs = await status.runs(connection, with_quiet=with_quiet)
    return await render_house(
        "admin/ghost.html",
        answer=answer,
        state=found,
        events=EVENTS,
        webhook_url=app.settings.webhook_url,
        believed_hours=BELIEVED_HOURS,
        runs=runs,
        with_quiet=with_quiet,
        differences=differences,
        most=_SHOWN,
        connected=connected,
        error=error,
    )


@blueprint.get("/ghost/")
@private
@access("ghost.see")
async def ghost() -> Response:
    """Show how Ghost and the mirror are."""
    return await _ghost_page()


@blueprint.post("/ghost/sync/")
@access("ghost.run")
async def sync_now() -> Redirect:
    """Compare everything with Ghost in the background, and repair what differs.

    Raises:
        NotFoundError: no Ghost is set.
    """
    if not follows_ghost():
        raise NotFoundError
    app, viewer = base_app(), await current_viewer()
    async with app.database.read() as connection:
        last = await status.runs(connection, 1, with_quiet=True)
    if last and last[0].outcome == "running":
        return go("/admin/ghost/", "sync-busy")
    async with app.database.unit_of_work() as work:
        record(work, actor(viewer), "ghost.sync", ("ghost", "", "Ghost"))
        await enqueue(work, COMPARE_ALL, Nothing(), key="now")
    return go("/admin/ghost/", "sync-started")


@blueprint.post("/ghost/connect/")
@access("ghost.run")
async def connect_now() -> Response:
    """Register our webhooks on Ghost, or repair them.

    Raises:
        NotFoundError: no Ghost is set.
    """
    if not follows_ghost():
        raise NotFoundError
    app, viewer = base_app(), await current_viewer()
    try:
        target = Target.of(app.settings)
        async with asyncio.timeout(_CONNECT_SECONDS), ghost_client(app.settings) as client:
            connected = await connect(app.database, client, target)
    except TimeoutError:
        return await _ghost_page(error="Ghost is slow; run: quart ghost-connect")
    except (GhostError, PersonError) as error:
        return await _ghost_page(error=str(error))
    async with app.database.unit_of_work() as work:
        about = ("ghost", "", "Ghost")
        record(work, actor(viewer), "ghost.connect", about, after={"what": connected.sentence})
    return await _ghost_page(connected=connected)


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
        return await _ghost_page(found, error=message)
    except GhostError as error:
        return await _ghost_page(found, error=str(error))
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
