"""Tags, tag groups and authors; on a site backed by Ghost they are Ghost's, and only shown."""

from typing import Any

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.cursors import decode, encode, number, words
from bp.guard import actor, current_viewer, follows_ghost
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import ForbiddenError, InvalidError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.desk import authors, tags
from services.desk.fields import InvalidFieldsError, parse

_EMPTY_TAG: dict[str, Any] = {field.name: "" for field in tags.FIELDS}
_EMPTY_AUTHOR: dict[str, Any] = {field.name: "" for field in authors.FIELDS}


def _only_here() -> None:
    """Refuse to change what is Ghost's.

    Raises:
        ForbiddenError: this site is backed by Ghost.
    """
    if follows_ghost():
        message = (
            "On this site that is looked after in Ghost; change it there, and it follows here."
        )
        raise ForbiddenError(message)


@blueprint.get("/tags/")
@private
@access("tag.edit")
async def list_tags() -> Response:
    """List tags."""
    return await _tags_page()


async def _tags_page(error: str | None = None) -> Response:
    looked_for = words(request.args.get("words"))
    visibility = request.args.get("visibility", "")
    async with base_app().database.read() as connection:
        found, after = await tags.tags(
            connection,
            words=looked_for,
            visibility=visibility if visibility in {"public", "internal"} else "",
            after=decode(request.args.get("after")),
        )
    return await render_house(
        "admin/tags.html",
        status=422 if error else 200,
        tags=found,
        after=encode(after),
        words=looked_for,
        visibility=visibility,
        error=error,
    )


@blueprint.post("/tags/")
@access("tag.edit")
async def change_tags() -> Response | Redirect:
    """Delete or merge the chosen tags."""
    _only_here()
    viewer, form = await current_viewer(), await request.form
    chosen = form.getlist("tag", type=number)
    try:
        async with base_app().database.unit_of_work() as work:
            if form.get("what") == "merge":
                await tags.merge_tags(work, actor(viewer), chosen, form.get("into", ""))
            else:
                await tags.remove_tags(work, actor(viewer), chosen)
    except InvalidError as error:
        return await _tags_page(str(error))
    return go("/admin/tags/", "merged" if form.get("what") == "merge" else "removed")


async def _form_page(
    template: str, values: dict[str, Any], error: InvalidFieldsError | None = None, **more: Any
) -> Response:
    return await render_house(
        template,
        status=422 if error else 200,
        values=values,
        errors=error.errors if error else {},
        is_ghosts=follows_ghost(),
        **more,
    )


@blueprint.get("/tags/new/")
@private
@access("tag.edit")
async def new_tag() -> Response:
    """Show the form of a new tag."""
    return await _form_page("admin/tag.html", _EMPTY_TAG, fields=tags.FIELDS, tag_id=None)


@blueprint.get("/tags/<int:tag_id>/")
@private
@access("tag.edit")
async def show_tag(tag_id: int) -> Response:
    """Show a tag's form."""
    async with base_app().database.read() as connection:
        values = await tags.tag(connection, tag_id)
    return await _form_page("admin/tag.html", values, fields=tags.FIELDS, tag_id=tag_id)


@blueprint.post("/tags/new/")
@access("tag.edit")
async def add_tag() -> Response | Redirect:
    """Make a tag."""
    return await _save_tag(None)


@blueprint.post("/tags/<int:tag_id>/")
@access("tag.edit")
async def change_tag(tag_id: int) -> Response | Redirect:
    """Change a tag."""
    return await _save_tag(tag_id)


async def _save_tag(tag_id: int | None) -> Response | Redirect:
    _only_here()
    viewer, form = await current_viewer(), await request.form
    try:
        values = parse(tags.FIELDS, form)
        async with base_app().database.unit_of_work() as work:
            await tags.save_tag(work, actor(viewer), tag_id, values)
    except InvalidFieldsError as error:
        given = _EMPTY_TAG | dict(form)
        return await _form_page("admin/tag.html", given, error, fields=tags.FIELDS, tag_id=tag_id)
    return go("/admin/tags/", "saved")


