"""What documents mention, and what becomes of it when addresses change."""

import copy
from typing import Any

import pytest

from lexical import References, references, rewrite_urls
from tests.lexical.building import Node, card, document, element, link, paragraph, text
from tests.lexical.corpus import MISSING, SHARED, cases

IMAGE = "__GHOST_URL__/content/images/2026/a.jpg"


def everything() -> Node:
    return document(
        paragraph(
            text("x"), link("__GHOST_URL__/about/?q=1#part", text("y"), link("#here", text("z")))
        ),
        element("autolink", text("a"), url="https://e.com"),
        link(None, text("no address")),
        {
            "type": "image",
            "src": IMAGE,
            "href": " /posts/one/ ",
            "caption": '<a href="/two/">x</a>',
        },
        {"type": "gallery", "images": [{"src": "/g.png"}, 7, {"src": None}], "caption": "plain"},
        {"type": "gallery", "images": None},
        {"type": "bookmark", "url": "https://b.com", "metadata": {"icon": "https://b.com/i.ico"}},
        {"type": "bookmark", "url": "", "metadata": "odd"},
        {"type": "file", "src": "/content/files/f.pdf", "snippetId": "footer"},
        {"type": "video", "src": "https://site.org/content/media/v.mp4"},
        {"type": "markdown", "markdown": "[a](/three/) ![b](m.png) <i>x</i> <https://auto.org>"},
        {
            "type": "html",
            "html": '<!-- snippet: box-1 --><img src="h.png" srcset="h2.png 2x, h3.png 3x, ">'
            '<video poster="p.png"><source src="s.mp4"></video><form action="https://site.org">',
        },
        {"type": "mystery", "children": [link("https://site.org/four", text("l"))]},
        {"type": "horizontalrule", "snippetId": 5},
    )


def test_everything_that_a_document_mentions() -> None:
    assert references(everything(), site_url="https://site.org/") == References(
        urls=(
            *("__GHOST_URL__/about/?q=1#part", "#here", "https://e.com", IMAGE, "/posts/one/"),
            *("/two/", "/g.png", "https://b.com", "https://b.com/i.ico", "/content/files/f.pdf"),
            *("https://site.org/content/media/v.mp4", "/three/", "m.png", "https://auto.org"),
            *("h.png", "h2.png", "h3.png", "p.png", "s.mp4", "https://site.org"),
            "https://site.org/four",
        ),
        images=(
            *(IMAGE, "/g.png", "https://b.com/i.ico", "m.png", "h.png", "h2.png", "h3.png"),
            *("p.png", "s.mp4"),
        ),
        uploads=(IMAGE, "/content/files/f.pdf", "https://site.org/content/media/v.mp4"),
        posts=("/about/", "/posts/one/", "/two/", "/three/", "/", "/four"),
        snippets=("footer", "box-1"),
    )


def test_without_the_sites_address_absolute_ones_are_not_its_own() -> None:
    found = references(everything())
    assert found.uploads == (IMAGE, "/content/files/f.pdf")
    assert found.posts == ("/about/", "/posts/one/", "/two/", "/three/")


@pytest.mark.parametrize("url", ["https://site.organic/x", "//site.org/x", "mailto:a@site.org"])
def test_what_only_looks_like_the_site_is_not(url: str) -> None:
    assert references(document(link(url)), site_url="https://site.org").posts == ()


@pytest.mark.parametrize(
    ("url", "post"), [("https://site.org?x", "/"), ("https://site.org#x", "/"), ("/", "/")]
)
def test_the_home_page_is_a_post_as_well(url: str, post: str) -> None:
    assert references(document(link(url)), site_url="https://site.org").posts == (post,)


MAPPING = {
    "__GHOST_URL__": "https://new.org",
    "https://old.org/": "https://new.org/",
    "https://old.org/kept/": "https://kept.org/",
    "https://old.org/a?b=1&c=2": '/whole?d=3&e="4"',
}


@pytest.mark.parametrize(
    ("kind", "name", "before", "after"),
    [
        ("image", "src", IMAGE, "https://new.org/content/images/2026/a.jpg"),
        ("image", "href", "https://old.org/a?b=1&c=2", '/whole?d=3&e="4"'),
        ("image", "href", "https://old.org/kept/x", "https://kept.org/x"),
        ("image", "href", "https://older.org/x", "https://older.org/x"),
        ("image", "alt", "https://old.org/x", "https://old.org/x"),
        ("image", "src", 5, 5),
        (
            "image",
            "caption",
            '<a  href = "https://old.org/x" title="https://old.org/y">https://old.org/z</a>',
            '<a  href = "https://new.org/x" title="https://old.org/y">https://old.org/z</a>',
        ),
        (
            "html",
            "html",
            "<a href='https://old.org/a?b=1&amp;c=2'>x</a><img src=https://old.org/y>",
            "<a href='/whole?d=3&amp;e=&quot;4&quot;'>x</a><img src=https://new.org/y>",
        ),
        (
            "html",
            "html",
            '<img srcset="https://old.org/a.png 1x,  https://e.com/b.png 2x, ,">',
            '<img srcset="https://new.org/a.png 1x,  https://e.com/b.png 2x, ,">',
        ),
        (
            "markdown",
            "markdown",
            '[a](https://old.org/x) ![b](__GHOST_URL__/y) https://old.org/z <i id="q">',
            '[a](https://new.org/x) ![b](https://new.org/y) https://new.org/z <i id="q">',
        ),
        ("markdown", "markdown", "[a](/rel) old.org", "[a](/rel) old.org"),
    ],
)
def test_addresses_are_replaced(kind: str, name: str, before: object, after: object) -> None:
    page = card(kind, **{name: before})
    kept = copy.deepcopy(page)
    assert rewrite_urls(page, MAPPING) == card(kind, **{name: after})
    assert page == kept


def test_addresses_are_replaced_in_lists_objects_and_links() -> None:
    page = document(
        paragraph(link("https://old.org/x", text("l"))),
        link(5, text("l")),
        {"type": "gallery", "images": [{"src": "https://old.org/g", "x": 1}, "odd"]},
        {"type": "gallery", "images": "odd"},
        {"type": "bookmark", "url": "https://e.com", "metadata": {"icon": "https://old.org/i"}},
        {"type": "bookmark", "metadata": 7},
        {"type": "mystery", "children": [link("https://old.org/y")], "extra": [1]},
    )
    page["extra"] = "kept"
    found: Any = rewrite_urls(page, {"https://old.org/": "/"})
    blocks = found["root"]["children"]
    assert blocks[0]["children"][0]["url"] == "/x"
    assert blocks[1]["url"] == 5
    assert blocks[2]["images"] == [{"src": "/g", "x": 1}, "odd"]
    assert blocks[4]["metadata"] == {"icon": "/i"}
    assert blocks[6] == {"type": "mystery", "children": [link("/y")], "extra": [1]}
    assert found["extra"] == "kept"


@pytest.mark.skipif(not SHARED.is_dir(), reason=MISSING)
def test_rewriting_nothing_changes_nothing() -> None:
    for case in cases():
        assert rewrite_urls(case.document, {}) == case.document
        found = references(case.document)
        moved = rewrite_urls(case.document, {url: url for url in found.urls})
        assert moved == case.document, case.name
