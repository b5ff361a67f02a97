"""The client: fetches pieces of pages from sibling apps, and never lets a page wait for long.

All fragments of a page are asked for at once and share one deadline. An answer is shown while it
is fresh; a little older, it is shown while it is asked for again; when its app is slow, broken or
gone, the last known good stands in for a day, and where there is none the place stays empty.
However many pages miss the same fragment, one request is made; it goes on for the next page when
this one no longer waits.

A request carries the fragment's parameters and its viewer, and nothing else of the reader's; an
answer is cleaned (see `sanitise`) before anyone sees it, and cookies in it are not taken.
"""

import asyncio
import http.cookiejar
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import structlog

from infrastructure.fragments.breaker import Breaker
from infrastructure.fragments.kinds import FragmentRequest
from infrastructure.fragments.memory import Good, Memory, NoSharedMemory, SharedMemory
from infrastructure.fragments.metrics import FAILURES, SECONDS, SHOWN
from infrastructure.fragments.sanitise import Sanitiser
from infrastructure.http import ResponseTooLarge, create_client
from infrastructure.page_cache.flights import Flights

_log = structlog.get_logger(__name__)

DEFAULT_BUDGET: Final = 0.15  # seconds
LARGEST: Final = 256 * 1024  # bytes of one fragment
DEFAULT_PATIENCE: Final = 2.0  # seconds
_MOST_AT_ONCE: Final = 16  # requests to one app
_FIRST_REST: Final = 1.0  # seconds that a failed fragment is left alone, doubled each time
_LONGEST_REST: Final = 30.0
_MOST_RESTING: Final = 10_000
_LARGE: Final = 32 * 1024  # bytes from which on cleaning would hold up the event loop
_MEMORY: Final = 16 * 1024 * 1024
_SOON: Final = 1.0  # seconds after which a page that shows something old should look again


