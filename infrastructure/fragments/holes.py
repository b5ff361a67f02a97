"""The personal holes of our pages that sibling apps fill: `auth-menu` and `cart-mini`.

A page is kept without them (see `infrastructure.page_cache.holes`), and only a reader who brings a
cookie that says who looks has them filled. Who that is, the app tells.
"""

import re
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from infrastructure.fragments.client import FragmentClient
from infrastructure.fragments.kinds import Viewer, fragment
from infrastructure.page_cache.holes import Filler, Holes, Reader

CART_COOKIE: Final = "cart_session"
"""The cookie of an anonymous cart; the app where something was put in sets it."""

_CART_SESSION = re.compile(r"[0-9a-f]{32}")

# Says who looks, by the cookies of a request; None: nobody that a sibling app would know.
ViewerOf = Callable[[Reader], Awaitable[Viewer | None]]


async def anonymous_viewer(reader: Reader) -> Viewer | None:
    """Say who looks where nobody signs in: whoever has an anonymous cart."""
    session_id = cart_session(reader.cookies.get(CART_COOKIE))
    return Viewer(session_id=session_id) if session_id else None


def cart_session(cookie: str | None) -> str | None:
    """Return the session of an anonymous cart, or None where the cookie holds none."""
    return cookie if cookie and _CART_SESSION.fullmatch(cookie) else None


def fill_holes(
    holes: Holes,
    client: FragmentClient,
    viewer_of: ViewerOf = anonymous_viewer,
    *,
    cookies: Collection[str] = (CART_COOKIE,),
    own_menu: Filler | None = None,
) -> None:
    """Have the personal holes of every page filled by the sibling apps that there are.

    Args:
        holes: the page cache's.
        client: who fetches.
        viewer_of: says who looks.
        cookies: the names of the cookies by which it does.
        own_menu: what a signed-in person gets where the account app gives nothing.
    """

    async def cart_mini(reader: Reader, _argument: str) -> str | None:
        viewer = await viewer_of(reader)
        if viewer is None:
            return None
        wanted = fragment("cart", "cart-mini", viewer=viewer)
        return (await client.fetch([wanted]))[wanted].html or None

    async def auth_menu(reader: Reader, argument: str) -> str | bytes | None:
        viewer = await viewer_of(reader)
        if viewer is None or viewer.user_id is None:
            return None
        wanted = fragment("account", "auth-menu", {"path": reader.path}, viewer=viewer)
        html = (await client.fetch([wanted]))[wanted].html
        if html or own_menu is None:
            return html or None
        return await own_menu(reader, argument)

    for app, name, filler in (
        ("cart", "cart-mini", cart_mini),
        ("account", "auth-menu", auth_menu),
    ):
        if client.has(app):
            holes.register(name, filler, cookies=cookies, early=True)
