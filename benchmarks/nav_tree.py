"""How fast siblings get the menu: `python -m benchmarks.nav_tree [SECONDS]`.

A menu of 500 entries on six levels, on both servers, one worker, 32 connections. Each round
measures, one after the other in the same run:

- *bare*: the same bytes from a bare ASGI application, the most that the server can do;
- *empty*: a Quart route that returns nothing, the most that Quart can do;
- *304*: who has the menu already, as siblings do from the second time on;
- *warm*: the whole menu, kept;
- *compact*: its top level, kept;
- *new*: the menu for a page that nobody asked for yet: it is known, and marked anew (no query);
- *cold*: nothing is kept, so each answer is read (one query), drawn and marked anew.
"""

import asyncio
import statistics
import sys
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks.processes import SERVERS, Server, app_server
from benchmarks.wrk import Load, load
from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.migrate import migrate
from services.audit.log import Actor
from services.navigation import editing, publishing
from services.navigation.editing import NodeValues, Seen

ENTRIES: Final = 500
_TOP: Final = 20
_LEVELS: Final = 6
_ROUNDS: Final = 3
_PAGES: Final = 50_000

_ASKED: Final = {"X-Fragment-Request": "1", "Accept-Encoding": "gzip"}
_MENU: Final = "/internal/fragments/nav-tree?app=market&path=/bread"


async def publish(url: str) -> None:
    """Publish a menu of 500 entries on six levels."""
    await migrate(url)
    database = Database(url)
    editor = Actor("benchmark")
    nodes: list[tuple[NodeValues, int | None]] = []
    above: list[int] = []
    for number in range(ENTRIES):
        values = NodeValues("url", address=f"/{number}/", label=f"Entry number {number}")
        # Chains of six below each other, then more leaves beside the lowest.
        depth = number % _LEVELS
        parent = None if depth == 0 and len(above) < _TOP else (number - 1 if depth else above[-1])
        if parent is None:
            above.append(number)
        nodes.append((values, parent))
    async with database.unit_of_work() as work:
        await editing.add_all(work, editor, Seen("main", 1), nodes, "sowed")
    async with database.unit_of_work() as work:
        await publishing.publish(work, editor, Seen("main", 2))
    await database.close()


def _etag(address: str) -> str:
    connection = HTTPConnection(address.removeprefix("http://"))
    connection.request("GET", _MENU, headers=_ASKED)
    etag = connection.getresponse().headers["ETag"]
    connection.close()
    return etag


def _cases(address: str, *, is_cold: bool) -> dict[str, tuple[str, dict[str, str]]]:
    if is_cold:
        return {"cold": (_MENU, _ASKED)}
    return {
        "bare": (f"/bare{_MENU}", _ASKED),
        "empty": ("/empty", {}),
        "304": (_MENU, {**_ASKED, "If-None-Match": _etag(address)}),
        "warm": (_MENU, _ASKED),
        "compact": (f"{_MENU}&variant=compact", _ASKED),
    }


def _new_pages(folder: Path, turn: int) -> Path:
    """Write the paths of the menu for so many pages that no earlier turn asked for."""
    file = folder / "paths"
    file.write_text("".join(f"{_MENU}/{turn}/{number}\n" for number in range(_PAGES)))
    return file


def measure(server: Server, url: str, var: Path, seconds: float) -> None:
    """Serve, measure and print."""
    found: dict[str, list[Load]] = {}
    for is_cold in (False, True):
        with app_server(
            url,
            var,
            server=server,
            app="benchmarks.nav_tree_app:app",
            PAGE_CACHE_BYTES="0" if is_cold else "64000000",
        ) as (address, _):
            cases = _cases(address, is_cold=is_cold)
            for turn in range(_ROUNDS):
                for name, (path, headers) in cases.items():
                    told = load(f"{address}{path}", seconds=seconds, headers=headers)
                    found.setdefault(name, []).append(told)
                if not is_cold:
                    told = load(
                        address, seconds=seconds, headers=_ASKED, paths=_new_pages(var.parent, turn)
                    )
                    found.setdefault("new", []).append(told)
    bare = statistics.median(it.per_second for it in found["bare"])
    for name, loads in found.items():
        rate = statistics.median(it.per_second for it in loads)
        slow = statistics.median(it.p99_ms for it in loads)
        failures = sum(it.failures for it in loads)
        print(
            f"{server:10} {name:8} {rate:10,.0f} {slow:8.1f} {rate / bare:8.0%}"
            f"{f'  {failures} failed' if failures else ''}"
        )


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    seconds = float(arguments[0]) if arguments else 2.0
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", UNSAFE_FAST_SETTINGS) as postgres:
            url = postgres.url("postgres")
            asyncio.run(publish(url))
            print(f"The menu that siblings fetch: {ENTRIES} entries on {_LEVELS} levels.")
            print(f"{'server':10} {'answer':8} {'a second':>10} {'p99 ms':>8} {'of bare':>8}")
            for server in SERVERS:
                measure(server, url, Path(folder) / "var", seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
