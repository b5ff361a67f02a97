"""What is known of fragments: in this process, and in Redis where there is one.

In this process it is bounded in bytes. In Redis are only those that are the same for everybody, so
that a restart does not forget the last known good; what is one viewer's own stays here.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import redis.asyncio
import structlog
from msgspec import Struct
from redis.exceptions import RedisError

from infrastructure.fragments.kinds import FragmentRequest

_log = structlog.get_logger(__name__)

LAST_KNOWN_GOOD_SECONDS: Final = 24 * 3600.0

_OVERHEAD: Final = 1_000  # bytes that an entry takes beside its HTML
_REDIS_SECONDS: Final = 0.05
_REDIS_PAUSE: Final = 10.0


class Good(Struct, frozen=True, array_like=True):
    """A good answer: clean HTML, its entity tag, and when it was known to be true (epoch)."""

    html: str
    etag: str
    at: float


class Memory:
    """The last known good of this process, the least recently used forgotten first."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.time) -> None:
        """Keep at most `limit` bytes."""
        self._limit = limit
        self._clock = clock
        self._kept: OrderedDict[FragmentRequest, Good] = OrderedDict()
        self.size = 0

    def get(self, request: FragmentRequest) -> Good | None:
        """Return what was last good, unless that is longer ago than a day."""
        good = self._kept.get(request)
        if good is None:
            return None
        if self._clock() - good.at > LAST_KNOWN_GOOD_SECONDS:
            self.forget(request)
            return None
        self._kept.move_to_end(request)
        return good

    def put(self, request: FragmentRequest, good: Good) -> None:
        """Keep an answer."""
        self.forget(request)
        self._kept[request] = good
        self.size += len(good.html) + _OVERHEAD
        while self.size > self._limit:
            self.forget(next(iter(self._kept)))

    def forget(self, request: FragmentRequest) -> None:
        """Know nothing of a fragment any more."""
        good = self._kept.pop(request, None)
        if good is not None:
            self.size -= len(good.html) + _OVERHEAD


class SharedMemory(Protocol):
    """A memory that outlives this process; it may fail at any time, and then it is just empty."""

    async def get(self, request: FragmentRequest) -> Good | None:
        """Return what is known, soon or not at all."""
        ...

    async def put(self, request: FragmentRequest, good: Good) -> None:
        """Keep an answer."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class NoSharedMemory:
    """Without Redis: nothing is shared."""

    async def get(self, request: FragmentRequest) -> Good | None:
        """Know nothing."""
        del request
        return None

    async def put(self, request: FragmentRequest, good: Good) -> None:
        """Keep nothing."""
        del request, good

    async def close(self) -> None:
        """Hold nothing."""


class RedisMemory:
    """Shared through Redis, under keys that begin with `fragment:`."""

    def __init__(self, url: str, seconds: float = _REDIS_SECONDS) -> None:
        """Prepare; nothing connects yet.

        Args:
            url: `redis://…`.
            seconds: how long an answer may take before there is none.
        """
        self._seconds = seconds
        self._redis = redis.asyncio.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds
        )
        self._decoder = msgspec.msgpack.Decoder(Good)
        self._rested_at = 0.0

    async def get(self, request: FragmentRequest) -> Good | None:
        """Return what is known, soon or not at all."""
        if time.monotonic() < self._rested_at:
            return None
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._redis.get(_key(request))
            return self._decoder.decode(found) if isinstance(found, bytes) else None
        except (RedisError, OSError, TimeoutError, msgspec.DecodeError) as error:
            self._rest(error)
            return None

    async def put(self, request: FragmentRequest, good: Good) -> None:
        """Keep an answer for a day."""
        if time.monotonic() < self._rested_at:
            return
        try:
            await self._redis.set(
                _key(request), msgspec.msgpack.encode(good), ex=int(LAST_KNOWN_GOOD_SECONDS)
            )
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _rest(self, error: Exception) -> None:
        self._rested_at = time.monotonic() + _REDIS_PAUSE
        _log.warning("fragments are not shared for now", error=str(error) or repr(error))


def _key(request: FragmentRequest) -> str:
    """Return a key of bounded length; it ends in a digest of what was asked."""
    asked = hashlib.sha256(request.query.encode()).hexdigest()[:32]
    return f"fragment:{request.app}:{request.kind.name}:{asked}"
