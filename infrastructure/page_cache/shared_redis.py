"""The shared level in Redis: pages of all workers on all machines, true at every moment.

NOTIFY tells every worker of every purge, in the order of the commits, but no worker owns a purge:
each passes on to Redis what it hears, one after the other, and Redis counts each purge once, so the
numbers have the order of the commits. A worker's `stamp` is the number of the last purge it has
heard; a page is stored with the stamp from before its first query and is true while none of its
tags has a higher number. So a worker that lags behind can store nothing that is already untrue.

Purges that no worker heard (all were stopped; Redis was away) are found in the log that is written
with every commit: whoever attaches looks whether Redis counted all since `seen`, and if not,
everything begins anew. Whatever goes wrong, the level is empty until it was attached again.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from infrastructure.database import Database
from infrastructure.page_cache import shared_scripts
from infrastructure.page_cache.declare import UNROUTED, Policy
from infrastructure.page_cache.epochs import Epochs
from infrastructure.page_cache.messages import Purge
from infrastructure.page_cache.page import MISSING, Page
from infrastructure.page_cache.purge_log import CERTAIN_SECONDS, Horizon, horizon, purges_since
from infrastructure.page_cache.shared import Stamp, Turn
from infrastructure.page_cache.shared_codec import pack, unpack
from infrastructure.page_cache.store import Key

_log = structlog.get_logger(__name__)

T = TypeVar("T")

# What is flushed before a new version serves (`infrastructure.preparation`).
PREFIX = "page-cache:"

# A page is rendered in less time than a slow Redis would take.
_ANSWER_SECONDS = 0.25
_CONNECT_SECONDS = 0.5

_LOCK_MILLISECONDS = 10_000
_LONGEST_WAIT = 2.0
_FIRST_POLL, _SLOWEST_POLL = 0.01, 0.1

_LONGEST_KEPT = 24 * 3600.0
_LARGEST = 4_000_000

# How long those who listen have to tell Redis of a purge that is in the log.
_GRACE_SECONDS = 1.0
_CHECK_SECONDS = 60.0

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


def connect(url: str) -> Redis:
    """Return a client that gives up soon and hides no lost connection."""
    return Redis.from_url(
        url,
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class _BegunAnewError(Exception):
    """The level has just been emptied; what was read of it before is of no use."""


class RedisLevel:
    """The pages in one Redis under one namespace."""

    def __init__(self, url: str, database: Database, *, namespace: str) -> None:
        """Prepare; nothing connects before `attach`.

        Args:
            url: `redis://…`.
            database: where the log of purges is.
            namespace: the app and its version; others' pages are never looked at.
        """
        self._redis = connect(url)
        self._database = database
        self._prefix = f"{PREFIX}{namespace}:"
        self._versions = f"{self._prefix}versions"
        self._scripts: dict[str, str] = {}
        self._generation = ""
        self._number = -1
        self._ready = False
        self._heard: list[Purge] = []
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._aside: set[asyncio.Task[None]] = set()
        self._epochs = Epochs()
        self._forget: Callable[[], None] = lambda: None
        self._cdn_seconds = 0

    def bind(self, epochs: Epochs, forget: Callable[[], None], cdn_seconds: int) -> None:
        """Take what belongs to this process: its clock, and how it forgets all that it keeps."""
        self._epochs, self._forget, self._cdn_seconds = epochs, forget, cdn_seconds

    @property
    def ready(self) -> bool:
        """Whether it is in use: attached, and Redis knows of every purge that was heard."""
        return self._ready and not self._heard

    @property
    def stamp(self) -> Stamp | None:
        """The last purge that this worker has heard; None where that is not known."""
        return Stamp(self._generation, self._number) if self._ready else None

    # Looking up and keeping.

    async def fetch(self, key: Key, policy: Policy) -> Page | None:
        """Return a page that is true and fresh by all that is known to anyone who shares."""
        if not self.ready or policy is UNROUTED:
            return None
        payload = await self._ask(
            lambda: self._run(
                "LOOK_UP", [self._versions, self._name("page", key)], self._generation
            )
        )
        if not isinstance(payload, bytes):
            return None
        with suppress(ValueError):
            page = unpack(payload, policy, self._cdn_seconds)
            if time.time() < page.refresh_at:
                return page
        return None

    @asynccontextmanager
    async def turn(self, key: Key, policy: Policy) -> AsyncIterator[Turn]:
        """Wait, not for long, while another worker renders a page; then have one's turn."""
        turn = Turn()
        if not self.ready or policy is UNROUTED:
            yield turn
            return
        lock, token = self._name("lock", key), secrets.token_hex(8)
        is_ours = await self._wait_for(turn, key, policy, lock, token)
        try:
            yield turn
        finally:
            task = asyncio.create_task(self._end_turn(turn, key, lock if is_ours else None, token))
            self._aside.add(task)
            task.add_done_callback(self._aside.discard)

    async def _wait_for(self, turn: Turn, key: Key, policy: Policy, lock: str, token: str) -> bool:
        """Wait for the lock or for what its holder makes; return whether the lock is ours."""
        deadline, pause = time.monotonic() + _LONGEST_WAIT, _FIRST_POLL
        while self.ready:
            locked = await self._ask(
                lambda: self._redis.set(lock, token, nx=True, px=_LOCK_MILLISECONDS)
            )
            if locked:
                return True
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(pause)
            pause = min(pause * 2, _SLOWEST_POLL)
            turn.since = self._epochs.clock
            turn.page = await self.fetch(key, policy)
            if turn.page is not None:
                break
        return False

    async def _end_turn(self, turn: Turn, key: Key, lock: str | None, token: str) -> None:
        if turn.offered is not None:
            page, answer, stamp = turn.offered
            lifetime = min(page.dead_at - time.time(), _LONGEST_KEPT)
            if (
                stamp.generation == self._generation
                and answer.status not in MISSING
                and len(answer.body) <= _LARGEST
                and lifetime > 0
            ):
                await self._ask(
                    lambda: self._run(
                        "KEEP",
                        [self._versions, self._name("page", key)],
                        stamp.generation,
                        stamp.number,
                        " ".join(page.tags),
                        pack(page, answer),
                        int(lifetime * 1000),
                    )
                )
        if lock is not None:
            await self._ask(lambda: self._run("UNLOCK", [lock], token))

    # Hearing of purges.

    async def attach(self) -> None:
        """Begin: from now on every purge is heard."""
        self.detach()
        self._worker = asyncio.create_task(self._work())

    def detach(self) -> None:
        """Stop using the level: purges may go unheard."""
        self._ready = False
        self._heard.clear()
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def purge(self, purge: Purge) -> None:
        """Take note of a purge, in the order in which they are heard."""
        if self._worker is not None:
            self._heard.append(purge)
            self._wake.set()

    async def close(self) -> None:
        """Let go of what it holds."""
        worker = self._worker
        self.detach()
        await asyncio.gather(*([worker] if worker else []), *self._aside, return_exceptions=True)
        await self._redis.aclose()

    async def _work(self) -> None:
        """Attach, pass on what is heard, and attach again whenever that fails."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._begin()
                pause = _SHORTEST_PAUSE
                while self._ready:
                    await self._pass_on()
            except _BegunAnewError:
                pause = _SHORTEST_PAUSE / 10
            except (RedisError, OSError, TimeoutError, DBAPIError) as error:
                _log.warning("shared page cache is not in use", error=str(error) or repr(error))
            self._ready = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _begin(self) -> None:
        """Make sure that Redis knows of every commit so far, then take part."""
        clock = await self._check()
        # A Redis that restarted has forgotten these scripts and so is found out; hence they are
        # loaded only when it is known that no purge is missing.
        for name in ("LOOK_UP", "KEEP", "UNLOCK"):
            self._scripts[name] = await self._redis.script_load(getattr(shared_scripts, name))
        # What this process keeps or computes may be older than the purges just taken for heard.
        self._forget()
        self._number = clock
        self._ready = True

    async def _pass_on(self) -> None:
        """Tell Redis what was heard; when nothing is, check from time to time."""
        self._wake.clear()
        if self._heard:
            await self._tell()
            return
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            await self._check()

    async def _tell(self) -> None:
        """Tell Redis what was heard, in its order."""
        heard = list(self._heard)
        arguments: list[str] = []
        for purge in heard:
            arguments += (_id(purge), " ".join(purge.tags))
        number = await self._evaluate(shared_scripts.PURGE, self._generation, *arguments)
        self._number = max(self._number, int(number))
        del self._heard[: len(heard)]

    async def _check(self) -> int:
        """Return the clock of a Redis that counted every purge in the log.

        Raises:
            _BegunAnewError: it did not, so everything began anew.
        """
        now = await horizon(self._database)
        names = ("generation", "database", "seen", "seen_at")
        there = await self._fields(names)
        generation, database, seen, seen_at = ((it or b"").decode() for it in there)
        is_certain = (
            generation != ""
            and database == now.database
            and now.at - float(seen_at) < CERTAIN_SECONDS
            and int(seen) <= now.xid
        )
        self._generation = generation
        if not (is_certain and await self._all_counted(int(seen))):
            await self._begin_anew(generation, now)
            raise _BegunAnewError
        return int(await self._evaluate(shared_scripts.SEEN, generation, now.xid, now.at))

    async def _all_counted(self, xid: int) -> bool:
        """Whether Redis counted every purge since a place in the log, or does so soon."""
        missing = await purges_since(self._database, xid)
        if missing is None:
            return False
        deadline = time.monotonic() + _GRACE_SECONDS
        while missing:
            numbers = await self._fields([f"purge:{it}" for it in missing])
            missing = [it for it, number in zip(missing, numbers, strict=True) if number is None]
            if not missing:
                break
            # Whoever heard all that is missing heard it in its order, and may tell.
            if {_id(it) for it in self._heard}.issuperset(missing):
                await self._tell()
            elif time.monotonic() > deadline:
                return False
            else:
                await asyncio.sleep(_GRACE_SECONDS / 10)
        return True

    async def _begin_anew(self, generation: str, now: Horizon) -> None:
        """Make every page untrue, unless somebody else just did."""
        done = await purges_since(self._database, now.xid) or []
        new = secrets.token_hex(8)
        await self._evaluate(
            shared_scripts.BEGIN_ANEW, generation, new, now.database, now.xid, now.at, *done
        )

    # Asking.

    def _name(self, kind: str, key: Key) -> str:
        host, path, variation = key
        return f"{self._prefix}{kind}:{host.decode('latin-1')}{path} {variation}"

    async def _fields(self, names: Sequence[str]) -> list[bytes | None]:
        answer = self._redis.hmget(self._versions, list(names))
        return cast("list[bytes | None]", await cast("Awaitable[object]", answer))

    async def _evaluate(self, source: str, *arguments: str | float) -> Any:
        """Run a script on the versions, whether Redis knows it or not."""
        answer = self._redis.eval(source, 1, self._versions, *map(str, arguments))
        return await answer

    async def _run(self, name: str, keys: list[str], *arguments: str | bytes | int) -> Any:
        """Run a script that Redis knows since this worker attached."""
        answer = self._redis.evalsha(self._scripts[name], len(keys), *keys, *arguments)
        return await answer

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Ask Redis; None where it fails, and then it is not asked again until it was attached."""
        try:
            return await question()
        except (RedisError, OSError, TimeoutError) as error:
            if self._ready:
                _log.warning("shared page cache failed", error=str(error) or repr(error))
            self._ready = False
            self._wake.set()
            return None


def _id(purge: Purge) -> str:
    return f"{purge.commit}/{purge.part}"
