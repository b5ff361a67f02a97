"""Menus on a database of their own, with two editors."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from infrastructure.database import Database, UnitOfWork
from models.content import Post, Tag
from services.audit.log import Actor
from services.navigation import editing, publishing, reader
from services.navigation.editing import NodeValues, Seen
from services.navigation.rows import Draft

ADA, BEN = Actor("Ada"), Actor("Ben")


def heading(label: str) -> NodeValues:
    return NodeValues("heading", label=label)


class Desk:
    """What an editor's page does, in short."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def draft(self, name: str = "main") -> Draft:
        async with self.database.read() as connection:
            return await reader.draft(connection, name)

    async def seen(self, name: str = "main") -> Seen:
        return Seen(name, (await self.draft(name)).menu.version)

    async def add(self, values: NodeValues, parent_id: int | None = None) -> int:
        async with self.database.unit_of_work() as work:
            done = await editing.add(work, ADA, await self.seen(), values, parent_id=parent_id)
        assert done.node_id is not None
        return done.node_id

    async def publish(self, name: str = "main") -> int:
        async with self.database.unit_of_work() as work:
            return await publishing.publish(work, ADA, await self.seen(name))

    async def shape(self, name: str = "main") -> list[str]:
        """Return the names of all entries, each level further in."""
        draft = await self.draft(name)
        depth: dict[int | None, int] = {None: 0}
        lines = []
        for entry in draft.entries:
            depth[entry.id] = depth[entry.parent_id] + 1
            lines.append("  " * depth[entry.parent_id] + entry.name)
        return lines


async def content(work: UnitOfWork) -> dict[str, int]:
    """Make a page, posts and tags to lead to; return their ids by slug."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    posts = [
        Post(slug="about", title="About", is_page=True, status="published", published_at=at),
        Post(slug="bread", title="Bread", status="published", published_at=at),
        Post(slug="soon", title="Soon", status="draft"),
        Post(
            slug="members",
            title="For members",
            status="published",
            published_at=at,
            visibility="members",
            teaser_html="",
            teaser_text="",
        ),
    ]
    tags = [Tag(slug="bakery", name="Bakery"), Tag(slug="hash-x", name="#x", visibility="internal")]
    work.session.add_all([*posts, *tags])
    await work.session.flush()
    return {it.slug: it.id for it in posts} | {it.slug: it.id for it in tags}


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    database = Database(database_url)
    yield Desk(database)
    await database.close()
