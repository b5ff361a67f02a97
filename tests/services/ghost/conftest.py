"""Ghosts to test against: the replayed one, and a real one where there is one."""

import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infrastructure.database import Database
from infrastructure.http import create_client
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.tokens import AdminKey
from tests.ghost_replay import ReplayGhost

KEYS = Path("~/.cache/ghost-peer/instances/default/keys.json")
SHARED = Path(__file__).resolve().parents[4] / "shared"

Connect = Callable[..., GhostClient]


@dataclass(frozen=True, slots=True)
class RealGhost:
    url: str
    admin_key: str
    content_key: str | None
    owner: tuple[str, str] | None = None


def captured_folder() -> Path:
    """Return the folder of captured answers, or skip."""
    folder = SHARED / "ghost" / "captured"
    if not folder.is_dir():
        pytest.skip(f"No captured answers of a real Ghost lie at {folder}.")
    return folder


def find_real_ghost() -> RealGhost:
    """Return the real Ghost that runs here, or skip with what to do about it."""
    url, key = os.environ.get("GHOST_TEST_URL"), os.environ.get("GHOST_TEST_ADMIN_KEY")
    content_key = os.environ.get("GHOST_TEST_CONTENT_KEY")
    owner: tuple[str, str] | None = None
    if not (url and key):
        path = Path(os.environ.get("GHOST_TEST_KEYS", KEYS)).expanduser()
        if not path.is_file():
            pytest.skip("No real Ghost is named by GHOST_TEST_URL and GHOST_TEST_ADMIN_KEY.")
        keys = json.loads(path.read_text("utf-8"))
        url, key, content_key = keys["url"], keys["admin_api_key"], keys["content_api_key"]
        owner = keys["owner"]["email"], keys["owner"]["password"]
    try:
        httpx.get(f"{url}/ghost/api/admin/site/", timeout=5.0, trust_env=False)
    except httpx.HTTPError:
        pytest.skip(f"The real Ghost at {url} does not run.")
    return RealGhost(str(url), str(key), content_key, owner)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Return a function that makes clients; retries wait only milliseconds."""
    http = create_client()

    def make(ghost: ReplayGhost | RealGhost, **options: Any) -> GhostClient:
        patient = {"wait_initial": 0.002, "wait_max": 0.01, "wait_jitter": 0.002, **options}
        config = GhostConfig(
            admin_url=ghost.url,
            admin_key=AdminKey(ghost.admin_key),
            content_key=ghost.content_key,
            **patient,
        )
        return GhostClient(http, config)

    yield make
    await http.aclose()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a migrated, empty database for this test alone."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    """Return a replayed Ghost with 250 posts."""
    async with ReplayGhost(seed=7, posts=250) as replayed:
        yield replayed


@pytest.fixture(params=["replayed 6", "replayed 5", pytest.param("real", marks=pytest.mark.ghost)])
async def any_ghost(request: pytest.FixtureRequest) -> AsyncIterator[ReplayGhost | RealGhost]:
    """Return each kind of Ghost in turn: the replayed one must behave as the real one does."""
    if request.param == "real":
        yield find_real_ghost()
        return
    async with ReplayGhost(seed=3, posts=30, version=6 if request.param[-1] == "6" else 5) as made:
        yield made
