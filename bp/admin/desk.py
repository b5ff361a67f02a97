"""The desk itself: what waits for somebody, and how the machine room does."""

from datetime import UTC, datetime

from quart import Response

from bp.admin.blueprint import blueprint
from bp.guard import current_viewer
from bp.house import render_house
from infrastructure.access import access
from infrastructure.factory import base_app
from infrastructure.jobs.overview import count_dead
from infrastructure.page_cache import private
from services.accounts.policy import may
from services.accounts.sessions import sessions
from services.desk import reader
from services.ghost.status import runs


@blueprint.get("/")
@private
@access("desk")
async def desk() -> Response:
    """Show the desk."""
    app, viewer = base_app(), await current_viewer()
    async with app.database.read() as connection:
        drafts = await reader.unfinished(connection, viewer, "draft")
        scheduled = await reader.unfinished(connection, viewer, "scheduled")
        last_runs = await runs(connection, 3) if may(viewer, "ghost.see") else []
        entries = await sessions(connection, limit=6) if may(viewer, "people.edit") else []
        dead = await count_dead(connection) if may(viewer, "jobs.see") else 0
    return await render_house(
        "admin/desk.html",
        drafts=drafts,
        scheduled=scheduled,
        runs=last_runs,
        entries=entries,
        dead_jobs=dead,
        siblings=app.fragments.siblings() if may(viewer, "ghost.see") else [],
        at=lambda seconds: datetime.fromtimestamp(seconds, UTC),
    )
