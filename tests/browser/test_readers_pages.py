"""Readers' pages in a browser: at three widths, by day and by night, for everybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import brotli
import pytest
from playwright.async_api import Browser, Page, Response, Route, ViewportSize

from tests.browser.conftest import give_sample_content

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = {390: 844, 820: 1180, 1440: 900}

FIRST_VIEW_BYTES = 60_000
LEAST_SHIFT = 0.01

PAGES = [
    "/",
    "/tag/bakery/",
    "/author/marta/",
    "/topics/to-eat/",
    "/search/?q=bread",
    "/plain/",
    "/no-picture/",
    "/long-title/",
    "/arabic/",
    "/german/",
    "/gated/",
    "/cards/",
    "/about/",
    "/nothing-here/",
]

_WATCH_SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return null;
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => element.outerHTML.slice(0, 120)).slice(0, 5);
}"""


@asynccontextmanager
async def _opened(
    browser: Browser, address: str, width: int, **options: Any
) -> AsyncIterator[tuple[Page, list[str], list[Response]]]:
    """Open a page; give it with what its console complained of and all that it loaded."""
    viewport: ViewportSize = {"width": width, "height": WIDTHS.get(width, 900)}
    context = await browser.new_context(viewport=viewport, **options)
    complaints: list[str] = []
    responses: list[Response] = []
    try:
        page = await context.new_page()
        await page.route("**/content/**", give_sample_content)
        await page.add_init_script(_WATCH_SHIFTS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type in {"error", "warning"} and "404" not in message.text
                else None
            ),
        )
        page.on("response", lambda response: responses.extend([response]))
        await page.goto(address, wait_until="load")
        if options.get("java_script_enabled", True):
            await page.evaluate("document.fonts.ready.then(() => true)")
            await page.wait_for_timeout(100)
        yield page, complaints, responses
    finally:
        await context.close()


async def _violations(page: Page) -> list[str]:
    found = await page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG
    )
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sound(browser: Browser, site: str, path: str, width: int) -> None:
    async with _opened(browser, f"{site}{path}", width) as (page, complaints, _):
        assert await page.evaluate(_OVERFLOW) is None
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await page.wait_for_timeout(50)
        assert await page.evaluate("window.shifts") < LEAST_SHIFT
        assert complaints == []
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            assert await _violations(page) == [], scheme


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_at_200_percent_does_not_overflow(
    browser: Browser, site: str, path: str
) -> None:
    async with _opened(browser, f"{site}{path}", 720) as (page, _, _):
        # Text alone enlarged, as some people set it; and the 320 px of WCAG 2.2, 1.4.10.
        await page.add_style_tag(content="html { font-size: 200% }")
        assert await page.evaluate(_OVERFLOW) is None
    async with _opened(browser, f"{site}{path}", 320) as (page, _, _):
        assert await page.evaluate(_OVERFLOW) is None


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_works_without_scripts(browser: Browser, site: str, path: str) -> None:
    async with _opened(browser, f"{site}{path}", 390, java_script_enabled=False) as (page, _, _):
        assert await page.locator("h1").is_visible()
        for toggle in await page.locator(".kg-toggle-content").all():
            assert await toggle.is_visible()
        for player in await page.locator(".kg-audio-card audio").all():
            assert await player.is_visible()
        for button in await page.locator(".kg-toggle-card-icon, .kg-audio-play-icon").all():
            assert not await button.is_visible()


@pytest.mark.parametrize(
    "path", ["/", "/tag/bakery/", "/plain/", "/cards/", "/search/?q=bread", "/about/"]
)
async def test_the_first_view_is_light(browser: Browser, site: str, path: str) -> None:
    async with _opened(browser, f"{site}{path}", 390) as (_, _, responses):
        sizes: dict[str, int] = {}
        for response in responses:
            kind = response.headers.get("content-type", "")
            if response.ok and not kind.startswith(("image/", "video/", "audio/")):
                body = await response.body()
                packed = response.request.resource_type == "font"
                size = len(body) if packed else len(brotli.compress(body, quality=5))
                sizes[response.url.removeprefix(site)] = size
        assert sum(sizes.values()) < FIRST_VIEW_BYTES, sizes


