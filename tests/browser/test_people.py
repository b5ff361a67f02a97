"""A fresh site in a real browser: set up, an editor invited, signed in and revoked.

Whoever does this follows only what the screen says: every step is a link or a button by its name.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import load_settings
from models.content import Author, Post, Tag
from tests.bp.conftest import LetterBox

pytestmark = pytest.mark.browser

_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
_SETUP = re.compile(r"http://\S+/auth/setup/\S+")
_LINK = re.compile(r"http://\S+")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if not _CHROMIUM.exists():
        pytest.skip("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_ARGUMENTS)
        yield browser
        await browser.close()


class Site:
    """A site that serves, and what its operator and its mail server see."""

    def __init__(self, app: BaseApp, url: str, mails: LetterBox, screen: Any) -> None:
        self.app, self.url, self.mails, self._screen = app, url, mails, screen

    def printed(self) -> str:
        """Return the setup link that the start printed."""
        found = _SETUP.findall(self._screen.readouterr().err)
        assert found
        return str(found[0])

    async def mailed(self) -> str:
        """Return the link of the newest mail."""
        for task in list(self.app.background_tasks):
            await task
        text = self.mails.mails[-1].text
        links: list[str] = _LINK.findall(re.split("[Oo]pen this link", text)[-1])
        return links[0]


@pytest.fixture
async def site(
    database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> AsyncIterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(
        load_settings(
            environment="test",
            database_url=database_url,
            var_folder=tmp_path / "var",
            secret_key="a key of the tests alone",
            site_url=url,
        )
    )
    mails = LetterBox()
    app.extensions["people"].mailer = mails
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 0.1
    config.errorlog = None
    stopping = asyncio.Event()
    task = asyncio.create_task(serve(app, config, shutdown_trigger=stopping.wait))
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    yield Site(app, url, mails, capfd)
    stopping.set()
    await task


async def _page(chromium: Browser, **options: Any) -> Page:
    context = await chromium.new_context(**options)
    page = await context.new_page()
    trouble: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "/favicon.ico" not in message.location["url"]:
            trouble.append(f"{message.text} {message.location['url']}")

    page.on("console", hear)
    page.on("pageerror", lambda it: trouble.append(str(it)))
    page.trouble = trouble  # type: ignore[attr-defined]  # read by the test at its end
    return page


async def _press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def _set_up(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/admin/")
    await expect(page.get_by_text("This site has no owner yet")).to_be_visible()
    await page.goto(site.printed())
    await page.get_by_label("Your name").fill("Ada Baker")
    await page.get_by_label("Your e-mail address").fill("ada@example.org")
    await _press(page, "Make the account")
    await expect(page.get_by_role("heading", name="Desk", exact=True)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_fresh_site_an_editor_invited_signed_in_and_revoked(
    site: Site, chromium: Browser, *, scripts: bool
) -> None:
    owner = await _page(chromium, java_script_enabled=scripts)
    await _set_up(site, owner)

    await owner.get_by_role("link", name="Invitations", exact=True).click()
    await owner.get_by_label("E-mail address").fill("eve@example.org")
    await owner.get_by_label("As", exact=True).select_option("editor")
    await _press(owner, "Invite")
    await expect(owner.get_by_role("status")).to_have_text("The invitation is on its way.")
    await expect(owner.get_by_role("cell", name="eve@example.org", exact=True)).to_be_visible()

    editor = await _page(chromium, java_script_enabled=scripts)
    await editor.goto(await site.mailed())
    await expect(editor.get_by_text("Ada Baker invites you")).to_be_visible()
    await editor.get_by_label("Your name").fill("Eve Mender")
    await _press(editor, "Accept")
    await expect(editor.get_by_role("heading", name="Desk", exact=True)).to_be_visible()
    await _press(editor, "Sign out")
    await expect(editor).to_have_url(f"{site.url}/")

    await editor.goto(f"{site.url}/admin/")
    await editor.get_by_label("E-mail address").fill("eve@example.org")
    await _press(editor, "Send me a sign-in link")
    await expect(editor.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await editor.goto(await site.mailed())
    await editor.get_by_role("button", name=re.compile("Sign in to")).click()
    await expect(editor.get_by_role("heading", name="Desk", exact=True)).to_be_visible()
    await expect(editor.get_by_role("link", name="Settings", exact=True)).to_have_count(0)

    await owner.get_by_role("link", name="People", exact=True).click()
    await owner.get_by_role("link", name="Eve Mender").click()
    await _press(owner, "Suspend the account")
    await expect(owner.get_by_text("suspended since")).to_be_visible()
    await editor.reload()
    await expect(editor.get_by_role("heading", name="Sign in")).to_be_visible()

    await owner.get_by_role("link", name="Audit log", exact=True).click()
    for action in ("people.edit", "people.accept", "people.invite", "site.set-up"):
        await expect(owner.get_by_role("cell", name=action, exact=True)).to_be_visible()
    assert owner.trouble == editor.trouble == []  # type: ignore[attr-defined]  # see `_page`


_PLACES = (
    "/admin/",
    "/admin/tags/",
    "/admin/tags/new/",
    "/admin/tag-groups/",
    "/admin/authors/",
    "/admin/people/",
    "/admin/people/1/",
    "/admin/invitations/",
    "/admin/settings/",
    "/admin/redirects/",
    "/admin/ghost/",
    "/admin/cache/",
    "/admin/audit/",
    "/auth/account/",
    "/auth/logout/",
)


async def _fill(site: Site) -> None:
    async with site.app.database.unit_of_work() as work:
        work.session.add(Author(slug="ada", name="Ada Baker", email="ada@example.org"))
        work.session.add_all(
            Tag(slug=f"tag-{it}", name=name, visibility="public")
            for it, name in enumerate(
                ["Bread", "Donaudampfschifffahrtsgesellschaftskapitän", "خبز وزيتون", "x" * 190]
            )
        )
        work.session.add_all(
            [
                Post(slug="draft", title="Half written " * 16, status="draft"),
                Post(
                    slug="soon",
                    title="Soon",
                    status="scheduled",
                    published_at=datetime(2031, 5, 1, 8, tzinfo=UTC),
                ),
            ]
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_place_fits_every_screen(
    site: Site, chromium: Browser, tmp_path: Path, scheme: Any
) -> None:
    await _fill(site)
    page = await _page(chromium, color_scheme=scheme)
    await _set_up(site, page)
    for width in (390, 820, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        for place in _PLACES:
            answer = await page.goto(f"{site.url}{place}")
            assert answer is not None
            assert answer.status == 200, place
            overflow = await page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, (place, width)
            await page.screenshot(
                path=tmp_path / f"{place.strip('/').replace('/', '-')}-{width}.png", full_page=True
            )
    assert page.trouble == []  # type: ignore[attr-defined]  # see `_page`


async def test_the_palette_goes_places_by_keyboard(site: Site, chromium: Browser) -> None:
    page = await _page(chromium)
    await _set_up(site, page)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("redir")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/admin/redirects/")
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


_AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(site: Site, chromium: Browser, scheme: Any) -> None:
    if not _AXE.exists():
        pytest.skip("axe-core is not here")
    await _fill(site)
    page = await _page(chromium, color_scheme=scheme, bypass_csp=True)
    await _set_up(site, page)
    found = []
    for place in _PLACES:
        await page.goto(f"{site.url}{place}")
        await page.add_script_tag(content=_AXE.read_text())
        for violation in await page.evaluate("axe.run().then(it => it.violations)"):
            targets = [node["html"][:120] for node in violation["nodes"][:3]]
            found.append((place, violation["id"], targets))
    assert found == [], "\n".join(map(str, found))
