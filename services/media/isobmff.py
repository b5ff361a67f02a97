"""Files made of boxes (ISO/IEC 14496-12): AVIF pictures, and whether a film ends where it should.

For AVIF (ISO/IEC 23008-12, AV1 Image File Format) it finds the size without decoding, and blanks
the bytes of Exif and XMP items where they lie, so that every other offset in the file stays true.
It judges no other format.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from infrastructure.errors import InvalidError

_DAMAGED: Final = "This file is damaged or incomplete: save it again and try once more."

# Four bytes that say where the TIFF header is (here), then a TIFF without any tag.
_EMPTY_EXIF: Final = b"\0\0\0\0II*\0\x08\0\0\0" + bytes(6)


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, and where its content begins and ends in the file."""

    type: bytes
    start: int
    end: int


def boxes(data: bytes, at: int, end: int) -> Iterator[Box]:
    """Give the boxes that lie between two offsets.

    Raises:
        InvalidError: one reaches beyond the end.
    """
    while at < end:
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        kind = data[at + 4 : at + 8]
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < header or at + size > end:
            raise InvalidError(_DAMAGED)
        yield Box(kind, at + header, at + size)
        at += size


def check_boxes(file: BinaryIO, size: int) -> None:
    """Go along the outermost boxes of a film or a recording, reading nothing but their headers.

    Raises:
        InvalidError: they do not end with the file, or one is of no sensible type.
    """
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - at
        printable = all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in header[4:8])
        if length < 8 or at + length > size or len(header) < 8 or not printable:
            raise InvalidError(_DAMAGED)
        at += length


def clean_avif(data: bytes) -> tuple[bytes, int, int, bool]:
    """Walk through an AVIF.

    Returns:
        The file with its Exif and XMP blanked (the given bytes where it had none), the largest
        width and height that anything in it has, and whether it is a sequence of pictures.

    Raises:
        InvalidError: it is damaged.
    """
    outermost = list(boxes(data, 0, len(data)))
    meta = next((box for box in outermost if box.type == b"meta"), None)
    if meta is None:
        raise InvalidError(_DAMAGED)
    inner = {box.type: box for box in boxes(data, meta.start + 4, meta.end)}
    if b"iprp" not in inner:
        raise InvalidError(_DAMAGED)
    width, height = _largest(data, inner[b"iprp"])
    cleaned = bytearray(data)
    found = False
    for start, end, is_exif in _private_extents(data, inner):
        if end > len(data):
            raise InvalidError(_DAMAGED)
        # Decoders look whether Exif is well formed; XMP of nothing but spaces is none.
        blank = _EMPTY_EXIF[: end - start].ljust(end - start, b"\0")
        cleaned[start:end] = blank if is_exif else b" " * (end - start)
        found = True
    is_sequence = any(box.type == b"moov" for box in outermost)
    return bytes(cleaned) if found and cleaned != data else data, width, height, is_sequence


def _largest(data: bytes, properties: Box) -> tuple[int, int]:
    """Return the largest sides that an image spatial extents property (`ispe`) names."""
    width = height = 0
    for container in boxes(data, properties.start, properties.end):
        if container.type != b"ipco":
            continue
        for box in boxes(data, container.start, container.end):
            if box.type == b"ispe":
                width = max(width, int.from_bytes(data[box.start + 4 : box.start + 8], "big"))
                height = max(height, int.from_bytes(data[box.start + 8 : box.start + 12], "big"))
    return width, height


def _private_extents(data: bytes, inner: dict[bytes, Box]) -> Iterator[tuple[int, int, bool]]:
    """Give where the Exif and XMP items lie, as offsets in the file, and whether it is Exif."""
    if b"iinf" not in inner or b"iloc" not in inner:
        return
    wanted = dict(_private_items(data, inner[b"iinf"]))
    for item, method, start, length in _locations(data, inner[b"iloc"]):
        if item not in wanted:
            continue
        in_meta = inner[b"idat"].start if method == 1 and b"idat" in inner else 0
        yield in_meta + start, in_meta + start + length, wanted[item] == b"Exif"


def _private_items(data: bytes, information: Box) -> Iterator[tuple[int, bytes]]:
    """Give the items that tell of the person, number and type: Exif, and XMP (a `mime` item)."""
    version = data[information.start]
    at = information.start + (6 if version == 0 else 8)
    for box in boxes(data, at, information.end):
        entry = data[box.start : box.end]
        if box.type != b"infe" or entry[0] not in {2, 3}:
            continue
        width = 2 if entry[0] == 2 else 4
        kind = entry[6 + width : 10 + width]
        if kind in {b"Exif", b"mime"}:
            yield int.from_bytes(entry[4 : 4 + width], "big"), kind


def _locations(data: bytes, locations: Box) -> Iterator[tuple[int, int, int, int]]:
    """Give the extents of all items: number, construction method, offset, length."""
    reader = _Reader(data, locations.start, locations.end)
    version = reader.number(1)
    reader.number(3)
    sizes = reader.number(2)
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version in {1, 2} else 0
    for _ in range(reader.number(4 if version == 2 else 2)):
        item = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version in {1, 2} else 0
        reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            reader.number(index_size)
            offset = reader.number(offset_size)
            yield item, method, base + offset, reader.number(length_size)


class _Reader:
    """Reads big-endian numbers one after the other, and never beyond the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self._at = at
        self._end = end

    def number(self, size: int) -> int:
        if self._at + size > self._end:
            raise InvalidError(_DAMAGED)
        value = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return value
