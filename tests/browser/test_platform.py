"""The family in a browser: one menu on every app, dates and offers beside a post, one cart.

The blog and its four sibling apps serve on ports of their own, from one process and one database.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import APPS, Settings, load_settings
from models.content import Post
from models.people import Person
from services.accounts.passwords import hash_password
from services.contracts.calendar import NewEntry
from services.contracts.common import Container
from services.contracts.market import NewProduct
from services.navigation.editing import NodeValues
from services.registry import Services
from siblings import account, cart, events, market
from tests.browser.serving import free_address, serving
from tests.browser.test_readers_pages import AXE, _violations
from tests.services.navigation.conftest import Desk, heading
from tests.waiting import CEILING

pytestmark = pytest.mark.browser

expect.set_options(timeout=CEILING * 1000)

_MAKERS: dict[str, Callable[[Settings], BaseApp]] = {
    "blog": create_app,
    "account": account.create_app,
    "cart": cart.create_app,
    "events": events.create_app,
    "market": market.create_app,
}
_PASSWORD = "rye and oats"


async def _fill(app: BaseApp) -> None:
    """Give the blog a post with a date and an offer, a reader, and a menu of six levels."""
    services: Services = app.extensions["services"]
    now = datetime.now(UTC)
    begins = now + timedelta(days=3)
    container = Container("post", 1)
    async with app.database.unit_of_work() as work:
        work.session.add(
            Post(slug="rye", title="Rye", html="<p>Rye</p>", status="published", published_at=now)
        )
        hashed = await hash_password(_PASSWORD)
        work.session.add(Person(email="ada@example.org", role="member", password_hash=hashed))
        await work.session.flush()
        calendar = await services.calendar.switch_on(work, container, "Baking")
        new = NewEntry("Rye day", begins, begins + timedelta(hours=2), cost=1250)
        await services.calendar.add_entry(work, calendar.id, new)
        shelf = await services.market.create(work, container, "The shelf")
        await services.market.add_product(work, shelf.id, NewProduct("Rye loaf", 650))
    desk = Desk(app.database)
    above = await desk.add(NodeValues("url", address="/", label="Journal"))
    for level in range(2, 6):
        above = await desk.add(heading(f"Level {level}"), above)
    await desk.add(NodeValues("post", target_id=1), above)
    await desk.add(NodeValues("app", app="events", address="/", icon="calendar"))
    await desk.publish()


@pytest.fixture
async def urls(database_url: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Serve all apps; give their addresses."""
    urls = {name: free_address() for name in APPS}

    def make(name: str, address: str) -> BaseApp:
        # Readers sign in on the blog itself; what the account app does has tests of its own.
        others = {it: url for it, url in urls.items() if it not in {name, "account"}}
        settings = load_settings(
            environment="test",
            database_url=database_url,
            database_pool_size=2,
            var_folder=tmp_path / "var" / name,
            secret_key="a key of the tests alone",
            site_url=address,
            sample_content=False,
            rate_limits=False,
            **{f"{it}_url": url for it, url in others.items()},
        )
        app = _MAKERS[name](settings)
        # However busy the machine is, what the apps say is the question here, not how soon.
        app.fragments.budget = app.fragments.patience = CEILING
        app.page_cache.holes._deadline = CEILING
        for sibling in app.fragments._siblings.values():
            sibling.http.timeout = httpx.Timeout(CEILING)
        return app

    async with AsyncExitStack() as stack:
        for name, url in urls.items():
            app, _ = await stack.enter_async_context(serving(partial(make, name), url))
            if name == "blog":
                await _fill(app)
        yield urls


async def _open(browser: Browser, **options: Any) -> Page:
    page = await (await browser.new_context(**options)).new_page()
    page.set_default_timeout(CEILING * 1000)
    return page


async def test_a_menu_of_six_levels_by_keyboard(browser: Browser, urls: dict[str, str]) -> None:
    for width in (1440, 390):
        for options in ({}, {"java_script_enabled": False}):
            for app in ("blog", "events"):
                page = await _open(browser, viewport={"width": width, "height": 844}, **options)
                await page.goto(urls[app])
                if app == "blog" and width == 390:
                    await page.locator(".menu-button").press("Enter")
                menu = page.locator("nav.menu")
                assert await menu.locator("> ul > li > a").all_text_contents() == [
                    *("Journal", "Events")
                ]
                current = menu.locator('[aria-current="page"]')
                await expect(current).to_have_text("Journal" if app == "blog" else "Events")
                leaf = menu.get_by_role("link", name="Rye")
                await expect(leaf).to_be_hidden()
                for summary in await menu.locator("summary").all():
                    await summary.focus()
                    await page.keyboard.press("Enter")
                await expect(leaf).to_be_visible()
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                await leaf.press("Enter")
                await page.wait_for_url(f"{urls['blog']}/rye/")
                await page.context.close()


@pytest.mark.parametrize("width", [390, 1440])
async def test_a_siblings_page_is_sound(browser: Browser, urls: dict[str, str], width: int) -> None:
    page = await _open(browser, viewport={"width": width, "height": 844})
    for app in ("events", "market", "cart"):
        await page.goto(urls[app])
        await page.locator("nav.nav-tree summary").first.click()
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            assert await _violations(page) == [], (app, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.context.close()


async def test_dates_and_offers_stand_beside_a_post_and_under_its_card(
    browser: Browser, urls: dict[str, str]
) -> None:
    page = await _open(browser)
    await page.goto(urls["blog"])
    await expect(page.locator(".fragment-date")).to_contain_text("Rye day")
    await page.goto(f"{urls['blog']}/rye/")
    await expect(page.locator(".fragment-products")).to_contain_text("Rye loaf")
    await page.locator(".fragment-dates").get_by_role("link", name="Rye day").click()
    await page.wait_for_url(f"{urls['events']}/entries/1/")
    await page.context.close()


async def test_a_cart_goes_along_through_all_apps_and_signing_in(
    browser: Browser, urls: dict[str, str]
) -> None:
    page = await _open(browser)
    badge = page.locator(".fragment-count")
    await page.goto(f"{urls['events']}/entries/1/")
    await expect(badge).to_have_count(0)
    await page.get_by_role("button", name="ticket").click()
    await expect(badge).to_have_text("1")
    await page.goto(urls["market"])
    await page.get_by_role("button").first.click()
    await expect(badge).to_have_text("2")
    # (An app that has asked already may show for ten seconds what it was told.)
    await page.goto(urls["blog"])
    await expect(badge).to_have_text("2")
    # Who signs in takes it along, everywhere.
    await page.goto(f"{urls['blog']}/auth/login/?next=/rye/")
    await page.locator("#email").fill("ada@example.org")
    await page.locator("#password").fill(_PASSWORD)
    await page.get_by_role("button", name="with the password").click()
    await page.wait_for_url(f"{urls['blog']}/rye/")
    await expect(badge).to_have_text("2")
    await page.goto(f"{urls['events']}/entries/1/")
    await page.get_by_role("button", name="ticket").click()
    await expect(badge).to_have_text("3")
    await page.goto(urls["cart"])
    assert "Rye day" in await page.locator("main").inner_text()
    # Who signs out leaves nothing behind for who comes next.
    await page.goto(f"{urls['blog']}/auth/logout/")
    await page.locator("main button").first.click()
    for app in ("blog", "events"):
        await page.goto(urls[app])
        await expect(badge).to_have_count(0)
    await page.context.close()
