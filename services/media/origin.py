"""Ghost's own media: a file that we do not have yet is fetched once and kept.

However many readers ask for it, it is fetched by one; a reader who waits too long is told so while
the fetch goes on. What Ghost does not have is remembered for a minute, and a Ghost that does not
answer is left alone for some seconds. The addresses are the operator's own, so the plain client
is used; every redirect must stay on them.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import httpx

from infrastructure.database import Database
from infrastructure.errors import InvalidError, PersonError
from infrastructure.http import OutgoingError, create_client
from infrastructure.logs import get_logger
from infrastructure.settings import Settings
from services.media.intake import Caps, Intake, Taken
from services.media.paths import MediaKind, kind_of
from services.media.uploads import insert_row, replace_row

log = get_logger(__name__)

# Carried by our requests and looked for in those that arrive (RFC 8586): when the address of
# "Ghost" leads to ourselves, the circle ends at its second turn.
LOOP_HEADER: Final = "CDN-Loop"
LOOP_NAME: Final = "blog-app"

_AT_ONCE: Final = 8
_WAITING_AT_MOST: Final = 500
_REDIRECTS: Final = 3
_ABSENT_FOR: Final = 60.0
_UNREACHABLE_FOR: Final = 5.0
_REMEMBERED: Final = 10_000
# The whole fetch, in seconds: a picture is wanted now, a film may take its time.
_TIME: Final = {MediaKind.IMAGE: 30.0, MediaKind.MEDIA: 900.0, MediaKind.FILE: 900.0}

_DOWN: Final = "This file is kept elsewhere, and that place does not answer: try again later."


class OriginUnreachableError(PersonError):
    """Ghost did not answer, or not with a file."""

    status = 502


class StillFetchingError(PersonError):
    """The file is on its way, and takes longer than a reader should wait."""

    status = 503


def origins_of(settings: Settings) -> tuple[str, ...]:
    """Return the addresses to fetch Ghost's media from, the inner one first.

    The public one is left out where it is this very site's.
    """
    found = [settings.ghost_api_url, settings.ghost_public_url]
    unique = dict.fromkeys(url for url in found if url and url != settings.public_url)
    return tuple(unique)


class GhostOrigin:
    """Fetches Ghost's media files into the store."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        origins: Sequence[str],
        *,
        caps: Caps,
        public_url: str = "",
        patience: float = 20,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Fetch from `origins`, in this order.

        Args:
            database: where the rows are written.
            intake: takes the bytes.
            origins: addresses without a closing slash; none: there is no Ghost.
            caps: the most bytes that are fetched.
            public_url: Ghost's public address, which decides whether it would redirect to https.
            patience: how long a reader waits, in seconds.
            transport: the seam for tests.
        """
        self._database = database
        self._intake = intake
        self._origins = tuple(origins)
        self._patience = patience
        self._hosts = {urlsplit(it).netloc for it in (*origins, public_url) if it}
        scheme = urlsplit(public_url or (origins[0] if origins else "")).scheme
        self._client = create_client(
            timeout=httpx.Timeout(10.0, connect=3.0),
            max_bytes=max(map(caps.of, MediaKind)) + 1,
            # Ghost behind a proxy redirects what does not say that it came by https.
            headers={LOOP_HEADER: LOOP_NAME, "X-Forwarded-Proto": scheme, "Accept": "*/*"},
            transport=transport,
        )
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._flights: dict[str, asyncio.Task[bool]] = {}
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._down_until = 0.0

    @property
    def is_set(self) -> bool:
        """Whether there is a Ghost to ask."""
        return bool(self._origins)

    async def fetch(self, path: str) -> bool:
        """Bring a file from Ghost into the store, with its row.

        Args:
            path: a public path of an original.

        Returns:
            False when Ghost has no such file.

        Raises:
            OriginUnreachableError: Ghost does not answer.
            StillFetchingError: it takes long; the fetch goes on.
        """
        if not self._origins or time.monotonic() < self._absent.get(path, 0.0):
            return False
        flight = self._flights.get(path)
        if flight is None:
            if time.monotonic() < self._down_until or len(self._flights) >= _WAITING_AT_MOST:
                raise OriginUnreachableError(_DOWN)
            flight = asyncio.create_task(self._fly(path))
            self._flights[path] = flight
            flight.add_done_callback(lambda done: self._landed(path, done))
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(flight)
        except TimeoutError:
            message = "This file is just being fetched: try again in a moment."
            raise StillFetchingError(message) from None

    async def bring(self, path: str) -> bool:
        """Bring a file from Ghost as `fetch` does, however long it takes and whatever came before.

        Raises:
            InvalidError: the file is not taken; the sentence says why.
            OriginUnreachableError: Ghost does not answer.
        """
        kind = kind_of(path)
        return kind is not None and await self._bring(path, kind)

    def abandon(self) -> None:
        """Ask nobody any more: this site has left its Ghost."""
        self._origins = ()

    def _landed(self, path: str, flight: asyncio.Task[bool]) -> None:
        self._flights.pop(path, None)
        # Looked at here, because nobody may wait for it any more.
        error = None if flight.cancelled() else flight.exception()
        if error is not None and not isinstance(error, PersonError):
            log.error("a file could not be fetched", path=path, exc_info=error)

    async def close(self) -> None:
        """Stop what is under way and close the connections."""
        for flight in self._flights.values():
            flight.cancel()
        await asyncio.gather(*self._flights.values(), return_exceptions=True)
        await self._client.aclose()

    async def _fly(self, path: str) -> bool:
        kind = kind_of(path)
        if kind is None:
            return False
        try:
            is_there = await self._bring(path, kind)
        except InvalidError as error:
            log.warning("a file of Ghost's is not taken", path=path, reason=str(error))
            is_there = False
        if not is_there:
            self._remember_absent(path)
        return is_there

    async def _bring(self, path: str, kind: MediaKind) -> bool:
        async with self._slots:
            taken = await self._from_any(path, kind)
        if taken is None:
            return False
        name = path.rpartition("/")[2]
        async with self._database.unit_of_work() as work:
            if not await insert_row(work, taken, path=path, kind=kind, name=name, origin="ghost"):
                await replace_row(work, taken, path=path, origin="ghost")
        return True

    async def _from_any(self, path: str, kind: MediaKind) -> Taken | None:
        """Ask one address after the other; raise only when none of them answered."""
        failures = 0
        for origin in self._origins:
            try:
                async with asyncio.timeout(_TIME[kind]):
                    taken = await self._from_one(origin + quote(path), path, kind)
            except (httpx.HTTPError, OutgoingError, OriginUnreachableError, TimeoutError) as error:
                log.warning("Ghost gives no file", path=path, origin=origin, error=repr(error))
                failures += 1
                continue
            if taken is not None:
                return taken
        if failures:
            self._down_until = time.monotonic() + _UNREACHABLE_FOR
            raise OriginUnreachableError(_DOWN)
        return None

    async def _from_one(self, url: str, path: str, kind: MediaKind) -> Taken | None:
        """Fetch from one address; None when there is no such file.

        Raises:
            OriginUnreachableError: the answer is an error, or leads elsewhere.
        """
        status = 0
        for _ in range(_REDIRECTS + 1):
            async with self._client.stream("GET", url) as response:
                if response.status_code == 200:
                    return await self._intake.keep(
                        _body(response), name=path.rpartition("/")[2], kind=kind
                    )
                if response.status_code in {400, 403, 404, 410}:
                    return None
                status = response.status_code
                location = response.headers.get("location")
                if not response.is_redirect or not location:
                    break
                following = response.url.join(location)
            if following.netloc.decode("ascii") not in self._hosts:
                # A missing picture may lead to some page elsewhere; that is not the picture.
                return None
            url = str(following)
        raise OriginUnreachableError(f"{url} answered {status}.")

    def _remember_absent(self, path: str) -> None:
        self._absent[path] = time.monotonic() + _ABSENT_FOR
        self._absent.move_to_end(path)
        while len(self._absent) > _REMEMBERED:
            self._absent.popitem(last=False)


async def _body(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_bytes():
        yield chunk
