"""Publishing menus: what editors made becomes what readers see; every version is kept."""

import re
from typing import Any, Final

from sqlalchemy import delete, func, select

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError
from models.navigation import Menu, MenuNode, MenuTarget, MenuVersion
from services.audit.log import Actor, changes, record
from services.navigation.editing import Seen, kept_nodes, locked_as_seen, note_change
from services.navigation.tree import Tree

STANDING: Final = ("main", "footer")
"""The menus that every page of the site shows."""

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


async def publish(work: UnitOfWork, actor: Actor, seen: Seen) -> int:
    """Publish the tree that editors see; return the number of the version.

    Raises:
        StaleMenuError: somebody changed it since.
        NotFoundError: the menu is gone.
        InvalidError: it is what readers see already.
    """
    menu = await locked_as_seen(work, seen)
    rows = {
        row.id: row
        for row in await work.session.scalars(
            select(MenuNode)
            .where(MenuNode.menu_id == menu.id)
            .order_by(MenuNode.depth, MenuNode.position)
        )
    }
    nodes = kept_nodes(rows, Tree((row.id, row.parent_id) for row in rows.values()))
    if menu.published_number is not None and not menu.follows_ghost:
        current = await work.session.get(MenuVersion, (menu.id, menu.published_number))
        if current is not None and current.nodes == nodes:
            message = "Readers see this already: nothing has changed since it was published."
            raise InvalidError(message)
    return await _publish(work, actor, menu, nodes, "")


async def publish_again(work: UnitOfWork, actor: Actor, seen: Seen, number: int) -> int:
    """Publish what an older version was as a new one; return its number.

    The tree that editors work on stays as it is.

    Raises:
        StaleMenuError: somebody changed the menu since.
        NotFoundError: the menu or the version is gone.
    """
    menu = await locked_as_seen(work, seen)
    old = await work.session.get(MenuVersion, (menu.id, number))
    if old is None:
        message = "There is no such version of this menu."
        raise NotFoundError(message)
    return await _publish(work, actor, menu, old.nodes, f"Version {number} again")


async def unpublish(work: UnitOfWork, actor: Actor, seen: Seen) -> None:
    """Show readers Ghost's navigation, or nothing where there is none, instead of this menu.

    Raises:
        StaleMenuError: somebody changed it since.
        NotFoundError: the menu is gone.
    """
    menu = await locked_as_seen(work, seen)
    values = {"published_number": menu.published_number}, {"published_number": None}
    menu.published_number = None
    await _lead_to(work, menu, [])
    note_change(work, actor, menu, "unpublish", "took it from readers", values=values)


async def follow_ghost(work: UnitOfWork, actor: Actor, seen: Seen, *, follows: bool) -> None:
    """Let readers see Ghost's navigation in this menu's place, or no longer.

    Raises:
        StaleMenuError: somebody changed it since.
        NotFoundError: the menu is gone.
    """
    menu = await locked_as_seen(work, seen)
    if menu.follows_ghost != follows:
        menu.follows_ghost = follows
        said = "let it follow Ghost" if follows else "no longer let it follow Ghost"
        values = {"follows_ghost": not follows}, {"follows_ghost": follows}
        note_change(work, actor, menu, "follow", said, values=values)


async def _publish(
    work: UnitOfWork, actor: Actor, menu: Menu, nodes: list[dict[str, Any]], note: str
) -> int:
    last = await work.session.scalar(
        select(func.max(MenuVersion.number)).where(MenuVersion.menu_id == menu.id)
    )
    number = (last or 0) + 1
    work.session.add(
        MenuVersion(menu_id=menu.id, number=number, nodes=nodes, published_by=actor.name, note=note)
    )
    await work.session.flush()
    values = changes(
        {"published_number": menu.published_number, "follows_ghost": menu.follows_ghost},
        {"published_number": number, "follows_ghost": False},
    )
    menu.published_number = number
    menu.follows_ghost = False
    await _lead_to(work, menu, nodes)
    note_change(work, actor, menu, "publish", f"published version {number}", values=values)
    await work.session.flush()
    return number


async def _lead_to(work: UnitOfWork, menu: Menu, nodes: list[dict[str, Any]]) -> None:
    """Keep what a published menu leads to, so that it changes when that does."""
    work.touch({"menus"})
    await work.session.execute(delete(MenuTarget).where(MenuTarget.menu_id == menu.id))
    wanted = {
        ("tag_id" if node["kind"] == "tag" else "post_id", node["target_id"])
        for node in nodes
        if node.get("target_id") is not None
    }
    work.session.add_all(MenuTarget(menu_id=menu.id, **{column: it}) for column, it in wanted)


async def make(work: UnitOfWork, actor: Actor, name: str, title: str) -> Menu:
    """Make a menu.

    Raises:
        InvalidError: there is one of this name, or it is no name.
    """
    title = _title(title)
    if not NAME.fullmatch(name):
        message = "A name has small letters, digits and hyphens, and begins with a letter."
        raise InvalidError(message)
    if await work.session.scalar(select(Menu.id).where(Menu.name == name)):
        message = f"There is a menu “{name}” already."
        raise InvalidError(message)
    menu = Menu(name=name, title=title or name.capitalize(), version=1)
    work.session.add(menu)
    await work.session.flush()
    after = {"name": name, "title": menu.title, "version": 1, "said": "made it"}
    record(work, actor, "menu.make", ("menu", menu.id, menu.title), after=after)
    return menu


async def retitle(work: UnitOfWork, actor: Actor, seen: Seen, title: str) -> None:
    """Call a menu something else on the desk; its name stays.

    Raises:
        StaleMenuError: somebody changed it since.
        NotFoundError: it is gone.
        InvalidError: that is no title.
    """
    menu = await locked_as_seen(work, seen)
    title = _title(title)
    if not title:
        message = "Give the menu a title."
        raise InvalidError(message)
    said = f"called the menu “{title}”, before “{menu.title}”"
    values = {"title": menu.title}, {"title": title}
    menu.title = title
    note_change(work, actor, menu, "retitle", said, values=values)


def _title(given: str) -> str:
    return " ".join(given.replace("\0", "").split())[:80]


async def delete_menu(work: UnitOfWork, actor: Actor, seen: Seen) -> None:
    """Delete a menu with its history.

    Raises:
        StaleMenuError: somebody changed it since.
        NotFoundError: it is gone.
        InvalidError: every page shows it, or something of it is published.
    """
    menu = await locked_as_seen(work, seen)
    if menu.name in STANDING:
        message = "Every page shows this menu; it can be emptied, but not deleted."
        raise InvalidError(message)
    if menu.published_number is not None:
        message = "Take it from readers first, then delete it."
        raise InvalidError(message)
    before = {"name": menu.name, "title": menu.title, "version": menu.version}
    record(work, actor, "menu.delete", ("menu", menu.id, menu.title), before=before)
    await work.session.delete(menu)
