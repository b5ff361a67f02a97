"""Two changes of one document: what goes together, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexical.alignment import align, blocks_of
from lexical.merging import CONFLICT, MergedDocument, is_same, merge

Doc = dict[str, Any]


def paragraph(words: str) -> Doc:
    text = {"type": "extended-text", "version": 1, "text": words, "format": 0, "detail": 0}
    return {"type": "paragraph", "version": 1, "children": [text] if words else []}


def card(**properties: object) -> Doc:
    return {"type": "image", "version": 1, **properties}


def document(*blocks: str | Doc, **more: object) -> Doc:
    nodes = [paragraph(it) if isinstance(it, str) else it for it in blocks]
    root = {"type": "root", "version": 1, "direction": None, "format": "", "indent": 0}
    return {"root": {**root, "children": nodes, **more}}


def said(found: MergedDocument) -> list[str]:
    """The words of each block; of a conflict its key."""
    root: Any = found.document["root"]
    return [_words(node) for node in root["children"]]


def _words(node: Doc) -> str:
    if node["type"] == CONFLICT:
        return f"conflict {node['key']}"
    return "".join(child["text"] for child in node.get("children", ()))


def test_edits_of_different_blocks_go_together() -> None:
    base = document("The rye is slow", "The oven is hot", "We open at nine")
    mine = document("The rye is very slow", "The oven is hot", "We open at nine")
    theirs = document("The rye is slow", "The oven is hot", "We open at ten")
    found = merge(base, mine, theirs)
    assert found.conflicts == ()
    assert said(found) == ["The rye is very slow", "The oven is hot", "We open at ten"]


def test_edits_of_one_block_are_left_to_a_person() -> None:
    base = document("a", "The oven is hot today")
    mine = document("a", "The oven is hot today, very")
    theirs = document("a", "The oven is cold today")
    found = merge(base, mine, theirs)
    assert said(found) == ["a", "conflict 1"]
    (conflict,) = found.conflicts
    sides: Any = (conflict.base, conflict.mine, conflict.theirs)
    assert [_words(it) for it in sides] == [
        "The oven is hot today",
        "The oven is hot today, very",
        "The oven is cold today",
    ]


def test_the_same_edit_of_both_is_no_conflict() -> None:
    both = document("a", "The oven is hotter")
    found = merge(document("a", "The oven is hot"), both, both)
    assert (said(found), found.conflicts) == (["a", "The oven is hotter"], ())


def test_what_both_put_into_one_place_stands_there_theirs_first() -> None:
    base = document("a", "b")
    found = merge(base, document("a", "mine", "b"), document("a", "theirs", "b"))
    assert (said(found), found.conflicts) == (["a", "theirs", "mine", "b"], ())


def test_what_both_put_in_alike_stands_there_once() -> None:
    base = document("a", "b")
    found = merge(base, document("a", "same", "b"), document("a", "same", "more", "b"))
    assert said(found) == ["a", "same", "more", "b"]


@pytest.mark.parametrize("mine_edits", [True, False])
def test_taking_out_what_the_other_edited_is_left_to_a_person(*, mine_edits: bool) -> None:
    base = document("a", "The oven is hot today", "c")
    edited, gone = document("a", "The oven is hot tonight", "c"), document("a", "c")
    found = merge(base, edited, gone) if mine_edits else merge(base, gone, edited)
    (conflict,) = found.conflicts
    assert (conflict.mine is None) is not mine_edits
    assert (conflict.theirs is None) is mine_edits


def test_taking_out_what_the_other_left_alone_takes_it_out() -> None:
    base = document("a", "b", "c")
    assert said(merge(base, document("a", "c"), document("a", "b", "c", "d"))) == ["a", "c", "d"]


def test_a_block_that_was_moved_and_edited_is_edited_where_it_is_now() -> None:
    base = document("The oven is hot today", "b", "c")
    moved = document("b", "c", "The oven is hot today")
    edited = document("The oven is cold today", "b", "c")
    for found in (merge(base, moved, edited), merge(base, edited, moved)):
        assert (said(found), found.conflicts) == (["b", "c", "The oven is cold today"], ())


def test_a_block_that_both_moved_stands_where_the_other_put_it() -> None:
    base = document("x", "a", "b", "c")
    mine, theirs = document("a", "x", "b", "c"), document("a", "b", "c", "x")
    assert said(merge(base, mine, theirs)).count("x") == 1


def test_what_an_editor_adds_by_opening_is_no_change() -> None:
    plain = document(
        {"type": "paragraph", "version": 1, "children": [{"type": "text", "text": "a"}]}
    )
    opened = document("a", direction="ltr")
    opened["root"]["children"][0]["direction"] = "ltr"
    assert is_same(plain, opened)
    assert not is_same(plain, document("b"))
    found = merge(plain, opened, document("b"))
    assert (said(found), found.conflicts) == (["b"], ())


def test_what_stands_around_the_blocks_is_taken_from_whoever_changed_it() -> None:
    base, changed = document("a"), document("a", format="right")
    for found in (merge(base, changed, base), merge(base, base, changed)):
        root: Any = found.document["root"]
        assert root["format"] == "right"
    assert not is_same(base, changed)


def test_cards_are_told_by_what_they_hold() -> None:
    base = document(card(src="/a.jpg", caption="The oven"), "b")
    mine = document(card(src="/a.jpg", caption="The old oven"), "b")
    theirs = document(card(src="/a.jpg", caption="The oven"), "b", card(src="/c.jpg", caption=""))
    found = merge(base, mine, theirs)
    root: Any = found.document["root"]
    assert [it.get("caption") for it in root["children"]] == ["The old oven", None, ""]


def test_nested_values_of_a_card_count() -> None:
    base = document(card(images=[{"src": "/a.jpg"}, {"src": "/b.jpg"}]))
    mine = document(card(images=[{"src": "/a.jpg"}, {"src": "/c.jpg"}]))
    assert not is_same(base, mine)
    pairs = align(blocks_of(base), blocks_of(mine))
    assert pairs == [(0, 0)]


def test_documents_too_long_to_compare_are_taken_apart() -> None:
    many = [str(number) for number in range(150)]
    other = [f"x{number}" for number in range(150)]
    pairs = align(blocks_of(document(*many)), blocks_of(document(*other)))
    assert len(pairs) == 300


def test_a_document_of_very_many_blocks_is_not_compared_at_all() -> None:
    one = blocks_of(document(*(str(number) for number in range(20_002))))
    pairs = align(one, blocks_of(document("other")))
    assert len(pairs) == 20_003


_NAMES = ["rye", "oven", "table", "garden", "press", "winter", "bicycle", "kettle", "radio", "tool"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[Doc, Doc, Doc, set[str]]:
    """A document, two changes of it, and all that either wrote."""
    base = [f"{name} as it was at first" for name in _NAMES[: draw(st.integers(0, 8))]]
    sides = []
    written: set[str] = set()
    for side in ("mine", "theirs"):
        lines = list(base)
        for number in range(draw(st.integers(0, 5))):
            place = draw(st.integers(0, len(lines)))
            new = f"{side} wrote {number}"
            what = draw(st.sampled_from(["insert", "edit", "remove", "move"]))
            if what == "insert" or place == len(lines):
                lines.insert(place, new)
                written.add(new)
            elif what == "edit":
                lines[place] = f"{lines[place]}, {new}"
                written.add(new)
            elif what == "remove":
                gone = lines.pop(place)
                written = {it for it in written if it not in gone or side not in it}
            else:
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        sides.append(lines)
    return document(*base), document(*sides[0]), document(*sides[1]), written


def _all_words(found: MergedDocument) -> str:
    sides: Iterable[Any] = (
        it for conflict in found.conflicts for it in (conflict.mine, conflict.theirs)
    )
    return "\n".join([*said(found), *(_words(it) for it in sides if it is not None)])


@given(histories())
def test_nothing_that_anybody_wrote_is_lost(history: tuple[Doc, Doc, Doc, set[str]]) -> None:
    base, mine, theirs, written = history
    words = _all_words(merge(base, mine, theirs))
    assert [it for it in written if it not in words] == []


@given(histories())
def test_where_one_did_nothing_the_other_is_taken(history: tuple[Doc, Doc, Doc, set[str]]) -> None:
    base, mine, _, _ = history
    for found in (merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)):
        assert found.conflicts == ()
        assert is_same(found.document, mine)


@given(st.data())
def test_edits_of_disjoint_blocks_never_clash(data: st.DataObject) -> None:
    lines = [f"{name} as it was at first" for name in _NAMES]
    ours = data.draw(st.sets(st.sampled_from(range(10))))
    mine = [f"{it}, mine" if place in ours else it for place, it in enumerate(lines)]
    theirs = [it if place in ours else f"{it}, theirs" for place, it in enumerate(lines)]
    found = merge(document(*lines), document(*mine), document(*theirs))
    assert found.conflicts == ()
    assert said(found) == [
        f"{it}, mine" if place in ours else f"{it}, theirs" for place, it in enumerate(lines)
    ]
