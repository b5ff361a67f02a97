"""One worker: what is served from the cache, what is not, and with which headers."""

import asyncio
import gzip

import brotli
import zstandard

from infrastructure.page_cache.holes import Reader
from tests.infrastructure.page_cache.small_app import BODY, Site


async def test_a_page_is_rendered_once_and_then_served_in_two_messages(site: Site) -> None:
    first = await site.get("/page/rye/")
    second = await site.get("/page/rye/")
    assert (first.verdict, second.verdict) == ("miss", "hit")
    assert first.body == second.body == f"rye {BODY}".encode()
    assert second.messages == 2
    assert site.renders["/page/rye/"] == 1
    assert second.headers["surrogate-key"] == "everything page:rye"
    assert second.headers["cache-control"] == "public, no-cache"
    assert second.headers["vary"] == "accept-encoding"
    assert second.headers["age"] == "0"


async def test_every_encoding_has_its_bytes_and_its_own_strong_etag(site: Site) -> None:
    unpack = {
        "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
        "br": brotli.decompress,
        "gzip": gzip.decompress,
    }
    etags = {(await site.get("/page/rye/")).headers["etag"]}
    for encoding, unpacked in unpack.items():
        reply = await site.get("/page/rye/", accept_encoding=encoding)
        assert reply.headers["content-encoding"] == encoding
        assert unpacked(reply.body) == f"rye {BODY}".encode()
        assert len(reply.body) == int(reply.headers["content-length"]) < 200
        etags.add(reply.headers["etag"])
    assert len(etags) == 4
    assert all(it.startswith('"') for it in etags)
    assert site.renders["/page/rye/"] == 1


async def test_a_known_page_is_not_sent_again(site: Site) -> None:
    etag = (await site.get("/page/rye/")).headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        reply = await site.get("/page/rye/", if_none_match=known)
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == etag
        assert "content-length" not in reply.headers
        assert "content-type" not in reply.headers
    assert (await site.get("/page/rye/", if_none_match='"other"')).status == 200


async def test_head_has_the_headers_alone_and_fills_the_cache_for_get(site: Site) -> None:
    head = await site.get("/page/rye/", method="HEAD")
    page = await site.get("/page/rye/")
    assert head.body == b""
    assert head.headers["content-length"] == page.headers["content-length"] == str(len(page.body))
    assert (head.verdict, page.verdict) == ("miss", "hit")


async def test_undeclared_parameters_and_cookies_reach_nobody(site: Site) -> None:
    first = await site.get("/list/?utm=mail&after=7&after=8", cookie="session=ada")
    second = await site.get("/list/?after=7&fbclid=x")
    assert first.text == second.text == "whole 7 None"
    assert (first.verdict, second.verdict) == ("miss", "hit")
    assert (await site.get("/list/?after=9")).verdict == "miss"
    await site.get("/page/rye/")
    assert (await site.get("/page/rye/?utm=1")).verdict == "hit"
    assert (await site.get("/page/rye/?" + "x" * 2000)).verdict == "bypass; query"


async def test_htmx_gets_its_own_answer(site: Site) -> None:
    whole = await site.get("/list/")
    cards = await site.get("/list/", hx_request="true")
    assert (whole.text, cards.text) == ("whole None None", "cards None None")
    assert whole.headers["vary"] == cards.headers["vary"] == "accept-encoding, hx-request"
    assert (await site.get("/list/", hx_request="true")).verdict == "hit"
    # Where the route does not tell them apart, both are one page.
    await site.get("/page/rye/")
    assert (await site.get("/page/rye/", hx_request="true")).verdict == "hit"


async def test_a_representation_is_chosen_and_a_required_header_asked_for(site: Site) -> None:
    html = await site.get("/tree/", x_fragment_request="1", accept="*/*")
    json = await site.get("/tree/", x_fragment_request="1", accept="application/json")
    assert (html.text, json.text) == ("text/html", "application/json")
    again = await site.get(
        "/tree/", x_fragment_request="1", accept="application/json;q=0.9, text/html;q=0.1"
    )
    assert (again.verdict, again.text) == ("hit", "application/json")
    assert again.headers["cache-control"] == "public, max-age=30"
    assert (await site.get("/tree/")).verdict == "bypass; header"


async def test_other_methods_and_private_routes_are_left_to_the_app(site: Site) -> None:
    assert (await site.get("/page/rye/", method="POST")).verdict == "bypass; method"
    mine = await site.get("/mine/", cookie="session=ada")
    assert mine.verdict == "bypass; private"
    assert mine.headers["cache-control"] == "private, no-store"
    assert mine.text == "hello ada"
    assert (await site.get("/forgotten/")).verdict == "bypass; private"
    assert site.routes.undeclared() == ["forgotten"]


async def test_what_may_not_be_kept_is_not_kept(site: Site) -> None:
    for path in ("/cookie/", "/untagged/", "/broken/"):
        for _ in range(2):
            reply = await site.get(path)
            assert reply.verdict == "miss"
            assert reply.headers["cache-control"] == "no-store"
            assert "set-cookie" not in reply.headers
            assert "etag" not in reply.headers
    assert site.cache.counts.not_kept == {"cookie": 2, "untagged": 2, "status": 2}


async def test_a_purge_removes_what_carries_the_tag_and_nothing_else(site: Site) -> None:
    for name in ("rye", "oat"):
        await site.get(f"/page/{name}/")
    site.texts["rye"] = "new rye"
    await site.cache.purge({"page:rye"})
    assert (await site.get("/page/oat/")).verdict == "hit"
    reply = await site.get("/page/rye/")
    assert (reply.verdict, reply.text) == ("miss", f"new rye {BODY}")


