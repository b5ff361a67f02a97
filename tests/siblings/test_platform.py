"""The whole platform from one command: five apps serve, a ticket reaches the cart, all of it stops.

The processes are real; the database is one of the test run's.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from infrastructure.settings import APPS, ROOT
from siblings.platform import Place, environment, places
from tests.processes import processes_that_mention, wait_until
from tests.siblings.conftest import settings_of


def _free_ports(count: int) -> int:
    """Return the first of so many free ports in a row."""
    for first in range(21000, 60000, 100):
        try:
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return first
    pytest.fail("no ports are free")


class Running:
    """The platform, and a browser that keeps its cookies."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.ports = {name: port + number for number, name in enumerate(APPS)}
        self.log = log
        self.cookies: SimpleCookie = SimpleCookie()

    def url(self, app: str) -> str:
        return f"http://127.0.0.1:{self.ports[app]}"

    def ask(
        self, app: str, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[app], timeout=30)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{it.key}={it.value}" for it in self.cookies.values())
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            self.cookies.load(cookie)
        connection.close()
        return response.status, body, response.headers

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return "the platform is ready" in self.log.read_text()


@pytest.fixture
def platform(database_url: str, database: object, tmp_path: Path) -> Iterator[Running]:
    assert database
    port = _free_ports(len(APPS))
    log = tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": "2",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "VAR_FOLDER": str(tmp_path / "var"),
        "SECRET_KEY": "k" * 32,
        "SAMPLE_CONTENT": "1",
        # An address of another platform must not reach these apps.
        "CART_INTERNAL_URL": "http://127.0.0.1:9",
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "siblings.platform"],
            cwd=ROOT,
            env=environment,
            stderr=file,
            start_new_session=True,
        )
        running = Running(process, port, log)
        try:
            assert wait_until(running.is_up, 60), log.read_text()
            yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


def test_a_ticket_from_events_is_a_badge_on_the_blog(platform: Running) -> None:
    for app in APPS:
        assert platform.ask(app, "/livez")[0] == 200

    def has_samples() -> bool:
        return "/entries/" in platform.ask("events", "/")[1]

    assert wait_until(has_samples, 30)
    page = platform.ask("events", "/")[1]
    path = "/entries/" + page.partition('href="/entries/')[2].partition('"')[0]
    assert platform.ask("events", f"{path}ticket", "POST")[0] == 303
    _, cart, _ = platform.ask("cart", "/")
    assert "for 1 thing" in cart
    _, page, _ = platform.ask("market", "/")
    assert "fragment-count" in page
    _, page, _ = platform.ask("blog", "/")
    assert 'class="fragment-count">1<' in page
    assert f"{platform.url('events')}{path}" in page
    _, page, _ = platform.ask("blog", "/rye-1/")
    assert 'class="fragment-dates"' in page
    assert 'class="fragment-products"' in page
    assert "Rye loaf" in page
    platform.cookies.clear()
    _, page, _ = platform.ask("blog", "/rye-1/")
    assert "fragment-count" not in page
    assert "Rye loaf" in page
    platform.process.send_signal(signal.SIGINT)
    assert platform.process.wait(60) == 0
    assert wait_until(lambda: not processes_that_mention("infrastructure.launcher siblings."))


def test_when_one_app_ends_the_platform_says_so_and_stops(platform: Running) -> None:
    (cart,) = processes_that_mention("infrastructure.launcher siblings.cart.asgi:app")
    os.kill(cart, signal.SIGTERM)
    assert platform.process.wait(60) == 1
    assert "The cart app ended" in platform.log.read_text()


def test_each_app_knows_where_the_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTS_INTERNAL_URL", "http://elsewhere.example")
    settings = settings_of("blog", "postgresql:///x", port=8000, site_url="")
    all_places = places(settings)
    seen = environment(all_places[2], all_places, settings)
    assert seen["SITE_URL"] == url_of(all_places, "cart")
    assert seen["BLOG_URL"] == "http://127.0.0.1:8000"
    assert seen["EVENTS_URL"] == url_of(all_places, "events")
    assert "CART_URL" not in seen
    assert "EVENTS_INTERNAL_URL" not in seen


def url_of(all_places: list[Place], name: str) -> str:
    return next(place.url for place in all_places if place.name == name)
