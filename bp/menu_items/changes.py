"""What editors do to menus. Every form has one button that says what, in `do`: `up 17`, `publish`.

Without a script each is a form and a redirect; a script gets the changed part of the page instead.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.guard import actor, current_viewer, follows_ghost
from bp.house import go
from bp.menu_items.blueprint import blueprint
from bp.menu_items.pages import Refused, history_page, menu_page, menus_page
from bp.menus import FOOTER, app_addresses
from bp.pages import is_htmx
from infrastructure.access import access
from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError, PersonError
from infrastructure.factory import base_app
from services.audit.log import Actor
from services.navigation import editing, publishing
from services.navigation.editing import Changed, NodeValues, Seen
from services.navigation.form import node_values
from services.navigation.ghost import take_over
from services.navigation.tree import WAYS
from services.site.reader import site

# Does something, and returns the entry that is in hand after it.
Deed = Callable[
    [UnitOfWork, Actor, Seen, Mapping[str, str], tuple[str, ...]], Awaitable[int | None]
]


@blueprint.post("/")
@access("menu.edit")
async def make() -> Response | Redirect:
    """Make a menu."""
    viewer, form = await current_viewer(), await request.form
    name = form.get("name", "").strip().lower()
    try:
        async with base_app().database.unit_of_work() as work:
            await publishing.make(work, actor(viewer), name, form.get("title", ""))
    except InvalidError as error:
        return await menus_page(Refused(error, "make", dict(form)))
    return go(f"/admin/menus/{name}/", "added")


@blueprint.post("/<name>/")
@access("menu.edit")
async def change(name: str) -> Response | Redirect:
    """Change a menu."""
    viewer, form = await current_viewer(), dict(await request.form)
    what, *about = form.get("do", "").split() or [""]
    deed = _DEEDS.get(what)
    try:
        if deed is None:
            message = "There is nothing to do of that kind."
            raise InvalidError(message)
        async with base_app().database.unit_of_work() as work:
            chosen = await deed(work, actor(viewer), _seen(name, form), form, tuple(about))
    except (InvalidError, NotFoundError, editing.StaleMenuError) as error:
        chosen = _number(about) if what == "save" else None
        return await menu_page(name, Refused(error, form.get("do", ""), form), chosen)
    if what == "delete":
        return go("/admin/menus/", "removed")
    if is_htmx():
        return await menu_page(name)
    # What is in hand stays so: the picker beside the tree, the entry whose form is open.
    kept = ("under", "q") if what in _CLOSING else ("under", "q", "entry")
    query = {it: form[it] for it in kept if form.get(it)}
    where = f"?{urlencode(query)}" if query else ""
    return go(
        f"/admin/menus/{name}/{where}#e{chosen}" if chosen else f"/admin/menus/{name}/{where}"
    )


@blueprint.post("/<name>/history/")
@access("menu.edit")
async def go_back(name: str) -> Response | Redirect:
    """Publish an older version again, or take it as what editors work on."""
    viewer, form = await current_viewer(), dict(await request.form)
    what, *about = form.get("do", "").split() or [""]
    seen, version = _seen(name, form), _number(about) or 0
    try:
        async with base_app().database.unit_of_work() as work:
            if what == "publish":
                await publishing.publish_again(work, actor(viewer), seen, version)
            else:
                await editing.take_version(work, actor(viewer), seen, version)
    except PersonError as error:
        return await history_page(name, Refused(error, form.get("do", ""), form))
    if what == "publish":
        return go(f"/admin/menus/{name}/history/", "published")
    return go(f"/admin/menus/{name}/")


def _seen(name: str, form: Mapping[str, str]) -> Seen:
    return Seen(name, _digits(form.get("version", "")))


def _digits(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0


def _number(about: "list[str] | tuple[str, ...]") -> int | None:
    return _digits(about[0]) or None if about else None


def _node(about: tuple[str, ...]) -> int:
    """Return which entry a button is about; 0, which none is, where it says nothing of use."""
    return _number(about) or 0


def _values(form: Mapping[str, str]) -> NodeValues:
    return node_values(form, app_addresses(base_app().settings))


async def _shift(
    work: UnitOfWork, who: Actor, seen: Seen, form: Mapping[str, str], about: tuple[str, ...]
) -> int | None:
    way = form["do"].split()[0]
    return (await editing.shift(work, who, seen, _node(about), way)).node_id


async def _move(
    work: UnitOfWork, who: Actor, seen: Seen, _form: Mapping[str, str], about: tuple[str, ...]
) -> int | None:
    """`move ENTRY PARENT INDEX`; no parent is 0."""
    _, parent, index = (_digits(it) for it in (*about, "", "", "")[:3])
    done = await editing.move(work, who, seen, _node(about), parent_id=parent or None, index=index)
    return done.node_id


async def _remove(
    work: UnitOfWork, who: Actor, seen: Seen, form: Mapping[str, str], about: tuple[str, ...]
) -> int | None:
    with_children = form["do"].startswith("remove ")
    done = await editing.remove(work, who, seen, _node(about), with_children=with_children)
    return done.node_id


async def _add(
    work: UnitOfWork, who: Actor, seen: Seen, form: Mapping[str, str], about: tuple[str, ...]
) -> int | None:
    """`add KIND`, or `add page:7` of the picker."""
    kind, is_picked, _ = (about[0] if about else "").partition(":")
    given = {**form, "kind": kind, **({"target": about[0]} if is_picked else {})}
    parent = _digits(form.get("under", "")) or None
    return (await editing.add(work, who, seen, _values(given), parent_id=parent)).node_id


async def _save(
    work: UnitOfWork, who: Actor, seen: Seen, form: Mapping[str, str], about: tuple[str, ...]
) -> int | None:
    """`save ENTRY`, or `save ENTRY page:7` to let it lead there."""
    given = {**form, "target": about[1]} if len(about) > 1 else form
    parent = _digits(form.get("parent", "")) or None
    done = await editing.edit(work, who, seen, _node(about), _values(given), parent_id=parent)
    return done.node_id


async def _retitle(
    work: UnitOfWork, who: Actor, seen: Seen, form: Mapping[str, str], _: tuple[str, ...]
) -> None:
    await publishing.retitle(work, who, seen, form.get("title", ""))


def _of_the_whole(
    act: Callable[[UnitOfWork, Actor, Seen], Awaitable[object]],
) -> Deed:
    async def deed(
        work: UnitOfWork, who: Actor, seen: Seen, _form: Mapping[str, str], _: tuple[str, ...]
    ) -> int | None:
        done = await act(work, who, seen)
        return done.node_id if isinstance(done, Changed) else None

    return deed


async def _discard(work: UnitOfWork, who: Actor, seen: Seen) -> Changed:
    return await editing.take_version(work, who, seen, None)


async def _take_over(work: UnitOfWork, who: Actor, seen: Seen) -> Changed:
    flat = await site(await work.session.connection())
    links = flat.secondary_navigation if seen.name == FOOTER else flat.navigation
    return await take_over(work, who, seen, links, base_app().settings.public_url)


async def _follow(work: UnitOfWork, who: Actor, seen: Seen) -> None:
    if not follows_ghost():
        message = "This site has no Ghost to follow."
        raise InvalidError(message)
    await publishing.follow_ghost(work, who, seen, follows=True)


async def _unfollow(work: UnitOfWork, who: Actor, seen: Seen) -> None:
    await publishing.follow_ghost(work, who, seen, follows=False)


_DEEDS: Final[Mapping[str, Deed]] = {
    **dict.fromkeys(WAYS, _shift),
    "move": _move,
    "remove": _remove,
    "remove-alone": _remove,
    "add": _add,
    "save": _save,
    "undo": _of_the_whole(editing.undo),
    "discard": _of_the_whole(_discard),
    "retitle": _retitle,
    "publish": _of_the_whole(publishing.publish),
    "unpublish": _of_the_whole(publishing.unpublish),
    "take-over": _of_the_whole(_take_over),
    "follow": _of_the_whole(_follow),
    "unfollow": _of_the_whole(_unfollow),
    "delete": _of_the_whole(publishing.delete_menu),
}

# After these the entry's form is done with.
_CLOSING: Final = frozenset({"save", "add", "remove", "remove-alone"})
