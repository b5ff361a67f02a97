import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from infrastructure.database import Database
from infrastructure.settings import load_settings
from services.media import MediaLibrary, open_library, reader
from services.media.intake import Caps
from services.media.origin import OriginUnreachableError, StillFetchingError, origins_of
from tests.services.media import corpus
from tests.services.media.test_uploads import content_of, stored_files

PATH = "/content/images/2026/11/loaf.jpg"
GHOST = "http://ghost.internal:2368"
KEY = "a" * 24 + ":" + "b" * 64
PUBLIC = "https://ghost.example"

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Ghost:
    """Answers as a Ghost would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[httpx.Request] = []
        self.delay = 0.0
        self.answer: Handler | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(self.delay)
        if self.answer is not None:
            return await self.answer(request)
        found = self.files.get(httpx.URL(str(request.url)).path)
        if found is None:
            return httpx.Response(404, text="<h1>404</h1>")
        return httpx.Response(200, stream=_Pieces(found))


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.data), 1000):
            yield self.data[at : at + 1000]


@pytest.fixture
def ghost() -> Ghost:
    return Ghost()


@pytest.fixture
async def library(tmp_path: Path, database: Database, ghost: Ghost) -> AsyncIterator[MediaLibrary]:
    settings = load_settings(
        environment="test",
        var_folder=tmp_path / "var",
        ghost_api_url=GHOST,
        ghost_admin_api_key=KEY,
        ghost_public_url=PUBLIC,
    )
    library = open_library(
        settings, database, caps=Caps(image=100_000), transport=httpx.MockTransport(ghost)
    )
    yield library
    await library.close()


async def test_a_file_is_fetched_once_and_kept_bit_for_bit(
    library: MediaLibrary, ghost: Ghost
) -> None:
    data = corpus.encoded("JPEG", exif=corpus.exif(6))
    ghost.files[PATH] = data
    rows = await asyncio.gather(*(library.find(PATH) for _ in range(20)))
    assert len(ghost.asked) == 1
    assert ghost.asked[0].url == f"{GHOST}{PATH}"
    assert ghost.asked[0].headers["X-Forwarded-Proto"] == "https"
    assert ghost.asked[0].headers["CDN-Loop"] == "blog-app"
    assert len(set(rows)) == 1
    row = rows[0]
    assert row is not None
    assert (row.origin, row.width, row.height) == ("ghost", 48, 64)
    assert await content_of(library, PATH) == data
    assert len(ghost.asked) == 1


async def test_a_name_in_other_letters_is_asked_for_as_it_is(
    library: MediaLibrary, ghost: Ghost
) -> None:
    path = "/content/images/2013/ça va #1?.jpg"
    ghost.files[path] = corpus.encoded("JPEG")
    assert await library.find(path) is not None


async def test_what_ghost_does_not_have_is_remembered(library: MediaLibrary, ghost: Ghost) -> None:
    for _ in range(3):
        assert await library.find(PATH) is None
    assert len(ghost.asked) == 2, "the inner address and then the public one, once each"


async def test_a_ghost_that_is_down_is_left_alone_for_a_moment(
    library: MediaLibrary, ghost: Ghost
) -> None:
    async def refuse(request: httpx.Request) -> httpx.Response:
        message = "refused"
        raise httpx.ConnectError(message, request=request)

    ghost.answer = refuse
    for path in (PATH, PATH, "/content/images/other.jpg"):
        with pytest.raises(OriginUnreachableError, match="does not answer") as error:
            await library.find(path)
        assert error.value.status == 502
    assert len(ghost.asked) == 2
    library.origin._down_until = 0
    ghost.answer = None
    ghost.files[PATH] = corpus.encoded("JPEG")
    assert await library.find(PATH) is not None


@pytest.mark.parametrize("status", [500, 502, 429, 304, 301])
async def test_an_error_of_ghosts_is_not_absence(
    library: MediaLibrary, ghost: Ghost, status: int
) -> None:
    async def fail(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text="<h1>busy</h1>")

    ghost.answer = fail
    with pytest.raises(OriginUnreachableError):
        await library.find(PATH)


async def test_the_public_address_is_asked_when_the_inner_one_fails(
    library: MediaLibrary, ghost: Ghost
) -> None:
    async def inner_fails(request: httpx.Request) -> httpx.Response:
        if request.url.host == "ghost.internal":
            return httpx.Response(503)
        return httpx.Response(200, content=corpus.encoded("JPEG"))

    ghost.answer = inner_fails
    assert await library.find(PATH) is not None


async def test_redirects_stay_on_the_addresses_that_are_set(
    library: MediaLibrary, ghost: Ghost
) -> None:
    async def lead(request: httpx.Request) -> httpx.Response:
        if request.url.path == PATH:
            return httpx.Response(301, headers={"Location": f"{PUBLIC}/moved.jpg"})
        if request.url == f"{PUBLIC}/moved.jpg":
            return httpx.Response(200, content=corpus.encoded("JPEG"))
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/secret"})

    ghost.answer = lead
    assert await library.find(PATH) is not None
    assert await library.find("/content/images/away.jpg") is None
    assert {it.url.host for it in ghost.asked} == {"ghost.internal", "ghost.example"}


async def test_redirects_in_a_circle_end(library: MediaLibrary, ghost: Ghost) -> None:
    async def circle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": str(request.url)})

    ghost.answer = circle
    with pytest.raises(OriginUnreachableError):
        await library.find(PATH)
    assert len(ghost.asked) == 8


async def test_a_page_is_no_picture(library: MediaLibrary, ghost: Ghost) -> None:
    ghost.files[PATH] = b"<!DOCTYPE html><h1>Welcome</h1>"
    ghost.files["/content/media/a.mp4"] = b"<!DOCTYPE html><h1>Welcome</h1>"
    assert await library.find(PATH) is None
    assert await library.find("/content/media/a.mp4") is None


async def test_what_is_too_large_is_not_taken(library: MediaLibrary, ghost: Ghost) -> None:
    ghost.files[PATH] = corpus.encoded("JPEG") + bytes(200_000)
    assert await library.find(PATH) is None


async def test_an_answer_that_breaks_off_is_not_kept(library: MediaLibrary, ghost: Ghost) -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield corpus.encoded("JPEG")[:500]
            message = "broken off"
            raise httpx.RemoteProtocolError(message)

    async def break_off(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken())

    ghost.answer = break_off
    with pytest.raises(OriginUnreachableError):
        await library.find(PATH)
    async with library.database.read() as connection:
        assert await reader.find(connection, PATH) is None


async def test_a_reader_waits_only_so_long_and_the_fetch_goes_on(
    library: MediaLibrary, ghost: Ghost
) -> None:
    ghost.files[PATH] = corpus.encoded("JPEG")
    ghost.delay = 0.3
    library.origin._patience = 0.05
    with pytest.raises(StillFetchingError):
        await library.find(PATH)
    await asyncio.sleep(0.6)
    assert await library.find(PATH) is not None
    assert len(ghost.asked) == 1


async def test_bytes_that_were_lost_are_fetched_again(
    library: MediaLibrary, ghost: Ghost, tmp_path: Path
) -> None:
    ghost.files[PATH] = corpus.encoded("JPEG")
    assert await library.find(PATH) is not None
    settings = load_settings(environment="test", var_folder=tmp_path / "var")
    for path in stored_files(settings):
        path.unlink()
    changed = corpus.encoded("JPEG", corpus.picture(80, 40))
    ghost.files[PATH] = changed
    assert await content_of(library, PATH) == changed
    row = await library.find(PATH)
    assert row is not None
    assert (row.width, row.height) == (80, 40)


async def test_without_a_ghost_nobody_is_asked(
    tmp_path: Path, database: Database, ghost: Ghost
) -> None:
    settings = load_settings(environment="test", var_folder=tmp_path / "var")
    library = open_library(settings, database, transport=httpx.MockTransport(ghost))
    assert await library.find(PATH) is None
    assert ghost.asked == []
    await library.close()


def test_our_own_address_is_never_asked() -> None:
    settings = load_settings(
        environment="test",
        secret_key="x" * 16,
        site_url="https://coop.example",
        ghost_api_url=GHOST,
        ghost_admin_api_key=KEY,
        ghost_public_url="https://coop.example",
    )
    assert origins_of(settings) == (GHOST,)
