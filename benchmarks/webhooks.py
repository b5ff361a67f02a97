"""How fast webhooks are answered while 100,000 wait: `python -m benchmarks.webhooks [seconds]`.

A PostgreSQL that writes to disk, one worker of the app that runs no jobs, an inbox filled by SQL,
and signed webhooks of 20 kB: at a steady pace, in bursts as Ghost sends them for a bulk change, and
as fast as they are answered. Exits with 1 where the slowest hundredth of the first two take 50 ms
or more. Latencies include the client's own time, which is on the same machine.
"""

import asyncio
import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import httpx

from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.migrate import migrate
from infrastructure.settings import ROOT

_SECRET: Final = "the secret of the benchmark"  # noqa: S105 - of no other
_WAITING: Final = 100_000
_PORT: Final = 8642
_LIMIT_MS: Final = 50.0
_TEXT: Final = "bread and time " * 1300

_FILL: Final = """
    INSERT INTO ghost_webhooks (event, kind, ghost_id, signature, body, sent_at)
    SELECT 'post.edited', 'posts', lpad(to_hex(n), 24, '0'), sha256(n::text::bytea),
        convert_to(repeat('x', 200), 'UTF8'), now()
    FROM generate_series(1, $1) AS n
"""
_FILL_QUEUE: Final = """
    INSERT INTO jobs.pgqueuer (priority, entrypoint, payload, dedupe_key, headers, status)
    SELECT 0, 'ghost.apply',
        convert_to('{"kind":"posts","ghost_id":"' || lpad(to_hex(n), 24, '0') || '"}', 'UTF8'),
        'ghost.apply:posts:' || lpad(to_hex(n), 24, '0'), '{}', 'queued'
    FROM generate_series(1, $1) AS n
"""


def _webhook(number: int) -> tuple[bytes, dict[str, str]]:
    post = {"id": f"{number:024x}", "title": f"Number {number}", "html": _TEXT}
    body = json.dumps({"post": {"current": post, "previous": {}}}).encode()
    moment = int(time.time() * 1000)
    made = hmac.new(_SECRET.encode(), body + str(moment).encode(), hashlib.sha256).hexdigest()
    return body, {"X-Ghost-Signature": f"sha256={made}, t={moment}"}


class Sender:
    """Sends webhooks, each about another post, and keeps how long the answers took."""

    def __init__(self, client: httpx.AsyncClient, first: int) -> None:
        self._client = client
        self._sent = first
        self.took: list[float] = []

    async def send(self, *, known: bool = False) -> None:
        """Send one; `known`: about a post whose webhooks wait already."""
        self._sent += 1
        body, headers = _webhook(self._sent % 1000 + 1 if known else _WAITING + self._sent)
        began = time.perf_counter()
        answer = await self._client.post(
            "/webhooks/ghost/post.edited", content=body, headers=headers
        )
        self.took.append(time.perf_counter() - began)
        if answer.status_code != 202:
            message = f"answered {answer.status_code}"
            raise RuntimeError(message)


async def _steady(sender: Sender, seconds: float) -> None:
    """Twenty a second."""
    until = time.perf_counter() + seconds
    sending: list[asyncio.Task[None]] = []
    while time.perf_counter() < until:
        sending.append(asyncio.create_task(sender.send(known=len(sending) % 2 == 0)))
        await asyncio.sleep(0.05)
    await asyncio.gather(*sending)


async def _bursts(sender: Sender, seconds: float) -> None:
    """Three about each of four posts at once, as a bulk change sends them, every half second."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        await asyncio.gather(*(sender.send(known=number % 3 == 0) for number in range(12)))
        await asyncio.sleep(0.5)


async def _flat_out(sender: Sender, seconds: float) -> None:
    """Sixteen connections, each as fast as it is answered."""
    until = time.perf_counter() + seconds

    async def one() -> None:
        while time.perf_counter() < until:
            await sender.send()

    await asyncio.gather(*(one() for _ in range(16)))


_PACES: Final[dict[str, Callable[[Sender, float], Awaitable[None]]]] = {
    "20 a second": _steady,
    "bursts of 12": _bursts,
    "flat out, 16 connections": _flat_out,
}


@asynccontextmanager
async def _app(database_url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "VAR_FOLDER": str(folder / "var"),
        "SECRET_KEY": "a key of the benchmark alone",
        "GHOST_WEBHOOK_SECRET": _SECRET,
        "RUN_JOBS_IN": "work",
        "WEB_CONCURRENCY": "1",
        "PORT": str(_PORT),
        "LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infrastructure.launcher", env=environment, cwd=ROOT
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{_PORT}", timeout=30, trust_env=False
        ) as client:
            for _ in range(600):
                try:
                    await client.get("/livez")
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _measure(database_url: str, folder: Path, seconds: float) -> bool:
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    await connection.execute(_FILL, _WAITING)
    await connection.execute(_FILL_QUEUE, _WAITING)
    await connection.execute("ANALYZE")
    await connection.close()
    is_well = True
    print(f"{'':26} {'answers':>8} {'p50':>8} {'p99':>8} {'longest':>8}  ms, {_WAITING:,} waiting")
    async with _app(database_url, folder) as client:
        await _steady(Sender(client, first=0), 2)  # what is done once in the life of a worker
        for name, pace in _PACES.items():
            # Posts of its own, of which no webhook waits yet.
            sender = Sender(client, first=time.time_ns() // 1000)
            await pace(sender, seconds)
            took = sorted(1000 * it for it in sender.took)
            slowest = took[int(0.99 * len(took))]
            middle = took[len(took) // 2]
            print(f"{name:26} {len(took):8} {middle:8.1f} {slowest:8.1f} {took[-1]:8.1f}")
            is_well &= pace is _flat_out or slowest < _LIMIT_MS
    return is_well


def main(seconds: float) -> int:
    """Measure; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="blog-webhooks-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedPostgres(folder / "postgres") as server:
            is_well = asyncio.run(_measure(server.url(), folder, seconds))
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
