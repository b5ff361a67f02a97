"""A small app behind a page cache, with one route of each kind and a counter of renders."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from quart import Quart, Response, request

from infrastructure.database import Database
from infrastructure.page_cache import private, public, surrogate_tags, viewer_may_differ
from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.routes import Routes
from tests.infrastructure.page_cache.browser import Reply, get

BODY = "<p>bread</p>" * 100


@dataclass
class Site:
    """What a test sees of the app: `renders` by path, and `gate`, which holds back slow pages."""

    app: Quart
    cache: PageCache
    database: Database
    routes: Routes
    renders: Counter[str]
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    texts: dict[str, str] = field(default_factory=dict)

    async def get(
        self, target: str, *, method: str = "GET", host: str = "localhost", **headers: str
    ) -> Reply:
        return await get(
            self.app.asgi_app,  # type: ignore[arg-type]  # Quart types its scopes more narrowly
            target,
            method=method,
            host=host,
            **headers,
        )


def small_app(cache: PageCache, database: Database) -> Site:
    """Make an app with one route of each kind."""
    app = Quart(__name__)
    renders: Counter[str] = Counter()
    site = Site(app, cache, database, Routes(app), renders)
    _add_good_pages(site)
    _add_bad_pages(app)
    _add_personal_pages(app)

    @app.before_request
    async def count() -> None:
        renders[request.path] += 1

    return site


def _add_good_pages(site: Site) -> None:
    app, renders = site.app, site.renders

    @app.get("/page/<name>/")
    @public()
    async def page(name: str) -> str:
        surrogate_tags(f"page:{name}")
        return f"{site.texts.get(name, name)} {BODY}"

    @app.get("/slow/<name>/")
    @public()
    async def slow(name: str) -> str:
        surrogate_tags(f"page:{name}")
        text = site.texts.get(name, name)
        await site.gate.wait()
        return text

    @app.get("/list/")
    @public(query=("after",), fragment_of_htmx=True)
    async def listing() -> str:
        surrogate_tags("list:home")
        part = "cards" if request.headers.get("HX-Request") else "whole"
        return f"{part} {request.args.get('after')} {request.args.get('utm')}"

    @app.get("/tree/")
    @public(
        representations=("text/html", "application/json"),
        required_header=("x-fragment-request", "1"),
        browser=30,
    )
    async def tree() -> Response:
        surrogate_tags("menu")
        wanted = request.accept_mimetypes.best_match(["text/html", "application/json"])
        return Response(str(wanted), content_type=wanted)

    @app.get("/timed/")
    @public(fresh=100, stale=100)
    async def timed() -> str:
        return f"{renders['/timed/']}"


def _add_bad_pages(app: Quart) -> None:
    @app.get("/cookie/")
    @public()
    async def cookie() -> Response:
        surrogate_tags("page:cookie")
        response = Response("careless")
        response.set_cookie("session", "of the first reader")
        return response

    @app.get("/untagged/")
    @public()
    async def untagged() -> str:
        return "never purged"

    @app.get("/broken/")
    @public()
    async def broken() -> tuple[str, int]:
        surrogate_tags("page:broken")
        return "broken", 500

    @app.get("/forgotten/")
    async def forgotten() -> str:
        return "no policy"

    @app.post("/page/<name>/")
    async def change(name: str) -> str:
        return name


def _add_personal_pages(app: Quart) -> None:
    @app.get("/mine/")
    @private
    async def mine() -> str:
        return f"<!--hole:greeting-->hello<!--/hole:greeting--> {request.cookies.get('session')}"

    @app.get("/holes/")
    @public()
    async def holes() -> str:
        surrogate_tags("page:holes")
        return (
            f"<!--hole:greeting-->sign in<!--/hole:greeting--> {BODY}"
            f"<!--hole:tools:42-->no tools<!--/hole:tools--> {request.cookies.get('session')}"
        )

    @app.get("/gated/")
    @public()
    async def gated() -> str:
        surrogate_tags("page:gated")
        viewer_may_differ()
        return "all of it" if request.cookies.get("session") == "member" else "teaser"
