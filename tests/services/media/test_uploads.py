import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from infrastructure.database import Database
from infrastructure.errors import InvalidError
from infrastructure.settings import Settings, SettingsError, load_settings
from services.media import MediaKind, MediaLibrary, StoredMedia, dimensions
from services.media.store import FolderMediaStore
from tests.services.media import corpus

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "content"


async def stream(data: bytes, piece: int = 10_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), piece):
        yield data[at : at + piece]


async def upload(
    library: MediaLibrary, data: bytes, name: str, kind: MediaKind = MediaKind.IMAGE
) -> StoredMedia:
    async with library.database.unit_of_work() as work:
        return await library.store_upload(work, stream(data), name=name, kind=kind)


async def content_of(library: MediaLibrary, path: str) -> bytes:
    row = await library.find(path)
    assert row is not None
    return b"".join([it async for it in library.store.read(row.digest, 0, row.bytes)])


def stored_files(settings: Settings) -> list[Path]:
    return sorted(it for it in settings.media_folder.rglob("*") if it.is_file())


async def test_an_upload_is_stored_under_its_digest(
    library: MediaLibrary, settings: Settings
) -> None:
    data = corpus.encoded("JPEG")
    stored = await upload(library, data, "Loaf of Bread.JPG")
    assert stored.url.endswith("/Loaf-of-Bread.jpg")
    assert (stored.width, stored.height, stored.bytes) == (64, 48, len(data))
    assert stored.content_type == "image/jpeg"
    assert await content_of(library, stored.url) == data
    name = hashlib.sha256(data).hexdigest()
    assert stored_files(settings) == [settings.media_folder / name[:2] / name[2:4] / name]


async def test_an_upload_that_is_sent_twice_is_there_once(
    library: MediaLibrary, settings: Settings
) -> None:
    data = corpus.encoded("JPEG", exif=corpus.exif(6))
    assert await upload(library, data, "a.jpg") == await upload(library, data, "a.jpg")
    other = await upload(library, data, "b.jpg")
    assert other.url.endswith("/b.jpg")
    assert len(stored_files(settings)) == 1


async def test_names_that_are_taken_are_numbered(library: MediaLibrary) -> None:
    urls = [
        (await upload(library, corpus.encoded("PNG", corpus.picture(side, 8)), "image.png")).url
        for side in range(8, 20)
    ]
    endings = [url.rpartition("/")[2] for url in urls]
    assert endings == ["image.png", *(f"image-{number}.png" for number in range(1, 12))]


async def test_uploads_at_the_same_time_get_different_paths(library: MediaLibrary) -> None:
    pictures = [corpus.encoded("PNG", corpus.picture(side, 8)) for side in range(8, 16)]
    stored = await asyncio.gather(*(upload(library, it, "image.png") for it in pictures))
    assert len({it.url for it in stored}) == len(pictures)
    for data, it in zip(pictures, stored, strict=True):
        assert await content_of(library, it.url) == data


async def test_the_extension_follows_what_the_file_is(library: MediaLibrary) -> None:
    stored = await upload(library, corpus.encoded("WEBP"), "photo.png")
    assert stored.url.endswith("/photo.webp")
    assert stored.content_type == "image/webp"


@pytest.mark.parametrize(
    ("data", "name", "folder", "content_type"),
    [
        (corpus.mp4(), "film.mp4", "media", "video/mp4"),
        (corpus.webm(), "film.webm", "media", "video/webm"),
        (corpus.mp3(), "talk.mp3", "media", "audio/mpeg"),
        (corpus.mp4(b"M4A "), "talk.m4a", "media", "audio/mp4"),
        (b"%PDF-1.7\n" + bytes(99), "menu.pdf", "files", "application/pdf"),
        (b"a,b\n", "prices.csv", "files", "text/csv; charset=utf-8"),
        (corpus.archive(), "all.zip", "files", "application/zip"),
        (
            corpus.archive(**{"[Content_Types].xml": bytes(200_000), "word/a.xml": b""}),
            "minutes.docx",
            "files",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"<h1>hello</h1>", "page.html", "files", "text/html; charset=utf-8"),
    ],
)
async def test_recordings_and_files(
    library: MediaLibrary, data: bytes, name: str, folder: str, content_type: str
) -> None:
    kind = MediaKind.MEDIA if folder == "media" else MediaKind.FILE
    stored = await upload(library, data, name, kind)
    assert stored.url.startswith(f"/content/{folder}/")
    assert stored.url.endswith(f"/{name}")
    assert (stored.content_type, stored.width) == (content_type, None)
    assert await content_of(library, stored.url) == data