class FragmentError(Exception):
    """A fragment could not be had; `reason` is one word for logs and metrics."""

    def __init__(self, request: FragmentRequest, reason: str, detail: str = "") -> None:
        """Say which fragment, and why not."""
        super().__init__(f"{request.app} {request.kind.name}: {reason} {detail}".rstrip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fragment:
    """What stands where a fragment was wanted.

    Attributes:
        html: clean HTML, empty where there is nothing to show.
        fresh: for how many seconds it may be shown without asking again.
    """

    html: str
    fresh: float


@dataclass(frozen=True, slots=True)
class Origin:
    """A sibling app: where its fragments are fetched, and where people find it.

    Neither address ends in a slash.
    """

    app: str
    internal_url: str
    public_url: str


@dataclass(frozen=True, slots=True)
class SiblingState:
    """How a sibling app is doing, as this process sees it.

    Attributes:
        app: its name.
        is_left_alone: whether its breaker is open.
        trouble: the last failure in a word or two; empty while its answers can be used.
        since: when its answers began to fail, in seconds since the epoch; None while they do not.
    """

    app: str
    is_left_alone: bool
    trouble: str
    since: float | None


@dataclass(slots=True)
class _Sibling:
    """What is kept of one sibling app."""

    origin: Origin
    http: httpx.AsyncClient
    sanitiser: Sanitiser
    breaker: Breaker
    under_way: int = 0
    trouble: str = ""
    since: float | None = None


@dataclass(slots=True)
class _Rest:
    """How a fragment that fails is left alone."""

    until: float
    pause: float


@dataclass(slots=True)
class _Flight:
    """One request under way: when it began, and whether a page stopped waiting for it."""

    began: float
    task: asyncio.Task[Good] | None = None
    late: bool = False


@dataclass(slots=True)
class FragmentClient:
    """Fragments of sibling apps for the pages of one process.

    Attributes:
        origins: the sibling apps that there are; fragments of others are absent without a word.
        site_url: the public address of the site that shows them, without a closing slash.
        budget: seconds that all fragments of a page may take together.
        patience: seconds after which a request is given up, although nobody waits any more.
        strict: raise what goes wrong instead of hiding it from the reader (for tests).
        shared: a memory that outlives the process.
        transport: the seam for tests; real connections when None.
        clock: seconds since the epoch.
    """

    origins: Iterable[Origin]
    site_url: str
    budget: float = DEFAULT_BUDGET
    patience: float = DEFAULT_PATIENCE
    strict: bool = False
    shared: SharedMemory = field(default_factory=NoSharedMemory)
    transport: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], float] = time.time
    _siblings: dict[str, _Sibling] = field(init=False)
    _memory: Memory = field(init=False)
    _flights: Flights[FragmentRequest, Good] = field(init=False)
    _times: dict[FragmentRequest, _Flight] = field(init=False)
    _rests: dict[FragmentRequest, _Rest] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare; nothing connects yet."""
        self._siblings = {origin.app: self._sibling(origin) for origin in self.origins}
        self._memory = Memory(_MEMORY, self.clock)
        self._flights = Flights()
        self._times = {}
        self._rests = {}

    def _sibling(self, origin: Origin) -> _Sibling:
        client = create_client(
            # A pool for each app: connections that hang at one are not missing at another.
            limits=httpx.Limits(
                max_connections=_MOST_AT_ONCE, max_keepalive_connections=8, keepalive_expiry=4.0
            ),
            timeout=httpx.Timeout(self.patience, connect=1.0),
            max_bytes=LARGEST,
            transport=self.transport,
        )
        # What an app sets as a cookie in answer to one viewer must not come back for another.
        nobody = http.cookiejar.DefaultCookiePolicy(allowed_domains=())
        client.cookies.jar.set_policy(nobody)
        return _Sibling(
            origin,
            client,
            Sanitiser(origin.app, origin.public_url, self.site_url),
            Breaker(self.clock),
        )

    def has(self, app: str) -> bool:
        """Whether there is such a sibling app."""
        return app in self._siblings

    def state(self) -> dict[str, str]:
        """Return how each sibling app is doing: `ok`, or `left alone` while its breaker is open."""
        return {
            app: "left alone" if sibling.breaker.is_open else "ok"
            for app, sibling in self._siblings.items()
        }

    def siblings(self) -> list[SiblingState]:
        """Return how each sibling app is doing, with what is wrong and since when."""
        return [
            SiblingState(app, it.breaker.is_open, it.trouble, it.since)
            for app, it in self._siblings.items()
        ]

    def forget(self, request: FragmentRequest) -> None:
        """Ask for a fragment again when it is wanted next: this app has just changed it."""
        self._memory.forget(request)

    async def close(self) -> None:
        """Stop what is under way and close every connection."""
        await self._flights.stop()
        for sibling in self._siblings.values():
            await sibling.http.aclose()
        await self.shared.close()

    async def fetch(
        self, requests: Sequence[FragmentRequest]
    ) -> Mapping[FragmentRequest, Fragment]:
        """Return all fragments that a page wants, after at most `budget` seconds.

        Returns:
            each of `requests`, with what to show in its place.

        Raises:
            FragmentError: one of them could not be had in time, and the client is strict.
        """
        found: dict[FragmentRequest, Fragment] = {}
        waiting: dict[FragmentRequest, _Flight] = {}
        for request in dict.fromkeys(requests):
            sibling = self._siblings.get(request.app)
            if sibling is None:
                found[request] = Fragment("", request.kind.fresh)
                continue
            good = self._memory.get(request)
            age = self.clock() - good.at if good is not None else float("inf")
            if good is not None and age < request.kind.fresh:
                found[request] = _shown(request, good, "fresh", request.kind.fresh - age)
                continue
            flight = self._begin(request, sibling)
            if good is not None and age < request.kind.fresh + request.kind.stale:
                found[request] = _shown(request, good, "stale", _SOON)
            elif flight is not None:
                waiting[request] = flight
            else:
                found[request] = self._fallback(request, "left_alone")
        if waiting:
            await self._wait(waiting.values())
            for request, flight in waiting.items():
                found[request] = self._landed(request, flight)
        return found

    async def _wait(self, flights: Iterable[_Flight]) -> None:
        """Wait until all have landed, but for none longer than the budget since it began."""
        tasks = [flight.task for flight in flights if flight.task is not None]
        last = max(flight.began for flight in flights)
        left = last + self.budget - asyncio.get_running_loop().time()
        await asyncio.wait(tasks, timeout=max(left, 0))

    def _landed(self, request: FragmentRequest, flight: _Flight) -> Fragment:
        task = flight.task
        if task is None or not task.done():
            flight.late = True
            return self._fallback(request, "late")
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            if self.strict and isinstance(error, FragmentError):
                raise error
            return self._fallback(request, "failed")
        return _shown(request, task.result(), "fetched", request.kind.fresh)

    def _fallback(self, request: FragmentRequest, reason: str) -> Fragment:
        """Return the last known good, or nothing."""
        if self.strict:
            raise FragmentError(request, reason)
        good = self._memory.get(request)
        if good is not None:
            return _shown(request, good, "last_known_good", _SOON)
        SHOWN.labels(request.app, request.kind.name, "absent").inc()
        return Fragment("", _SOON)

    def _begin(self, request: FragmentRequest, sibling: _Sibling) -> _Flight | None:
        """Return the flight of a request, begun now unless there is one; None: it may not begin."""
        flight = self._times.get(request)
        if flight is not None:
            return flight
        rest = self._rests.get(request)
        if rest is not None and self.clock() < rest.until:
            return None
        if sibling.under_way >= _MOST_AT_ONCE or not sibling.breaker.admit():
            return None
        flight = _Flight(asyncio.get_running_loop().time())
        self._times[request] = flight
        sibling.under_way += 1
        flight.task = self._flights.start(request, lambda: self._fly(request, sibling, flight))
        return flight

    async def _fly(self, request: FragmentRequest, sibling: _Sibling, flight: _Flight) -> Good:
        """Ask a sibling for a fragment and keep what it says.

        Raises:
            FragmentError: there was no usable answer; it has been logged and counted.
        """
        try:
            good = await self._ask(request, sibling)
        except FragmentError as error:
            self._note_failure(request, sibling, flight, error)
            raise
        except BaseException:
            sibling.breaker.abandoned()
            raise
        finally:
            sibling.under_way -= 1
            self._times.pop(request, None)
        sibling.breaker.succeeded()
        sibling.trouble, sibling.since = "", None
        self._rests.pop(request, None)
        took = asyncio.get_running_loop().time() - flight.began
        SECONDS.labels(request.app, request.kind.name).observe(took)
        if flight.late:
            self._log(request, "late", took)
        return good

    async def _ask(self, request: FragmentRequest, sibling: _Sibling) -> Good:
        known = self._memory.get(request)
        is_shared = not request.kind.personal
        if known is None and is_shared:
            known = await self.shared.get(request)
            if known is not None:
                self._memory.put(request, known)
                if self.clock() - known.at < request.kind.fresh:
                    return known
        asked_at = self.clock()
        try:
            async with asyncio.timeout(self.patience):
                good = await self._exchange(request, sibling, known, asked_at)
        except TimeoutError:
            raise FragmentError(request, "timeout") from None
        except ResponseTooLarge as error:
            raise FragmentError(request, "too_large") from error
        except httpx.TimeoutException as error:
            raise FragmentError(request, "timeout") from error
        except httpx.ConnectError as error:
            raise FragmentError(request, "unreachable") from error
        except httpx.HTTPError as error:
            raise FragmentError(request, "broken", type(error).__name__) from error
        self._memory.put(request, good)
        if is_shared:
            await self.shared.put(request, good)
        return good

    async def _exchange(
        self, request: FragmentRequest, sibling: _Sibling, known: Good | None, asked_at: float
    ) -> Good:
        """Send the request and judge the answer."""
        headers = {"X-Fragment-Request": "1", "Accept": "text/html"}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        base = f"{sibling.origin.internal_url}/internal/fragments/{request.kind.name}"
        response = await sibling.http.get(
            f"{base}?{request.query}" if request.query else base, headers=headers
        )
        if response.status_code == 304 and known is not None:
            return Good(known.html, known.etag, asked_at)
        if response.status_code != 200:
            raise FragmentError(request, "status", str(response.status_code))
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "text/html":
            raise FragmentError(request, "not_html", content_type[:100])
        if not response.content and "no-store" in response.headers.get("cache-control", ""):
            # An app that failed inside answers so: there is something, but not now.
            raise FragmentError(request, "failed_inside")
        html = response.content.decode("utf-8", "replace")
        if len(html) > _LARGE:
            html = await asyncio.to_thread(sibling.sanitiser.clean, html)
        else:
            html = sibling.sanitiser.clean(html)
        return Good(html, response.headers.get("etag", "")[:200], asked_at)

    def _note_failure(
        self, request: FragmentRequest, sibling: _Sibling, flight: _Flight, error: FragmentError
    ) -> None:
        took = asyncio.get_running_loop().time() - flight.began
        before = self._rests.pop(request, None)
        pause = min(before.pause * 2, _LONGEST_REST) if before else _FIRST_REST
        self._rests[request] = _Rest(self.clock() + pause, pause)
        if len(self._rests) > _MOST_RESTING:
            del self._rests[next(iter(self._rests))]
        self._log(request, error.reason, took, error.detail)
        sibling.trouble = f"{error.reason.replace('_', ' ')} {error.detail}".rstrip()
        sibling.since = sibling.since or self.clock()
        if sibling.breaker.failed():
            _log.error("sibling app is left alone for a while", app=request.app)

    def _log(self, request: FragmentRequest, reason: str, took: float, detail: str = "") -> None:
        FAILURES.labels(request.app, request.kind.name, reason).inc()
        _log.error(
            "fragment failed",
            app=request.app,
            type=request.kind.name,
            reason=reason,
            detail=detail,
            milliseconds=round(took * 1000),
        )


def _shown(request: FragmentRequest, good: Good, how: str, fresh: float) -> Fragment:
    SHOWN.labels(request.app, request.kind.name, how).inc()
    return Fragment(good.html, fresh)
