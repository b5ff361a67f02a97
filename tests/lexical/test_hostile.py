"""Hostile text in every property of every card: nothing of it runs.

The HTML card is the author's own power and not among them; nor are the scripts that an embed's
provider sends, which come from its own https address.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lexical import from_html, outline, references, render_html
from lexical.cards import CARDS
from lexical.html_tree import parse_fragment
from lexical.markup import clean
from tests.lexical.building import Node, document, element, link, paragraph, text
from tests.lexical.corpus import SITE_OPTIONS
from tests.lexical.hostile import HOSTILE

_CHROMIUM = Path("/usr/bin/chromium")
# What a card needs before it shows the property that is put to the test.
_NEEDED: dict[str, Node] = {
    "audio": {"src": "/a.mp3"},
    "bookmark": {"url": "https://e.com", "metadata": {}},
    "button": {"buttonUrl": "/x"},
    "call-to-action": {"buttonUrl": "/x", "buttonText": "go", "textValue": "t", "imageUrl": "/i"},
    "codeblock": {"code": "x"},
    "embed": {"url": "https://e.com", "html": "x"},
    "file": {"src": "/f"},
    "gallery": {"images": []},
    "header": {"header": "h", "buttonEnabled": True, "buttonUrl": "/x", "buttonText": "go"},
    "image": {"src": "/i.png"},
    "product": {"productTitle": "t", "productButtonEnabled": True, "productUrl": "/x"},
    "video": {"src": "/v.mp4"},
}
_METADATA = ("title", "description", "author", "publisher", "icon", "thumbnail")
_IMAGE = ("fileName", "src", "alt", "title", "href")
_SEEN = {"web": {"nonMember": True, "memberSegment": "status:free,status:-free"}}


def _cards(hostile: str) -> Iterator[Node]:
    for kind, card in CARDS.items():
        needed: Node = {"type": kind, "version": 1, **_NEEDED.get(kind, {})}
        for name in card.properties:
            if (kind, name) == ("html", "html"):
                continue
            yield {**needed, name: hostile}
            if kind == "header":
                yield {**needed, "version": 2, "backgroundImageSrc": "/i", name: hostile}
                yield {**needed, "version": 2, "layout": "split", name: hostile}
            if kind == "video":
                yield {**needed, "thumbnailSrc": "/t", name: hostile}
    for name in _METADATA:
        yield {"type": "bookmark", "url": "/x", "metadata": {name: hostile}}
    picture = {"fileName": "a", "src": "/a.png", "row": 0, "width": 9, "height": 9}
    for name in _IMAGE:
        yield {"type": "gallery", "images": [{**picture, name: hostile}]}
    yield {"type": "signup", "labels": [hostile]}
    for who in ({"nonMember": hostile}, {"memberSegment": hostile}):
        setting = {"web": {**_SEEN["web"], **who}, "email": {"memberSegment": "x"}}
        yield {"type": "html", "html": "x", "visibility": setting}
    yield paragraph(text(hostile), link(hostile, text(hostile), rel=hostile))
    yield element("heading", text(hostile), tag=hostile)
    yield element("list", element("listitem", text(hostile)), listType=hostile, start=hostile)
    yield {"type": hostile, "text": hostile}
    yield element(hostile, text(hostile))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_runs_is_left_in_the_markup(hostile: str) -> None:
    for block in _cards(hostile):
        if block["type"] in {"html", "transistor"} or "\x01" in hostile:
            # Their own scripts and comments are meant; the browser below looks at them.
            continue
        html = render_html(document(block), options=SITE_OPTIONS)
        for scripting in (False, True):
            tree = parse_fragment(html, scripting=scripting)
            found = clean(tree, scripts=True)
            # The bookmark's own handler hides a picture that does not load.
            own = "this.style.display = 'none'" in html
            assert not found.removed or own, (block, html)


def test_hostile_html_is_read_and_rendered_without_running() -> None:
    for hostile in HOSTILE:
        page = from_html(f"<p>{hostile}</p>")
        references(page)
        outline(page)
        blocks: Any = page["root"]
        # A table becomes an HTML card, which may run; nothing else does.
        if all(block["type"] != "html" for block in blocks["children"]):
            html = render_html(page)
            assert not clean(parse_fragment(html, scripting=True)).removed, hostile


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


def _events_of(page: Page, html: str) -> list[str]:
    """Load HTML, press what can be pressed, and tell what ran."""
    page.set_content(
        "<!doctype html><script>ran = []; boom = () => ran.push('boom');"
        "addEventListener('submit', event => event.preventDefault())</script>"
        f"<main>{html}</main>",
        wait_until="load",
    )
    page.evaluate(
        """() => {
            for (const element of document.querySelectorAll('main a, main button, main text')) {
                const url = element.getAttribute('href') || element.href?.baseVal || '';
                const bare = url.replace(/[\\x00-\\x20]/g, '');
                if (/^(javascript|vbscript):/i.test(bare)) {
                    ran.push('address ' + url);
                }
                element.addEventListener('click', event => event.preventDefault(), {once: true});
                element.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
            }
        }"""
    )
    page.wait_for_timeout(5)
    events: list[str] = page.evaluate("ran")
    return events


@pytest.mark.browser
@pytest.mark.skipif(not _CHROMIUM.exists(), reason=f"There is no Chromium at {_CHROMIUM}.")
def test_nothing_runs_in_a_real_browser(browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    # The test is worth something only if the browser runs what is not cleaned.
    assert _events_of(page, "<img src=x onerror=boom()>") == ["boom"]
    assert _events_of(page, "<a href='javascript:boom()'>x</a>") == ["address javascript:boom()"]
    for hostile in HOSTILE:
        html = "".join(
            render_html(document(block), options=SITE_OPTIONS) for block in _cards(hostile)
        )
        assert _events_of(page, html) == [], hostile
        # What one card leaves open must not hide the next, so a few stand alone.
        for block in list(_cards(hostile))[:: HOSTILE.index(hostile) % 17 + 40]:
            assert _events_of(page, render_html(document(block))) == [], (hostile, block)
    page.close()
