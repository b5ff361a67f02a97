"""The site's menus as its pages show them: read once, kept until one of them changes.

Two names are Ghost's navigation where nothing of our own is published: `main` and `footer`.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from bp.navigation import Node, flat, on_page
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
    items: tuple[Item, ...]


NOTHING: Final = ShownMenu("none", ())
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
    return _shown(menus, app_addresses(app.settings))


def _shown(menus: Menus, apps: Mapping[str, str]) -> SiteMenus:
    shown = {}
    for name, menu in menus.published.items():
        items = served(menu.entries, apps)
        shown[name] = ShownMenu(f"{menu.number}-{_digest(items)}", items)
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
    return ShownMenu(f"ghost-{_digest(items)}", items)


async def menu_for(viewer: Viewer, name: str, path: str) -> tuple[Node, ...] | None:
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
    items = served(menu.entries, app_addresses(settings), viewer)
    return on_page(items, path, settings.public_url)
