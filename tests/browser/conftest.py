"""A real Chromium against the real app over a real socket."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.async_api import Browser, Route, async_playwright

from app import create_app
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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    stop = asyncio.Event()
    app = create_app(settings(readers_database_url, address))
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield address
    stop.set()
    await serving


async def give_sample_content(route: Route) -> None:
    """Answer for `/content/…` with the sample site's files, whatever size is asked for."""
    path = _SIZE.sub("/", route.request.url).partition("/content/")[2]
    file = SAMPLES / "content" / path
    if file.is_file():
        await route.fulfill(path=file)
    else:
        await route.fulfill(path=SAMPLES / "content" / "images" / "sample" / "loaf-bun.webp")
