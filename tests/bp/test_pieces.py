"""The blog's pages with pieces of sibling apps in them, whatever those apps do."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

import pytest

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.fragments.holes import fill_holes
from infrastructure.fragments.kinds import Viewer
from infrastructure.page_cache.holes import Reader
from infrastructure.page_cache.render import AsgiApp
from infrastructure.settings import SIBLING_APPS, Settings
from models.content import Post
from tests.infrastructure.fragments import sibling as behave
from tests.infrastructure.fragments.sibling import Sibling, running
from tests.infrastructure.page_cache.browser import Reply, get

# What the siblings' failing may add to a page's own time.
_MORE = 0.2

_SESSIONS = {"a" * 32: "Ada", "b" * 32: "Ben"}


class Platform:
    """The blog, its siblings, and a clock for their fragments."""

    def __init__(self, app: BaseApp, siblings: Mapping[str, Sibling]) -> None:
        self.app = app
        self.siblings = siblings
        self.ahead = 0.0
        app.fragments.clock = self.clock
        app.fragments._memory._clock = self.clock
        for sibling in app.fragments._siblings.values():
            sibling.breaker._clock = self.clock
        self._budget = app.fragments.budget
        self._deadline = app.page_cache.holes._deadline
        self.take_time()

    def take_time(self) -> None:
        """Give a page ten seconds for its fragments: what they say is asked, not how soon."""
        self.app.fragments.budget = self.app.page_cache.holes._deadline = 10

    def hurry(self) -> None:
        """Give a page the time for its fragments that the settings give it."""
        self.app.fragments.budget = self._budget
        self.app.page_cache.holes._deadline = self._deadline

    def clock(self) -> float:
        return time.time() + self.ahead

    async def ask(self, path: str, session: str = "") -> Reply:
        headers = {"cookie": f"cart_session={session}"} if session else {}
        return await get(cast("AsgiApp", self.app.asgi_app), path, **headers)

    async def forget_pages(self) -> None:
        self.app.page_cache.purge_here({"everything"})

    def turn(self, how: str) -> None:
        """Let every sibling be hostile in one of the ways."""
        if how != "refused":
            self.behave(HOSTILE[how])
            return
        for sibling in self.app.fragments._siblings.values():
            object.__setattr__(sibling.origin, "internal_url", "http://127.0.0.1:9")

    def behave(self, behaviour: behave.Behaviour) -> None:
        for sibling in self.siblings.values():
            sibling.behaviour = behaviour


async def well(target: str, writer: asyncio.StreamWriter) -> None:
    """Answer as the real ones do."""
    kind = target.partition("/internal/fragments/")[2].partition("?")[0]
    if kind == "container-cards":
        html = "".join(
            f'<section data-container="post:{number}"><p>date of {number}</p></section>'
            for number in (1, 3, 999)
        )
    elif kind == "cart-mini":
        html = f"<b>cart of {_SESSIONS.get(behave.viewer_of(target), 'nobody')}</b>"
    elif kind == "auth-menu":
        html = f"<b>menu of {behave.viewer_of(target)}</b>"
    else:
        html = f"<p>beside {urlsplit(target).query}</p>"
    writer.write(behave.answer(html.encode()))


@pytest.fixture
async def platform(database_url: str) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        siblings = {
            name: await stack.enter_async_context(running(Sibling(well))) for name in SIBLING_APPS
        }
        settings = Settings.model_validate(
            {
                "environment": "test",
                "database_url": database_url,
                "secret_key": ("k" * 32,),
                **{f"{name}_url": sibling.url for name, sibling in siblings.items()},
            }
        )
        app = create_app(settings)
        app.fragments.strict = False
        async with app.database.unit_of_work() as work:
            work.session.add_all(
                Post(
                    slug=f"rye-{number}",
                    title=f"Rye {number}",
                    html="<p>All about rye</p>",
                    status="published",
                    published_at=datetime.now(UTC) - timedelta(days=number),
                )
                for number in range(1, 6)
            )
        async with app.test_app():
            await app.page_cache.wait_until_ready(5)
            yield Platform(app, siblings)


async def timed(platform: Platform, path: str, session: str = "") -> tuple[Reply, float]:
    """Return a page and how long it took, without the time that a busy machine stood still."""
    stood_still = 0.0

    async def watch() -> None:
        nonlocal stood_still
        while True:
            slept_at = time.perf_counter()
            await asyncio.sleep(0.005)
            stood_still += max(0.0, time.perf_counter() - slept_at - 0.025)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    reply = await platform.ask(path, session)
    took = time.perf_counter() - began
    watching.cancel()
    return reply, took - stood_still


async def test_dates_stand_beside_a_post_and_under_its_card(platform: Platform) -> None:
    post = (await platform.ask("/rye-1/")).text
    given = "container_id=1&amp;container_type=post&amp;slug=rye-1"
    assert post.count(f"<p>beside {given}</p>") == 2
    home = (await platform.ask("/")).text
    assert home.count("date of") == 2
    assert home.index("Rye 1") < home.index("date of 1") < home.index("Rye 2")
    assert home.index("Rye 3") < home.index("date of 3") < home.index("Rye 4")
    targets = platform.siblings["events"].targets
    asked = "container_ids=1%2C2%2C3%2C4%2C5&container_type=post"
    assert f"/internal/fragments/container-cards?{asked}" in targets


async def test_a_kept_page_costs_the_siblings_nothing(platform: Platform) -> None:
    await platform.ask("/")
    count = sum(len(it.requests) for it in platform.siblings.values())
    for _ in range(20):
        assert (await platform.ask("/")).verdict == "hit"
    assert sum(len(it.requests) for it in platform.siblings.values()) == count


async def test_a_page_is_kept_no_longer_than_what_it_shows_is_fresh(platform: Platform) -> None:
    await platform.ask("/rye-1/")
    ((page),) = [it for _, it in platform.app.page_cache.store.items()]
    assert page.fresh is not None
    assert 29 < page.fresh <= 30
    assert page.dead_at - page.made <= 60


async def test_everyone_sees_his_own_cart_and_nobody_elses(platform: Platform) -> None:
    for _ in range(2):
        for session, name in _SESSIONS.items():
            reply = await platform.ask("/", session)
            assert f"cart of {name}" in reply.text
            assert reply.headers["cache-control"] == "private, no-store"
        nobody = await platform.ask("/")
        assert "cart of" not in nobody.text
        assert "Sign in" in nobody.text
    assert len(platform.siblings["cart"].requests) == 2
    for sibling in platform.siblings.values():
        assert not any("cookie" in head.lower() for head in sibling.requests)


async def test_an_anonymous_reader_without_a_cart_asks_nobody(platform: Platform) -> None:
    await platform.ask("/rye-2/")
    await platform.ask("/rye-2/", "not a session")
    assert platform.siblings["cart"].requests == []
    assert platform.siblings["account"].requests == []


HOSTILE = {
    "hung": behave.hang,
    "500": behave.fail,
    "10 MB": behave.flood,
    "slow drip": behave.drip,
    "broken off": behave.break_off,
    "broken HTML": behave.write_badly,
    "other people's cookies": behave.set_cookies,
}


@pytest.mark.parametrize("how", [*HOSTILE, "refused"])
async def test_every_page_stands_when_all_siblings_are_hostile(
    platform: Platform, how: str
) -> None:
    own_time = (await timed(platform, "/rye-5/"))[1]
    platform.hurry()
    platform.turn(how)
    for path in ("/", "/rye-1/", "/rye-2/", "/rye-3/"):
        for session in ("", "a" * 32, "b" * 32):
            reply, took = await timed(platform, path, session)
            assert reply.status == 200
            assert reply.text.rstrip().endswith("</html>")
            assert took < own_time + _MORE, (path, session, took)
            assert "All about rye" in reply.text or path == "/"
            assert "evil" not in reply.text
            assert "steal" not in reply.text
            assert "Ada" not in reply.text
            other = "b" * 32 if session == "a" * 32 else "a" * 32
            assert other not in reply.text


@pytest.mark.parametrize("how", ["hung", "500", "10 MB", "slow drip", "refused"])
async def test_the_last_known_good_is_shown(platform: Platform, how: str) -> None:
    good = {path: (await platform.ask(path, "a" * 32)).text for path in ("/", "/rye-1/")}
    assert "cart of Ada" in good["/"]
    platform.hurry()
    platform.turn(how)
    platform.ahead = 3600
    await platform.forget_pages()
    for path, text in good.items():
        reply, took = await timed(platform, path, "a" * 32)
        assert reply.text == text
        assert took < 0.5
    nobody = await platform.ask("/", "b" * 32)
    assert "Ada" not in nobody.text
    assert "date of 1" in nobody.text


async def test_a_page_that_misses_something_looks_again_soon(platform: Platform) -> None:
    platform.behave(behave.fail)
    assert "beside" not in (await platform.ask("/rye-1/")).text.replace('class="beside"', "")
    ((page),) = [it for _, it in platform.app.page_cache.store.items()]
    assert page.fresh is not None
    assert page.fresh <= 1


async def test_who_is_signed_in_gets_the_menu_of_the_account_app(platform: Platform) -> None:
    async def viewer(reader: Reader) -> Viewer | None:
        name = reader.cookies.get("session")
        return Viewer(user_id=name) if name else None

    fill_holes(platform.app.page_cache.holes, platform.app.fragments, viewer, cookies=["session"])
    asgi = cast("AsgiApp", platform.app.asgi_app)
    reply = await get(asgi, "/rye-1/", cookie="session=7")
    assert "menu of 7" in reply.text
    assert "Sign in" not in reply.text
    assert "path=%2Frye-1%2F&user_id=7" in platform.siblings["account"].targets[0]
    assert "Sign in" in (await get(asgi, "/rye-1/")).text


async def test_our_own_menu_stands_in_for_the_account_apps(platform: Platform) -> None:
    async def viewer(reader: Reader) -> Viewer | None:
        return Viewer(user_id=reader.cookies["session"])

    async def own_menu(reader: Reader, _argument: str) -> str:
        return f"our menu for {reader.cookies['session']}"

    fill_holes(
        platform.app.page_cache.holes,
        platform.app.fragments,
        viewer,
        cookies=["session"],
        own_menu=own_menu,
    )
    platform.behave(behave.fail)
    reply = await get(cast("AsgiApp", platform.app.asgi_app), "/rye-1/", cookie="session=7")
    assert "our menu for 7" in reply.text


async def test_a_thousand_pages_in_flight_make_one_request(platform: Platform) -> None:
    async def take_time(target: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.03)
        await well(target, writer)

    platform.behave(take_time)
    await platform.ask("/rye-1/")
    replies = await asyncio.gather(*(platform.ask("/rye-1/", "a" * 32) for _ in range(1000)))
    assert all("cart of Ada" in reply.text for reply in replies)
    assert len(platform.siblings["cart"].requests) == 1
