"""The structure of raster images: their size, their frames, and what must not stay in them.

Each walker goes through a file of one format block by block, decodes nothing and allocates nothing
that the file merely promises. It gives the size before any decoder sees the file, and the same
file without what tells of the person (Exif, XMP, IPTC, comments, embedded previews); colour
profiles and everything that changes how it looks stay, bit for bit. Bytes behind the end of the
picture are cut off where cameras are known to put them (a second preview, a moving photograph,
padding); anything else there makes it a file of two faces, which is refused.

Sources: ISO/IEC 10918-1 (JPEG), the W3C's PNG specification (third edition), GIF89a, Google's WebP
container specification; AVIF is in `services.media.isobmff`.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from infrastructure.errors import InvalidError
from services.media.isobmff import clean_avif
from services.media.signatures import AVIF, GIF, JPEG, PNG, WEBP, MediaType

CUT_OFF: Final = "This picture is damaged or incomplete: save it again and try once more."
TWO_FACES: Final = (
    "This picture has something else hidden behind its end, so it is not taken: open it in a "
    "picture editor and save it anew."
)
# A file of millions of empty blocks is made to keep us busy; no camera writes one.
_MOST_BLOCKS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Structure:
    """What a walker found.

    `data`: the file without what must not stay; the very bytes given where nothing had to go.
    `width`, `height`: in pixels, as stored. `frames`: 1 for a still picture.
    """

    data: bytes
    width: int
    height: int
    frames: int = 1


def examine(media_type: MediaType, data: bytes) -> Structure:
    """Walk through an image file.

    Args:
        media_type: a raster type, as `signatures.sniff` told it.
        data: the whole file.

    Raises:
        InvalidError: it is damaged, or something foreign is behind its end.
    """
    try:
        found = _WALKERS[media_type](data)
    except (IndexError, ValueError, OverflowError) as error:
        raise InvalidError(CUT_OFF) from error
    if found.width < 1 or found.height < 1:
        raise InvalidError(CUT_OFF)
    return found


def _joined(data: bytes, pieces: list[bytes]) -> bytes:
    """Put the pieces together; the given object itself where nothing was left out."""
    joined = b"".join(pieces)
    return data if joined == data else joined


def _check_behind(rest: bytes) -> None:
    """Let pass what cameras write behind a picture's end; it is cut off afterwards.

    Raises:
        InvalidError: it is anything else.
    """
    rest = rest.lstrip(b"\0\xff\r\n ")
    harmless = (
        not rest
        # The further pictures of a multi-picture file (CIPA DC-007) begin like any JPEG.
        or rest.startswith((b"\xd8\xff\xe0", b"\xd8\xff\xe1", b"\xd8\xff\xe2", b"\xd8\xff\xdb"))
        # A moving photograph is an MP4, whose first bytes (its box's size) may be zeros; the
        # trailer of another maker's phones ends with its name.
        or b"ftyp" in rest[:8]
        or rest.endswith(b"SEFT")
    )
    if not harmless:
        raise InvalidError(TWO_FACES)


# What a JPEG keeps of its application segments: JFIF, colour profiles, Adobe's colour transform.
_JPEG_KEPT: Final = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_NEXT: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg(data: bytes) -> Structure:
    pieces = [data[:2]]
    at, width, height = 2, 0, 0
    for _ in range(_MOST_BLOCKS):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise InvalidError(CUT_OFF)
        marker = data[at + 1]
        if marker == 0xD9:
            pieces.append(b"\xff\xd9")
            _check_behind(data[at + 2 :])
            return Structure(_joined(data, pieces), width, height)
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise InvalidError(CUT_OFF)
        body = data[at + 4 : end]
        if marker in _JPEG_FRAMES:
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        if marker == 0xDA:
            following = _JPEG_NEXT.search(data, end)
            if following is None:
                raise InvalidError(CUT_OFF)
            end = following.start()
        application = 0xE0 <= marker <= 0xEF
        kept = any(marker == it and body.startswith(start) for it, start in _JPEG_KEPT)
        if (application and kept) or (not application and marker != 0xFE):
            pieces.append(data[at:end])
        at = end
    raise InvalidError(CUT_OFF)


_PNG_KEPT: Final = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT"}
    | {b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT"}
)


def _png(data: bytes) -> Structure:
    pieces = [data[:8]]
    at, width, height, frames = 8, 0, 0, 1
    for _ in range(_MOST_BLOCKS):
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or not name.isalpha():
            raise InvalidError(CUT_OFF)
        body = data[at + 8 : end - 4]
        if zlib.crc32(name + body) != int.from_bytes(data[end - 4 : end], "big"):
            raise InvalidError(CUT_OFF)
        if name == b"IHDR":
            width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        elif name == b"acTL":
            frames = max(1, int.from_bytes(body[:4], "big"))
        # A capital first letter marks a chunk without which the picture cannot be shown.
        if name[:1].isupper() or name in _PNG_KEPT:
            pieces.append(data[at:end])
        at = end
        if name == b"IEND":
            _check_behind(data[at:])
            return Structure(_joined(data, pieces), width, height, frames)
    raise InvalidError(CUT_OFF)


def _gif(data: bytes) -> Structure:
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    at = 13 + _gif_colours(data[10])
    pieces = [data[:at]]
    frames = 0
    for _ in range(_MOST_BLOCKS):
        block = data[at]
        if block == 0x3B and frames:
            pieces.append(b"\x3b")
            _check_behind(data[at + 1 :])
            return Structure(_joined(data, pieces), width, height, frames)
        if block == 0x2C:
            frames += 1
            left, top, wide, high = (
                int.from_bytes(data[at + 1 + 2 * it : at + 3 + 2 * it], "little") for it in range(4)
            )
            # A frame may reach beyond the screen; decoders then make the screen larger.
            width, height = max(width, left + wide), max(height, top + high)
            end = _gif_blocks_end(data, at + 10 + _gif_colours(data[at + 9]) + 1)
            pieces.append(data[at:end])
        elif block == 0x21:
            end = _gif_blocks_end(data, at + 2)
            label, application = data[at + 1], data[at + 3 : at + 14]
            is_loop = label == 0xFF and application in {b"NETSCAPE2.0", b"ANIMEXTS1.0"}
            if is_loop or label in {0xF9, 0x01}:
                pieces.append(data[at:end])
        else:
            break
        at = end
    raise InvalidError(CUT_OFF)


def _gif_colours(packed: int) -> int:
    """Return the length of a colour table in bytes, from the byte that describes it."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int) -> int:
    """Return where a chain of sub-blocks ends."""
    while data[at]:
        at += data[at] + 1
    return at + 1


