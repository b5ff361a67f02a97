"""A whole app: over the readers' site, or on a database of its own with people signed in."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from quart.typing import TestClientProtocol

from app import create_app
from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings, load_settings
from models.people import Person
from services.accounts.mail import Mail
from services.accounts.sessions import Browser, open_session
from services.accounts.viewer import Role
from tests import readers_site

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LINK = re.compile(r"https?://[^\s/]+(/\S+)")


@dataclass
class LetterBox:
    """Keeps each mail, instead of sending it."""

    mails: list[Mail] = field(default_factory=list)

    async def check(self) -> None:
        """Mail can always be kept."""

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    @property
    def last_path(self) -> str:
        """The path of the link in the last mail."""
        found = _LINK.search(self.mails[-1].text.split("open this link", 1)[-1].split("\n\n", 1)[1])
        assert found is not None
        return found[1]


class Visitor:
    """Somebody with a browser: keeps cookies, and sends forms with the token of their page."""

    def __init__(self, app: BaseApp, address: str = "192.0.2.1") -> None:
        self.app = app
        self.client: TestClientProtocol = app.test_client()
        self.address = address

    async def get(self, path: str, **headers: str) -> Any:
        return await self.client.get(
            path, headers={"Accept": "text/html", **headers}, scope_base=self._scope
        )

    @property
    def session_token(self) -> str:
        """The cookie that keeps this browser signed in."""
        name = session_cookie(self.app.settings)
        return next(str(it.value) for it in self.client.cookie_jar or () if it.name == name)

    @property
    def _scope(self) -> dict[str, Any]:
        return {"client": (self.address, 4321)}

    async def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> Any:
        """Send a form without a token of its own."""
        return await self.client.post(
            path,
            data=urlencode(form or {}, doseq=True).encode(),
            headers={"Accept": "text/html", **_FORM, **headers},
            scope_base=self._scope,
        )

    async def send(
        self, method: str, path: str, content: Any = None, at: str = "/auth/account/"
    ) -> Any:
        """Send JSON as a program on a page does, with the token of the page at `at`."""
        page = await (await self.get(at)).get_data(as_text=True)
        token = _TOKEN.search(page)
        assert token is not None, page
        return await self.client.open(  # type: ignore[call-arg]  # defaults are left out there
            path,
            method=method,
            data=json.dumps({} if content is None else content).encode(),
            headers={
                "Content-Type": "application/json",
                "Sec-Fetch-Site": "same-origin",
                "X-CSRF-Token": token[1],
            },
            scope_base=self._scope,
        )

    async def submit(
        self, path: str, form: dict[str, Any], at: str | None = None, **headers: str
    ) -> Any:
        """Load a page, and send its form to `path` as a browser does."""
        send = await self.form(path, at)
        return await send(form, **headers)

    async def form(self, path: str, at: str | None = None) -> Callable[..., Awaitable[Any]]:
        """Load a page, and return what sends its form to `path`."""
        page = await (await self.get(at or path)).get_data(as_text=True)
        token = _TOKEN.search(page)
        assert token is not None, page

        def send(form: dict[str, Any], **headers: str) -> Awaitable[Any]:
            sent = {"Sec-Fetch-Site": "same-origin", **headers}
            return self.post(path, {"csrf_token": token[1], **form}, **sent)

        return send


@pytest.fixture
def settings(database_url: str, tmp_path: Any) -> Settings:
    return load_settings(
        environment="test",
        database_url=database_url,
        var_folder=tmp_path / "var",
        secret_key="a key of the tests alone",
        page_cache_bytes=4_000_000,
        rate_limits=False,
    )


@pytest.fixture
def letter_box() -> LetterBox:
    return LetterBox()


@pytest.fixture
async def app(settings: Settings, letter_box: LetterBox) -> AsyncIterator[BaseApp]:
    app = create_app(settings)
    app.extensions["people"].mailer = letter_box
    async with app.test_app():
        await app.page_cache.wait_until_ready(10)
        yield app


@pytest.fixture
def visitor(app: BaseApp) -> Visitor:
    """Somebody whom nobody knows."""
    return Visitor(app)


async def sign_in_as(app: BaseApp, role: Role, *, email: str | None = None, **more: Any) -> Visitor:
    """Return somebody who is signed in with a role; anonymous stays unknown."""
    visitor = Visitor(app)
    if role is Role.ANONYMOUS:
        return visitor
    async with app.database.unit_of_work() as work:
        person = Person(
            email=email or f"{role.word}@example.org",
            name=role.word.title(),
            role=role.word,
            **more,
        )
        work.session.add(person)
        await work.session.flush()
        token = await open_session(work, person, "link", Browser(), timedelta(days=1))
    visitor.client.set_cookie("localhost", session_cookie(app.settings), token)
    return visitor


@pytest.fixture(scope="session")
async def reader(readers_database_url: str) -> AsyncIterator[TestClientProtocol]:
    """Give a client of the app."""
    app = create_app(readers_site.settings(readers_database_url, readers_site.SITE_URL))
    async with app.test_app():
        yield app.test_client()
