"""What workers tell each other by NOTIFY: which surrogate tags a commit touched.

A payload is `<number in the log>/<part> tag tag …`. PostgreSQL takes at most 8,000 bytes a payload
(https://www.postgresql.org/docs/current/sql-notify.html), so a long list goes in several.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from infrastructure.page_cache.epochs import EVERYTHING

CHANNEL = "page_cache"

_ROOM = 7_900

# A change that touches more than this is a change of everything.
_MOST_TAGS = 5_000


@dataclass(frozen=True, slots=True)
class Purge:
    """One part of what a commit touched; `commit` is its number in the log."""

    commit: str
    part: str
    tags: frozenset[str]


def parts(tags: Iterable[str]) -> list[str]:
    """Return the tags as texts `<part> tag tag …`, each short enough for a payload."""
    wanted = sorted(set(tags))
    if EVERYTHING in wanted or len(wanted) > _MOST_TAGS:
        wanted = [EVERYTHING]
    found: list[str] = []
    line = ""
    for tag in wanted:
        if line and len(line) + len(tag) + 1 > _ROOM:
            found.append(line)
            line = ""
        line = f"{line} {tag}" if line else f"{len(found)} {tag}"
    return [*found, line] if line else found


def parse(payload: str) -> Purge:
    """Read a payload.

    Raises:
        ValueError: it is none of ours.
    """
    name, _, tags = payload.partition(" ")
    commit, slash, part = name.partition("/")
    if not (slash and commit.isdigit() and part.isdigit() and tags):
        msg = f"not a purge: {payload[:100]!r}"
        raise ValueError(msg)
    return Purge(commit, part, frozenset(tags.split(" ")))
