"""A reader of an ASGI app: sends requests as a server would, and keeps the whole answer."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from infrastructure.page_cache.render import AsgiApp


@dataclass(frozen=True)
class Reply:
    """What came back; of headers sent twice, the last."""

    status: int
    headers: dict[str, str]
    body: bytes
    messages: int

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def verdict(self) -> str:
        return self.headers["x-page-cache"]


async def get(
    app: AsgiApp, target: str, *, method: str = "GET", host: str = "localhost", **headers: str
) -> Reply:
    """Ask for a path with query; header names are written with underscores."""
    path, _, query = target.partition("?")
    sent = [(b"host", host.encode())]
    sent += [(name.replace("_", "-").encode(), it.encode()) for name, it in headers.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": sent,
        "client": ("192.0.2.7", 4321),
        "server": ("localhost", 80),
        "extensions": {},
    }
    messages: list[dict[str, Any]] = []
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            await asyncio.get_running_loop().create_future()
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *bodies = messages
    return Reply(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(it["body"] for it in bodies),
        len(messages),
    )
