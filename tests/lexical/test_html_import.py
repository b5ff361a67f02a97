"""HTML into documents: corners that the generated pairs are not sure to reach."""

import time
from typing import Any

import pytest

from lexical import from_html, render_html, render_plaintext, validate
from lexical.import_tree import ImportNode, remove
from tests.lexical.building import Node
from tests.lexical.generated import HtmlGenerator


def blocks(html: str) -> list[Node]:
    root: Any = from_html(html)["root"]
    return list(root["children"])


def shape(html: str) -> list[Any]:
    """The types of a document's nodes, with texts as they are."""

    def of(node: Node) -> Any:
        if "text" in node:
            return node["text"]
        return (node["type"], *map(of, node["children"])) if "children" in node else node["type"]

    return [of(block) for block in blocks(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", [("paragraph",)]),
        (" \n ", [("paragraph",)]),
        ("<div></div>", [("paragraph",)]),
        ("a<br>b", [("paragraph", "a", "linebreak", "b")]),
        (
            "<p>a</p>b<br><hr><br>c",
            [
                ("paragraph", "a"),
                ("paragraph", "b", "linebreak"),
                "horizontalrule",
                ("paragraph", "c"),
            ],
        ),
        ("<li>a</li><li>b</li>", [("list", ("listitem", "a"), ("listitem", "b"))]),
        ("a<li>b</li><hr>", [("paragraph", "a"), ("paragraph", "b"), "horizontalrule"]),
        ("<p>a<img src='x'>b</p>", [("paragraph", "a"), "image", ("paragraph", "b")]),
        (
            "<h2>a<hr>b</h2>",
            [("extended-heading", "a"), "horizontalrule", ("extended-heading", "b")],
        ),
        (
            "<ul><li>a<hr>b</li><li>c</li></ul>",
            [("list", ("listitem", "c")), ("paragraph", "a"), "horizontalrule", ("paragraph", "b")],
        ),
        (
            "<ul><li>a</li></ul><ul><li>b</li></ul>",
            [("list", ("listitem", "a"), ("listitem", "b"))],
        ),
        (
            "<ul><li>a</li></ul><ol><li>b</li></ol>",
            [("list", ("listitem", "a")), ("list", ("listitem", "b"))],
        ),
        (
            "<blockquote><p>a</p><p>b</p>c</blockquote>",
            [("extended-quote", "a", "linebreak", "linebreak", "bc")],
        ),
        (
            "<li>a</li><a href='x'>l<br><p>m</p><p>n</p></a><hr>",
            [("list", ("listitem", "a"), ("listitem", "l\nm\n\nn")), "horizontalrule"],
        ),
        ("<li>a</li>b<hr>", [("list", ("listitem", "a"), ("listitem", "b")), "horizontalrule"]),
        ("<ul><a href='x'>l</a></ul>", [("list", ("listitem", ("link", "l")))]),
        ("<b>a</b><script>x</script><style>y</style><!-- c -->", [("paragraph", "a")]),
        ("<a href='x'></a><a href='x'><b></b></a>", [("paragraph", ("link",))]),
        ("<!--kg-card-begin: html-->x", ["html", ("paragraph", "x")]),
        ("<svg><a>x</a></svg>", [("paragraph", "x")]),
        ("<table><tr><td>a<table></table></table>", ["html"]),
        ("<p id='docs-internal-guid-1'></p>x", [("paragraph", "x")]),
        (
            "<div id='docs-internal-guid-1'><p>a</p><br><p>b</p></div>",
            [("paragraph", "a"), ("paragraph", "b")],
        ),
        (
            "<div id='docs-internal-guid-1'><ul></ul><br><p>b</p><br><h2>c</h2></div>",
            [("list",), ("paragraph", "b"), ("extended-heading", "c")],
        ),
        ("<p><span style='font-size:26pt'>t</span></p>", [("extended-heading", "t")]),
        ("<p role='heading' aria-level='9'>t</p>", [("paragraph", "t")]),
        ("<p>a</p><br> <p>b</p>", None),
    ],
)
def test_the_shape_of_a_document(html: str, expected: list[Any] | None) -> None:
    if expected is not None:
        assert shape(html) == expected
    validate(from_html(html))


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<b>a</b>", [("a", 1)]),
        ("<b style='font-weight: normal'>a</b>", [("a", 0)]),
        ("<strong><b>a</b></strong>", [("a", 0)]),
        ("<sub>a</sub><sub><sup>b</sup></sub>", [("a", 32), ("b", 64)]),
        ("<sup><sub>b</sub></sup>", [("b", 32)]),
        ("<span style='font-weight: 700; vertical-align: sub'>a</span>", [("a", 33)]),
        ("<span style='text-decoration: line-through !important'>a</span>", [("a", 4)]),
        ("<p style='font-style: italic'><span>a</span></p>", [("a", 2)]),
        ("<span class='Strikethrough'><i>a</i></span>", [("a", 6)]),
        ("<span class='Highlight'>a</span>", [("a", 128)]),
        ("<span style='vertical-align:super;font-weight:bold'>a</span>", [("a", 65)]),
        ("<mark>a</mark>", [("a", 0)]),
        ("<pre><b>a\tb</b></pre>", [("a", 0), ("\t", 0), ("b", 1)]),
        ("a <b> b </b> c", [("a ", 0), ("b ", 1), ("c", 0)]),
        ("a<b></b> <i> </i>b", [("a b", 0)]),
        ("a <span style='display:block'>b</span>", [("ab", 0)]),
        ("a <u style='display:inline-block'> b</u>", [("a ", 0), ("b", 8)]),
        ("a <div> b</div>", [("ab", 0)]),
        ("a <img src='x'>", [("a", 0)]),
        ("<i>x</i>\n\n  <i>y</i>", [("x", 2), (" ", 0), ("y", 2)]),
    ],
)
def test_the_formats_and_spaces_of_texts(html: str, texts: list[tuple[str, int]]) -> None:
    found = []
    for block in blocks(html):
        nodes = block.get("children", [])
        found += [(node["text"], node["format"]) for node in nodes if "text" in node]
    assert found == texts


