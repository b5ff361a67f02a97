"""An embed: what another site's oEmbed answer gave to show, often a frame."""

from __future__ import annotations

import re

from lexical import javascript as js
from lexical import markup
from lexical.captions import read_caption
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, remove
from lexical.options import Options
from lexical.urls import resolved

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_LOADABLE = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def _render(properties: Properties, _options: Options) -> str:
    html = properties.text("html")
    is_tweet = properties.text("embedType") == "twitter"
    if not is_tweet and not html and not properties.on("url"):
        return ""
    if is_tweet:
        html = js.trim(html)
    caption = properties.text("caption")
    body = markup.fragment(html, scripts=True)
    if not caption:
        return f'<figure class="kg-card kg-embed-card">{body}</figure>'
    return (
        f'<figure class="kg-card kg-embed-card kg-card-hascaption">{body}'
        f"<figcaption>{markup.fragment(caption)}</figcaption></figure>"
    )


def _holds_embed(element: Element) -> bool:
    return element.find("iframe") is not None or element.find("blockquote") is not None


def _read_figure(element: Element) -> dict[str, object] | None:
    frame = element.find("iframe")
    if frame is not None:
        found = _read_frame(frame)
        if found is not None:
            found["caption"] = read_caption(element)
        return found
    anchor = element.find("a")
    url = anchor.attributes.get("href", "") if anchor is not None else ""
    if not _ABSOLUTE.match(url):
        return None
    caption = read_caption(element)
    own = element.find("figcaption")
    if own is not None:
        remove(own)
    return {"url": url, "caption": caption, "html": element.inner_html()}


def _read_frame(element: Element) -> dict[str, object] | None:
    src = resolved(element.attributes.get("src", ""))
    if not _LOADABLE.match(src):
        return None
    if src.startswith("//"):
        src = resolved(f"https:{src}")
        element.attributes["src"] = f"https:{element.attributes['src']}"
    return {"url": src, "html": element.outer_html()}


CARD = Card(
    type="embed",
    properties={"url": "", "embedType": "", "html": "", "metadata": {}, "caption": ""},
    render=_render,
    mentions={"url": URL, "html": HTML, "metadata.thumbnail_url": IMAGE, "caption": HTML},
    words=("caption",),
    parsers=(
        Parser("figure", claims=_holds_embed, read=_read_figure),
        Parser("iframe", claims=lambda _: True, read=_read_frame),
    ),
)
