"""Redirects: found for readers, kept by administrators, imported from Ghost's files.

A redirect answers only where there is nothing else under an address. Ghost's `redirects.json` is a
list of `{from, to, permanent}`, its `redirects.yaml` a mapping of `301:` and `302:` to `{from: to}`
(https://ghost.org/docs/themes/routing/#redirects); `from` is a regular expression and `to` may use
`$1`. An expression without any special character is kept as a plain address: an index finds it.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import yaml
from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from models.people import Redirect
from services.audit.log import Actor, record

PAGE_SIZE = 100

_STATUSES = ({"301"}, {"302"}, {"301", "302"})

_MOST_PATTERNS = 500
_LONGEST = 2000

_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
_REFERENCE = re.compile(r"\$(\d)")

# `(a+)+`, `(a|b)*c*)*` …: a group that repeats and holds a repetition can take for ever to fail.
_EXPLOSIVE = re.compile(r"\([^()]*[*+}][^()]*\)\s*(?:[*+]|\{\d+,)")


class RedirectRow(Struct, frozen=True):
    """A redirect, as the list shows it."""

    id: int
    source: str
    target: str
    is_permanent: bool
    is_pattern: bool


# Of how many redirects of one import the audit log tells.
_MOST_TOLD = 100


class Wanted(Struct, frozen=True):
    """A redirect that is to be kept."""

    source: str
    target: str
    is_permanent: bool
    is_pattern: bool = False


def _columns() -> Select[Any]:
    return select(*(getattr(Redirect, name) for name in RedirectRow.__struct_fields__))


async def redirects(
    connection: AsyncConnection, *, words: str = "", after: str | None = None
) -> tuple[list[RedirectRow], str | None]:
    """Read redirects by their source: at most `PAGE_SIZE`, and from where to go on.

    Args:
        connection: where to read.
        words: part of the source or the target.
        after: the source with which the stretch before ended.
    """
    statement = _columns()
    if words:
        statement = statement.where(
            Redirect.source.icontains(words, autoescape=True)
            | Redirect.target.icontains(words, autoescape=True)
        )
    if after is not None:
        statement = statement.where(Redirect.source > after)
    rows = await connection.execute(statement.order_by(Redirect.source).limit(PAGE_SIZE + 1))
    found = [RedirectRow(**row._mapping) for row in rows]
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].source if len(found) > PAGE_SIZE else None


async def find(connection: AsyncConnection, path: str) -> RedirectRow | None:
    """Return where a path leads, `target` filled in; None where it leads nowhere.

    Args:
        connection: where to read.
        path: that nothing else answers, percent-decoded.
    """
    if len(path) > _LONGEST:
        return None
    plain = {path, path.rstrip("/"), f"{path.rstrip('/')}/"}
    row = (
        await connection.execute(
            _columns()
            .where(Redirect.source.in_(plain), Redirect.is_pattern.is_(False))
            .order_by((Redirect.source == path).desc())
            .limit(1)
        )
    ).first()
    if row is not None:
        return RedirectRow(**row._mapping)
    patterns = await connection.execute(
        _columns().where(Redirect.is_pattern).order_by(Redirect.id).limit(_MOST_PATTERNS)
    )
    for row in patterns:
        found = re.search(row.source, path)
        if found is not None:
            target = _filled(row.target, found)
            if _is_target(target):
                return RedirectRow(**{**row._mapping, "target": target})
    return None


def _filled(target: str, found: re.Match[str]) -> str:
    """Return a target with its `$1` filled in; a group that the expression lacks is empty."""
    groups = (found[0], *found.groups(""))

    def group(reference: re.Match[str]) -> str:
        number = int(reference[1])
        return groups[number] if number < len(groups) else ""

    return _REFERENCE.sub(group, target)


def _is_target(target: str) -> bool:
    """Whether this can be led to: a path of this site or a web address, as an administrator wrote.

    A `$1` must not turn a path into another site's address (`//evil.example`).
    """
    if re.search(r"[\s\x00-\x1f\x7f\\]", target) or len(target) > _LONGEST:
        return False
    if target.startswith("/"):
        return not target.startswith("//")
    parts = urlsplit(target)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def checked(source: str, target: str, *, is_permanent: bool) -> Wanted:
    """Return a redirect as it is kept.

    Args:
        source: a path, or a regular expression as Ghost's.
        target: a path or a whole address; may use `$1` with an expression.
        is_permanent: 301 or 302.

    Raises:
        InvalidError: one of them cannot be used.
    """
    source, target = source.strip(), target.strip()
    bare = source.removeprefix("^").removesuffix("$")
    bare = re.sub(r"\\([/.\-])", r"\1", bare)
    is_pattern = _SPECIAL.search(bare.replace(".", "")) is not None
    if not source or len(source) > _LONGEST:
        message = "Say which address leads elsewhere; it begins with a slash."
        raise InvalidError(message)
    if is_pattern:
        try:
            re.compile(source)
        except re.error as error:
            message = f"“{source[:100]}” is not a regular expression: {error}."
            raise InvalidError(message) from error
        if _EXPLOSIVE.search(source):
            message = f"“{source[:100]}” repeats a repetition; that can take for ever to match."
            raise InvalidError(message)
    elif not bare.startswith("/"):
        message = f"“{source[:100]}” does not begin with a slash."
        raise InvalidError(message)
    if not _is_target(_REFERENCE.sub("x", target)):
        message = f"“{target[:100]}” is neither a path (/…) nor a whole address (https://…)."
        raise InvalidError(message)
    if not is_pattern and bare.rstrip("/") == target.rstrip("/"):
        message = f"“{bare[:100]}” would lead to itself."
        raise InvalidError(message)
    return Wanted(source if is_pattern else bare, target, is_permanent, is_pattern)


def parse_file(name: str, content: bytes) -> tuple[list[Wanted], list[str]]:
    """Read Ghost's redirects file.

    Args:
        name: of the file: `.json`, `.yaml` or `.yml` decides how it is read.
        content: its bytes.

    Returns:
        The redirects, and a sentence for each that cannot be used.

    Raises:
        InvalidError: it is no such file.
    """
    try:
        if name.lower().endswith(".json"):
            entries = _from_json(msgspec.json.decode(content))
        else:
            entries = _from_yaml(yaml.safe_load(content.decode()))
    except (msgspec.DecodeError, yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        message = "This is not a redirects file of Ghost's: redirects.json or redirects.yaml."
        raise InvalidError(message) from error
    found: dict[str, Wanted] = {}
    refused = []
    for source, target, is_permanent in entries:
        try:
            wanted = checked(source, target, is_permanent=is_permanent)
        except InvalidError as error:
            refused.append(str(error))
        else:
            found.setdefault(wanted.source, wanted)
    return list(found.values()), refused


def _from_json(data: Any) -> list[tuple[str, str, bool]]:
    if not isinstance(data, list):
        raise TypeError
    return [
        (str(it.get("from", "")), str(it.get("to", "")), bool(it.get("permanent")))
        for it in data
        if isinstance(it, dict)
    ]


def _from_yaml(data: Any) -> list[tuple[str, str, bool]]:
    if not isinstance(data, dict) or {str(it) for it in data} not in _STATUSES:
        raise ValueError
    return [
        (str(source), str(target), str(status) == "301")
        for status, pairs in data.items()
        if isinstance(pairs, dict)
        for source, target in pairs.items()
    ]


async def save(work: UnitOfWork, actor: Actor, wanted: Sequence[Wanted], how: str) -> int:
    """Keep redirects; one with the same source is replaced. Return how many there are.

    Args:
        work: the transaction.
        actor: who does it.
        wanted: as `checked` or `parse_file` gave them.
        how: `add` or `import`.
    """
    told = [it.source for it in wanted[:_MOST_TOLD]]
    rows = await work.session.execute(
        select(Redirect.source, Redirect.target).where(Redirect.source.in_(told))
    )
    before: dict[str, str] = {row.source: row.target for row in rows}
    for it in wanted:
        values = {name: getattr(it, name) for name in Wanted.__struct_fields__}
        await work.session.execute(
            insert(Redirect)
            .values(**values)
            .on_conflict_do_update(index_elements=["source"], set_=values)
        )
    if wanted:
        work.touch({"addresses"})
        label = wanted[0].source if len(wanted) == 1 else f"{len(wanted)} redirects"
        about = ("redirect", label, label)
        after = {it.source: it.target for it in wanted[:_MOST_TOLD]}
        record(work, actor, f"redirects.{how}", about, before=before or None, after=after)
    return len(wanted)


async def remove(work: UnitOfWork, actor: Actor, ids: Sequence[int]) -> None:
    """Remove redirects."""
    rows = await work.session.scalars(select(Redirect).where(Redirect.id.in_(ids)))
    for row in rows:
        record(
            work,
            actor,
            "redirects.remove",
            ("redirect", row.id, row.source),
            before={row.source: row.target},
        )
        await work.session.delete(row)
