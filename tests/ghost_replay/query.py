"""Filters, orders and pages of the replayed Ghost: the part of NQL that clients of this app use.

Times are compared as texts in the database's form (``2026-11-23 01:29:42``), as SQLite does under a
real Ghost: a filter in ISO form silently misses changes of the same day, here too.
"""

import re
from collections.abc import Callable
from typing import Any, Literal

from tests.ghost_replay.records import Record


class BadFilterError(Exception):
    """A filter that Ghost answers with 400."""


_TERM = re.compile(
    r"(?P<field>[a-z_.]+):(?P<not>-?)(?P<op>>=|<=|>|<|~\^|~\$|~|)"
    r"(?P<value>'(?:[^'\\]|\\.)*'|\[[^\]]*\]|[^+,()']+)"
)
_TIMES = frozenset({"updated_at", "created_at", "published_at"})
_FIELDS = _TIMES | {
    "id", "uuid", "slug", "title", "name", "email", "status", "visibility", "featured", "type",
    "tag", "tags", "primary_tag", "author", "authors", "label", "feature_image",
    "resource_type", "event",
}  # fmt: skip

Get = Callable[[Record, str], Any]


def compile_filter(text: str, get: Get) -> Callable[[Record], bool]:
    """Turn NQL (terms joined by ``+`` and ``,``; no brackets) into a predicate.

    :param get: returns a field's value, or a list of values for a relation.
    :raises BadFilterError: for what cannot be parsed or names an unknown field.
    """
    alternatives: list[list[Callable[[Record], bool]]] = [[]]
    position = 0
    while True:
        found = _TERM.match(text, position)
        if found is None or found["field"] not in _FIELDS:
            raise BadFilterError(text)
        alternatives[-1].append(_term(found, get))
        position = found.end()
        if position == len(text):
            break
        if text[position] == ",":
            alternatives.append([])
        elif text[position] != "+":
            raise BadFilterError(text)
        position += 1
    return lambda record: any(all(term(record) for term in terms) for terms in alternatives)


def id_bound(text: str) -> str | None:
    """Return X of an ``id:>'X'`` that every match must meet, so that a walk needs no full scan."""
    if "," in text:
        return None
    found = re.search(r"(?:^|\+)id:>'([0-9a-f]+)'", text)
    return found[1] if found else None


def _term(found: re.Match[str], get: Get) -> Callable[[Record], bool]:
    name, negated, op = found["field"], bool(found["not"]), found["op"]
    raw = found["value"]
    listed = raw.startswith("[")
    wanted = [_value(part) for part in raw[1:-1].split(",")] if listed else [_value(raw)]

    def matches(record: Record) -> bool:
        actual = get(record, name)
        values = actual if isinstance(actual, list) else [actual]
        if name in _TIMES:
            values = [_database_time(value) for value in values]
        hit = any(_compare(value, op, other) for value in values for other in wanted)
        return hit != negated

    return matches


def _value(text: str) -> str | bool | None:
    if text.startswith("'"):
        return text[1:-1].replace("\\'", "'")
    return {"true": True, "false": False, "null": None}.get(text, text)


def _database_time(value: str | None) -> str | None:
    return value[:19].replace("T", " ") if value else value


def _compare(value: Any, op: str, wanted: Any) -> bool:
    if op == "":
        return bool(value == wanted)
    if value is None or wanted is None:
        return False
    checks: dict[str, bool] = {
        ">": value > wanted,
        ">=": value >= wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        "~": str(wanted).lower() in str(value).lower(),
        "~^": str(value).lower().startswith(str(wanted).lower()),
        "~$": str(value).lower().endswith(str(wanted).lower()),
    }
    return checks[op]


def page_of(
    rows: list[Record], query: dict[str, str], version: Literal[5, 6]
) -> tuple[list[Record], Record]:
    """Cut one page out of ``rows`` and describe it as Ghost's ``meta.pagination``.

    Ghost 6 caps a page at 100 rows, Ghost 5 gives all that is asked for.
    """
    asked = query.get("limit", "15")
    limit: int | str
    if asked == "all":
        limit = 100 if version == 6 else "all"
    elif asked.isdecimal():
        limit = int(asked) or 15
        limit = min(limit, 100) if version == 6 else limit
    else:
        limit = 100
    size = len(rows) or 1 if isinstance(limit, str) else limit
    number = max(1, int(query.get("page", "1")))
    pages = max(1, -(-len(rows) // size))
    shown = rows[(number - 1) * size : number * size]
    meta = {
        "page": number,
        "limit": limit,
        "pages": pages,
        "total": len(rows),
        # Past the end a real Ghost goes on counting: page 999 has a next one.
        "next": None if number == pages else number + 1,
        "prev": None if number == 1 else number - 1,
    }
    return shown, meta
