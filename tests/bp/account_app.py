"""The account app, running beside and asked over real HTTP, and somebody who goes to both apps."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from sqlalchemy import func, update

from app import create_app
from infrastructure.factory import BaseApp, create_base_app
from infrastructure.settings import load_settings
from models.people import Session
from siblings.account.oidc import SAMPLE_PASSWORD, add_provider
from tests.bp.conftest import Visitor
from tests.waiting import CEILING

BLOG = "http://localhost"

# What it says in each way of being ill; the others are to hang, and not to be there.
_ILL = {"fails": (500, b"Traceback"), "talks-nonsense": (200, b"<h1>Back soon</h1>")}
WAYS_TO_BE_DOWN = ("is-stopped", "hangs", *_ILL)


@dataclass
class Provider:
    """The account app on a port that is its own, running or not."""

    app: BaseApp
    port: int
    url: str
    _state: str = "is-stopped"
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _served: "asyncio.Task[None] | None" = None

    async def be(self, state: str) -> None:
        """Be `well`, or one of `WAYS_TO_BE_DOWN`."""
        was, self._state = self._state, state
        self._changed.set()
        self._changed = asyncio.Event()
        if state == "is-stopped":
            await self.stop()
        elif was == "is-stopped":
            await self._start()

    async def _start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.graceful_timeout = 0.1
        config.errorlog = None
        self._stopping = asyncio.Event()
        served: Any = self._answer
        self._served = asyncio.create_task(
            serve(served, config, shutdown_trigger=self._stopping.wait)
        )

    async def stop(self) -> None:
        """Take it down as a crash would."""
        if self._served is not None:
            self._changed.set()
            self._stopping.set()
            await self._served
            self._served = None

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            # The app itself lives on while nobody is served.
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http" or self._state == "well":
            await self.app(scope, receive, send)
            return
        if self._state == "hangs":
            await self._changed.wait()
        status, body = _ILL.get(self._state, (503, b""))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def running(database_url: str, folder: Path) -> AsyncIterator[Provider]:
    """Give the account app, well."""
    # Bound but deaf: nobody else gets the port while the account app is not there.
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        app = create_base_app(
            "account",
            load_settings(
                environment="test",
                database_url=database_url,
                var_folder=folder,
                secret_key="another key of the tests",
                site_url=url,
                account_clients=f"blog={BLOG}/auth/callback/",
            ),
        )
        add_provider(app)
        provider = Provider(app, port, url)
        async with app.test_app():
            await provider.be("well")
            try:
                yield provider
            finally:
                await provider.stop()


@asynccontextmanager
async def blog_of(provider: Provider, database_url: str, folder: Path) -> AsyncIterator[BaseApp]:
    """Give a blog that lets the account app sign people in."""
    blog = create_app(
        load_settings(
            environment="test",
            database_url=database_url,
            var_folder=folder,
            secret_key="a key of the tests alone",
            site_url=BLOG,
            account_url=provider.url,
            page_cache_bytes=4_000_000,
            rate_limits=False,
        )
    )
    async with blog.test_app():
        await blog.page_cache.wait_until_ready(CEILING)
        yield blog


class AtBoth:
    """Somebody's browser, at the blog and at the account app."""

    def __init__(self, blog: BaseApp) -> None:
        self.blog = Visitor(blog)
        self.account = httpx.AsyncClient(headers={"Accept": "text/html"})

    async def at_account(self, url: str, email: str = "ada@example.org") -> str:
        """Follow the account app's pages, sign in where asked, and return where it leads back."""
        answer = await self.account.get(url)
        while True:
            location = answer.headers.get("Location", "")
            if location.startswith(BLOG):
                return str(location)
            if answer.is_redirect:
                answer = await self.account.get(str(answer.url.join(location)))
                continue
            next_path = re.findall(r'name="next" value="([^"]+)"', answer.text)[0]
            answer = await self.account.post(
                str(answer.url.copy_with(query=None)),
                data={
                    "email": email,
                    "password": SAMPLE_PASSWORD,
                    "next": next_path.replace("&amp;", "&"),
                },
            )

    async def sign_in(self, email: str = "ada@example.org", next_path: str = "/admin/") -> Any:
        began = await self.blog.get(f"/auth/login/?next={next_path}")
        assert began.status_code == 302, await began.get_data(as_text=True)
        back = await self.at_account(began.headers["Location"], email)
        return await self.blog.get(back.removeprefix(BLOG))

    async def is_signed_in(self) -> bool:
        answer = await self.blog.get("/auth/account/")
        return bool(answer.status_code == 200)


async def let_a_minute_pass(blog: BaseApp) -> None:
    """Make every grant due to be checked."""
    async with blog.database.unit_of_work() as work:
        await work.session.execute(
            update(Session).values(account_checked_at=func.now() - timedelta(seconds=61))
        )
