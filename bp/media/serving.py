"""Answering with bytes: conditions, ranges, and the headers that keep a file harmless.

Source: RFC 9110 (conditional and range requests), RFC 9111 (caching). What the bytes are is decided
before; nothing here reads anything but the request.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from quart import Response, request
from werkzeug.http import http_date, parse_range_header, quote_etag

from services.media.paths import MediaKind
from services.media.signatures import BY_CONTENT_TYPE, PDF, SVG

# A path that was given to an upload never leads to other bytes; an imported file may change.
FOR_GOOD: Final = "public, max-age=31536000, immutable"
FOR_A_DAY: Final = "public, max-age=86400"

# Opened as a page of its own, a drawing or a text may style itself and nothing else.
_HARMLESS: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

_LONGEST_RANGE: Final = 100

Read = Callable[[int, int], AsyncIterator[bytes]]


class Body(Struct, frozen=True):
    """What is to be answered.

    `read(start, length)` gives a part of the `size` bytes; `etag` is without quotes; `name` is what
    the file is called when it is saved.
    """

    read: Read
    size: int
    content_type: str
    etag: str
    modified: datetime
    cache_control: str
    kind: MediaKind
    name: str


def answer(body: Body) -> Response:
    """Answer the current GET or HEAD request: 200, 206, 304 or 416."""
    headers = _headers(body)
    if _is_known(body):
        return Response(status=304, headers=headers)
    start, end, status = 0, body.size, 200
    asked = _asked_range(body)
    if asked is not None:
        start, end = asked
        if start >= end:
            headers["Content-Range"] = f"bytes */{body.size}"
            return Response(status=416, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{body.size}"
        status = 206
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status=status, headers=headers)
    response = Response(body.read(start, end - start), status=status, headers=headers)
    # A long film over a slow line takes its time; the server closes what has stalled.
    response.timeout = None
    return response


def _headers(body: Body) -> dict[str, str]:
    headers = {
        "Content-Type": body.content_type,
        "ETag": quote_etag(body.etag),
        "Last-Modified": http_date(body.modified),
        "Cache-Control": body.cache_control,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    media_type = BY_CONTENT_TYPE.get(body.content_type)
    is_shown = media_type is not None and media_type.inline
    if media_type is SVG and body.kind is not MediaKind.IMAGE:
        # Only drawings that were taken as pictures were cleaned.
        is_shown = False
    if not is_shown:
        # The form of RFC 8187, which every browser reads and in which nothing can break out.
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(body.name, '')}"
    # A browser shows PDF with a program of its own, which a sandbox would switch off; what lies in
    # an image, a film or a recording is never read as a page.
    is_document = body.content_type.startswith(("text/", "application/")) and media_type is not PDF
    if not is_shown or is_document or media_type is SVG:
        headers["Content-Security-Policy"] = _HARMLESS
    return headers


def _is_known(body: Body) -> bool:
    """Whether the caller has these bytes already (RFC 9110, 13.2.2)."""
    if "If-None-Match" in request.headers:
        return request.if_none_match.contains_weak(body.etag)
    since = request.if_modified_since
    return since is not None and body.modified.replace(microsecond=0) <= since


def _asked_range(body: Body) -> tuple[int, int] | None:
    """Return the one range that is asked for, as start and end; an empty one cannot be had.

    Returns:
        None when all of it is to be sent: no range, one that is not understood, several, or one of
        a version that is no longer this.
    """
    given = request.headers.get("Range", "")
    # Python refuses to read numbers of thousands of digits, and no file is that long.
    asked = parse_range_header(given) if len(given) <= _LONGEST_RANGE else None
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if "If-Range" in request.headers:
        expected = request.if_range
        if expected.etag is not None:
            if expected.etag != body.etag:
                return None
        elif expected.date != body.modified.replace(microsecond=0):
            return None
    start, end = asked.ranges[0]
    if start < 0:
        return max(0, body.size + start), body.size
    return start, min(body.size, body.size if end is None else end)
