"""Synced snippets in documents: found, replaced, detached and removed between their markers."""

from typing import Any

import pytest

import lexical
from lexical import snippets
from tests.lexical.building import document, paragraph

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")


def _shows(nodes: list[Any]) -> str:
    return lexical.render_plaintext({"root": {"type": "root", "children": nodes}})


def _marks(nodes: list[Any]) -> list[str]:
    return [node["html"] for node in nodes if node["type"] == "html"]


def _in(snippet: str, *nodes: Any) -> list[Any]:
    return snippets.wrapped(nodes, snippet)


ONE, TWO, NEW = paragraph("one"), paragraph("two"), paragraph("new")


def test_what_stands_between_markers_is_found() -> None:
    nodes = [ONE, *_in(A, TWO), *_in(B, *_in(C, ONE), TWO)]
    found = snippets.spans(nodes)
    assert [(it.snippet, it.begin, it.end) for it in found] == [(A, 1, 3), (C, 5, 7), (B, 4, 9)]


@pytest.mark.parametrize(
    "nodes",
    [
        [snippets.marker(A, "begin"), ONE],
        [ONE, snippets.marker(A, "end")],
        [snippets.marker(A, "end"), ONE, snippets.marker(A, "begin")],
        [snippets.marker(A, "begin"), ONE, snippets.marker(B, "end")],
        [
            {"type": "html", "html": f"text <!--snippet:{A}:begin-->"},
            ONE,
            snippets.marker(A, "end"),
        ],
        [{"type": "html", "html": "<!--snippet:bread:begin-->"}, snippets.marker(A, "end")],
        [{"type": "html", "html": None}, {"type": "paragraph", "children": []}],
    ],
)
def test_a_marker_without_its_counterpart_means_nothing(nodes: list[Any]) -> None:
    assert snippets.spans(nodes) == []
    assert snippets.replaced(nodes, A, [NEW]) == nodes
    assert snippets.uses({"root": {"type": "root", "children": nodes}}) == {}
    assert not [it for it in snippets.tidy(nodes) if it == snippets.marker(A, "begin")]


def test_markers_that_cross_each_other_leave_the_one_that_was_ended_first() -> None:
    nodes = [
        snippets.marker(A, "begin"),
        snippets.marker(B, "begin"),
        ONE,
        snippets.marker(A, "end"),
        snippets.marker(B, "end"),
    ]
    assert [it.snippet for it in snippets.spans(nodes)] == [A]


def test_a_marker_is_known_however_it_is_spaced() -> None:
    begin = {"type": "html", "html": f"\n<!-- SNIPPET:{A.upper()}:begin -->\n"}
    assert len(snippets.spans([begin, ONE, snippets.marker(A, "end")])) == 1


def test_every_place_of_a_snippet_is_replaced_and_nothing_else() -> None:
    nodes = [ONE, *_in(A, TWO), TWO, *_in(B, ONE, *_in(A, TWO)), *_in(A)]
    then = snippets.replaced(nodes, A, [NEW, NEW])
    assert then == [
        ONE,
        *_in(A, NEW, NEW),
        TWO,
        *_in(B, ONE, *_in(A, NEW, NEW)),
        *_in(A, NEW, NEW),
    ]
    assert snippets.replaced(then, A, [NEW, NEW]) == then


def test_detaching_keeps_what_is_shown_and_removing_takes_it() -> None:
    nodes = [ONE, *_in(A, TWO, *_in(B, NEW)), ONE]
    assert snippets.detached(nodes, A) == [ONE, TWO, *_in(B, NEW), ONE]
    assert snippets.removed(nodes, A) == [ONE, ONE]
    assert snippets.detached(nodes, B) == [ONE, *_in(A, TWO, NEW), ONE]


def test_one_within_itself_by_hand_goes_with_the_outer_one() -> None:
    nodes = [*_in(A, ONE, *_in(A, TWO)), NEW]
    assert snippets.replaced(nodes, A, [TWO]) == [*_in(A, TWO), NEW]


def test_a_document_is_never_left_without_a_block() -> None:
    whole = document(*_in(A, ONE))
    then = snippets.with_blocks(whole, snippets.removed(_in(A, ONE), A))
    assert [it["type"] for it in then["root"]["children"]] == ["paragraph"]
    lexical.validate(then)


def test_own_markers_around_a_piece_are_taken_off() -> None:
    assert snippets.unwrapped(_in(A, ONE, TWO), A) == [ONE, TWO]
    assert snippets.unwrapped(_in(B, ONE), A) == _in(B, ONE)
    assert snippets.unwrapped([*_in(A, ONE), *_in(A, TWO)], A) == [*_in(A, ONE), *_in(A, TWO)]


def test_the_state_of_a_use_is_what_it_shows() -> None:
    written_otherwise = {**ONE, "direction": "ltr", "indent": 0}
    assert snippets.digest([ONE]) == snippets.digest([written_otherwise])
    assert snippets.digest([ONE]) != snippets.digest([TWO])
    email = {"type": "email", "html": "<p>only by mail</p>"}
    assert snippets.digest([ONE]) != snippets.digest([ONE, email])
    assert snippets.uses(document(ONE, *_in(A, TWO))) == {A: snippets.digest([TWO])}
    both = snippets.uses(document(*_in(A, ONE), *_in(A, TWO)))[A]
    assert both not in {snippets.digest([ONE]), snippets.digest([TWO])}


def test_readers_see_nothing_of_the_markers() -> None:
    plain = document(ONE, TWO)
    marked = document(ONE, *_in(A, *_in(B, TWO)))
    html = lexical.render_html(marked)
    assert "snippet:" in html
    assert snippets.without_comments(html) == lexical.render_html(plain)
    assert lexical.render_plaintext(marked) == lexical.render_plaintext(plain)
    assert lexical.word_count(marked) == lexical.word_count(plain)
    assert lexical.excerpt(marked) == lexical.excerpt(plain)
    assert snippets.without_comments("<p>a snippet: bread</p>") == "<p>a snippet: bread</p>"


def test_references_name_the_snippets_of_a_document() -> None:
    assert lexical.references(document(*_in(A, ONE), *_in(B, TWO))).snippets == (A, B)
