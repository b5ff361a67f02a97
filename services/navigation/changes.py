"""What differs between two states of a menu, in words for its editors."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from services.navigation.rows import AUDIENCES, Entry

_NAMES: Final = {
    "kind": "what it leads to",
    "target_id": "what it leads to",
    "app": "what it leads to",
    "address": "address",
    "icon": "icon",
    "new_tab": "tab",
}


class Difference(Struct, frozen=True):
    """One entry that is `added`, `removed`, `moved` or `changed`; `detail` says how."""

    how: str
    id: int
    name: str
    detail: str = ""


def differences(before: Iterable[Entry], after: Iterable[Entry]) -> list[Difference]:
    """Return what happened to the entries of a menu, from top to bottom, what is gone last.

    Args:
        before: from top to bottom.
        after: the same, later. An entry is the same one where it has the same id.
    """
    old, new = {it.id: it for it in before}, {it.id: it for it in after}
    moved = _moved(old, new)
    found: list[Difference] = []
    for entry in new.values():
        was = old.get(entry.id)
        if was is None:
            found.append(Difference("added", entry.id, entry.name, _under(entry, new)))
            continue
        if entry.id in moved:
            found.append(Difference("moved", entry.id, entry.name, _under(entry, new)))
        if what := _changes(was, entry):
            found.append(Difference("changed", entry.id, entry.name, what))
    found += [
        Difference("removed", it.id, it.name, _under(it, old))
        for it in old.values()
        if it.id not in new
    ]
    return found


def _under(entry: Entry, all_of_them: Mapping[int, Entry]) -> str:
    parent = all_of_them.get(entry.parent_id or 0)
    return f"under “{parent.name}”" if parent else "at the top"


def _moved(old: Mapping[int, Entry], new: Mapping[int, Entry]) -> set[int]:
    """Return which entries stand elsewhere, and not only because others came, went or moved."""
    stayed = old.keys() & new.keys()
    moved = {it for it in stayed if old[it].parent_id != new[it].parent_id}
    levels: dict[int | None, list[int]] = {}
    for it in new:
        if it in stayed and it not in moved:
            levels.setdefault(new[it].parent_id, []).append(it)
    order = {it: place for place, it in enumerate(old)}
    for level in levels.values():
        kept = _longest_rise([order[it] for it in level])
        moved |= {it for it in level if order[it] not in kept}
    return moved


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return the members of one longest increasing subsequence."""
    best: list[tuple[int, int]] = []  # length of the longest rise that ends here, and from where
    for at, number in enumerate(numbers):
        length, link = 0, -1
        for earlier in range(at):
            if numbers[earlier] < number and best[earlier][0] > length:
                length, link = best[earlier][0], earlier
        best.append((length + 1, link))
    at = max(range(len(best)), key=lambda it: best[it][0], default=-1)
    found: set[int] = set()
    while at >= 0:
        found.add(numbers[at])
        at = best[at][1]
    return found


def _changes(was: Entry, now: Entry) -> str:
    parts: dict[str, None] = {}
    if was.label != now.label:
        parts[f"label, before “{was.label}”" if was.label else "label"] = None
    if was.audience != now.audience:
        parts[f"seen by: {AUDIENCES.get(now.audience, now.audience).lower()}"] = None
    for field, name in _NAMES.items():
        if getattr(was, field) != getattr(now, field):
            parts[name] = None
    return ", ".join(parts)
