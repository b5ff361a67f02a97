"""The public paths of media: Ghost's scheme, their checks, new names, and sizes in paths.

`/content/images/2026/11/loaf.jpg` is a path, and with `size/w600/format/webp/` behind `images/` it
asks for a rendition. The scheme is Ghost's (its storage adapter and its image-size
middleware), so that links written by either keep working. A path is a name in a table and never
the name of a file on disk. Nothing here does I/O.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit


class MediaKind(StrEnum):
    """What a file is used for; it decides the folder, the types taken and the size allowed."""

    IMAGE = "image"
    MEDIA = "media"
    FILE = "file"


FOLDERS: Final = {MediaKind.IMAGE: "images", MediaKind.MEDIA: "media", MediaKind.FILE: "files"}
_KINDS: Final = {folder: kind for kind, folder in FOLDERS.items()}

# The widths that Ghost, its editor's cards and its usual themes ask for. Whoever asks for another
# one is sent to the original, so that nobody can fill the disk with sizes.
WIDTHS: Final = frozenset(
    {30, 100, 150, 160, 256, 300, 320, 400, 600, 750, 800, 960, 1000, 1200, 1600, 2000, 2400}
)
HEIGHTS: Final = frozenset({30, 100, 150, 256, 300, 400, 600, 1000})
# Squares (icons, faces) and the shapes of link previews are cut out of the middle.
_CROPS: Final = frozenset(
    {(side, side) for side in HEIGHTS} | {(1200, 630), (1200, 675), (1000, 600), (600, 315)}
)
FORMATS: Final = frozenset({"webp", "avif", "jpeg"})

_LONGEST_PATH: Final = 1024
_LONGEST_NAME: Final = 255
_SIZE: Final = re.compile(r"(?:w(?P<width>[1-9][0-9]{0,4}))?(?:h(?P<height>[1-9][0-9]{0,4}))?")
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9_@]+")


@dataclass(frozen=True, slots=True)
class Rendition:
    """What is asked of an image: at most this wide and high (pixels), in this format.

    With both width and height the image is cut to that shape. None leaves it as it is.
    """

    width: int | None = None
    height: int | None = None
    format: str | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether this is one of the sizes and formats that are made."""
        if self.format is not None and self.format not in FORMATS:
            return False
        if self.width is not None and self.height is not None:
            return (self.width, self.height) in _CROPS
        if self.height is not None:
            return self.height in HEIGHTS
        return self.width in WIDTHS if self.width is not None else self.format is not None

    @property
    def name(self) -> str:
        """A short name, unique among renditions: `w600`, `w600h600-webp`, `avif`."""
        size = (f"w{self.width}" if self.width else "") + (f"h{self.height}" if self.height else "")
        return "-".join(part for part in (size, self.format) if part)


def kind_of(path: str) -> MediaKind | None:
    """Return the kind that a public path belongs to; None when it cannot be one.

    Args:
        path: decoded, beginning with `/content/`.
    """
    if len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
        return None
    parts = path.split("/")
    if len(parts) < 4 or parts[:2] != ["", "content"] or not all(map(_is_name, parts[3:])):
        return None
    return _KINDS.get(parts[2])


def _is_name(name: str) -> bool:
    """Whether a part of a path is an ordinary name: no dot file, no backslash, nothing unseen."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME
        and not name.startswith(".")
        and "\\" not in name
        and all(unicodedata.category(character)[0] != "C" for character in name)
    )


def split_rendition(path: str) -> tuple[str, Rendition | None]:
    """Split a public path into the path of the original and what is asked of it.

    Returns:
        The path as it is and None when no rendition is asked for. A size that is not understood
        comes back as a rendition that is not allowed.
    """
    prefix = "/content/images/"
    if not path.startswith(prefix):
        return path, None
    rest = path.removeprefix(prefix)
    size: str | None = None
    wanted: str | None = None
    parts = rest.split("/", 2)
    if parts[0] == "size" and len(parts) == 3:
        size, rest = parts[1], parts[2]
        parts = rest.split("/", 2)
    if parts[0] == "format" and len(parts) == 3:
        wanted, rest = parts[1], parts[2]
    if size is None and wanted is None:
        return path, None
    found = _SIZE.fullmatch(size or "")
    if found is None or size == "":
        return prefix + rest, Rendition(width=0)
    width, height = found["width"], found["height"]
    return prefix + rest, Rendition(
        int(width) if width else None, int(height) if height else None, wanted
    )


def path_in(url: str, bases: Collection[str] = ()) -> str | None:
    """Return the public path of the original that an address in a document means.

    Args:
        url: `/content/…`, `__GHOST_URL__/content/…` or an absolute address; with or without a size.
        bases: the addresses of this site and of its Ghost, without a closing slash. What lies on
            any other host is none of our media, whatever its path.

    Returns:
        None when it is not the address of a media file.
    """
    for base in ("__GHOST_URL__", *bases):
        if base and url.startswith(f"{base}/"):
            url = url.removeprefix(base)
            break
    if not url.startswith("/content/"):
        return None
    original, _ = split_rendition(unquote(urlsplit(url).path))
    return original if kind_of(original) else None


def new_path(kind: MediaKind, name: str, extension: str, now: datetime, number: int) -> str:
    """Make the path of a new upload, as Ghost names them.

    Args:
        kind: decides the folder.
        name: as the person's computer called it; only its last part is used, in plain letters.
        extension: without a dot; follows from what the file holds.
        now: gives year and month.
        number: 0, or what tells it from others of the same name.
    """
    last = re.split(r"[\\/]", name)[-1]
    stem = last.rpartition(".")[0] or last
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = _UNUSUAL.sub("-", plain).strip("-")[:100] or kind.value
    suffix = f"-{number}" if number else ""
    return f"/content/{FOLDERS[kind]}/{now:%Y/%m}/{plain}{suffix}.{extension}"
