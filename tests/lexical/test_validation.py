"""What is no document, and what is too large to be one: one error, which says where."""

import json
import time
import tracemalloc
from typing import Any

import pytest

from lexical import LexicalError, outline, references, render_html, rewrite_urls, validate
from lexical.validation import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, MAX_VALUES
from tests.lexical.building import document, element, paragraph, text


def deep(levels: int) -> Any:
    node: Any = text("x")
    for _ in range(levels):
        node = element("list", node)
    return document(node)


def circular() -> Any:
    node = element("paragraph")
    node["children"].append(node)
    return document(node)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, "document"),
        ([], "document"),
        ("{}", "document"),
        ({}, "root"),
        ({"root": []}, "root"),
        ({"root": {"children": {}}}, "root.children".removeprefix("root.")),
        ({"root": {"children": [7]}}, "root.children[0]"),
        ({"root": {"children": [{}]}}, "root.children[0].type"),
        ({"root": {"children": [{"type": 7}]}}, "root.children[0].type"),
        (document(paragraph("a"), {"type": "text", "text": 5}), "root.children[1].text"),
        (
            document(element("list", {"type": "x", "children": "y"})),
            "root.children[0].children[0].children",
        ),
        (document(paragraph("a\x00b")), "root.children[0].children[0].text"),
        (document(paragraph("é\x00")), "root.children[0].children[0].text"),
        (document(paragraph("\ud800")), "root.children[0].children[0].text"),
        (document({"type": "x", "\x00": 1}), "root.children[0].?"),
        (document({"type": "x", "odd name": b""}), "root.children[0].?"),
        (document({"type": "x", "y": [1, {"z": b"bytes"}]}), "root.children[0].y[1].z"),
        (document(dict[Any, Any]({"type": "x", 5: 1})), "root.children[0].?"),
        (document({"type": "x", "y": (1, 2)}), "root.children[0].y"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(value: Any, path: str) -> None:
    for use in (validate, render_html, references, outline):
        with pytest.raises(LexicalError) as caught:
            use(value)
        assert caught.value.path == path
        assert caught.value.reason.endswith(".")
        assert str(caught.value) == f"{path}: {caught.value.reason}"
    with pytest.raises(LexicalError):
        rewrite_urls(value, {})


@pytest.mark.parametrize(
    "value",
    [
        circular(),
        deep(MAX_DEPTH),
        document(*({"type": "paragraph"} for _ in range(MAX_NODES))),
        document(paragraph("x" * (MAX_CHARACTERS // 2), "y" * (MAX_CHARACTERS // 2))),
        document(paragraph("é" * (5 * 1024 * 1024))),
        document({"type": "x", "values": [0] * MAX_VALUES}),
    ],
    ids=["circular", "deep", "nodes", "characters", "one text", "values"],
)
def test_what_is_too_large_is_refused_in_little_time_and_memory(value: Any) -> None:
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(LexicalError):
        validate(value)
    seconds, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 10
    assert peak < 1_000_000


def test_the_largest_document_is_one() -> None:
    nodes = [{"type": "paragraph"} for _ in range(MAX_NODES - 1)]
    validate({"root": {"children": nodes}})
    with pytest.raises(LexicalError):
        validate({"root": {"children": [*nodes, {"type": "paragraph"}]}})
    validate({"root": {"x": "y" * (MAX_CHARACTERS - 6)}})
    with pytest.raises(LexicalError):
        validate({"root": {"x": "y" * (MAX_CHARACTERS - 4)}})
    # The document and its root count as well.
    validate({"root": {"x": [0] * (MAX_VALUES - 2)}})
    with pytest.raises(LexicalError):
        validate({"root": {"x": [0] * (MAX_VALUES - 1)}})


def nested_list(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth - 1):
        nested = [nested]
    return nested


def test_depth_is_counted_from_the_document() -> None:
    validate({"root": {"x": nested_list(MAX_DEPTH - 2)}})
    with pytest.raises(LexicalError) as caught:
        validate({"root": {"x": nested_list(MAX_DEPTH - 1)}})
    assert caught.value.path == "root.x" + "[0]" * (MAX_DEPTH - 2)


def test_the_deepest_document_is_rendered() -> None:
    levels = (MAX_DEPTH - 4) // 2
    validate(deep(levels))
    assert "x" in render_html(deep(levels))


def test_all_of_json_is_taken() -> None:
    value = json.loads('{"root": {"children": [], "a": [1, 2.5, true, null, "é😀", 1e999]}}')
    validate(value)
    assert render_html(value) == ""
