"""Feeds, sitemap and robots.txt, read by real parsers."""

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy.ext.asyncio import AsyncConnection

from bp.blog.feeds import absolute_html
from infrastructure.factory import BaseApp
from services.posts import syndication
from tests.readers_site import SITE_URL

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
MEDIA = "{http://search.yahoo.com/mrss/}content"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


async def _xml(reader: Client, path: str) -> ET.Element:
    answer = await reader.get(path)
    assert answer.status_code == 200
    return ET.fromstring(await answer.get_data(as_text=False))  # noqa: S314 - our own


def _text(element: ET.Element, name: str) -> str:
    found = element.find(name)
    assert found is not None, name
    return found.text or ""


@pytest.mark.parametrize("path", ["/rss/", "/tag/bakery/rss/", "/author/marta/rss/"])
async def test_rss_has_what_the_specification_asks_for(reader: Client, path: str) -> None:
    feed = await _xml(reader, path)
    assert feed.tag == "rss"
    assert feed.attrib["version"] == "2.0"
    [channel] = feed
    for name in ("title", "link", "description"):
        assert _text(channel, name)
    link = channel.find(ATOM_LINK)
    assert link is not None
    assert link.attrib["href"] == f"{SITE_URL}{path}"
    assert parsedate_to_datetime(_text(channel, "lastBuildDate")).tzinfo is not None
    items = channel.findall("item")
    assert len(items) == 15
    guids = [_text(item, "guid") for item in items]
    assert len(set(guids)) == len(guids)
    for item in items:
        assert _text(item, "title")
        assert urlsplit(_text(item, "link")).hostname == "coop.example"
        assert parsedate_to_datetime(_text(item, "pubDate")).tzinfo is not None
        assert [creator.text for creator in item.findall(CREATOR)] == ["Marta Okonjo", "Tom & Sons"]
        assert [tag.text for tag in item.findall("category")] == ["Bakery & more", "Notes"]
        for element in LexborHTMLParser(_text(item, CONTENT), is_fragment=True).css(
            "[src], [href]"
        ):
            for name in ("src", "href"):
                assert not (element.attributes.get(name) or "").startswith("/"), element.html


async def test_an_entry_of_rss(reader: Client) -> None:
    feed = await _xml(reader, "/rss/")
    items = {_text(item, "link"): item for item in feed.iter("item")}
    told = items[f"{SITE_URL}/told/"]
    assert _text(told, "guid") == "6b039706c403194fef11d9c5"
    picture = told.find(MEDIA)
    assert picture is not None
    assert picture.attrib["url"] == f"{SITE_URL}/content/images/sample/loaves.webp"
    content = _text(told, CONTENT)
    assert content.startswith(
        f'<img src="{SITE_URL}/content/images/sample/loaves.webp" alt="Loaves'
    )
    assert f'srcset="{SITE_URL}/content/images/size/w600/a.png 600w, {SITE_URL}/content' in content
    assert f'href="{SITE_URL}/told/#there"' in content
    nasty = items[f"{SITE_URL}/nasty/"]
    assert _text(nasty, "title") == "Ends ]]> </script><script>alert(1)</script> & soon"
    assert _text(nasty, CONTENT) == "<p>]]> &amp; &lt;b&gt;</p>"
    gated = items[f"{SITE_URL}/gated/"]
    assert "Anyone may read this line." in _text(gated, CONTENT)


async def test_json_feed(reader: Client) -> None:
    answer = await reader.get("/feed.json")
    assert answer.content_type == "application/feed+json; charset=utf-8"
    feed = json.loads(await answer.get_data(as_text=True))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{SITE_URL}/feed.json"
    assert feed["home_page_url"] == f"{SITE_URL}/"
    assert feed["language"] == "en-GB"
    assert len(feed["items"]) == 15
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["url"].startswith(SITE_URL)
        assert isinstance(item["content_html"], str)
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None
        assert item["authors"][0]["name"] == "Marta Okonjo"
        assert item["tags"] == ["Bakery & more", "Notes"]
    assert [item["id"] for item in feed["items"]] == [
        _text(item, "guid") for item in (await _xml(reader, "/rss/")).iter("item")
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/x/">', f'<a href="{SITE_URL}/x/">'),
        ('<a href="//cdn.example/x">', '<a href="//cdn.example/x">'),
        ("<img src='/x.png'>", f"<img src='{SITE_URL}/x.png'>"),
        ('<a href="#fn">', f'<a href="{SITE_URL}/post/#fn">'),
        ('<a href="https://e.example/">', '<a href="https://e.example/">'),
        (
            "<video style=\"background: url('/content/x.jpg')\">",
            f"<video style=\"background: url('{SITE_URL}/content/x.jpg')\">",
        ),
        ("<p>/x and href=/y</p>", "<p>/x and href=/y</p>"),
    ],
)
def test_addresses_in_feeds_have_their_origin(html: str, expected: str) -> None:
    assert absolute_html(html, SITE_URL, f"{SITE_URL}/post/") == expected


async def test_the_sitemap_has_every_public_page_once(reader: Client) -> None:
    sitemap = await _xml(reader, "/sitemap.xml")
    assert sitemap.tag == f"{SITEMAP}urlset"
    places = [_text(url, f"{SITEMAP}loc") for url in sitemap]
    assert len(places) == len(set(places))
    for path in ("/", "/plain/", "/gated/", "/about/", "/tag/bakery/", "/author/marta/"):
        assert f"{SITE_URL}{path}" in places
    for path in ("/told/", "/tag/hash-backstage/"):
        assert f"{SITE_URL}{path}" not in places
    for url in sitemap:
        assert datetime.fromisoformat(_text(url, f"{SITEMAP}lastmod")).tzinfo is not None


async def test_a_large_site_has_an_index_of_sitemaps(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = cast("BaseApp", reader.app).page_cache
    await pages.purge_all()
    monkeypatch.setattr(syndication, "SITEMAP_SIZE", 10)
    index = await _xml(reader, "/sitemap.xml")
    assert index.tag == f"{SITEMAP}sitemapindex"
    files = [_text(part, f"{SITEMAP}loc").removeprefix(SITE_URL) for part in index]
    assert len(files) == 5
    places: list[str] = []
    for path in files:
        places += [_text(url, f"{SITEMAP}loc") for url in await _xml(reader, path)]
    assert len(places) == len(set(places)) == 23 + 2 + 2
    assert (await reader.get("/sitemap-posts-99.xml")).status_code == 404
    assert (await reader.get("/sitemap-others-0.xml")).status_code == 404
    await pages.purge_all()


async def test_an_empty_site_has_valid_feeds_and_a_sitemap(connection: AsyncConnection) -> None:
    assert await syndication.newest(connection) == ()
    assert await syndication.sitemap_parts(connection) == ()


async def test_robots(reader: Client) -> None:
    text = await (await reader.get("/robots.txt")).get_data(as_text=True)
    assert f"Sitemap: {SITE_URL}/sitemap.xml" in text.splitlines()
    assert "Disallow: /admin/" in text.splitlines()
