"""What a request asks for: encodings, representations, parameters, holes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.page_cache.declare import Policy
from infrastructure.page_cache.encoding import compressible, negotiate
from infrastructure.page_cache.epochs import EVERYTHING, Epochs, checked_tags
from infrastructure.page_cache.holes import Hole, Holes, Reader, cut
from infrastructure.page_cache.routes import chosen_representation, declared_query, variation


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (b"", "identity"),
        (b"gzip, deflate, br, zstd", "zstd"),
        (b"gzip, deflate, br", "br"),
        (b"gzip;q=1.0, br;q=0.5", "gzip"),
        (b"GZIP", "gzip"),
        (b"x-gzip", "gzip"),
        (b"*", "zstd"),
        (b"*;q=0", "identity"),
        (b"br;q=0, *", "zstd"),
        (b"zstd;q=0, br;q=0, gzip;q=0", "identity"),
        (b"identity, gzip;q=0.5", "identity"),
        (b"gzip;q=nonsense", "identity"),
        (b"deflate", "identity"),
        (b";;,,=", "identity"),
    ],
)
def test_the_encoding_that_a_client_likes_best(accepted: bytes, chosen: str) -> None:
    assert negotiate(accepted) == chosen


@given(st.binary(max_size=60))
def test_no_header_breaks_the_negotiation(header: bytes) -> None:
    assert negotiate(header) in {"zstd", "br", "gzip", "identity"}
    assert chosen_representation(header, ("text/html", "application/json"))


def test_what_is_worth_compressing() -> None:
    assert compressible("text/html; charset=utf-8", 1000)
    assert compressible("Application/JSON", 1000)
    assert not compressible("text/html", 100)
    assert not compressible("image/png", 100_000)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (b"", "text/html"),
        (b"*/*", "text/html"),
        (b"application/json", "application/json"),
        (b"application/*;q=0.9, text/html;q=0.1", "application/json"),
        (b"image/png", "text/html"),
    ],
)
def test_the_representation_that_a_client_likes_best(accept: bytes, chosen: str) -> None:
    assert chosen_representation(accept, ("text/html", "application/json")) == chosen


def test_declared_parameters_have_one_spelling() -> None:
    assert declared_query(b"b=2&a=1&c=3&a=9", ("a", "b")) == "a=1&b=2"
    assert declared_query(b"a=%C3%A9+x", ("a",)) == "a=%C3%A9+x"
    assert declared_query(b"a=", ("a",)) == "a="
    assert declared_query(b"utm=1", ("a",)) == ""
    assert declared_query(b"a=" + b"x" * 1000, ("a",)) is None


@given(st.binary(max_size=60))
def test_a_query_is_spelt_the_same_when_it_is_read_again(query: bytes) -> None:
    once = declared_query(query, ("a", "b"))
    assert once is not None
    assert declared_query(once.encode(), ("a", "b")) == once


def test_a_plain_page_has_no_variation() -> None:
    everything = Policy(public=True, query=("a",), fragment_of_htmx=True)
    assert variation(everything, {}, b"") == ""
    assert variation(everything, {b"hx-request": b"true"}, b"") == " hx"
    assert variation(everything, {b"hx-request": b"true"}, b"a=1") == "a=1 hx"
    assert variation(Policy(public=True), {b"hx-request": b"true"}, b"a=1") == ""


def test_holes_are_cut_out_with_their_default() -> None:
    page = cut(b"a<!--hole:menu-->x<!--/hole:menu-->b<!--hole:cart:7-->y<!--/hole:cart-->c")
    assert page.texts == (b"a", b"b", b"c")
    assert page.holes == (Hole("menu", "", b"x"), Hole("cart", "7", b"y"))
    assert page.filled({}) == b"axbyc"
    assert page.filled({page.holes[0]: b"ada"}) == b"aadabyc"


@given(st.binary(max_size=80))
def test_whatever_a_page_says_nothing_else_of_it_is_lost(body: bytes) -> None:
    assert cut(body).filled({}) == body or b"<!--hole:" in body


def test_a_mark_that_is_never_closed_is_no_hole() -> None:
    body = b"a<!--hole:menu-->b<!--/hole:other-->"
    assert cut(body).filled({}) == body


def test_only_cookies_that_a_filler_looks_at_are_personal() -> None:
    async def fill(_reader: Reader, _argument: str) -> None:
        return None

    holes = Holes(0.1)
    assert not holes.is_personal(b"session=1")
    holes.register("menu", fill, cookies={"session"})
    holes.register("cart", fill, cookies={"cart_id"})
    for cookie in (b"session=1", b"a=1; session=2", b"a=1;cart_id=3"):
        assert holes.is_personal(cookie)
    for cookie in (b"", b"mysession=1", b"a=session", b"sessions=1", b"SESSION=1"):
        assert not holes.is_personal(cookie)


def test_cookies_that_cannot_be_parsed_are_none() -> None:
    assert Reader({"path": "/", "headers": [(b"cookie", b"\xff=;;a")]}).cookies == {}


def test_a_tag_is_printable_and_has_no_space() -> None:
    assert checked_tags(["a:b", "post:1"]) == {"a:b", "post:1"}
    for tag in ("", "a b", "a\n", "é", "x" * 201):
        with pytest.raises(ValueError, match="surrogate tag"):
            checked_tags([tag])


def test_epochs_know_what_was_touched_since() -> None:
    epochs = Epochs()
    before = epochs.clock
    epochs.touch({"a"})
    after = epochs.clock
    assert not epochs.unchanged({"a", "b"}, before)
    assert epochs.unchanged({"b"}, before)
    assert epochs.unchanged({"a"}, after)
    epochs.touch({EVERYTHING})
    assert not epochs.unchanged({"b"}, after)
    assert not epochs.unchanged((), after)
    assert epochs.unchanged({"b"}, epochs.clock)


def test_epochs_forget_single_tags_rather_than_grow() -> None:
    epochs = Epochs()
    for number in range(60):
        epochs.touch(f"{number}:{n}" for n in range(1_000))
        assert len(epochs) <= 50_000
    assert not epochs.unchanged({"never"}, 10)
