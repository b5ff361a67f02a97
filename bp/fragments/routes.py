"""`nav-tree`: the platform's menu, as every app of the family shows it.

Whatever goes wrong, the answer is 200 and empty: a sibling's page must stand. An unknown type is
left to the rules that all apps share (`infrastructure.fragments.serving`).
"""

import hashlib
from typing import Any

import msgspec
from quart import Response, request
from werkzeug.exceptions import NotFound

from bp.navigation import Node, for_app
from bp.pages import chrome
from infrastructure.access import access
from infrastructure.factory import base_app
from infrastructure.fragments.serving import fragments_blueprint, nothing_now
from infrastructure.logs import get_logger
from infrastructure.page_cache import public
from services.site.reader import Link

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
    menu = request.args.get("menu") or "main"
    variant = request.args.get("variant") or "full"
    around = await chrome()
    menus = {"main": around.site.navigation, "secondary": around.site.secondary_navigation}
    if menu not in menus or variant not in VARIANTS:
        log.error("unknown menu", menu=menu[:100], variant=variant[:100])
        return nothing_now()
    app = request.args.get("app") or "blog"
    site_url = around.site_url
    its_url = site_url if app == "blog" else base_app().settings.sibling_url(app)
    nodes = for_app(menus[menu], f"{its_url or ''}{request.args.get('path', '')}", site_url)
    version = _version(menu, menus[menu])
    if request.accept_mimetypes.best_match([HTML, JSON]) == JSON:
        tree = {"menu": menu, "version": version, "nodes": [_told(node) for node in nodes]}
        response = Response(msgspec.json.encode(tree), content_type=JSON)
    else:
        html = base_app().templates.render("fragments/nav_tree.html", nodes=nodes)
        response = Response(html, content_type=f"{HTML}; charset=utf-8")
    response.headers["X-Fragment-Version"] = version
    return response


def _version(menu: str, links: tuple[Link, ...]) -> str:
    """Name this state of a menu: the same for every caller and every place in it."""
    return hashlib.sha256(msgspec.json.encode((menu, links))).hexdigest()[:16]


def _told(node: Node) -> dict[str, Any]:
    return {
        "label": node.label,
        "url": node.url,
        "current": node.current or None,
        "children": [_told(child) for child in node.children],
    }
