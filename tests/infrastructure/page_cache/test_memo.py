"""Values kept under surrogate tags: computed once, gone when touched, never older than a change."""

import asyncio

import pytest

from infrastructure.page_cache.declare import Render, current_render
from tests.infrastructure.page_cache.small_app import Site


class Source:
    """Something slow to read that changes."""

    def __init__(self) -> None:
        self.value = "old"
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> str:
        self.reads += 1
        value = self.value
        await self.gate.wait()
        return value


async def test_a_value_is_read_once_until_it_is_touched(site: Site) -> None:
    source = Source()
    for _ in range(3):
        assert await site.cache.cached_value("menu", ("menu",), source.read) == "old"
    assert source.reads == 1
    source.value = "new"
    await site.cache.purge({"other"})
    assert await site.cache.cached_value("menu", ("menu",), source.read) == "old"
    await site.cache.purge({"menu"})
    assert await site.cache.cached_value("menu", ("menu",), source.read) == "new"


async def test_many_who_wait_cause_one_read(site: Site) -> None:
    source = Source()
    source.gate.clear()
    waiting = asyncio.gather(
        *(site.cache.cached_value("menu", ("menu",), source.read) for _ in range(100))
    )
    await asyncio.sleep(0.01)
    source.gate.set()
    assert set(await waiting) == {"old"}
    assert source.reads == 1


async def test_who_asks_after_a_change_does_not_get_what_was_read_before(site: Site) -> None:
    source = Source()
    source.gate.clear()
    before = asyncio.create_task(site.cache.cached_value("menu", ("menu",), source.read))
    await asyncio.sleep(0.01)
    source.value = "new"
    await site.cache.purge({"menu"})
    after = asyncio.create_task(site.cache.cached_value("menu", ("menu",), source.read))
    await asyncio.sleep(0.01)
    source.gate.set()
    assert await before == "old"
    assert await after == "new"
    assert await site.cache.cached_value("menu", ("menu",), source.read) == "new"


async def test_a_page_that_shows_a_value_has_its_tags(site: Site) -> None:
    source = Source()
    render = Render()
    token = current_render.set(render)
    await site.cache.cached_value("menu", ("menu", "site"), source.read)
    current_render.reset(token)
    assert render.tags == {"menu", "site"}


async def test_a_read_that_fails_is_kept_nowhere(site: Site) -> None:
    async def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        await site.cache.cached_value("menu", ("menu",), fail)
    assert await site.cache.cached_value("menu", ("menu",), Source().read) == "old"


async def test_without_an_ear_nothing_is_kept(site: Site) -> None:
    source = Source()
    await site.cache.cached_value("menu", ("menu",), source.read)
    site.cache._lost()
    for _ in range(2):
        await site.cache.cached_value("menu", ("menu",), source.read)
    assert source.reads == 3
