"""A small HTTP/1.1 load generator on loopback: keep-alive connections that ask as fast as answered.

It counts answers and reads them by their Content-Length; it is no client for anything else.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop


@dataclass
class Load:
    """What was measured: answers a second, and latencies in seconds, sorted."""

    seconds: float = 0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that this share of the answers kept to, in milliseconds."""
        return 1000 * self.latencies[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


class _Asker(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, load: Load, until: float) -> None:
        self._request = request
        self._load = load
        self._until = until
        self._buffer = b""
        self._missing = 0
        self._asked = 0.0
        self._status = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._buffer = b""
            lowered = head.lower()
            self._status = int(head[9:12])
            place = lowered.find(b"content-length:")
            length = int(lowered[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self._missing = length - len(rest)
        if self._missing <= 0:
            self._missing = 0
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self._load.latencies.append(now - self._asked)
        self._load.statuses[self._status] = self._load.statuses.get(self._status, 0) + 1
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            if error is None:
                self.over.set_result(None)
            else:
                self.over.set_exception(error)


def ask(port: int, path: str, *, seconds: float, connections: int = 32, headers: str = "") -> Load:
    """Ask a server on this machine for one path, for some seconds.

    `headers` are lines that end in CRLF each.

    Raises:
        OSError: the server does not answer or breaks a connection.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()

    async def run() -> Load:
        load = Load()
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        askers = [
            (
                await loop.create_connection(
                    lambda: _Asker(request, load, began + seconds), "127.0.0.1", port
                )
            )[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(it.over for it in askers))
        load.seconds = time.perf_counter() - began
        load.latencies.sort()
        return load

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
