"""Content encodings: what a request accepts (RFC 9110, 12.5.3) and the compressing itself."""

import gzip
from collections.abc import Callable, Mapping
from typing import Final, Literal

import brotli
import zstandard

Encoding = Literal["zstd", "br", "gzip", "identity"]

IDENTITY: Final[Encoding] = "identity"

# Where a client likes several equally, the first of these is taken: zstd is the quickest to unpack
# and makes pages about as small as brotli does.
PREFERENCE: Final[tuple[Encoding, ...]] = ("zstd", "br", "gzip")

# Below this a compressed body saves less than its header costs.
SMALLEST = 512

_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/feed+json",
    "application/activity+json",
    "application/jrd+json",
    "application/ld+json",
    "application/manifest+json",
    "application/javascript",
    "application/xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/xhtml+xml",
    "image/svg+xml",
)

# For what is kept and served many times, and for what is sent once.
_KEPT: Mapping[Encoding, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=9).compress(body),
    "br": lambda body: brotli.compress(body, quality=6),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
_ONCE: Mapping[Encoding, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=1).compress(body),
    "br": lambda body: brotli.compress(body, quality=1),
    "gzip": lambda body: gzip.compress(body, compresslevel=1, mtime=0),
}


def compressible(content_type: str, size: int) -> bool:
    """Whether a body of this type and size (bytes) is worth compressing."""
    return size >= SMALLEST and content_type.lower().startswith(_COMPRESSIBLE)


def compress(body: bytes, encoding: Encoding, *, once: bool = False) -> bytes:
    """Compress a body; `once`: quickly, because nobody else will get these bytes."""
    if encoding == IDENTITY:
        return body
    return (_ONCE if once else _KEPT)[encoding](body)


def quality(parameters: str) -> float:
    """Return the q-value among the parameters of an Accept element; 0 where it is malformed."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def negotiate(accept_encoding: bytes) -> Encoding:
    """Return the encoding that a client likes best among ours, by its `Accept-Encoding`.

    Identity is the answer whenever nothing else is accepted: a page that cannot be read is better
    than a 406 that nobody expects.
    """
    wanted: dict[str, float] = {}
    for element in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameters = element.strip().partition(";")
        if name:
            wanted[name.strip()] = quality(parameters)
    wanted.setdefault("gzip", wanted.get("x-gzip", wanted.get("*", 0.0)))
    best: Encoding = IDENTITY
    best_quality = wanted.get(IDENTITY, 0.0)
    for encoding in reversed(PREFERENCE):
        liking = wanted.get(encoding, wanted.get("*", 0.0))
        if liking > 0 and liking >= best_quality:
            best, best_quality = encoding, liking
    return best