async def test_a_missing_page_is_kept_until_an_address_changes(site: Site) -> None:
    assert (await site.get("/nowhere/")).status == 404
    assert (await site.get("/nowhere/")).verdict == "hit"
    assert (await site.get("/nowhere/?x=1")).verdict == "hit"
    await site.cache.purge({"addresses"})
    assert (await site.get("/nowhere/")).verdict == "miss"


async def test_a_thousand_who_miss_cause_one_render(site: Site) -> None:
    waiting = asyncio.gather(*(site.get("/slow/rye/") for _ in range(1000)))
    await asyncio.sleep(0.05)
    site.gate.set()
    replies = await waiting
    assert {it.text for it in replies} == {"rye"}
    assert site.renders["/slow/rye/"] == 1


async def test_a_render_that_is_overtaken_by_a_change_is_done_again(site: Site) -> None:
    before = asyncio.create_task(site.get("/slow/rye/"))
    await asyncio.sleep(0.05)
    site.texts["rye"] = "new"
    await site.cache.purge({"page:rye"})
    after = asyncio.create_task(site.get("/slow/rye/"))
    await asyncio.sleep(0.05)
    site.gate.set()
    assert (await before).text == "new"
    assert (await after).text == "new"
    assert (await site.get("/slow/rye/")).verdict == "hit"
    assert site.renders["/slow/rye/"] == 2


async def test_one_who_goes_away_takes_nothing_from_those_who_wait(site: Site) -> None:
    first = asyncio.create_task(site.get("/slow/rye/"))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(site.get("/slow/rye/"))
    await asyncio.sleep(0.02)
    first.cancel()
    site.gate.set()
    assert (await second).text == "rye"
    assert site.renders["/slow/rye/"] == 1


async def test_holes_are_filled_for_whoever_brings_the_cookie(site: Site) -> None:
    async def greet(reader: Reader, _argument: str) -> str:
        return f"hello {reader.cookies['session']}"

    async def tools(_reader: Reader, argument: str) -> str:
        return f"tools for {argument}"

    site.cache.holes.register("greeting", greet, cookies={"session"})
    site.cache.holes.register("tools", tools, cookies={"editor"})
    everybody = await site.get("/holes/")
    assert everybody.text == f"sign in {BODY}no tools None"
    ada = await site.get("/holes/", cookie="x=1; session=ada", accept_encoding="gzip")
    assert gzip.decompress(ada.body).decode() == f"hello ada {BODY}no tools None"
    assert ada.headers["cache-control"] == "private, no-store"
    assert "etag" not in ada.headers
    assert "surrogate-key" not in ada.headers
    both = await site.get("/holes/", cookie="editor=1; session=bea")
    assert both.text == f"hello bea {BODY}tools for 42 None"
    stranger = await site.get("/holes/", cookie="consent=1")
    assert stranger.headers["cache-control"] == "public, no-cache"
    assert site.renders["/holes/"] == 1
    # On a page of his own too.
    assert (await site.get("/mine/", cookie="session=ada")).text == "hello ada ada"


async def test_a_late_or_failing_hole_leaves_what_everybody_sees(site: Site) -> None:
    async def late(_reader: Reader, _argument: str) -> str:
        await asyncio.sleep(5)
        return "late"

    async def failing(_reader: Reader, _argument: str) -> str:
        raise RuntimeError

    site.cache.holes.register("greeting", late, cookies={"session"})
    site.cache.holes.register("tools", failing, cookies={"session"})
    async with asyncio.timeout(1):
        reply = await site.get("/holes/", cookie="session=ada")
    assert reply.text == f"sign in {BODY}no tools None"


async def test_a_signed_in_reader_may_see_more_and_nobody_keeps_it(site: Site) -> None:
    async def nothing(_reader: Reader, _argument: str) -> None:
        return None

    site.cache.holes.register("greeting", nothing, cookies={"session"})
    assert (await site.get("/gated/")).text == "teaser"
    member = await site.get("/gated/", cookie="session=member")
    assert (member.text, member.verdict) == ("all of it", "bypass; viewer")
    assert member.headers["cache-control"] == "private, no-store"
    assert (await site.get("/gated/")).text == "teaser"


async def test_a_page_past_its_time_is_served_while_it_is_made_again(site: Site) -> None:
    assert (await site.get("/timed/")).text == "1"
    (_, page) = next(site.cache.store.items())
    page.made -= 95
    page.refresh_at -= 95
    page.stale_at -= 95
    early = await site.get("/timed/")
    assert (early.text, early.verdict, early.headers["age"]) == ("1", "hit", "95")
    await asyncio.sleep(0.05)
    assert (await site.get("/timed/")).text == "2"
    (_, page) = next(site.cache.store.items())
    page.refresh_at = page.stale_at = 0
    assert (await site.get("/timed/")).verdict == "stale"
    await asyncio.sleep(0.05)
    (_, page) = next(site.cache.store.items())
    page.refresh_at = page.stale_at = page.dead_at = 0
    assert (await site.get("/timed/")).verdict == "miss"


async def test_a_purged_page_is_never_served_stale(site: Site) -> None:
    await site.get("/timed/")
    (_, page) = next(site.cache.store.items())
    page.refresh_at = page.stale_at = 0
    await site.cache.purge_all()
    assert (await site.get("/timed/")).verdict == "miss"


async def test_without_an_ear_for_purges_nothing_is_kept(site: Site) -> None:
    await site.get("/page/rye/")
    site.cache._lost()
    for _ in range(2):
        assert (await site.get("/page/rye/")).verdict == "miss"
    assert len(site.cache.store) == 0
    assert not site.cache.listener_ready
