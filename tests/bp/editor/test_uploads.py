"""Uploads at the door: who may, what is refused with which sentence, and in how much memory.

What each type of file is checked for is tested with the service (`tests/services/media`).
"""

import asyncio
import io
import re
import socket
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from PIL import Image
from quart.asgi import ASGIHTTPConnection

from infrastructure.factory import BaseApp
from services.accounts.viewer import Role
from services.media.intake import Caps
from tests.bp.conftest import Visitor, sign_in_as

_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def _png(width: int = 30, height: int = 20) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#a3293f").save(out, "PNG")
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


async def _token(visitor: Visitor) -> str:
    found = _TOKEN.search(await (await visitor.get("/admin/")).get_data(as_text=True))
    assert found is not None
    return found[1]


async def _upload(
    visitor: Visitor, kind: str, name: str, data: bytes, **headers: str
) -> tuple[int, Any]:
    answer = await visitor.client.post(
        f"/admin/uploads/{kind}",
        query_string={"name": name},
        data=data,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/octet-stream",
            "X-CSRF-Token": await _token(visitor),
            "Sec-Fetch-Site": "same-origin",
            **headers,
        },
    )
    return answer.status_code, await answer.get_json()


@pytest.fixture
async def writer(app: BaseApp) -> Visitor:
    return await sign_in_as(app, Role.CONTRIBUTOR)


async def test_a_picture_is_taken_and_can_be_looked_at(writer: Visitor) -> None:
    status, stored = await _upload(writer, "image", "Ein Brot.png", _png())
    assert status == 201
    assert (stored["width"], stored["height"], stored["fileName"]) == (30, 20, "Ein Brot.png")
    seen = await writer.client.get(stored["url"])
    assert seen.status_code == 200
    assert seen.mimetype == "image/png"


async def test_each_kind_has_its_place(writer: Visitor) -> None:
    for kind, name, data, folder in (
        ("thumbnail", "t.png", _png(), "images"),
        ("file", "notes.zip", _zip(), "files"),
        ("audio", "a.mp3", b"ID3\x04" + bytes(2000), "media"),
    ):
        status, stored = await _upload(writer, kind, name, data)
        assert status == 201, stored
        assert stored["url"].startswith(f"/content/{folder}/")


@pytest.mark.parametrize(
    ("kind", "name", "data", "sentence"),
    [
        ("image", "empty.png", b"", "empty"),
        ("image", "page.png", b"<!doctype html><script>alert(1)</script>", "not a picture"),
        ("image", "film.mp4", b"\0\0\0\x18ftypmp42" + bytes(500), "not a picture"),
        ("image", "cut.png", _png()[:40], "picture"),
        ("image", "pixels.png", _png()[:16] + b"\0\1\0\0\0\1\0\0" + _png()[24:], "pixel|picture"),
        ("audio", "both.mp3", b"ID3\x04" + bytes(2000) + _zip(), "archive hidden"),
        ("file", "run.txt", b"\x7fELF" + bytes(200), "program"),
        ("file", "page.pdf", b"<!doctype html><script>alert(1)</script>", "called .pdf"),
        ("image", "", _png(), "name"),
        ("image", "x" * 300, _png(), "name"),
    ],
)
async def test_what_is_not_taken_is_told_in_a_sentence(
    writer: Visitor, kind: str, name: str, data: bytes, sentence: str
) -> None:
    status, answer = await _upload(writer, kind, name, data)
    assert status == 422
    assert re.search(sentence, answer["error"]), answer
    assert answer["error"].endswith(".")


async def test_a_drawing_with_a_script_can_do_nothing(writer: Visitor) -> None:
    drawing = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(1)">'
        b"<script>alert(2)</script><rect width='9' height='9'/></svg>"
    )
    status, stored = await _upload(writer, "image", "d.svg", drawing)
    if status == 201:
        seen = await writer.client.get(stored["url"])
        body = await seen.get_data()
        assert b"script" not in body
        assert b"onload" not in body
        assert "sandbox" in seen.headers["Content-Security-Policy"]
    else:
        assert answer_is_sentence(stored)


def answer_is_sentence(answer: Any) -> bool:
    return str(answer["error"]).endswith(".")


