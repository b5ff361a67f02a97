"""Static files by their content, and the accent colour that can be read."""

import gzip
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from infrastructure.accent import DARK_PAPER, LIGHT_PAPER, accent_rules, contrast, normal, readable
from infrastructure.assets import Assets, add_assets
from infrastructure.errors import NotFoundError
from infrastructure.factory import create_base_app
from tests.readers_site import settings as app_settings

STYLE = """/* A comment. */
.a > .b,
.c {
  color: red; /* another */
  content: "two  spaces; {kept}";
  inline-size: calc(100% - 2rem);
}
@font-face { src: url("/static/f.woff2"); }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.css").write_text(STYLE * 3)
    (tmp_path / "two.css").write_text(".d { margin: 0 }\n")
    (tmp_path / "f.woff2").write_bytes(b"font")
    return tmp_path


@pytest.fixture
async def client(folder: Path) -> Client:
    app = create_base_app("test", app_settings("postgresql://localhost/none", "http://x.example"))
    add_assets(app, folder, {"all.css": ("one.css", "two.css")})
    return app.test_client()


def test_a_bundle_is_smaller_and_means_the_same(folder: Path) -> None:
    assets = Assets(folder, {"all.css": ("one.css", "two.css")})
    text = assets.file("all.css").body.decode()
    version = assets.file("f.woff2").version
    assert text.endswith(
        '.a > .b,.c{color:red;content:"two  spaces; {kept}";inline-size:calc(100% - 2rem)}'
        f'@font-face{{src:url("/static/f.woff2?v={version}")}}.d{{margin:0}}'
    )
    assert "comment" not in text


def test_another_content_has_another_address(folder: Path) -> None:
    before = Assets(folder, {"all.css": ("one.css", "two.css")})
    first, plain = before.url("all.css"), before.url("all.css", "#0b6e4f")
    assert first != plain
    assert "accent=0b6e4f" in plain
    (folder / "two.css").write_text(".d { margin: 1px }\n")
    assert before.url("all.css") == first
    assert Assets(folder, {"all.css": ("one.css", "two.css")}).url("all.css") != first


@pytest.mark.parametrize("name", ["../secret", "nothing.css", "", ".", "/etc/passwd"])
def test_only_files_of_the_folder_are_given(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_text("secret")
    with pytest.raises(NotFoundError):
        Assets(folder, {}).file(name)


async def test_a_version_is_kept_for_ever_and_anything_else_is_not(
    client: Client, folder: Path
) -> None:
    url = Assets(folder, {"all.css": ("one.css", "two.css")}).url("all.css", "#123456")
    answer = await client.get(url)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/css; charset=utf-8"
    assert b"#123456" in await answer.get_data(as_text=False)
    for other in ("/static/all.css", "/static/all.css?v=old", f"{url}0"):
        assert "immutable" not in (await client.get(other)).headers["Cache-Control"]
    again = await client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


async def test_text_is_compressed_as_the_reader_accepts(client: Client, folder: Path) -> None:
    plain = Assets(folder, {"all.css": ("one.css", "two.css")}).file("all.css").body
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
    etags = set()
    for accepted, encoding in (("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")):
        answer = await client.get("/static/all.css", headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert unpack[encoding](await answer.get_data(as_text=False)) == plain
        etags.add(answer.headers["ETag"])
    assert len(etags) == 2
    answer = await client.get("/static/f.woff2", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers
    assert answer.content_type == "font/woff2"


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"{number:06x}"))
@settings(max_examples=100, deadline=None)
def test_every_accent_can_be_read_by_day_and_by_night(colour: str) -> None:
    day = readable(colour, LIGHT_PAPER, least=5, darker=True)
    night = readable(colour, DARK_PAPER, least=7, darker=False)
    assert contrast(day, LIGHT_PAPER) >= 5
    assert contrast(day, "ffffff") >= 5
    assert contrast(night, DARK_PAPER) >= 7
    assert f"--ghost-accent-color:#{colour}" in accent_rules(colour)


def test_an_accent_that_can_be_read_is_left_alone() -> None:
    assert readable("a3293f", LIGHT_PAPER, least=5, darker=True) == "a3293f"


@pytest.mark.parametrize(
    ("given_colour", "found"),
    [("#A3293F", "a3293f"), (" a3293f ", "a3293f"), (None, None), ("red", None), ("#fff", None)],
)
def test_colours_as_people_give_them(given_colour: str | None, found: str | None) -> None:
    assert normal(given_colour) == found
