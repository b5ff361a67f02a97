"""The pages of the menus' editor: the list, one menu, its preview and its history."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace
from quart import Response, request

from bp.cursors import number, words
from bp.guard import follows_ghost
from bp.head import Head
from bp.house import render_house
from bp.menu_items.blueprint import blueprint
from bp.menu_items.lines import lines_of
from bp.menus import FOOTER, MAIN, app_addresses, draw_now, whole
from bp.navigation import outline
from bp.pages import chrome, is_htmx, render
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.viewer import Role, Viewer
from services.desk.fields import InvalidFieldsError
from services.navigation import reader, targets
from services.navigation.changes import Difference, differences
from services.navigation.editing import StaleMenuError
from services.navigation.form import CONTENT
from services.navigation.rows import AUDIENCES, ICONS, Draft, MenuRow, VersionRow
from services.navigation.serving import served
from services.site.reader import site

_SHOWN_DIFFERENCES = 40


class Refused(Struct, frozen=True):
    """A change that was not made: why, and what was sent, so that nothing typed is lost."""

    error: PersonError
    do: str
    given: Mapping[str, str]

    @property
    def errors(self) -> Mapping[str, str]:
        """A sentence for each field that could not be taken."""
        return self.error.errors if isinstance(self.error, InvalidFieldsError) else {}


@blueprint.get("/")
@private
@access("menu.edit")
async def list_menus() -> Response:
    """List the menus."""
    return await menus_page()


async def menus_page(refused: Refused | None = None) -> Response:
    """Show the list of menus, and the form of a new one."""
    async with base_app().database.read() as connection:
        found = await reader.list_menus(connection)
    return await render_house(
        "admin/menus/list.html",
        status=refused.error.status if refused else 200,
        menus=found,
        refused=refused,
    )


@blueprint.get("/<name>/")
@private
@access("menu.edit")
async def show_menu(name: str) -> Response:
    """Show a menu's tree, and what can be done to it."""
    return await menu_page(name)


async def menu_page(
    name: str, refused: Refused | None = None, chosen: int | None = None
) -> Response:
    """Show a menu's tree; to a script, the part of the page that changes.

    Args:
        name: of the menu.
        refused: a change that was not made.
        chosen: the entry that is in hand; None: the one that the address names.

    Raises:
        NotFoundError: there is no such menu.
    """
    settings = base_app().settings
    apps = app_addresses(settings)
    asked = words(request.args.get("q"))
    chosen = chosen or request.args.get("entry", type=number)
    is_search = "q" in request.args
    async with base_app().database.read() as connection:
        draft = await reader.draft(connection, name)
        flat = await site(connection)
        found = await targets.find(connection, asked) if is_search else []
    entries = {entry.id: entry for entry in draft.entries}
    entry = entries.get(chosen or 0)
    under = entries.get(request.args.get("under", 0, type=number))
    navigation = flat.secondary_navigation if name == FOOTER else flat.navigation
    told = differences(draft.published, draft.entries) if draft.menu.published_number else []
    return await render_house(
        "admin/menus/_menu.html" if is_htmx() else "admin/menus/menu.html",
        status=refused.error.status if refused else 200,
        menu=draft.menu,
        lines=lines_of(draft.entries, apps),
        entry=entry,
        entries=draft.entries,
        depths=_depths(draft),
        under=under,
        parents=_parents(draft, chosen),
        is_leading=entry is not None and entry.kind in CONTENT and "lead" in request.args,
        asked=asked,
        is_search=is_search,
        targets=found,
        audiences=AUDIENCES,
        icons=ICONS,
        apps=apps,
        differences=told[:_SHOWN_DIFFERENCES],
        more_differences=max(0, len(told) - _SHOWN_DIFFERENCES),
        flat=navigation if name in {MAIN, FOOTER} else (),
        follows_ghost=follows_ghost(),
        refused=refused,
        others=refused.error.others
        if refused and isinstance(refused.error, StaleMenuError)
        else (),
    )


def _depths(draft: Draft) -> dict[int, int]:
    depths: dict[int | None, int] = {None: -1}
    for entry in draft.entries:
        depths[entry.id] = depths[entry.parent_id] + 1
    return {it: depth for it, depth in depths.items() if it is not None}


def _parents(draft: Draft, chosen: int | None) -> set[int]:
    """Return under which entries one could be put: not itself, nor what is below it."""
    below = {chosen}
    for entry in draft.entries:
        if entry.parent_id in below:
            below.add(entry.id)
    return {entry.id for entry in draft.entries} - below


# As whom a menu can be looked at, by what the address calls them.
_AS = ("everyone", "reader", "member", "author", "editor", "administrator")


@blueprint.get("/<name>/preview/")
@private
@access("menu.edit")
async def preview(name: str) -> Response:
    """Show the tree that editors work on as readers would see it."""
    viewed_as = request.args.get("as", "everyone")
    viewer = Viewer(Role.of(viewed_as))
    around = await chrome()
    async with base_app().database.read() as connection:
        draft = await reader.draft(connection, name)
    settings = base_app().settings
    shown = outline(served(draft.entries, app_addresses(settings), viewer), settings.public_url)
    drawing = draw_now(shown, "foot" if name == FOOTER else "head")
    return render(
        "admin/menus/preview.html",
        replace(around, **{MAIN: {"menu": drawing}, FOOTER: {"footer": drawing}}.get(name, {})),
        Head(
            title=f"Preview · {draft.menu.title}",
            canonical=f"{around.site_url}{around.path}",
            is_indexed=False,
        ),
        menu=draft.menu,
        audiences={it: AUDIENCES[it] for it in _AS},
        viewed_as=viewed_as if viewed_as in _AS else "everyone",
        shown_here="" if name in {MAIN, FOOTER} else whole(drawing.marked("")),
        # The holes of a page are filled with what is published.
        has_own_menus=False,
    )


class Past(Struct, frozen=True):
    """A version that was published, and what it changed."""

    version: VersionRow
    differences: tuple[Difference, ...]
    more: int


@blueprint.get("/<name>/history/")
@private
@access("menu.edit")
async def history(name: str) -> Response:
    """List what was published of a menu."""
    return await history_page(name)


async def history_page(name: str, refused: Refused | None = None) -> Response:
    """Show what was published of a menu, the newest first."""
    before = request.args.get("before", type=number)
    async with base_app().database.read() as connection:
        menu: MenuRow = await reader.menu(connection, name)
        found, after = await reader.history(connection, menu.id, before)
    if not found and before is not None:
        raise NotFoundError
    past = []
    for at, version in enumerate(found[: reader.PAGE_SIZE]):
        earlier = found[at + 1].entries if at + 1 < len(found) else ()
        told = differences(earlier, version.entries)
        past.append(Past(version, tuple(told[:12]), max(0, len(told) - 12)))
    return await render_house(
        "admin/menus/history.html",
        status=refused.error.status if refused else 200,
        menu=menu,
        past=past,
        before=after,
        refused=refused,
    )
