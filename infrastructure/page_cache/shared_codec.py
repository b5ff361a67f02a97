"""A page as bytes, for the shared level: what the app answered, and what was known about it."""

import msgspec
import zstandard
from msgspec import Struct

from infrastructure.page_cache.declare import Policy
from infrastructure.page_cache.page import Answer, Page


class _Packed(Struct, frozen=True, array_like=True):
    """`body` still has its holes marked, and is compressed with zstd."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tags: list[str]
    viewer_may_differ: bool
    made: float
    fresh: float | None = None


_decoder = msgspec.msgpack.Decoder(_Packed)


def pack(page: Page, answer: Answer) -> bytes:
    """Return a page as bytes."""
    return msgspec.msgpack.encode(
        _Packed(
            answer.status,
            answer.headers,
            zstandard.ZstdCompressor(level=3).compress(answer.body),
            sorted(page.tags),
            page.viewer_may_differ,
            page.made,
            page.fresh,
        )
    )


def unpack(payload: bytes, policy: Policy, cdn_seconds: int) -> Page:
    """Make the page again.

    Raises:
        ValueError: another version of the app packed it otherwise.
    """
    try:
        packed = _decoder.decode(payload)
        body = zstandard.ZstdDecompressor().decompress(packed.body)
    except (msgspec.DecodeError, zstandard.ZstdError) as error:
        raise ValueError(*error.args) from error
    return Page(
        Answer(packed.status, packed.headers, body),
        policy,
        tags=packed.tags,
        viewer_may_differ=packed.viewer_may_differ,
        kept=True,
        made=packed.made,
        fresh=packed.fresh,
        cdn_seconds=cdn_seconds,
    )
