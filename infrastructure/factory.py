"""The base of every app of the platform: `create_base_app`.

It gives an app its settings, database, templates, logs with a request id, error pages that need no
database, health checks and metrics, and a stop that finishes running requests. What the app is for
is left to the app: blueprints, services and what starts and stops with them.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Quart, Response, current_app, g, request
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from infrastructure.access import access
from infrastructure.database import Database
from infrastructure.errors import PersonError
from infrastructure.fragments import FragmentClient, Origin
from infrastructure.fragments.memory import NoSharedMemory, RedisMemory
from infrastructure.logs import configure_logs, get_logger, request_id
from infrastructure.migrate import current as current_revision
from infrastructure.migrate import head as head_revision
from infrastructure.page_cache import private
from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.install import install_page_cache
from infrastructure.page_cache.shared_redis import RedisLevel
from infrastructure.security import add_security, guard_the_door
from infrastructure.settings import APPS, ROOT, Settings
from infrastructure.templating import Templates

log = get_logger(__name__)

# Returns None when all is well, else a few words for the operator.
ReadinessCheck = Callable[[], Awaitable[str | None]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# A command makes the app before it starts the embedded server, and works with a `Database` of its
# own. This address (RFC 6761) reaches nothing, and says why wherever somebody tries it.
_NO_DATABASE = "postgresql://database-url-is-not-set.invalid/blog"

_BASE_TEMPLATES = Path(__file__).parent / "templates"

_SENTENCES = {
    400: "That request could not be understood.",
    401: "Sign in first.",
    403: "You may not see this page.",
    404: "There is no page here. It may have moved, or the link may be mistyped.",
    405: "This address cannot be used that way.",
    413: "That is more than this site takes at once.",
    500: "Something went wrong on our side. It has been written down; please try again.",
    503: "The site is not ready yet. Please try again in a moment.",
}


# Seconds beside the fragments' own time, for finding out who looks and for the last known good.
_HOLE_MARGIN = 0.03


class BaseApp(Quart):
    """A Quart app with what every app of the platform has."""

    settings: Settings
    database: Database
    fragments: FragmentClient
    page_cache: PageCache
    templates: Templates
    readiness: dict[str, ReadinessCheck]
    shown_states: dict[str, Callable[[], Awaitable[str]]]


def base_app() -> BaseApp:
    """Return the app that serves the current request."""
    return cast("BaseApp", current_app)


def wants_json() -> bool:
    """Whether the caller is a program that reads JSON rather than a person."""
    accepts = request.accept_mimetypes
    return accepts.best_match(["text/html", "application/json"]) == "application/json"


def _problem(status: int, sentence: str) -> Response:
    """Answer with an error: a page for people, JSON for programs; needs nothing but memory."""
    if wants_json():
        return Response(
            f'{{"status":{status},"error":{_json_text(sentence)}}}',
            status=status,
            content_type="application/json",
        )
    page = base_app().templates.render(
        "error.html", status=status, sentence=sentence, request_id=g.get("request_id", "")
    )
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def _json_text(value: str) -> str:
    return current_app.json.dumps(value)


def _add_error_pages(app: BaseApp) -> None:
    @app.errorhandler(PersonError)
    async def person_error(error: PersonError) -> Response:
        response = _problem(error.status, str(error) or _SENTENCES.get(error.status, ""))
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(HTTPException)
    async def http_error(error: HTTPException) -> Response | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        response = _problem(status, _SENTENCES.get(status, error.description or error.name))
        for name, value in error.get_headers():
            if name.lower() not in {"content-type", "content-length"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def our_error(error: Exception) -> Response:
        log.error("request failed", method=request.method, path=request.path, exc_info=error)
        return _problem(500, _SENTENCES[500])


def _add_request_ids(app: BaseApp) -> None:
    @app.before_request
    async def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        request_id.set(g.request_id)

    @app.after_request
    async def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response


def _add_health(app: BaseApp) -> None:
    async def database() -> str | None:
        async with app.database.read() as connection:
            await connection.execute(text("SELECT 1"))
        return None

    async def migrations() -> str | None:
        async with app.database.engine.connect() as connection:
            at = await connection.run_sync(current_revision)
        return None if at == head_revision() else f"at {at or 'nothing'}, not {head_revision()}"

    app.readiness = {"database": database, "migrations": migrations}
    app.shown_states = {}

    async def state(check: ReadinessCheck) -> str | None:
        try:
            async with asyncio.timeout(2):
                return await check()
        except TimeoutError:
            return "no answer within 2 s"
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the operator must read it
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"

    @app.get("/livez")
    @access("public")
    @private
    async def livez() -> dict[str, str]:
        """Say that the process serves; touches nothing else."""
        return {"status": "ok"}

    @app.get("/readyz")
    @access("public")
    @private
    async def readyz() -> tuple[dict[str, Any], int]:
        """Say whether requests can be served here, and what is not ready."""
        names = list(app.readiness)
        found = await asyncio.gather(*(state(app.readiness[name]) for name in names))
        failing = {name: why for name, why in zip(names, found, strict=True) if why is not None}
        body: dict[str, Any] = {
            "status": "not ready" if failing else "ok",
            "checks": {name: failing.get(name, "ok") for name in names},
        }
        for name, tell in app.shown_states.items():
            body[name] = await tell()
        return body, 503 if failing else 200

    @app.get("/metrics")
    @access("public")
    @private
    async def metrics() -> Response:
        """Give the process's metrics as Prometheus text."""
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _add_fragments(app: BaseApp, settings: Settings) -> None:
    """Let the app's pages show pieces of the other apps of the platform."""
    app.fragments = FragmentClient(
        [
            Origin(name, internal_url, settings.sibling_url(name) or internal_url)
            for name in APPS
            if name != app.name and (internal_url := settings.sibling_internal_url(name))
        ],
        settings.public_url,
        budget=settings.fragment_budget_ms / 1000,
        strict=settings.environment == "test",
        shared=RedisMemory(str(settings.redis_url)) if settings.redis_url else NoSharedMemory(),
    )

    async def siblings() -> str:
        found = sorted(app.fragments.state().items())
        return ", ".join(f"{name} {state}" for name, state in found) or "none"

    app.shown_states["siblings"] = siblings
    app.after_serving(app.fragments.close)


