"""Properties that hold for any document: it renders, well-formed, with all of its text."""

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lexical import (
    excerpt,
    from_html,
    html_to_plaintext,
    outline,
    reading_minutes,
    references,
    render,
    render_html,
    render_plaintext,
    rewrite_urls,
    teaser,
    validate,
    word_count,
)
from lexical.cards import CARDS
from lexical.html_tree import parse_fragment
from lexical.markup import fragment, is_settled, settle
from tests.lexical.building import BREAK, Node, document, element, link, text
from tests.lexical.corpus import SITE_OPTIONS
from tests.lexical.generated import Generator

_few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
_characters = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=12
)
_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(), _characters
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_characters, inner, max_size=3),
    max_leaves=6,
)
_texts = st.builds(text, _characters, st.integers(0, 255))
_lines = st.lists(
    st.one_of(
        _texts,
        st.just(BREAK),
        st.builds(lambda url, children: link(url, *children), _characters, st.lists(_texts)),
    ),
    max_size=5,
)
_text_blocks = st.builds(
    lambda kind, line, tag: element(kind, *line, tag=tag),
    st.sampled_from(["paragraph", "heading", "quote", "aside"]),
    _lines,
    st.sampled_from(["h1", "h2", "h6"]),
)


@st.composite
def _cards(draw: st.DrawFn) -> Node:
    kind = draw(st.sampled_from(sorted(CARDS)))
    names = draw(st.sets(st.sampled_from([*CARDS[kind].properties, "other"])))
    return {"type": kind, "version": 1, **{name: draw(_values) for name in names}}


@st.composite
def _unknown(draw: st.DrawFn) -> Node:
    return {"type": draw(_characters), **draw(st.dictionaries(_characters, _values, max_size=2))}


def _well_formed(html: str) -> bool:
    """Whether a parser gives the markup back as it was, so that nothing in it was broken."""
    return parse_fragment(html).inner_html() == html


@_few
@given(st.lists(st.one_of(_text_blocks, _cards()), max_size=4))
def test_any_document_of_known_nodes_renders_well_formed(blocks: list[Node]) -> None:
    page = document(*blocks)
    for target in ("web", "bare"):
        html = render_html(page, target=target, options=SITE_OPTIONS)
        raw = any(block["type"] in {"html", "transistor"} for block in blocks)
        # Where a link stands in a link, no parser gives the markup back.
        if not raw and "<a" not in html:
            assert _well_formed(html)


@_few
@given(st.lists(_unknown(), max_size=3))
def test_any_unknown_node_renders_and_is_reported(blocks: list[Node]) -> None:
    blocks = [
        {key: value for key, value in block.items() if key not in {"children", "text"}}
        for block in blocks
    ]
    page = document(*blocks)
    known = {"", *CARDS, "text", "paragraph"}
    assert set(render(page).unknown_types) >= {block["type"] for block in blocks} - known


@_few
@given(st.lists(_text_blocks, min_size=1, max_size=4))
def test_the_text_of_a_document_survives(blocks: list[Node]) -> None:
    html = render_html(document(*blocks))
    shown = parse_fragment(html).text()

    def characters(node: Node) -> str:
        own: str = node.get("text", "")
        return own + "".join(map(characters, node.get("children", ())))

    expected = "".join(map(characters, blocks))
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", expected)


@_few
@given(st.integers(0, 10**9))
def test_everything_can_be_asked_of_any_document(seed: int) -> None:
    page = Generator(seed, odd=0.3).document()
    validate(page)
    html = render_html(page, options=SITE_OPTIONS)
    assert render_html(page, options=SITE_OPTIONS) == html
    assert render_plaintext(page, options=SITE_OPTIONS) == html_to_plaintext(html)
    assert len(excerpt(page)) <= 500
    assert html.startswith(teaser(page, options=SITE_OPTIONS))
    assert word_count(page) >= 0
    assert reading_minutes(page) >= 0
    found = references(page)
    assert set(found.images) | set(found.uploads) <= set(found.urls)
    for heading in outline(page):
        assert f'id="{heading.id}"' in html
    assert rewrite_urls(page, {}) == page
    again: Any = from_html(html)
    validate(again)
    render_html(again)


@_few
@given(_characters, st.integers(0, 10**9))
def test_markup_settles_at_once(characters: str, seed: int) -> None:
    for html in (characters, Generator(seed).markup(), Generator(seed).tag_soup()):
        settled = settle(html)
        assert fragment(html) == settled
        if is_settled(html, blocks=True):
            assert settled == html
