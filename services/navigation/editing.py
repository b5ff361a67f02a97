"""Changing the tree of a menu, one change at a time.

Every change names the version of the menu that its editor saw. The menu's row is locked, so of two
changes at once the second finds another version: it is refused and told what the first one did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from models.content import Post, Tag
from models.navigation import Menu, MenuNode, MenuVersion
from models.people import AuditEntry
from services.audit.log import Actor, changes, record
from services.navigation.rows import FIELDS
from services.navigation.tree import Tree

MOST_NODES: Final = 2000
"""How many entries a menu has at most."""

_OTHERS: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """Which menu a change is about, and which version of it its editor saw."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Other:
    """What somebody did to a menu meanwhile."""

    at: datetime
    actor: str
    said: str


class StaleMenuError(ConflictError):
    """The menu is not what its editor saw; `others` is what was done since, `version` the current.

    Nothing was changed.
    """

    def __init__(self, version: int, others: Sequence[Other]) -> None:
        super().__init__("This menu was changed in the meantime. Your change was not made.")
        self.version = version
        self.others = tuple(others)


@dataclass(frozen=True, slots=True)
class NodeValues:
    """What an entry is; see `models.navigation.MenuNode`. `services.navigation.form` checks it."""

    kind: str
    target_id: int | None = None
    app: str | None = None
    address: str | None = None
    label: str | None = None
    icon: str | None = None
    audience: str = "everyone"
    new_tab: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made: the menu's new version, which node it was about, and in words."""

    version: int
    said: str
    node_id: int | None = None


@dataclass(slots=True)
class _Open:
    """A menu that is locked for a change."""

    menu: Menu
    rows: dict[int, MenuNode]
    tree: Tree
    before: list[dict[str, Any]]
    gone: list[MenuNode] = field(default_factory=list)

    def name(self, node_id: int | None) -> str:
        if node_id is None:
            return "the top"
        row = self.rows[node_id]
        return f"“{row.label or row.title or (row.app or '').capitalize()}”"


