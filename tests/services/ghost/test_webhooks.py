"""Registering webhooks: all of them once, whatever was there before, however often it is done."""

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from sqlalchemy import delete

from infrastructure.database import Database
from infrastructure.errors import PersonError
from infrastructure.settings import load_settings
from models.site import WebhookRegistration
from services.ghost.client import GhostClient
from services.ghost.errors import GhostError
from services.ghost.events import EVENTS
from services.ghost.results import GhostInstallation
from services.ghost.webhooks import (
    Connected,
    Target,
    connect,
    disconnect,
    registrations,
    why_not_called,
)
from tests.ghost_replay import ReplayGhost
from tests.ghost_replay.api import Refusal
from tests.services.ghost.mirroring import client_of

_OURS = Target("https://blog.example/webhooks/ghost/", "a secret of the tests")


@pytest.fixture(params=[5, 6])
async def ghost(request: pytest.FixtureRequest) -> AsyncIterator[ReplayGhost]:
    version: Literal[5, 6] = request.param
    async with ReplayGhost(seed=1, posts=0, members=0, version=version) as ghost:
        yield ghost


@pytest.fixture
async def client(ghost: ReplayGhost) -> AsyncIterator[GhostClient]:
    async with client_of(ghost) as client:
        yield client


def _registered(ghost: ReplayGhost) -> list[tuple[str, str, str | None]]:
    hooks = ghost.site.webhooks.values()
    return sorted((hook.event, hook.target_url, hook.secret) for hook in hooks)


_WANTED = sorted((event, _OURS.url(event), _OURS.secret) for event in EVENTS)


def _done(connected: Connected) -> tuple[int, int, int, int, int]:
    lists = (connected.made, connected.repaired, connected.kept, connected.removed)
    made, repaired, kept, removed = map(len, lists)
    return made, repaired, kept, removed, len(connected.refused)


async def _known(database: Database, client: GhostClient) -> set[str]:
    async with database.read() as connection:
        return set(await registrations(connection, client.config.admin_url))


