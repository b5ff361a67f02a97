"""Raster images in pixels: checking that one decodes, turning it upright, making it smaller.

Everything here is synchronous, uses Pillow and may take a second and some hundred megabytes, so
callers run it in a thread and few at once. The size is always known from `structure` before a
decoder sees a file.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import get_sampling

from infrastructure.errors import InvalidError
from services.media import svg
from services.media.paths import Rendition
from services.media.signatures import AVIF, GIF, JPEG, PNG, SVG, WEBP, MediaType
from services.media.structure import CUT_OFF, examine

# Four bytes a pixel while it is decoded: 200 MB.
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 30_000
MAX_FRAMES: Final = 2_000
# All frames of an animation together; a reader's browser decodes every one of them.
MAX_ANIMATED_PIXELS: Final = 1_000_000_000

_ORIENTATION: Final = 0x0112
_PILLOW: Final = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP", AVIF: "AVIF"}
RASTER: Final = frozenset(_PILLOW)
BY_FORMAT: Final = {"jpeg": JPEG, "webp": WEBP, "avif": AVIF}

_SRGB: Final = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that may be kept: its bytes, and its size in pixels as it is shown."""

    data: bytes
    width: int
    height: int


def prepare(media_type: MediaType, data: bytes) -> Picture:
    """Check an uploaded image and take out what must not stay in it.

    Args:
        media_type: as `signatures.sniff` told it; a raster type or SVG.
        data: the whole file.

    Returns:
        The given bytes themselves where nothing had to change.

    Raises:
        InvalidError: it is damaged, too large, or not only an image; the sentence says which.
    """
    if media_type is SVG:
        drawing = svg.clean(data)
        return Picture(drawing.data, drawing.width, drawing.height)
    found = examine(media_type, data)
    _check_size(found.width, found.height, found.frames)
    orientation = _orientation(media_type, data)
    try:
        with Image.open(io.BytesIO(found.data), formats=[_PILLOW[media_type]]) as image:
            _check_size(*image.size, found.frames)
            image.load()
            if orientation == 1:
                return Picture(found.data, *image.size)
            if media_type is AVIF:
                # An AVIF is turned by its own properties, which every browser follows.
                sides = image.size if orientation < 5 else image.size[::-1]
                return Picture(found.data, *sides)
            return _upright(media_type, image, orientation)
    except InvalidError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        raise InvalidError(CUT_OFF) from error


def measure(media_type: MediaType, data: bytes) -> tuple[int, int] | None:
    """Return an image's size as it is shown, for a file that is kept just as it is.

    Returns:
        Width and height in pixels; None where they cannot be told or are beyond what is decoded.
    """
    if media_type is not SVG and media_type not in RASTER:
        return None
    try:
        picture = prepare(media_type, data)
    except InvalidError:
        return None
    return picture.width, picture.height


def _check_size(width: int, height: int, frames: int) -> None:
    """Refuse a picture that would take too much memory, before it is decoded.

    Raises:
        InvalidError: with the sentence for the person.
    """
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InvalidError(
            f"This picture has {width} × {height} pixels; at most {MAX_PIXELS // 10**6} million "
            "are taken: make it smaller first."
        )
    if frames > MAX_FRAMES or frames * width * height > MAX_ANIMATED_PIXELS:
        raise InvalidError(
            f"This animation has {frames} frames of {width} × {height} pixels, which is too much "
            "for a reader's browser: save it as a video."
        )


def _orientation(media_type: MediaType, data: bytes) -> int:
    """Return how a picture is to be turned, 1 to 8 as Exif numbers it; 1: it stands upright."""
    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[media_type]]) as image:
            value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken Exif data turns nothing; the picture is judged next
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(media_type: MediaType, image: Image.Image, orientation: int) -> Picture:
    """Turn a picture upright and encode it with as little loss as its format allows."""
    options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile")}
    if media_type is JPEG:
        # The same quantization tables make this almost lossless.
        options |= {
            "qtables": getattr(image, "quantization", None),
            "subsampling": get_sampling(image),
            "optimize": True,
            "progressive": bool(image.info.get("progressive")),
        }
    elif media_type is WEBP:
        options |= {"quality": 92, "method": 4}
    exif = image.getexif()
    exif[_ORIENTATION] = orientation
    turned = ImageOps.exif_transpose(image)
    data = _encoded(turned, _PILLOW[media_type], options)
    return Picture(examine(media_type, data).data, *turned.size)


