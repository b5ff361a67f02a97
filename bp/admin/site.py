"""The site's settings and its redirects."""

from typing import Any

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.cursors import number, words
from bp.guard import actor, current_viewer, follows_ghost
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import ForbiddenError, InvalidError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.desk.fields import InvalidFieldsError, parse
from services.redirects import redirects
from services.site import writer


async def _settings_page(
    given: dict[str, Any] | None = None, error: InvalidFieldsError | None = None
) -> Response:
    async with base_app().database.read() as connection:
        values = await writer.settings(connection)
    empty = {field.name: "" for field in writer.FIELDS}
    return await render_house(
        "admin/settings.html",
        status=422 if error else 200,
        sections=writer.SECTIONS,
        values={**empty, **(values if given is None else given)},
        errors=error.errors if error else {},
        is_ghosts=follows_ghost(),
    )


@blueprint.get("/settings/")
@private
@access("site.edit")
async def settings() -> Response:
    """Show the site's settings."""
    return await _settings_page()


@blueprint.post("/settings/")
@access("site.edit")
async def save_settings() -> Response | Redirect:
    """Keep the site's settings.

    Raises:
        ForbiddenError: they are Ghost's.
    """
    if follows_ghost():
        message = "On this site the settings are Ghost's; change them there, and they follow here."
        raise ForbiddenError(message)
    viewer, form = await current_viewer(), await request.form
    try:
        values = parse(writer.FIELDS, form)
        async with base_app().database.unit_of_work() as work:
            await writer.save(work, actor(viewer), values)
    except InvalidFieldsError as error:
        return await _settings_page(dict(form), error)
    return go("/admin/settings/", "saved")


async def _redirects_page(
    error: str | None = None, refused: list[str] | None = None, imported: int | None = None
) -> Response:
    looked_for = words(request.args.get("words"))
    after = (request.args.get("after") or "").replace("\0", "")[:2000]
    async with base_app().database.read() as connection:
        found, more = await redirects.redirects(connection, words=looked_for, after=after or None)
    return await render_house(
        "admin/redirects.html",
        status=422 if error else 200,
        redirects=found,
        after=more,
        words=looked_for,
        error=error,
        refused=refused or [],
        imported=imported,
    )


@blueprint.get("/redirects/")
@private
@access("redirects.edit")
async def list_redirects() -> Response:
    """List redirects."""
    return await _redirects_page()


@blueprint.post("/redirects/")
@access("redirects.edit")
async def change_redirects() -> Response | Redirect:
    """Add a redirect, or remove the chosen ones."""
    viewer, form = await current_viewer(), await request.form
    try:
        async with base_app().database.unit_of_work() as work:
            if form.get("what") == "remove":
                await redirects.remove(work, actor(viewer), form.getlist("redirect", type=number))
                done = "removed"
            else:
                wanted = redirects.checked(
                    form.get("source", "").replace("\0", ""),
                    form.get("target", "").replace("\0", ""),
                    is_permanent=form.get("how") != "302",
                )
                await redirects.save(work, actor(viewer), [wanted], "add")
                done = "added"
    except InvalidError as error:
        return await _redirects_page(str(error))
    return go("/admin/redirects/", done)


@blueprint.post("/redirects/import/")
@access("redirects.edit")
async def import_redirects() -> Response | Redirect:
    """Import Ghost's redirects.json or redirects.yaml."""
    viewer, files = await current_viewer(), await request.files
    file = files.get("file")
    if file is None or not file.filename:
        return await _redirects_page("Choose a file first: redirects.json or redirects.yaml.")
    try:
        wanted, refused = redirects.parse_file(file.filename, file.read())
        async with base_app().database.unit_of_work() as work:
            kept = await redirects.save(work, actor(viewer), wanted, "import")
    except InvalidError as error:
        return await _redirects_page(str(error))
    if refused:
        return await _redirects_page(refused=refused[:50], imported=kept)
    return go("/admin/redirects/", "imported")
