"""Members-only texts: whoever may read one gets all of it; nobody else ever sees a word of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from infrastructure.factory import BaseApp
from models.people import Person, PersonTier
from services.accounts.viewer import Role
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.gated import VISIBILITIES, plant, public_paths, reads, word


@pytest.fixture
async def tiers(app: BaseApp) -> dict[str, int]:
    return await plant(app)


async def _member(app: BaseApp, role: Role, *tier_ids: int) -> Visitor:
    email = f"{role.word}{'-'.join(map(str, tier_ids))}@example.org"
    visitor = await sign_in_as(app, role, email=email)
    async with app.database.unit_of_work() as work:
        person_id = await work.session.scalar(select(Person.id).where(Person.email == email))
        work.session.add_all(PersonTier(person_id=person_id, tier_id=it) for it in tier_ids)
    return visitor


async def test_who_reads_what(app: BaseApp, tiers: dict[str, int]) -> None:
    gold, friends = tiers["gold"], tiers["friends"]
    expected: list[tuple[Visitor, set[str]]] = [
        (Visitor(app), set()),
        (await _member(app, Role.READER), set()),
        (await _member(app, Role.MEMBER), {"members"}),
        (await _member(app, Role.MEMBER, gold), {"members", "paid"}),
        (await _member(app, Role.MEMBER, friends), {"members", "tiers"}),
        (await _member(app, Role.EDITOR), {"members", "paid", "tiers"}),
    ]
    # Cold, warm, and again after others have read: nobody gets what was another's.
    for _ in range(3):
        for visitor, visibilities in expected:
            assert await reads(visitor) == visibilities
        expected.reverse()


async def test_a_tier_that_ran_out_opens_nothing(app: BaseApp, tiers: dict[str, int]) -> None:
    visitor = await _member(app, Role.MEMBER, tiers["gold"])
    async with app.database.unit_of_work() as work:
        for it in await work.session.scalars(select(PersonTier)):
            it.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    assert await reads(visitor) == {"members"}


@pytest.mark.usefixtures("tiers")
async def test_no_public_answer_holds_a_word_of_it(app: BaseApp) -> None:
    insider = await _member(app, Role.EDITOR)
    stranger, reader = Visitor(app), await _member(app, Role.READER)
    searches = [f"/search/?q={word(it)}" for it in VISIBILITIES] + ["/search/?q=bread"]
    for path in public_paths(app) + searches:
        for headers in ({}, {"HX-Request": "true"}, {"Accept": "application/json"},
                        {"X-Fragment-Request": "1"}):  # fmt: skip
            for who in (stranger, reader, stranger):
                # Somebody who may read it has just been here.
                await insider.get(path, **headers)
                answer = await who.get(path, **headers)
                shown = await answer.get_data(as_text=True)
                asked = path.partition("?q=")[2]
                for visibility in VISIBILITIES:
                    if asked != word(visibility):
                        assert word(visibility) not in shown, (path, headers)
                    else:
                        # The page repeats what was looked for, and finds nothing.
                        assert f"For {visibility}" not in shown


@pytest.mark.usefixtures("tiers")
async def test_the_shared_pages_hold_no_word_of_it(app: BaseApp) -> None:
    insider = await _member(app, Role.EDITOR)
    for path in public_paths(app):
        await insider.get(path)
        await Visitor(app).get(path)
    kept = list(app.page_cache.store.items())
    assert len(kept) > 8
    for key, page in kept:
        for visibility in VISIBILITIES:
            assert word(visibility).encode() not in b"".join(page.cut.texts), key
