"""The administrator's page about Ghost: it tells how things are, with Ghost and without."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select, update

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings, load_settings
from models.inbox import GhostWebhook
from models.people import AuditEntry
from models.site import SyncRun, WebhookRegistration
from services.accounts.viewer import Role
from services.ghost.reconcile import reconcile_ids
from services.ghost.startup import ghost_client
from services.ghost.sync import sync
from tests.bp.conftest import LetterBox, Visitor, sign_in_as
from tests.ghost_replay import Fault, ReplayGhost
from tests.waiting import CEILING, eventually


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=6, posts=5, members=3) as ghost:
        yield ghost


@pytest.fixture
def settings(settings: Settings, ghost: ReplayGhost) -> Settings:
    return load_settings(
        **settings.model_dump(exclude_unset=True),
        ghost_api_url=ghost.url,
        ghost_admin_api_key=ghost.admin_key,
        ghost_webhook_secret="a secret of the tests",
    )


@pytest.fixture
async def app(settings: Settings, letter_box: LetterBox) -> AsyncIterator[BaseApp]:
    """The app, its Ghost mirrored once; the pass at its start finds that done."""
    app = create_app(settings)
    app.extensions["people"].mailer = letter_box
    async with ghost_client(settings) as client:
        await sync(app.database, client)
    async with app.test_app():
        await app.page_cache.wait_until_ready(10)
        yield app


@pytest.fixture
async def administrator(app: BaseApp) -> Visitor:
    return await sign_in_as(app, Role.ADMINISTRATOR, role_is_pinned=True)


async def _words(visitor: Visitor, path: str = "/admin/ghost/") -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return _said(await answer.get_data(as_text=True))


def _said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_it_tells_how_things_are(app: BaseApp, administrator: Visitor) -> None:
    said = await _words(administrator)
    assert "Ghost 6.65.0 answers: “Capture Site”" in said
    assert "Nothing differed after the last pass" in said
    assert "Members 3 , all seen" in said
    assert "None is registered: changes arrive with the next pass only" in said
    assert "everything complete" in said
    assert app.settings.webhook_url in said


async def test_it_works_while_ghost_is_away(administrator: Visitor, ghost: ReplayGhost) -> None:
    await ghost.stop()
    said = await _words(administrator)
    assert "Ghost cannot be reached." in said
    assert "Readers notice nothing" in said
    assert "Nothing differed after the last pass" in said
    answer = await administrator.submit("/admin/ghost/connect/", {}, at="/admin/ghost/")
    assert "Ghost cannot be reached." in _said(await answer.get_data(as_text=True))


async def test_a_button_registers_the_webhooks(
    app: BaseApp, administrator: Visitor, ghost: ReplayGhost
) -> None:
    for told in ("29 made", "29 as they were"):
        answer = await administrator.submit("/admin/ghost/connect/", {}, at="/admin/ghost/")
        said = _said(await answer.get_data(as_text=True))
        assert f"29 of 29 webhooks are registered: {told}." in said
        assert "All 29 are registered" in said
    assert len(ghost.site.webhooks) == 29
    async with app.database.unit_of_work() as work:
        actions = await work.session.scalars(select(AuditEntry.action))
        assert list(actions).count("ghost.connect") == 2
        await work.session.execute(
            delete(WebhookRegistration).where(WebhookRegistration.event == "tag.added")
        )
    assert "28 of 29 are registered; missing: tag.added" in await _words(administrator)


async def test_what_webhooks_brought_is_told(
    app: BaseApp, administrator: Visitor, ghost: ReplayGhost
) -> None:
    said = await _words(administrator)
    assert "Last heard nothing yet Inbox empty Given up nothing" in said
    moment = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    async with app.database.unit_of_work() as work:
        work.session.add(
            GhostWebhook(
                event="post.edited",
                kind="posts",
                ghost_id=ghost.site.ids("posts")[0],
                signature=b"of the test",
                body=b"{}",
                sent_at=moment,
                received_at=moment,
            )
        )
    said = await _words(administrator)
    assert "Last heard 24 Nov 2026, 12:30:00 · post.edited" in said
    assert "1 waits to be applied, the first since 24 Nov 2026, 12:30:00" in said
    assert "post.edited 24 Nov 2026, 12:30:00 no" in said


async def test_a_button_compares_all_ids_and_repairs(
    administrator: Visitor, ghost: ReplayGhost
) -> None:
    ghost.site.edit(ghost.site.ids("posts")[0], title="Nobody said it")
    answer = await administrator.submit("/admin/ghost/sync/", {}, at="/admin/ghost/")
    assert answer.status_code == 303
    await eventually(lambda: ghost.count("/members/") > 1)
    async with asyncio.timeout(CEILING):
        while "1 had changed unheard" not in await _words(administrator):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_what_could_not_be_repaired_is_told(
    app: BaseApp, administrator: Visitor, ghost: ReplayGhost
) -> None:
    bad = ghost.site.ids("posts")[0]
    ghost.site.edit(bad, title="Changed")
    ghost.poison(bad)
    async with ghost_client(app.settings) as client:
        await reconcile_ids(app.database, client)
    said = await _words(administrator)
    assert "1 object differs and could not be repaired" in said
    assert bad in said


async def test_runs_that_found_nothing_to_do_are_left_out(
    app: BaseApp, administrator: Visitor
) -> None:
    async with ghost_client(app.settings) as client:
        await reconcile_ids(app.database, client)
    said = await _words(administrator)
    assert "1 run of the last day found nothing to do." in said
    assert "all ids" not in said.partition("Runs")[2]
    assert "all ids" in (await _words(administrator, "/admin/ghost/?runs=all")).partition("Runs")[2]


async def test_members_who_are_not_believed_are_told(app: BaseApp, administrator: Visitor) -> None:
    async with app.database.unit_of_work() as work:
        await work.session.execute(
            update(SyncRun).values(members_at=func.make_timestamptz(2020, 1, 1, 0, 0, 0))
        )
    assert "nobody reads a gated text because of Ghost" in await _words(administrator)


async def test_an_editor_sees_it_without_the_buttons(app: BaseApp, ghost: ReplayGhost) -> None:
    editor = await sign_in_as(app, Role.EDITOR, role_is_pinned=True)
    page = await (await editor.get("/admin/ghost/")).get_data(as_text=True)
    assert "Webhooks" in page
    assert "/admin/ghost/connect/" not in page
    ghost.inject(Fault("status", status=500, times=None))
    assert (
        await editor.submit("/admin/ghost/connect/", {}, at="/auth/account/")
    ).status_code == 403
