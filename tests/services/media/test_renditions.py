import asyncio
import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from infrastructure.errors import NotFoundError
from services.media import images
from services.media.paths import Rendition
from services.media.renditions import BusyError, Renditions
from services.media.signatures import JPEG, PNG, SVG, MediaType
from services.media.store import FolderMediaStore
from tests.services.media import corpus


async def kept(store: FolderMediaStore, data: bytes) -> bytes:
    async with store.incoming() as file:
        await file.write(data)
        return await file.keep()


@pytest.fixture
def store(tmp_path: Path) -> FolderMediaStore:
    return FolderMediaStore(tmp_path / "media")


class Counting:
    """Resizes as usual, slowly, and remembers what was made."""

    def __init__(self) -> None:
        self.calls: list[Rendition] = []
        self.running = 0
        self.most_running = 0

    def __call__(
        self, media_type: MediaType, data: bytes, rendition: Rendition
    ) -> tuple[MediaType, bytes] | None:
        self.calls.append(rendition)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        time.sleep(0.03)
        self.running -= 1
        return images.resize(media_type, data, rendition)


@pytest.fixture
def resized() -> Counting:
    return Counting()


@pytest.fixture
def made(store: FolderMediaStore, resized: Counting, tmp_path: Path) -> Renditions:
    return Renditions(store, tmp_path / "renditions", max_bytes=10_000_000, resize=resized)


def files(folder: Path) -> list[Path]:
    return [it for it in folder.rglob("*") if it.is_file()]


async def test_a_rendition_is_made_once_however_many_wait(
    store: FolderMediaStore, made: Renditions, resized: Counting
) -> None:
    digest = await kept(store, corpus.encoded("JPEG", corpus.picture(400, 200)))
    many = await asyncio.gather(*(made.get(digest, JPEG, Rendition(100)) for _ in range(50)))
    assert len(resized.calls) == 1
    assert len({it.data for it in many if it}) == 1
    first = many[0]
    assert first is not None
    assert Image.open(io.BytesIO(first.data)).size == (100, 50)
    assert await made.get(digest, JPEG, Rendition(100)) == first
    assert len(resized.calls) == 1


async def test_another_worker_finds_what_this_one_made(
    store: FolderMediaStore, made: Renditions, resized: Counting, tmp_path: Path
) -> None:
    digest = await kept(store, corpus.encoded("JPEG", corpus.picture(400, 200)))
    first = await made.get(digest, JPEG, Rendition(100, None, "webp"))
    other = Renditions(store, tmp_path / "renditions", max_bytes=10_000_000)
    assert await other.get(digest, JPEG, Rendition(100, None, "webp")) == first
    assert len(resized.calls) == 1


async def test_only_a_few_are_made_at_once(
    store: FolderMediaStore, made: Renditions, resized: Counting
) -> None:
    digest = await kept(store, corpus.encoded("JPEG"))
    await asyncio.gather(*(made.get(digest, JPEG, Rendition(side)) for side in range(1, 20)))
    assert len(resized.calls) == 19
    assert resized.most_running == 2


async def test_a_reader_who_goes_away_takes_nothing_from_the_others(
    store: FolderMediaStore, made: Renditions, resized: Counting
) -> None:
    digest = await kept(store, corpus.encoded("JPEG", corpus.picture(400, 200)))
    first = asyncio.create_task(made.get(digest, JPEG, Rendition(100)))
    second = asyncio.create_task(made.get(digest, JPEG, Rendition(100)))
    await asyncio.sleep(0.03)
    first.cancel()
    assert await second is not None
    assert len(resized.calls) == 1


async def test_that_the_original_is_served_is_remembered(
    store: FolderMediaStore, made: Renditions, resized: Counting
) -> None:
    small = await kept(store, corpus.encoded("JPEG"))
    broken = await kept(store, corpus.encoded("JPEG")[:300])
    for _ in range(2):
        assert await made.get(small, JPEG, Rendition(600)) is None
        assert await made.get(broken, JPEG, Rendition(30)) is None
    assert len(resized.calls) == 2
    assert await made.get(small, SVG, Rendition(600)) is None


async def test_too_many_who_wait_are_told_so(
    store: FolderMediaStore, resized: Counting, tmp_path: Path
) -> None:
    made = Renditions(
        store, tmp_path / "renditions", max_bytes=10_000_000, most_waiting=3, resize=resized
    )
    digest = await kept(store, corpus.encoded("JPEG", corpus.picture(400, 200)))
    results = await asyncio.gather(
        *(made.get(digest, JPEG, Rendition(side)) for side in range(30, 40)),
        return_exceptions=True,
    )
    assert sum(isinstance(it, BusyError) for it in results) == 7
    assert len(resized.calls) == 3


async def test_an_original_that_is_lost_is_not_found(made: Renditions) -> None:
    with pytest.raises(NotFoundError):
        await made.get(bytes(32), JPEG, Rendition(100))


async def test_the_disk_is_never_filled(store: FolderMediaStore, tmp_path: Path) -> None:
    folder = tmp_path / "renditions"
    made = Renditions(store, folder, max_bytes=100_000)
    digest = await kept(
        store, corpus.encoded("PNG", Image.effect_noise((300, 300), 90), compress_level=1)
    )
    for side in range(100, 130):
        assert await made.get(digest, PNG, Rendition(side)) is not None
        room = sum(max(it.stat().st_size, 4096) for it in files(folder))
        assert room < 125_000


async def test_what_nobody_asked_for_longest_goes_first(
    store: FolderMediaStore, tmp_path: Path
) -> None:
    folder = tmp_path / "renditions"
    digest = await kept(store, corpus.encoded("JPEG", corpus.picture(400, 200)))
    made = Renditions(store, folder, max_bytes=10_000_000)
    for side in (100, 101, 102):
        await made.get(digest, JPEG, Rendition(side))
    for number, path in enumerate(sorted(files(folder))):
        os.utime(path, (number, number))
    await made.get(digest, JPEG, Rendition(100))
    await Renditions(store, folder, max_bytes=9_000).trim()
    assert [it.name.split("-")[1] for it in files(folder)] == ["w100"]