def _add_page_cache(app: BaseApp, settings: Settings) -> None:
    shared = None
    if settings.redis_url is not None:
        shared = RedisLevel(str(settings.redis_url), app.database, namespace=app.name)
    app.page_cache = PageCache(
        app.database,
        limit=settings.page_cache_bytes,
        hole_seconds=settings.fragment_budget_ms / 1000 + _HOLE_MARGIN,
        shared=shared,
        app=app.name,
    )
    install_page_cache(app, app.page_cache, debug=settings.environment != "production")

    async def listener() -> str | None:
        return None if app.page_cache.listener_ready else "does not hear purges"

    app.readiness["page-cache listener"] = listener


def create_base_app(
    name: str,
    settings: Settings,
    *,
    template_folders: list[Path] | None = None,
) -> BaseApp:
    """Make an app with what every app of the platform has.

    Args:
        name: the app's name on the platform: `blog`, `account`, `cart`, `events`, `market`.
        settings: see `infrastructure.settings`.
        template_folders: where its templates lie; the base's own (the error page) come last.
    """
    configure_logs(settings)
    app = BaseApp(
        name,
        root_path=str(ROOT),
        static_folder=None,
    )
    app.settings = settings
    app.config["SECRET_KEY"] = settings.secret_key[0]
    app.config["SECRET_KEY_FALLBACKS"] = list(settings.secret_key[1:])
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    app.config["BODY_TIMEOUT"] = 60
    app.config["RESPONSE_TIMEOUT"] = 60
    app.config["SERVER_NAME"] = None
    app.config["PREFER_SECURE_URLS"] = settings.public_url.startswith("https:")
    app.database = Database(
        settings.database_url or _NO_DATABASE,
        direct_url=str(settings.database_direct_url) if settings.database_direct_url else None,
        pool_size=settings.database_pool_size,
    )
    app.templates = Templates(
        [*(template_folders or []), _BASE_TEMPLATES],
        reload=settings.environment == "development",
    )
    _add_request_ids(app)
    _add_error_pages(app)
    _add_health(app)
    _add_fragments(app, settings)
    _add_page_cache(app, settings)
    add_security(app, settings)

    @app.after_serving
    async def close_database() -> None:
        await app.database.close()

    guard_the_door(app, settings)
    return app