async def locked(work: UnitOfWork, name: str) -> Menu:
    """Return a menu, locked until the transaction ends.

    Raises:
        NotFoundError: there is none of this name.
    """
    menu = await work.session.scalar(
        select(Menu)
        .where(Menu.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if menu is None:
        message = "There is no menu of this name any more."
        raise NotFoundError(message)
    return menu


async def locked_as_seen(work: UnitOfWork, seen: Seen) -> Menu:
    """Return a menu, locked, if it is still what its editor saw.

    Raises:
        NotFoundError: there is none of this name.
        StaleMenuError: it was changed since.
    """
    menu = await locked(work, seen.name)
    if menu.version != seen.version:
        others = await _since(work.session, menu.id, seen.version)
        raise StaleMenuError(menu.version, others)
    return menu


async def _since(session: AsyncSession, menu_id: int, version: int) -> list[Other]:
    rows = await session.execute(
        select(AuditEntry.at, AuditEntry.actor, AuditEntry.after["said"].as_string().label("said"))
        .where(
            AuditEntry.object_kind == "menu",
            AuditEntry.object_id == str(menu_id),
            cast(AuditEntry.after["version"].as_string(), Integer) > version,
        )
        .order_by(AuditEntry.id.desc())
        .limit(_OTHERS)
    )
    return [Other(row.at, row.actor, row.said or "changed it") for row in rows]


async def _open(work: UnitOfWork, seen: Seen) -> _Open:
    menu = await locked_as_seen(work, seen)
    found = await work.session.scalars(
        select(MenuNode)
        .where(MenuNode.menu_id == menu.id)
        .order_by(MenuNode.depth, MenuNode.position)
        .execution_options(populate_existing=True)
    )
    rows = {row.id: row for row in found}
    tree = Tree((row.id, row.parent_id) for row in rows.values())
    return _Open(menu, rows, tree, kept_nodes(rows, tree))


def kept_nodes(rows: dict[int, MenuNode], tree: Tree) -> list[dict[str, Any]]:
    """Return nodes as a version keeps them: from top to bottom, parents first, `place` counting."""
    found = []
    for number, place in enumerate(tree.places()):
        row = rows[place.id]
        values = {name: getattr(row, name) for name in FIELDS}
        node = {name: it for name, it in values.items() if it is not None and it not in ("", False)}
        node |= {"id": place.id, "place": number}
        if place.parent_id is not None:
            node["parent_id"] = place.parent_id
        found.append(node)
    return found


async def _close(work: UnitOfWork, opened: _Open, actor: Actor, action: str, said: str) -> Changed:
    """Write where everything stands now, and that it was done."""
    for place in opened.tree.places():
        row = opened.rows[place.id]
        row.parent_id, row.position, row.depth = place.parent_id, place.position, place.depth
    for row in opened.gone:
        await work.session.delete(row)
    menu = opened.menu
    menu.before = {"said": said, "nodes": opened.before}
    now = _as_told(kept_nodes(opened.rows, opened.tree))
    note_change(work, actor, menu, action, said, values=changes(_as_told(opened.before), now))
    await work.session.flush()
    return Changed(menu.version, said)


def _as_told(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a menu so that what differs between two of its states is little.

    Each entry by its id, and the ids in their order by the entry that they stand under.
    """
    told: dict[str, Any] = {}
    for node in nodes:
        told[str(node["id"])] = {
            name: it for name, it in node.items() if name not in {"id", "place", "parent_id"}
        }
        told.setdefault(f"under {node.get('parent_id', 'the menu')}", []).append(node["id"])
    return told


def note_change(
    work: UnitOfWork,
    actor: Actor,
    menu: Menu,
    action: str,
    said: str,
    *,
    values: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Count a change of a menu, and write it into the audit log.

    Args:
        work: the transaction.
        actor: who did it.
        menu: locked.
        action: what was done, in a word.
        said: the same, for other editors of the menu.
        values: what changed, before and after.
    """
    before = {**values[0], "version": menu.version}
    menu.version += 1
    menu.updated_at = func.clock_timestamp()
    after = {**values[1], "version": menu.version, "said": said}
    about = ("menu", menu.id, menu.title)
    record(work, actor, f"menu.{action}", about, before=before, after=after)


async def _titles(session: AsyncSession, values: Sequence[NodeValues]) -> list[str]:
    """Return what the targets of nodes are called; empty for those without one.

    Raises:
        InvalidError: a target is not there.
    """
    posts = [it.target_id for it in values if it.kind in {"post", "page"}]
    tags = [it.target_id for it in values if it.kind == "tag"]
    names: dict[tuple[bool, int | None], str] = {}
    if posts:
        found = await session.execute(
            select(Post.id, Post.title).where(Post.id.in_(posts), Post.deleted_at.is_(None))
        )
        names |= {(False, row.id): row.title for row in found}
    if tags:
        found = await session.execute(
            select(Tag.id, Tag.name).where(Tag.id.in_(tags), Tag.deleted_at.is_(None))
        )
        names |= {(True, row.id): row.name for row in found}
    try:
        return [
            names[it.kind == "tag", it.target_id] if it.kind in {"post", "page", "tag"} else ""
            for it in values
        ]
    except KeyError as error:
        message = "What it should lead to is gone; choose something else."
        raise InvalidError(message) from error


def _fill(row: MenuNode, values: NodeValues, title: str) -> None:
    for name in FIELDS:
        if name != "title":
            setattr(row, name, getattr(values, name))
    row.title = title


async def add_all(
    work: UnitOfWork,
    actor: Actor,
    seen: Seen,
    nodes: Sequence[tuple[NodeValues, int | None]],
    said: str,
    *,
    parent_id: int | None = None,
    index: int | None = None,
) -> Changed:
    """Add entries.

    Args:
        work: the transaction.
        actor: who.
        seen: the menu as they saw it.
        nodes: each with the place in this list of its parent, which comes before it; None for
            under `parent_id`.
        said: what is done, in words.
        parent_id: under which entry; None for the top.
        index: at which place there; None for the end.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu or the parent is gone.
        InvalidError: a target is gone, or the menu would be too large or too deep.
    """
    opened = await _open(work, seen)
    if len(opened.tree) + len(nodes) > MOST_NODES:
        message = f"A menu has at most {MOST_NODES:,} entries."
        raise InvalidError(message)
    sequence = await work.session.scalars(
        select(
            cast(func.nextval(func.pg_get_serial_sequence("menu_nodes", "id")), BigInteger)
        ).select_from(func.generate_series(1, len(nodes)))
    )
    ids = list(sequence)
    at = index
    titles = await _titles(work.session, [values for values, _ in nodes])
    for node_id, (values, parent), title in zip(ids, nodes, titles, strict=True):
        row = MenuNode(id=node_id, menu_id=opened.menu.id)
        _fill(row, values, title)
        if parent is None:
            opened.tree.add(node_id, parent_id, at)
            at = None if at is None else at + 1
        else:
            opened.tree.add(node_id, ids[parent])
        opened.rows[node_id] = row
    work.session.add_all(opened.rows[it] for it in ids)
    done = await _close(work, opened, actor, "add", said)
    return Changed(done.version, done.said, ids[0] if ids else None)


async def add(
    work: UnitOfWork,
    actor: Actor,
    seen: Seen,
    values: NodeValues,
    *,
    parent_id: int | None = None,
    index: int | None = None,
) -> Changed:
    """Add one entry; see `add_all`."""
    [title] = await _titles(work.session, [values])
    name = values.label or title or (values.app or "").capitalize()
    said = f"added “{name}”"
    return await add_all(
        work, actor, seen, [(values, None)], said, parent_id=parent_id, index=index
    )


async def edit(
    work: UnitOfWork,
    actor: Actor,
    seen: Seen,
    node_id: int,
    values: NodeValues,
    *,
    parent_id: int | None,
) -> Changed:
    """Change an entry, and where another parent is given, put it at the end of its level.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu, the entry or the parent is gone.
        InvalidError: its target is gone, or the parent is below it.
    """
    opened = await _open(work, seen)
    if node_id not in opened.tree:
        raise NotFoundError(_GONE)
    row = opened.rows[node_id]
    is_same = (row.kind, row.target_id) == (values.kind, values.target_id)
    # What is gone may stay where it is: its other fields can be changed all the same.
    title = row.title if is_same else (await _titles(work.session, [values]))[0]
    _fill(row, values, title)
    if opened.tree.parent(node_id) != parent_id:
        opened.tree.move(node_id, parent_id)
    done = await _close(work, opened, actor, "edit", f"changed {opened.name(node_id)}")
    return Changed(done.version, done.said, node_id)


async def move(
    work: UnitOfWork,
    actor: Actor,
    seen: Seen,
    node_id: int,
    *,
    parent_id: int | None,
    index: int | None = None,
) -> Changed:
    """Put an entry, with all below it, under another one or at another place; see `Tree.move`.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu, the entry or the parent is gone.
        InvalidError: it would come below itself or too deep.
    """
    opened = await _open(work, seen)
    opened.tree.move(node_id, parent_id, index)
    return await _moved(work, actor, opened, node_id)


async def shift(work: UnitOfWork, actor: Actor, seen: Seen, node_id: int, way: str) -> Changed:
    """Move an entry by one step; see `Tree.shift`.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu or the entry is gone.
        InvalidError: there is no such step from where it stands.
    """
    opened = await _open(work, seen)
    opened.tree.shift(node_id, way)
    return await _moved(work, actor, opened, node_id)


async def _moved(work: UnitOfWork, actor: Actor, opened: _Open, node_id: int) -> Changed:
    parent_id = opened.tree.parent(node_id)
    level = opened.tree.children(parent_id)
    where = "at the top" if parent_id is None else f"under {opened.name(parent_id)}"
    place = f"{level.index(node_id) + 1} of {len(level)}"
    said = f"moved {opened.name(node_id)} to place {place} {where}"
    done = await _close(work, opened, actor, "move", said)
    return Changed(done.version, done.said, node_id)


async def remove(
    work: UnitOfWork, actor: Actor, seen: Seen, node_id: int, *, with_children: bool
) -> Changed:
    """Take an entry away, with what is below it, or with that in its place.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu or the entry is gone.
    """
    opened = await _open(work, seen)
    if node_id not in opened.tree:
        raise NotFoundError(_GONE)
    name, parent_id = opened.name(node_id), opened.tree.parent(node_id)
    gone = opened.tree.remove(node_id, with_children=with_children)
    opened.gone = [opened.rows.pop(it) for it in gone]
    more = len(gone) - 1
    said = f"removed {name}" + (f" and {more} below it" if more else "")
    done = await _close(work, opened, actor, "remove", said)
    return Changed(done.version, done.said, parent_id)


async def undo(work: UnitOfWork, actor: Actor, seen: Seen) -> Changed:
    """Make the tree what it was before its last change; done twice, that is done again.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu is gone.
        InvalidError: there is nothing to undo.
    """
    opened = await _open(work, seen)
    before = opened.menu.before
    if not before:
        message = "There is nothing to undo."
        raise InvalidError(message)
    said = str(before["said"])
    said = said.removeprefix("undid: ") if said.startswith("undid: ") else f"undid: {said}"
    return await _replace(work, actor, opened, before["nodes"], action="undo", said=said)


async def take_version(work: UnitOfWork, actor: Actor, seen: Seen, number: int | None) -> Changed:
    """Make the tree what a published version was; None: the one that readers see.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu or the version is gone, or nothing is published.
    """
    opened = await _open(work, seen)
    wanted = opened.menu.published_number if number is None else number
    version = await work.session.get(MenuVersion, (opened.menu.id, wanted)) if wanted else None
    if version is None:
        message = "There is no such version of this menu."
        raise NotFoundError(message)
    said = f"went back to version {version.number}"
    return await _replace(work, actor, opened, version.nodes, action="take-version", said=said)


async def _replace(
    work: UnitOfWork,
    actor: Actor,
    opened: _Open,
    nodes: Sequence[dict[str, Any]],
    *,
    action: str,
    said: str,
) -> Changed:
    """Make the tree what some kept nodes say; a node that is in both keeps its id and its row."""
    wanted = {int(node["id"]): node for node in nodes}
    opened.gone = [row for it, row in opened.rows.items() if it not in wanted]
    opened.rows = {it: row for it, row in opened.rows.items() if it in wanted}
    for node_id, node in wanted.items():
        row = opened.rows.get(node_id)
        if row is None:
            row = opened.rows[node_id] = MenuNode(id=node_id, menu_id=opened.menu.id)
            work.session.add(row)
        for name in FIELDS:
            setattr(row, name, node.get(name, _DEFAULTS.get(name)))
    opened.tree = Tree((it, node.get("parent_id")) for it, node in wanted.items())
    return await _close(work, opened, actor, action, said)


_GONE: Final = "This entry is not in the menu any more."

_DEFAULTS: Final[dict[str, Any]] = {"title": "", "audience": "everyone", "new_tab": False}
