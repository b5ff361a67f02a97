"""Putting a page cache before an app."""

from typing import cast

from quart import Quart

from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.layer import PageCacheLayer
from infrastructure.page_cache.render import AsgiApp
from infrastructure.page_cache.routes import Routes


def install_page_cache(app: Quart, cache: PageCache, *, debug: bool) -> Routes:
    """Wrap an app's ASGI interface, and start and stop the cache with the app.

    Args:
        app: its routes declare their policies (`public`, `private`).
        cache: not started yet.
        debug: answers say in `X-Page-Cache` where they came from (development and tests only).

    Returns:
        the policies of the app's routes, whose `undeclared()` a test asks.
    """
    routes = Routes(app)
    layer = PageCacheLayer(cast("AsgiApp", app.asgi_app), cache, routes, debug=debug)
    setattr(app, "asgi_app", layer)  # noqa: B010 - Quart's documented way; a method to the checker

    async def start() -> None:
        cache.start()

    app.before_serving(start)
    app.after_serving(cache.stop)
    return routes
