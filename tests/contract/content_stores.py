"""What the contract of the content store is tested with: a site that has one, and short words."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select

from infrastructure.database import Database, UnitOfWork
from models.content import Author, Post, Tag, Tier
from services.audit.log import Actor
from services.content_store.protocol import (
    ContentStore,
    PostEdit,
    PostState,
    SavedPost,
)
from services.content_store.reading import read_state
from services.registry import Services
from tests.lexical.building import document, paragraph

SITE = "https://coop.example"
EDITOR = Actor("Edith <edith@coop.example>", address="192.0.2.7")


def text(*words: str) -> str:
    """Return a document with a paragraph for each, written as the editor writes it."""
    return json.dumps(document(*map(paragraph, words)), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Site:
    """A site with two authors, a tag `bread`, an internal tag and a tier."""

    database: Database
    services: Services
    authors: tuple[int, ...]
    bread: int
    internal: int
    tier: int

    @property
    def store(self) -> ContentStore:
        return self.services.content

    async def create(self, **fields: Any) -> SavedPost:
        edit = PostEdit(**{"title": "Rye", "lexical": text("Rye and water."), **fields})
        async with self.database.unit_of_work() as work:
            return await self.store.create(work, EDITOR, edit)

    async def save(self, post: SavedPost, **fields: Any) -> SavedPost:
        """Change some fields of the version that `post` tells of."""
        edit = replace((await self.state(post.id)).edit, **fields)
        async with self.database.unit_of_work() as work:
            return await self.store.save(work, EDITOR, post.id, post.version, edit)

    async def publish(self, post: SavedPost, **options: Any) -> SavedPost:
        async with self.database.unit_of_work() as work:
            return await self.store.publish(work, EDITOR, post.id, post.version, **options)

    async def schedule(self, post: SavedPost, at: datetime, **options: Any) -> SavedPost:
        async with self.database.unit_of_work() as work:
            return await self.store.schedule(work, EDITOR, post.id, post.version, at, **options)

    async def unpublish(self, post: SavedPost) -> SavedPost:
        async with self.database.unit_of_work() as work:
            return await self.store.unpublish(work, EDITOR, post.id, post.version)

    async def delete(self, post: SavedPost, version: int | None = None) -> None:
        async with self.database.unit_of_work() as work:
            await self.store.delete(work, EDITOR, post.id, version)

    async def copy(self, post: SavedPost) -> SavedPost:
        async with self.database.unit_of_work() as work:
            return await self.store.copy(work, EDITOR, post.id)

    async def state(self, post_id: int) -> PostState:
        async with self.database.read() as connection:
            found = await read_state(connection, post_id)
        assert found is not None
        return found

    async def names_of_tags(self, post: SavedPost) -> list[str]:
        return [tag.name for tag in (await self.state(post.id)).tags]

    async def posts(self) -> list[str]:
        async with self.database.read() as connection:
            return list(
                await connection.scalars(
                    select(Post.title).where(Post.deleted_at.is_(None)).order_by(Post.id)
                )
            )


async def look_around(database: Database, services: Services) -> Site:
    """Find what the tests need among what a site has."""
    async with database.read() as connection:
        authors = list(await connection.scalars(select(Author.id).order_by(Author.id).limit(2)))
        tags = {
            row.name: row.id
            for row in await connection.execute(select(Tag.name, Tag.id).order_by(Tag.id))
        }
        tier = await connection.scalar(select(Tier.id).where(Tier.type == "paid").limit(1))
    assert len(authors) == 2
    assert tier is not None
    return Site(database, services, tuple(authors), tags["bread"], tags["#kept"], tier)


async def plant(work: UnitOfWork) -> None:
    """Fill our own tables with what a site has."""
    work.session.add_all(
        [
            Author(slug="edith", name="Edith", social={}),
            Author(slug="joss", name="Joss", social={}),
            Tag(slug="bread", name="bread"),
            Tag(slug="hash-kept", name="#kept", visibility="internal"),
            Tier(slug="gold", name="Gold"),
        ]
    )
