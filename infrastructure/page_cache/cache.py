"""The page cache of one process: its parts put together, and what the app asks of it."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from infrastructure.database import Database, libpq_url
from infrastructure.page_cache.counts import COLLECTOR, Counts, Stats
from infrastructure.page_cache.epochs import EVERYTHING, Epochs
from infrastructure.page_cache.flights import Flights
from infrastructure.page_cache.holes import Holes
from infrastructure.page_cache.listener import PurgeListener
from infrastructure.page_cache.memo import Memo
from infrastructure.page_cache.messages import Purge
from infrastructure.page_cache.page import Page
from infrastructure.page_cache.purge_log import trim
from infrastructure.page_cache.purging import purge, purge_on_commit
from infrastructure.page_cache.shared import NoSharedLevel, SharedLevel
from infrastructure.page_cache.store import Key, PageStore

_log = structlog.get_logger(__name__)

T = TypeVar("T")

# Purges of our own commits that were done at once and will come back as messages.
_OWN_REMEMBERED = 10_000

_TIDY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class EntryInfo:
    """One kept page, for a person who wants to see what is there.

    `age` is in seconds, `size` in bytes.
    """

    path: str
    variation: str
    status: int
    age: int
    size: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a render: the page, and the clock of purges when it began."""

    page: Page
    since: int


class PageCache:
    """Pages and values kept by surrogate tags, purged by what commits touch."""

    def __init__(
        self,
        database: Database,
        *,
        limit: int,
        hole_seconds: float = 0.15,
        shared: SharedLevel | None = None,
        app: str = "blog",
        cdn_seconds: int = 0,
        ping_seconds: float = 1.0,
    ) -> None:
        """Put the parts together; `start` begins.

        Args:
            database: whose commits purge; its direct address is where purges are heard.
            limit: how many bytes of pages this process keeps; 0: none.
            hole_seconds: the time that all personal holes of a page may take together.
            shared: the level shared with other workers.
            app: the name under which its metrics are shown.
            cdn_seconds: for how long a CDN may keep a page without asking. It is told by
                `Surrogate-Control`, and purges do not reach it, so it is 0 unless it is purged by
                other means.
            ping_seconds: how often the listener's connection is tried.
        """
        self._database = database
        self.cdn_seconds = cdn_seconds
        self.epochs = Epochs()
        self.counts = Counts()
        self.store = PageStore(limit)
        self.flights: Flights[Key, Made] = Flights()
        self.holes = Holes(hole_seconds)
        self.memo = Memo(self.epochs, lambda: self.ready)
        self.shared: SharedLevel = shared or NoSharedLevel()
        self.shared.bind(self.epochs, self._forget_values, cdn_seconds)
        self._own: OrderedDict[str, None] = OrderedDict()
        self._heard = asyncio.Event()
        self._tidying: asyncio.Task[None] | None = None
        self._listener = PurgeListener(
            libpq_url(database.direct_url),
            on_ready=self._listening,
            on_purge=self._hear,
            on_lost=self._lost,
            ping_seconds=ping_seconds,
        )
        purge_on_commit(database, self._purge_own)
        COLLECTOR.show(app, self.stats)

    # The life of the process.

    def start(self) -> None:
        """Begin to listen; until that is so, everything is rendered and nothing kept."""
        self._listener.start()
        self._tidying = asyncio.create_task(self._tidy())

    async def stop(self) -> None:
        """Stop listening and rendering."""
        await self._listener.stop()
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)
        await self.flights.stop()
        await self.memo.flights.stop()
        await self.shared.close()

    @property
    def listener_ready(self) -> bool:
        """Whether every purge is heard."""
        return self._heard.is_set()

    @property
    def ready(self) -> bool:
        """Whether pages may be kept and served."""
        return self.listener_ready and self.store.limit > 0

    async def wait_until_ready(self, seconds: float) -> None:
        """Wait until purges are heard.

        Raises:
            TimeoutError: that took longer.
        """
        async with asyncio.timeout(seconds):
            await self._heard.wait()

    # What an administrator sees and does.

    def stats(self) -> Stats:
        """Return the state of this process's cache."""
        return Stats(
            counts=self.counts,
            pages=len(self.store),
            missing_pages=self.store.missing,
            bytes=self.store.bytes,
            limit=self.store.limit,
            tags=self.store.tags,
            values=len(self.memo),
            evicted=self.store.evicted,
            listener_ready=self.listener_ready,
            listener_losses=self._listener.losses,
            shared_ready=self.shared.ready,
        )

    def entries(self, limit: int) -> list[EntryInfo]:
        """Return up to `limit` pages that this process keeps, the most recently used first."""
        now = time.time()
        found: list[EntryInfo] = []
        for (_, path, variation), page in self.store.items():
            if len(found) >= limit:
                break
            tags = tuple(sorted(page.tags - {EVERYTHING}))
            found.append(EntryInfo(path, variation, page.status, page.age(now), page.size, tags))
        return found

    async def purge(self, tags: Iterable[str]) -> None:
        """Purge pages of every worker on every machine."""
        await purge(self._database, tags)

    async def purge_all(self) -> None:
        """Purge everything of every worker on every machine."""
        await self.purge({EVERYTHING})

    # What services ask.

    async def cached_value(
        self, key: Hashable, tags: Iterable[str], compute: Callable[[], Awaitable[T]]
    ) -> T:
        """Return a value that is kept until one of its tags is touched; see `Memo.get`."""
        return await self.memo.get(key, tags, compute)

    # What the listener says.

    def purge_here(self, tags: Iterable[str]) -> None:
        """Forget what carries one of these tags, in this process alone."""
        wanted = frozenset(tags)
        self.epochs.touch(wanted)
        self.memo.purge(wanted)
        self.counts.purges += 1
        self.counts.purged_pages += self.store.purge(wanted)

    def _purge_own(self, commit: str, tags: frozenset[str]) -> None:
        """Purge after a commit of this process, so that its editor sees it at once."""
        self.purge_here(tags)
        self._own[commit] = None
        if len(self._own) > _OWN_REMEMBERED:
            self._own.popitem(last=False)

    def _hear(self, message: Purge) -> None:
        if message.commit not in self._own:
            self.purge_here(message.tags)
        self.shared.purge(message)

    async def _listening(self) -> None:
        # What began before could have missed a purge, so it counts as touched now.
        self.purge_here({EVERYTHING})
        self._heard.set()
        await self.shared.attach()

    def _forget_values(self) -> None:
        """Forget what pages are made of, so that none made from now on is older than now."""
        self.epochs.touch({EVERYTHING})
        self.memo.purge({EVERYTHING})

    def _lost(self) -> None:
        self._heard.clear()
        self.shared.detach()
        self.purge_here({EVERYTHING})

    async def _tidy(self) -> None:
        """Keep the log of purges short, from whichever worker comes to it."""
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * _TIDY_SECONDS)  # noqa: S311 - no secret
            try:
                await trim(self._database)
            except (DBAPIError, OSError, TimeoutError) as error:
                _log.warning("log of purges cannot be trimmed", error=str(error))
