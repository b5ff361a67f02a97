"""Reading menus: what is published, with the state of every target, in one statement for all."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    column,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.errors import NotFoundError
from models.content import Post, PostTier, Tag
from models.navigation import Menu, MenuNode, MenuVersion
from services.navigation.rows import (
    FIELDS,
    Draft,
    Entry,
    MenuRow,
    Menus,
    PublishedMenu,
    VersionRow,
)
from services.navigation.tree import Tree

PAGE_SIZE: Final = 20

_TYPES: Final[dict[str, Any]] = {
    "id": BigInteger(),
    "parent_id": BigInteger(),
    "kind": Text(),
    "target_id": BigInteger(),
    "app": Text(),
    "address": Text(),
    "label": Text(),
    "title": Text(),
    "icon": Text(),
    "audience": Text(),
    "new_tab": Boolean(),
}
_PLACE: Final = column("place", Integer)


def _nodes_of(version: Any) -> Any:
    """The nodes of a published version as rows, from top to bottom."""
    columns = [*(column(name, kind) for name, kind in _TYPES.items()), _PLACE]
    return func.jsonb_to_recordset(version).table_valued(*columns).render_derived(with_types=True)


def _with_targets(nodes: Any) -> tuple[list[ColumnElement[Any]], Any, Any]:
    """Return the columns of an entry, and the conditions that join its post and its tag."""
    tiers = (
        select(func.array_agg(PostTier.tier_id))
        .where(PostTier.post_id == Post.id)
        .correlate(Post)
        .scalar_subquery()
    )
    found: list[ColumnElement[Any]] = [getattr(nodes, name) for name in _TYPES]
    found += [
        Post.title.label("post_title"),
        Post.slug.label("post_slug"),
        Post.status.label("post_status"),
        Post.visibility.label("post_visibility"),
        Post.deleted_at.is_not(None).label("post_is_gone"),
        case((Post.visibility == "tiers", tiers)).label("post_tiers"),
        Tag.name.label("tag_name"),
        Tag.slug.label("tag_slug"),
        Tag.visibility.label("tag_visibility"),
        Tag.deleted_at.is_not(None).label("tag_is_gone"),
    ]
    posts = and_(nodes.kind.in_(("post", "page")), Post.id == nodes.target_id)
    tags = and_(nodes.kind == "tag", Tag.id == nodes.target_id)
    return found, posts, tags


def _entry(row: Any) -> Entry:
    values = {name: getattr(row, name) for name in ("id", *FIELDS)}
    values = {name: value for name, value in values.items() if value is not None}
    values["parent_id"] = row.parent_id
    if row.kind in {"post", "page"}:
        is_gone = row.post_slug is None or row.post_is_gone
        values["state"] = "gone" if is_gone else row.post_status
        if values["state"] == "published":
            values["state"] = ""
        values["path"] = f"/{row.post_slug}/" if row.post_slug else None
        values["visibility"] = row.post_visibility or "public"
        values["tier_ids"] = frozenset(row.post_tiers or ())
        values["current_title"] = row.post_title or ""
    elif row.kind == "tag":
        if row.tag_slug is None or row.tag_is_gone:
            values["state"] = "gone"
        elif row.tag_visibility != "public":
            values["state"] = "internal"
        values["path"] = f"/tag/{row.tag_slug}/" if row.tag_slug else None
        values["current_title"] = row.tag_name or ""
    return Entry(**values)


async def menus(connection: AsyncConnection) -> Menus:
    """Read every menu as it is published, in one statement."""
    nodes = _nodes_of(MenuVersion.nodes).alias("nodes")
    columns, posts, tags = _with_targets(nodes.c)
    rows = await connection.execute(
        select(Menu.name, MenuVersion.number, *columns)
        .select_from(Menu)
        .outerjoin(
            MenuVersion,
            and_(
                MenuVersion.menu_id == Menu.id,
                MenuVersion.number == Menu.published_number,
                ~Menu.follows_ghost,
            ),
        )
        .outerjoin(nodes, true())
        .outerjoin(Post, posts)
        .outerjoin(Tag, tags)
        .order_by(Menu.id, nodes.c.place)
    )
    names: set[str] = set()
    numbers: dict[str, int] = {}
    entries: dict[str, list[Entry]] = {}
    for row in rows:
        names.add(row.name)
        if row.number is not None:
            numbers[row.name] = row.number
            if row.id is not None:
                entries.setdefault(row.name, []).append(_entry(row))
    return Menus(
        frozenset(names),
        {
            name: PublishedMenu(name, number, tuple(entries.get(name, ())))
            for name, number in numbers.items()
        },
    )


def _menu_columns() -> Select[Any]:
    count = (
        select(func.count()).where(MenuNode.menu_id == Menu.id).correlate(Menu).scalar_subquery()
    )
    return select(
        Menu.id,
        Menu.name,
        Menu.title,
        Menu.version,
        Menu.follows_ghost,
        Menu.published_number,
        MenuVersion.published_at,
        MenuVersion.published_by,
        count.label("count"),
        Menu.before["said"].as_string().label("undo"),
    ).outerjoin(
        MenuVersion,
        and_(MenuVersion.menu_id == Menu.id, MenuVersion.number == Menu.published_number),
    )


async def list_menus(connection: AsyncConnection) -> list[MenuRow]:
    """Read all menus, those that every site has first."""
    rows = await connection.execute(
        _menu_columns().order_by(
            case((Menu.name == "main", 0), (Menu.name == "footer", 1), else_=2), Menu.name
        )
    )
    return [MenuRow(**row._mapping) for row in rows]


async def menu(connection: AsyncConnection, name: str) -> MenuRow:
    """Read a menu.

    Raises:
        NotFoundError: there is none of this name.
    """
    row = (await connection.execute(_menu_columns().where(Menu.name == name))).first()
    if row is None:
        raise NotFoundError
    return MenuRow(**row._mapping)


async def draft(connection: AsyncConnection, name: str) -> Draft:
    """Read a menu with the tree that editors work on, and with what is published of it.

    Raises:
        NotFoundError: there is none of this name.
    """
    found = await menu(connection, name)
    published: tuple[Entry, ...] = ()
    if found.published_number is not None:
        published = (await version(connection, found.id, found.published_number)).entries
    return Draft(found, await _draft_entries(connection, found.id), published)


async def _draft_entries(connection: AsyncConnection, menu_id: int) -> tuple[Entry, ...]:
    columns, posts, tags = _with_targets(MenuNode)
    rows = await connection.execute(
        select(*columns)
        .select_from(MenuNode)
        .outerjoin(Post, posts)
        .outerjoin(Tag, tags)
        .where(MenuNode.menu_id == menu_id)
        .order_by(MenuNode.depth, MenuNode.position)
    )
    return in_order(_entry(row) for row in rows)


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries from top to bottom, given those of each parent in their order."""
    known = {entry.id: entry for entry in entries}
    tree = Tree((it.id, it.parent_id) for it in known.values())
    return tuple(known[place.id] for place in tree.places())


