"""Sites with a Ghost behind them, replayed or real, for the contract of the content store."""

import json
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from infrastructure.database import Database
from services.content_store.ghost import GhostContentStore
from services.content_store.protocol import SavedPost
from services.ghost.client import GhostClient
from services.ghost.results import GhostPost
from services.ghost.sync import sync
from services.registry import Editing, register_domain_services
from tests.contract.content_stores import SITE, Site, look_around
from tests.ghost_replay import ReplayGhost
from tests.services.ghost.conftest import RealGhost

TAGS = ("bread", "#kept")


async def mirrored_site(database: Database, client: GhostClient) -> Site:
    """Mirror a Ghost, and return the site that saves through it."""
    editing = Editing(GhostContentStore(database, client))
    services = register_domain_services(database, SITE, editing=editing)
    report = await sync(database, client)
    assert (report.outcome, report.failures) == ("complete", [])
    return await look_around(database, services)


def plant_replayed(ghost: ReplayGhost) -> None:
    """Give a replayed Ghost what the tests need."""
    for name in TAGS:
        ghost.site.create_tag(name)


async def plant_real(ghost: RealGhost, client: GhostClient) -> None:
    """Empty a real Ghost of posts and tags, and give it what the tests need."""
    kinds: Iterable[tuple[Any, Any]] = (
        ("posts", client.list_posts()),
        ("pages", client.list_pages()),
    )
    for kind, batches in kinds:
        async for batch in batches:
            for item in batch.items:
                await client.delete_document(kind, item.id)
    async for batch in client.read_tags():
        for tag in batch.items:
            await client.delete_tag(tag.id)
    for name in TAGS:
        await client.create_tag({"name": name})
    users = [user async for batch in client.read_users() for user in batch.items]
    if len(users) < 2:
        _import_author(ghost)


def _import_author(ghost: RealGhost) -> None:
    """Give a real Ghost a second author, which only its owner can, and only by an import."""
    if ghost.owner is None:
        pytest.skip(f"The real Ghost at {ghost.url} has one author only; these tests need two.")
    email, password = ghost.owner
    user = {"id": "1", "name": "Joss", "slug": "joss", "email": "joss@example.com"}
    user |= {"password": "x" * 60, "status": "active"}
    meta = {"exported_on": 1_700_000_000_000, "version": "6.65.0"}
    export = {"db": [{"meta": meta, "data": {"users": [user]}}]}
    with httpx.Client(
        base_url=f"{ghost.url}/ghost/api/admin",
        headers={"Origin": ghost.url},
        timeout=60,
        trust_env=False,
    ) as session:
        answer = session.post("/session/", json={"username": email, "password": password})
        answer.raise_for_status()
        file = ("users.json", json.dumps(export), "application/json")
        session.post("/db/", files={"importfile": file}).raise_for_status()


async def in_ghost(site: Site, client: GhostClient, post: SavedPost) -> GhostPost:
    """Read a post as Ghost has it."""
    ghost_id = (await site.state(post.id)).ghost_id
    assert ghost_id is not None
    return await client.read_document("pages" if post.is_page else "posts", ghost_id)


async def edit_in_ghost(
    site: Site, client: GhostClient, post: SavedPost, **fields: Any
) -> GhostPost:
    """Change a post as somebody does who works in Ghost."""
    item = await in_ghost(site, client, post)
    return await client.edit_document("posts", item.id, {"updated_at": item.updated_at, **fields})
