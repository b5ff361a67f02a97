"""How fast a warm page is: beside a bare ASGI answer of the same bytes, on the same server.

`python -m benchmarks.page_cache [seconds]` starts an embedded PostgreSQL, fills it with a post of
30 kB, and for each server measures in turns the bare answer and the warm page: plain, compressed,
as a 304, and a page with a personal hole. One worker, 32 connections, loopback. Beside the answers
a second stands what each cost the server's processors, which does not depend on the load
generator. The last column is the part of the bare answer's speed, the median of the turns.
"""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import ask
from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.migrate import migrate
from infrastructure.settings import ROOT
from models.content import Post

TARGET = "benchmarks.page_cache_app:app"
TURNS = 5
GOAL = 0.7

CASES = {
    "plain": "",
    "zstd": "Accept-Encoding: gzip, deflate, br, zstd\r\n",
    "with a cookie": "Accept-Encoding: gzip, deflate, br, zstd\r\nCookie: session=abc\r\n",
}


def _command(server: str, port: int) -> list[str]:
    if server == "hypercorn":
        return ["hypercorn", "--worker-class", "uvloop", "--bind", f"127.0.0.1:{port}", TARGET]
    options = ["--interface", "asgi", "--loop", "uvloop", "--port", str(port)]
    return ["granian", *options, TARGET]


async def fill(url: str) -> None:
    """Write a post whose page has about 30 kB."""
    await migrate(url)
    database = Database(url)
    words = " ".join(f"word{number}" for number in range(40))
    async with database.unit_of_work() as work:
        work.session.add(
            Post(
                slug="bread",
                title="Bread",
                status="published",
                published_at=datetime(2026, 1, 1, tzinfo=UTC),
                html="".join(f"<p>{number} {words}</p>" for number in range(95)),
            )
        )
    await database.close()


def cpu_seconds(root: int) -> float:
    """Return what a process and its children used of the processors so far (Linux)."""
    wanted, total = {root}, 0.0
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda it: int(it.name)):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) in wanted or int(fields[1]) in wanted:
            wanted.add(int(folder.name))
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def measure(server: str, url: str, seconds: float) -> bool:
    """Serve, measure and print; return whether the goal was reached."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port = it.getsockname()[1]
    environment = {**os.environ, "ENVIRONMENT": "test", "DATABASE_URL": url}
    process = subprocess.Popen(
        [sys.executable, "-m", *_command(server, port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(port)
        return _compare(server, port, process.pid, seconds)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _compare(server: str, port: int, pid: int, seconds: float) -> bool:
    reached = True
    for case, headers in CASES.items():
        rates: dict[str, list[float]] = {"/bare/bread/": [], "/bread/": []}
        costs: dict[str, list[float]] = {"/bare/bread/": [], "/bread/": []}
        slowest = 0.0
        for path in rates:
            ask(port, path, seconds=0.3, headers=headers)
        for _ in range(TURNS):
            for path, found in rates.items():
                before = cpu_seconds(pid)
                load = ask(port, path, seconds=seconds, headers=headers)
                used = cpu_seconds(pid) - before
                if set(load.statuses) != {200}:
                    message = f"{path} answered {load.statuses}"
                    raise RuntimeError(message)
                found.append(load.per_second)
                costs[path].append(1e6 * used / len(load.latencies))
                if path == "/bread/":
                    slowest = max(slowest, load.percentile(0.99))
        bare, warm = (statistics.median(rates[path]) for path in rates)
        bare_cost, warm_cost = (statistics.median(costs[path]) for path in costs)
        share = statistics.median(
            mine / theirs
            for theirs, mine in zip(rates["/bare/bread/"], rates["/bread/"], strict=True)
        )
        reached &= share >= GOAL
        print(
            f"{server:10} {case:14} {bare:9,.0f} {warm:9,.0f} {bare_cost:9.1f} {warm_cost:9.1f} "
            f"{slowest:8.1f} {share:7.0%}"
        )
    return reached


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    message = "the server did not become ready"
    raise RuntimeError(message)


def main(arguments: list[str]) -> int:
    """Run the benchmark; 0 where every warm page reached the goal."""
    seconds = float(arguments[0]) if arguments else 2.0
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", UNSAFE_FAST_SETTINGS) as server:
            url = server.url("postgres")
            asyncio.run(fill(url))
            print("A warm page of 30 kB beside a bare ASGI answer of the same bytes.")
            print(
                f"{'server':10} {'case':14} {'bare/s':>9} {'warm/s':>9} {'bare µs':>9} "
                f"{'warm µs':>9} {'p99 ms':>8} {'share':>7}"
            )
            reached = [measure(name, url, seconds) for name in ("hypercorn", "granian")]
    print("Reached" if all(reached) else f"Not reached: {GOAL:.0%} of the bare answer everywhere.")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