@blueprint.get("/tag-groups/")
@private
@access("tag.edit")
async def list_tag_groups() -> Response:
    """List tag groups, and show the form of each."""
    return await _groups_page()


async def _groups_page(
    error: InvalidFieldsError | None = None, which: int = 0, given: dict[str, Any] | None = None
) -> Response:
    async with base_app().database.read() as connection:
        found = await tags.groups(connection)
    forms = [
        (group.id, {"name": group.name, "slug": group.slug, "description": group.description or "",
                    "tags": "\n".join(group.tags)})
        for group in found
    ]  # fmt: skip
    forms.append((0, {field.name: "" for field in tags.GROUP_FIELDS}))
    if given is not None:
        forms = [(it, {**values, **given} if it == which else values) for it, values in forms]
    return await render_house(
        "admin/tag_groups.html",
        status=422 if error else 200,
        forms=forms,
        fields=tags.GROUP_FIELDS,
        errors=error.errors if error else {},
        which=which if error else None,
    )


@blueprint.post("/tag-groups/")
@access("tag.edit")
async def change_tag_groups() -> Response | Redirect:
    """Make, change, move or delete a tag group."""
    viewer, form = await current_viewer(), await request.form
    group_id = form.get("group", 0, type=number)
    try:
        async with base_app().database.unit_of_work() as work:
            match form.get("what"):
                case "up" | "down" as way:
                    await tags.move_group(work, actor(viewer), group_id, up=way == "up")
                    done = "moved"
                case "remove":
                    await tags.remove_group(work, actor(viewer), group_id)
                    done = "removed"
                case _:
                    values = parse(tags.GROUP_FIELDS, form)
                    await tags.save_group(work, actor(viewer), group_id or None, values)
                    done = "saved"
    except InvalidFieldsError as error:
        return await _groups_page(error, group_id, dict(form))
    return go("/admin/tag-groups/", done)


@blueprint.get("/authors/")
@private
@access("author.edit")
async def list_authors() -> Response:
    """List authors."""
    looked_for = words(request.args.get("words"))
    async with base_app().database.read() as connection:
        found, after = await authors.authors(
            connection, words=looked_for, after=decode(request.args.get("after"))
        )
    return await render_house(
        "admin/authors.html", authors=found, after=encode(after), words=looked_for
    )


@blueprint.get("/authors/new/")
@private
@access("author.edit")
async def new_author() -> Response:
    """Show the form of a new author."""
    return await _form_page(
        "admin/author.html", _EMPTY_AUTHOR, fields=authors.FIELDS, author_id=None
    )


@blueprint.get("/authors/<int:author_id>/")
@private
@access("author.edit")
async def show_author(author_id: int) -> Response:
    """Show an author's form."""
    async with base_app().database.read() as connection:
        values = await authors.author(connection, author_id)
    return await _form_page("admin/author.html", values, fields=authors.FIELDS, author_id=author_id)


@blueprint.post("/authors/new/")
@access("author.edit")
async def add_author() -> Response | Redirect:
    """Make an author."""
    return await _save_author(None)


@blueprint.post("/authors/<int:author_id>/")
@access("author.edit")
async def change_author(author_id: int) -> Response | Redirect:
    """Change an author."""
    return await _save_author(author_id)


async def _save_author(author_id: int | None) -> Response | Redirect:
    _only_here()
    viewer, form = await current_viewer(), await request.form
    try:
        values = parse(authors.FIELDS, form)
        async with base_app().database.unit_of_work() as work:
            await authors.save_author(work, actor(viewer), author_id, values)
    except InvalidFieldsError as error:
        given = _EMPTY_AUTHOR | dict(form)
        return await _form_page(
            "admin/author.html", given, error, fields=authors.FIELDS, author_id=author_id
        )
    return go("/admin/authors/", "saved")
