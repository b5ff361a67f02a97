"""A button: a link that asks to be pressed."""

from __future__ import annotations

import re

from lexical import javascript as js
from lexical import markup
from lexical.captions import attribute_of, text_of
from lexical.cards.base import URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_attribute, escape_text
from lexical.options import Options

_ALIGNMENT = re.compile(r"kg-align-(left|center)")


def _render(properties: Properties, _options: Options) -> str:
    url = properties.text("buttonUrl")
    if not js.trim(url):
        return ""
    alignment = escape_attribute(properties.text("alignment"))
    text = escape_text(properties.text("buttonText") or "Button Title")
    return (
        f'<div class="kg-card kg-button-card kg-align-{alignment}">'
        f'<a{markup.link(url)} class="kg-btn kg-btn-accent">{text}</a></div>'
    )


def _read(element: Element) -> dict[str, object]:
    alignment = _ALIGNMENT.search(element.attributes.get("class", ""))
    button = element.find(class_name="kg-btn")
    return {
        "buttonText": text_of(button),
        "alignment": alignment[1] if alignment else None,
        "buttonUrl": attribute_of(button, "href"),
    }


CARD = Card(
    type="button",
    properties={"buttonText": "", "alignment": "center", "buttonUrl": ""},
    render=_render,
    mentions={"buttonUrl": URL},
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-button-card"), read=_read),),
)
