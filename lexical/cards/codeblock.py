"""A block of code, with its language and a caption."""

from __future__ import annotations

import re

from lexical import javascript as js
from lexical import markup
from lexical.captions import read_caption
from lexical.cards.base import HTML, Card, Parser, Properties
from lexical.html_tree import Element, escape_attribute, escape_text
from lexical.options import Options

_LANGUAGE = re.compile(rf"lang(?:uage)?-(.*?)(?:{js.SPACE}|$)", re.IGNORECASE)


def _render(properties: Properties, _options: Options) -> str:
    code = properties.text("code")
    if not js.trim(code):
        return ""
    language = properties.text("language")
    name = f' class="language-{escape_attribute(language)}"' if language else ""
    block = f"<pre><code{name}>{escape_text(code)}</code></pre>"
    caption = properties.text("caption")
    if not caption:
        return block
    return (
        f'<figure class="kg-card kg-code-card">{block}'
        f"<figcaption>{markup.fragment(caption)}</figcaption></figure>"
    )


def _read_figure(element: Element) -> dict[str, object] | None:
    block = element.find("pre")
    code = block.find("code") if block is not None else None
    if block is None or code is None or element.find("figcaption") is None:
        return None
    return {**_read_code(block, code), "caption": read_caption(element)}


def _read(element: Element) -> dict[str, object] | None:
    for child in element.children:
        if isinstance(child, Element):
            return _read_code(element, child) if child.tag == "code" else None
    return None


def _read_code(block: Element, code: Element) -> dict[str, object]:
    found = (_LANGUAGE.search(one.attributes.get("class", "")) for one in (block, code))
    language = next((match[1].lower() for match in found if match), "")
    return {"code": code.text(), "language": language}


CARD = Card(
    type="codeblock",
    properties={"code": "", "language": "", "caption": ""},
    render=_render,
    mentions={"caption": HTML},
    words=("code", "caption"),
    parsers=(
        Parser(
            "figure",
            claims=lambda found: found.find("pre") is not None,
            read=_read_figure,
            priority=2,
        ),
        Parser("pre", claims=lambda _: True, read=_read),
    ),
)
