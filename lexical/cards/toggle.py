"""A toggle: a heading that opens and closes the text below it."""

from __future__ import annotations

from lexical import markup
from lexical.captions import text_of
from lexical.cards.base import HTML, Card, Parser, Properties
from lexical.html_tree import Element
from lexical.options import Options


def _render(properties: Properties, _options: Options) -> str:
    template = markup.Template()
    heading = template.html(properties.text("heading"))
    content = template.html(properties.text("content"), blocks=True)
    return template.finish(
        f"""<div class="kg-card kg-toggle-card" data-kg-toggle-state="close">
            <div class="kg-toggle-heading">
                <h4 class="kg-toggle-heading-text">{heading}</h4>
                <button class="kg-toggle-card-icon" aria-label="Expand toggle to read content">
                    <svg id="Regular" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                        <path class="cls-1"\
 d="M23.25,7.311,12.53,18.03a.749.749,0,0,1-1.06,0L.75,7.311"></path>
                    </svg>
                </button>
            </div>
            <div class="kg-toggle-content">{content}</div>
        </div>"""
    )


def _read(element: Element) -> dict[str, object]:
    return {
        "heading": text_of(element.find(class_name="kg-toggle-heading-text")),
        "content": text_of(element.find(class_name="kg-toggle-content")),
    }


CARD = Card(
    type="toggle",
    properties={"heading": "", "content": ""},
    render=_render,
    mentions={"heading": HTML, "content": HTML},
    words=("heading", "content"),
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-toggle-card"), read=_read),),
)
