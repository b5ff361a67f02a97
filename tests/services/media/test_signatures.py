import time

import pytest

from services.media import signatures as types
from services.media.signatures import MediaType, sniff
from tests.services.media import corpus

HTML = b"<!DOCTYPE html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (corpus.encoded("JPEG"), types.JPEG),
        (corpus.encoded("PNG"), types.PNG),
        (corpus.encoded("GIF"), types.GIF),
        (corpus.encoded("WEBP"), types.WEBP),
        (corpus.encoded("AVIF"), types.AVIF),
        (corpus.encoded("TIFF"), types.TIFF),
        (corpus.encoded("ICO"), types.ICO),
        (corpus.encoded("BMP"), types.UNKNOWN),
        (corpus.SVG, types.SVG),
        (b"\xef\xbb\xbf" + corpus.SVG, types.SVG),
        (b"<!-- Made by hand --><svg xmlns='http://www.w3.org/2000/svg'/>", types.SVG),
        ("<?xml version='1.0'?><svg/>".encode("utf-16"), types.SVG),
        (corpus.mp4(), types.MP4),
        (corpus.mp4(b"qt  "), types.QUICKTIME),
        (corpus.mp4(b"M4A "), types.M4A),
        (corpus.mp4(b"heic"), types.HEIC),
        (corpus.webm(), types.WEBM),
        (corpus.ogg(), types.OGG),
        (corpus.ogg(b"\x80theora"), types.OGG_VIDEO),
        (corpus.wav(), types.WAV),
        (corpus.mp3(), types.MP3),
        (b"ID3\4\0\0\0\0\0\0" + corpus.mp3(), types.MP3),
        (b"fLaC" + bytes(40), types.FLAC),
        (b"%PDF-1.7\n", types.PDF),
        (corpus.archive(), types.ZIP),
        (corpus.archive(**{"[Content_Types].xml": b"", "word/document.xml": b""}), types.DOCX),
        (corpus.archive(**{"[Content_Types].xml": b"", "xl/workbook.xml": b""}), types.XLSX),
        (
            corpus.archive(mimetype=b"application/vnd.oasis.opendocument.text", a=b""),
            types.ODT,
        ),
        (corpus.archive(mimetype=b"application/epub+zip", a=b""), types.EPUB),
        (b"MZ\x90\0", types.PROGRAM),
        (b"\x7fELF\2\1\1", types.PROGRAM),
        (b"#!/bin/sh\nrm -rf /", types.PROGRAM),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", types.PROGRAM),
        (b"Bread on Thursdays\n", types.TEXT),
        (b"<note>hello</note>", types.XML),
        (HTML, types.HTML),
        (b"  \n<scRipt src=x>", types.HTML),
        (b"just words, then <iframe src=x>", types.HTML),
        (b"\0\1\2\3", types.UNKNOWN),
        (b"\xff\xfbnot a frame", types.UNKNOWN),
    ],
)
def test_a_type_is_told_by_the_bytes(data: bytes, expected: MediaType) -> None:
    for name in ("x", "x.jpg", "x.html", "x.pdf"):
        assert sniff(data[: types.HEAD_BYTES], name) is expected


def test_kinds_of_plain_text_are_told_by_the_name() -> None:
    assert sniff(b"a,b\n1,2\n", "prices.csv") is types.CSV
    assert sniff(b'{"a": 1}', "a.JSON") is types.JSON
    assert sniff(b"alert(1)", "a.js") is types.SCRIPT
    assert sniff(HTML, "prices.csv") is types.HTML


def test_nothing_that_runs_in_a_browser_is_shown() -> None:
    for it in (types.HTML, types.XML, types.SCRIPT, types.STYLE, types.UNKNOWN, types.ZIP):
        assert not it.inline


def test_text_that_ends_inside_a_character_is_text() -> None:
    text = ("é" * types.HEAD_BYTES).encode()
    assert sniff(b"a" + text[: types.HEAD_BYTES - 1], "a.txt") is types.TEXT
    assert sniff(b"caf\xe9", "a.txt") is types.UNKNOWN


def test_extensions_follow_the_type() -> None:
    assert types.JPEG.extension_for("a.jpeg") == "jpeg"
    assert types.JPEG.extension_for("a.png") == "jpg"
    assert types.TEXT.extension_for("run.bat") == "txt"
    assert types.UNKNOWN.extension_for("map.qgz") == "qgz"
    assert types.UNKNOWN.extension_for("page.html") == "bin"
    assert types.UNKNOWN.extension_for("setup.exe") == "bin"


def test_a_hostile_head_takes_no_time() -> None:
    started = time.process_time()
    for piece in (b"<!--a-->", b"<!--", b"<?xml ", b" ", b"<!DOCTYPE svg [", b"<!DOCTYPE svg []>"):
        sniff((piece * types.HEAD_BYTES)[: types.HEAD_BYTES], "a.svg")
    assert time.process_time() - started < 10
