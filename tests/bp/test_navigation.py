"""The menu: from Ghost's flat navigation, and as nested mark-up."""

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from bp.navigation import Node, flat
from infrastructure.settings import ROOT
from infrastructure.templating import Templates
from services.site.reader import Link

SITE = "https://coop.example"


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
    [node] = flat([Link("Label", url)], path, SITE)
    assert node.current == current


def test_links_to_this_site_lose_their_origin_and_others_do_not() -> None:
    links = [Link("a", f"{SITE}/a/"), Link("b", "https://coop.example.org/b/")]
    assert [node.url for node in flat(links, "/", SITE)] == ["/a/", "https://coop.example.org/b/"]


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
        node = Node(f"Level {level}", f"/{level}/", "true", (node,))
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
    menu = _rendered((Node("<Workshop>", None, "", (Node("Tools", "/tools/"),)),), tmp_path)
    assert [summary.text() for summary in menu.css("summary")] == ["<Workshop>"]
    assert [link.attributes["href"] for link in menu.css("a")] == ["/tools/"]


def test_only_one_menu_of_a_level_is_open_at_a_time(tmp_path: Path) -> None:
    inner = Node("Inner", "/i/", "", (Node("Leaf", "/l/"),))
    menu = _rendered((Node("A", "/a/", "", (inner,)), Node("B", "/b/", "", (inner,))), tmp_path)
    names = [details.attributes["name"] for details in menu.css("details")]
    assert names == ["nav", "nav-1", "nav", "nav-2"]
