"""Where the time of an uncached page goes: `python -m benchmarks.phases [ROUNDS]`.

Each page is asked for in process, with its page cache emptied, on a site of 500 posts. Told are
medians in milliseconds: all of it, the part spent waiting for the database, the part in templates,
and the rest (Quart, who the viewer is, rows into what templates show, compression, storing).
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app import create_app
from benchmarks.beside.cases import pages
from benchmarks.beside.site import Site, make_site, settings
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.factory import BaseApp

PARTS = ("all", "database", "templates", "queries")


class Phases:
    """Adds up what an app spends where, from one page to the next."""

    def __init__(self, app: BaseApp) -> None:
        """Watch an app."""
        self.spent: dict[str, float] = defaultdict(float)
        self._began = 0.0
        engine = app.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        render = app.templates.render

        def timed(name: str, /, **context: Any) -> str:
            began = time.perf_counter()
            try:
                return render(name, **context)
            finally:
                self.spent["templates"] += 1000 * (time.perf_counter() - began)

        app.templates.render = timed  # type: ignore[method-assign]

    def _before(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _after(self, *_: object) -> None:
        self.spent["database"] += 1000 * (time.perf_counter() - self._began)
        self.spent["queries"] += 1


async def _measure(site: Site, folder: Path, rounds: int) -> None:
    app = create_app(
        settings(site.database_url, folder, None).model_copy(update={"trusted_proxies": 1})
    )
    await app.startup()
    try:
        phases = Phases(app)
        client = app.test_client()
        more = [
            (it.name, it.path, dict(it.headers)) for it in pages(site.post, site.tag, site.session)
        ]
        print(f"{'page':14}{'all ms':>9}{'database':>10}{'templates':>11}{'rest':>8}{'queries':>9}")
        for name, path, headers in [*more, ("search", "/search/?q=bread", {})]:
            found: dict[str, list[float]] = {part: [] for part in PARTS}
            for turn in range(rounds + 10):
                app.page_cache.store.clear()
                phases.spent.clear()
                began = time.perf_counter()
                # Each request is another reader's: what is limited by reader is not measured here.
                reader = {"X-Forwarded-For": f"10.0.{turn // 256}.{turn % 256}"}
                answer = await client.get(path, headers={**headers, **reader})
                phases.spent["all"] = 1000 * (time.perf_counter() - began)
                if answer.status_code != 200:
                    message = f"{path} answered {answer.status_code}"
                    raise RuntimeError(message)
                if turn >= 10:
                    for part, values in found.items():
                        values.append(phases.spent[part])
            whole, database, templates, queries = (statistics.median(found[it]) for it in PARTS)
            print(
                f"{name:14}{whole:9.2f}{database:10.2f}{templates:11.2f}"
                f"{whole - database - templates:8.2f}{queries:9.0f}"
            )
    finally:
        await app.shutdown()


def main(arguments: list[str]) -> None:
    """Run the benchmark."""
    rounds = int(arguments[0]) if arguments else 100
    with tempfile.TemporaryDirectory(prefix="blog-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedPostgres(folder / "postgres", UNSAFE_FAST_SETTINGS) as server:
            site = make_site(server.url("postgres"), folder / "var", None)
            asyncio.run(_measure(site, folder / "var", rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
