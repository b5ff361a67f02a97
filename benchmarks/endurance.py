"""What long load does: memory over a million requests, and readers' latencies while editors save.

    python -m benchmarks.endurance memory [REQUESTS]
    python -m benchmarks.endurance edits [SECONDS]

Both run on each server, with a site of 500 posts on an embedded PostgreSQL, over loopback. `memory`
asks for a mixed list: pages that are there and pages that are not, feeds, searches, fragments, old
addresses. `edits` compares readers at full rate without any edit and with fifty a second, in turns
of one run.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Self

from sqlalchemy import select

from benchmarks import wrk
from benchmarks.beside.site import Site, make_site
from benchmarks.processes import SERVERS, app_server, resident_bytes
from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.page_cache.purging import purge_on_commit
from models.content import Post

_MAY_GROW = 0.05
_MAY_SLOW = 5.0
_EDITS_A_SECOND = 50
_TURNS = 3


def mixed_paths(site: Site) -> list[str]:
    """Return addresses as readers and robots ask for them: most are there, some never were."""
    posts = [f"/post-{number}/" for number in range(1, site.posts, 3)]
    tags = [f"/tag/tag-{number}/" for number in range(1, 100)]
    authors = [f"/author/author-{number}/" for number in range(1, 20)]
    missing = [f"/wp-login-{number}.php" for number in range(50)]
    more = ["/", "/rss/", "/feed.json", "/sitemap.xml", "/robots.txt", "/livez", "/tag/many"]
    return posts + tags + authors + missing + more * 20


def _memory(site: Site, folder: Path, requests: int) -> bool:
    paths = folder / "paths"
    paths.write_text("\n".join(mixed_paths(site)))
    reached = True
    print(f"{'server':12}{'requests':>12}{'warm MB':>10}{'end MB':>10}{'growth':>9}")
    for server in SERVERS:
        with app_server(site.database_url, folder, server=server) as (address, pid):
            _ask(address, paths, requests // 10)
            warm = resident_bytes(pid)
            asked = _ask(address, paths, requests)
            end = resident_bytes(pid)
        growth = end / warm - 1
        reached &= growth < _MAY_GROW
        print(f"{server:12}{asked:12,}{warm / 1e6:10.1f}{end / 1e6:10.1f}{growth:9.1%}", flush=True)
    return reached


def _ask(address: str, paths: Path, requests: int) -> int:
    """Ask until so many requests were answered; return how many there were."""
    asked = 0
    while asked < requests:
        asked += wrk.load(address, seconds=10, paths=paths).requests
    return asked


class Editor:
    """Saves posts at a steady rate until it is stopped, in a thread with a loop of its own."""

    def __init__(self, database_url: str) -> None:
        """Save posts of this database."""
        self.saved = 0
        self._url = database_url
        self._stop = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, after the save that is under way."""
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        database = Database(self._url)
        purge_on_commit(database)
        try:
            async with database.read() as connection:
                ids = (await connection.execute(select(Post.id).order_by(Post.id))).scalars().all()
            loop = asyncio.get_running_loop()
            began = loop.time()
            while not self._stop.is_set():
                async with database.unit_of_work() as work:
                    post = await work.session.get_one(Post, ids[self.saved % len(ids)])
                    post.title = f"Edited {self.saved} times"
                self.saved += 1
                await asyncio.sleep(max(0, began + self.saved / _EDITS_A_SECOND - loop.time()))
        finally:
            await database.close()


def _edits(site: Site, folder: Path, seconds: float) -> bool:
    paths = folder / "paths"
    paths.write_text("\n".join(mixed_paths(site)))
    reached = True
    heads = f"{'quiet/s':>10}{'p99 ms':>9}{'edited/s':>10}{'p99 ms':>9}{'ratio':>8}{'edits/s':>9}"
    print(f"{'server':12}{heads}")
    for server in SERVERS:
        with app_server(site.database_url, folder, server=server) as (address, _):
            wrk.load(address, seconds=5, paths=paths)
            quiet: list[wrk.Load] = []
            edited: list[wrk.Load] = []
            rates: list[float] = []
            for _ in range(_TURNS):
                quiet.append(wrk.load(address, seconds=seconds, paths=paths))
                with Editor(site.database_url) as editor:
                    edited.append(wrk.load(address, seconds=seconds, paths=paths))
                rates.append(editor.saved / edited[-1].seconds)
        ratio = statistics.median(
            one.p99_ms / other.p99_ms for one, other in zip(edited, quiet, strict=True)
        )
        reached &= ratio < _MAY_SLOW
        print(
            f"{server:12}{_median(quiet, _rate):10,.0f}{_median(quiet, _p99):9.2f}"
            f"{_median(edited, _rate):10,.0f}{_median(edited, _p99):9.2f}{ratio:8.2f}"
            f"{statistics.median(rates):9.1f}",
            flush=True,
        )
    return reached


def _median(loads: list[wrk.Load], value: Callable[[wrk.Load], float]) -> float:
    return statistics.median(map(value, loads))


def _rate(load: wrk.Load) -> float:
    return load.per_second


def _p99(load: wrk.Load) -> float:
    return load.p99_ms


def main(arguments: list[str]) -> int:
    """Run the one or the other; 0 where its goal was reached."""
    kind, *more = arguments or [""]
    if kind not in {"memory", "edits"}:
        print(__doc__)
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="blog-bench-")))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "postgres", UNSAFE_FAST_SETTINGS))
        site = make_site(server.url("postgres"), folder / "var", None)
        if kind == "memory":
            reached = _memory(site, folder, int(more[0]) if more else 1_000_000)
        else:
            reached = _edits(site, folder, float(more[0]) if more else 10)
    print("Reached." if reached else "Not reached.")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
