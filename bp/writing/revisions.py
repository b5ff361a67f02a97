"""The pages of a post's revisions: a list, two compared; and restoring one."""

from typing import Final

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.cursors import number
from bp.guard import actor, current_viewer
from bp.house import go, render_house
from bp.writing.answers import as_json, copied, program
from bp.writing.blueprint import blueprint
from bp.writing.routes import allowed, allowed_to_read, may_not_change, target_of
from infrastructure.access import access
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.policy import may
from services.editor import revisions

# Why a revision is there, in words.
KINDS: Final = {
    "opened": "As it was when it was first opened here",
    "typing": "Written",
    "merged": "Merged with what was changed elsewhere",
    "update": "Updated",
    "publish": "Published",
    "schedule": "Scheduled",
    "restore": "Restored",
    "discard": "Changes thrown away",
    "elsewhere": "Changed elsewhere",
}


@blueprint.get("/admin/posts/<int:post_id>/revisions/")
@private
@access("post.see")
async def list_revisions(post_id: int) -> Response:
    """List the revisions of a post."""
    _, state = await allowed_to_read(post_id, "post.see")
    before = request.args.get("before", type=number)
    async with base_app().database.read() as connection:
        found, more = await revisions.revisions(connection, post_id, before=before)
        current = await revisions.current(connection, post_id)
    return await render_house(
        "admin/revisions.html",
        post=state,
        revisions=found,
        more=more,
        current=current,
        kinds=KINDS,
        is_later=before is not None,
    )


@blueprint.get("/admin/posts/<int:post_id>/revisions/<int:version>/")
@private
@access("post.see")
async def show_revision(post_id: int, version: int) -> Response:
    """Show what a revision changed, against the one before or any other."""
    viewer, state = await allowed_to_read(post_id, "post.see")
    against = request.args.get("against", type=number)
    async with base_app().database.read() as connection:
        comparison = await revisions.compare(connection, post_id, version, against)
        choices, _ = await revisions.revisions(connection, post_id)
        current = await revisions.current(connection, post_id)
    return await render_house(
        "admin/revision.html",
        post=state,
        it=comparison,
        choices=[other for other in choices if other.version != version],
        current=current,
        kinds=KINDS,
        may_restore=may(viewer, "post.edit", target_of(viewer, state)),
    )


@blueprint.post("/admin/posts/<int:post_id>/revisions/<int:version>/restore")
@access("post.edit")
async def restore_revision(post_id: int, version: int) -> Response | Redirect:
    """Let the working copy say what a revision said."""
    if request.is_json:
        return await _restore_for_program(post_id, version)
    await _restore(post_id, version)
    return go(f"/admin/posts/{post_id}/")


@program
async def _restore_for_program(post_id: int, version: int) -> Response:
    return as_json(await _restore(post_id, version))


async def _restore(post_id: int, version: int) -> dict[str, object]:
    async with base_app().database.unit_of_work() as work:
        viewer = await allowed(work, post_id, "post.edit")
        kept = may_not_change(await current_viewer())
        copy = await revisions.restore(work, actor(viewer), post_id, version, kept)
        return await copied(copy)
