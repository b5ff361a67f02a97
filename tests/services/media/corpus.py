"""Files to take or to refuse, built in code."""

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import ExifTags, Image, ImageCms

EXIF_TEXT = b"Ada's own camera"


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """A picture whose four corners differ, so that turning it shows."""
    image = Image.new(mode, (width, height))
    for x in range(width):
        for y in range(height):
            value = (x * 255 // width, y * 255 // height, 90, 255)
            image.putpixel((x, y), value[: len(mode)] if len(mode) > 1 else value[0])
    return image


def encoded(name: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, name, **options)
    return out.getvalue()


def exif(orientation: int | None = None) -> bytes:
    """Exif with somebody's camera and place in it."""
    data = Image.Exif()
    data[ExifTags.Base.Model] = EXIF_TEXT.decode()
    if orientation is not None:
        data[ExifTags.Base.Orientation] = orientation
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return data.tobytes()


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    )


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A small file that promises billions of pixels."""
    body = zlib.compress(bytes(10_000_000), 9)
    return png_header(width, height) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def gif_bomb(width: int = 65_535, height: int = 65_535) -> bytes:
    data = bytearray(encoded("GIF", picture(4, 4, "L")))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_bomb() -> bytes:
    """A header that makes a decoder reserve a gigabyte before it has read anything else."""
    side = (16_383).to_bytes(3, "little")
    header = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + side + side
    loop = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    still = encoded("WEBP", picture(4, 4))[12:]
    body = bytes(6) + (3).to_bytes(3, "little") * 2 + b"\x64\0\0\0" + still
    frame = b"ANMF" + struct.pack("<I", len(body)) + body
    inside = b"WEBP" + header + loop + frame
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def frame_bomb(frames: int = 3_000) -> bytes:
    """A GIF of thousands of frames."""
    data = encoded("GIF", picture(4, 4, "L"))
    start = data.index(b"\x2c\0\0\0\0")
    frame = data[start:-1]
    return data[:start] + frame * frames + b"\x3b"


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in (files or {"Main.class": b"\xca\xfe\xba\xbe"}).items():
            made.writestr(name, content)
    return out.getvalue()


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def mp4(brand: bytes = b"isom", padding: int = 64) -> bytes:
    start = box(b"ftyp", brand + b"\0\0\2\0" + brand + b"mp41")
    return start + box(b"mdat", bytes(padding)) + box(b"moov", box(b"mvhd", bytes(100)))


def webm() -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + bytes(64)


def mp3() -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return frame * 3


def wav() -> bytes:
    return b"RIFF" + struct.pack("<I", 40) + b"WAVEfmt " + bytes(32)


def ogg(codec: bytes = b"\x01vorbis") -> bytes:
    return b"OggS" + bytes(24) + codec + bytes(64)


SVG = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     width="120" height="60" viewBox="0 0 120 60">
  <defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
  <style>.a > .b { fill: url(#g) }</style>
  <rect class="a" width="100%" height="50" fill="url(#g)"/>
  <use xlink:href="#g" x="3"/>
  <text x="1" y="2">Bread &amp; butter</text>
</svg>"""
