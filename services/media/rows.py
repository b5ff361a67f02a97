"""What the media domain hands out: finished, typed rows."""

from datetime import datetime

from msgspec import Struct

from services.media.paths import MediaKind


class StoredMedia(Struct, frozen=True):
    """A file that was taken.

    `url` is its path on this site (`/content/images/2026/11/loaf.jpg`). `width` and `height` are
    in pixels as shown, None for what is no image. `bytes` is its size as stored.
    """

    url: str
    width: int | None
    height: int | None
    content_type: str
    bytes: int


class MediaRow(Struct, frozen=True):
    """A public path and what it leads to; `digest` is the SHA-256 of its bytes in the store."""

    path: str
    kind: MediaKind
    digest: bytes
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    origin: str
    created_at: datetime


class Dimensions(Struct, frozen=True):
    """The size of an image in pixels, as it is shown."""

    width: int
    height: int


class Imported(Struct, frozen=True):
    """What an import of a folder did, in files; `refused` is `(path, sentence)` for each."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[tuple[str, str], ...]
