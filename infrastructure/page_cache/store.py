"""The pages that this process keeps: bounded in bytes, and robust against scans.

A segmented LRU: what is new is on probation in a fifth of the space; only what is asked for again
is protected. Someone who asks for a hundred thousand addresses once each displaces nothing but
what is on probation. Answers that say "nothing here" have a small space of their own.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from infrastructure.page_cache.page import MISSING, Page

# Host, path and, where a route has several answers at one path, which of them.
Key = tuple[bytes, str, str]

_PROBATION_SHARE = 0.2
_MISSING_SHARE = 0.05


class _Segment:
    """Pages in the order of their last use, and their bytes together."""

    __slots__ = ("bytes", "limit", "pages")

    def __init__(self, limit: float) -> None:
        self.limit = int(limit)
        self.bytes = 0
        self.pages: OrderedDict[Key, Page] = OrderedDict()

    def add(self, key: Key, page: Page) -> None:
        self.pages[key] = page
        self.bytes += page.size

    def remove(self, key: Key) -> Page:
        page = self.pages.pop(key)
        self.bytes -= page.size
        return page

    def overflow(self) -> Iterator[Key]:
        """Give the keys that must go, the longest unused first."""
        while self.bytes > self.limit and self.pages:
            yield next(iter(self.pages))


class PageStore:
    """Pages by key and by surrogate tag."""

    def __init__(self, limit: int) -> None:
        """Keep at most about `limit` bytes."""
        self.limit = limit
        self._all: dict[Key, Page] = {}
        self._missing = _Segment(limit * _MISSING_SHARE)
        self._probation = _Segment(limit * _PROBATION_SHARE)
        self._protected = _Segment(limit * (1 - _PROBATION_SHARE - _MISSING_SHARE))
        self._by_tag: dict[str, set[Key]] = {}
        self.evicted = 0

    def __len__(self) -> int:
        """How many pages are kept."""
        return len(self._all)

    @property
    def bytes(self) -> int:
        """How many bytes they take, about."""
        return self._missing.bytes + self._probation.bytes + self._protected.bytes

    @property
    def missing(self) -> int:
        """How many of them say "nothing here"."""
        return len(self._missing.pages)

    @property
    def tags(self) -> int:
        """How many surrogate tags they carry together."""
        return len(self._by_tag)

    def get(self, key: Key) -> Page | None:
        """Return the page under a key, and note that it was asked for."""
        page = self._all.get(key)
        if page is None:
            return None
        if page.protected:
            self._protected.pages.move_to_end(key)
        elif page.status not in MISSING:
            self._protect(key, page)
        return page

    def peek(self, key: Key) -> Page | None:
        """Return the page under a key without noting that it was asked for."""
        return self._all.get(key)

    def put(self, key: Key, page: Page) -> bool:
        """Keep a page; false where it alone would take too much of the space."""
        self.remove(key)
        segment = self._missing if page.status in MISSING else self._probation
        if page.size > segment.limit:
            return False
        self._all[key] = page
        segment.add(key, page)
        page.protected = False
        page.grown = self._grown
        for tag in page.tags:
            self._by_tag.setdefault(tag, set()).add(key)
        self._evict(segment)
        return True

    def remove(self, key: Key) -> None:
        """Forget the page under a key, if there is one."""
        page = self._all.pop(key, None)
        if page is None:
            return
        self._segment(page).remove(key)
        page.grown = None
        for tag in page.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]

    def purge(self, tags: Iterable[str]) -> int:
        """Forget every page that carries one of these tags; return how many they were."""
        keys = set().union(*(self._by_tag.get(tag, ()) for tag in tags))
        for key in keys:
            self.remove(key)
        return len(keys)

    def clear(self) -> None:
        """Forget everything."""
        for key in list(self._all):
            self.remove(key)

    def items(self) -> Iterator[tuple[Key, Page]]:
        """Give keys and pages, the most recently used first."""
        for segment in (self._protected, self._probation, self._missing):
            yield from list(reversed(segment.pages.items()))

    def _segment(self, page: Page) -> _Segment:
        if page.status in MISSING:
            return self._missing
        return self._protected if page.protected else self._probation

    def _protect(self, key: Key, page: Page) -> None:
        self._probation.remove(key)
        page.protected = True
        self._protected.add(key, page)
        # What must leave the protected space gets a second chance on probation.
        for oldest in self._protected.overflow():
            demoted = self._protected.remove(oldest)
            demoted.protected = False
            self._probation.add(oldest, demoted)
        self._evict(self._probation)

    def _evict(self, segment: _Segment) -> None:
        for key in segment.overflow():
            self.remove(key)
            self.evicted += 1

    def _grown(self, page: Page, more: int) -> None:
        segment = self._segment(page)
        segment.bytes += more
        self._evict(segment)
