"""Values kept in this process under surrogate tags: site settings, menus, whatever is read often.

The rule is that of pages: computed once however many wait, not kept if something it depends on was
touched meanwhile, gone when one of its tags is purged.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Any, TypeVar

from infrastructure.page_cache.declare import surrogate_tags
from infrastructure.page_cache.epochs import EVERYTHING, Epochs
from infrastructure.page_cache.flights import Flights

T = TypeVar("T")

_MOST_VALUES = 2_000


class Memo:
    """Values by key."""

    def __init__(self, epochs: Epochs, is_ready: Callable[[], bool]) -> None:
        """Start empty; nothing is kept while `is_ready` says that purges cannot be heard."""
        self._epochs = epochs
        self._is_ready = is_ready
        self._values: OrderedDict[Hashable, tuple[Any, frozenset[str]]] = OrderedDict()
        self.flights: Flights[Hashable, tuple[Any, int]] = Flights()

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._values)

    async def get(
        self, key: Hashable, tags: Iterable[str], compute: Callable[[], Awaitable[T]]
    ) -> T:
        """Return the value under a key, computed where it is not known.

        The page that is being rendered, if any, gets the tags too: it shows the value.

        Raises:
            Exception: whatever `compute` raises; nothing is kept then.
        """
        wanted = frozenset(tags)
        surrogate_tags(*wanted)
        known = self._values.get(key)
        if known is not None:
            found: T = known[0]
            return found
        arrival = self._epochs.clock
        while self._is_ready():
            work = self.flights.join(key, lambda: self._compute(key, wanted, compute))
            value, since = await asyncio.shield(work)
            if since >= arrival or self._epochs.unchanged(wanted, since):
                fresh: T = value
                return fresh
        return await compute()

    def purge(self, tags: Iterable[str]) -> None:
        """Forget every value that depends on one of these tags."""
        touched = frozenset(tags)
        if EVERYTHING in touched:
            self._values.clear()
            return
        for key in [it for it, (_, known) in self._values.items() if known & touched]:
            del self._values[key]

    async def _compute(
        self, key: Hashable, tags: frozenset[str], compute: Callable[[], Awaitable[T]]
    ) -> tuple[T, int]:
        since = self._epochs.clock
        value = await compute()
        if self._is_ready() and self._epochs.unchanged(tags, since):
            self._values[key] = (value, tags)
            if len(self._values) > _MOST_VALUES:
                self._values.popitem(last=False)
        return value, since
