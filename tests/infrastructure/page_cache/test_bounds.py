"""What strangers can ask for: memory stays bounded and real pages stay."""

import random

import pytest

from infrastructure.page_cache.declare import Policy, Render
from infrastructure.page_cache.page import Answer, Page, reason_not_to_keep
from infrastructure.page_cache.store import Key, PageStore
from tests.infrastructure.page_cache.small_app import Site

REAL = [f"/page/real-{number}/" for number in range(20)]


async def scan(site: Site, count: int) -> float:
    """Ask for random addresses, with readers now and then; return the readers' hit rate."""
    chance = random.Random(5)
    for path in REAL * 2:
        await site.get(path)
    hits = asked = 0
    for number in range(count):
        word = f"{chance.getrandbits(64):x}"
        target = chance.choice(
            [f"/{word}.php", f"/page/{word}/", f"/list/?after={word}", f"/?{word}"]
        )
        await site.get(target, host=chance.choice(["localhost", f"{word}.example"]))
        if number % 50 == 0:
            reply = await site.get(chance.choice(REAL))
            asked += 1
            hits += reply.verdict == "hit"
        assert site.cache.store.bytes <= site.cache.store.limit
    assert len(site.routes._remembered) <= 10_000
    assert site.cache.stats().tags <= 5_000
    return hits / asked


async def test_a_scan_displaces_no_real_page(site: Site) -> None:
    assert await scan(site, 3_000) == 1.0
    assert site.cache.store.evicted > 0
    assert site.cache.store.missing * 2_000 <= site.cache.store.limit * 0.05


@pytest.mark.slow
async def test_a_scan_of_a_hundred_thousand_displaces_no_real_page(site: Site) -> None:
    assert await scan(site, 100_000) == 1.0


def _page(size: int, *tags: str, status: int = 200) -> Page:
    return Page(
        Answer(status, [], bytes(size)),
        Policy(public=True),
        tags=tags,
        viewer_may_differ=False,
        kept=True,
        made=0,
    )


def _key(name: str) -> Key:
    return (b"", name, "")


async def test_the_store_counts_its_bytes_and_its_tags() -> None:
    store = PageStore(1_000_000)
    pages = {name: _page(1_000, f"page:{name}", "all") for name in "abcdef"}
    for name, page in pages.items():
        assert store.put(_key(name), page)
    assert store.bytes == sum(it.size for it in pages.values())
    assert store.tags == 8
    before = store.bytes
    assert store.get(_key("a")) is pages["a"]
    assert store.bytes == before
    await pages["b"].variant("gzip")
    assert store.bytes == sum(it.size for it in pages.values()) > before
    assert store.purge({"page:a", "page:b", "page:none"}) == 2
    assert store.purge({"all"}) == 4
    assert (len(store), store.bytes, store.tags) == (0, 0, 0)


def test_what_is_asked_for_again_outlives_what_is_not() -> None:
    store = PageStore(100_000)
    for number in range(8):
        store.put(_key(f"wanted-{number}"), _page(1_000))
        store.get(_key(f"wanted-{number}"))
    for number in range(1_000):
        store.put(_key(f"scanned-{number}"), _page(1_000))
    assert all(store.get(_key(f"wanted-{number}")) for number in range(8))
    assert not store.put(_key("too large"), _page(100_000))
    assert store.bytes <= 100_000


def test_more_wanted_pages_than_fit_displace_each_other() -> None:
    store = PageStore(100_000)
    for number in range(200):
        store.put(_key(str(number)), _page(2_000))
        store.get(_key(str(number)))
        assert store.bytes <= 100_000
    assert store.get(_key("199"))
    assert not store.get(_key("0"))
    assert store.evicted > 150


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (200, [], None),
        (301, [], None),
        (404, [], None),
        (302, [], "status"),
        (503, [], "status"),
        (200, [(b"set-cookie", b"a=b")], "cookie"),
        (200, [(b"cache-control", b"Private")], "private"),
        (404, [(b"cache-control", b"no-store")], "private"),
    ],
)
def test_what_is_kept(status: int, headers: list[tuple[bytes, bytes]], reason: str | None) -> None:
    answer = Answer(status, headers, b"")
    assert reason_not_to_keep(answer, Policy(public=True), Render({"page"})) == reason
