"""What every page for readers has in common: reading what surrounds it, and rendering it."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape
from quart import Response, request

from bp.chrome import Chrome
from bp.head import Head
from bp.images import Pictures
from bp.menus import FOOTER, MAIN, drawn, site_menus, standing_menu, whole
from bp.social import profiles
from bp.typography import title
from infrastructure.assets import Bundles
from infrastructure.factory import BaseApp, base_app
from infrastructure.page_cache import surrogate_tags
from infrastructure.security import allow_injection
from services.posts import reader
from services.posts.reader import HIT_END, HIT_START
from services.posts.rows import AuthorRef, PostCard, TagGroupRow, TagRef
from services.site.reader import Site, site

# What is served as one file, and of what it is made (under `static/`).
BUNDLES: Bundles = {
    "site.css": tuple(
        f"css/{part}.css"
        for part in (
            "tokens",
            "fonts",
            "base",
            "chrome",
            "nav_icons",
            "listing",
            "article",
            "errors",
            "fragments",
            "print",
        )
    ),
    "cards.css": tuple(
        f"css/cards_{part}.css" for part in ("pictures", "boxes", "banners", "players")
    ),
    # For sibling apps, by this address: the look of the menu that they fetch.
    "nav-tree.css": ("css/nav_tree.css", "css/nav_icons.css"),
    "editor-type.css": ("css/tokens.css", "css/fonts.css"),
    "site.js": ("js/site.js",),
    "cards.js": ("js/cards.js",),
}


def passage(text: str) -> Markup:
    """Return a passage that search found, its hits marked."""
    plain = text.strip().removeprefix(HIT_START)
    before = "" if plain[:1].isupper() else "…\u202f"
    after = "" if text.rstrip(HIT_END).endswith((".", "!", "?")) else "\u2009…"
    whole = escape(f"{before}{text}{after}")
    marked = str(whole).replace(HIT_START, "<mark>").replace(HIT_END, "</mark>")
    return Markup(marked)  # noqa: S704 - escaped just above


def add_page_helpers(app: BaseApp) -> None:
    """Give the templates what they need beside what each page hands them."""
    settings = app.settings
    pictures = Pictures(settings.public_url, settings.ghost_public_url, settings.ghost_api_url)
    app.templates.add(
        filters={"passage": passage, "title": title},
        names={"picture": pictures.picture, "sized": pictures.sized},
    )


async def chrome() -> Chrome:
    """Return what surrounds the content of every page; read once, until it changes.

    Call it before taking a connection: whoever reads it for all who wait takes one of his own.
    """
    shown, groups = await base_app().page_cache.cached_value(
        "chrome", ("site", "tag-groups"), _read_chrome
    )
    menus = await site_menus()
    return Chrome(
        site=shown,
        groups=groups,
        menu=await drawn(standing_menu(MAIN, menus, shown), "head"),
        footer=await drawn(standing_menu(FOOTER, menus, shown), "foot"),
        site_url=base_app().settings.public_url,
        path=request.path,
    )


async def _read_chrome() -> tuple[Site, tuple[TagGroupRow, ...]]:
    async with base_app().database.read() as connection:
        return await site(connection), await reader.tag_groups(connection)


def shows_cards(cards: Iterable[PostCard]) -> None:
    """Say that the page shows these cards."""
    for card in cards:
        surrogate_tags(f"card:{card.id}")
        shows_names(card.authors, card.tags)


def shows_names(authors: Iterable[AuthorRef], tags: Iterable[TagRef]) -> None:
    """Say that the page shows these authors and tags by their names."""
    surrogate_tags(*(f"author:{it.id}" for it in authors), *(f"tag:{it.id}" for it in tags))


def _shown(around: Chrome) -> Mapping[str, Any]:
    return {
        "site": around.site,
        "groups": around.groups,
        "local": around.local,
        "site_url": around.site_url,
        "path": around.path,
    }


def render(template: str, around: Chrome, head: Head, **context: Any) -> Response:
    """Render a reader's page."""
    meta = around.site.meta
    allow_injection(meta.codeinjection_head, meta.codeinjection_foot)
    allow_injection(head.codeinjection_head, head.codeinjection_foot)
    place = f"{around.site_url}{around.path}"
    page = base_app().templates.render(
        template,
        **_shown(around),
        head=head,
        navigation=whole(around.menu.marked(place)),
        footer=whole(around.footer.marked(place)),
        social=profiles(around.site.social),
        **{"has_cards": False, "has_own_menus": True} | context,
    )
    return Response(page, content_type="text/html; charset=utf-8")


def render_part(template: str, around: Chrome, **context: Any) -> Response:
    """Render a part of a page, which htmx swaps in."""
    part = base_app().templates.render(template, **_shown(around), **context)
    return Response(part, content_type="text/html; charset=utf-8")


def is_htmx() -> bool:
    """Whether htmx asks for a piece to swap into the page that it shows."""
    return request.headers.get("HX-Request") == "true"