def test_a_check_list_keeps_what_is_checked() -> None:
    html = '<ul __lexicallisttype="check"><li aria-checked="true">a</li><li>b</li></ul>'
    (found,) = blocks(html)
    assert found["listType"] == "check"
    assert [item["checked"] for item in found["children"]] == [True, False]
    (plain,) = blocks("<ul><li aria-checked='true'>a</li></ul>")
    assert "checked" not in plain["children"][0]


def test_items_are_numbered_and_indented() -> None:
    (found,) = blocks('<ol start="4"><li>a<ul><li>b</li></ul></li><li>c</li></ol>')
    assert (found["start"], found["tag"]) == (4, "ol")
    assert [item["value"] for item in found["children"]] == [4, 5, 5]
    inner = found["children"][1]["children"][0]["children"][0]
    assert (inner["indent"], inner["value"]) == (1, 1)
    assert blocks("<ol start='x'><li>a</li></ol>")[0]["start"] == 1


def test_lists_that_come_to_stand_side_by_side_become_one() -> None:
    def nested(*names: str) -> ImportNode:
        inner = ImportNode("list", listType="bullet", start=1)
        for name in names:
            item = ImportNode("listitem")
            item.append(ImportNode("extended-text", text=name, format=0))
            inner.append(item)
        holder = ImportNode("listitem")
        holder.append(inner)
        return holder

    outer = ImportNode("list", listType="bullet", start=1)
    middle = ImportNode("listitem")
    outer.append(nested("a"), middle, nested("b"))
    first, last = outer.children[0].children[0], outer.children[2].children[0]
    first.append(nested("x"))
    last.children.insert(0, nested("y"))
    last.children[0].parent = last
    remove(middle)
    assert len(outer.children) == 1
    assert len(first.children) == 3
    assert len(first.children[1].children[0].children) == 2
    remove(outer)


def test_what_nests_too_deep_is_read_as_text() -> None:
    html = "<div>" * 5000 + "deep <b>text</b>"
    assert render_plaintext(from_html(html)) == "deep text"
    lists = "<ul><li>" * 60 + "x"
    assert "x" in render_html(from_html(lists))


def test_much_white_space_is_read_in_linear_time() -> None:
    started = time.perf_counter()
    from_html("<i> </i>" * 20_000)
    assert time.perf_counter() - started < 10


def test_generated_html_gives_documents_that_render() -> None:
    generator = HtmlGenerator(99)
    for _ in range(300):
        document = from_html(generator.html() + generator.tag_soup())
        validate(document)
        assert isinstance(render_html(document), str)


def test_any_nesting_gives_a_document_within_its_bounds() -> None:
    for outer in ("ul", "ul><li", "blockquote", "a", "p", "div", "ul><p"):
        opening = "".join(f"<{tag}>" for tag in outer.replace(">", "").split("<"))
        document = from_html(opening * 200 + "x")
        validate(document)
        assert "x" in render_html(document)
    nested = "<ul><li>a" * 10
    assert render_html(from_html(nested)).count("<ul>") == 10