@pytest.mark.parametrize(
    ("data", "name", "kind", "words"),
    [
        (b"", "a.jpg", MediaKind.IMAGE, "empty"),
        (b"", "a.txt", MediaKind.FILE, "empty"),
        (b"MZ\x90\0" + bytes(99), "a.jpg", MediaKind.IMAGE, "program"),
        (b"MZ\x90\0" + bytes(99), "a.pdf", MediaKind.FILE, "program"),
        (b"#!/bin/sh\n", "a.txt", MediaKind.FILE, "program"),
        (b"<script>alert(1)</script>", "a.jpg", MediaKind.IMAGE, "looks like text/html"),
        (b"GIF89a/*<script>*/=1;alert(1)", "a.gif", MediaKind.IMAGE, "damaged"),
        (b"just words", "a.png", MediaKind.IMAGE, "looks like text/plain"),
        (b"%PDF-1.7", "a.png", MediaKind.IMAGE, "looks like application/pdf"),
        (corpus.archive(), "a.png", MediaKind.IMAGE, "looks like application/zip"),
        (corpus.mp4(), "a.png", MediaKind.IMAGE, "looks like video/mp4"),
        (corpus.mp4(b"heic"), "a.jpg", MediaKind.IMAGE, "HEIC"),
        (corpus.encoded("TIFF"), "a.tif", MediaKind.IMAGE, "looks like image/tiff"),
        (corpus.png_bomb(), "a.png", MediaKind.IMAGE, "pixels"),
        (corpus.encoded("PNG") + corpus.archive(), "a.png", MediaKind.IMAGE, "hidden"),
        (corpus.mp4() + corpus.archive(), "a.mp4", MediaKind.MEDIA, "hidden"),
        (corpus.webm() + corpus.archive(), "a.webm", MediaKind.MEDIA, "hidden"),
        (corpus.mp4() + b"<script>alert(1)</script>", "a.mp4", MediaKind.MEDIA, "damaged"),
        (corpus.mp4()[:-20], "a.mp4", MediaKind.MEDIA, "damaged"),
        (corpus.encoded("JPEG"), "a.mp4", MediaKind.MEDIA, "looks like image/jpeg"),
        (b"<h1>not a film</h1>", "a.mp4", MediaKind.MEDIA, "looks like text/html"),
        (b"<h1>not a PDF</h1>", "a.pdf", MediaKind.FILE, "called .pdf"),
        (corpus.archive(), "a.pdf", MediaKind.FILE, "called .pdf"),
        (b"\0\1\2", "a.jpg", MediaKind.FILE, "called .jpg"),
    ],
)
async def test_hostile_uploads_are_refused_with_a_sentence(
    library: MediaLibrary, data: bytes, name: str, kind: MediaKind, words: str
) -> None:
    with pytest.raises(InvalidError, match=words) as refusal:
        await upload(library, data, name, kind)
    sentence = str(refusal.value)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert isinstance(library.store, FolderMediaStore)
    assert [it for it in library.store.folder.rglob("*") if it.is_file()] == []


async def test_a_drawing_is_cleaned(library: MediaLibrary) -> None:
    data = corpus.SVG.replace(b"<defs>", b"<script>alert(1)</script><defs>")
    stored = await upload(library, data, "logo.svg")
    assert (stored.width, stored.height) == (120, 60)
    assert b"alert" not in await content_of(library, stored.url)


