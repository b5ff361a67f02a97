"""Answering those who ask us for fragments: `GET /internal/fragments/<type>`.

What each type shows is the app's; this keeps the rules that all share. Without its header the
address does not exist, for it is not meant for people. An unknown type or a failure is an empty
answer that may not be kept, and an ERROR in the log: the page that wanted it must not suffer.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from quart import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from infrastructure.access import access
from infrastructure.fragments.kinds import KINDS
from infrastructure.page_cache import private

_log = structlog.get_logger(__name__)

_CONTENT_TYPE: Final = "text/html; charset=utf-8"

# Gives the HTML for the request's parameters; empty where there is nothing to show.
FragmentView = Callable[["MultiDict[str, str]"], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a fragment, as those who keep it compare it."""

    digest: str

    @property
    def etag(self) -> str:
        return f'"{self.digest}"'


def fragments_blueprint(views: Mapping[str, FragmentView]) -> Blueprint:
    """Make the route that answers with an app's fragments.

    Args:
        views: what each type shows, by its name (one of `KINDS`).
    """
    blueprint = Blueprint("fragments", __name__)

    @blueprint.get("/internal/fragments/<kind>")
    @access("public")
    @private
    async def fragment(kind: str) -> Response:
        """Answer with one fragment."""
        if request.headers.get("X-Fragment-Request") != "1":
            raise NotFound
        view = views.get(kind)
        if view is None:
            _log.error("unknown fragment", type=kind[:100])
            return nothing_now()
        try:
            html = await view(request.args)
        except Exception:  # noqa: BLE001 - a page never fails because a piece of it did
            _log.exception("fragment cannot be made", type=kind)
            return nothing_now()
        return _answer(kind, html)

    return blueprint


def _answer(kind: str, html: str) -> Response:
    version = _Version(hashlib.sha256(html.encode()).hexdigest()[:24])
    known = KINDS[kind]
    headers = {
        "ETag": version.etag,
        "X-Fragment-Version": version.digest,
        "Cache-Control": f"{'private' if known.personal else 'public'}, max-age={known.fresh:.0f}",
    }
    if request.if_none_match.contains(version.digest):
        return Response(status=304, headers=headers)
    return Response(html, headers=headers, content_type=_CONTENT_TYPE)


def nothing_now() -> Response:
    """Answer with no fragment, and let nobody keep that."""
    return Response("", headers={"Cache-Control": "no-store"}, content_type=_CONTENT_TYPE)
