"""What `benchmarks.nav_tree` serves: the app, an empty Quart route, and bare ASGI answers.

`/empty` is a Quart application with one route that returns nothing. `/bare/…` answers with the
bytes that the rest of its path had when it was first asked for: the most that the server can do.
"""

from typing import cast

from quart import Quart, Response

from benchmarks.page_cache_app import app as app_or_bare
from infrastructure.page_cache.render import AsgiApp, Receive, Scope, Send

_quart = Quart(__name__)


@_quart.get("/empty")
async def empty() -> Response:
    """Answer with nothing."""
    return Response(b"")


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    is_empty = scope.get("path") == "/empty"
    await (cast("AsgiApp", _quart) if is_empty else app_or_bare)(scope, receive, send)


app: AsgiApp = _answer
