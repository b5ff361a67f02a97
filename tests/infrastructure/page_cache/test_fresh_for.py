"""A render may say for how long it is true; personal holes are filled while it runs."""

import asyncio
import time

import pytest
from quart import Quart

from infrastructure.page_cache import fresh_for, public, surrogate_tags
from infrastructure.page_cache.declare import Policy
from infrastructure.page_cache.holes import Holes, Reader, cut
from infrastructure.page_cache.page import Answer, Page
from infrastructure.page_cache.shared_codec import pack, unpack
from tests.infrastructure.page_cache.small_app import Site

ANSWER = Answer(200, [(b"content-type", b"text/html")], b"bread")


def page(policy: Policy, fresh: float | None, **more: int) -> Page:
    return Page(
        ANSWER,
        policy,
        tags={"a"},
        viewer_may_differ=False,
        kept=True,
        made=1000.0,
        fresh=fresh,
        **more,
    )


@pytest.mark.parametrize(
    ("route", "stale", "render", "stale_at", "dead_at"),
    [
        (None, 0, 30, 1030, 1060),
        (None, 0, None, float("inf"), float("inf")),
        (100, 50, 30, 1030, 1060),
        (10, 50, 30, 1010, 1060),
    ],
)
def test_the_shortest_time_counts(
    route: float | None, stale: float, render: float | None, stale_at: float, dead_at: float
) -> None:
    made = page(Policy(public=True, fresh=route, stale=stale), render)
    assert (made.stale_at, made.dead_at) == (stale_at, dead_at)


def test_the_time_travels_with_a_shared_page() -> None:
    policy = Policy(public=True)
    made = page(policy, 30)
    again = unpack(pack(made, ANSWER), policy, 0)
    assert again.stale_at == made.stale_at == 1030


def test_a_cdn_keeps_it_no_longer() -> None:
    headers = dict(page(Policy(public=True), 30, cdn_seconds=600).public_headers)
    assert headers[b"surrogate-control"] == b"max-age=30"


async def test_a_page_is_rendered_again_when_its_time_is_over(site: Site) -> None:
    app: Quart = site.app

    @app.get("/dates/")
    @public()
    async def dates() -> str:
        surrogate_tags("page:dates")
        fresh_for(60)
        fresh_for(0.2)
        return f"render {site.renders['/dates/']}"

    assert (await site.get("/dates/")).text == "render 1"
    assert (await site.get("/dates/")).verdict == "hit"
    await asyncio.sleep(0.25)
    assert (await site.get("/dates/")).verdict == "stale"
    await asyncio.sleep(0.05)
    assert (await site.get("/dates/")).text == "render 2"


async def test_who_waits_for_a_render_does_not_wait_for_his_holes_again() -> None:
    holes = Holes(deadline=0.2)

    async def hang(_reader: Reader, _argument: str) -> str:
        await asyncio.sleep(60)
        return ""

    async def greet(reader: Reader, _argument: str) -> str:
        return reader.cookies["who"]

    holes.register("menu", hang, cookies=["who"], early=True)
    holes.register("greeting", greet, cookies=["who"], early=True)
    scope = {"path": "/", "headers": [(b"cookie", b"who=Ada")]}
    body = cut(
        b"<!--hole:menu-->sign in<!--/hole:menu--> <!--hole:greeting-->you<!--/hole:greeting-->"
    )
    reader = holes.begin(scope)
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    assert await holes.fill(body, reader) == b"sign in Ada"
    assert time.perf_counter() - began < 0.1
    assert await holes.fill(body, Reader({"path": "/", "headers": []})) is None
