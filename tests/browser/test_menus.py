"""The menus' editor in a browser: by keys, by drag, without scripts, and two editors at once."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from app import create_app
from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.settings import load_settings
from services.accounts.viewer import Role
from services.navigation import editing
from tests.bp.conftest import sign_in_as
from tests.browser.serving import serving
from tests.browser.test_readers_pages import AXE, WIDTHS, _violations
from tests.services.navigation.conftest import ADA, Desk, content, heading
from tests.waiting import CEILING

pytestmark = pytest.mark.browser

PATH = "/admin/menus/main/"
NAMES = ["One", "Two", "Three", "Four"]

expect.set_options(timeout=CEILING * 1000)


class House:
    """A site with a menu, and a browser for each of its editors."""

    def __init__(self, app: BaseApp, address: str, browser: Browser) -> None:
        self.app, self.address, self.browser = app, address, browser
        self.desk = Desk(app.database)
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []

    async def page(self, role: Role = Role.EDITOR, **options: Any) -> Page:
        visitor = await sign_in_as(self.app, role)
        context = await self.browser.new_context(**options)
        self.contexts.append(context)
        name = session_cookie(self.app.settings)
        await context.add_cookies(
            [{"name": name, "value": visitor.session_token, "url": self.address}]
        )
        page = await context.new_page()
        page.set_default_timeout(CEILING * 1000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self.address}{PATH}")
        return page


@pytest.fixture
async def house(browser: Browser, database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    def make(address: str) -> BaseApp:
        return create_app(
            load_settings(
                environment="test",
                database_url=database_url,
                var_folder=tmp_path / "var",
                secret_key="a key of the tests alone",
                site_url=address,
                rate_limits=False,
            )
        )

    async with serving(make) as (app, address):
        house = House(app, address, browser)
        async with app.database.unit_of_work() as work:
            await content(work)
        async with app.database.unit_of_work() as work:
            nodes = [(heading(name), None) for name in NAMES]
            await editing.add_all(work, ADA, await house.desk.seen(), nodes, "sowed")
        yield house
        for context in house.contexts:
            await context.close()
        assert house.complaints == []


async def _shape(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(
        "[...document.querySelectorAll('#tree .menu-node')].map((node) =>"
        " '  '.repeat(node.dataset.depth - 1) + node.querySelector('.menu-name').textContent)"
    )
    return found


async def test_everything_is_done_by_keys(house: House) -> None:
    page = await house.page()
    name = page.locator(".menu-name")
    await name.first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(name.nth(1)).to_be_focused()
    # Each key waits for the one before it: none is lost, however quickly they come.
    for key in ("Alt+ArrowRight", "Alt+ArrowUp", "Alt+ArrowLeft", "Alt+ArrowDown"):
        await page.keyboard.press(key)
    await expect(page.locator(".menu-said")).to_contain_text("place 3 of 4 at the top")
    await expect(page.locator("#menu-told")).to_contain_text("moved “Two”")
    assert await _shape(page) == ["One", "Three", "Two", "Four"]
    await expect(page.locator("#name-2")).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(page.locator("#tree .menu-name").nth(1)).to_have_text("Two")
    await page.locator("#name-1").focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.locator("#menu-told")).to_have_text("It is the first of its level already.")
    # The picker: typing finds, a key adds, and one goes on typing.
    await page.locator("#q").press_sequentially("about")
    await expect(page.locator(".menu-targets button")).to_have_count(1)
    await expect(page).to_have_url(re.compile("q=about"))
    await expect(page.locator("#q")).to_have_value("about")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(name).to_have_count(5)
    await expect(page.locator("#q")).to_be_focused()
    # A form is opened, filled, saved and closed.
    await page.locator("#name-5").press("Enter")
    await page.locator("#entry-label").fill("Who we are")
    await page.locator("#entry-label").press("Enter")
    await expect(page.locator("#name-5")).to_have_text("Who we are")
    await expect(page.locator(".menu-form")).to_have_count(0)
    await page.locator("#publish").press("Enter")
    await expect(page.locator("#publish")).to_be_disabled()
    await page.goto(house.address)
    assert await page.locator("#menu a").all_text_contents() == ["Who we are"]


async def test_an_entry_is_carried_to_where_it_goes(house: House) -> None:
    page = await house.page(viewport={"width": 1200, "height": 900})

    async def carry(name: str, over: str, aside: int, *, below: bool = True) -> None:
        grip = await page.locator(".menu-line", has_text=name).locator(".grip").bounding_box()
        line = await page.locator(".menu-line", has_text=over).bounding_box()
        assert grip is not None
        assert line is not None
        x, y = grip["x"] + 5, grip["y"] + 10
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + aside, line["y"] + line["height"] / 2, steps=4)
        await page.mouse.move(x + aside, line["y"] + (line["height"] - 3 if below else 3))

    await carry("Four", "One", 30)
    await page.mouse.up()
    await expect(page.locator(".menu-said")).to_contain_text("place 1 of 1 under “One”")
    await carry("Two", "Three", 0)
    await page.mouse.up()
    await expect(page.locator(".menu-said")).to_contain_text("“Two” to place 3 of 3")
    assert await _shape(page) == ["One", "  Four", "Three", "Two"]
    await carry("One", "Two", 30)
    await page.mouse.up()
    await expect(page.locator(".menu-said")).to_contain_text("“One” to place 1 of 1 under “Two”")
    assert await _shape(page) == ["Three", "Two", "  One", "    Four"]
    await carry("Three", "Four", 60)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator(".menu-mark")).to_have_count(0)
    assert await house.desk.shape() == ["Three", "Two", "  One", "    Four"]


async def test_without_scripts_every_button_works(house: House) -> None:
    page = await house.page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    await page.locator("#name-2").click()
    await page.locator("#in-2").click()
    assert await house.desk.shape() == ["One", "  Two", "Three", "Four"]
    await page.locator("#entry-label").fill("Second")
    await page.locator("#entry-parent").select_option("4")
    await page.get_by_role("button", name="Save").click()
    assert await house.desk.shape() == ["One", "Three", "Four", "  Second"]
    await page.locator("#q").fill("bread")
    await page.get_by_role("button", name="Find").click()
    await page.locator(".menu-targets button").click()
    await page.locator("#undo").click()
    assert await house.desk.shape() == ["One", "Three", "Four", "  Second"]


async def test_the_second_editor_is_told_and_keeps_what_they_typed(house: House) -> None:
    first, second = await house.page(), await house.page(Role.OWNER)
    await second.locator("#name-3").click()
    await second.locator("#entry-label").fill("My words")
    await first.locator("#down-1").click()
    await expect(first.locator(".menu-said")).to_contain_text("place 2 of 4")
    await second.get_by_role("button", name="Save").click()
    error = second.locator("#menu > .error")
    await expect(error).to_contain_text("Editor moved “One” to place 2 of 4")
    await expect(second.locator("#entry-label")).to_have_value("My words")
    assert await house.desk.shape() == ["Two", "One", "Three", "Four"]
    await second.get_by_role("button", name="Save").click()
    await expect(second.locator("#name-3")).to_have_text("My words")
    assert await house.desk.shape() == ["Two", "One", "My words", "Four"]


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_desk_is_sound(house: House, width: int) -> None:
    page = await house.page(viewport={"width": width, "height": WIDTHS[width]})
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    await page.locator("#q").fill("b")
    await expect(page.locator(".menu-targets li").first).to_be_visible()
    await page.locator("#name-2").click()
    await expect(page.locator(".menu-form")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await _violations(page) == [], scheme
