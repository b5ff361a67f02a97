"""Uploads reach our own store, or Ghost and our store; what Ghost says no to is a sentence."""

from collections.abc import AsyncIterator

import pytest

from infrastructure.database import Database
from infrastructure.errors import InvalidError
from infrastructure.http import create_client
from services.content_store.protocol import GhostUnreachableError, RefusedByGhostError
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.tokens import AdminKey
from services.media import MediaKind, MediaLibrary
from services.media.receiving import GhostUploads, OwnUploads, Uploaded, Uploads
from tests.ghost_replay import Fault, ReplayGhost
from tests.services.media import corpus


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=1, posts=0) as ghost:
        yield ghost


@pytest.fixture
async def to_ghost(library: MediaLibrary, ghost: ReplayGhost) -> AsyncIterator[Uploads]:
    async with create_client() as http:
        config = GhostConfig(
            admin_url=ghost.url,
            admin_key=AdminKey(ghost.admin_key),
            attempts=3,
            wait_initial=0.01,
            wait_max=0.02,
            wait_jitter=0.0,
        )
        yield GhostUploads(library, GhostClient(http, config))


async def upload(
    database: Database, uploads: Uploads, name: str, data: bytes, kind: MediaKind
) -> Uploaded:
    async def stream() -> AsyncIterator[bytes]:
        yield data

    async with database.unit_of_work() as work:
        return await uploads.store(work, stream(), name=name, kind=kind)


async def test_our_own_store_takes_a_picture(database: Database, library: MediaLibrary) -> None:
    data = corpus.encoded("JPEG", corpus.picture(40, 30))
    found = await upload(database, OwnUploads(library), "A loaf.jpg", data, MediaKind.IMAGE)
    assert found.url.startswith("/content/images/")
    assert (found.width, found.height, found.name) == (40, 30, "A loaf.jpg")


async def test_ghost_gets_the_cleaned_picture_and_we_keep_it(
    database: Database, library: MediaLibrary, ghost: ReplayGhost, to_ghost: Uploads
) -> None:
    ghost.inject(Fault("status", status=429, retry_after="0", path="/images/upload/"))
    found = await upload(
        database,
        to_ghost,
        "loaf.png",
        corpus.encoded("JPEG", corpus.picture(40, 30)),
        MediaKind.IMAGE,
    )
    assert found.url.startswith(f"{ghost.url}/content/images/")
    path = found.url.removeprefix(ghost.url)
    assert path.endswith("loaf.jpg")  # named by what it is
    [(media_type, theirs)] = ghost.site.uploads.values()
    assert media_type == "image/jpeg"
    row = await library.find(path, fetch=False)
    assert row is not None
    assert (row.origin, row.bytes, row.width) == ("ghost", len(theirs), 40)
    again = await upload(database, to_ghost, "notes.txt", b"Rye and water", MediaKind.FILE)
    assert ghost.site.uploads[again.url.removeprefix(ghost.url)][1] == b"Rye and water"


async def test_what_ghost_does_not_take_is_a_sentence(
    database: Database, ghost: ReplayGhost, to_ghost: Uploads
) -> None:
    data = corpus.encoded("JPEG", corpus.picture(40, 30))
    ghost.inject(Fault("status", status=415, path="/images/upload/"))
    with pytest.raises(RefusedByGhostError, match="Ghost declined this"):
        await upload(database, to_ghost, "loaf.jpg", data, MediaKind.IMAGE)
    ghost.inject(Fault("status", status=500, path="/images/upload/", times=None))
    with pytest.raises(GhostUnreachableError, match="nothing was saved"):
        await upload(database, to_ghost, "loaf.jpg", data, MediaKind.IMAGE)
    with pytest.raises(InvalidError):
        await upload(database, to_ghost, "loaf.jpg", b"no picture", MediaKind.IMAGE)
    assert ghost.site.uploads == {}
