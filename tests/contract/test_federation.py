"""What every `FederationService` keeps, and what the one on our tables does."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import DomainAbsentError
from services.contracts.federation import FederationService, OutboxPage, PublicPost
from services.federation.null import NullFederationService
from services.federation.sql import SqlFederationService
from tests.contract.conftest import Statements

SITE = "https://coop.example"
NOW = datetime.now(UTC)


def post(number: int, **more: Any) -> PublicPost:
    fields: dict[str, Any] = {
        "id": number,
        "uuid": str(uuid.UUID(int=number)),
        "url": f"{SITE}/rye-{number}/",
        "title": f"Rye {number}",
        "summary": "About rye.",
        "html": "<p>Rye</p>",
        "published_at": NOW - timedelta(minutes=number),
        "updated_at": None,
    }
    return PublicPost(**{**fields, **more})


IMPLEMENTATIONS: dict[str, FederationService] = {
    "sql": SqlFederationService(SITE),
    "null": NullFederationService(),
}


class TestEveryFederationService:
    """What holds for each implementation, whether it can write or not."""

    @pytest.fixture(params=IMPLEMENTATIONS)
    def service(self, request: pytest.FixtureRequest) -> FederationService:
        return IMPLEMENTATIONS[request.param]

    async def test_of_what_was_never_told_nothing_is_known(
        self, service: FederationService, connection: AsyncConnection
    ) -> None:
        assert await service.delivery_states(connection, [1, 2]) == {}
        assert await service.delivery_states(connection, []) == {}
        assert await service.follower_count(connection) == 0
        assert await service.outbox(connection) == OutboxPage((), None)
        assert await service.outbox_count(connection) == 0
        for name in (str(uuid.uuid4()), "no uuid"):
            assert await service.activity(connection, name) is None
            assert await service.object(connection, name, 1) is None

    async def test_a_reflection_never_fails_for_want_of_federation(
        self, service: FederationService, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await service.reflect(work, [post(1)], [2])
        told = await service.delivery_states(connection, [1, 2])
        assert set(told) <= {1}
        assert await service.outbox_count(connection) == len(told)

    async def test_a_write_happens_or_is_refused_with_a_sentence(
        self, service: FederationService, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        try:
            await service.publish(work, post(1))
        except DomainAbsentError:
            assert await service.delivery_states(connection, [1]) == {}
        else:
            assert (await service.delivery_states(connection, [1]))[1].stands

    async def test_a_null_twin_refuses_what_it_was_asked_by_name(self, work: UnitOfWork) -> None:
        service: FederationService = NullFederationService()
        for write in (
            service.publish(work, post(1)),
            service.update(work, post(1)),
            service.delete(work, 1),
        ):
            with pytest.raises(DomainAbsentError, match="does not federate"):
                await write


class TestSqlFederationService:
    """What is told stays told, once."""

    service: FederationService = SqlFederationService(SITE)

    async def types(self, connection: AsyncConnection) -> list[str]:
        page = await self.service.outbox(connection, limit=100)
        return [activity["type"] for activity in page.activities]

    async def test_a_post_is_told_as_an_article(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.publish(
            work, post(1, tags=("Bread", "sour dough"), language="en", image=f"{SITE}/rye.webp")
        )
        (activity,) = (await self.service.outbox(connection)).activities
        actor = f"{SITE}/federation/actor"
        assert activity["@context"] == "https://www.w3.org/ns/activitystreams"
        assert activity["type"] == "Create"
        assert activity["actor"] == actor
        assert activity["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
        assert activity["cc"] == [f"{actor}/followers"]
        article = activity["object"]
        assert article["type"] == "Article"
        assert article["attributedTo"] == actor
        assert article["id"].startswith(f"{SITE}/federation/objects/")
        assert (article["name"], article["content"]) == ("Rye 1", "<p>Rye</p>")
        assert article["url"] == f"{SITE}/rye-1/"
        assert [tag["name"] for tag in article["tag"]] == ["#Bread", "#SourDough"]
        assert article["contentMap"] == {"en": "<p>Rye</p>"}
        name = activity["id"].rpartition("/")[2]
        assert await self.service.activity(connection, name) == activity
        found = await self.service.object(connection, post(1).uuid, 1)
        assert found == {"@context": activity["@context"], **article}

    async def test_only_what_others_would_see_is_told_again(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.publish(work, post(1))
        await self.service.publish(work, post(1))
        await self.service.update(work, post(1, updated_at=NOW))
        assert await self.types(connection) == ["Create"]
        await self.service.update(work, post(1, title="Rye and wheat"))
        assert await self.types(connection) == ["Update", "Create"]
        newest = (await self.service.outbox(connection)).activities[0]
        assert newest["object"]["name"] == "Rye and wheat"

    async def test_a_post_taken_back_comes_again_as_another(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.publish(work, post(1))
        await self.service.delete(work, 1)
        await self.service.delete(work, 1)
        assert await self.types(connection) == ["Delete", "Create"]
        gone = await self.service.object(connection, post(1).uuid, 1)
        assert gone is not None
        assert gone["type"] == "Tombstone"
        state = (await self.service.delivery_states(connection, [1]))[1]
        assert (state.stands, state.activity) == (False, "Delete")
        await self.service.publish(work, post(1))
        first, _, last = [
            it["object"]["id"] for it in (await self.service.outbox(connection)).activities
        ]
        assert first != last
        again = await self.service.object(connection, post(1).uuid, 2)
        assert again is not None
        assert again["type"] == "Article"

    async def test_an_archive_is_on_record_but_not_news(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        old = post(1, published_at=NOW - timedelta(days=400))
        await self.service.reflect(work, [old, post(2)], [])
        states = await self.service.delivery_states(connection, [1, 2])
        assert (states[1].delivery, states[2].delivery) == ("none", "waiting")
        newest, oldest = (await self.service.outbox(connection)).activities
        assert oldest["published"] < newest["published"]
        await self.service.update(work, msgspec.structs.replace(old, title="Old rye"))
        states = await self.service.delivery_states(connection, [1])
        assert states[1].delivery == "waiting"

    async def test_the_outbox_comes_in_pages(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.reflect(work, [post(number) for number in range(1, 8)], [])
        seen: list[str] = []
        before: int | None = None
        while True:
            page = await self.service.outbox(connection, before=before, limit=3)
            seen += [activity["object"]["name"] for activity in page.activities]
            before = page.before
            if before is None:
                break
        assert seen == [f"Rye {number}" for number in range(1, 8)]
        assert await self.service.outbox_count(connection) == 7

    async def test_many_posts_cost_no_more_questions_than_one(
        self, connection: AsyncConnection, work: UnitOfWork, statements: Statements
    ) -> None:
        with statements.counted(connection) as one:
            await self.service.reflect(work, [post(1)], [])
        with statements.counted(connection) as many:
            await self.service.reflect(work, [post(number) for number in range(2, 60)], [1])
        assert len(many) <= len(one) + 1  # the one that is gone is an update
