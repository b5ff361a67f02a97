"""The routes of media: which path leads to which bytes.

`install` gives an app its media library; other blueprints reach it with `media_library()`.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import cast
from urllib.parse import quote

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp.media.serving import FOR_A_DAY, FOR_GOOD, Body, answer
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import BaseApp, base_app
from infrastructure.page_cache import private
from services.media import MediaLibrary, open_library
from services.media.origin import LOOP_HEADER, LOOP_NAME
from services.media.paths import Rendition, kind_of, split_rendition
from services.media.renditions import VERSION
from services.media.rows import MediaRow

blueprint = Blueprint("media", __name__)

_EXTENSION = "media"


def install(app: BaseApp) -> MediaLibrary:
    """Give an app its media library and the routes that serve it."""
    library = open_library(app.settings, app.database)
    app.extensions[_EXTENSION] = library
    app.register_blueprint(blueprint)
    app.before_serving(library.start)
    app.after_serving(library.close)
    return library


def media_library() -> MediaLibrary:
    """Return the media library of the app that serves the current request."""
    return cast("MediaLibrary", base_app().extensions[_EXTENSION])


@blueprint.get("/content/<any(images, media, files):folder>/<path:name>")
@access("public")
@private
async def content(folder: str, name: str) -> Response | Redirect:
    """Serve an image (in any of the sizes that are made), a recording or a file."""
    path, rendition = split_rendition(f"/content/{folder}/{name}")
    if kind_of(path) is None:
        raise NotFoundError
    if rendition is not None and not rendition.is_allowed:
        # As Ghost does: a size that is not made leads to the original.
        response = redirect(quote(path), 302)
        response.headers["Cache-Control"] = FOR_A_DAY
        return response
    library = media_library()
    is_circle = LOOP_NAME in request.headers.get(LOOP_HEADER, "")
    row = await library.find(path, fetch=not is_circle)
    if row is None:
        raise NotFoundError
    return answer(await _body(library, row, rendition))


async def _body(library: MediaLibrary, row: MediaRow, rendition: Rendition | None) -> Body:
    """Return what a row leads to, in the size that is asked for."""
    original = Body(
        read=partial(library.store.read, row.digest),
        size=row.bytes,
        content_type=row.content_type,
        etag=row.digest.hex()[:32],
        modified=row.created_at,
        cache_control=FOR_A_DAY if row.origin == "imported" else FOR_GOOD,
        kind=row.kind,
        name=row.path.rpartition("/")[2],
    )
    made = await library.rendition(row, rendition) if rendition is not None else None
    if made is None or rendition is None:
        return original
    return Body(
        read=partial(_slice, made.data),
        size=len(made.data),
        content_type=made.media_type.content_type,
        etag=f"{original.etag}-{rendition.name}-v{VERSION}",
        modified=original.modified,
        cache_control=original.cache_control,
        kind=original.kind,
        name=original.name,
    )


async def _slice(data: bytes, start: int, length: int) -> AsyncIterator[bytes]:
    yield data[start : start + length]