async def test_what_is_too_large_is_refused_when_it_becomes_so(
    library: MediaLibrary, settings: Settings
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield corpus.encoded("JPEG")
        while True:
            sent += 1
            yield bytes(1024 * 1024)

    async with library.database.unit_of_work() as work:
        with pytest.raises(InvalidError, match="larger than 32 MB"):
            await library.store_upload(work, endless(), name="a.jpg", kind=MediaKind.IMAGE)
    assert sent == 32
    assert stored_files(settings) == []


async def test_what_is_of_the_wrong_type_is_refused_by_its_beginning(
    library: MediaLibrary,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"words and words " * 4096

    async with library.database.unit_of_work() as work:
        with pytest.raises(InvalidError, match="not a picture"):
            await library.store_upload(work, endless(), name="a.jpg", kind=MediaKind.IMAGE)
    assert sent == 1


async def test_a_broken_or_abandoned_upload_leaves_nothing(
    library: MediaLibrary, settings: Settings
) -> None:
    started = asyncio.Event()

    async def broken() -> AsyncIterator[bytes]:
        yield corpus.encoded("JPEG")
        message = "the line is dead"
        raise ConnectionError(message)

    async def stalled() -> AsyncIterator[bytes]:
        yield corpus.encoded("JPEG") + bytes(2_000_000)
        started.set()
        await asyncio.sleep(60)

    with pytest.raises(ConnectionError):
        async with library.database.unit_of_work() as work:
            await library.store_upload(work, broken(), name="a.jpg", kind=MediaKind.IMAGE)
    async with library.database.unit_of_work() as work:
        task = asyncio.create_task(
            library.store_upload(work, stalled(), name="a.jpg", kind=MediaKind.IMAGE)
        )
        await started.wait()
        assert len(stored_files(settings)) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert stored_files(settings) == []


async def test_a_path_is_free_again_after_a_rollback(library: MediaLibrary) -> None:
    data = corpus.encoded("PNG")
    with pytest.raises(RuntimeError):  # noqa: PT012 - the block is what is tested
        async with library.database.unit_of_work() as work:
            first = await library.store_upload(
                work, stream(data), name="a.png", kind=MediaKind.IMAGE
            )
            raise RuntimeError
    assert await library.find(first.url) is None
    assert (await upload(library, data, "a.png")).url == first.url


async def test_no_connection_is_held_while_an_upload_arrives(library: MediaLibrary) -> None:
    async def slow() -> AsyncIterator[bytes]:
        assert library.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        yield corpus.encoded("PNG")

    async with library.database.unit_of_work() as work:
        await library.store_upload(work, slow(), name="a.png", kind=MediaKind.IMAGE)


async def test_a_full_disk_has_a_sentence(library: MediaLibrary, settings: Settings) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("This system has no /dev/full.")

    class FullStore(FolderMediaStore):
        def new_file(self) -> tuple[int, Path]:
            descriptor, path = super().new_file()
            os.close(descriptor)
            return os.open("/dev/full", os.O_RDWR), path

    library.intake._store = FullStore(settings.media_folder)
    with pytest.raises(Exception, match="no room left"):
        await upload(library, corpus.encoded("PNG"), "a.png")


async def test_what_a_killed_process_left_is_swept_after_a_day(
    library: MediaLibrary, settings: Settings
) -> None:
    incoming = settings.media_folder / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    os.utime(incoming / "old", (0, 0))
    await library.start()
    assert [it.name for it in incoming.iterdir()] == ["new"]


async def test_dimensions_of_many_pictures_in_one_statement(library: MediaLibrary) -> None:
    first = await upload(library, corpus.encoded("PNG"), "a.png")
    turned = await upload(library, corpus.encoded("JPEG", exif=corpus.exif(6)), "b.jpg")
    film = await upload(library, corpus.mp4(), "c.mp4", MediaKind.MEDIA)
    sized = f"__GHOST_URL__{first.url.replace('images/', 'images/size/w600/')}"
    urls = [
        first.url,
        sized,
        f"https://coop.example{turned.url}",
        film.url,
        "/content/images/x.png",
    ]
    async with library.database.read() as connection:
        found = await dimensions(connection, urls, ["https://coop.example"])
        assert await dimensions(connection, ["https://elsewhere.example/a.png"]) == {}
    assert {url: (it.width, it.height) for url, it in found.items()} == {
        first.url: (64, 48),
        sized: (64, 48),
        f"https://coop.example{turned.url}": (48, 64),
    }


async def test_a_folder_is_imported_once(
    library: MediaLibrary, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "content"
    (folder / "images" / "sample").mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "images" / "sample" / "loaf.webp").write_bytes(corpus.encoded("WEBP"))
    (folder / "images" / "sample" / "turned.jpg").write_bytes(
        corpus.encoded("JPEG", exif=corpus.exif(6))
    )
    (folder / "images" / "broken.png").write_bytes(corpus.png_bomb())
    (folder / "images" / "link.png").symlink_to("/etc/passwd")
    (folder / "files" / "menu.txt").write_bytes(b"soup\n")
    (folder / "README").write_bytes(b"x")

    async def bring() -> tuple[int, int, int, int]:
        async with library.database.unit_of_work() as work:
            did = await library.import_folder(work, folder)
        return did.added, did.changed, did.unchanged, len(did.refused)

    assert await bring() == (3, 0, 0, 2)
    assert await bring() == (0, 0, 3, 2)
    assert await content_of(library, "/content/images/sample/loaf.webp") == corpus.encoded("WEBP")
    (folder / "files" / "menu.txt").write_bytes(b"bread\n")
    assert await bring() == (0, 1, 2, 2)
    assert await content_of(library, "/content/files/menu.txt") == b"bread\n"
    for path in stored_files(settings):
        path.unlink()
    assert await bring() == (0, 0, 3, 2)
    assert await content_of(library, "/content/files/menu.txt") == b"bread\n"


async def test_the_sample_site_is_taken_as_it_is(library: MediaLibrary) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("The sample site's content is not there.")
    async with library.database.unit_of_work() as work:
        did = await library.import_folder(work, SAMPLES)
    assert did.refused == ()
    assert did.added > 0
    async with library.database.read() as connection:
        query = "SELECT count(*) FROM media_files WHERE kind = 'image' AND width IS NULL"
        assert (await connection.execute(text(query))).scalar_one() == 0


async def test_an_object_store_is_refused_with_a_sentence(database: Database) -> None:
    assert database is not None
    with pytest.raises(SettingsError, match=r"MEDIA_URL cannot be 's3://bucket': it must be a fol"):
        load_settings(environment="test", secret_key="x" * 16, media_url="s3://bucket")
