"""The client of fragments against siblings that are slow, broken, hostile or gone."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from infrastructure.fragments import (
    FragmentClient,
    FragmentError,
    FragmentRequest,
    Origin,
    Viewer,
    fragment,
)
from infrastructure.fragments.memory import RedisMemory
from infrastructure.fragments.metrics import FAILURES
from tests.infrastructure.fragments import sibling as behave
from tests.infrastructure.fragments.sibling import Sibling, running
from tests.log_records import recorded
from tests.waiting import CEILING, LONG, eventually

SITE = "http://blog.example"
NAV = fragment("events", "container-nav", {"container_type": "post", "container_id": 1})
SHORT = 0.15


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def events() -> AsyncIterator[Sibling]:
    async with running(Sibling()) as sibling:
        yield sibling


@pytest.fixture
async def client(events: Sibling, clock: Clock) -> AsyncIterator[FragmentClient]:
    origins = [Origin(app, events.url, f"http://{app}.example") for app in ("events", "cart")]
    client = FragmentClient(origins, SITE, budget=CEILING, patience=LONG, clock=clock)
    yield client
    await client.close()


async def show(client: FragmentClient, request: FragmentRequest = NAV) -> str:
    return (await client.fetch([request]))[request].html


async def timed(client: FragmentClient, *requests: FragmentRequest) -> tuple[list[str], float]:
    began = time.perf_counter()
    found = await client.fetch(requests)
    return [found[request].html for request in requests], time.perf_counter() - began


async def test_a_request_carries_what_it_must_and_nothing_else(
    client: FragmentClient, events: Sibling
) -> None:
    assert await show(client) == ("<p>container-nav container_id=1&amp;container_type=post</p>")
    assert events.targets == [
        "/internal/fragments/container-nav?container_id=1&container_type=post"
    ]
    names = {
        line.partition(":")[0].lower() for line in events.requests[0].split("\r\n")[1:] if line
    }
    assert names == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
        "x-fragment-request",
    }


async def test_an_address_with_a_slash_at_its_end_makes_no_double_one(events: Sibling) -> None:
    client = FragmentClient([Origin("events", events.url, events.url)], SITE)
    await show(client, fragment("events", "container-nav", {"slug": "", "container_id": 3}))
    assert events.targets == ["/internal/fragments/container-nav?container_id=3"]
    await client.close()


async def test_what_is_fresh_is_not_asked_again_and_what_is_stale_is_asked_aside(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    first = await show(client)
    clock.ahead = 29
    assert await show(client) == first
    assert len(events.requests) == 1
    clock.ahead = 45
    events.behaviour = behave.hang
    html, took = await timed(client, NAV)
    assert (html, took < CEILING / 2) == ([first], True)
    await eventually(lambda: len(events.requests) == 2)


async def test_what_was_changed_here_is_asked_for_again(
    client: FragmentClient, events: Sibling
) -> None:
    first = await show(client)
    client.forget(NAV)
    client.forget(NAV)
    assert client._memory.size == 0
    assert await show(client) == first
    assert len(events.requests) == 2


async def test_a_stale_fragment_is_replaced(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    first = await show(client)

    async def news(_target: str, writer: asyncio.StreamWriter) -> None:
        writer.write(behave.answer(b"<p>news</p>"))

    events.behaviour = news
    clock.ahead = 45
    assert await show(client) == first
    await eventually(lambda: not client._flights)
    assert await show(client) == "<p>news</p>"


async def test_an_unchanged_fragment_is_not_sent_again(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    async def unchanged(_target: str, writer: asyncio.StreamWriter) -> None:
        if 'if-none-match: "v1"' in events.requests[-1].lower():
            writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
        else:
            writer.write(behave.answer(b"<p>one</p>", "200 OK", "text/html", 'ETag: "v1"'))

    events.behaviour = unchanged
    for ahead in (0.0, 100.0, 200.0):
        clock.ahead = ahead
        assert await show(client) == "<p>one</p>"
    assert len(events.requests) == 3


HOSTILE = {
    "hung": behave.hang,
    "500": behave.fail,
    "10 MB": behave.flood,
    "slow drip": behave.drip,
    "broken off": behave.break_off,
    "json": behave.give_json,
    "redirect": behave.redirect,
}


@pytest.mark.parametrize("how", HOSTILE)
async def test_a_hostile_sibling_costs_a_page_no_more_than_its_budget(
    client: FragmentClient, events: Sibling, clock: Clock, how: str
) -> None:
    good = await show(client)
    client.budget = SHORT
    events.behaviour = HOSTILE[how]
    wanted = [
        fragment("events", "container-nav", {"container_type": "post", "container_id": number})
        for number in range(2, 30)
    ]
    clock.ahead = 3600
    html, took = await timed(client, NAV, *wanted)
    assert took < CEILING
    assert html == [good, *[""] * 28]
    clock.ahead = 3 * 3600
    html, took = await timed(client, NAV)
    assert html == [good]
    assert took < CEILING
    clock.ahead = 25 * 3600
    assert await show(client) == ""


async def test_a_refused_connection_is_answered_with_the_last_known_good(
    clock: Clock,
) -> None:
    async with running(Sibling()) as events:
        client = FragmentClient(
            [Origin("events", events.url, events.url)], SITE, budget=CEILING, clock=clock
        )
        good = await show(client)
    clock.ahead = 3600
    with recorded() as logs:
        html, took = await timed(client, NAV)
    assert (html, took < CEILING) == ([good], True)
    (failure,) = [log for log in logs if log["event"] == "fragment failed"]
    assert failure["level"] == "error"
    assert (failure["app"], failure["type"]) == ("events", "container-nav")
    assert failure["reason"] == "unreachable"
    assert failure["milliseconds"] >= 0
    await client.close()


async def test_bad_html_comes_out_whole_and_harmless(
    client: FragmentClient, events: Sibling
) -> None:
    events.behaviour = behave.write_badly
    html = await show(client)
    assert html == ('<div class="dates"><b>Saturday<form><input></form></b></div>')


async def test_nobody_sees_what_is_anothers(client: FragmentClient, events: Sibling) -> None:
    events.behaviour = behave.set_cookies
    viewers = [Viewer(user_id="7"), Viewer(user_id="8"), Viewer(session_id="7")]
    for _ in range(2):
        for viewer in viewers:
            wanted = fragment("cart", "cart-mini", viewer=viewer)
            assert await show(client, wanted) == f"<p>cart of {viewer.user_id or '7'}</p>"
    assert len(events.requests) == 3
    assert not any("cookie" in head.lower() for head in events.requests)
    with pytest.raises(ValueError, match="viewer"):
        fragment("cart", "cart-mini")
    with pytest.raises(ValueError, match="everybody"):
        fragment("events", "container-nav", viewer=viewers[0])
    with pytest.raises(ValueError, match="not a parameter"):
        fragment("cart", "cart-mini", {"user_id": "9"}, viewer=viewers[0])


async def test_a_thousand_pages_make_one_request(client: FragmentClient, events: Sibling) -> None:
    async def take_time(target: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await behave.tell(target, writer)

    events.behaviour = take_time
    found = await asyncio.gather(*(show(client) for _ in range(1000)))
    assert set(found) == {"<p>container-nav container_id=1&amp;container_type=post</p>"}
    assert len(events.requests) == 1


async def test_a_slow_answer_is_there_for_the_next_page(
    client: FragmentClient, events: Sibling
) -> None:
    answered = asyncio.Event()

    async def take_time(target: str, writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        await behave.tell(target, writer)

    events.behaviour = take_time
    client.budget = SHORT
    with recorded() as logs:
        assert await show(client) == ""
        answered.set()
        await eventually(lambda: not client._flights)
    assert [log["reason"] for log in logs if log["event"] == "fragment failed"] == ["late"]
    assert "container_id=1" in await show(client)


async def test_who_comes_later_does_not_wait_as_long_again(
    client: FragmentClient, events: Sibling
) -> None:
    client.budget = LONG
    events.behaviour = behave.hang
    first = asyncio.create_task(client.fetch([NAV]))
    await eventually(lambda: events.requests)
    (flight,) = client._times.values()
    flight.began -= LONG
    _, took = await timed(client, NAV)
    assert took < CEILING
    first.cancel()


async def test_a_broken_app_is_left_alone_and_then_tried_by_one(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    events.behaviour = behave.fail
    wanted = [
        fragment("events", "container-nav", {"container_type": "post", "container_id": number})
        for number in range(40)
    ]
    for request in wanted[:10]:
        await client.fetch([request])
    assert len(events.requests) == 5
    assert client.state()["events"] == "left alone"
    clock.ahead = 3
    await client.fetch(wanted[10:])
    assert len(events.requests) == 6
    events.behaviour = behave.tell
    clock.ahead = 10
    await client.fetch(wanted[10:11])
    await client.fetch(wanted[11:14])
    assert len(events.requests) == 10
    assert client.state() == {"events": "ok", "cart": "ok"}


async def test_one_broken_fragment_does_not_take_the_others_along(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    async def fail_on_cards(target: str, writer: asyncio.StreamWriter) -> None:
        await (behave.fail if "cards" in target else behave.tell)(target, writer)

    events.behaviour = fail_on_cards
    cards = fragment("events", "container-cards", {"container_ids": "1,2"})
    for _ in range(3):
        found = await client.fetch([cards, NAV])
        assert (found[cards].html, found[NAV].html != "") == ("", True)
    assert len([it for it in events.targets if "cards" in it]) == 1
    clock.ahead = 1.1
    await client.fetch([cards])
    clock.ahead = 2.5
    await client.fetch([cards])
    assert len([it for it in events.targets if "cards" in it]) == 2


async def test_an_empty_answer_clears_but_a_failure_inside_does_not(
    client: FragmentClient, events: Sibling, clock: Clock
) -> None:
    good = await show(client)

    async def fail_inside(_target: str, writer: asyncio.StreamWriter) -> None:
        writer.write(behave.answer(b"", "200 OK", "text/html", "Cache-Control: no-store"))

    async def nothing(_target: str, writer: asyncio.StreamWriter) -> None:
        writer.write(behave.answer(b"", "200 OK", "text/html", "Cache-Control: max-age=30"))

    events.behaviour = fail_inside
    clock.ahead = 100
    assert await show(client) == good
    events.behaviour = nothing
    clock.ahead = 200
    assert await show(client) == ""


async def test_in_strict_mode_what_goes_wrong_is_raised(events: Sibling) -> None:
    client = FragmentClient(
        [Origin("events", events.url, events.url)], SITE, budget=CEILING, strict=True
    )
    events.behaviour = behave.fail
    with pytest.raises(FragmentError, match="events container-nav: status 500"):
        await show(client)
    client.budget = SHORT
    events.behaviour = behave.hang
    with pytest.raises(FragmentError, match="late"):
        await show(client, fragment("events", "container-nav", {"container_id": 2}))
    await client.close()


async def test_an_app_that_does_not_exist_is_no_error(client: FragmentClient) -> None:
    wanted = fragment("market", "container-nav", {"container_id": 1})
    with recorded() as logs:
        assert await show(client, wanted) == ""
    assert logs == []


async def test_failures_are_counted_by_app_and_type(
    client: FragmentClient, events: Sibling
) -> None:
    counter = FAILURES.labels("events", "container-nav", "status")
    before = counter._value.get()
    events.behaviour = behave.fail
    await show(client)
    assert counter._value.get() == before + 1


async def test_the_last_known_good_survives_a_restart_in_redis(
    redis_url: str, events: Sibling, clock: Clock
) -> None:
    origins = [Origin(app, events.url, events.url) for app in ("events", "cart")]
    mine = fragment("cart", "cart-mini", viewer=Viewer(user_id="7"))

    def start() -> FragmentClient:
        return FragmentClient(
            origins, SITE, budget=CEILING, shared=RedisMemory(redis_url, CEILING), clock=clock
        )

    first = start()
    good = (await first.fetch([NAV, mine]))[NAV].html
    await first.close()
    second = start()
    assert await show(second) == good
    assert len(events.requests) == 2
    await second.close()
    events.behaviour = behave.fail
    clock.ahead = 3600
    third = start()
    assert await show(third) == good
    assert await show(third, mine) == ""
    await third.close()


async def test_without_redis_all_goes_on(events: Sibling) -> None:
    shared = RedisMemory("redis://127.0.0.1:1/0")
    client = FragmentClient(
        [Origin("events", events.url, events.url)], SITE, budget=CEILING, shared=shared
    )
    assert await show(client) != ""
    await client.close()