async def test_a_name_is_no_path(writer: Visitor) -> None:
    status, stored = await _upload(writer, "image", "../../etc\\x/..\\evil.png", _png())
    assert status == 201
    assert re.fullmatch(r"/content/images/\d{4}/\d\d/evil\.png", stored["url"])


async def test_only_who_may_and_meant_it(app: BaseApp, writer: Visitor) -> None:
    assert (await _upload(writer, "image", "a.png", _png(), **{"X-CSRF-Token": "x"}))[0] == 403
    assert (await _upload(writer, "image", "a.png", _png(), **{"Sec-Fetch-Site": "cross-site"}))[
        0
    ] == 403
    assert (await _upload(writer, "nothing", "a.png", _png()))[0] == 404
    member = await sign_in_as(app, Role.MEMBER)
    token = _TOKEN.search(await (await writer.get("/admin/")).get_data(as_text=True))
    assert token is not None
    answer = await member.client.post(
        "/admin/uploads/image?name=a.png", data=_png(), headers={"X-CSRF-Token": token[1]}
    )
    assert answer.status_code == 403


async def test_a_form_is_no_way_around_the_limit(writer: Visitor) -> None:
    answer = await writer.client.post(
        "/admin/uploads/file?name=a.txt",
        data=b"x" * 1_200_000,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRF-Token": await _token(writer),
        },
    )
    assert answer.status_code == 413


@dataclass
class Most:
    """The most bytes of a request's body that were held at once."""

    held: int = 0


@pytest.fixture
async def served(app: BaseApp) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 0.1
    config.errorlog = None
    stopping = asyncio.Event()

    async def requests_alone(scope: Any, receive: Any, send: Any) -> None:
        # The fixture `app` has begun already, and nothing of it can begin twice.
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await app.asgi_app(scope, receive, send)

    task = asyncio.create_task(serve(requests_alone, config, shutdown_trigger=stopping.wait))
    yield url
    stopping.set()
    await task


async def _stream(head: bytes, megabytes: int, sent: list[int]) -> AsyncIterator[bytes]:
    yield head
    piece = bytes(1024 * 1024)
    for _ in range(megabytes):
        sent.append(len(piece))
        yield piece


@pytest.mark.parametrize(
    ("kind", "name", "head", "status"),
    [
        ("image", "huge.png", _png(), 422),
        ("image", "no.png", b"MZ" + bytes(5000), 422),
        ("video", "long.mp4", b"\0\0\0\x18ftypmp42" + bytes(5000), 422),
    ],
)
async def test_a_huge_stream_is_refused_in_little_memory(
    app: BaseApp,
    writer: Visitor,
    served: str,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    name: str,
    head: bytes,
    status: int,
) -> None:
    """A gigabyte is offered; what the app holds of it at once stays within a few megabytes."""
    # The room for films, so that the test does not fill half a gigabyte of disk.
    monkeypatch.setattr(app.extensions["media"].intake, "_caps", Caps(media=40 * 1024 * 1024))
    most = Most()
    connection_class: Any = app.asgi_http_class
    assert issubclass(connection_class, ASGIHTTPConnection)

    class Watching(connection_class):  # type: ignore[misc]  # chosen at run time
        async def handle_messages(self, request: Any, receive: Any) -> None:
            async def watched() -> Any:
                message = await receive()
                held = len(request.body._data) + len(message.get("body", b""))
                most.held = max(most.held, held)
                return message

            await super().handle_messages(request, watched)

    monkeypatch.setattr(app, "asgi_http_class", Watching)
    cookies = "; ".join(f"{it.name}={it.value}" for it in writer.client.cookie_jar or ())
    sent: list[int] = []
    headers = {
        "Host": "localhost",
        "Cookie": cookies,
        "X-CSRF-Token": await _token(writer),
        "Accept": "application/json",
        "Content-Type": "application/octet-stream",
    }
    async with httpx.AsyncClient(timeout=120) as client:
        try:
            answer = await client.post(
                f"{served}/admin/uploads/{kind}?name={name}",
                content=_stream(head, 1024, sent),
                headers=headers,
            )
        except httpx.TransportError:
            # The app has answered and hung up on somebody who would not stop.
            answer = None
    assert most.held < 4 * 1024 * 1024
    assert sum(sent) < 200 * 1024 * 1024
    if answer is not None:
        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")
