"""A site that can be stopped and started, and writers before it in browsers of their own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from app import create_app
from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings, load_settings
from models.people import Person
from services.accounts.sessions import Browser as Machine
from services.accounts.sessions import open_session
from services.accounts.viewer import Role
from tests.waiting import CEILING

PATIENCE: Final = CEILING * 1000

# What a browser says of a server that is away, and of answers that the page expects.
_EXPECTED: Final = ("ERR_", "status of 50", "status of 412", "status of 401", "status of 422", "status of 403")


@dataclass
class Site:
    """A blog on a port of its own, for one test."""

    settings: Settings
    port: int
    app: BaseApp | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_serving(self) -> bool:
        return self._serving is not None

    async def start(self) -> None:
        self._stop = asyncio.Event()
        self.app = create_app(self.settings)
        config = Config()
        config.bind = [f"127.0.0.1:{self.port}"]
        config.graceful_timeout = 0.1
        config.errorlog = None
        self._serving = asyncio.create_task(serve(self.app, config, shutdown_trigger=self._stop.wait))
        async with asyncio.timeout(CEILING), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        self._stop.set()
        if self._serving is not None:
            await self._serving
            self._serving = None

    async def sign_in(self, name: str, role: Role = Role.EDITOR) -> dict[str, Any]:
        """Return the cookie of somebody who is signed in."""
        assert self.app is not None
        async with self.app.database.unit_of_work() as work:
            person = Person(email=f"{name.lower()}@example.org", name=name, role=role.word)
            work.session.add(person)
            await work.session.flush()
            token = await open_session(work, person, "link", Machine(), timedelta(days=1))
        return {"name": session_cookie(self.settings), "value": token, "url": self.url}


class Writer:
    """Somebody at the editor's page, who does what a person does."""

    def __init__(self, site: Site, context: BrowserContext, page: Page) -> None:
        self.site, self.context, self.page = site, context, page
        self.trouble: list[str] = []
        self.listen(page)

    def listen(self, page: Page) -> None:
        """Note what the browser complains of."""
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not any(it in message.text for it in _EXPECTED):
            if "/favicon.ico" not in message.location["url"]:
                self.trouble.append(f"{message.text} {message.location['url']}")

    @property
    def title(self) -> Locator:
        return self.page.get_by_role("textbox", name="Title", exact=True)

    @property
    def text(self) -> Locator:
        return self.page.locator(".ed-surface [data-kg=editor] > [contenteditable]").first

    @property
    def sync(self) -> Locator:
        return self.page.locator(".ed-sync")

    async def open(self, path: str = "/admin/posts/new") -> None:
        await self.page.goto(f"{self.site.url}{path}")
        await self.title.wait_for()

    async def write(self, words: str) -> None:
        """Type at the end of the text."""
        await self.text.click()
        await self.page.keyboard.press("Control+End")
        await self.page.keyboard.type(words)

    async def is_saved(self) -> None:
        await expect(self.sync).to_have_attribute("data-sync", "clean")

    async def begin(self, title: str, words: str) -> int:
        """Write a new post, and return its id once it is saved."""
        await self.open()
        await self.title.fill(title)
        await self.page.keyboard.press("Enter")
        await self.page.keyboard.type(words)
        await self.page.wait_for_url("**/admin/posts/*/")
        await self.is_saved()
        return int(self.page.url.rstrip("/").rpartition("/")[2])

    async def crash(self) -> None:
        """Let the tab die, and open a fresh one in the same browser."""
        session = await self.context.new_cdp_session(self.page)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(session.send("Page.crash"), 1)
        page = await self.context.new_page()
        self.listen(page)
        with contextlib.suppress(Exception):
            await self.page.close()
        self.page = page

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load_settings(
        environment="test",
        database_url=database_url,
        var_folder=tmp_path / "var",
        secret_key="a key of the tests alone",
        site_url=f"http://127.0.0.1:{port}",
        rate_limits=False,
    )
    site = Site(settings, port)
    await site.start()
    yield site
    await site.stop()


Arrive = Callable[..., Awaitable[Writer]]


@pytest.fixture
async def arrive(site: Site, browser: Browser) -> AsyncIterator[Arrive]:
    """Let somebody come with a browser of their own."""
    contexts: list[BrowserContext] = []
    writers: list[Writer] = []

    async def come(name: str = "Ada", role: Role = Role.EDITOR, **options: Any) -> Writer:
        context = await browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        contexts.append(context)
        await context.add_cookies([await site.sign_in(name, role)])  # type: ignore[list-item]  # a cookie
        writer = Writer(site, context, await context.new_page())
        writers.append(writer)
        return writer

    expect.set_options(timeout=PATIENCE)
    yield come
    for context in contexts:
        await context.close()
    assert [it for writer in writers for it in writer.trouble] == []


@pytest.fixture
async def ada(arrive: Arrive) -> Writer:
    return await arrive()
