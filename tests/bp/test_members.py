"""Ghost's members here: each reads what Ghost would let them read, and nobody else does.

The posts, tiers and members are those of a replayed Ghost, and come by the sync.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app import create_app
from bp.guard import session_cookie
from infrastructure.database import UnitOfWork
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings, load_settings
from models.people import Person
from models.site import SyncRun
from services.accounts import people
from services.accounts.grants import adopt
from services.accounts.leaving_ghost import keep_people
from services.accounts.membership import BELIEVED_HOURS
from services.accounts.oidc import Identity
from services.accounts.viewer import Role
from services.ghost import members
from services.ghost.reconcile import reconcile_ids
from services.ghost.startup import ghost_client
from tests.bp.conftest import LetterBox, Visitor, sign_in_as
from tests.bp.gated import VISIBILITIES, public_paths, reads, word
from tests.ghost_replay import ReplayGhost
from tests.ghost_replay.records import stamp
from tests.waiting import CEILING

_PAID = {"members", "paid"}
_ALL = set(VISIBILITIES)
_YESTERDAY = stamp(datetime.now(UTC) - timedelta(days=1))
_TOMORROW = stamp(datetime.now(UTC) + timedelta(days=1))


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=6, posts=2, members=0) as ghost:
        for visibility in VISIBILITIES:
            for kind in ("posts", "pages"):
                ghost_id = ghost.site.create(
                    "pages" if kind == "pages" else "posts",
                    title=f"For {visibility}",
                    slug=f"{visibility}-{kind[:-1]}",
                    status="published",
                    visibility=visibility,
                    tags=["Bread"],
                    tiers=["gold"] if visibility == "tiers" else [],
                )
                ghost.site.documents[ghost_id].update(
                    html=f"<p>Teaser bread.</p><!--members-only--><p>{word(visibility)}</p>",
                    plaintext=f"Teaser bread. {word(visibility)}",
                )
        yield ghost


@pytest.fixture
def settings(settings: Settings, ghost: ReplayGhost) -> Settings:
    return load_settings(
        **settings.model_dump(exclude={"ghost_api_url", "ghost_admin_api_key"}, exclude_unset=True),
        ghost_api_url=ghost.url,
        ghost_admin_api_key=ghost.admin_key,
    )


@pytest.fixture
async def app(settings: Settings, letter_box: LetterBox) -> AsyncIterator[BaseApp]:
    app = create_app(settings)
    app.extensions["people"].mailer = letter_box

    async def is_synced() -> bool:
        async with app.database.read() as connection:
            found = await connection.scalar(
                select(SyncRun.id).where(SyncRun.outcome == "complete").limit(1)
            )
        return found is not None

    async with app.test_app():
        await app.page_cache.wait_until_ready(10)
        async with asyncio.timeout(CEILING):
            while not await is_synced():  # noqa: ASYNC110 - a row tells it
                await asyncio.sleep(0.02)
        yield app


async def _mirror(app: BaseApp) -> None:
    async with ghost_client(app.settings) as client:
        report = await reconcile_ids(app.database, client)
    assert report.outcome == "complete", report


async def _signed_in(app: BaseApp, email: str, **more: Any) -> Visitor:
    return await sign_in_as(app, Role.READER, email=email, **more)


async def test_who_reads_what(app: BaseApp, ghost: ReplayGhost) -> None:
    site = ghost.site
    site.create_member("free@example.org")
    site.create_member("gold@example.org", "gold")
    site.create_member("paying@example.org", "default-product", status="paid")
    site.create_member("future@example.org", "gold", status="a word of a later Ghost")
    over = site.create_member("over@example.org", "gold")
    site.people[over]["tiers"][0]["expiry_at"] = _YESTERDAY
    running = site.create_member("running@example.org", "gold")
    site.people[running]["tiers"][0]["expiry_at"] = _TOMORROW
    for name, end in (("ended", _YESTERDAY), ("ending", _TOMORROW)):
        paying = site.create_member(f"{name}@example.org", "gold", status="paid")
        site.people[paying]["subscriptions"][0] |= {
            "cancel_at_period_end": True,
            "current_period_end": end,
        }
    site.create_member("claimed@example.org", "gold")
    await _mirror(app)
    expected: list[tuple[Visitor, set[str]]] = [
        (Visitor(app), set()),
        (await _signed_in(app, "nobody@example.org"), set()),
        (await _signed_in(app, "free@example.org"), {"members"}),
        # However it is capitalised.
        (await _signed_in(app, "Gold@Example.org"), _ALL),
        (await _signed_in(app, "paying@example.org"), _PAID),
        (await _signed_in(app, "future@example.org"), _ALL),
        (await _signed_in(app, "over@example.org"), {"members"}),
        (await _signed_in(app, "running@example.org"), _ALL),
        (await _signed_in(app, "ended@example.org"), {"members"}),
        (await _signed_in(app, "ending@example.org"), _ALL),
        # Somebody who says that this is their address, which nobody has proven.
        (await _signed_in(app, "claimed@example.org", email_is_proven=False), set()),
    ]
    for _ in range(2):
        for visitor, visibilities in expected:
            assert await reads(visitor) == visibilities
        expected.reverse()


async def test_a_member_leaves_no_word_for_the_next_reader(
    app: BaseApp, ghost: ReplayGhost
) -> None:
    ghost.site.create_member("gold@example.org", "gold")
    await _mirror(app)
    insider, stranger = await _signed_in(app, "gold@example.org"), Visitor(app)
    free = await _signed_in(app, "nobody@example.org")
    assert await reads(insider) == _ALL
    for path in public_paths(app):
        for headers in ({}, {"Accept": "application/json"}, {"X-Fragment-Request": "1"}):
            await insider.get(path, **headers)
            for who in (stranger, free):
                shown = await (await who.get(path, **headers)).get_data(as_text=True)
                assert not [it for it in VISIBILITIES if word(it) in shown], (path, headers)


async def test_what_changes_in_ghost_changes_what_is_read(app: BaseApp, ghost: ReplayGhost) -> None:
    site = ghost.site
    ghost_id = site.create_member("ada@example.org")
    await _mirror(app)
    visitor = await _signed_in(app, "ada@example.org")
    assert await reads(visitor) == {"members"}

    async def again(**fields: Any) -> set[str]:
        if fields:
            site.edit_member(ghost_id, **fields)
        await _mirror(app)
        return await reads(visitor)

    other = site.people[site.create_member("other@example.org", "gold", "default-product")]
    gold, default = other["tiers"]
    assert await again(status="comped", tiers=[gold]) == _ALL
    assert await again(status="comped", tiers=[default]) == _PAID
    assert await again(status="free", tiers=[]) == {"members"}
    assert await again(email="eve@example.org") == set()
    assert await again(email="ada@example.org") == {"members"}
    site.delete_member(ghost_id)
    assert await again() == set()


async def test_members_are_not_believed_for_longer_than_they_were_seen(
    app: BaseApp, ghost: ReplayGhost
) -> None:
    ghost.site.create_member("gold@example.org", "gold")
    await _mirror(app)
    visitor = await _signed_in(app, "gold@example.org")

    async def seen(hours: float) -> set[str]:
        async with app.database.unit_of_work() as work:
            await work.session.execute(
                update(SyncRun).values(members_at=func.now() - timedelta(hours=hours))
            )
        return await reads(visitor)

    assert await seen(BELIEVED_HOURS - 1) == _ALL
    assert await seen(BELIEVED_HOURS + 1) == set()
    await _mirror(app)
    assert await reads(visitor) == _ALL


async def test_a_member_who_cannot_be_read_is_not_believed(
    app: BaseApp, ghost: ReplayGhost
) -> None:
    bad = ghost.site.create_member("gold@example.org", "gold")
    ghost.site.create_member("free@example.org")
    await _mirror(app)
    visitor, other = (
        await _signed_in(app, "gold@example.org"),
        await _signed_in(app, "free@example.org"),
    )
    ghost.poison(bad)
    async with ghost_client(app.settings) as client:
        report = await reconcile_ids(app.database, client)
    assert report.outcome == "incomplete"
    assert (await reads(visitor), await reads(other)) == (set(), {"members"})
    ghost.recover()
    await _mirror(app)
    assert await reads(visitor) == _ALL


async def test_an_administrator_sees_what_somebody_is_in_ghost(
    app: BaseApp, ghost: ReplayGhost
) -> None:
    ghost.site.create_member("gold@example.org", "gold")
    await _mirror(app)
    await _signed_in(app, "gold@example.org")
    await _signed_in(app, "claimed@example.org", email_is_proven=False)
    administrator = await sign_in_as(app, Role.ADMINISTRATOR, role_is_pinned=True)
    async with app.database.unit_of_work() as work:
        rows = await work.session.execute(select(Person.email, Person.id))
        ids = {row.email: row.id for row in rows}
    page = await administrator.get(f"/admin/people/{ids['gold@example.org']}/")
    assert "comped member: Gold" in await page.get_data(as_text=True)
    page = await administrator.get(f"/admin/people/{ids['claimed@example.org']}/")
    text = await page.get_data(as_text=True)
    assert "Only claimed" in text
    assert "In Ghost" not in text


async def test_two_members_swap_their_addresses(app: BaseApp, ghost: ReplayGhost) -> None:
    gold = ghost.site.create_member("ada@example.org", "gold")
    free = ghost.site.create_member("bea@example.org")
    await _mirror(app)
    ada, bea = await _signed_in(app, "ada@example.org"), await _signed_in(app, "bea@example.org")
    ghost.site.edit_member(gold, email="bea@example.org")
    ghost.site.edit_member(free, email="ada@example.org")
    async with ghost_client(app.settings) as client:
        item = await client.read_member(gold)
    async with app.database.unit_of_work() as work:
        await members.apply(work, [item])
    # Whose the other address is now, is not known yet.
    assert (await reads(ada), await reads(bea)) == (set(), _ALL)
    await _mirror(app)
    assert (await reads(ada), await reads(bea)) == ({"members"}, _ALL)


async def test_a_member_of_ghosts_signs_in_by_mail(
    app: BaseApp, ghost: ReplayGhost, visitor: Visitor, letter_box: LetterBox
) -> None:
    ghost.site.create_member("gold@example.org", "gold")
    await _mirror(app)
    await visitor.submit("/auth/login/", {"how": "link", "email": "gold@example.org"})
    for task in list(app.background_tasks):
        await task
    assert (await visitor.submit(letter_box.last_path, {})).status_code == 303
    assert await reads(visitor) == _ALL


async def test_who_only_claims_an_address_loses_the_account_to_its_owner(app: BaseApp) -> None:
    claim = Identity("https://account.example", "7", "gold@example.org", False, "Mallory", None)
    async with app.database.unit_of_work() as work:
        person = await adopt(work, claim)
        assert not person.email_is_proven
        person.password_hash = "theirs"
        assert await people.ghost_author(work, "gold@example.org") is None
        await people.prove_email(work, person)
    async with app.database.unit_of_work() as work:
        person = await _person(work)
        assert person.email_is_proven
        assert (person.account_subject, person.password_hash) == (None, None)


async def test_an_address_counts_once_the_account_app_has_proven_it(app: BaseApp) -> None:
    claim = Identity("https://account.example", "7", "gold@example.org", False, "Ada", None)
    proven = Identity("https://account.example", "7", "gold@example.org", True, "Ada", None)
    async with app.database.unit_of_work() as work:
        await adopt(work, claim)
        assert (await adopt(work, proven)).email_is_proven


async def _person(work: UnitOfWork) -> Person:
    found = await people.by_email(work, "gold@example.org")
    assert found is not None
    return found


async def test_whoever_leaves_ghost_takes_the_people_along(
    app: BaseApp, ghost: ReplayGhost, settings: Settings, letter_box: LetterBox
) -> None:
    site = ghost.site
    site.create_member("free@example.org")
    site.create_member("gold@example.org", "gold")
    over = site.create_member("over@example.org", "gold")
    site.people[over]["tiers"][0]["expiry_at"] = _YESTERDAY
    site.create_member("paying@example.org", "default-product", status="paid")
    site.create_member("claimed@example.org", "gold")
    await _mirror(app)
    claimed = await _signed_in(app, "claimed@example.org", email_is_proven=False)
    free = await _signed_in(app, "free@example.org")
    for name in ("asher", "rose"):
        await _signed_in(app, f"{name}@example.org")
    async with app.database.unit_of_work() as work:
        # Asher came before; Rose, Ghost's owner, was given less here; two have not come yet.
        rose = await people.by_email(work, "rose@example.org")
        assert rose is not None
        rose.role, rose.role_is_pinned = "author", True
    async with app.database.unit_of_work() as work:
        kept = await keep_people(work)
    assert (kept.staff, kept.members) == (2, 4)
    async with app.database.unit_of_work() as work:
        roles = {it.email: it.role for it in await work.session.scalars(select(Person))}
    assert roles == {
        "asher@example.org": "author",
        "bran@example.org": "author",
        "maia@example.org": "author",
        "rose@example.org": "author",
        "free@example.org": "member",
        "gold@example.org": "member",
        "over@example.org": "member",
        "paying@example.org": "member",
        "claimed@example.org": "reader",
    }

    without = create_app(
        load_settings(
            **settings.model_dump(
                exclude={"ghost_api_url", "ghost_admin_api_key"}, exclude_unset=True
            )
        )
    )
    without.extensions["people"].mailer = letter_box
    async with without.test_app():
        await without.page_cache.wait_until_ready(10)
        for visitor, expected in ((claimed, set()), (free, {"members"})):
            visitor.app = without
            token = visitor.session_token
            visitor.client = without.test_client()
            visitor.client.set_cookie("localhost", session_cookie(without.settings), token)
            assert await reads(visitor) == expected
        for name, opened in (("gold", _ALL), ("over", {"members"}), ("paying", _PAID)):
            visitor = Visitor(without)
            email = f"{name}@example.org"
            await visitor.submit("/auth/login/", {"how": "link", "email": email})
            for task in list(without.background_tasks):
                await task
            await visitor.submit(letter_box.last_path, {})
            assert await reads(visitor) == opened
