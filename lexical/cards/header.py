"""A header: a large heading with text, button and picture; the first version and the second."""

from __future__ import annotations

import re

from lexical import images, markup
from lexical import javascript as js
from lexical.captions import attribute_of, text_of
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element
from lexical.options import Options

_TAG = re.compile(r"<[^>]*>?")
_NO_WORD = re.compile(rf"[^\w{js.WHITESPACE}]", re.ASCII)
_SPACES = re.compile(rf"{js.SPACE}+")
_TRAILING_BREAKS = re.compile(rf"(<br{js.SPACE}*/?>)+\Z", re.IGNORECASE)
_LINE_START = re.compile(rf"\n{js.SPACE}+")
_BETWEEN_TAGS = re.compile(rf">{js.SPACE}+<")
_BEFORE_END = re.compile(rf"{js.SPACE}+>")


def _render(properties: Properties, options: Options) -> str:
    return (_second if properties.text("version") == "2" else _first)(properties, options)


def _slug(html: str) -> str:
    return _SPACES.sub("-", _NO_WORD.sub("", _TAG.sub("", html))).lower()


def _one_line(html: str) -> str:
    """What Ghost's tag for HTML templates does to white space."""
    html = _LINE_START.sub(" ", html)
    return js.trim(_BEFORE_END.sub(">", _BETWEEN_TAGS.sub("><", html)))


def _first(properties: Properties, _options: Options) -> str:
    text = properties.text
    template = markup.Template()
    value = template.value
    header, subheader = template.html(text("header")), template.html(text("subheader"))
    button = text("buttonText") if properties.on("buttonEnabled") and text("buttonUrl") else ""
    if not (header or subheader or button):
        return ""
    button = template.html(button, linked=True)
    image = text("backgroundImageSrc")
    style = f"background-image: url({image})" if text("style") == "image" else ""
    parts = []
    if header:
        parts.append(_line("h2", "header", f' id="{_slug(header)}"', header))
    if subheader and js.trim(_TRAILING_BREAKS.sub("", subheader)):
        parts.append(_line("h3", "subheader", f' id="{_slug(subheader)}"', subheader))
    if button:
        parts.append(_line("a", "button", template.link(text("buttonUrl")), button))
    body = "\n  ".join(parts)
    return template.finish(
        _one_line(
            f'<div class="kg-card kg-header-card kg-width-full kg-size-{value(text("size"))}'
            f' kg-style-{value(text("style"))}" data-kg-background-image="{value(image)}"'
            f' style="{value(style)}">\n  {body}\n  </div>'
        ),
        loose_text=True,
    )


def _line(tag: str, name: str, attributes: str, html: str) -> str:
    return _one_line(f'<{tag} class="kg-header-card-{name}"{attributes}>\n  {html}\n  </{tag}>')


def _second(properties: Properties, options: Options) -> str:
    text = properties.text
    template = markup.Template()
    value = template.value
    layout, colour, image = text("layout"), text("backgroundColor"), text("backgroundImageSrc")
    header, subheader = template.html(text("header")), template.html(text("subheader"))
    accent = "kg-style-accent" if colour == "accent" else ""
    style = ""
    if colour != "accent" and (not image or layout == "split"):
        style = f' style="{value(f"background-color: {colour}")};"'
    has_button = properties.on("buttonEnabled") and js.trim(text("buttonUrl"))
    picture = _picture(image, properties, options, template) if image else ""
    split = layout == "split"
    tone = (
        f'style="color: {value(text("textColor"))};" data-text-color="{value(text("textColor"))}"'
    )
    return template.finish(
        f"""<div class="{value(" ".join(_classes(properties)))} {accent}"{style}\
 data-background-color="{value(colour)}">
            {"" if split else picture}
            <div class="kg-header-card-content">
                {picture if split else ""}
                <div class="kg-header-card-text\
 {"kg-align-center" if text("alignment") == "center" else ""}">
                    {_heading("h2", "heading", header, tone) if header else ""}
                    {_heading("p", "subheading", subheader, tone) if subheader else ""}
                    {_button(properties, template) if has_button else ""}
                </div>
            </div>
        </div>"""
    )


def _heading(tag: str, name: str, html: str, tone: str) -> str:
    return f'<{tag} id="{_slug(html)}" class="kg-header-card-{name}" {tone}>{html}</{tag}>'


