"""The snippet library: pages for people, and what the editor asks for."""

from typing import Any, get_args

import msgspec
from quart import Blueprint, Response, request
from sqlalchemy.ext.asyncio import AsyncConnection
from werkzeug.wrappers import Response as Redirect

import lexical
from bp.cursors import decode, encode, words
from bp.guard import actor, current_viewer, require
from bp.house import go, render_house
from bp.pages import chrome
from bp.post.article import article
from infrastructure.access import access
from infrastructure.errors import InvalidError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from lexical.markdown import to_html
from services.accounts.viewer import Viewer
from services.desk.fields import InvalidFieldsError
from services.snippets import editing, library
from services.snippets.jobs import ask
from services.snippets.library import SnippetState
from services.snippets.pieces import html_of, value_of

blueprint = Blueprint("snippets", __name__, url_prefix="/admin/snippets")

_NEW: dict[str, str] = {
    "name": "",
    "folder": "",
    "mode": "synced",
    "visibility": "everyone",
    "text": "",
}


@blueprint.get("/")
@private
@access("snippet.use")
async def list_snippets() -> Response:
    """List the snippets that the viewer may use."""
    return await _library_page()


async def _library_page(error: str | None = None) -> Response:
    viewer = await current_viewer()
    looked_for = words(request.args.get("words"))
    folder, mode = request.args.get("folder"), request.args.get("mode", "")
    mine = bool(request.args.get("mine"))
    async with base_app().database.read() as connection:
        found, after = await library.library(
            connection,
            viewer,
            words=looked_for,
            folder=words(folder) if folder is not None else None,
            mode=mode if mode in {"synced", "detached"} else "",
            only_own=mine,
            after=decode(request.args.get("after")),
        )
        folders = await library.folders(connection, viewer)
    query = {"words": looked_for, "mode": mode, "mine": "1" if mine else ""}
    if folder is not None:
        query["folder"] = words(folder)
    return await render_house(
        "admin/snippets/library.html",
        status=422 if error else 200,
        snippets=found,
        folders=folders,
        after=encode(after),
        query={name: value for name, value in query.items() if value or name == "folder"},
        error=error,
        removed=request.args.get("removed", 0, type=int),
    )


@blueprint.get("/for-editor")
@private
@access("snippet.use")
async def for_editor() -> list[dict[str, Any]]:
    """Return what the editor offers."""
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        found = await library.for_editor(connection, viewer)
    offered: list[dict[str, Any]] = msgspec.to_builtins(found)
    return offered


@blueprint.post("/")
@access("snippet.use")
async def make() -> Any:
    """Make a snippet of what is chosen in the editor."""
    viewer, given = await current_viewer(), await _json()
    async with base_app().database.unit_of_work() as work:
        found = await editing.create(
            work,
            viewer,
            actor(viewer),
            given.get("value"),
            **{
                name: str(given[name])
                for name in ("name", "folder", "mode", "visibility")
                if given.get(name)
            },
        )
    async with base_app().database.read() as connection:
        state = await library.snippet(connection, found.id)
    return _told(state), 201


async def _json() -> dict[str, Any]:
    """Return what a script sent.

    Raises:
        InvalidError: it is not an object.
    """
    given = await request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        message = "This is not what the editor sends."
        raise InvalidError(message)
    return given


def _told(state: SnippetState) -> dict[str, Any]:
    names = ("id", "name", "folder", "mode", "visibility", "value", "version", "uses")
    return {name: getattr(state, name) for name in names}


@blueprint.get("/new/")
@private
@access("snippet.use")
async def new() -> Response:
    """Show the form of a new snippet."""
    return await _new_page(_NEW)


async def _new_page(values: dict[str, Any], errors: dict[str, str] | None = None) -> Response:
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        folders = await library.folders(connection, viewer)
    return await render_house(
        "admin/snippets/new.html",
        status=422 if errors else 200,
        values=values,
        errors=errors or {},
        folders=folders,
    )


@blueprint.post("/new/")
@access("snippet.use")
async def add() -> Response | Redirect:
    """Make a snippet of a text that somebody typed as Markdown."""
    viewer, form = await current_viewer(), await request.form
    values = _NEW | {name: form.get(name, "") for name in _NEW}
    text = values.pop("text").strip()[:100_000]
    root: Any = lexical.from_html(to_html(text))["root"]
    try:
        if not text:
            raise InvalidFieldsError({"text": "There is nothing in this snippet."})
        async with base_app().database.unit_of_work() as work:
            found = await editing.create(
                work, viewer, actor(viewer), value_of(root["children"]), **values
            )
    except InvalidFieldsError as error:
        return await _new_page(values | {"text": text}, error.errors)
    except InvalidError as error:
        return await _new_page(values | {"text": text}, {"text": str(error)})
    return go(f"/admin/snippets/{found.id}/", "added")


async def _opened(connection: AsyncConnection, viewer: Viewer, snippet_id: int) -> SnippetState:
    """Read a snippet, and make sure that the viewer may change it."""
    found = await library.snippet(connection, snippet_id)
    if found.visibility == "mine" and found.person_id != viewer.person_id and not found.uses:
        raise NotFoundError
    await require("snippet.edit", await library.target_of(connection, viewer, found))
    return found