@pytest.mark.parametrize("path", ["/", "/plain/"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_fonts_that_come_late_move_nothing(
    browser: Browser, site: str, path: str, width: int
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": WIDTHS[width]})
    page = await context.new_page()

    async def give_late(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/content/**", give_sample_content)
    await page.route("**/*.woff2*", give_late)
    await page.add_init_script(_WATCH_SHIFTS)
    await page.goto(f"{site}{path}", wait_until="load")
    await page.evaluate("document.fonts.ready.then(() => true)")
    await page.wait_for_timeout(100)
    assert await page.evaluate("window.shifts") < LEAST_SHIFT
    await context.close()


async def test_older_posts_come_in_place_and_the_focus_goes_on(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/", 820) as (page, complaints, _):
        before = await page.locator("article").count()
        await page.locator("a[rel=next]").focus()
        # Not by wait_for_function, which evals: the page's policy forbids that.
        while not await page.evaluate("'htmx' in window"):
            await page.wait_for_timeout(20)
        at = await page.evaluate("scrollY")
        await page.keyboard.press("Enter")
        await page.locator("article").nth(before).wait_for()
        await page.wait_for_timeout(100)
        assert page.url == f"{site}/"
        assert await page.evaluate("scrollY") == at
        focused = await page.evaluate("document.activeElement.textContent")
        assert focused == await page.locator("article h2 a").nth(before).text_content()
        titles = await page.locator("article h2").all_text_contents()
        assert len(titles) == len(set(titles))
        assert complaints == []


async def test_older_posts_without_scripts_are_a_page(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/", 820, java_script_enabled=False) as (page, _, _):
        await page.locator("a[rel=next]").click()
        await page.wait_for_url("**/?after=*")
        assert await page.locator("article").count() == 8
        assert await page.locator("h1").text_content() == "Older posts"


async def test_the_menu_on_a_phone_opens_and_closes_by_keyboard(
    browser: Browser, site: str
) -> None:
    for options in ({}, {"java_script_enabled": False}):
        async with _opened(browser, f"{site}/plain/", 390, **options) as (page, _, _):
            menu = page.locator("#menu")
            assert not await menu.is_visible()
            await page.locator(".menu-button").focus()
            await page.keyboard.press("Enter")
            await menu.wait_for(state="visible")
            await page.keyboard.press("Escape")
            await menu.wait_for(state="hidden")


async def test_a_toggle_opens_by_keyboard_and_says_so(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/cards/", 820) as (page, _, _):
        button = page.locator(".kg-toggle-card-icon").first
        content = page.locator(".kg-toggle-content").first
        assert not await content.is_visible()
        assert await button.get_attribute("aria-expanded") == "false"
        await button.focus()
        await page.keyboard.press("Enter")
        assert await content.is_visible()
        assert await button.get_attribute("aria-expanded") == "true"
        await page.keyboard.press("Space")
        assert not await content.is_visible()


async def test_audio_plays_and_pauses_by_keyboard(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/cards/", 820) as (page, complaints, _):
        card = page.locator(".kg-audio-card").first
        play, pause = card.locator(".kg-audio-play-icon"), card.locator(".kg-audio-pause-icon")
        await play.focus()
        await page.keyboard.press("Enter")
        await pause.wait_for(state="visible")
        assert await page.evaluate("document.activeElement.className") == "kg-audio-pause-icon"
        assert not await page.evaluate("document.querySelector('.kg-audio-card audio').paused")
        await page.keyboard.press("Enter")
        await play.wait_for(state="visible")
        assert complaints == []


async def test_skipping_to_the_text(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/plain/", 1440) as (page, _, _):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to the text"
        await page.keyboard.press("Enter")
        await asyncio.sleep(0.05)
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_the_sites_own_accent_colour_is_used_and_readable(
    browser: Browser, site: str
) -> None:
    async with _opened(browser, f"{site}/plain/", 820) as (page, _, _):
        colours = await page.evaluate(
            "['--rose', '--rose-solid'].map((name) =>"
            " getComputedStyle(document.documentElement).getPropertyValue(name))"
        )
        assert "#a3293f" not in colours


async def test_print_shows_the_text_alone(browser: Browser, site: str) -> None:
    async with _opened(browser, f"{site}/plain/", 820) as (page, _, _):
        await page.emulate_media(media="print")
        assert await page.locator(".prose").is_visible()
        assert await page.locator("h1").is_visible()
        for part in (".site-head", ".neighbours"):
            assert not await page.locator(part).first.is_visible()
