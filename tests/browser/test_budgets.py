"""What each page costs the database, the network and the browser, held to `budgets.toml`.

Counted, not timed: queries, renders, requests, bytes, and the processor's time of the page's main
thread, which other programs on the machine do not lengthen.
"""

import asyncio
import socket
import tomllib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from msgspec import Struct, convert
from playwright.async_api import Browser
from sqlalchemy import event

from app import create_app
from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings
from models.people import Person
from services.accounts.sessions import Browser as Device
from services.accounts.sessions import open_session
from services.accounts.viewer import Role

pytestmark = pytest.mark.browser


class Budget(Struct, frozen=True, forbid_unknown_fields=True):
    """One page of `budgets.toml`, which says what the numbers are."""

    path: str
    queries: int
    requests: int
    kilobytes: float
    scripts: float
    script_ms: float
    viewer: str = "nobody"
    kept: bool = True


BUDGETS = {
    name: convert(given, Budget)
    for name, given in tomllib.loads(
        Path(__file__).with_name("budgets.toml").read_text(encoding="utf-8")
    ).items()
}


class Site:
    """The sample site, served; counts what it asks the database."""

    def __init__(self, app: BaseApp, address: str, cookie: str) -> None:
        self.app = app
        self.address = address
        self.cookie = cookie
        self.queries: list[str] = []
        event.listen(app.database.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, _: object, __: object, statement: str, *___: object) -> None:
        self.queries.append(statement)

    async def ask(self, budget: Budget) -> int:
        """Ask for a page alone; return how many queries that was."""
        self.queries.clear()
        headers = {"host": self.address.removeprefix("http://")}
        if budget.viewer != "nobody":
            headers["cookie"] = self.cookie
        answer = await self.app.test_client().get(budget.path, headers=headers)
        assert answer.status_code == 200, budget.path
        return len(self.queries)

    async def page(self, browser: Browser, budget: Budget) -> dict[str, float]:
        """Open a page in a browser that was never here; return what it cost."""
        context = await browser.new_context(viewport={"width": 390, "height": 844})
        try:
            if budget.viewer != "nobody":
                name, _, value = self.cookie.partition("=")
                await context.add_cookies([{"name": name, "value": value, "url": self.address}])
            page = await context.new_page()
            devtools = await context.new_cdp_session(page)
            received: dict[str, float] = {}
            kinds: dict[str, str] = {}

            def answered(what: dict[str, Any]) -> None:
                if what["response"]["url"].startswith(self.address):
                    kinds[what["requestId"]] = what["type"]

            devtools.on("Network.responseReceived", answered)
            devtools.on(
                "Network.loadingFinished",
                lambda it: received.update({it["requestId"]: it["encodedDataLength"]}),
            )
            await devtools.send("Network.enable")
            await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
            answer = await page.goto(self.address + budget.path, wait_until="networkidle")
            assert answer is not None
            assert answer.status == 200, budget.path
            found = (await devtools.send("Performance.getMetrics"))["metrics"]
            metrics = {it["name"]: it["value"] for it in found}
            bytes_of = {key: received.get(key, 0) for key in kinds}
            return {
                "requests": len(kinds),
                "kilobytes": sum(bytes_of.values()) / 1000,
                "scripts": sum(size for key, size in bytes_of.items() if kinds[key] == "Script")
                / 1000,
                "script_ms": 1000 * metrics["ScriptDuration"],
            }
        finally:
            await context.close()


@pytest.fixture(scope="module")
async def site(
    postgres_server: Any, _administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Serve the sample site, with an editor who is signed in."""
    await _administrator.execute("CREATE DATABASE budgets TEMPLATE template_of_tests")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = create_app(
        Settings.model_validate(
            {
                "environment": "test",
                "log_level": "error",
                "secret_key": "a-key-for-this-test-alone",
                "database_url": postgres_server.url("budgets"),
                "site_url": address,
                "sample_content": True,
                "var_folder": tmp_path_factory.mktemp("budgets"),
            }
        )
    )
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    async with app.database.unit_of_work() as work:
        editor = Person(email="editor@example.org", name="Editor", role=Role.EDITOR.word)
        work.session.add(editor)
        await work.session.flush()
        token = await open_session(work, editor, "link", Device(), timedelta(days=1))
    yield Site(app, address, f"{session_cookie(app.settings)}={token}")
    stop.set()
    await serving
    await _administrator.execute("DROP DATABASE budgets WITH (FORCE)")


@pytest.mark.parametrize("name", BUDGETS)
async def test_a_page_keeps_to_its_budget(site: Site, browser: Browser, name: str) -> None:
    budget = BUDGETS[name]
    await site.ask(budget)  # what surrounds every page is remembered
    site.app.page_cache.store.clear()
    cost = {"queries": await site.ask(budget), **await site.page(browser, budget)}
    print(f"\n{name:14}" + "".join(f"{key} {value:g}  " for key, value in cost.items()), end="")
    over = {
        key: (value, getattr(budget, key))
        for key, value in cost.items()
        if value > getattr(budget, key)
    }
    assert not over, f"{name} costs more than budgets.toml allows"


@pytest.mark.parametrize("name", [it for it in BUDGETS if BUDGETS[it].kept])
async def test_a_kept_page_costs_no_query_and_no_render(site: Site, name: str) -> None:
    await site.ask(BUDGETS[name])
    renders = site.app.page_cache.stats().counts.misses
    assert await site.ask(BUDGETS[name]) == 0
    assert site.app.page_cache.stats().counts.misses == renders
