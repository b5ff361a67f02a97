"""A real Chromium against the real app over a real socket."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, async_playwright

from app import create_app
from tests.browser.serving import serving
from tests.readers_site import settings

SAMPLES = Path(__file__).resolve().parent.parent.parent / "samples"

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

_SIZE = re.compile(r"/size/w\d+/")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Give a browser, once for all tests."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("No Chromium here; `make test` installs it where it may.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def site(readers_database_url: str) -> AsyncIterator[str]:
    """Serve the readers' site; give its address."""
    async with serving(lambda url: create_app(settings(readers_database_url, url))) as (_, address):
        yield address


async def give_sample_content(route: Route) -> None:
    """Answer for `/content/…` with the sample site's files, whatever size is asked for."""
    path = _SIZE.sub("/", route.request.url).partition("/content/")[2]
    file = SAMPLES / "content" / path
    if file.is_file():
        await route.fulfill(path=file)
    else:
        await route.fulfill(path=SAMPLES / "content" / "images" / "sample" / "loaf-bun.webp")
