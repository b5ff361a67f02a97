"""Epochs: when each surrogate tag was last touched, on this process's own clock.

A render may only be kept if nothing that it shows was touched while it was under way. Its tags are
known when it ends, so it remembers the clock when it begins (before its first query) and asks
`unchanged` when it ends. Nothing here knows pages, messages or the database.
"""

import re
from collections.abc import Iterable

# Tags travel in a header whose separator is the space, and in NOTIFY payloads, line by line.
_TAG = re.compile(r"[!-~]{1,200}")

# Carried by everything that is cached: to purge it is to purge all.
EVERYTHING = "everything"

# Beyond this many tags the oldest knowledge is given up for a floor under all renders under way.
_MOST_TAGS = 50_000


def checked_tags(tags: Iterable[str]) -> frozenset[str]:
    """Return the tags as a set.

    Raises:
        ValueError: one is empty, longer than 200 characters, or has a space or a character
            outside printable ASCII.
    """
    found = frozenset(tags)
    for tag in found:
        if not _TAG.fullmatch(tag):
            msg = (
                f"{tag!r} cannot be a surrogate tag: 1 to 200 printable ASCII characters, no space"
            )
            raise ValueError(msg)
    return found


class Epochs:
    """The clock of purges that this process has seen."""

    __slots__ = ("_floor", "_touched", "clock")

    def __init__(self) -> None:
        """Start at zero, with nothing touched."""
        self.clock = 0
        self._floor = 0
        self._touched: dict[str, int] = {}

    def __len__(self) -> int:
        """How many tags are remembered one by one."""
        return len(self._touched)

    def touch(self, tags: Iterable[str]) -> None:
        """Note that what carries one of these tags became stale now."""
        self.clock += 1
        self._touched.update(dict.fromkeys(tags, self.clock))
        if EVERYTHING in self._touched or len(self._touched) > _MOST_TAGS:
            self._floor = self.clock
            self._touched.clear()

    def unchanged(self, tags: Iterable[str], since: int) -> bool:
        """Whether nothing with these tags was touched after the clock stood at `since`."""
        if since < self._floor:
            return False
        if since == self.clock:
            return True
        touched = self._touched
        return all(touched.get(tag, 0) <= since for tag in tags)
