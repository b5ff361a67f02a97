"""The menu: from Ghost's flat navigation, and as nested mark-up."""

from functools import partial
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from bp.navigation import Node, as_path, draw, flat, for_app, outline, top, with_origin
from infrastructure.settings import ROOT
from infrastructure.templating import Templates
from services.navigation.serving import Item
from services.site.reader import Link

SITE = "https://coop.example"
TEMPLATES = Templates([ROOT / "templates"])


@pytest.mark.parametrize(
    ("url", "path", "current"),
    [
        ("/", "/", "page"),
        (f"{SITE}/", "/", "page"),
        (SITE, "/", "page"),
        ("/about/", "/about/", "page"),
        ("/about", "/about/", "page"),
        ("/about/?from=menu", "/about/", "page"),
        ("/about/#people", "/about/", ""),
        ("/", "/about/", ""),
        ("https://elsewhere.example/about/", "/about/", ""),
        ("//elsewhere.example/about/", "/about/", ""),
    ],
)
def test_the_current_entry(url: str, path: str, current: str) -> None:
    menu = outline(flat([Link("Label", url)]), SITE)
    assert [it.current for it in for_app(menu, f"{SITE}{path}", SITE)] == [current]


def test_links_to_this_site_lose_their_origin_and_others_do_not() -> None:
    links = [Link("a", f"{SITE}/a/"), Link("b", "https://coop.example.org/b/")]
    assert [as_path(link.url, SITE) for link in links] == ["/a/", "https://coop.example.org/b/"]
    assert as_path(SITE, SITE) == "/"


def test_for_another_app_every_link_has_its_origin() -> None:
    urls = ["/a/", "#b", "https://else.example/c/", "mailto:a@b.example"]
    found = for_app(outline(flat(Link("x", url) for url in urls), SITE), "", SITE)
    assert [node.url for node in found] == [f"{SITE}/a/", f"{SITE}/#b", *urls[2:]]


MENU = (
    Item("Home", "/?all=1"),
    Item(
        "Bakery",
        "/tag/bakery/",
        children=(
            Item("More", None, children=(Item("Market", "http://market.example:80/b%C3%A4r"),)),
            Item("Home again", "/"),
        ),
    ),
    Item("Once more", "/"),
)


@pytest.mark.parametrize(
    ("place", "marked"),
    [
        (f"{SITE}/", ["", "true", "", "", "page", ""]),
        ("http://market.example/bär?x=1", ["", "true", "true", "page", "", ""]),
        (f"{SITE}/nowhere/", ["", "", "", "", "", ""]),
        ("/tag/bakery/", ["", "", "", "", "", ""]),
        ("http://[", ["", "", "", "", "", ""]),
    ],
)
def test_one_entry_is_the_current_one_and_what_is_above_it_says_so(
    place: str, marked: list[str]
) -> None:
    def all_of(nodes: tuple[Node, ...]) -> list[str]:
        return [it for node in nodes for it in (node.current, *all_of(node.children))]

    menu = outline(MENU, SITE)
    assert all_of(for_app(menu, place, SITE)) == marked

    # A drawing is marked as the template would have marked it.
    def render(nodes: tuple[Node, ...]) -> str:
        return TEMPLATES.render("parts/head_menu.html", nodes=nodes)

    drawing = draw(menu, render, partial(with_origin, site_url=SITE))
    assert drawing.marked(place) == render(for_app(menu, place, SITE))


def test_the_top_alone_has_links_only_and_knows_what_was_below() -> None:
    menu = outline((*MENU, Item("Heading", None, children=MENU)), SITE)
    nodes = top(for_app(menu, f"{SITE}/", SITE))
    assert [(it.label, it.current, it.children) for it in nodes] == [
        ("Home", "", ()),
        ("Bakery", "true", ()),
        ("Once more", "", ()),
    ]


def _rendered(nodes: tuple[Node, ...], folder: Path) -> LexborHTMLParser:
    (folder / "menu.html").write_text(
        '{% from "parts/nav.html" import tree %}{{ tree(nodes) }}', encoding="utf-8"
    )
    return LexborHTMLParser(
        Templates([folder, ROOT / "templates"]).render("menu.html", nodes=nodes), is_fragment=True
    )


def test_a_tree_of_six_levels_is_nested_disclosures(tmp_path: Path) -> None:
    node = Node("Level 6", "/6/", "page")
    for level in range(5, 0, -1):
        node = Node(f"Level {level}", f"/{level}/", "true", children=(node,))
    menu = _rendered((node,), tmp_path)
    assert len(menu.css("details > summary")) == 5
    assert [link.attributes["aria-current"] for link in menu.css("a")] == ["true"] * 5 + ["page"]
    assert [summary.text() for summary in menu.css("summary")] == [
        f"More under Level {level}" for level in range(1, 6)
    ]
    deepest = menu.css_first("details details details details details a")
    assert deepest is not None
    assert deepest.attributes["href"] == "/6/"


def test_a_heading_is_the_disclosure_itself(tmp_path: Path) -> None:
    menu = _rendered(
        (Node("<Workshop>", None, "true", children=(Node("Tools", "/tools/"),)),), tmp_path
    )
    [summary] = menu.css("summary")
    assert summary.text() == "<Workshop>"
    assert summary.attributes["aria-current"] == "true"
    assert [link.attributes["href"] for link in menu.css("a")] == ["/tools/"]


def test_only_one_menu_of_a_level_is_open_at_a_time(tmp_path: Path) -> None:
    inner = Node("Inner", "/i/", children=(Node("Leaf", "/l/"),))
    menu = _rendered(
        (Node("A", "/a/", children=(inner,)), Node("B", "/b/", children=(inner,))), tmp_path
    )
    names = [details.attributes["name"] for details in menu.css("details")]
    assert names == ["nav", "nav-1", "nav", "nav-2"]
