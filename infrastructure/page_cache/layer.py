"""The ASGI layer before Quart: serve a kept page, or have it rendered once and keep it.

The way of a hit is short on purpose: one dictionary of headers, one look into the store, two
messages that were made before. Everything else is in the slower methods below it.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import structlog

from infrastructure.page_cache.cache import Made, PageCache
from infrastructure.page_cache.declare import Policy, Render
from infrastructure.page_cache.encoding import IDENTITY, Encoding, compress, negotiate
from infrastructure.page_cache.holes import Reader
from infrastructure.page_cache.page import (
    Answer,
    Message,
    Page,
    RawHeaders,
    automatic_tags,
    encoded,
    reason_not_to_keep,
)
from infrastructure.page_cache.render import (
    PRIVATE_CONTROL,
    AsgiApp,
    PrivateAnswer,
    Receive,
    Scope,
    Send,
    public_scope,
    render_public,
)
from infrastructure.page_cache.routes import Routes, variation
from infrastructure.page_cache.shared import Stamp
from infrastructure.page_cache.store import Key

_log = structlog.get_logger(__name__)

_NO_BODY: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}

# A render that became untrue while it ran is done again, so that nobody reads what was true
# before; with changes coming faster than renders, the last one goes out and is not kept.
_ATTEMPTS = 3

_RENDER_SECONDS = 30.0

# Different browsers send a few dozen different Accept-Encoding headers; a scanner may send any.
_REMEMBERED_ENCODINGS = 256

_NOT_PERSONAL: Final = frozenset(
    {b"vary", b"cache-control", b"surrogate-key", b"surrogate-control"}
)


@dataclass(slots=True)
class _Request:
    """One request; of headers that came more than once, the last."""

    headers: dict[bytes, bytes]
    scope: Scope
    receive: Receive
    send: Send


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be rendered."""

    key: Key
    policy: Policy
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What the app answered, and the clocks of purges before its first query."""

    answer: Answer
    render: Render
    tags: frozenset[str]
    since: int
    stamp: Stamp | None


class PageCacheLayer:
    """ASGI middleware around an app whose routes declared how they may be cached."""

    def __init__(self, app: AsgiApp, cache: PageCache, routes: Routes, *, debug: bool) -> None:
        """Stand before `app`; `debug` adds `X-Page-Cache` to every answer."""
        self._app = app
        self._cache = cache
        self._routes = routes
        self._debug = debug
        self._store = cache.store
        self._counts = cache.counts
        self._encodings: dict[bytes, Encoding] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request = _Request(headers, scope, receive, send)
        if (
            not scope["query_string"]
            and b"hx-request" not in headers
            and scope["method"] in {"GET", "HEAD"}
            and not (self._debug and headers.get(b"cache-control") == b"no-cache")
        ):
            page = self._store.get((headers.get(b"host", b""), scope["path"], ""))
            if page is not None and time.time() < page.refresh_at:
                self._counts.hits += 1
                await self._serve(page, request, "hit")
                return
        await self._look_closer(request)

    async def _look_closer(self, request: _Request) -> None:
        """Answer a request that is not simply a page under its path."""
        scope, headers = request.scope, request.headers
        if scope["method"] not in {"GET", "HEAD"}:
            await self._bypass(request, "method")
            return
        policy = self._routes.policy(scope["path"])
        if not policy.public:
            await self._bypass(request, "private")
            return
        if policy.required_header:
            name, value = policy.required_header
            if headers.get(name.encode()) != value.encode():
                await self._bypass(request, "header")
                return
        which = variation(policy, headers, scope["query_string"])
        if which is None:
            await self._bypass(request, "query")
            return
        key = (headers.get(b"host", b""), scope["path"], which)
        if self._debug and headers.get(b"cache-control") == b"no-cache":
            # A developer who forces a reload wants to see the template that was just edited.
            self._store.remove(key)
        reader = self._begin_holes(key, request)
        try:
            page, verdict = await self._find(_Job(key, policy, public_scope(scope, policy, key)))
        except TimeoutError:
            _log.exception("page takes too long to render", path=scope["path"])
            await _give_up(request.send)
            return
        await self._serve(page, request, verdict, reader)

    def _begin_holes(self, key: Key, request: _Request) -> Reader | None:
        """Have a reader's holes filled while he waits for a render, where he will have to."""
        if not self._is_personal(request):
            return None
        page = self._store.get(key)
        if page is not None and time.time() < page.dead_at:
            return None
        return self._cache.holes.begin(request.scope)

    def _is_personal(self, request: _Request) -> bool:
        """Whether a request brings a cookie that fills holes; HTTP/2 may send each by itself."""
        return b"cookie" in request.headers and any(
            name == b"cookie" and self._cache.holes.is_personal(value)
            for name, value in request.scope["headers"]
        )

    async def _find(self, job: _Job) -> tuple[Page, str]:
        """Return the page for a job, and how it was come by."""
        page = self._store.get(job.key)
        now = time.time()
        if page is not None and now < page.dead_at:
            if now >= page.refresh_at and self._cache.flights.under_way(job.key) is None:
                self._cache.flights.start(job.key, lambda: self._make(job))
            if now < page.stale_at:
                self._counts.hits += 1
                return page, "hit"
            self._counts.stale += 1
            return page, "stale"
        self._counts.misses += 1
        return await self._make_once(job), "miss"

    async def _make_once(self, job: _Job) -> Page:
        """Have a job done by whoever does it already, unless that began too early for us."""
        cache = self._cache
        arrival = cache.epochs.clock
        while cache.ready:
            made = await asyncio.shield(cache.flights.join(job.key, lambda: self._make(job)))
            # What was touched after that render began, it may not show; whoever asked before the
            # change may still have it, whoever asked after the change may not.
            if made.since >= arrival or cache.epochs.unchanged(made.page.tags, made.since):
                return made.page
        return (await self._make(job)).page

    async def _make(self, job: _Job) -> Made:
        """Fetch a page from the shared level or render it, and keep it."""
        cache = self._cache
        since = cache.epochs.clock
        shared = await cache.shared.fetch(job.key, job.policy)
        if shared is not None and self._keep(job.key, shared, since):
            self._counts.shared_hits += 1
            return Made(shared, since)
        async with cache.shared.turn(job.key, job.policy) as turn:
            if turn.page is not None and self._keep(job.key, turn.page, turn.since):
                self._counts.shared_hits += 1
                return Made(turn.page, turn.since)
            rendered = await self._render(job)
            page = self._judge(job, rendered)
            if self._keep(job.key, page, rendered.since):
                turn.offer(page, rendered.answer, rendered.stamp)
        return Made(page, rendered.since)

    async def _render(self, job: _Job) -> _Rendered:
        """Run the app, again if what it showed was touched meanwhile."""
        cache = self._cache
        for attempts_left in reversed(range(_ATTEMPTS)):
            since, stamp = cache.epochs.clock, cache.shared.stamp
            async with asyncio.timeout(_RENDER_SECONDS):
                answer, render = await render_public(self._app, job.scope)
            self._counts.renders += 1
            tags = render.tags | automatic_tags(answer.status)
            if cache.epochs.unchanged(tags, since) or not attempts_left:
                return _Rendered(answer, render, frozenset(tags), since, stamp)
            self._counts.outdated += 1
        raise AssertionError

    def _judge(self, job: _Job, rendered: _Rendered) -> Page:
        """Turn what was rendered into a page, and decide whether anyone may keep it."""
        reason = reason_not_to_keep(rendered.answer, job.policy, rendered.render)
        if reason in {"cookie", "untagged"}:
            _log.error("public page cannot be kept", reason=reason, path=job.key[1])
        if reason is None and not self._cache.epochs.unchanged(rendered.tags, rendered.since):
            reason = "outdated"
        if reason is not None:
            self._counts.not_kept[reason] += 1
        return Page(
            rendered.answer,
            job.policy,
            tags=rendered.tags,
            viewer_may_differ=rendered.render.viewer_may_differ,
            kept=reason is None,
            made=time.time(),
            fresh=rendered.render.fresh,
            cdn_seconds=self._cache.cdn_seconds,
        )

    def _keep(self, key: Key, page: Page, since: int) -> bool:
        """Keep a page here unless something it shows was touched since; say whether it was true."""
        cache = self._cache
        if not (cache.ready and page.kept and cache.epochs.unchanged(page.tags, since)):
            return False
        self._store.put(key, page)
        return True

    async def _serve(
        self, page: Page, request: _Request, verdict: str, reader: Reader | None = None
    ) -> None:
        """Send a page: to everybody the same, to a known reader with his holes filled."""
        headers = request.headers
        if (page.holes or page.viewer_may_differ) and self._is_personal(request):
            if page.viewer_may_differ:
                await self._bypass(request, "viewer")
                return
            reader = reader or Reader(request.scope)
            body = await self._cache.holes.fill(page.cut, reader)
            if body is not None:
                await self._serve_filled(page, body, request, verdict)
                return
        encoding = self._encoding(page, headers)
        variant = page.ready(encoding) or await page.variant(encoding)
        variant.grow_old(page.age(time.time()))
        known = headers.get(b"if-none-match")
        if known is not None and page.status == 200 and variant.matches(known):
            start, body_message = variant.not_modified, _NO_BODY
        else:
            start = variant.start
            body_message = _NO_BODY if request.scope["method"] == "HEAD" else variant.body
        if self._debug:
            start = {**start, "headers": [*start["headers"], *self._verdict(verdict)]}
        await request.send(start)
        await request.send(body_message)

    async def _serve_filled(self, page: Page, body: bytes, request: _Request, verdict: str) -> None:
        self._counts.filled += 1
        # A page whose address the reader chose (a search) could, compressed together with what is
        # secret in a hole, give the secret away by its length.
        encoding = IDENTITY
        if not request.scope["query_string"]:
            encoding = self._encoding(page, request.headers)
        body = compress(body, encoding, once=True)
        headers = [
            *(it for it in page.public_headers if it[0] not in _NOT_PERSONAL),
            PRIVATE_CONTROL,
            (b"vary", b"accept-encoding, cookie"),
        ]
        headers = encoded(headers, encoding, len(body))
        if self._debug:
            headers += self._verdict(verdict)
        start = {"type": "http.response.start", "status": page.status, "headers": headers}
        await request.send(start)
        if request.scope["method"] == "HEAD":
            await request.send(_NO_BODY)
        else:
            await request.send({"type": "http.response.body", "body": body, "more_body": False})

    async def _bypass(self, request: _Request, reason: str) -> None:
        """Leave a request to the app; nobody keeps the answer unless the app allows it."""
        self._counts.bypasses[reason] += 1
        more = self._verdict(f"bypass; {reason}") if self._debug else []
        answer = PrivateAnswer(request.send, request.scope, self._cache.holes, more)
        await self._app(request.scope, request.receive, answer)

    def _encoding(self, page: Page, headers: dict[bytes, bytes]) -> Encoding:
        """Return in which encoding a client gets a page."""
        if not page.compressible:
            return IDENTITY
        accepted = headers.get(b"accept-encoding", b"")
        encoding = self._encodings.get(accepted)
        if encoding is None:
            encoding = negotiate(accepted)
            if len(self._encodings) < _REMEMBERED_ENCODINGS:
                self._encodings[accepted] = encoding
        return encoding

    @staticmethod
    def _verdict(verdict: str) -> RawHeaders:
        return [(b"x-page-cache", verdict.encode())]


async def _give_up(send: Send) -> None:
    body = b"This page takes too long just now. Please try again in a minute."
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"60"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
