import contextlib
import io
import random
import struct
import time
import tracemalloc

import pytest
from PIL import Image

from infrastructure.errors import InvalidError
from services.media import images
from services.media.paths import Rendition
from services.media.signatures import AVIF, GIF, JPEG, PNG, WEBP, MediaType
from services.media.structure import CUT_OFF, TWO_FACES
from tests.services.media import corpus

RASTER = [(JPEG, "JPEG"), (PNG, "PNG"), (GIF, "GIF"), (WEBP, "WEBP"), (AVIF, "AVIF")]


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("media_type", "name"), RASTER)
def test_a_plain_picture_is_kept_bit_for_bit(media_type: MediaType, name: str) -> None:
    data = (
        corpus.encoded(name, icc_profile=corpus.profile())
        if name != "GIF"
        else (corpus.encoded(name))
    )
    picture = images.prepare(media_type, data)
    assert picture.data is data
    assert (picture.width, picture.height) == (64, 48)


@pytest.mark.parametrize(("media_type", "name"), [it for it in RASTER if it[1] != "GIF"])
def test_what_tells_of_the_person_is_taken_out(media_type: MediaType, name: str) -> None:
    xmp = b"<x:xmpmeta>Ada lives here</x:xmpmeta>"
    data = corpus.encoded(name, exif=corpus.exif(), icc_profile=corpus.profile(), xmp=xmp)
    assert corpus.EXIF_TEXT in data
    picture = images.prepare(media_type, data)
    assert corpus.EXIF_TEXT not in picture.data
    assert b"Ada lives" not in picture.data
    before, after = opened(data), opened(picture.data)
    assert after.tobytes() == before.tobytes()
    assert after.info["icc_profile"] == corpus.profile()
    assert not dict(after.getexif())


def test_comments_and_previews_are_taken_out() -> None:
    plain = corpus.encoded("JPEG")
    more = corpus.jpeg_segment(0xFE, b"by Ada") + corpus.jpeg_segment(0xED, b"Photoshop 3.0\0Ada")
    more += corpus.jpeg_segment(0xE2, b"MPF\0Ada")
    assert images.prepare(JPEG, plain[:2] + more + plain[2:]).data == plain
    text = corpus.png_chunk(b"tEXt", b"Author\0Ada") + corpus.png_chunk(b"tIME", bytes(7))
    plain = corpus.encoded("PNG")
    assert images.prepare(PNG, plain[:33] + text + plain[33:]).data == plain
    plain = corpus.encoded("GIF")
    assert images.prepare(GIF, plain[:-1] + b"\x21\xfe\x03Ada\0\x3b").data == plain


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("media_type", "name"), [(JPEG, "JPEG"), (PNG, "PNG"), (WEBP, "WEBP")])
def test_a_picture_is_turned_upright(media_type: MediaType, name: str, orientation: int) -> None:
    data = corpus.encoded(name, exif=corpus.exif(orientation), quality=95)
    picture = images.prepare(media_type, data)
    expected = Image.open(io.BytesIO(data))
    sides = expected.size if orientation < 5 else expected.size[::-1]
    assert (picture.width, picture.height) == sides == opened(picture.data).size
    assert not dict(opened(picture.data).getexif())
    upright = corpus.picture()
    steps = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_270],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_90],
    }
    for step in steps.get(orientation, []):
        upright = upright.transpose(step)
    got = opened(picture.data).convert("RGB")
    for corner in ((2, 2), (sides[0] - 3, 2), (2, sides[1] - 3), (sides[0] - 3, sides[1] - 3)):
        wanted, shown = upright.getpixel(corner), got.getpixel(corner)
        assert isinstance(wanted, tuple)
        assert isinstance(shown, tuple)
        assert max(abs(a - b) for a, b in zip(wanted, shown, strict=True)) < 24


