"""Sample dates and products, hung on whatever posts the blog has, once, for development."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from infrastructure.database import Database
from infrastructure.logs import get_logger
from services.containers import lock_container
from services.contracts.blog import PostRef
from services.contracts.calendar import NewEntry, NewSlot
from services.contracts.common import Container
from services.contracts.market import NewProduct
from services.registry import Services

log = get_logger(__name__)

# What is locked while samples are planted: several workers start at once.
_PLATFORM: Final = Container("platform", 0)

_LOOK_AGAIN: Final = 1.0  # seconds
_PATIENCE: Final = 120  # looks

_DATES: Final = (
    ("Sourdough for beginners", "The bakehouse", 3, 10, 3, 3500),
    ("Open oven", "The bakehouse", 6, 16, 4, 0),
    ("Bicycle repair evening", "The yard", 9, 18, 3, 500),
    ("Members’ meeting and soup", "The long table", 13, 19, 2, 0),
    ("Letterpress taster", "The press room", 20, 14, 3, 2800),
)

_PRODUCTS: Final = (
    ("Rye loaf", "A kilo, two days in the making.", 650, "loaf", 24),
    ("Rose Ash flour", "Stone-ground wheat from the hill farm.", 380, "kg", 80),
    ("Patched jumper pattern", "Printed here, with three diagrams.", 1200, "", None),
    ("Inner tube, mended", "Holds, and costs what the patch cost.", 300, "", 0),
)


async def _posts(database: Database, services: Services) -> tuple[PostRef, ...]:
    """Wait until the blog has posts; none if it has none for a long time."""
    for _ in range(_PATIENCE):
        async with database.read() as connection:
            found = await services.blog.search(connection, "", limit=6)
        if found:
            return found
        await asyncio.sleep(_LOOK_AGAIN)
    return ()


async def plant_dates(database: Database, services: Services) -> None:
    """Give the newest posts calendars with something to come."""
    posts = await _posts(database, services)
    async with database.unit_of_work() as work:
        await lock_container(work.session, "samples", _PLATFORM)
        containers = [post.container for post in posts]
        there = await services.calendar.calendars(await work.session.connection(), containers)
        if not posts or any(there.values()):
            return
        morning = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for place, (title, where, days, hour, hours, cost) in enumerate(_DATES):
            post = posts[place % min(len(posts), 3)]
            calendar = await services.calendar.switch_on(work, post.container, post.title)
            start = morning + timedelta(days=days, hours=hour)
            end = start + timedelta(hours=hours)
            slots = (NewSlot("All of it", start, end, places=12),) if cost else ()
            entry = NewEntry(title, start, end, place=where, cost=cost, slots=slots)
            await services.calendar.add_entry(work, calendar.id, entry)
    log.info("sample dates are there", count=len(_DATES))


async def plant_products(database: Database, services: Services) -> None:
    """Give the newest post a marketplace with something to sell."""
    posts = await _posts(database, services)
    async with database.unit_of_work() as work:
        await lock_container(work.session, "samples", _PLATFORM)
        containers = [post.container for post in posts]
        there = await services.market.marketplaces(
            await work.session.connection(), containers, deleted_too=True
        )
        if not posts or any(there.values()):
            return
        marketplace = await services.market.create(work, posts[0].container, "The coop’s shelf")
        for title, description, price, unit, stock in _PRODUCTS:
            product = NewProduct(title, price, description=description, unit=unit, stock=stock)
            await services.market.add_product(work, marketplace.id, product)
    log.info("sample products are there", count=len(_PRODUCTS))
