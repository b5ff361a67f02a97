"""A real Ghost and the whole app: its webhooks are registered, and what is edited there shows here.

That Ghost has to allow webhooks to internal addresses (`security.allowWebhookInternalIPs`).
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import create_app
from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.http import create_client
from infrastructure.settings import load_settings
from models.people import Person
from services.accounts.sessions import Browser, open_session
from services.ghost.caller import GhostCaller
from services.ghost.reconcile import drift_now, reconcile_ids
from services.ghost.startup import ghost_client, ghost_config
from services.ghost.webhooks import Target, connect, disconnect
from tests.ghost_replay import Loopback
from tests.services.ghost.conftest import RealGhost, find_real_ghost
from tests.services.ghost.mirroring import differences
from tests.waiting import CEILING

pytestmark = pytest.mark.ghost

_WORD = "zyxwonlyformembers"


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[BaseApp]:
    """Give the app, served where a real Ghost reaches it; at the end that calls it no more."""
    real: RealGhost = find_real_ghost()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load_settings(
        environment="test",
        database_url=database_url,
        var_folder=tmp_path / "var",
        secret_key="a key of the tests alone",
        port=port,
        rate_limits=False,
        ghost_api_url=real.url,
        ghost_admin_api_key=real.admin_key,
        ghost_webhook_secret="a secret of the tests alone",
        # What shows here is to come by webhooks.
        ghost_reconcile_seconds=86_400,
    )
    app = create_app(settings)
    async with Loopback(app, port=port), ghost_client(settings) as client:
        yield app
        await disconnect(app.database, client)


@pytest.fixture
async def ghost(app: BaseApp) -> AsyncIterator[GhostCaller]:
    """Edit as Ghost's staff do, beside the app."""
    async with create_client() as http:
        yield GhostCaller(http, ghost_config(app.settings))


@pytest.fixture
async def reader(app: BaseApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.settings.public_url, trust_env=False) as reader:
        yield reader


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(CEILING):
        while not await is_so():  # noqa: ASYNC110 - another program makes it so
            await asyncio.sleep(0.1)


async def _saved(ghost: GhostCaller, post: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Edit a post in Ghost, and return it as it is then."""
    changes["updated_at"] = post["updated_at"]
    params = {"source": "html"} if "html" in changes else {}
    path = f"/posts/{post['id']}/"
    answer = await ghost.call("PUT", path, params=params, body={"posts": [changes]})
    found: dict[str, Any] = answer["posts"][0]
    return found


async def test_what_is_edited_in_ghost_shows_here(
    app: BaseApp, ghost: GhostCaller, reader: httpx.AsyncClient
) -> None:
    async def shows(path: str, *words: str, status: int = 200) -> bool:
        answer = await reader.get(path)
        return answer.status_code == status and all(word in answer.text for word in words)

    async with ghost_client(app.settings) as client:
        await _until(lambda: shows("/coming-soon/"))
        for told in ("29 made", "29 as they were"):
            done = await connect(app.database, client, Target.of(app.settings))
            assert done.sentence == f"29 of 29 webhooks are registered: {told}."
            assert done.warning is None, done.warning

    new = {"title": "Bread of today", "html": "<p>Risen.</p>", "status": "published"}
    answer = await ghost.call("POST", "/posts/", params={"source": "html"}, body={"posts": [new]})
    post = answer["posts"][0]
    path = f"/{post['slug']}/"
    try:
        await _until(lambda: shows(path, "Bread of today", "Risen."))
        await _until(lambda: shows("/", "Bread of today"))

        post = await _saved(ghost, post, title="Bread of tomorrow", html="<p>Rising.</p>")
        await _until(lambda: shows(path, "Bread of tomorrow", "Rising."))

        # This leaves the time of the post as it was.
        post = await _saved(ghost, post, tags=[{"name": "Sourdough of the test"}])
        await _until(lambda: shows("/tag/sourdough-of-the-test/", "Bread of tomorrow"))

        post = await _saved(ghost, post, status="draft")
        await _until(lambda: shows(path, status=404))

        gated = f"<p>Teaser.</p><!--members-only--><p>{_WORD}</p>"
        post = await _saved(ghost, post, status="published", visibility="paid", html=gated)
        await _until(lambda: shows(path, "Teaser."))
        assert _WORD not in (await reader.get(path)).text
        await _a_member_reads(app, ghost, reader, path)
    finally:
        await ghost.call("DELETE", f"/posts/{post['id']}/")
    await _until(lambda: shows(path, status=404))

    async with ghost_client(app.settings) as client:
        for tag in [it async for batch in client.read_tags() for it in batch.items]:
            if tag.slug == "sourdough-of-the-test":
                await client.delete_tag(tag.id)
        await _until(lambda: shows("/tag/sourdough-of-the-test/", status=404))

        async def is_equal() -> bool:
            return not any((await drift_now(app.database, client)).values())

        await _until(is_equal)
        report = await reconcile_ids(app.database, client)
        assert (report.outcome, report.drift) == ("complete", 0)
        assert await differences(app.database, client) == []


async def _a_member_reads(
    app: BaseApp, ghost: GhostCaller, reader: httpx.AsyncClient, path: str
) -> None:
    """Make somebody a comped member, and see that the gated text opens, and closes again."""
    email = "a-member-of-the-test@example.com"
    async with app.database.unit_of_work() as work:
        person = Person(email=email)
        work.session.add(person)
        await work.session.flush()
        token = await open_session(work, person, "link", Browser(), timedelta(days=1))
    cookie = {"Cookie": f"{session_cookie(app.settings)}={token}"}

    async def reads() -> bool:
        return _WORD in (await reader.get(path, headers=cookie)).text

    async def does_not() -> bool:
        return not await reads()

    assert await does_not()
    tiers = (await ghost.call("GET", "/tiers/"))["tiers"]
    paid = [{"id": tier["id"]} for tier in tiers if tier["type"] == "paid"][:1]
    new = {"email": email, "tiers": paid}
    answer = await ghost.call("POST", "/members/", body={"members": [new]})
    member = f"/members/{answer['members'][0]['id']}/"
    try:
        await _until(reads)
        await ghost.call("PUT", member, body={"members": [{"tiers": []}]})
        await _until(does_not)
    finally:
        await ghost.call("DELETE", member)
    await _until(does_not)
