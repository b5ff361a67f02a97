"""Mobiledoc into documents, beside Ghost's own converter where it is installed."""

import json
from typing import Any

import pytest

from lexical import LexicalError, from_mobiledoc, render_html, validate
from tests.lexical.ghost_packages import MISSING, GhostPackages, is_installed

DOCUMENT: dict[str, Any] = {
    "version": "0.3.1",
    "atoms": [["soft-return", "", {}], ["other", "", {}]],
    "cards": [
        ["hr", {}],
        ["code", {"code": "x<y", "language": "js"}],
        ["embed", {"type": "video", "html": "<i>e</i>", "url": "https://e.com"}],
        ["card-markdown", {"markdown": "*m*"}],
        ["image", {"src": "/i.png", "type": "image"}],
        ["html"],
    ],
    "markups": [
        ["strong"],
        ["em"],
        ["a", ["href", "/x", "rel", "me"]],
        ["a"],
        ["unknown"],
        [7],
    ],
    "sections": [
        [1, "p", [[0, [0], 0, "bold "], [0, [1], 2, "both"], [1, [], 0, 0], [1, [], 0, 1]]],
        [1, "h2", [[0, [], 0, "a "], [0, [2, 0], 1, "link"], [0, [], 1, "ed"], [0, [], 0, " b"]]],
        [1, "blockquote", [[0, [4], 1, "q"]]],
        [1, "aside", [[0, [5], 9, "s"]]],
        [1, "pull-quote", [[0, None, None, "p"]]],
        [1, "p", []],
        [1, "p", [[0, [3], 0, "open"]]],
        [2, "https://e.com/unused.png"],
        [3, "ul", [[[0, [], 0, "one"]], [[0, [0], 1, "two"]]]],
        [3, "ol", [[[0, [], 0, "three"]]]],
        *([10, index] for index in range(6)),
        [],
    ],
}


def test_every_kind_of_section() -> None:
    document = from_mobiledoc(DOCUMENT)
    validate(document)
    assert render_html(document) == (
        "<p><strong>bold <em>both</em></strong><br></p>"
        '<h2 id="a-linked-b">a <a href="/x" rel="me"><strong>link</strong>ed</a> b</h2>'
        '<blockquote>q</blockquote><blockquote class="kg-blockquote-alt">s</blockquote>'
        "<p>p</p><p></p><p><a>open</a></p>"
        "<ul><li>one</li><li><strong>two</strong></li></ul><ol><li>three</li></ol>"
        '<hr><pre><code class="language-js">x&lt;y</code></pre>'
        '<figure class="kg-card kg-embed-card"><i>e</i></figure><p><em>m</em></p>\n'
        '<figure class="kg-card kg-image-card">'
        '<img src="/i.png" class="kg-image" alt="" loading="lazy"></figure>'
    )


@pytest.mark.parametrize("empty", [{}, {"sections": None}, {"sections": []}])
def test_an_empty_one(empty: dict[str, Any]) -> None:
    document: Any = from_mobiledoc(empty)
    assert document["root"]["children"] == []
    assert document["root"]["direction"] is None


@pytest.mark.parametrize(
    ("sections", "path"),
    [
        (5, "sections"),
        ([5], "sections"),
        ([[1, "p"]], "sections[0]"),
        ([[1, "p", 5]], "sections[0]"),
        ([[1, "p", [[0, [], 0]]]], "sections[0]"),
        ([[1, "p", [[0, [], 0, 5]]]], "sections[0]"),
        ([[1, "p", [[0, [9], 0, "x"]]]], "sections[0]"),
        ([[1, "p", [[0, ["x"], 0, "x"]]]], "sections[0]"),
        ([[1, "p", [[1, [], 0, -1]]]], "sections[0]"),
        ([[1, "p", []], [10, 5]], "sections[1]"),
        ([[10, 0]], "sections[0]"),
        ([[10, 1]], "sections[0]"),
        ([[10, 2]], "sections[0]"),
        ([[3, "ul", [5]]], "sections[0]"),
    ],
)
def test_what_refers_to_nothing_is_told(sections: Any, path: str) -> None:
    cards: list[Any] = [[7, {}], ["x", 7], []]
    with pytest.raises(LexicalError) as caught:
        from_mobiledoc({"sections": sections, "cards": cards})
    assert caught.value.path == path


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(LexicalError):
        from_mobiledoc({"sections": [[1, "p", [[0, [], 0, "\ud800"]]]]})


@pytest.mark.ghost
@pytest.mark.skipif(not is_installed(), reason=MISSING)
def test_ghosts_own_converter_gives_the_same_page() -> None:
    # What follows is where Ghost's converter drops what it should not: the link left open.
    known = {**DOCUMENT, "sections": [*DOCUMENT["sections"][:4], *DOCUMENT["sections"][8:12]]}
    known = json.loads(json.dumps(known).replace("card-markdown", "markdown"))
    with GhostPackages() as ghost:
        theirs = ghost.ask(ask="mobiledoc", mobiledoc=known)["document"]
    assert render_html(from_mobiledoc(known)) == render_html(theirs)
