"""Whoever writes a post, the fediverse is told in the same transaction, and only what is public."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from infrastructure.database import Database
from models.content import Post, PostTag, Tag
from services.contracts.common import DomainAbsentError
from services.contracts.federation import FederationService
from services.registry import Services, register_domain_services

SITE = "https://coop.example"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def federation(database: Database) -> FederationService:
    return register_domain_services(database, SITE).federation


def draft(slug: str = "rye", **more: Any) -> Post:
    return Post(slug=slug, title="Rye", html="<p>Rye</p>", plaintext="Rye", **more)


async def told(database: Database, federation: FederationService) -> list[dict[str, Any]]:
    async with database.read() as connection:
        page = await federation.outbox(connection, limit=100)
    return list(page.activities)


async def test_the_life_of_a_post_is_told(
    database: Database, federation: FederationService
) -> None:
    async with database.unit_of_work() as work:
        post = draft()
        work.session.add(post)
    assert await told(database, federation) == []

    async def change(**values: Any) -> None:
        async with database.unit_of_work() as work:
            row = (await work.session.scalars(select(Post).where(Post.id == post.id))).one()
            for name, value in values.items():
                setattr(row, name, value)

    await change(status="published", published_at=datetime.now(UTC))
    await change(lexical="{}")
    await change(slug="rye-bread")
    await change(deleted_at=datetime.now(UTC))
    await change(deleted_at=None, is_page=True)
    activities = await told(database, federation)
    assert [it["type"] for it in activities] == ["Delete", "Update", "Create"]
    assert activities[1]["object"]["url"] == f"{SITE}/rye-bread/"


async def test_what_is_rolled_back_is_not_told(
    database: Database, federation: FederationService
) -> None:
    async def fail() -> None:
        async with database.unit_of_work() as work:
            work.session.add(draft(status="published", published_at=datetime.now(UTC)))
            await work.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await told(database, federation) == []


async def test_members_text_and_internal_tags_are_not_told(
    database: Database, federation: FederationService
) -> None:
    async with database.unit_of_work() as work:
        post = draft(
            status="published",
            published_at=datetime.now(UTC),
            visibility="members",
            teaser_html="<p>A taste</p>",
            teaser_text="A taste",
            feature_image="/content/images/rye.webp",
        )
        post.html = "<p>quincunx</p>"
        post.plaintext = "quincunx"
        tags = [Tag(slug="bread", name="Bread"), Tag(slug="x", name="#x", visibility="internal")]
        work.session.add_all([post, *tags])
        await work.session.flush()
        work.session.add_all(
            PostTag(post_id=post.id, tag_id=tag.id, position=place)
            for place, tag in enumerate(tags)
        )
    (activity,) = await told(database, federation)
    assert "quincunx" not in str(activity)
    assert activity["object"]["content"] == "<p>A taste</p>"
    assert activity["object"]["image"]["url"] == f"{SITE}/content/images/rye.webp"
    assert [tag["name"] for tag in activity["object"]["tag"]] == ["#Bread"]
    async with database.unit_of_work() as work:
        link = await work.session.scalar(select(PostTag).where(PostTag.position == 0))
        await work.session.delete(link)
    assert [it["type"] for it in await told(database, federation)] == ["Update", "Create"]


async def test_a_block_for_members_alone_is_not_told(
    database: Database, federation: FederationService
) -> None:
    async with database.unit_of_work() as work:
        post = draft(status="published", published_at=datetime.now(UTC))
        post.html = (
            '<p>For all</p><!--kg-gated-block:begin nonMember:false memberSegment:"status:free" -->'
            "<p>quincunx</p><!--kg-gated-block:end-->"
        )
        work.session.add(post)
    (activity,) = await told(database, federation)
    assert "quincunx" not in str(activity)
    assert "For all" in str(activity)


async def test_without_federation_nothing_is_told_and_all_is_well(database: Database) -> None:
    services = register_domain_services(database, SITE, ["calendar"])
    async with database.unit_of_work() as work:
        work.session.add(draft(status="published", published_at=datetime.now(UTC)))
    assert await told(database, services.federation) == []
    async with database.unit_of_work() as work:
        with pytest.raises(DomainAbsentError):
            await services.federation.delete(work, 1)


def test_an_unknown_domain_is_named(database: Database) -> None:
    with pytest.raises(ValueError, match="weather"):
        register_domain_services(database, SITE, ["weather"])


async def test_an_app_stands_without_any_domain(database: Database) -> None:
    services = Services()
    async with database.read() as connection:
        assert await services.blog.posts(connection, []) == {}
        assert await services.blog.search(connection, "bread") == ()