def test_a_turned_avif_keeps_its_bytes_and_tells_its_shown_size() -> None:
    data = corpus.encoded("AVIF", exif=corpus.exif(6))
    picture = images.prepare(AVIF, data)
    assert (picture.width, picture.height) == (48, 64)
    assert corpus.EXIF_TEXT not in picture.data
    made = images.resize(AVIF, picture.data, Rendition(30))
    assert made is not None
    assert opened(made[1]).size == (30, 40)


@pytest.mark.parametrize(("media_type", "name"), RASTER)
@pytest.mark.parametrize(
    "behind",
    [corpus.archive(), b"<?php system($_GET['c']); ?>", b"<script>alert(1)</script>", b"%PDF-1.7"],
)
def test_a_picture_with_two_faces_is_refused(
    media_type: MediaType, name: str, behind: bytes
) -> None:
    with pytest.raises(InvalidError) as refusal:
        images.prepare(media_type, corpus.encoded(name) + behind)
    assert str(refusal.value) == TWO_FACES or media_type is AVIF


def test_what_cameras_write_behind_a_picture_is_cut_off() -> None:
    plain = corpus.encoded("JPEG")
    for behind in (bytes(300), corpus.encoded("JPEG"), corpus.mp4(b"mp42"), b"MotionPhotoSEFT"):
        assert images.prepare(JPEG, plain + behind).data == plain


def test_an_archive_in_the_comment_of_a_picture_is_taken_out() -> None:
    plain = corpus.encoded("JPEG")
    data = plain[:2] + corpus.jpeg_segment(0xFE, corpus.archive()) + plain[2:]
    assert images.prepare(JPEG, data).data == plain


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        (PNG, corpus.png_bomb()),
        (PNG, corpus.png_bomb(10_000, 10_000)),
        (PNG, corpus.png_bomb(40_000, 1)),
        (GIF, corpus.gif_bomb()),
        (GIF, corpus.frame_bomb()),
        (WEBP, corpus.webp_bomb()),
    ],
)
def test_a_bomb_is_refused_before_it_is_decoded(media_type: MediaType, data: bytes) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(InvalidError, match=r"pixels|frames"):
            images.prepare(media_type, data)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data) + 1_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 10


def test_a_jpeg_that_promises_too_much_is_refused() -> None:
    data = corpus.encoded("JPEG")
    at = data.index(b"\xff\xc0") + 5
    huge = data[:at] + struct.pack(">HH", 65_000, 65_000) + data[at + 4 :]
    with pytest.raises(InvalidError, match="pixels"):
        images.prepare(JPEG, huge)


def test_millions_of_empty_blocks_are_refused_soon() -> None:
    started = time.process_time()
    for media_type, data in (
        (JPEG, b"\xff\xd8" + b"\xff\xfe\0\2" * 2_000_000),
        (PNG, corpus.png_header(4, 4) + corpus.png_chunk(b"teXt", b"") * 1_000_000),
        (GIF, corpus.encoded("GIF")[:-1] + b"\x21\xfe\0" * 2_000_000),
        (WEBP, b"RIFF" + struct.pack("<I", 8_000_004) + b"WEBP" + b"JUNK\0\0\0\0" * 1_000_000),
    ):
        with pytest.raises(InvalidError):
            images.prepare(media_type, data)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(("media_type", "name"), RASTER)
