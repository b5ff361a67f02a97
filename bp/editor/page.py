"""The editor's page: what its program (`editor/`, built into `static/editor/`) begins with.

All that is typed goes through the routes of `bp.writing`; here is only what the page is made of.
"""

from typing import Any, Final

import msgspec
from markupsafe import Markup
from quart import Response, request
from sqlalchemy.ext.asyncio import AsyncConnection

from bp.cursors import words
from bp.domains import services
from bp.editor.assist import blueprint
from bp.guard import current_viewer, form_token, require
from bp.house import render_house
from bp.writing.routes import target_of
from infrastructure.access import access
from infrastructure.errors import ForbiddenError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.policy import may
from services.accounts.viewer import Viewer
from services.content_store.reading import read_state
from services.desk.choices import author_choices, newsletter_choices, tags_named, tier_choices
from services.site.reader import Site, site

_PAGES: Final = "Pages are looked after by editors; you can write posts."

# The names under which the program imports Ghost's editing surface, all of one file.
SURFACE: Final = ("react", "react/jsx-runtime", "react-dom/client", "@tryghost/koenig-lexical")

# Within a script element neither its end nor a comment may come.
_UNSAFE: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@blueprint.get("/posts/new")
@private
@access("post.create")
async def new_post() -> Response:
    """Show an empty text; it becomes a post with the first word."""
    viewer = await current_viewer()
    is_page = request.args.get("page") == "1"
    if is_page and not may(viewer, "page.edit"):
        raise ForbiddenError(_PAGES)
    async with base_app().database.read() as connection:
        begun = await _beginning(connection, viewer, is_page=is_page)
    return await _page(None, begun)


@blueprint.get("/posts/<int:post_id>/")
@private
@access("post.edit")
async def edit_post(post_id: int) -> Response:
    """Show a post to whoever may work on it.

    Raises:
        ForbiddenError: that is somebody else.
        NotFoundError: there is no such post.
    """
    async with base_app().database.read() as connection:
        state = await read_state(connection, post_id)
        if state is None:
            raise NotFoundError
        viewer = await current_viewer()
        target = target_of(viewer, state)
        await require("post.edit", target)
        if state.edit.is_page and not may(viewer, "page.edit"):
            raise ForbiddenError(_PAGES)
        begun = await _beginning(connection, viewer, is_page=state.edit.is_page)
    begun["may"]["publish"] = may(viewer, "post.publish", target)
    begun["may"]["remove"] = may(viewer, "post.delete", target)
    return await _page(post_id, begun)


@blueprint.get("/editor/identity")
@private
@access("desk")
async def identity() -> dict[str, str]:
    """Say who is signed in, with the token that their requests carry: a session may have changed."""
    return _identity(await current_viewer())


@blueprint.get("/tags/search")
@private
@access("post.search")
async def search_tags() -> list[dict[str, Any]]:
    """Find tags by a part of their names; internal ones are marked."""
    async with base_app().database.read() as connection:
        found = await tags_named(connection, words(request.args.get("q")))
    return [
        {"id": it.id, "name": it.name, "note": "internal" if it.name.startswith("#") else ""}
        for it in found
    ]


def _identity(viewer: Viewer) -> dict[str, str]:
    return {"token": form_token(), "person": str(viewer.person_id), "name": viewer.name}


async def _beginning(
    connection: AsyncConnection, viewer: Viewer, *, is_page: bool
) -> dict[str, Any]:
    """Return what the program has to know at once: who writes, where, and what can be chosen."""
    around = await site(connection)
    sends = services().content.sends_newsletters
    return {
        "isPage": is_page,
        "identity": _identity(viewer),
        "site": _site(around, sends=sends),
        "may": {
            "publish": may(viewer, "post.publish"),
            "remove": may(viewer, "post.delete"),
            "choose_authors": may(viewer, "post.sign"),
            "inject": may(viewer, "post.inject"),
            "feature": may(viewer, "post.feature"),
        },
        "authors": await author_choices(connection),
        "tiers": await tier_choices(connection),
        "newsletters": await newsletter_choices(connection) if sends else [],
        # The site has one template for each kind; a mirrored post keeps the one that Ghost knows.
        "templates": [],
        "fresh": {"author_ids": [viewer.author_id] if viewer.author_id is not None else []},
    }


def _site(around: Site, *, sends: bool) -> dict[str, Any]:
    return {
        "title": around.title,
        "description": around.description,
        "url": base_app().settings.public_url,
        "zone": around.timezone,
        "icon": around.icon,
        "accent": around.accent_color,
        "sends": sends,
    }


async def _page(post_id: int | None, begun: dict[str, Any]) -> Response:
    data = _in_script({"id": post_id, **begun})
    return await render_house("admin/editor.html", surface_names=SURFACE, data=data)


def _in_script(value: Any) -> Markup:
    """Return JSON as it may stand in a script element."""
    text = msgspec.json.encode(value).decode().translate(_UNSAFE)
    return Markup(text)  # noqa: S704 - nothing in it can end the element
