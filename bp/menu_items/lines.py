"""The lines of the editor's tree: each entry with its place, what it leads to, and who sees it."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from services.navigation.rows import AUDIENCES, Entry
from services.navigation.serving import troubles, url_of

_KINDS = {
    "page": "Page",
    "post": "Post",
    "tag": "Tag",
    "app": "App",
    "url": "Address",
    "heading": "Heading",
}
_READERS = {
    "members": "members read it",
    "paid": "who pays reads it",
    "tiers": "some tiers read it",
}


class Line(Struct, frozen=True):
    """One entry in its place; `position` and `count` are of its level, from 1.

    `leads_to` is an address or a path, empty for a heading; `seen_by` has words for those who see
    it where not everybody does; `trouble` is why nobody sees it.
    """

    entry: Entry
    depth: int
    position: int
    count: int
    kind: str
    leads_to: str
    seen_by: tuple[str, ...]
    trouble: str | None
    lines: "tuple[Line, ...]" = ()


def lines_of(entries: Iterable[Entry], apps: Mapping[str, str]) -> tuple[Line, ...]:
    """Return the tree of a menu's entries.

    Args:
        entries: from top to bottom, parents first.
        apps: the public addresses of the sibling apps that there are.
    """
    all_of_them = tuple(entries)
    wrong = troubles(all_of_them, apps)
    below: dict[int | None, list[Entry]] = {}
    for entry in all_of_them:
        below.setdefault(entry.parent_id, []).append(entry)

    def level(parent_id: int | None, depth: int) -> tuple[Line, ...]:
        found = below.get(parent_id, [])
        return tuple(
            Line(
                entry,
                depth,
                position,
                len(found),
                _KINDS[entry.kind],
                _leads_to(entry, apps),
                _seen_by(entry),
                wrong.get(entry.id),
                level(entry.id, depth + 1),
            )
            for position, entry in enumerate(found, 1)
        )

    return level(None, 1)


def _leads_to(entry: Entry, apps: Mapping[str, str]) -> str:
    if entry.kind == "app":
        return f"{entry.app}: {entry.address or '/'}"
    return url_of(entry, apps) or ""


def _seen_by(entry: Entry) -> tuple[str, ...]:
    found = []
    if entry.audience != "everyone":
        found.append(AUDIENCES[entry.audience].lower())
    if entry.visibility != "public" and not entry.state:
        found.append(_READERS.get(entry.visibility, "editors read it"))
    return tuple(found)
