import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from PIL import Image
from quart import typing as quart_typing

from app import create_app
from infrastructure.access import action_of
from infrastructure.factory import BaseApp
from infrastructure.settings import load_settings
from services.media import MediaKind, MediaLibrary, StoredMedia, open_library
from tests.services.media import corpus

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@dataclass
class Site:
    """A running app, its media, and the Ghost that it would ask."""

    app: BaseApp
    client: quart_typing.TestClientProtocol
    library: MediaLibrary
    ghost: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def upload(
        self, data: bytes, name: str, kind: MediaKind = MediaKind.IMAGE
    ) -> StoredMedia:
        async def stream() -> AsyncIterator[bytes]:
            yield data

        async with self.app.database.unit_of_work() as work:
            return await self.library.store_upload(work, stream(), name=name, kind=kind)


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    app = create_app(
        load_settings(environment="test", var_folder=tmp_path / "var", database_url=database_url)
    )
    site = Site(app, app.test_client(), app.extensions["media"])

    def answer(request: httpx.Request) -> httpx.Response:
        site.asked.append(request.url.path)
        if request.url.path == "/content/images/down.jpg":
            message = "refused"
            raise httpx.ConnectError(message, request=request)
        data = site.ghost.get(request.url.path)
        return httpx.Response(404) if data is None else httpx.Response(200, content=data)

    async with app.test_app():
        await site.library.close()
        with_ghost = app.settings.model_copy(update={"ghost_api_url": "http://ghost.internal"})
        site.library = open_library(with_ghost, app.database, transport=httpx.MockTransport(answer))
        app.extensions["media"] = site.library
        yield site
        await site.library.close()


def wire(site: Site) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", site.app)), base_url="http://coop.example"
    )


def rendition(url: str, size: str) -> str:
    return url.replace("/content/images/", f"/content/images/{size}/")


async def test_an_image(site: Site) -> None:
    data = corpus.encoded("JPEG")
    url = (await site.upload(data, "loaf.jpg")).url
    response = await site.client.get(url)
    assert response.status_code == 200
    assert await response.get_data() == data
    headers = response.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(data))
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Accept-Ranges"] == "bytes"
    assert re.fullmatch('"[0-9a-f]{32}"', headers["ETag"])
    assert "Content-Disposition" not in headers
    assert "Set-Cookie" not in headers


async def test_head_tells_the_same_without_the_bytes(site: Site) -> None:
    url = (await site.upload(corpus.encoded("JPEG"), "loaf.jpg")).url
    # Quart's test client counts the bytes itself, so the app is asked without it.
    async with wire(site) as client:
        get, head = await client.get(url), await client.head(url)
        sized = await client.head(rendition(url, "size/w30"))
    assert head.content == b""
    for response in (get, head):
        response.headers.pop("X-Request-Id")
    assert head.headers == get.headers
    assert int(head.headers["Content-Length"]) == len(get.content)
    assert 0 < int(sized.headers["Content-Length"]) < len(get.content)


async def test_what_the_browser_has_is_not_sent_again(site: Site) -> None:
    url = (await site.upload(corpus.encoded("JPEG"), "loaf.jpg")).url
    first = await site.client.get(url)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
    ):
        async with wire(site) as client:
            response = await client.get(url, headers=headers)
        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["ETag"] == etag
        assert response.headers["Cache-Control"].endswith("immutable")
        assert response.headers.get("Content-Length", "0") == "0"
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert (await site.client.get(url, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=10-", 10, 3_000_148),
        ("bytes=-10", 3_000_138, 3_000_148),
        ("bytes=-9999999", 0, 3_000_148),
        ("bytes=0-99999999999", 0, 3_000_148),
        ("bytes=1048570-2097160", 1_048_570, 2_097_161),
    ],
)
async def test_a_range_of_a_film(site: Site, asked: str, start: int, end: int) -> None:
    data = bytearray(corpus.mp4(padding=3_000_000))
    data[100:2_999_000] = bytes(range(256)) * (2_998_900 // 256) + bytes(2_998_900 % 256)
    url = (await site.upload(bytes(data), "film.mp4", MediaKind.MEDIA)).url
    response = await site.client.get(url, headers={"Range": asked})
    assert len(data) == 3_000_148
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(data)}"
    assert response.headers["Content-Length"] == str(end - start)
    assert await response.get_data() == bytes(data[start:end])


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=3000148-3000160"])
async def test_a_range_behind_the_end_cannot_be_had(site: Site, asked: str) -> None:
    url = (await site.upload(corpus.mp4(padding=3_000_000), "film.mp4", MediaKind.MEDIA)).url
    response = await site.client.get(url, headers={"Range": asked})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */3000148"
    assert await response.get_data() == b""


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=abc", "lines=0-1", "bytes=0-1,5-6", "bytes=", "bytes=0-" + "9" * 5000],
)
async def test_a_range_that_is_not_understood_gives_all(site: Site, asked: str) -> None:
    data = corpus.mp4()
    url = (await site.upload(data, "film.mp4", MediaKind.MEDIA)).url
    response = await site.client.get(url, headers={"Range": asked})
    assert response.status_code == 200
    assert await response.get_data() == data


