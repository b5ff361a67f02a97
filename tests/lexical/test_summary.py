"""Text, excerpt, teaser, counts and headings of documents."""

from typing import Any

import pytest

from lexical import (
    Heading,
    excerpt,
    html_to_plaintext,
    outline,
    reading_minutes,
    render_html,
    render_plaintext,
    teaser,
    word_count,
)
from tests.lexical.building import Node, document, element, paragraph, text
from tests.lexical.corpus import SITE_OPTIONS

PAYWALL: Node = {"type": "paywall"}


def html_card(html: str) -> Node:
    return {"type": "html", "html": html}


def test_the_text_of_a_document() -> None:
    page = document(
        element("heading", text("Title"), tag="h2"),
        paragraph("One ", text("two", 1)),
        {"type": "image", "src": "/i.png", "alt": "unseen", "caption": "unsaid"},
        element("list", element("listitem", text("a")), listType="number", start=9),
        {"type": "signup", "header": "no"},
        {"type": "horizontalrule"},
        paragraph("end"),
    )
    assert render_plaintext(page, target="bare") == "Title\n\nOne two\n\n 9. a\n\nend"
    assert render_plaintext(page, options=SITE_OPTIONS) == render_plaintext(page)


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<pre>a\n  b<br>c</pre>", "a\n  b\nc"),
        ('a<a rel="footnote">1</a><div class="footnotes">x</div>b', "ab"),
        ("<ul>\n<li>a<ol><li>b</li></ol></li><!-- c --></ul>", " * a\n   1. b\n   "),
        ("<ul></ul>a", "a"),
        ("<ol start='-2'><li>a</li><li>b</li></ol>", " -2. a\n -1. b"),
        ("<ol start='x'><li>a</li></ol>", " 1. a"),
        ("a\n\nb <b> c</b>", "a\n\nb c"),
        ("<p>a</p> \n <p>b</p>", "a\n\n\nb"),
        ("<svg><title>t</title><style>s</style></svg>", "t"),
        ("<style>x</style><script>y</script>z", "z"),
        ("<h1>a</h1><h1>b</h1><h4>c</h4>", "a\n\n\nb\n\nc"),
        ("<section>a</section><section>b</section>", "a\nb"),
        ("<p>a</p> <p>b</p>", "a\n\nb"),
    ],
)
def test_the_text_of_html(html: str, plain: str) -> None:
    assert html_to_plaintext(html) == plain


def test_the_text_of_html_that_nests_deep() -> None:
    assert html_to_plaintext("<p>" + "<b>" * 3000 + "x<i>y</i>") == "xy"


def test_an_excerpt_cuts_no_character_in_two() -> None:
    page = document(paragraph("é😀" * 300))
    assert len(excerpt(page).encode("utf-16-le")) // 2 == 499
    # The last unit would be half of a pair.
    shifted = excerpt(document(paragraph("a" + "😀" * 300)))
    assert shifted == "a" + "😀" * 249
    assert excerpt(document(paragraph("short"))) == "short"
    assert excerpt(page, length=4) == "é😀é"
    assert excerpt(document(paragraph("ab")), length=2) == "ab"
    assert excerpt(document(paragraph("abc")), length=2) == "ab"


def test_the_teaser_is_what_stands_before_the_paywall() -> None:
    page = document(paragraph("free"), PAYWALL, paragraph("paid"), PAYWALL)
    assert teaser(page) == "<p>free</p>"
    assert teaser(document(paragraph("all"))) == ""
    assert teaser(document(PAYWALL, paragraph("all"))) == ""
    image = {"type": "image", "src": "/content/images/a.jpg", "width": 700, "height": 1}
    page = document(image, PAYWALL)
    assert "srcset" in teaser(page, options=SITE_OPTIONS)
    assert "srcset" not in teaser(page, target="bare", options=SITE_OPTIONS)


@pytest.mark.parametrize(
    ("text_", "count"),
    [
        ("", 0),
        ("one two-three it's", 5),
        ("漢字 かな", 3),
        ("word 漢字", 3),
        ("שלום עולם", 2),
        ("سلام דם", 2),
        ("Привет мир", 2),
        ("한국어", 3),
        ("a_b 5", 2),
    ],
)
def test_words_are_counted(text_: str, count: int) -> None:
    assert word_count(document(paragraph(text_))) == count


def test_tags_are_no_words() -> None:
    page = document(html_card("""<img alt="a > b" title='c > d'><i\nx>one</i> 1 < 2 <"open"""))
    assert word_count(page) == 4


def test_reading_time_counts_words_and_images() -> None:
    def minutes(words: int, images: int = 0, **more: Any) -> int:
        pictures = (html_card('<img src="x">') for _ in range(images))
        return reading_minutes(document(paragraph("w " * words), *pictures), **more)

    assert minutes(0) == 0
    assert minutes(137) == 0
    assert minutes(138) == 1
    assert minutes(275 * 3) == 3
    # The first image takes 12 seconds, each further one a second less, down to 3.
    assert minutes(0, 2) == 0
    assert minutes(0, 3) == 1
    assert minutes(0, 10) == 1
    assert minutes(0, 14) == 1
    assert minutes(0, 15) == 2
    assert minutes(0, 2, additional_images=1) == 1


def test_the_outline_has_the_ids_of_the_html() -> None:
    page = document(
        element("heading", text("First  one\n"), tag="h1"),
        paragraph("x"),
        element("extended-heading", text("Same"), tag="h6"),
        element("heading", text("Same"), tag="h2"),
        element("heading", text("odd"), tag="h7"),
        element("heading", text("none")),
    )
    found = outline(page)
    assert found == [
        Heading(1, "First one", "first-one"),
        Heading(6, "Same", "same"),
        Heading(2, "Same", "same-1"),
        Heading(2, "odd", "odd"),
        Heading(2, "none", "none"),
    ]
    html = render_html(page)
    for heading in found:
        assert f'<h{heading.level} id="{heading.id}">' in html
