"""What the sibling apps share: how one is made, how its pages look, and who visits them."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from quart import Blueprint, Response, request

from bp.amounts import price
from bp.domains import use_services
from bp.guard import session_cookie
from infrastructure.assets import Bundles, add_assets
from infrastructure.errors import ForbiddenError
from infrastructure.factory import BaseApp, base_app, create_base_app
from infrastructure.fragments import Viewer, fragment
from infrastructure.fragments.holes import CART_COOKIE, cart_session
from infrastructure.fragments.serving import FragmentView, fragments_blueprint
from infrastructure.settings import ROOT, Settings
from services.accounts.sessions import session_of
from services.contracts.cart import CartOwner
from services.registry import register_domain_services
from services.site.reader import site

_FOLDER = ROOT / "siblings"
# The menu's style sheet is the blog's own: its address there would need leave of the policy here.
_BUNDLES: Bundles = {
    "sibling.css": (
        "sibling.css",
        "../../static/css/nav_tree.css",
        "../../static/css/nav_icons.css",
    )
}
_CART_SECONDS = 90 * 24 * 3600


def create_sibling(
    name: str,
    settings: Settings,
    pages: Blueprint,
    *,
    fragments: Mapping[str, FragmentView],
    domains: Collection[str],
) -> BaseApp:
    """Make a sibling app.

    Args:
        name: `account`, `cart`, `events` or `market`.
        settings: its own: `SITE_URL` is its address, `BLOG_URL` and the others' where they are.
        pages: its routes.
        fragments: what it gives the others, by type.
        domains: which of the platform's domains it works with.
    """
    app = create_base_app(
        name,
        settings,
        template_folders=[_FOLDER / "templates"],
    )
    add_assets(app, _FOLDER / "static", _BUNDLES)
    use_services(app, register_domain_services(app.database, settings.public_url, domains))
    app.templates.add(filters={"price": price})
    app.register_blueprint(pages)
    app.register_blueprint(fragments_blueprint(fragments))
    return app


def in_background(app: BaseApp, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something beside the requests, from when the app serves until it stops."""
    running: list[asyncio.Task[None]] = []

    @app.before_serving
    async def begin() -> None:
        running.append(asyncio.create_task(work()))

    @app.after_serving
    async def end() -> None:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def moment(time: datetime, zone: ZoneInfo) -> str:
    """Write when something begins, for people: Sat 5 December, 10:00."""
    local = time.astimezone(zone)
    return f"{local:%a} {local.day} {local:%B, %H:%M}"


async def zone() -> ZoneInfo:
    """Return the zone in which the platform's site tells times."""
    async with base_app().database.read() as connection:
        return (await site(connection)).zone


async def visitor() -> CartOwner | None:
    """Return whose cart the visitor of this request has; None: nobody's yet.

    These apps stand on one host and one database with the blog, so they know who is signed in
    there. An app on a host of its own asks the account app (OpenID Connect), as the blog does.
    """
    token = request.cookies.get(session_cookie(base_app().settings))
    if token:
        async with base_app().database.read() as connection:
            session = await session_of(connection, token, follows_ghost=False)
        if session is not None:
            return CartOwner(user_id=session.viewer.key)
    session_id = cart_session(request.cookies.get(CART_COOKIE))
    return CartOwner(session_id=session_id) if session_id else None


def owner_of(arguments: Mapping[str, str]) -> CartOwner | None:
    """Return whose cart a fragment is wanted for; None where that is nobody's."""
    user_id = arguments.get("user_id") or None
    session_id = None if user_id else cart_session(arguments.get("session_id"))
    return CartOwner(user_id, session_id) if user_id or session_id else None


def new_visitor() -> CartOwner:
    """Return a new anonymous owner of a cart; see `remember`."""
    return CartOwner(session_id=secrets.token_hex(16))


def cart_changed(owner: CartOwner) -> None:
    """See to it that the next page has the badge as it is now."""
    viewer = Viewer(owner.user_id, owner.session_id)
    base_app().fragments.forget(fragment("cart", "cart-mini", viewer=viewer))


def remember(response: Any, owner: CartOwner) -> None:
    """Let a browser keep whose cart it has."""
    if owner.session_id:
        response.set_cookie(
            CART_COOKIE,
            owner.session_id,
            max_age=_CART_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=base_app().config["PREFER_SECURE_URLS"],
        )


def check_is_meant() -> None:
    """Make sure that a form was sent from a page of this app.

    Raises:
        ForbiddenError: another site made the browser send it.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        message = "This form was not sent from this site; please open the page and try again."
        raise ForbiddenError(message)


async def show(template: str, **context: Any) -> Response:
    """Render a page, with the platform's menu and the visitor's cart around it."""
    app = base_app()
    owner = await visitor()
    wanted = [fragment("blog", "nav-tree", {"app": app.name, "path": request.path})]
    if owner is not None:
        viewer = Viewer(owner.user_id, owner.session_id)
        wanted.append(fragment("cart", "cart-mini", viewer=viewer))
        if owner.user_id:
            wanted.append(fragment("account", "auth-menu", {"path": request.path}, viewer=viewer))
    pieces = await app.fragments.fetch(wanted)
    page = app.templates.render(
        template,
        menu=_whole(pieces[wanted[0]].html),
        personal=_whole("".join(pieces[it].html for it in wanted[1:])),
        blog_url=app.settings.sibling_url("blog"),
        cart_url=app.settings.sibling_url("cart") or app.settings.public_url,
        **context,
    )
    return Response(page, content_type="text/html; charset=utf-8")


def _whole(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - the client of fragments has cleaned it
