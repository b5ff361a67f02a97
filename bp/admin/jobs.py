"""The machine room's page of jobs: what waits, what runs, what failed for good."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.cursors import number
from bp.guard import actor, current_viewer
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.database import UnitOfWork
from infrastructure.errors import PersonError
from infrastructure.factory import base_app
from infrastructure.jobs.overview import dead_jobs, discard, living_jobs, overview, replay
from infrastructure.page_cache import private
from services.audit.log import record

_SHOWN: Final = 50


@blueprint.get("/jobs/")
@private
@access("jobs.see")
async def jobs() -> Response:
    """Show how the queue stands."""
    before = request.args.get("before", type=number)
    async with base_app().database.read() as connection:
        kinds = await overview(connection)
        dead, more = await dead_jobs(connection, before=before, limit=_SHOWN)
        living = await living_jobs(connection, limit=_SHOWN) if before is None else []
    return await render_house(
        "admin/jobs.html",
        kinds=kinds,
        dead=dead,
        before=before,
        more=more,
        living=living,
        most=_SHOWN,
        runs_here=base_app().settings.run_jobs_in == "web",
    )


async def _chosen() -> list[int] | None:
    """Return which jobs somebody chose; None: all.

    Raises:
        PersonError: none, or something that is no job.
    """
    given = (await request.form).get("job", "")
    if given == "all":
        return None
    try:
        return [number(given)]
    except ValueError as error:
        message = "It is not clear which job is meant. Please load the page again."
        raise PersonError(message) from error


async def _act(
    act: Callable[[UnitOfWork, Sequence[int] | None], Awaitable[int]], action: str, done: str
) -> Redirect:
    viewer, chosen = await current_viewer(), await _chosen()
    async with base_app().database.unit_of_work() as work:
        count = await act(work, chosen)
        if count:
            label = "all" if chosen is None else str(chosen[0])
            record(work, actor(viewer), action, ("job", label, label), after={"jobs": count})
    # Somebody else may have been faster.
    return go("/admin/jobs/", done if count else "nothing-failed")


@blueprint.post("/jobs/replay/")
@access("jobs.run")
async def replay_jobs() -> Redirect:
    """Let a job that failed for good be tried again, or all of them."""
    return await _act(replay, "jobs.replay", "replayed")


@blueprint.post("/jobs/delete/")
@access("jobs.run")
async def delete_jobs() -> Redirect:
    """Delete a job that failed for good, or all of them."""
    return await _act(discard, "jobs.delete", "removed")
