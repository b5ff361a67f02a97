"""The real app: every route says how it may be cached, and its pages carry what they show."""

import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from infrastructure.page_cache.routes import Routes
from models.content import Post
from tests.infrastructure.page_cache.edits import ADDRESSES, sow
from tests.infrastructure.page_cache.fleet import Worker, worker


@pytest.fixture
async def blog(database_url: str) -> AsyncIterator[Worker]:
    blog = worker(database_url)
    await blog.start()
    async with blog.app.database.unit_of_work() as work:
        await sow(work, random.Random(7))
    yield blog
    await blog.stop()


def test_every_route_says_how_it_may_be_cached(blog: Worker) -> None:
    assert Routes(blog.app).undeclared() == []


async def test_every_public_page_is_kept(blog: Worker) -> None:
    for target in ADDRESSES:
        first, second = await blog.get(target), await blog.get(target)
        assert (first.verdict, second.verdict) == ("miss", "hit"), target
    assert not blog.app.page_cache.counts.not_kept


async def test_the_text_of_a_post_purges_no_other_page(blog: Worker) -> None:
    for target in ADDRESSES:
        await blog.get(target)
    async with blog.app.database.unit_of_work() as work:
        statement = select(Post).where(Post.listed_at.is_not(None)).limit(1)
        post = (await work.session.scalars(statement)).one()
        post.html = "<p>other</p>"
    misses = {it for it in ADDRESSES if (await blog.get(it)).verdict == "miss"}
    # Of a text that changed, the fediverse is told, and so the actor's outbox grows.
    outbox = {it for it in ADDRESSES if "outbox" in it} | {"/nodeinfo/2.1"}
    assert misses == {f"/{post.slug}/", "/search/?q=word"} | outbox


async def test_what_surrounds_the_pages_is_read_once(blog: Worker) -> None:
    await blog.get("/")
    remembered = blog.app.page_cache.stats().values
    assert remembered > 0
    for target in ADDRESSES:
        await blog.get(target)
    # Menus are drawn for the first page, and marked for each; fragments have drawings of their own.
    assert blog.app.page_cache.stats().values <= remembered + 1


async def test_readiness_and_metrics_tell_of_it(blog: Worker) -> None:
    await blog.get("/")
    ready = await blog.get("/readyz")
    assert '"page-cache listener":"ok"' in ready.text
    metrics = (await blog.get("/metrics")).text
    assert 'page_cache_misses_total{app="blog"} 1.0' in metrics
    assert 'page_cache_bypasses_total{app="blog",reason="private"}' in metrics
    assert 'page_cache_listener_ready{app="blog"} 1.0' in metrics


async def test_an_administrator_sees_what_is_kept(blog: Worker) -> None:
    await blog.get("/")
    (entry,) = blog.app.page_cache.entries(10)
    assert (entry.path, entry.status, entry.age) == ("/", 200, 0)
    assert "list:home" in entry.tags
    assert blog.app.page_cache.stats().hit_rate == 0
    await blog.app.page_cache.purge_all()
    assert blog.app.page_cache.entries(10) == []
