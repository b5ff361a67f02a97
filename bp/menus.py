"""The site's menus as its pages show them: read once, kept until one of them changes.

Two names are Ghost's navigation where nothing of our own is published: `main` and `footer`.
"""

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
from markupsafe import Markup
from msgspec import Struct

from bp.navigation import Drawing, Outline, as_path, draw, flat, outline, with_origin
from infrastructure.factory import BaseApp, base_app
from infrastructure.settings import SIBLING_APPS, Settings
from services.accounts.viewer import Viewer
from services.navigation import reader
from services.navigation.rows import Menus, PublishedMenu
from services.navigation.serving import Item, served
from services.site.reader import Site

MAIN: Final = "main"
FOOTER: Final = "footer"


class ShownMenu(Struct, frozen=True):
    """What everybody sees of a menu.

    `version` names this state of it: the same for every page, and another when an entry is another.
    """

    version: str
    outline: Outline


NOTHING: Final = ShownMenu("none", Outline((), {}))
"""A menu of which nothing is published."""


class SiteMenus(Struct, frozen=True):
    """All menus: what everybody sees of them, and what was published, for those who see more."""

    names: frozenset[str]
    shown: dict[str, ShownMenu]
    personal: dict[str, PublishedMenu]


def app_addresses(settings: Settings) -> Mapping[str, str]:
    """Return the public addresses of the sibling apps that there are, by name."""
    return {app: url for app in SIBLING_APPS if (url := settings.sibling_url(app))}


async def site_menus() -> SiteMenus:
    """Return the site's menus: one statement, until a menu or something in one changes.

    Call it before taking a connection: whoever reads it for all who wait takes one of his own.
    """
    app = base_app()
    return await app.page_cache.cached_value("menus", ("menus",), lambda: _read(app))


async def _read(app: BaseApp) -> SiteMenus:
    async with app.database.read() as connection:
        menus = await reader.menus(connection)
    return _shown(menus, app.settings)


def _shown(menus: Menus, settings: Settings) -> SiteMenus:
    apps = app_addresses(settings)
    shown = {}
    for name, menu in menus.published.items():
        items = served(menu.entries, apps)
        version = f"{menu.number}-{_digest(items)}"
        shown[name] = ShownMenu(version, outline(items, settings.public_url))
    personal = {
        name: menu
        for name, menu in menus.published.items()
        if any(entry.is_personal for entry in menu.entries)
    }
    return SiteMenus(menus.names, shown, personal)


def _digest(items: tuple[Item, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16]


def standing_menu(name: str, menus: SiteMenus, site: Site) -> ShownMenu:
    """Return what stands in the place of `main` or `footer`: what is published, or Ghost's."""
    if name in menus.shown:
        return menus.shown[name]
    items = flat(site.navigation if name == MAIN else site.secondary_navigation)
    return ShownMenu(f"ghost-{_digest(items)}", outline(items, base_app().settings.public_url))


# Where a menu is drawn: its template, and whether its links lead from another app.
_PLACES: Final = {
    "head": ("parts/head_menu.html", False),
    "foot": ("parts/foot_menu.html", False),
    "app": ("fragments/nav_tree.html", True),
}


async def drawn(menu: ShownMenu, place: str, name: str = "") -> Drawing:
    """Return a menu drawn for the `head` or `foot` of our pages, or for another `app`'s.

    Args:
        menu: which.
        place: where.
        name: of the menu, where its drawing has it.
    """

    async def compute() -> Drawing:
        return draw_now(menu.outline, place, name)

    # By its version the same menu is known again, whatever it was made of.
    key = ("menu", place, name, menu.version)
    return await base_app().page_cache.cached_value(key, ("menus",), compute)


def draw_now(menu: Outline, place: str, name: str = "") -> Drawing:
    """Draw a menu that is not kept; see `drawn`."""
    app = base_app()
    template, is_for_app = _PLACES[place]
    return draw(
        menu,
        lambda nodes: app.templates.render(template, nodes=nodes, name=name),
        partial(with_origin if is_for_app else as_path, site_url=app.settings.public_url),
    )


def whole(html: str) -> Markup:
    """Return a menu's HTML as templates take it."""
    return Markup(html)  # noqa: S704 - templates of ours have made it


async def menu_for(viewer: Viewer, name: str, path: str) -> str | None:
    """Return a menu with the entries that are a viewer's alone; None: they see what all see.

    Args:
        viewer: who looks.
        name: of the menu.
        path: of the page that shows it.
    """
    menu = (await site_menus()).personal.get(name)
    if menu is None or not viewer.is_signed_in:
        return None
    settings = base_app().settings
    theirs = outline(served(menu.entries, app_addresses(settings), viewer), settings.public_url)
    place = "foot" if name == FOOTER else "head"
    return draw_now(theirs, place).marked(f"{settings.public_url}{path}")
