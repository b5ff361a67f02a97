"""What pages say to machines, beside what Ghost says in the same place."""

import json
from typing import Any

from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser

from tests.readers_site import SITE_URL


async def _page(reader: Client, path: str) -> LexborHTMLParser:
    return LexborHTMLParser(await (await reader.get(path)).get_data(as_text=True))


def _said(page: LexborHTMLParser) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for meta in page.css("meta[property], meta[name]"):
        name = meta.attributes.get("property") or meta.attributes.get("name") or ""
        said.setdefault(name, []).append(meta.attributes.get("content") or "")
    return said


def _json_ld(page: LexborHTMLParser) -> dict[str, Any]:
    script = page.css_first('script[type="application/ld+json"]')
    assert script is not None
    data: dict[str, Any] = json.loads(script.text())
    return data


async def test_a_post_says_what_its_author_set_by_hand(reader: Client) -> None:
    page = await _page(reader, "/told/")
    said = _said(page)
    title = page.css_first("title")
    assert title is not None
    assert title.text() == "Meta T"
    link = page.css_first("link[rel=canonical]")
    assert link is not None
    assert link.attributes["href"] == "https://canonical.example/x"
    expected = {
        "description": "Meta D",
        "og:site_name": "Rose Ash",
        "og:type": "article",
        "og:title": "OG T",
        "og:description": "Meta D",
        "og:url": "https://canonical.example/x",
        "og:image": f"{SITE_URL}/content/images/sample/loaves.webp",
        "article:published_time": "2026-08-19T09:00:00.000Z",
        "article:publisher": "https://www.facebook.com/roseash",
        "twitter:card": "summary_large_image",
        "twitter:title": "TW T",
        "twitter:description": "Meta D",
        "twitter:url": "https://canonical.example/x",
        "twitter:label1": "Written by",
        "twitter:data1": "Marta Okonjo",
        "twitter:label2": "Filed under",
        "twitter:data2": "Bakery & more, Notes",
        "twitter:site": "@roseash",
    }
    assert {name: said[name][0] for name in expected} == expected
    assert said["article:tag"] == ["Bakery & more", "Notes"]


async def test_structured_data_of_a_post(reader: Client) -> None:
    data = _json_ld(await _page(reader, "/told/"))
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == "Article"
    assert data["headline"] == "Meta T"
    assert data["author"]["name"] == "Marta Okonjo"
    assert data["author"]["url"] == f"{SITE_URL}/author/marta/"
    assert data["publisher"]["name"] == "Rose Ash"
    assert data["mainEntityOfPage"] == data["url"] == f"{SITE_URL}/told/"
    assert data["keywords"] == "Bakery & more, Notes"
    assert "isAccessibleForFree" not in data
    assert _json_ld(await _page(reader, "/gated/"))["isAccessibleForFree"] is False


async def test_nothing_in_a_title_ends_the_structured_data(reader: Client) -> None:
    page = await _page(reader, "/nasty/")
    assert _json_ld(page)["headline"].startswith("Ends ]]> </script><script>alert(1)</script>")
    assert not [script for script in page.css("script") if script.text() == "alert(1)"]


async def test_every_kind_of_page_says_its_kind(reader: Client) -> None:
    kinds = {
        "/": ("Rose Ash", "website", "WebSite"),
        "/tag/bakery/": ("Bakery & more - Rose Ash", "website", "Series"),
        "/author/marta/": ("Marta Okonjo - Rose Ash", "profile", "Person"),
        "/about/": ("About", "website", "Article"),
        "/plain/": ("Bread on Thursdays", "article", "Article"),
    }
    for path, (title, og_type, ld_type) in kinds.items():
        page = await _page(reader, path)
        said = _said(page)
        assert said["og:title"] == [title]
        assert said["og:type"] == [og_type]
        assert said["og:url"] == [f"{SITE_URL}{path}"]
        assert _json_ld(page)["@type"] == ld_type


async def test_a_gated_post_is_described_by_its_teaser(reader: Client) -> None:
    assert _said(await _page(reader, "/gated/"))["description"] == ["Anyone may read this line."]
    assert _said(await _page(reader, "/gated-whole/"))["description"] == ["What the excerpt says."]


async def test_search_is_not_for_search_engines(reader: Client) -> None:
    page = await _page(reader, "/search/?q=bread")
    assert _said(page)["robots"] == ["noindex"]
    assert page.css_first("link[rel=canonical]") is None


async def test_pages_lead_to_their_feeds(reader: Client) -> None:
    page = await _page(reader, "/tag/bakery/")
    feeds = [link.attributes["href"] for link in page.css("link[rel=alternate]")]
    assert feeds == [
        f"{SITE_URL}/tag/bakery/rss/",
        f"{SITE_URL}/rss/",
        f"{SITE_URL}/feed.json",
    ]
    for feed in feeds:
        assert (await reader.get((feed or "").removeprefix(SITE_URL))).status_code == 200
