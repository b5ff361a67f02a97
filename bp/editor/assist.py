"""What the editor asks for while somebody writes: uploads, embeds, and things to link to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from quart import Blueprint, request

from bp.cursors import words
from bp.domains import services
from bp.media.routes import media_library
from infrastructure.access import access
from infrastructure.errors import InvalidError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from infrastructure.security import streamed_body
from services.editor import links
from services.embeds.protocol import LookUpKind
from services.media.intake import Caps
from services.media.paths import MediaKind

blueprint = Blueprint("editor", __name__, url_prefix="/admin")

# What the editor calls them, and what they are for us.
KINDS: Final = {
    "image": MediaKind.IMAGE,
    "thumbnail": MediaKind.IMAGE,
    "video": MediaKind.MEDIA,
    "audio": MediaKind.MEDIA,
    "file": MediaKind.FILE,
}

_ABSURD: Final = "Give the file a name of up to 255 characters."

_NO_ADDRESS: Final = "Give a whole web address, beginning with https://."
_LONGEST_URL: Final = 2000
_LOOK_UPS: Final[tuple[LookUpKind, ...]] = ("embed", "bookmark", "mention")

# A browser reads no answer before it has sent everything, so of what is refused this much is let in
# and thrown away, for a little while.
_THROWN_AWAY: Final = 64 * 1024 * 1024
_SECONDS: Final = 10.0

_GROUPS: Final = {"post": "Posts", "page": "Pages", "tag": "Tags", "author": "Authors"}


@blueprint.post("/uploads/<kind>")
@access("media.upload")
@streamed_body(Caps().media)
async def upload(kind: str) -> tuple[dict[str, Any], int]:
    """Take a file: its bytes are the body, its name is in the query.

    Raises:
        NotFoundError: there is no such kind.
        InvalidError: the file is not taken; the sentence says why.
    """
    if kind not in KINDS:
        raise NotFoundError
    name = request.args.get("name", "").replace("\\", "/").rpartition("/")[2].strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise InvalidError(_ABSURD)
    body = aiter(request.body)
    try:
        async with base_app().database.unit_of_work() as work:
            stored = await media_library().store_upload(work, body, name=name, kind=KINDS[kind])
    except InvalidError:
        await _throw_away(body)
        raise
    return {
        "url": stored.url,
        "fileName": name,
        "width": stored.width,
        "height": stored.height,
        "bytes": stored.bytes,
    }, 201


async def _throw_away(body: AsyncIterator[bytes]) -> None:
    thrown = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            async for piece in body:
                thrown += len(piece)
                if thrown > _THROWN_AWAY:
                    return


@blueprint.get("/embeds")
@private
@access("embed.look-up")
async def look_up_embed() -> dict[str, Any]:
    """Look up what a link can be shown as: a frame, or a card with title and picture.

    Raises:
        InvalidError: it is no web address.
        NoEmbedError: there is nothing to show of it; the sentence says why.
    """
    url = words(request.args.get("url"))
    if not url.startswith(("http://", "https://")) or len(url) > _LONGEST_URL:
        raise InvalidError(_NO_ADDRESS)
    kind = request.args.get("type")
    return await services().embeds.look_up(url, kind if kind in _LOOK_UPS else None)


@blueprint.get("/links/search")
@private
@access("post.search")
async def search_links() -> list[dict[str, Any]]:
    """Find posts, pages, tags and authors by what the writer typed, in groups."""
    async with base_app().database.read() as connection:
        found = await links.find(connection, words(request.args.get("q")))
    groups: dict[str, list[dict[str, Any]]] = {}
    for it in found:
        groups.setdefault(_GROUPS[it.kind], []).append(
            {
                "title": it.title,
                "url": base_app().settings.public_url + it.path,
                "visibility": it.visibility,
                "published_at": it.published_at.isoformat() if it.published_at else None,
            }
        )
    return [{"label": label, "items": items} for label, items in groups.items()]