async def test_a_range_of_another_version_gives_all(site: Site) -> None:
    url = (await site.upload(corpus.mp4(), "film.mp4", MediaKind.MEDIA)).url
    first = await site.client.get(url)
    same = [first.headers["ETag"], first.headers["Last-Modified"]]
    other = ['"other"', "Mon, 01 Jan 2001 00:00:00 GMT", "nonsense"]
    for value, status in [*((it, 206) for it in same), *((it, 200) for it in other)]:
        response = await site.client.get(url, headers={"Range": "bytes=0-9", "If-Range": value})
        assert response.status_code == status


async def test_sizes_and_formats(site: Site) -> None:
    url = (await site.upload(corpus.encoded("JPEG", corpus.picture(800, 400)), "a.jpg")).url
    for size, content_type, sides in (
        ("size/w600", "image/jpeg", (600, 300)),
        ("size/h100", "image/jpeg", (200, 100)),
        ("size/w256h256", "image/jpeg", (256, 256)),
        ("size/w600/format/webp", "image/webp", (600, 300)),
        ("size/w300/format/avif", "image/avif", (300, 150)),
        ("format/webp", "image/webp", (800, 400)),
        ("size/w2000", "image/jpeg", (800, 400)),
        ("size/w2000/format/webp", "image/webp", (800, 400)),
    ):
        response = await site.client.get(rendition(url, size))
        assert response.status_code == 200
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Cache-Control"].endswith("immutable")
        data = await response.get_data()
        assert isinstance(data, bytes)
        assert Image.open(io.BytesIO(data)).size == sides
        etag = response.headers["ETag"]
        again = await site.client.get(rendition(url, size), headers={"If-None-Match": etag})
        assert again.status_code == 304
    partial = await site.client.get(rendition(url, "size/w600"), headers={"Range": "bytes=0-1"})
    assert partial.status_code == 206
    assert await partial.get_data() == b"\xff\xd8"


@pytest.mark.parametrize(
    "size", ["size/w601", "size/huge", "size/w600h601", "size/w600/format/bmp"]
)
async def test_a_size_that_is_not_made_leads_to_the_original(site: Site, size: str) -> None:
    url = (await site.upload(corpus.encoded("JPEG"), "a.jpg")).url
    response = await site.client.get(rendition(url, size))
    assert response.status_code == 302
    assert response.headers["Location"] == url


async def test_animations_and_drawings_pass_in_every_size(site: Site) -> None:
    frames = [corpus.picture(800, 400), Image.new("RGB", (800, 400), "red")]
    animation = corpus.encoded("GIF", frames[0], save_all=True, append_images=frames[1:])
    url = (await site.upload(animation, "a.gif")).url
    response = await site.client.get(rendition(url, "size/w600/format/webp"))
    assert response.headers["Content-Type"] == "image/gif"
    assert await response.get_data() == animation
    url = (await site.upload(corpus.SVG, "a.svg")).url
    response = await site.client.get(rendition(url, "size/w600"))
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Security-Policy"] == CSP


