"""`nav-tree`: the platform's menu, as every app of the family shows it.

It is the same for everybody who asks, so it holds what everybody may see (decision 0023).
Whatever goes wrong, the answer is 200 and empty: a sibling's page must stand. An unknown type is
left to the rules that all apps share (`infrastructure.fragments.serving`).
"""

from typing import Any

import msgspec
from quart import Response, request
from werkzeug.exceptions import NotFound

from bp.menus import MAIN, NOTHING, ShownMenu, drawn, site_menus, standing_menu
from bp.navigation import Node, for_app, top
from bp.pages import chrome
from infrastructure.access import access
from infrastructure.factory import base_app
from infrastructure.fragments.serving import fragments_blueprint, nothing_now
from infrastructure.logs import get_logger
from infrastructure.page_cache import public
from infrastructure.settings import SIBLING_APPS, Settings
from services.navigation.publishing import STANDING

log = get_logger(__name__)

blueprint = fragments_blueprint({})

HTML = "text/html"
JSON = "application/json"
VARIANTS = frozenset({"full", "compact"})


@blueprint.get("/internal/fragments/nav-tree")
@access("public")
@public(
    query=("app", "path", "menu", "variant"),
    representations=(HTML, JSON),
    required_header=("x-fragment-request", "1"),
)
async def nav_tree() -> Response:
    """Answer with the menu, the caller's place in it marked."""
    if request.headers.get("X-Fragment-Request") != "1":
        raise NotFound
    try:
        return await _nav_tree()
    except Exception:  # a sibling's page never fails because its menu did
        log.exception("fragment cannot be made", type="nav-tree")
        return nothing_now()


async def _nav_tree() -> Response:
    name = request.args.get("menu") or MAIN
    variant = request.args.get("variant") or "full"
    menus = await site_menus()
    menu = menus.shown.get(name)
    if menu is None and name in STANDING:
        menu = standing_menu(name, menus, (await chrome()).site)
    if variant not in VARIANTS or (menu is None and name not in menus.names):
        log.error("unknown menu", menu=name[:100], variant=variant[:100])
        return nothing_now()
    menu = menu or NOTHING
    settings = base_app().settings
    place = f"{_address(settings, request.args.get('app') or 'blog')}{request.args.get('path', '')}"
    if request.accept_mimetypes.best_match([HTML, JSON]) == JSON:
        nodes = _nodes(menu, place, variant)
        tree = {"menu": name, "version": menu.version, "nodes": [_told(node) for node in nodes]}
        response = Response(msgspec.json.encode(tree), content_type=JSON)
    else:
        html = (
            (await drawn(menu, "app", name)).marked(place)
            if variant == "full"
            else base_app().templates.render(
                "fragments/nav_tree.html", nodes=_nodes(menu, place, variant), name=name
            )
        )
        response = Response(html, content_type=f"{HTML}; charset=utf-8")
    response.headers["X-Fragment-Version"] = menu.version
    return response


def _nodes(menu: ShownMenu, place: str, variant: str) -> tuple[Node, ...]:
    nodes = for_app(menu.outline, place, base_app().settings.public_url)
    return top(nodes) if variant == "compact" else nodes


def _address(settings: Settings, app: str) -> str:
    """Return where an app is; empty for one that this site does not know: it is nowhere in it."""
    if app == "blog":
        return settings.public_url
    return (app in SIBLING_APPS and settings.sibling_url(app)) or ""


def _told(node: Node) -> dict[str, Any]:
    return {
        "label": node.label,
        "url": node.url,
        "current": node.current or None,
        "children": [_told(child) for child in node.children],
    }
