"""A callout: a short text on a coloured ground, with an emoji."""

from __future__ import annotations

import re
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.cards.base import HTML, Card, KeepEmpty, Parser, Properties
from lexical.html_tree import Element, escape_text, names
from lexical.options import Options

_COLOUR = re.compile(r"[a-zA-Z\d-]+\Z", re.ASCII)
_COLOUR_CLASS = re.compile(r"kg-callout-card-(\w+)", re.ASCII)
_ALLOWED: Final = names("a strong em b i br code mark s del u sup sub")
_OTHER_TAG = re.compile(r"<(?!/?(?:a|strong|em|b|i|br|code|mark|s|del|u|sup|sub)[ >])")


def _render(properties: Properties, _options: Options) -> str:
    colour = properties.text("backgroundColor")
    if not _COLOUR.match(colour):
        # Old posts carry CSS colours here, which make no class name.
        colour = "white"
    emoji = properties.text("calloutEmoji") if properties.on("calloutEmoji") else ""
    sign = f'<div class="kg-callout-emoji">{escape_text(emoji)}</div>' if emoji else ""
    text = _text(properties.text("calloutText"))
    return (
        f'<div class="kg-card kg-callout-card kg-callout-card-{colour}">{sign}'
        f'<div class="kg-callout-text">{text}</div></div>'
    )


def _text(html: str) -> str:
    if markup.is_settled(html) and not _OTHER_TAG.search(html):
        return html
    tree = markup.parse(html)
    markup.unwrap_all_but(tree, _ALLOWED)
    return markup.settle(tree.inner_html())


def _read(element: Element) -> dict[str, object]:
    emoji, text = (element.find(class_name=f"kg-callout-{name}") for name in ("emoji", "text"))
    colour = _COLOUR_CLASS.search(element.attributes.get("class", ""))
    return {
        "calloutText": js.trim(text.inner_html()) if text is not None else "",
        "calloutEmoji": js.trim(emoji.inner_html()) if emoji is not None else "",
        "backgroundColor": colour[1] if colour else None,
    }


CARD = Card(
    type="callout",
    properties={"calloutText": "", "calloutEmoji": KeepEmpty("💡"), "backgroundColor": "blue"},
    render=_render,
    mentions={"calloutText": HTML},
    words=("calloutText",),
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-callout-card"), read=_read),),
)
