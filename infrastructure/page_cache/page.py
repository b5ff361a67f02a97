"""A rendered page: its bytes in every encoding asked for so far, and ready-made ASGI messages.

A page is made once from what the app answered and served many times, so all that can be known when
it is made is made then; what depends on the request is chosen among finished messages.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from math import inf
from typing import Any, Final

from infrastructure.page_cache.declare import Policy, Render
from infrastructure.page_cache.encoding import IDENTITY, Encoding, compress, compressible
from infrastructure.page_cache.epochs import EVERYTHING
from infrastructure.page_cache.holes import HolePage, cut

Message = dict[str, Any]
RawHeaders = list[tuple[bytes, bytes]]

# Carried by answers that say "nothing here" or "look there": purged when any address changes.
ADDRESSES: Final = "addresses"

REDIRECTS: Final = frozenset({301, 308})
MISSING: Final = frozenset({404, 410})
_KEPT: Final = frozenset({200}) | REDIRECTS | MISSING

# How long a 404 is believed even if no address changes.
MISSING_SECONDS: Final = 30.0

# Decided by this layer or true for one answer only.
_DROPPED: Final = frozenset(
    {
        b"age",
        b"cache-control",
        b"connection",
        b"content-length",
        b"date",
        b"etag",
        b"server",
        b"set-cookie",
        b"surrogate-control",
        b"surrogate-key",
        b"transfer-encoding",
        b"vary",
        b"x-request-id",
    }
)

# What a 304 repeats (RFC 9110, 15.4.5).
_REPEATED: Final = frozenset(
    {b"age", b"cache-control", b"content-location", b"etag", b"expires", b"surrogate-key", b"vary"}
)

_ETAG = re.compile(rb'(?:W/)?("[^"]*")')

# What an entry takes beside its bytes: headers, messages, the places in the index.
_OVERHEAD = 2_000
_OVERHEAD_OF_TAG = 150


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered, whole."""

    status: int
    headers: RawHeaders
    body: bytes

    def header(self, name: bytes) -> bytes:
        """Return the first header of this (lower-case) name, or nothing."""
        return next((value for key, value in self.headers if key == name), b"")


class Variant:
    """A page in one encoding: messages that are sent as they are."""

    __slots__ = ("_headers", "_status", "age", "body", "etag", "not_modified", "size", "start")

    def __init__(self, status: int, headers: RawHeaders, body: bytes, etag: bytes) -> None:
        """Prepare the messages for a page that is 0 seconds old."""
        self._status = status
        self._headers = headers
        self.etag = etag
        self.size = len(body)
        self.body: Message = {"type": "http.response.body", "body": body, "more_body": False}
        self.start: Message
        self.not_modified: Message
        self.age = -1
        self.grow_old(0)

    def grow_old(self, age: int) -> None:
        """Make the messages say this age (whole seconds)."""
        if age == self.age:
            return
        self.age = age
        headers = [*self._headers, (b"age", b"%d" % age)] if self.etag else self._headers
        self.start = {"type": "http.response.start", "status": self._status, "headers": headers}
        self.not_modified = {
            "type": "http.response.start",
            "status": 304,
            "headers": [it for it in headers if it[0] in _REPEATED],
        }

    def matches(self, if_none_match: bytes) -> bool:
        """Whether an `If-None-Match` names this very page (weak comparison, RFC 9110, 13.1.2)."""
        if not self.etag:
            return False
        if if_none_match == self.etag:
            return True
        return if_none_match.strip() == b"*" or self.etag in _ETAG.findall(if_none_match)