@pytest.mark.parametrize(
    ("data", "name", "content_type", "is_shown"),
    [
        (b"%PDF-1.7", "menu.pdf", "application/pdf", True),
        (b"words", "note.txt", "text/plain; charset=utf-8", True),
        (b"a,b", "prices.csv", "text/csv; charset=utf-8", True),
        (b"<script>alert(1)</script>", "x.html", "text/html; charset=utf-8", False),
        (b"<script>alert(1)</script>", "x.txt", "text/html; charset=utf-8", False),
        (b"<?xml version='1.0'?><x/>", "x.xml", "application/xml", False),
        (b"alert(1)", "x.js", "text/javascript; charset=utf-8", False),
        (b"<svg onload='alert(1)'/>", "x.svg", "image/svg+xml", False),
        (corpus.archive(), "x.zip", "application/zip", False),
        (b"\0\1\2", "x.dat", "application/octet-stream", False),
    ],
)
async def test_what_could_run_in_a_browser_is_only_offered_for_saving(
    site: Site, data: bytes, name: str, content_type: str, is_shown: bool
) -> None:
    url = (await site.upload(data, name, MediaKind.FILE)).url
    response = await site.client.get(url)
    assert await response.get_data() == data
    assert response.headers["Content-Type"] == content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    # The browser's own program for PDF does not work in a sandbox.
    policy = None if content_type == "application/pdf" else CSP
    assert response.headers.get("Content-Security-Policy") == policy
    disposition = response.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment; filename*=UTF-8''x.") is not is_shown


@pytest.mark.parametrize(
    "path",
    [
        "/content/images/../../etc/passwd",
        "/content/images/..%2f..%2fetc%2fpasswd",
        "/content/images/%2e%2e/%2e%2e/etc/passwd",
        "/content/images/..%5c..%5csecret_key",
        "/content/images/%00",
        "/content/images/a%0d%0aSet-Cookie:%20a=b",
        "/content/images//etc/passwd",
        "/content/images/%2fetc%2fpasswd",
        "/content/images/size/w600/../../../secret_key",
        "/content/files/.env",
        "/content/themes/a.css",
        "/content/images/%ff%fe.jpg",
        "/content/images/" + "a/" * 700,
        "/content/images/x.jpg",
    ],
)
async def test_nothing_else_can_be_reached(site: Site, path: str) -> None:
    response = await site.client.get(path)
    assert response.status_code in {308, 404}
    if response.status_code == 308:
        response = await site.client.get(response.headers["Location"])
        assert response.status_code == 404
    assert "Set-Cookie" not in response.headers
    assert all(it.startswith("/content/") and ".." not in it for it in site.asked)


async def test_ghosts_files_answer_here_in_every_size(site: Site) -> None:
    path = "/content/images/2019/02/from ghost.jpg"
    site.ghost[path] = corpus.encoded("JPEG", corpus.picture(800, 400))
    response = await site.client.get("/content/images/size/w300/2019/02/from%20ghost.jpg")
    data = await response.get_data()
    assert isinstance(data, bytes)
    assert Image.open(io.BytesIO(data)).size == (300, 150)
    site.ghost.clear()
    response = await site.client.get("/content/images/2019/02/from%20ghost.jpg")
    assert response.status_code == 200
    assert response.headers["Cache-Control"].endswith("immutable")
    assert site.asked == [path]


async def test_a_film_of_ghosts_has_ranges(site: Site) -> None:
    site.ghost["/content/media/2019/02/film.mp4"] = corpus.mp4()
    response = await site.client.get(
        "/content/media/2019/02/film.mp4", headers={"Range": "bytes=4-7"}
    )
    assert response.status_code == 206
    assert await response.get_data() == b"ftyp"


async def test_a_ghost_that_is_down_is_a_page_and_not_an_accident(site: Site) -> None:
    response = await site.client.get("/content/images/down.jpg")
    assert response.status_code == 502
    assert "does not answer" in await response.get_data(as_text=True)


async def test_a_circle_of_requests_ends(site: Site) -> None:
    response = await site.client.get("/content/images/x.jpg", headers={"CDN-Loop": "blog-app"})
    assert response.status_code == 404
    assert site.asked == []


async def test_an_imported_file_may_change(site: Site, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.webp").write_bytes(corpus.encoded("WEBP"))
    async with site.app.database.unit_of_work() as work:
        await site.library.import_folder(work, tmp_path)
    response = await site.client.get("/content/images/a.webp")
    assert response.headers["Cache-Control"] == "public, max-age=86400"


async def test_the_route_says_who_may_call_it(site: Site) -> None:
    assert action_of(site.app.view_functions["media.content"]) == "public"