@blueprint.get("/<int:snippet_id>/")
@private
@access("snippet.edit")
async def show(snippet_id: int) -> Response:
    """Show a snippet: its form, what it looks like, where it is used."""
    return await _snippet_page(snippet_id)


async def _snippet_page(
    snippet_id: int, given: dict[str, Any] | None = None, errors: dict[str, str] | None = None
) -> Response:
    viewer = await current_viewer()
    after = request.args.get("after", 0, type=int)
    async with base_app().database.read() as connection:
        found = await _opened(connection, viewer, snippet_id)
        uses, more = await library.posts_with(connection, found, min(max(after, 0), 2**62))
        folders = await library.folders(connection, viewer)
    values = {name: getattr(found, name) for name in ("name", "folder", "mode", "visibility")}
    return await render_house(
        "admin/snippets/snippet.html",
        status=422 if errors else 200,
        snippet=found,
        values=values | (given or {}),
        errors=errors or {},
        uses=uses,
        more=more,
        folders=folders,
        shown=await _shown(found),
        most=library.MOST_COUNTED,
    )


async def _shown(found: SnippetState) -> str:
    """Return a page with nothing but the snippet, as readers see it."""
    around = await chrome()
    return base_app().templates.render(
        "admin/snippets/_shown.html",
        site=around.site,
        name=found.name,
        text=article(html_of(found.value)),
    )


@blueprint.post("/<int:snippet_id>/")
@access("snippet.edit")
async def change(snippet_id: int) -> Response | Redirect:
    """Change a snippet's name, folder, mode or visibility, or let posts follow it once more."""
    viewer, form = await current_viewer(), await request.form
    given = {name: form[name] for name in ("name", "folder", "mode", "visibility") if name in form}
    async with base_app().database.read() as connection:
        await _opened(connection, viewer, snippet_id)
    if form.get("what") == "spread":
        async with base_app().database.unit_of_work() as work:
            await ask(work, snippet_id)
        return go(f"/admin/snippets/{snippet_id}/", "spreading")
    try:
        async with base_app().database.unit_of_work() as work:
            await editing.change(work, actor(viewer), snippet_id, given)
    except InvalidFieldsError as error:
        return await _snippet_page(snippet_id, given, error.errors)
    return go(f"/admin/snippets/{snippet_id}/", "saved")


@blueprint.put("/<int:snippet_id>/content")
@access("snippet.edit")
async def set_content(snippet_id: int) -> Any:
    """Change what a snippet shows."""
    viewer, given = await current_viewer(), await _json()
    async with base_app().database.read() as connection:
        await _opened(connection, viewer, snippet_id)
    version = given.get("version")
    if not isinstance(version, int):
        message = "Say which version was opened."
        raise InvalidError(message)
    try:
        async with base_app().database.unit_of_work() as work:
            await editing.set_content(work, actor(viewer), snippet_id, version, given.get("value"))
    except editing.StaleSnippetError as error:
        return {"error": str(error), "version": error.version, "value": error.value}, error.status
    async with base_app().database.read() as connection:
        return _told(await library.snippet(connection, snippet_id)), 200


async def _remove(snippet_id: int, fate: str | None) -> None:
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        found = await _opened(connection, viewer, snippet_id)
    async with base_app().database.unit_of_work() as work:
        await editing.remove(
            work,
            actor(viewer),
            snippet_id,
            next((it for it in get_args(editing.Fate) if it == fate), None),
            is_used=found.uses > 0,
        )


@blueprint.delete("/<int:snippet_id>/")
@access("snippet.edit")
async def delete(snippet_id: int) -> tuple[str, int]:
    """Delete a snippet; of one that is used, `?uses=keep` or `?uses=remove` says what becomes."""
    await _remove(snippet_id, request.args.get("uses"))
    return "", 204


@blueprint.post("/<int:snippet_id>/remove/")
@access("snippet.edit")
async def remove(snippet_id: int) -> Redirect:
    """Delete a snippet by its form."""
    form = await request.form
    await _remove(snippet_id, form.get("uses"))
    return go(f"/admin/snippets/?removed={snippet_id}")


@blueprint.post("/<int:snippet_id>/restore/")
@access("snippet.edit")
async def restore(snippet_id: int) -> Redirect:
    """Bring a deleted snippet back into the library."""
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        found = await library.snippet(connection, snippet_id, is_deleted=True)
        await require("snippet.edit", await library.target_of(connection, viewer, found))
    async with base_app().database.unit_of_work() as work:
        await editing.restore(work, actor(viewer), snippet_id)
    return go(f"/admin/snippets/{snippet_id}/", "restored")


@blueprint.post("/folders/")
@access("menu.edit")
async def rename_folder() -> Response | Redirect:
    """Give a folder another name."""
    viewer, form = await current_viewer(), await request.form
    new = words(form.get("new"))
    try:
        async with base_app().database.unit_of_work() as work:
            await editing.rename_folder(work, viewer, actor(viewer), form.get("old", ""), new)
    except InvalidError as error:
        return await _library_page(str(error))
    return go(f"/admin/snippets/?folder={new}", "saved")
