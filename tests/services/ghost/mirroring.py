"""What the tests of the mirror share: a database, a client of the replayed Ghost, a fingerprint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from infrastructure.database import Database
from infrastructure.http import create_client
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.compare import Difference, compare
from services.ghost.tokens import AdminKey
from tests.ghost_replay import ReplayGhost

CONTENT = (
    "posts",
    "authors",
    "tags",
    "tiers",
    "newsletters",
    "site_settings",
    "post_authors",
    "post_tags",
    "post_tiers",
)


@asynccontextmanager
async def client_of(ghost: ReplayGhost) -> AsyncIterator[GhostClient]:
    """Give an impatient client of a replayed Ghost."""
    config = GhostConfig(
        admin_url=ghost.url,
        admin_key=AdminKey(ghost.admin_key),
        request_seconds=2,
        attempts=3,
        wait_initial=0.01,
        wait_max=0.05,
        wait_jitter=0.01,
    )
    async with create_client() as http:
        yield GhostClient(http, config)


async def differences(database: Database, client: GhostClient) -> list[Difference]:
    """Return whatever differs between the mirror and Ghost."""
    return [difference async for difference in compare(database, client)]


async def row_versions(url: str) -> dict[str, list[tuple[int, str]]]:
    """Return the row versions (`xmin`) of every table of content: whatever is written changes."""
    connection = await asyncpg.connect(url)
    try:
        return {
            table: [
                (row[0], str(row[1]))
                for row in await connection.fetch(
                    f"SELECT xmin::text::bigint, ctid::text FROM {table} ORDER BY ctid"  # noqa: S608
                )
            ]
            for table in CONTENT
        }
    finally:
        await connection.close()


async def state(url: str) -> dict[str, list[str]]:
    """Return what the tables of content say, without our own ids and times of writing."""
    queries = {
        "posts": "SELECT to_jsonb(p) - '{id,newsletter_id,row_version,search}'::text[]"
        " FROM posts p ORDER BY ghost_id",
        "links": "SELECT jsonb_build_array(p.ghost_id, a.ghost_id, l.position, l.listed_at)"
        " FROM post_authors l JOIN posts p ON p.id = post_id JOIN authors a ON a.id = author_id"
        " UNION ALL SELECT jsonb_build_array(p.ghost_id, t.ghost_id, l.position, l.listed_at)"
        " FROM post_tags l JOIN posts p ON p.id = post_id JOIN tags t ON t.id = tag_id"
        " UNION ALL SELECT jsonb_build_array(p.ghost_id, t.ghost_id, l.position)"
        " FROM post_tiers l JOIN posts p ON p.id = post_id JOIN tiers t ON t.id = tier_id"
        " ORDER BY 1",
        "tags": "SELECT to_jsonb(t) - 'id' FROM tags t ORDER BY ghost_id",
        "authors": "SELECT to_jsonb(a) - 'id' FROM authors a ORDER BY ghost_id",
        "tiers": "SELECT to_jsonb(t) - 'id' FROM tiers t ORDER BY ghost_id",
        "newsletters": "SELECT to_jsonb(n) - 'id' FROM newsletters n ORDER BY ghost_id",
        "settings": "SELECT to_jsonb(s) - 'updated_at' FROM site_settings s ORDER BY key",
    }
    connection = await asyncpg.connect(url)
    try:
        return {
            name: [row[0] for row in await connection.fetch(query)]
            for name, query in queries.items()
        }
    finally:
        await connection.close()
