"""The composition root: `create_app` puts base, services and blueprints together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import bp.admin
import bp.auth
import bp.blog
import bp.editor
import bp.features
import bp.federation
import bp.fragments
import bp.media
import bp.menu_items
import bp.post
import bp.snippets
import bp.writing
from bp.domains import use_services
from bp.guard import People, install_guard
from bp.pages import BUNDLES, add_page_helpers
from bp.redirects import install_redirects
from cli import add_commands
from infrastructure.assets import add_assets
from infrastructure.factory import BaseApp, create_base_app
from infrastructure.jobs import JobRunner, Jobs
from infrastructure.jobs.metrics import watch
from infrastructure.logs import get_logger
from infrastructure.settings import ROOT, Settings, load_settings
from services.accounts.grants import Grants
from services.accounts.greeting import greet_owner
from services.accounts.mail import mailer_of
from services.accounts.oidc import AccountApp
from services.accounts.tidy import tidy_forever
from services.editing import open_backing
from services.ghost.detachment.state import left_at, without_ghost
from services.ghost.inbox import Inbox
from services.ghost.lock import process_started_at
from services.ghost.startup import sync_at_startup
from services.jobs import register_jobs
from services.media import MediaLibrary
from services.registry import register_domain_services
from services.samples import add_sample_site

# Seconds in which running jobs may end when the worker stops; the others are put back at once.
_JOBS_MAY_TAKE = 3.0


log = get_logger(__name__)


def create_app(settings: Settings | None = None) -> BaseApp:
    """Make the blog.

    Args:
        settings: None reads them from the environment.

    Raises:
        SettingsError: a setting cannot be used.
    """
    settings = settings or load_settings()
    app = create_base_app(
        "blog",
        settings,
        template_folders=[ROOT / "templates"],
    )
    add_assets(app, ROOT / "static", BUNDLES)
    add_page_helpers(app)
    add_commands(app, create_app)
    library = bp.media.install(app)
    backing = open_backing(settings, app.database, library)
    app.after_serving(backing.close)
    use_services(
        app,
        register_domain_services(app.database, settings.public_url, editing=backing.editing),
    )
    _run_jobs(
        app,
        register_jobs(app.database, settings, backing.editing.content, ghost=backing.client),
    )
    bp.blog.receive_webhooks(app, Inbox(app.database, settings.ghost_webhook_secret))
    install_guard(app, People(mailer_of(settings), _grants(app)))
    install_redirects(app)
    app.register_blueprint(bp.admin.blueprint)
    app.register_blueprint(bp.auth.blueprint)
    app.register_blueprint(bp.blog.blueprint)
    app.register_blueprint(bp.editor.blueprint)
    app.register_blueprint(bp.features.blueprint)
    app.register_blueprint(bp.federation.blueprint)
    app.register_blueprint(bp.fragments.blueprint)
    app.register_blueprint(bp.menu_items.blueprint)
    app.register_blueprint(bp.post.blueprint)
    app.register_blueprint(bp.writing.blueprint)
    app.register_blueprint(bp.snippets.blueprint)
    _notice_that_ghost_was_left(app, library)
    if settings.with_sample_content:

        @app.before_serving
        async def fill() -> None:
            await add_sample_site(app.database, library)

    if settings.ghost_api_url is not None:
        # Each worker tries to run the sync once it serves; one of them will.
        _in_background(app, lambda: sync_at_startup(app.database, app.settings))
    _in_background(app, lambda: greet_owner(app.database, settings, since=process_started_at()))
    _in_background(app, lambda: tidy_forever(app.database, audit_days=settings.audit_days))
    return app


def _notice_that_ghost_was_left(app: BaseApp, library: MediaLibrary) -> None:
    """Go on without the Ghost that is set, and say so, on a site that has left it."""

    @app.before_serving
    async def notice() -> None:
        if app.settings.ghost_api_url is None:
            return
        async with app.database.read() as connection:
            since = await left_at(connection)
        if since is not None:
            log.warning(
                "this site has left its Ghost: remove GHOST_API_URL from its settings",
                since=since.isoformat(),
            )
            app.settings = without_ghost(app.settings)
            library.origin.abandon()


def _grants(app: BaseApp) -> Grants | None:
    """Let the account app sign people in, where there is one."""
    settings = app.settings
    if settings.account_url is None:
        return None
    account = AccountApp(
        issuer=settings.account_url,
        internal_url=settings.sibling_internal_url("account") or settings.account_url,
        client_id=settings.account_client_id,
        client_secret=settings.account_client_secret,
        redirect_uri=f"{settings.public_url}/auth/callback/",
    )
    app.after_serving(account.close)
    return Grants(account, settings.secret_key)


def _run_jobs(app: BaseApp, jobs: Jobs) -> None:
    """Run jobs beside the requests, unless other processes do."""
    _in_background(app, lambda: watch(app.database))
    if app.settings.run_jobs_in != "web":
        return

    @app.while_serving
    async def run() -> AsyncGenerator[None, None]:
        runner = JobRunner(app.database, jobs, at_once=app.settings.jobs_at_once)
        running = asyncio.create_task(runner.run())
        yield
        await runner.stop(_JOBS_MAY_TAKE)
        await running


def _in_background(app: BaseApp, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something beside the requests, from when the app serves until it stops."""
    running: list[asyncio.Task[None]] = []

    @app.before_serving
    async def begin() -> None:
        running.append(asyncio.create_task(work()))

    @app.after_serving
    async def end() -> None:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
