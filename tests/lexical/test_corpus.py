"""Ours beside Ghost's own output, byte for byte: the shared corpus and the pairs of this folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from lexical import from_html, html_to_plaintext, reading_minutes, render, render_html, word_count
from lexical.markdown import to_html
from lexical.markup import is_settled, settle
from tests.lexical.corpus import MISSING, SHARED, SITE_OPTIONS, cases, pairs
from tests.lexical.ghost_packages import MISSING as NO_GHOST
from tests.lexical.ghost_packages import is_installed
from tests.lexical.ghost_pairs import compare

_LISTED: dict[str, Any] = json.loads(
    Path(__file__).with_name("differences.json").read_text(encoding="utf-8")
)["documents"]
needs_corpus = pytest.mark.skipif(not SHARED.is_dir(), reason=MISSING)


@needs_corpus
def test_the_corpus_is_rendered_as_ghost_renders_it(capfd: pytest.CaptureFixture[str]) -> None:
    equal, listed, wrong = 0, [], []
    for case in cases():
        for target in ("web", "bare"):
            expected = case.companion(f".{target}.html")
            html = render_html(case.document, target=target, options=SITE_OPTIONS)
            if expected is None:
                continue
            if html == expected:
                equal += 1
            elif target in _LISTED.get(case.name, {}).get("targets", ()):
                listed.append(f"{case.name} ({target})")
            else:
                wrong.append(f"{case.name} ({target})")
    with capfd.disabled():
        print(f"\nlexical corpus: {equal} equal, {len(listed)} listed, {len(wrong)} wrong")
    assert not wrong
    assert len(listed) == sum(len(entry["targets"]) for entry in _LISTED.values())


@needs_corpus
def test_what_ghost_cannot_render_is_rendered() -> None:
    failing = [case for case in cases() if case.companion(".web.html") is None]
    assert {case.name for case in failing} >= {"062-link-autolink", "273-unknown-node"}
    for case in failing:
        assert render(case.document, options=SITE_OPTIONS).html


@needs_corpus
def test_html_is_read_as_ghost_reads_it() -> None:
    # An accent button has no colour of its own, of which Ghost makes the broken "#00NaNNaN" (and
    # shows the accent colour for it), and an empty page makes a document that Ghost cannot open.
    known = {"137-embed-empty", "261-cta-accent-linkcolor", "263-cta-bad-colors", "267-cta-empty"}
    compared = 0
    for case in cases():
        html, expected = case.companion(".web.html"), case.companion(".roundtrip.json")
        if html is None or expected is None:
            continue
        compared += 1
        if case.name not in known:
            assert from_html(html) == json.loads(expected), case.name
    assert compared > 150


@needs_corpus
def test_reading_our_own_html_keeps_what_ghosts_round_trip_keeps() -> None:
    index = json.loads((SHARED / "index.json").read_text(encoding="utf-8"))
    kept = {entry["id"] for entry in index["docs"] if entry.get("roundtrip_same_html")}
    for case in cases():
        if case.name in kept and case.companion(".web.html") is not None:
            html = render_html(case.document, options=SITE_OPTIONS)
            again = render_html(from_html(html), options=SITE_OPTIONS)
            expected = html if case.name not in _LISTED else again
            assert again == expected, case.name


def test_generated_documents_are_rendered_as_ghost_renders_them() -> None:
    for number, pair in enumerate(pairs("documents"), 1):
        html = render_html(pair["document"], target=pair["target"], options=SITE_OPTIONS)
        assert html == pair["html"], number


def _children(document: Any) -> list[dict[str, Any]]:
    return list(document["root"]["children"])


@pytest.mark.parametrize("kind", ["imports", "card_imports"])
def test_generated_html_is_read_as_ghost_reads_it(kind: str) -> None:
    for number, pair in enumerate(pairs(kind), 1):
        found = from_html(pair["html"])
        if not _children(pair["document"]):
            assert [child["type"] for child in _children(found)] == ["paragraph"], number
            continue
        expected = json.dumps(pair["document"]).replace('"#00NaNNaN"', '"accent"')
        assert found == json.loads(expected), number


def test_generated_markdown_is_rendered_as_ghost_renders_it() -> None:
    for number, pair in enumerate(pairs("markdown"), 1):
        assert to_html(pair["markdown"]) == pair["html"], number


def test_generated_fragments_come_out_as_of_ghosts_dom() -> None:
    for number, pair in enumerate(pairs("fragments"), 1):
        html = pair["html"]
        assert settle(html) == pair["to_html"], number
        if is_settled(html, blocks=True):
            assert pair["to_html"] == html, number


def test_the_text_of_generated_html_is_ghosts() -> None:
    for number, pair in enumerate(pairs("plaintext"), 1):
        assert html_to_plaintext(pair["html"]) == pair["text"], number


def test_words_and_minutes_are_ghosts() -> None:
    for pair in pairs("plaintext"):
        card = {"root": {"type": "root", "children": [{"type": "html", "html": pair["html"]}]}}
        # The frame of the HTML card adds no word, and the words decide the minutes.
        assert word_count(card) == pair["words"]
        assert reading_minutes(card) == pair["minutes"]


@pytest.mark.ghost
@pytest.mark.skipif(not is_installed(), reason=NO_GHOST)
def test_a_random_comparison_with_the_installed_ghost_finds_nothing() -> None:
    assert compare(150, 5) == 0
