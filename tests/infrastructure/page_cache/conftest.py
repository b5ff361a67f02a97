"""The small app, listening to a real database."""

from collections.abc import AsyncIterator

import pytest

from infrastructure.database import Database
from infrastructure.page_cache.cache import PageCache
from infrastructure.page_cache.install import install_page_cache
from tests.infrastructure.page_cache.small_app import Site, small_app


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    """Give the small app, listening."""
    database = Database(database_url)
    cache = PageCache(database, limit=4_000_000)
    site = small_app(cache, database)
    site.routes = install_page_cache(site.app, cache, debug=True)
    cache.start()
    await cache.wait_until_ready(5)
    yield site
    await cache.stop()
    await database.close()
