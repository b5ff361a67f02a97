"""Readers' pages as HTML: what stands in them, and what must not."""

import pytest
from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser

from tests.readers_site import LONG_TITLE, SECRET, SITE_URL

EVERY_PAGE = [
    "/",
    "/tag/bakery/",
    "/tag/notes/",
    "/author/marta/",
    "/author/tom/",
    "/topics/to-eat/",
    "/search/",
    "/search/?q=bread",
    "/plain/",
    "/gated/",
    "/gated-whole/",
    "/gated-block/",
    "/cards/",
    "/arabic/",
    "/about/",
]


async def _page(reader: Client, path: str) -> LexborHTMLParser:
    answer = await reader.get(path)
    assert answer.status_code == 200, path
    return LexborHTMLParser(await answer.get_data(as_text=True))


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_no_page_has_inline_scripts_or_handlers_or_our_own_inline_styles(
    reader: Client, path: str
) -> None:
    page = await _page(reader, path)
    for script in page.css("script"):
        assert script.attributes.get("src") or script.attributes["type"] == "application/ld+json"
    for element in page.css("*"):
        assert not [name for name in element.attributes if name.startswith("on")], element.html
    for part in page.css(".prose"):
        part.decompose()
    assert not page.css("[style]")
    assert not page.css("style")


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_every_page_has_one_heading_of_the_first_level_and_its_landmarks(
    reader: Client, path: str
) -> None:
    page = await _page(reader, path)
    assert len(page.css("h1")) == 1
    for landmark in ("header.site-head", "main#main", "footer.site-foot"):
        assert len(page.css(landmark)) == 1
    html = page.css_first("html")
    assert html is not None
    assert html.attributes["lang"] == "en-GB"


async def test_the_gated_text_is_nowhere(reader: Client) -> None:
    paths = [
        *EVERY_PAGE,
        f"/search/?q={SECRET}",
        "/search/?q=recipe",
        "/rss/",
        "/feed.json",
        "/tag/bakery/rss/",
        "/author/marta/rss/",
        "/sitemap.xml",
    ]
    for path in paths:
        answer = await reader.get(path)
        text = (await answer.get_data(as_text=True)).replace(f"q={SECRET}", "")
        if path.startswith("/search/"):
            text = text.replace(f'value="{SECRET}"', "").replace(f"“{SECRET}”", "")
        assert answer.status_code == 200
        assert SECRET not in text, path


async def test_a_gated_post_shows_its_teaser_and_the_way_in(reader: Client) -> None:
    page = await _page(reader, "/gated/")
    prose = page.css_first(".prose")
    assert prose is not None
    assert "Anyone may read this line." in prose.text()
    link = page.css_first(".gate a")
    assert link is not None
    assert link.attributes["href"] == "/auth/login/?next=/gated/"


async def test_blocks_for_guests_stay(reader: Client) -> None:
    assert "For guests." in ((await _page(reader, "/gated-block/")).html or "")


async def test_listings_lead_to_posts_newest_first_and_on_to_older_ones(
    reader: Client,
) -> None:
    seen: list[str] = []
    path: str | None = "/"
    while path:
        page = await _page(reader, path)
        seen += [link.attributes["href"] or "" for link in page.css("article h2 a")]
        older = page.css_first("a[rel=next]")
        path = older.attributes["href"] if older else None
    assert seen[0] == "/plain/"
    assert len(seen) == len(set(seen)) == 23


async def test_htmx_gets_the_cards_alone(reader: Client) -> None:
    whole = await _page(reader, "/tag/bakery/")
    older = whole.css_first("a[rel=next]")
    assert older is not None
    answer = await reader.get(older.attributes["hx-get"] or "", headers={"HX-Request": "true"})
    text = await answer.get_data(as_text=True)
    assert "<html" not in text
    assert text.count("<article") == 8
    assert "hx-request" in answer.headers["Vary"].lower()
    assert "hx-request" in (await reader.get("/tag/bakery/")).headers["Vary"].lower()


async def test_internal_tags_are_not_shown(reader: Client) -> None:
    for path in ("/", "/plain/", "/rss/", "/feed.json"):
        assert "backstage" not in await (await reader.get(path)).get_data(as_text=True)


async def test_search_marks_what_it_found_and_escapes_the_rest(reader: Client) -> None:
    page = await _page(reader, "/search/?q=tuesdays")
    assert page.css(".excerpt mark")[0].text() == "Tuesdays"
    page = await _page(reader, "/search/?q=%3Cscript%3Ealert(1)")
    field = page.css_first("input[name=q]")
    assert field is not None
    assert field.attributes["value"] == "<script>alert(1)"
    note = page.css_first(".note")
    assert note is not None
    assert "<script>alert(1)" in note.text()


async def test_the_current_place_is_marked_in_the_menu(reader: Client) -> None:
    for path, label in (("/", "Journal"), ("/tag/bakery/", "Bakery"), ("/about/", "About")):
        page = await _page(reader, path)
        current = page.css('.menu [aria-current="page"]')
        assert [link.text() for link in current] == [label]
        home = page.css_first(".menu a")
        assert home is not None
        assert home.attributes["href"] == "/"


async def test_a_reader_whom_nobody_knows_gets_no_holes_but_what_stands_in_them(
    reader: Client,
) -> None:
    text = await (await reader.get("/plain/")).get_data(as_text=True)
    assert "hole:" not in text
    assert text.count('<a href="/auth/login/') == 1


async def test_an_arabic_post_runs_from_right_to_left(reader: Client) -> None:
    article = (await _page(reader, "/arabic/")).css_first("article")
    assert article is not None
    assert article.attributes["dir"] == "rtl"
    assert article.attributes["lang"] == "ar"


async def test_very_long_words_in_titles_can_break(reader: Client) -> None:
    title = (await _page(reader, "/german/")).css_first("h1")
    assert title is not None
    assert "\u00ad" in title.text()
    title = (await _page(reader, "/long-title/")).css_first("h1")
    assert title is not None
    assert title.text() == LONG_TITLE


async def test_old_slugs_lead_to_the_new_ones(reader: Client) -> None:
    for path, now in (("/tag/bread/", "/tag/bakery/"), ("/tag/bread/rss/", "/tag/bakery/rss/")):
        answer = await reader.get(path)
        assert answer.status_code == 301
        assert answer.headers["Location"] == now


async def test_not_found_is_a_page_that_needs_no_database(reader: Client) -> None:
    for path in ("/nothing/", "/tag/nothing/", "/a/b/c", "/static/nothing.css"):
        answer = await reader.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        page = LexborHTMLParser(await answer.get_data(as_text=True))
        heading = page.css_first("h1")
        assert heading is not None
        assert "There is no page here" in heading.text()


async def test_pictures_of_ours_have_smaller_copies_and_foreign_ones_are_left(
    reader: Client,
) -> None:
    image = (await _page(reader, "/plain/")).css_first(".article-picture img")
    assert image is not None
    assert "/content/images/size/w600/sample/loaves.webp 600w" in (image.attributes["srcset"] or "")
    assert image.attributes["fetchpriority"] == "high"


async def test_code_injected_by_an_author_is_there(reader: Client) -> None:
    assert (await _page(reader, "/told/")).css_first('meta[name="injected"]') is not None


async def test_addresses_without_closing_slash_are_led_to_the_one_with_it(
    reader: Client,
) -> None:
    answer = await reader.get("/plain")
    assert answer.status_code in {301, 308}
    assert answer.headers["Location"].removeprefix(SITE_URL).endswith("/plain/")