def resize(
    media_type: MediaType, data: bytes, rendition: Rendition
) -> tuple[MediaType, bytes] | None:
    """Make a rendition of an image.

    It is upright, in sRGB, without a profile or anything else but pixels, and never larger than
    the original.

    Returns:
        The type and the bytes; None where the original is to be served as it is: a drawing, an
        animation, a GIF, or a picture that is small enough and of the format that is asked for.

    Raises:
        InvalidError: the image cannot be decoded.
    """
    if media_type not in RASTER:
        return None
    target = BY_FORMAT[rendition.format] if rendition.format else media_type
    found = examine(media_type, data)
    _check_size(found.width, found.height, found.frames)
    if found.frames > 1 or (media_type is GIF and target is GIF):
        return None
    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[media_type]]) as image:
            if target is media_type and _fits(image, rendition):
                return None
            _draft(image, rendition)
            made = _scaled(_in_srgb(ImageOps.exif_transpose(image)), rendition)
            return target, _encoded(made, _PILLOW[target], _quality(target))
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        raise InvalidError(CUT_OFF) from error


def _sides(image: Image.Image) -> tuple[int, int]:
    """Return width and height as they are once the picture stands upright."""
    width, height = image.size
    return (height, width) if image.getexif().get(_ORIENTATION, 1) in range(5, 9) else image.size


def _fits(image: Image.Image, rendition: Rendition) -> bool:
    width, height = _sides(image)
    return (rendition.width is None or width <= rendition.width) and (
        rendition.height is None or height <= rendition.height
    )


def _draft(image: Image.Image, rendition: Rendition) -> None:
    """Let a JPEG be decoded at a half, a quarter or an eighth of its size where that is enough."""
    width, height = image.size
    scale = max((rendition.width or 0) / width, (rendition.height or 0) / height)
    if scale:
        # A turned picture swaps its sides, so both must stay at least twice as large as wanted.
        most = max(rendition.width or 0, rendition.height or 0)
        if min(width, height) >= 2 * most:
            scale = max(scale, most / min(width, height))
            image.draft(None, (round(width * scale * 2), round(height * scale * 2)))


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return a picture in sRGB (or grey), with transparency where it has any."""
    has_alpha = image.has_transparency_data
    mode = "RGBA" if has_alpha else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            keep = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=keep)
        except ImageCms.PyCMSError:
            converted = None  # A broken profile is as good as none.
        if converted is not None:
            image = converted
    if image.mode.startswith(("I", "F")):
        # Sixteen bits a channel: Pillow clips on conversion, so the range is scaled first.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image if image.mode in {mode, "L"} else image.convert(mode)


def _scaled(image: Image.Image, rendition: Rendition) -> Image.Image:
    """Scale down into the box; with both sides given, cut out of the middle. Never scale up."""
    width, height = image.size
    if rendition.width and rendition.height:
        scale = min(1.0, width / rendition.width, height / rendition.height)
        box = round(rendition.width * scale), round(rendition.height * scale)
        return ImageOps.fit(image, (max(1, box[0]), max(1, box[1])), Image.Resampling.LANCZOS)
    scale = min(1.0, (rendition.width or width) / width, (rendition.height or height) / height)
    if scale == 1.0:
        return image
    sides = max(1, round(width * scale)), max(1, round(height * scale))
    return image.resize(sides, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _quality(target: MediaType) -> dict[str, Any]:
    """Return how a format is encoded: good to look at, quick enough to make while one waits."""
    return {
        JPEG: {"quality": 80, "optimize": True, "progressive": True},
        WEBP: {"quality": 80, "method": 4},
        AVIF: {"quality": 52, "speed": 8, "max_threads": 1},
        PNG: {"compress_level": 7},
    }[target]


def _encoded(image: Image.Image, name: str, options: dict[str, Any]) -> bytes:
    if name == "JPEG" and image.mode not in {"RGB", "L", "CMYK"}:
        # What was transparent becomes white, as the paper.
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image.convert("RGB"), mask=image.convert("RGBA").getchannel("A"))
        image = ground
    out = io.BytesIO()
    # What Pillow would carry over from the source is given explicitly or not at all.
    image.info = {}
    image.save(out, name, **{key: value for key, value in options.items() if value is not None})
    return out.getvalue()
