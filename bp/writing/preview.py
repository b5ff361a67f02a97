"""Previews: what is being written as readers will see it, for those who may and for whom they ask.

A preview is never cached, never indexed, and tells no other site its address, which may be a key.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from quart import Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp import head
from bp.guard import current_viewer, sign_in_path
from bp.pages import chrome, render
from bp.post.article import article
from bp.writing.answers import as_json, program, sent
from bp.writing.blueprint import blueprint
from bp.writing.routes import allowed_to_read, target_of
from infrastructure.access import access
from infrastructure.errors import ForbiddenError, InvalidError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.policy import may
from services.editor import preview
from services.editor.checks import checks
from services.editor.preview import READERS, Previewed, Reader

_MOST_DAYS: Final = 90

# The words of the bar; nothing in it needs a script.
_READERS: Final = {"anonymous": "Visitor", "member": "Member", "paid": "Paying member"}
_WIDTHS: Final = {"desktop": "Desk", "phone": "Phone"}

_FRAME_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class LinkRequest(Struct):
    """`POST …/preview-link`."""

    days: int = 7


@blueprint.post("/admin/posts/<int:post_id>/preview-link")
@access("post.see")
@program
async def make_link(post_id: int) -> Response:
    """Make a link under which somebody without an account sees a post's preview for some days."""
    wanted = await sent(LinkRequest)
    if not 1 <= wanted.days <= _MOST_DAYS:
        message = f"A link is good for 1 to {_MOST_DAYS} days."
        raise InvalidError(message)
    _, state = await allowed_to_read(post_id, "post.see")
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=wanted.days)
    settings = base_app().settings
    moment = int(until.timestamp())
    key = preview.signature(settings.secret_key, state.uuid, moment)
    query = urlencode({"until": moment, "key": key})
    return as_json(
        {"url": f"{settings.public_url}{state.preview_path}?{query}", "expires_at": until}
    )


@blueprint.get("/admin/posts/<int:post_id>/checks")
@private
@access("post.edit")
@program
async def check(post_id: int) -> Response:
    """Tell what should be seen to before a post is published."""
    await allowed_to_read(post_id, "post.edit")
    app = base_app()
    async with app.database.read() as connection:
        found = await preview.read_copy(connection, post_id)
        if found is None:
            raise NotFoundError
        return as_json(await checks(connection, found.edit, app.settings.public_url))


@blueprint.get("/p/<uuid:uuid>/")
@private
@access("public")
async def show_preview(uuid: UUID) -> Response | Redirect:
    """Show a preview: in a frame with a bar above it, or what is in that frame.

    Raises:
        ForbiddenError: it is for others, or the link is not good (any more).
        NotFoundError: there is no such post.
    """
    async with base_app().database.read() as connection:
        found = await preview.find(connection, uuid)
    if found is None:
        raise NotFoundError
    link = _link(found)
    viewer = await current_viewer()
    is_allowed = may(viewer, "post.see", target_of(viewer, found.state))
    if link is None and not is_allowed:
        if found.state.status == "published":
            return redirect(found.state.path, 302)
        if not viewer.is_signed_in:
            return redirect(sign_in_path(), 302)
        message = "This preview is for those who write it. Ask one of them for a link."
        raise ForbiddenError(message)
    # The editor has a bar of its own around its frame.
    in_frame = "bare" in request.args or request.headers.get("Sec-Fetch-Dest") == "iframe"
    if in_frame:
        response = await _page(found)
    else:
        response = _bar(found, link or {}, edits=is_allowed, zone=(await chrome()).site.zone)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _link(found: Previewed) -> dict[str, str] | None:
    """Return the parts of a signed link; None where there is none.

    Raises:
        ForbiddenError: there is one, and it is not good (any more).
    """
    key, given = request.args.get("key"), request.args.get("until", "")
    if key is None:
        return None
    keys = base_app().settings.secret_key
    is_number = given.isascii() and given.isdigit() and len(given) < 12
    if not is_number or not preview.is_good(keys, found.state.uuid, int(given), key):
        message = "This link is not whole, or was never good. Ask for a new one."
        raise ForbiddenError(message)
    if int(given) < datetime.now(UTC).timestamp():
        message = "The time of this link is over. Ask whoever sent it for a new one."
        raise ForbiddenError(message)
    return {"until": given, "key": key}


def _chosen(name: str, known: Any, otherwise: str) -> str:
    given = request.args.get(name, "")
    return given if given in known else otherwise


async def _page(found: Previewed) -> Response:
    """Render the reader's page."""
    around = await chrome()
    reader = cast("Reader", _chosen("as", READERS, "paid"))
    async with base_app().database.read() as connection:
        document = await preview.as_document(connection, found, reader)
    text = article(document.html)
    # Rather no address than one that is not there yet.
    words = replace(head.for_post(around, document), is_indexed=False, json_ld=None)
    return render(
        "post/page.html" if document.is_page else "post/post.html",
        around,
        words,
        post=document,
        article=text,
        sidebar="",
        has_cards="kg-" in text,
        is_right_to_left=False,
    )


def _bar(found: Previewed, link: dict[str, str], *, edits: bool, zone: Any) -> Response:
    """Render the bar, and the frame below it."""
    reader = _chosen("as", READERS, "paid")
    width = _chosen("width", _WIDTHS, "desktop")
    here = found.state.preview_path

    def address(**changes: str) -> str:
        return f"{here}?{urlencode({**link, 'as': reader, 'width': width} | changes)}"

    page = base_app().templates.render(
        "post/preview.html",
        title=found.edit.title or "(Untitled)",
        status=found.state.status,
        is_dirty=found.is_dirty,
        readers=[(label, address(**{"as": it}), it == reader) for it, label in _READERS.items()],
        widths=[(label, address(width=it), it == width) for it, label in _WIDTHS.items()],
        width=width,
        frame=address(bare="1"),
        editor=f"/admin/posts/{found.state.id}/" if edits else None,
        until=datetime.fromtimestamp(int(link["until"]), zone) if link else None,
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return response