async def version(connection: AsyncConnection, menu_id: int, number: int) -> VersionRow:
    """Read one published version of a menu, its targets as they are now.

    Raises:
        NotFoundError: there is none of this number.
    """
    nodes = _nodes_of(MenuVersion.nodes).alias("nodes")
    columns, posts, tags = _with_targets(nodes.c)
    rows = (
        await connection.execute(
            select(
                MenuVersion.number,
                MenuVersion.published_at,
                MenuVersion.published_by,
                MenuVersion.note,
                *columns,
            )
            .select_from(MenuVersion)
            .outerjoin(nodes, true())
            .outerjoin(Post, posts)
            .outerjoin(Tag, tags)
            .where(MenuVersion.menu_id == menu_id, MenuVersion.number == number)
            .order_by(nodes.c.place)
        )
    ).all()
    if not rows:
        raise NotFoundError
    return VersionRow(
        rows[0].number,
        rows[0].published_at,
        rows[0].published_by,
        rows[0].note,
        tuple(_entry(row) for row in rows if row.id is not None),
    )


async def history(
    connection: AsyncConnection, menu_id: int, before: int | None = None
) -> tuple[list[VersionRow], int | None]:
    """Read what was published of a menu, the newest first; its entries are as they were kept.

    Returns:
        At most `PAGE_SIZE` versions and one more to compare the last of them with; and the number
        to go on from, None where these are all.
    """
    statement = select(MenuVersion).where(MenuVersion.menu_id == menu_id)
    if before is not None:
        statement = statement.where(MenuVersion.number < before)
    columns = statement.with_only_columns(
        MenuVersion.number,
        MenuVersion.published_at,
        MenuVersion.published_by,
        MenuVersion.note,
        MenuVersion.nodes,
    ).order_by(MenuVersion.number.desc())
    rows = (await connection.execute(columns.limit(PAGE_SIZE + 1))).all()
    found = [
        VersionRow(row.number, row.published_at, row.published_by, row.note, entries_of(row.nodes))
        for row in rows
    ]
    return found, found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else None


def entries_of(nodes: Iterable[dict[str, Any]]) -> tuple[Entry, ...]:
    """Return the kept nodes of a version as entries, without the state of their targets."""
    known = {"id", "parent_id", *FIELDS}
    return tuple(
        Entry(**{"parent_id": None, **{it: node[it] for it in known & node.keys()}})
        for node in nodes
    )
