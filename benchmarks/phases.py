"""Where the time of an uncached page goes: `python -m benchmarks.phases [ROUNDS]`.

Each page is asked for in process, with its page cache emptied, on a site of 500 posts; a save is
one of the editor, of a text of a hundred paragraphs. Told are
medians in milliseconds: all of it, the part spent waiting for the database, the part in templates,
and the rest (Quart, who the viewer is, rows into what templates show, compression, storing).
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from msgspec import Struct
from sqlalchemy import event, text

import lexical
from app import create_app
from benchmarks.beside.cases import pages
from benchmarks.beside.site import Site, make_site, settings
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.factory import BaseApp

_WARM_UP = 10
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


class Request(Struct, frozen=True):
    """What is asked for; `body` makes the body of each turn."""

    name: str
    path: str
    headers: Mapping[str, str] = {}
    method: str = "GET"
    body: Callable[[int], bytes] | None = None


async def _save(app: BaseApp, site: Site) -> Request:
    """A save of the post in the middle, as the editor's program sends it."""
    client = app.test_client()
    cookie = {"Cookie": site.session}
    page = await (await client.get("/auth/account/", headers=cookie)).get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    async with app.database.read() as connection:
        wanted = text("SELECT id FROM posts WHERE slug = :slug")
        post_id = (await connection.execute(wanted, {"slug": site.post})).scalar_one()
    path = f"/admin/posts/{post_id}/copy"
    begun = await (await client.get(path, headers=cookie)).get_json()
    window = str(uuid4())

    def body(turn: int) -> bytes:
        document = lexical.from_html(f"<p>{turn}</p>" + "<p>Forty words of rye.</p>" * 100)
        fields = {"lexical": json.dumps(document)}
        base = begun["copy_version"]
        return json.dumps(
            {"base": base, "client": window, "seq": turn + 1, "fields": fields}
        ).encode()

    headers = {
        **cookie,
        "X-CSRF-Token": token,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
    }
    return Request("save", path, headers, "PUT", body)


async def _requests(app: BaseApp, site: Site) -> list[Request]:
    return [
        *(Request(it.name, it.path, it.headers) for it in pages(site.post, site.tag, site.session)),
        Request("search", "/search/?q=bread"),
        await _save(app, site),
    ]


async def _measure(site: Site, folder: Path, rounds: int) -> None:
    given = settings(site.database_url, folder, None)
    app = create_app(given.model_copy(update={"trusted_proxies": 1, "run_jobs_in": "work"}))
    await app.startup()
    try:
        phases = Phases(app)
        heads = f"{'database':>10}{'templates':>11}{'rest':>8}{'queries':>9}"
        print(f"{'page':14}{'all ms':>9}{heads}")
        for wanted in await _requests(app, site):
            found = await _turns(app, phases, wanted, rounds)
            whole, database, templates, queries = (statistics.median(found[it]) for it in PARTS)
            print(
                f"{wanted.name:14}{whole:9.2f}{database:10.2f}{templates:11.2f}"
                f"{whole - database - templates:8.2f}{queries:9.0f}"
            )
    finally:
        await app.shutdown()


async def _turns(
    app: BaseApp, phases: Phases, wanted: Request, rounds: int
) -> dict[str, list[float]]:
    """Ask so many times; return what each part took, the first turns left out."""
    client = app.test_client()
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for turn in range(rounds + _WARM_UP):
        # Each request is another reader's: what is limited by reader is not measured here.
        reader = {"X-Forwarded-For": f"10.0.{turn // 256}.{turn % 256}"}
        body = None if wanted.body is None else wanted.body(turn)
        app.page_cache.store.clear()
        phases.spent.clear()
        began = time.perf_counter()
        answer = await client.open(  # type: ignore[call-arg]  # Quart's Protocol leaves defaults out
            wanted.path, method=wanted.method, headers={**wanted.headers, **reader}, data=body
        )
        phases.spent["all"] = 1000 * (time.perf_counter() - began)
        if answer.status_code != 200:
            message = f"{wanted.path} answered {answer.status_code}"
            raise RuntimeError(message)
        if turn >= _WARM_UP:
            for part, values in found.items():
                values.append(phases.spent[part])
    return found


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
