"""A call to action: text, picture, button and a sponsor's label, for chosen readers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.basic_html import clean_basic_html
from lexical.captions import attribute_of, read_image, text_of
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.cards.html import VISIBLE_TO_ALL
from lexical.html_tree import Element, parse_fragment
from lexical.options import Options
from lexical.styles import declarations, to_hex

_COLOUR = re.compile(r"(?:[a-zA-Z\d-]+|#(?:[a-fA-F\d]{3}|[a-fA-F\d]{6}))\Z", re.ASCII)
_BACKGROUND_CLASS = re.compile(r"kg-cta-bg-(\w+)", re.ASCII)
_SPONSORED: Final = '<p><span style="white-space: pre-wrap;">SPONSORED</span></p>'


@lru_cache(maxsize=64)
def _label(html: str) -> str:
    return clean_basic_html(html, first_child_inner_content=True)


def _render(properties: Properties, _options: Options) -> str:
    on, text = properties.on, properties.text
    template = markup.Template()
    background = text("backgroundColor")
    if not _COLOUR.match(background):
        background = "white"
    layout = template.value(text("layout"))
    label = (
        template.html(_label(text("sponsorLabel")), blocks=True) if on("hasSponsorLabel") else ""
    )
    content, image = template.html(text("textValue"), blocks=True), text("imageUrl")
    has_button = on("showButton") and on("buttonUrl") and on("buttonText")
    dividers = "" if on("showDividers") else "kg-cta-no-dividers"
    pictured = "kg-cta-has-img" if image else ""
    accent = "kg-cta-link-accent" if text("linkColor") == "accent" else ""
    centred = "kg-cta-centered" if text("alignment") == "center" else ""
    sponsor = f"""
                <div class="kg-cta-sponsor-label-wrapper">
                    <div class="kg-cta-sponsor-label">
                        {label}
                    </div>
                </div>
            """
    inner = f"""
                    <div class="kg-cta-content-inner">
                    {_text(content) if content else ""}
                    {_button(properties, template) if has_button else ""}
                    </div>
                """
    return template.finish(
        f"""<div class="kg-card kg-cta-card kg-cta-bg-{background} kg-cta-{layout} {dividers}\
 {pictured} {accent} {centred}" data-layout="{layout}">
            {sponsor if on("hasSponsorLabel") else ""}
            <div class="kg-cta-content">
                {_image(image, properties, template, linked=has_button) if image else ""}
                {inner if content or on("showButton") else ""}
            </div>
        </div>"""
    )


def _text(content: str) -> str:
    return f"""
                        <div class="kg-cta-text">
                            {content}
                        </div>
                    """


def _image(url: str, properties: Properties, template: markup.Template, *, linked: bool) -> str:
    width, height = properties.raw("imageWidth"), properties.raw("imageHeight")
    size = ""
    if js.truthy(width) and js.truthy(height):
        dimensions = template.value(f"{js.to_string(width)}x{js.to_string(height)}")
        size = f' data-image-dimensions="{dimensions}"'
    img = f'<img{template.link(url, "src")} alt="CTA Image"{size}>'
    if linked:
        img = f"<a{template.link(properties.text('buttonUrl'))}>{img}</a>"
    return f"""
                    <div class="kg-cta-image-container">
                        {img}
                    </div>
                """


def _button(properties: Properties, template: markup.Template) -> str:
    text = template.html(properties.text("buttonText"), linked=True)
    colour = properties.text("buttonColor")
    if not _COLOUR.match(colour):
        colour = "accent"
    is_accent = colour == "accent"
    ground = "" if is_accent else f"background-color: {colour}; "
    style = template.value(f"{ground}color: {properties.text('buttonTextColor')};")
    return f"""
                        <a{template.link(properties.text("buttonUrl"))} class="kg-cta-button\
 {"kg-style-accent" if is_accent else ""}" style="{style}">
                            {text}
                        </a>
                        """


def _read(element: Element) -> dict[str, object]:
    button = element.find(class_name="kg-cta-button")
    style = declarations(attribute_of(button, "style") or "")
    label = element.find(class_name="kg-cta-sponsor-label")
    background = _BACKGROUND_CLASS.search(element.attributes.get("class", ""))
    holder = element.find(class_name="kg-cta-image-container")
    image = holder.find("img") if holder is not None else None
    about = read_image(image) if image is not None else {}
    return {
        "layout": element.attributes.get("data-layout"),
        "alignment": element.attributes.get("data-alignment"),
        "textValue": js.trim(text_of(element.find(class_name="kg-cta-text"))),
        "showButton": button is not None,
        "showDividers": element.has_class("kg-cta-has-dividers"),
        "buttonText": js.trim(text_of(button)),
        "buttonUrl": attribute_of(button, "href"),
        "buttonColor": to_hex(style["background-color"])
        if "background-color" in style
        else "accent",
        "buttonTextColor": to_hex(style.get("color", "#ffffff")),
        "hasSponsorLabel": label is not None,
        "sponsorLabel": _as_paragraph(label) if label is not None else "",
        "backgroundColor": background[1] if background else "grey",
        "imageUrl": about.get("src"),
        "imageWidth": about.get("width") or None,
        "imageHeight": about.get("height") or None,
    }


def _as_paragraph(label: Element) -> str:
    return parse_fragment(f"<p>{js.trim(label.inner_html())}</p>").inner_html()


CARD = Card(
    type="call-to-action",
    properties={
        "layout": "minimal",
        "alignment": "left",
        "textValue": "",
        "showButton": True,
        "showDividers": True,
        "buttonText": "Learn more",
        "buttonUrl": "",
        "buttonColor": "#000000",
        "buttonTextColor": "#ffffff",
        "hasSponsorLabel": True,
        "sponsorLabel": _SPONSORED,
        "backgroundColor": "grey",
        "linkColor": "text",
        "imageUrl": "",
        "imageWidth": None,
        "imageHeight": None,
        "visibility": VISIBLE_TO_ALL,
    },
    render=_render,
    mentions={"textValue": HTML, "buttonUrl": URL, "imageUrl": IMAGE, "sponsorLabel": HTML},
    words=("textValue",),
    gated=True,
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-cta-card"), read=_read),),
)
