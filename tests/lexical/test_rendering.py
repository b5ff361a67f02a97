"""Text, formats, links, lists, headings, and what no one knows: blocks without the cards."""

import pytest

from lexical import Rendering, render, render_html
from tests.lexical.building import BREAK, Node, card, document, element, link, paragraph, text

BOLD, ITALIC = 1, 2
ALL_FORMATS = (
    "<strong><em><s><u><code><sub><sup><mark>a</mark></sup></sub></code></u></s></em></strong>"
)


JOINED = "<em><strong>ab</strong>c</em>"
APART = "<strong><em>ab</em><em>c</em></strong>"


def without(name: str, node: Node) -> Node:
    return {key: value for key, value in node.items() if key != name}


def html_of(*blocks: Node) -> str:
    return render_html(document(*blocks))


@pytest.mark.parametrize(
    ("nodes", "html"),
    [
        (
            [text("a", 255)],
            ALL_FORMATS,
        ),
        ([text("a", BOLD), text("b", BOLD | ITALIC)], "<strong>a<em>b</em></strong>"),
        # Both open at once: the one that lasts longer goes outside.
        ([text("a", BOLD | ITALIC), text("b", ITALIC)], "<em><strong>a</strong>b</em>"),
        ([text("a", BOLD | ITALIC), BREAK, text("b", ITALIC)], "<em><strong>a</strong><br>b</em>"),
        # A link ends every format, whatever its own says.
        (
            [text("a", BOLD), link("/x", text("l"), format=1)],
            '<strong>a</strong><a href="/x">l</a>',
        ),
        # Crossing formats: Ghost closes the innermost tag, whichever format ended.
        (
            [text("a", BOLD), text("b", BOLD | ITALIC), text("c", ITALIC)],
            "<strong>a<em>b</em><em>c</em></strong>",
        ),
        ([text("a", BOLD), BREAK, text("b", BOLD)], "<strong>a<br>b</strong>"),
        (
            [text("a", BOLD), link("/x", text("l")), text("b", BOLD)],
            '<strong>a</strong><a href="/x">l</a><strong>b</strong>',
        ),
        (
            [text("a", "bold"), text("b", "nonsense"), text("c", 1.0)],
            "<strong>a</strong>b<strong>c</strong>",
        ),
        ([text("a", 1e300)], "a"),
        ([text("x\u00a0<>&\"'")], "x&nbsp;&lt;&gt;&amp;\"'"),
        ([{"type": "tab", "version": 1, "format": 1}], "<strong>\t</strong>"),
        ([text("q", 1, type="at-link-search")], "q"),
        ([text("TK", 2, type="tk")], "<em>TK</em>"),
        ([link("", text("l"))], "<a>l</a>"),
        ([link(5, text("l"), rel="me")], '<a href="5" rel="me">l</a>'),
        ([link('/"&', text("l"))], '<a href="/&quot;&amp;">l</a>'),
        (
            [link("/a", link("/b", link("/c", text("c"))))],
            '<a href="/a"><a href="/b"></a><a href="/c">c</a></a>',
        ),
        ([link("/a", text("x\ry"))], '<a href="/a">x\ny</a>'),
        ([link("java\nscript:x", text("l"))], "<a>l</a>"),
        ([element("autolink", text("l"), url="https://e.com")], '<a href="https://e.com">l</a>'),
        ([paragraph("in"), text("after")], "inafter"),
        ([{"type": "html", "html": "<b>card</b>"}, text("after")], "after"),
        ([{"type": "mystery", "text": "<b>"}, text("after")], "&lt;b&gt;after"),
    ],
)
def test_a_line(nodes: list[Node], html: str) -> None:
    assert html_of(paragraph(*nodes), {"type": "horizontalrule"}) == f"<p>{html}</p><hr>"


@pytest.mark.parametrize(
    ("nodes", "html"),
    [
        # Lexical joins neighbours of one format, so the look ahead sees one text and not two.
        ([text("a", 3), text("b", 3), text("c", 2)], "<em><strong>ab</strong>c</em>"),
        (
            [text("a", 3, mode="token"), text("b", 3), text("c", 2)],
            "<strong><em>ab</em><em>c</em></strong>",
        ),
        (
            [text("a", 3, detail=2), text("b", 3), text("c", 2)],
            "<strong><em>ab</em><em>c</em></strong>",
        ),
        (
            [text("a", 3, detail="unmergeable"), text("b", 3), text("c", 2)],
            "<strong><em>ab</em><em>c</em></strong>",
        ),
        (
            [text("a", 3, detail="other"), text("b", 3), text("c", 2)],
            "<em><strong>ab</strong>c</em>",
        ),
        (
            [text("a", 3, style="x"), text("b", 3), text("c", 2)],
            "<strong><em>ab</em><em>c</em></strong>",
        ),
        ([text("a", None), text("b", BOLD)], "ab"),
        ([text("a", 0), text("b", None), text("c", BOLD)], "abc"),
        ([text("a", 3, style=None), text("b", 3, style="x"), text("c", 2)], JOINED),
        ([text("a", 3, style="x"), text("b", 3, style=None), text("c", 2)], APART),
        ([without("style", text("a", 3)), text("b", 3), text("c", 2)], APART),
        ([without("style", text("a", 3)), text("b", 3, style=None), text("c", 2)], APART),
        ([without("style", text("a", 3)), without("style", text("b", 3)), text("c", 2)], JOINED),
        ([without("format", text("a")), text("b", BOLD)], "a<strong>b</strong>"),
        ([text("", BOLD), text("a")], "a"),
        ([link("/x", text("")), text("a")], "a"),
        ([link("/x"), text("a")], '<a href="/x"></a>a'),
    ],
)
def test_neighbouring_texts_are_joined_as_lexical_joins_them(nodes: list[Node], html: str) -> None:
    assert html_of(paragraph(*nodes), {"type": "horizontalrule"}) == f"<p>{html}</p><hr>"


