"""What a change of a row makes stale: declared beside the models, applied to every flush.

A model declares which surrogate tags a change of which columns touches, as a function of the row.
It is called with the row as it was and as it is, so that what something left is purged as well as
what it came to. Nothing here sends anything; see `purging`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import DeclarativeBase, InstanceState, InstrumentedAttribute, Mapper

from infrastructure.page_cache.epochs import EVERYTHING


@dataclass(frozen=True, slots=True)
class Linked:
    """A tag for each row at the other end of a link table: `prefix` followed by `target`.

    It is resolved by one query inside the transaction: `SELECT target … WHERE source = value`.
    Without a target it is the tag `prefix` alone, where there is any such row.
    """

    prefix: str
    source: InstrumentedAttribute[Any]
    value: object
    target: InstrumentedAttribute[Any] | None = None


@dataclass(frozen=True, slots=True)
class Adjacent:
    """A tag for the row just before and the one just after a place in an order.

    `order` are the columns that make the order, the last of which is the id; `place` their values.
    Rows whose first column is null are in no order. Resolved like `Linked`, by one query each way.
    """

    prefix: str
    order: tuple[InstrumentedAttribute[Any], ...]
    place: tuple[object, ...]


# What a query inside the transaction turns into tags.
Wanted = Linked | Adjacent

# Reads columns of the row it is given by their attribute names, and nothing else.
TagsOf = Callable[[Any], Iterable[str | Wanted]]


@dataclass(slots=True)
class _Declaration:
    rules: list[tuple[frozenset[str], TagsOf]] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)


_declarations: Final[dict[type[DeclarativeBase], _Declaration]] = {}


def touches(model: type[DeclarativeBase], tags: TagsOf, *, columns: Iterable[str]) -> None:
    """Declare that a change of one of these columns touches `tags(row)`, before and after it."""
    declaration = _declarations.setdefault(model, _Declaration())
    declaration.rules.append((_known(model, columns), tags))


def touches_nothing(model: type[DeclarativeBase], *, columns: Iterable[str] | None = None) -> None:
    """Declare that no reader sees these columns of a model (default: none of them)."""
    declaration = _declarations.setdefault(model, _Declaration())
    declaration.unseen |= _known(model, _columns(model) if columns is None else columns)


def undeclared(base: type[DeclarativeBase]) -> list[str]:
    """Return `Model.column` for each column about which no model under `base` declares anything."""
    missing: list[str] = []
    for mapper in base.registry.mappers:
        declaration = _declarations.get(mapper.class_, _Declaration())
        said = declaration.unseen.union(*(columns for columns, _ in declaration.rules))
        missing += [f"{mapper.class_.__name__}.{it}" for it in _columns(mapper.class_) - said]
    return sorted(missing)


def touching_models() -> set[type[DeclarativeBase]]:
    """Return the models of which some change touches something."""
    return {model for model, declaration in _declarations.items() if declaration.rules}


def touched_by_any(table: str) -> set[str | Wanted]:
    """Return what a change of a row of this table touches, whichever row it is.

    Where that depends on the row, it is everything.
    """
    found: set[str | Wanted] = set()
    try:
        for model, declaration in _declarations.items():
            if model.__tablename__ == table:
                for _, tags in declaration.rules:
                    found.update(tags(_AnyRow()))
    except _UnknownValueError:
        return {EVERYTHING}
    return found


def touched_by(row: object, *, created: bool = False, deleted: bool = False) -> set[str | Wanted]:
    """Return what the pending or just flushed change of an ORM object touches.

    Where a value that decides about it was never loaded, that is everything.
    """
    declaration = _declarations.get(type(row))  # type: ignore[arg-type]  # any other is not found
    if declaration is None:
        return set()
    state = inspect(row)
    if created or deleted:
        versions: tuple[_Version, ...] = (_Version(state, created=created),)
        changed = None
    else:
        versions = (_Version(state, before=True), _Version(state))
        changed = {name for name in _columns(type(row)) if state.attrs[name].history.has_changes()}
    found: set[str | Wanted] = set()
    try:
        for columns, tags in declaration.rules:
            if changed is None or not columns.isdisjoint(changed):
                for version in versions:
                    found.update(tags(version))
    except _UnknownValueError:
        return {EVERYTHING}
    return found


class _UnknownValueError(Exception):
    """A value was never loaded, so nobody here can know it."""


class _AnyRow:
    """A row of which nothing is known."""

    def __getattr__(self, name: str) -> Any:
        raise _UnknownValueError(name)


class _Version:
    """A row as it was before its pending change, or as it is after it."""

    __slots__ = ("_before", "_created", "_state")

    def __init__(
        self, state: InstanceState[Any], *, before: bool = False, created: bool = False
    ) -> None:
        self._state = state
        self._before = before
        self._created = created

    def __getattr__(self, name: str) -> Any:
        if self._before:
            history = self._state.attrs[name].history
            if history.deleted:
                return history.deleted[0]
            if history.added:
                raise _UnknownValueError(name)
        try:
            return self._state.dict[name]
        except KeyError:
            # What nobody set on a new row has its column's default, which shows nothing to anyone.
            if self._created:
                return None
            raise _UnknownValueError(name) from None


def _columns(model: type[Any]) -> frozenset[str]:
    mapper: Mapper[Any] = inspect(model)
    return frozenset(mapper.column_attrs.keys())


def _known(model: type[DeclarativeBase], columns: Iterable[str]) -> frozenset[str]:
    names = frozenset(columns)
    if unknown := names - _columns(model):
        msg = f"{model.__name__} has no column {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    return names