class Page:
    """What is kept under one key.

    `made` is a time of `time.time()`, on which machines that share pages agree; `refresh_at`,
    `stale_at` and `dead_at` say from when on a render should replace it, when it is no longer
    fresh, and when it may no longer be served.
    """

    __slots__ = (
        "_hash",
        "_making",
        "_variants",
        "compressible",
        "cut",
        "dead_at",
        "fresh",
        "grown",
        "holes",
        "kept",
        "made",
        "protected",
        "public_headers",
        "refresh_at",
        "size",
        "stale_at",
        "status",
        "tags",
        "viewer_may_differ",
    )

    def __init__(
        self,
        answer: Answer,
        policy: Policy,
        *,
        tags: Iterable[str],
        viewer_may_differ: bool,
        kept: bool,
        made: float,
        fresh: float | None = None,
        cdn_seconds: int = 0,
    ) -> None:
        """Prepare a page.

        Args:
            answer: what the app answered.
            policy: the route's.
            tags: what it shows.
            viewer_may_differ: a signed-in reader may see more.
            kept: whether anyone, we included, may keep it.
            made: when, in seconds since the epoch.
            fresh: for how many seconds the render itself said that it is true.
            cdn_seconds: for how long a CDN may keep it.
        """
        self.kept = kept
        self.made = made
        self.fresh = fresh
        self.tags = frozenset(tags) | {EVERYTHING}
        self.viewer_may_differ = viewer_may_differ
        self.cut: HolePage = cut(answer.body)
        self.holes = bool(self.cut.holes)
        body = self.cut.filled({})
        self.status = answer.status
        self.compressible = compressible(
            answer.header(b"content-type").decode("latin-1"), len(body)
        )
        self._hash = blake2b(body, digest_size=16).hexdigest() if kept else ""
        self.public_headers = _public_headers(answer, policy, self, cdn_seconds)
        self._variants: dict[Encoding, Variant] = {}
        self._making: dict[Encoding, asyncio.Task[Variant]] = {}
        self.protected = False
        self.size = _OVERHEAD + len(body) + _OVERHEAD_OF_TAG * len(self.tags)
        self.grown: Callable[[Page, int], None] | None = None
        stale = policy.stale
        if fresh is not None and (policy.fresh is None or fresh < policy.fresh):
            stale = fresh
        else:
            fresh = policy.fresh
        if answer.status in MISSING:
            fresh, stale = MISSING_SECONDS, 0
        self.stale_at = inf if fresh is None else made + fresh
        # Early enough that the replacement is there before anyone would have to wait for it.
        self.refresh_at = inf if fresh is None else made + 0.9 * fresh
        self.dead_at = self.stale_at + stale

    @property
    def body(self) -> bytes:
        """The page as everybody sees it, without marks of holes."""
        return self.cut.filled({})

    def age(self, now: float) -> int:
        """Whole seconds since it was made."""
        return max(int(now - self.made), 0)

    def encoding_for(self, wanted: Encoding) -> Encoding:
        """Return the encoding in which a client who likes `wanted` best gets this page."""
        return wanted if self.compressible else IDENTITY

    def ready(self, encoding: Encoding) -> Variant | None:
        """Return the page in this encoding if it was made before."""
        return self._variants.get(encoding)

    async def variant(self, encoding: Encoding) -> Variant:
        """Return the page in this encoding, made at most once and not on the event loop."""
        known = self._variants.get(encoding)
        if known is not None:
            return known
        making = self._making.get(encoding)
        if making is None:
            making = asyncio.create_task(self._make(encoding))
            self._making[encoding] = making
        return await asyncio.shield(making)

    async def _make(self, encoding: Encoding) -> Variant:
        body = self.body
        if encoding != IDENTITY:
            body = await asyncio.to_thread(partial(compress, body, encoding))
        etag = f'"{self._hash}-{encoding}"'.encode() if self.kept else b""
        variant = Variant(
            self.status, encoded(self.public_headers, encoding, len(body), etag), body, etag
        )
        self._variants[encoding] = variant
        self._making.pop(encoding, None)
        if body is not self.cut.texts[0]:
            self.size += len(body)
            if self.grown is not None:
                self.grown(self, len(body))
        return variant


def encoded(headers: RawHeaders, encoding: Encoding, length: int, etag: bytes = b"") -> RawHeaders:
    """Return headers with those that belong to the body as it is sent."""
    more = [(b"content-length", b"%d" % length)]
    if encoding != IDENTITY:
        more.append((b"content-encoding", encoding.encode()))
    if etag:
        more.append((b"etag", etag))
    return [*headers, *more]


def reason_not_to_keep(answer: Answer, policy: Policy, render: Render) -> str | None:
    """Return why an answer of a public route may not be kept, or None where it may.

    The reasons are `status`, `cookie` (a bug of the route), `private` (the view said so itself) and
    `untagged` (nothing could ever purge it).
    """
    if answer.status not in _KEPT:
        return "status"
    if answer.header(b"set-cookie"):
        return "cookie"
    control = answer.header(b"cache-control").lower()
    if b"private" in control or b"no-store" in control:
        return "private"
    if answer.status == 200 and not render.tags and policy.fresh is None:
        return "untagged"
    return None


def automatic_tags(status: int) -> frozenset[str]:
    """Return the tags that an answer has by its status alone."""
    return frozenset({ADDRESSES} if status in REDIRECTS | MISSING else ())


def without_dropped(headers: RawHeaders, *, keep: frozenset[bytes] = frozenset()) -> RawHeaders:
    """Return the app's headers without those that this layer decides."""
    return [it for it in headers if it[0] not in _DROPPED or it[0] in keep]


def vary(policy: Policy) -> bytes:
    """Return by which request headers the answers of a public route vary."""
    names = [b"accept-encoding"]
    if policy.fragment_of_htmx:
        names.append(b"hx-request")
    if policy.representations:
        names.append(b"accept")
    return b", ".join(names)


def _public_headers(answer: Answer, policy: Policy, page: Page, cdn_seconds: int) -> RawHeaders:
    headers = [*without_dropped(answer.headers), (b"vary", vary(policy))]
    if not page.kept:
        return [*headers, (b"cache-control", b"no-store")]
    if policy.browser:
        headers.append((b"cache-control", b"public, max-age=%d" % policy.browser))
    else:
        headers.append((b"cache-control", b"public, no-cache"))
    if page.fresh is not None:
        cdn_seconds = min(cdn_seconds, int(page.fresh))
    if cdn_seconds and not page.viewer_may_differ:
        headers.append((b"surrogate-control", b"max-age=%d" % cdn_seconds))
    headers.append((b"surrogate-key", " ".join(sorted(page.tags)).encode()))
    return headers