def _picture(src: str, properties: Properties, options: Options, template: markup.Template) -> str:
    srcset = images.srcset(src, properties.raw("backgroundImageWidth"), options)
    sources = f' srcset="{template.value(srcset)}"' if srcset else ""
    return f"""
            <picture><img class="kg-header-card-image"{template.link(src, "src")}{sources}\
 loading="lazy" alt=""></picture>
        """


def _button(properties: Properties, template: markup.Template) -> str:
    value = template.value
    button = template.html(properties.text("buttonText"), linked=True)
    colour, text_colour = properties.text("buttonColor"), properties.text("buttonTextColor")
    ground = "" if colour == "accent" else f"background-color: {colour};"
    return (
        f'<a{template.link(properties.text("buttonUrl"))} class="kg-header-card-button'
        f' {"kg-style-accent" if colour == "accent" else ""}"'
        f' style="{value(f"{ground}color: {text_colour};")}"'
        f' data-button-color="{value(colour)}" data-button-text-color="{value(text_colour)}">'
        f"{button}</a>"
    )


def layout_classes(name: str, layout: str, properties: Properties) -> list[str]:
    """The class names that say how wide a header or sign-up card is and how it is divided."""
    classes = [f"kg-card {name}"]
    if layout == "split":
        classes.append("kg-layout-split kg-width-full")
        if properties.on("swapped"):
            classes.append("kg-swapped")
        if properties.text("backgroundSize") == "contain":
            classes.append("kg-content-wide")
    else:
        classes.append(f"kg-width-{layout}")
        if layout == "full":
            classes.append("kg-content-wide")
    return classes


def _classes(properties: Properties) -> list[str]:
    return layout_classes("kg-header-card kg-v2", properties.text("layout"), properties)


def _read(element: Element) -> dict[str, object]:
    button = element.find(class_name="kg-header-card-button")
    found: dict[str, object] = {
        "buttonEnabled": button is not None,
        "buttonUrl": attribute_of(button, "href"),
        "buttonText": text_of(button),
    }
    found.update((_read_second if element.has_class("kg-v2") else _read_first)(element, button))
    return found


def _read_first(element: Element, _button: Element | None) -> dict[str, object]:
    return {
        "version": 1,
        "size": "large" if element.has_class("kg-size-large") else "small",
        "style": "image" if element.has_class("kg-style-image") else "text",
        "backgroundImageSrc": element.attributes.get("data-kg-background-image"),
        "header": text_of(element.find(class_name="kg-header-card-header")),
        "subheader": text_of(element.find(class_name="kg-header-card-subheader")),
    }


def _read_second(element: Element, button: Element | None) -> dict[str, object]:
    heading = element.find(class_name="kg-header-card-heading")
    image = element.find(class_name="kg-header-card-image")
    accented = element.has_class("kg-style-accent")
    return {
        "version": 2,
        "backgroundColor": "accent"
        if accented
        else element.attributes.get("data-background-color"),
        "buttonColor": attribute_of(button, "data-button-color"),
        "alignment": "center" if element.has_class("kg-align-center") else "",
        "backgroundImageSrc": attribute_of(image, "src"),
        "layout": _read_layout(element, image),
        "textColor": attribute_of(heading, "data-text-color"),
        "header": text_of(heading),
        "subheader": text_of(element.find(class_name="kg-header-card-subheading")),
        "buttonTextColor": attribute_of(button, "data-button-text-color"),
    }


def _read_layout(element: Element, image: Element | None) -> str:
    if element.has_class("kg-layout-split"):
        return "split"
    for width in ("full", "wide", "regular"):
        if element.has_class(f"kg-width-{width}"):
            return width
    content = element.find(class_name="kg-header-card-content")
    inside = content is not None and any(found is image for found in content.elements())
    return "split" if inside else "full"


CARD = Card(
    type="header",
    properties={
        "size": "small",
        "style": "dark",
        "buttonEnabled": False,
        "buttonUrl": "",
        "buttonText": "",
        "header": "",
        "subheader": "",
        "backgroundImageSrc": "",
        "version": 1,
        "accentColor": "#FF1A75",
        "alignment": "center",
        "backgroundColor": "#000000",
        "backgroundImageWidth": None,
        "backgroundImageHeight": None,
        "backgroundSize": "cover",
        "textColor": "#FFFFFF",
        "buttonColor": "#ffffff",
        "buttonTextColor": "#000000",
        "layout": "full",
        "swapped": False,
    },
    render=_render,
    mentions={
        "buttonUrl": URL,
        "header": HTML,
        "subheader": HTML,
        "backgroundImageSrc": IMAGE,
    },
    words=("header", "subheader"),
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-header-card"), read=_read),),
)