_WEBP_KEPT: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})


def _webp(data: bytes) -> Structure:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise InvalidError(CUT_OFF)
    _check_behind(data[end:])
    chunks: list[bytes] = []
    width, height, frames = 0, 0, 0
    for name, chunk in _riff_chunks(data, 12, end):
        if name == b"VP8X":
            width, height = 1 + _little24(chunk, 12), 1 + _little24(chunk, 15)
        elif name in {b"VP8 ", b"VP8L"}:
            own = _vp8_size(chunk) if name == b"VP8 " else _vp8l_size(chunk)
            width, height = max(width, own[0]), max(height, own[1])
            frames += 1
        elif name == b"ANMF":
            width = max(width, 2 * _little24(chunk, 8) + 1 + _little24(chunk, 14))
            height = max(height, 2 * _little24(chunk, 11) + 1 + _little24(chunk, 17))
            frames += 1
        if name == b"VP8X":
            # The flags that announce Exif and XMP go with them.
            chunks.append(chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:])
        elif name in _WEBP_KEPT:
            chunks.append(chunk)
    if frames == 0:
        raise InvalidError(CUT_OFF)
    body = b"WEBP" + b"".join(chunks)
    cleaned = b"RIFF" + len(body).to_bytes(4, "little") + body
    return Structure(_joined(data, [cleaned]), width, height, frames)


def _riff_chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Give the chunks of a RIFF file: name, and the whole chunk with header and padding."""
    for _ in range(_MOST_BLOCKS):
        if at >= end:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        following = at + 8 + length + (length & 1)
        if at + 8 + length > end:
            raise InvalidError(CUT_OFF)
        yield data[at : at + 4], data[at : min(following, end)]
        at = following
    raise InvalidError(CUT_OFF)


def _little24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _vp8_size(chunk: bytes) -> tuple[int, int]:
    """Read the size in a lossy frame (RFC 6386, section 9.1)."""
    if chunk[11:14] != b"\x9d\x01\x2a":
        raise InvalidError(CUT_OFF)
    sides = int.from_bytes(chunk[14:16], "little"), int.from_bytes(chunk[16:18], "little")
    return sides[0] & 0x3FFF, sides[1] & 0x3FFF


def _vp8l_size(chunk: bytes) -> tuple[int, int]:
    """Read the size in a lossless frame (WebP lossless bitstream, section 3)."""
    if chunk[8] != 0x2F:
        raise InvalidError(CUT_OFF)
    bits = int.from_bytes(chunk[9:13], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _avif(data: bytes) -> Structure:
    cleaned, width, height, is_sequence = clean_avif(data)
    return Structure(cleaned, width, height, 2 if is_sequence else 1)


_WALKERS: Final[dict[MediaType, Callable[[bytes], Structure]]] = {
    JPEG: _jpeg,
    PNG: _png,
    GIF: _gif,
    WEBP: _webp,
    AVIF: _avif,
}