async def test_all_are_registered_once(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    assert _done(await connect(database, client, _OURS)) == (29, 0, 0, 0, 0)
    assert _registered(ghost) == _WANTED
    assert await _known(database, client) == set(EVENTS)

    ghost.requests.clear()
    again = await connect(database, client, _OURS)
    assert _done(again) == (0, 0, 29, 0, 0)
    assert again.sentence == "29 of 29 webhooks are registered: 29 as they were."
    assert {seen.method for seen in ghost.requests} == {"GET", "PUT"}
    assert _registered(ghost) == _WANTED


async def test_missing_and_wrong_ones_are_repaired(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    await connect(database, client, _OURS)
    hooks = {hook.event: hook for hook in ghost.site.webhooks.values()}
    # Ghost removes one that was answered with 410, and its history does not tell.
    del ghost.site.webhooks[hooks["tag.added"].id]
    await client.delete_webhook(hooks["tag.edited"].id)
    hooks["post.added"].secret = "another"
    hooks["post.edited"].target_url = "https://elsewhere.example/hook"
    assert _done(await connect(database, client, _OURS)) == (2, 2, 25, 0, 0)
    assert _registered(ghost) == _WANTED


async def test_a_site_that_moved_takes_its_webhooks_along(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    await connect(database, client, Target("https://old.example/webhooks/ghost/", "an old secret"))
    assert _done(await connect(database, client, _OURS)) == (0, 29, 0, 0, 0)
    assert _registered(ghost) == _WANTED


async def test_doubles_and_what_is_no_event_are_removed(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    await connect(database, client, _OURS)
    for event, path in (("post.added", "x"), ("post.added", "y"), ("nothing", "z")):
        hook = await client.create_webhook(event, f"https://blog.example/{path}")
        await client.edit_webhook(hook.id, {"target_url": _OURS.url(event)})
    assert _done(await connect(database, client, _OURS)) == (0, 0, 29, 3, 0)
    assert _registered(ghost) == _WANTED


async def test_what_the_database_forgot_is_found_in_ghosts_history(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    await connect(database, client, _OURS)
    async with database.unit_of_work() as work:
        await work.session.execute(delete(WebhookRegistration))
    assert _done(await connect(database, client, _OURS)) == (0, 0, 29, 0, 0)
    assert _registered(ghost) == _WANTED
    assert await _known(database, client) == set(EVENTS)


async def test_one_of_another_integration_is_told(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    # It stands in no history that names it, and may not be changed.
    ghost.register_webhooks("https://blog.example/webhooks/ghost", ["post.added"])
    done = await connect(database, client, _OURS)
    assert _done(done) == (28, 0, 0, 0, 1)
    assert "another integration" in done.refused["post.added"]
    assert done.sentence == "28 of 29 webhooks are registered: 28 made, 1 refused."
    assert "post.added" not in await _known(database, client)


async def test_what_others_registered_with_the_same_key_stays(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    await client.create_webhook("post.added", "https://hooks.example/catch/1/")
    await client.create_webhook("post.added", "https://staging.example/webhooks/ghost/post.added")
    done = await connect(database, client, _OURS)
    assert _done(done) == (29, 0, 0, 0, 0)
    assert done.strangers == {"https://staging.example"}
    assert len(ghost.site.webhooks) == 31


async def test_ours_can_be_removed_again(
    database: Database, ghost: ReplayGhost, client: GhostClient
) -> None:
    other = await client.create_webhook("post.added", "https://hooks.example/catch/1/")
    await connect(database, client, _OURS)
    assert [await disconnect(database, client) for _ in range(2)] == [29, 0]
    assert list(ghost.site.webhooks) == [other.id]
    assert await _known(database, client) == set()


async def test_a_ghost_that_fails_in_the_middle_is_completed_the_next_time(
    database: Database, ghost: ReplayGhost, client: GhostClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ghost.api._create_webhook

    def failing(request: Any, path: str) -> Any:
        if len(ghost.site.webhooks) == 10:
            raise Refusal(500, "An unexpected error occurred.", "InternalServerError")
        return create(request, path)

    with monkeypatch.context() as patch:
        patch.setattr(ghost.api, "_create_webhook", failing)
        with pytest.raises(GhostError):
            await connect(database, client, _OURS)
    assert len(await _known(database, client)) == 10
    assert _done(await connect(database, client, _OURS)) == (19, 0, 10, 0, 0)
    assert _registered(ghost) == _WANTED


@pytest.mark.parametrize(
    ("address", "allows", "warning"),
    [
        ("http://127.0.0.1:8000/", False, "Ghost will not call 127.0.0.1:8000: it is this very"),
        ("http://127.0.0.1:8000/", None, "127.0.0.1:8000 is internal (it is this very machine)"),
        ("http://127.0.0.1:8000/", True, None),
        ("http://10.1.2.3/", False, "it is a private network"),
        ("http://localhost/", False, "it leads to"),
        ("https://8.8.8.8/", False, None),
        ("https://a.name.that.nobody.has.invalid/", False, None),
    ],
)
async def test_an_internal_address_is_told(
    address: str, allows: bool | None, warning: str | None
) -> None:
    security = {} if allows is None else {"allowWebhookInternalIPs": allows}
    said = await why_not_called(GhostInstallation(security=security), address)
    assert said is None if warning is None else warning in (said or "")


def test_without_a_secret_nothing_is_registered() -> None:
    settings = load_settings(environment="test", secret_key="a key of the tests alone")
    with pytest.raises(PersonError, match="GHOST_WEBHOOK_SECRET is not set"):
        Target.of(settings)


def test_where_ghost_reaches_us_may_be_elsewhere() -> None:
    settings = load_settings(
        environment="test",
        secret_key="a key of the tests alone",
        site_url="https://blog.example",
        ghost_webhook_url="http://blog.internal:8000",
        ghost_webhook_secret="new,old",
    )
    target = Target.of(settings)
    assert target.url("post.added") == "http://blog.internal:8000/webhooks/ghost/post.added"
    assert target.secret == "new"