@pytest.mark.parametrize(
    ("before", "after", "html"),
    [
        ("see ", " y", "see y"),
        (" see", " y", " see y"),
        ("see", " y", "see y"),
        (None, " y", "y"),
        (None, "y", "y"),
        ("", " y", "y"),
    ],
)
def test_a_link_search_goes_with_one_of_its_spaces(
    before: str | None, after: str, html: str
) -> None:
    search = element("at-link", text("q", type="at-link-search"))
    nodes = [*([] if before is None else [text(before)]), search, text(after)]
    assert html_of(paragraph(*nodes)) == f"<p>{html}</p>"


def test_headings_get_ids_and_doubles_get_numbers() -> None:
    html = html_of(
        element("heading", text("Été & co!"), tag="h2"),
        element("extended-heading", text("Same"), tag="h3"),
        element("heading", text("same"), tag="h3"),
        element("heading", text("Same"), tag="h1"),
        element("heading", tag="h4"),
        element("heading", text("constructor"), tag="script"),
    )
    assert html == (
        '<h2 id="%C3%A9t%C3%A9-co">Été &amp; co!</h2><h3 id="same">Same</h3>'
        '<h3 id="same-1">same</h3><h1 id="same-2">Same</h1><h4 id=""></h4>'
        '<h2 id="constructor">constructor</h2>'
    )


def test_the_text_of_a_card_within_a_heading_counts_in_its_id() -> None:
    heading = element(
        "heading",
        text("a"),
        {"type": "horizontalrule"},
        {"type": "toggle", "heading": "b", "content": 7},
        {"type": "bookmark", "url": True, "metadata": {"title": "t"}},
        {"type": "bookmark", "metadata": 3},
        element("at-link", text("gone")),
        paragraph("c"),
        {"type": "mystery", "text": "d"},
        {"type": "tab"},
        BREAK,
        tag="h2",
    )
    assert html_of(heading) == '<h2 id="ab-7-t-c-d">acd\t<br></h2>'


def test_lists() -> None:
    def item(*children: Node) -> Node:
        return element("listitem", *children, value=1)

    nested = element("list", item(text("n")), listType="number", start=3)
    html = html_of(
        element(
            "list",
            text("loose"),
            paragraph("para"),
            item(paragraph("in")),
            item(nested),
            item(text("flat"), element("list", item(text("x")), listType="bullet")),
            link("/l", text("link")),
            listType="bullet",
            start=1,
        ),
        element("list", element("at-link", text("gone")), listType="ol", start=None),
        element("list", item(nested), listType="ol", start=None),
        element("list", listType="number", start='"'),
    )
    assert html == (
        '<ul><li>loose</li><li>para</li><li>in<ol start="3"><li>n</li></ol></li>'
        "<li>flatx</li>"
        "<li>link</li></ul><ol><li></li></ol>"
        '<ol><ol start="3"><li>n</li></ol></ol><ol start="&quot;"></ol>'
    )


def test_quotes_and_what_stands_loose_at_the_top() -> None:
    html = html_of(
        element("quote", paragraph("a"), paragraph("b")),
        element("aside", text("c")),
        text("loose"),
        BREAK,
        text("too", 1),
        element("listitem", text("item")),
        link("/l", text("link")),
        element("at-link", text("gone")),
        text("last"),
    )
    assert html == (
        '<blockquote>ab</blockquote><blockquote class="kg-blockquote-alt">c</blockquote>'
        "<p>loose<br><strong>too</strong></p>itemlink<p>last</p>"
    )


def test_the_empty_paragraph_at_the_end_is_left_out() -> None:
    assert html_of(paragraph("a"), paragraph(" \u00a0\ufeff")) == "<p>a</p>"
    assert html_of(paragraph("a"), paragraph("\x85")) == "<p>a</p><p>\x85</p>"
    assert html_of(paragraph(), paragraph("a")) == "<p></p><p>a</p>"
    assert html_of() == ""


def test_unknown_nodes_give_their_children_or_text_and_are_reported() -> None:
    rendering = render(
        document(
            {"type": "mystery", "children": [paragraph("block"), text("inline")]},
            {"type": "riddle", "text": "<words>"},
            {"type": "riddle", "children": []},
            {"type": "void"},
            paragraph({"type": "enigma", "children": [text("within")]}, {"type": "html"}),
        )
    )
    assert rendering == Rendering(
        "<p>block</p><p>inline</p><p>&lt;words&gt;</p><p>within</p>",
        ("mystery", "riddle", "void", "enigma"),
    )


def test_a_card_names_its_target_among_others() -> None:
    page = card("button", buttonUrl="/x", buttonText="t")
    assert render_html(page, target="web") == render_html(page, target="bare")
    # A target that no card names is rendered as the web is.
    assert render_html(page, target="other") == render_html(page)
