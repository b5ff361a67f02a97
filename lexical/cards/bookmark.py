"""A bookmark: a link shown as a card with title, description, icon and picture."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lexical import javascript as js
from lexical import markup
from lexical.captions import attribute_of, text_of
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_text, remove
from lexical.options import Options
from lexical.styles import declarations

_CSS_URL = re.compile(r"url\(([^)]*?)\)")


def _render(properties: Properties, _options: Options) -> str:
    url = properties.text("url")
    if not js.trim(url):
        return ""
    metadata = properties.raw("metadata")

    def about(name: str) -> str:
        value = metadata.get(name) if isinstance(metadata, Mapping) else None
        return js.to_string(value) if js.truthy(value) else ""

    caption = properties.text("caption")
    icon, publisher, author, thumbnail = map(about, ("icon", "publisher", "author", "thumbnail"))
    html = (
        f'<figure class="kg-card kg-bookmark-card{" kg-card-hascaption" if caption else ""}">'
        f'<a class="kg-bookmark-container"{markup.link(url)}><div class="kg-bookmark-content">'
        f'<div class="kg-bookmark-title">{escape_text(about("title"))}</div>'
        f'<div class="kg-bookmark-description">{escape_text(about("description"))}</div>'
        '<div class="kg-bookmark-metadata">'
    )
    if icon:
        html += f'<img class="kg-bookmark-icon"{markup.link(icon, "src")} alt="">'
    # Author and publisher wear each other's class, as themes have known them for years.
    if publisher:
        html += f'<span class="kg-bookmark-author">{escape_text(publisher)}</span>'
    if author:
        html += f'<span class="kg-bookmark-publisher">{escape_text(author)}</span>'
    html += "</div></div>"
    if thumbnail:
        html += (
            f'<div class="kg-bookmark-thumbnail"><img{markup.link(thumbnail, "src")} alt=""'
            " onerror=\"this.style.display = 'none'\"></div>"
        )
    html += "</a>"
    if caption:
        html += f"<figcaption>{markup.fragment(caption)}</figcaption>"
    return html + "</figure>"


def _read(element: Element) -> dict[str, object]:
    def text(name: str) -> str:
        return text_of(element.find(class_name=f"kg-bookmark-{name}"))

    thumbnail = element.find(class_name="kg-bookmark-thumbnail")
    return {
        "url": attribute_of(element.find(class_name="kg-bookmark-container"), "href") or "",
        "metadata": {
            "icon": attribute_of(element.find(class_name="kg-bookmark-icon"), "src") or "",
            "title": text("title"),
            "description": text("description"),
            "author": text("publisher"),
            "publisher": text("author"),
            "thumbnail": attribute_of(thumbnail.find("img"), "src") or ""
            if thumbnail is not None
            else "",
        },
        "caption": text_of(element.find("figcaption")),
    }


def _read_medium(element: Element) -> dict[str, object]:
    """A bookmark of Medium's, whose publisher is what remains besides title and description."""
    anchor = element.find(class_name="markup--mixtapeEmbed-anchor")
    picture = element.find(class_name="mixtapeImage")
    line_break = element.find("br")
    if line_break is not None:
        remove(line_break)
    found = {"icon": "", "author": ""}
    for name, part in (("title", "strong"), ("description", "em")):
        about = anchor.find(class_name=f"markup--mixtapeEmbed-{part}") if anchor else None
        found[name] = js.trim(about.inner_html()) if about is not None else ""
        if about is not None and about.children:
            remove(about)
    found["publisher"] = js.trim(anchor.inner_html()) if anchor is not None else ""
    image = declarations(attribute_of(picture, "style") or "").get("background-image", "")
    match = _CSS_URL.search(image)
    found["thumbnail"] = match[1].strip("\"'") if match else ""
    return {"url": attribute_of(anchor, "href") or "", "metadata": found, "caption": ""}


CARD = Card(
    type="bookmark",
    properties={"url": "", "metadata": None, "caption": ""},
    render=_render,
    mentions={
        "url": URL,
        "metadata.icon": IMAGE,
        "metadata.thumbnail": IMAGE,
        "caption": HTML,
    },
    words=("metadata.title", "metadata.description", "url", "caption"),
    parsers=(
        Parser("figure", claims=lambda found: found.has_class("kg-bookmark-card"), read=_read),
        Parser(
            "div",
            claims=lambda found: "graf--mixtapeEmbed" in found.attributes.get("class", ""),
            read=_read_medium,
        ),
    ),
)