def test_a_damaged_picture_is_refused_and_never_an_accident(
    media_type: MediaType, name: str
) -> None:
    whole = corpus.encoded(name, corpus.picture(40, 30))
    for length in range(12, len(whole), max(1, len(whole) // 60)):
        with pytest.raises(InvalidError):
            images.prepare(media_type, whole[:length])
    chance = random.Random(7)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(InvalidError):
            images.prepare(media_type, bytes(data))


def test_a_damaged_picture_has_a_sentence() -> None:
    with pytest.raises(InvalidError) as refusal:
        images.prepare(JPEG, corpus.encoded("JPEG")[:200])
    assert str(refusal.value) == CUT_OFF


@pytest.mark.parametrize(("media_type", "name"), [it for it in RASTER if it[1] != "GIF"])
@pytest.mark.parametrize("wanted", [None, "webp", "avif", "jpeg"])
def test_a_rendition(media_type: MediaType, name: str, wanted: str | None) -> None:
    data = corpus.encoded(name, corpus.picture(400, 200), icc_profile=corpus.profile())
    made = images.resize(media_type, data, Rendition(100, None, wanted))
    assert made is not None
    assert made[0] is (images.BY_FORMAT[wanted] if wanted else media_type)
    image = opened(made[1])
    assert image.size == (100, 50)
    assert "icc_profile" not in image.info
    assert not dict(image.getexif())


def test_a_rendition_is_never_larger_than_the_original() -> None:
    data = corpus.encoded("JPEG")
    assert images.resize(JPEG, data, Rendition(600)) is None
    made = images.resize(JPEG, data, Rendition(600, None, "webp"))
    assert made is not None
    assert opened(made[1]).size == (64, 48)
    made = images.resize(JPEG, data, Rendition(256, 256, "webp"))
    assert made is not None
    assert opened(made[1]).size == (48, 48)


def test_a_square_is_cut_out_of_the_middle() -> None:
    made = images.resize(PNG, corpus.encoded("PNG", corpus.picture(400, 200)), Rendition(100, 100))
    assert made is not None
    assert opened(made[1]).size == (100, 100)
    middle = opened(made[1]).convert("RGB").getpixel((50, 50))
    assert isinstance(middle, tuple)
    assert abs(middle[0] - 127) < 6


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_has_renditions(mode: str) -> None:
    is_deep = mode == "I;16"
    image = Image.new(mode, (200, 100), 20_000) if is_deep else corpus.picture(200, 100)
    data = corpus.encoded("JPEG" if mode == "CMYK" else "PNG", image.convert(mode))
    for wanted in (None, "webp", "avif", "jpeg"):
        made = images.resize(JPEG if mode == "CMYK" else PNG, data, Rendition(100, None, wanted))
        assert made is not None
        shown = opened(made[1])
        assert shown.size == (100, 50)
        if is_deep:
            grey = shown.convert("L").getpixel((50, 25))
            assert isinstance(grey, int | float)
            assert abs(grey - 20_000 / 256) < 4


def test_what_was_transparent_is_white_in_a_jpeg() -> None:
    image = Image.new("RGBA", (200, 100), (255, 0, 0, 0))
    made = images.resize(PNG, corpus.encoded("PNG", image), Rendition(100, None, "jpeg"))
    assert made is not None
    assert opened(made[1]).getpixel((5, 5)) == (255, 255, 255)


def test_animations_stay_as_they_are() -> None:
    frames = [corpus.picture(200, 100), Image.new("RGB", (200, 100), "red")]
    for media_type, name in ((GIF, "GIF"), (WEBP, "WEBP"), (PNG, "PNG"), (AVIF, "AVIF")):
        data = corpus.encoded(name, frames[0], save_all=True, append_images=frames[1:])
        assert images.prepare(media_type, data).data is data
        assert images.resize(media_type, data, Rendition(100)) is None
        assert images.resize(media_type, data, Rendition(100, None, "webp")) is None


def test_a_still_gif_can_become_webp() -> None:
    data = corpus.encoded("GIF", corpus.picture(200, 100))
    assert images.resize(GIF, data, Rendition(100)) is None
    made = images.resize(GIF, data, Rendition(100, None, "webp"))
    assert made is not None
    assert opened(made[1]).size == (100, 50)


def test_a_large_jpeg_is_decoded_small() -> None:
    data = corpus.encoded("JPEG", Image.new("RGB", (4000, 3000), "green"), exif=corpus.exif(6))
    made = images.resize(JPEG, data, Rendition(300))
    assert made is not None
    assert opened(made[1]).size == (300, 400)
