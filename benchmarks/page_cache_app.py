"""What `benchmarks.page_cache` serves: the app, and under `/bare/` the same bytes without it.

`/bare/PATH` answers with the status, headers and body that `/PATH` had when it was first asked for,
straight from ASGI: that is the most that the server can do.
"""

from app import create_app
from infrastructure.page_cache.page import Message
from infrastructure.page_cache.render import AsgiApp, Receive, Scope, Send

_app = create_app()
_app.asgi_app._debug = False  # type: ignore[attr-defined]  # noqa: SLF001 - as in production
_bare: dict[tuple[str, bytes], list[Message]] = {}


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    path: str = scope.get("path", "")
    if not path.startswith("/bare/"):
        await _app(scope, receive, send)  # type: ignore[arg-type]  # Quart's types are narrower
        return
    key = (path, dict(scope["headers"]).get(b"accept-encoding", b""))
    if key not in _bare:
        messages: list[Message] = []

        async def record(message: Message) -> None:
            messages.append(dict(message))

        inner = {**scope, "path": path.removeprefix("/bare")}
        await _app(inner, receive, record)  # type: ignore[arg-type]  # as above
        _bare[key] = messages
    for message in _bare[key]:
        await send(message)


app: AsgiApp = _answer
