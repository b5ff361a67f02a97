"""Asking the app for the answer that everybody gets, and for the one that is one reader's own.

The public render is cut off from whoever asked first: no cookie, no credentials, no undeclared
parameter reaches the app, so none can change the bytes that others will get.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any

from infrastructure.page_cache.declare import Policy, Render, current_render
from infrastructure.page_cache.holes import Holes, Reader, cut
from infrastructure.page_cache.page import Answer, Message, RawHeaders
from infrastructure.page_cache.routes import HTMX
from infrastructure.page_cache.store import Key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

# How long a render may take to end when it is no longer wanted.
_LEAVE_SECONDS = 2.0

PRIVATE_CONTROL = (b"cache-control", b"private, no-store")


def public_scope(scope: Scope, policy: Policy, key: Key) -> Scope:
    """Return the scope of the GET request that everybody who asks for this key would send."""
    host, _, which = key
    query, *choices = which.split(" ")
    headers: RawHeaders = [(b"host", host)]
    if policy.fragment_of_htmx and HTMX in choices:
        headers.append((b"hx-request", b"true"))
    if policy.representations:
        media_type = next(it for it in policy.representations if it in choices)
        headers.append((b"accept", media_type.encode()))
    if policy.required_header:
        name, value = policy.required_header
        headers.append((name.encode(), value.encode()))
    return {
        **scope,
        "method": "GET",
        "headers": headers,
        "query_string": query.encode(),
        "client": None,
        "extensions": {},
    }


async def render_public(app: AsgiApp, scope: Scope) -> tuple[Answer, Render]:
    """Run the app once and return its whole answer with what the render told about itself.

    Whoever cancels this leaves nothing running: the app is told that the reader went away.
    """
    render, capture, gone = Render(), _Capture(), asyncio.Event()
    token = current_render.set(render)
    try:
        running = asyncio.ensure_future(app(scope, _nothing_more(gone), capture))
    finally:
        current_render.reset(token)
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        gone.set()
        await asyncio.wait([running], timeout=_LEAVE_SECONDS)
        raise
    running.result()
    return capture.answer(), render


def _nothing_more(gone: asyncio.Event) -> Receive:
    """Return a `receive` that gives an empty body, and then waits until the reader is gone."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            await gone.wait()
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


class _Capture:
    """A `send` that keeps the answer."""

    def __init__(self) -> None:
        self._start: Message = {"status": 500, "headers": []}
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))

    def answer(self) -> Answer:
        headers = [(bytes(name).lower(), bytes(value)) for name, value in self._start["headers"]]
        return Answer(self._start["status"], headers, b"".join(self._parts))


class PrivateAnswer:
    """A `send` for answers that are one reader's own: nobody keeps them, and holes are filled.

    HTML is held back until it is whole, because a hole may lie across two chunks; everything else
    passes as it comes.
    """

    def __init__(self, send: Send, scope: Scope, holes: Holes, more: RawHeaders) -> None:
        """Pass what comes to `send`, with `more` headers (for debugging)."""
        self._send = send
        self._scope = scope
        self._holes = holes
        self._more = more
        self._held: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take one message of the app."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._held is not None and message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._release(self._held)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = [*message["headers"], *self._more]
        known: Mapping[bytes, bytes] = {bytes(name).lower(): value for name, value in headers}
        if b"cache-control" not in known:
            headers.append(PRIVATE_CONTROL)
        message = {**message, "headers": headers}
        if (
            self._scope["method"] != "HEAD"
            and known.get(b"content-type", b"").startswith(b"text/html")
            and b"content-encoding" not in known
        ):
            self._held = message
        else:
            await self._send(message)

    async def _release(self, start: Message) -> None:
        self._held = None
        page = cut(b"".join(self._parts))
        body = await self._holes.fill(page, Reader(self._scope)) if page.holes else None
        if body is None:
            body = page.filled({})
        headers = [it for it in start["headers"] if bytes(it[0]).lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
