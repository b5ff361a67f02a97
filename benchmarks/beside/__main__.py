"""The app beside a bare answer, nginx and Ghost, in one run.

    python -m benchmarks.beside [SECONDS] [TURNS]

Every page is asked for at every target in turn, so that whatever else the machine does hits all of
them; what is told are the medians of the turns, and ratios within a turn. One program (wrk) asks
with 32 connections on loopback; the machine's cores are shared by it and the server.

A Ghost is measured where `BENCH_GHOST_URL` and `BENCH_GHOST_ADMIN_KEY` name one: the site is then
filled with its posts. wrk is needed; nginx is measured where it is installed.
"""

import os
import statistics
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import wrk
from benchmarks.beside.cases import Mode, Page, pages
from benchmarks.beside.report import (
    Key,
    Result,
    Row,
    machine,
    outcomes,
    print_outcomes,
    print_rows,
    write,
)
from benchmarks.beside.servers import Target, everything, fetch, version_of
from benchmarks.beside.site import Ghost, Site, make_site
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.settings import ROOT
from tests.deploy.nginx import NGINX

_RESULTS = ROOT / "benchmarks" / "results"


class Measurement:
    """All turns of one page in one mode at one target."""

    def __init__(self, page: Page, mode: Mode, target: Target, url: str) -> None:
        """Ask once, so that it is known to work, and to be kept where it can be."""
        self.page, self.mode, self.target, self.url = page, mode, target, url
        self.loads: list[wrk.Load] = []
        status, headers, body = fetch(url, target.headers(page))
        if status != 200:
            message = f"{url} answered {status}"
            raise RuntimeError(message)
        self.body_bytes = len(body)
        self._etag = headers.get("etag")

    @property
    def key(self) -> Key:
        """What it is called in the results."""
        return self.page.name, self.mode, self.target.name

    def turn(self, seconds: float) -> None:
        """Measure once more."""
        headers = dict(self.target.headers(self.page))
        if self.mode is Mode.UNCHANGED and self._etag is not None:
            headers["If-None-Match"] = self._etag
        load = wrk.load(
            self.url, seconds=seconds, headers=headers, many_readers=self.mode is Mode.COLD
        )
        self.loads.append(load)

    def row(self) -> Row:
        """Return what came out."""
        return Row(
            page=self.page.name,
            mode=self.mode,
            target=self.target.name,
            per_second=statistics.median(it.per_second for it in self.loads),
            p50_ms=statistics.median(it.p50_ms for it in self.loads),
            p99_ms=statistics.median(it.p99_ms for it in self.loads),
            body_bytes=self.body_bytes,
            failures=sum(it.failures for it in self.loads),
        )


def measurements(targets: list[Target], wanted: list[Page]) -> list[Measurement]:
    """Return what is to be measured."""
    found = []
    for page in wanted:
        for target in targets:
            url = target.url(page)
            modes = [it for it in target.modes if it in page.modes]
            found += [Measurement(page, it, target, url) for it in modes if url is not None]
    return found


def ghost_from_environment() -> Ghost | None:
    """Return the Ghost that the environment names."""
    url, key = os.environ.get("BENCH_GHOST_URL"), os.environ.get("BENCH_GHOST_ADMIN_KEY")
    return Ghost(url.rstrip("/"), key) if url and key else None


def measure(site: Site, folder: Path, ghost: Ghost | None, seconds: float, turns: int) -> bool:
    """Measure, print and write; return whether every goal was reached."""
    wanted = pages(site.post, site.tag, site.session)
    rates: defaultdict[Key, list[float]] = defaultdict(list)
    with everything(site, folder, wanted, ghost) as targets:
        planned = measurements(targets, wanted)
        print(f"{len(planned)} measurements of {seconds:g} s, {turns} turns, {site.posts} posts.")
        for turn in range(turns):
            for one in planned:
                one.turn(seconds)
                rates[one.key].append(one.loads[-1].per_second)
            print(f"turn {turn + 1} of {turns} is done", flush=True)
        memory = {it.name: size for it in targets if (size := it.resident_bytes()) is not None}
    rows = [one.row() for one in planned]
    found = outcomes(rates)
    print_rows(rows)
    print_outcomes(found)
    print("\nmemory, MB: " + ", ".join(f"{name} {size / 1e6:.0f}" for name, size in memory.items()))
    about = {
        **machine(),
        "posts": str(site.posts),
        "seconds": f"{seconds:g}",
        "turns": str(turns),
        "wrk": version_of("wrk", "-v"),
        "nginx": version_of(str(NGINX), "-v"),
    }
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json"
    write(_RESULTS / name, Result(about=about, goals=found, rows=rows, memory_bytes=memory))
    print(f"Written to benchmarks/results/{name}")
    return all(it.share >= 1 for it in found) and not any(row.failures for row in rows)


def main(arguments: list[str]) -> int:
    """Run the benchmark; 0 where every goal was reached."""
    seconds = float(arguments[0]) if arguments else 2.0
    turns = int(arguments[1]) if len(arguments) > 1 else 3
    ghost = ghost_from_environment()
    if ghost is None:
        print("No Ghost is named by BENCH_GHOST_URL and BENCH_GHOST_ADMIN_KEY: measured without.")
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedPostgres(folder / "postgres", UNSAFE_FAST_SETTINGS) as server:
            site = make_site(server.url("postgres"), folder / "var", ghost)
            reached = measure(site, folder, ghost, seconds, turns)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
