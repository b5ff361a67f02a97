"""Ghost's JSON objects into typed ones and back, without losing a field.

Which types there are is left to ``services.ghost.results``.

A field that we know becomes an attribute; one that a later Ghost adds lands in ``extra``; ``given``
says which known fields the answer had, so that "not asked for" and "null" stay apart.
"""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args, get_origin

import msgspec


class GhostObject(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all that Ghost tells.

    ``extra``: fields that this version does not know, as they came. ``given``: names (Ghost's) of
    the known fields that the answer had. All times are aware and in UTC.
    """

    extra: dict[str, Any] = {}
    given: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in _plan(type(self)).times:
            value = getattr(self, name)
            # The Content API answers in the site's own time zone; an export has no zone and means
            # UTC.
            if value is not None and value.tzinfo is not UTC:
                aware = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
                msgspec.structs.force_setattr(self, name, aware)


T = TypeVar("T", bound=GhostObject)


class _Plan:
    """How to take one class apart: Ghost's field names, and which of them hold further objects."""

    __slots__ = ("attributes", "nested", "times")

    def __init__(self, cls: type[GhostObject]) -> None:
        self.attributes: dict[str, str] = {}
        self.nested: dict[str, type[GhostObject]] = {}
        self.times: list[str] = []
        for entry in msgspec.structs.fields(cls):
            if entry.name in {"extra", "given"}:
                continue
            self.attributes[entry.encode_name] = entry.name
            inner = list(_leaves(entry.type))
            if datetime in inner:
                self.times.append(entry.name)
            for leaf in inner:
                if isinstance(leaf, type) and issubclass(leaf, GhostObject):
                    self.nested[entry.encode_name] = leaf


def _leaves(annotation: Any) -> list[Any]:
    """Return the plain types inside of an annotation: ``tuple[X, ...] | None`` gives X and None."""
    if get_origin(annotation) in {None, dict}:
        return [annotation]
    return [leaf for part in get_args(annotation) for leaf in _leaves(part)]


@functools.cache
def _plan(cls: type[GhostObject]) -> _Plan:
    return _Plan(cls)


@functools.lru_cache(maxsize=512)
def _name_set(names: tuple[str, ...]) -> frozenset[str]:
    """Return the one set for these names: a thousand posts of one listing share it."""
    return frozenset(names)


def decode(cls: type[T], raw: object) -> T:
    """Turn one decoded JSON object into ``cls``.

    :param raw: a dict as the JSON parser gave it; it is not changed.
    :raises msgspec.ValidationError: when a known field has another type than Ghost gives it.
    """
    return msgspec.convert(_fold(cls, raw), cls)


def _fold(cls: type[GhostObject], raw: object) -> object:
    """Move unknown fields into ``extra``, here and in the objects inside."""
    if not isinstance(raw, dict):
        return raw
    plan = _plan(cls)
    folded: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in plan.attributes:
            extra[name] = value
        elif name not in plan.nested:
            folded[name] = value
        elif isinstance(value, list):
            folded[name] = [_fold(plan.nested[name], entry) for entry in value]
        else:
            folded[name] = _fold(plan.nested[name], value)
    folded["given"] = _name_set(tuple(folded))
    folded["extra"] = extra
    return folded


def encode(item: GhostObject) -> dict[str, Any]:
    """Turn ``item`` back into the object that Ghost gave, times in Ghost's own form."""
    plan = _plan(type(item))
    raw = {
        name: _encode_value(getattr(item, attribute))
        for name, attribute in plan.attributes.items()
        if name in item.given
    }
    return {**raw, **item.extra}


def _encode_value(value: Any) -> Any:
    if isinstance(value, GhostObject):
        return encode(value)
    if isinstance(value, tuple):
        return [_encode_value(entry) for entry in value]
    if isinstance(value, datetime):
        return format_time(value)
    return value


def format_time(moment: datetime) -> str:
    """Write a time as the Admin API does: ``2026-11-23T01:28:53.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ghost_id_of(raw: object) -> str | None:
    """Return the id of a decoded JSON object, or None when it has none that is a string."""
    if isinstance(raw, Mapping):
        found = raw.get("id")
        if isinstance(found, str) and found:
            return found
    return None
