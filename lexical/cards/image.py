"""An image: its sizes, its link, its caption."""

from __future__ import annotations

import re
from typing import Final

from lexical import images, markup
from lexical import javascript as js
from lexical.captions import read_caption, read_image
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_attribute
from lexical.options import Options

_MODERN_FORMATS: Final = ("avif", "webp")
_WIDTH_CLASS = re.compile(r"kg-width-(wide|full)")
_MEDIUM_WIDTH_CLASS = re.compile(r"graf--layout(FillWidth|OutsetCenter)")
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def _render(properties: Properties, options: Options) -> str:
    src = properties.text("src")
    if not js.trim(src):
        return ""
    card_width = properties.text("cardWidth")
    caption = properties.text("caption")
    classes = "kg-card kg-image-card"
    if card_width != "regular":
        classes += f" kg-width-{card_width}"
    if caption:
        classes += " kg-card-hascaption"
    picture = _picture(src, card_width, properties, options)
    href = properties.text("href")
    if href:
        picture = f"<a{markup.link(href)}>{picture}</a>"
    text = f"<figcaption>{markup.fragment(caption)}</figcaption>" if caption else ""
    return f'<figure class="{escape_attribute(classes)}">{picture}{text}</figure>'


def _picture(src: str, card_width: str, properties: Properties, options: Options) -> str:
    width, height = properties.raw("width"), properties.raw("height")
    title = properties.text("title")
    attributes = (
        f'{markup.link(src, "src")} class="kg-image"'
        f' alt="{escape_attribute(properties.text("alt"))}" loading="lazy"'
    )
    if title:
        attributes += f' title="{escape_attribute(title)}"'
    size = images.shrunk(src, width, height, options)
    if size is None and js.truthy(width) and js.truthy(height):
        size = js.to_string(width), js.to_string(height)
    if size is not None:
        attributes += f' width="{escape_attribute(size[0])}" height="{escape_attribute(size[1])}"'
    srcset = images.srcset(src, width, options)
    sizes = ""
    if srcset:
        attributes += f' srcset="{escape_attribute(srcset)}"'
        sizes = _sizes(card_width, js.to_number(width))
        attributes += sizes
    img = f"<img{attributes}>"
    sources = _sources(src, width, options, sizes) if srcset else ""
    return f"<picture>{sources}{img}</picture>" if sources else img


def _sizes(card_width: str, width: float) -> str:
    if card_width == "regular" and width >= 720:
        return ' sizes="(min-width: 720px) 720px"'
    if card_width == "wide" and width >= 1200:
        return ' sizes="(min-width: 1200px) 1200px"'
    return ""


def _sources(src: str, width: object, options: Options, sizes: str) -> str:
    if (
        "pictureImageFormats" not in options.features
        or _QUERY.sub("", src).lower().endswith(".gif")
        or not images.is_content_image(src, options)
    ):
        return ""
    return "".join(
        f'<source srcset="{escape_attribute(srcset)}" type="image/{image_format}"{sizes}>'
        for image_format in _MODERN_FORMATS
        if options.can_transform_image_to_format(image_format)
        and (srcset := images.srcset(src, width, options, image_format))
    )


def _read(element: Element) -> dict[str, object]:
    return read_image(element)


def _read_figure(element: Element) -> dict[str, object]:
    found = read_image(element.find("img") or element)
    classes = element.attributes.get("class", "")
    own, medium = _WIDTH_CLASS.search(classes), _MEDIUM_WIDTH_CLASS.search(classes)
    if own:
        found["cardWidth"] = own[1]
    elif medium:
        found["cardWidth"] = "full" if medium[1] == "FillWidth" else "wide"
    found["caption"] = read_caption(element)
    return found


CARD = Card(
    type="image",
    properties={
        "src": "",
        "caption": "",
        "title": "",
        "alt": "",
        "cardWidth": "regular",
        "width": None,
        "height": None,
        "href": "",
    },
    render=_render,
    mentions={"src": IMAGE, "href": URL, "caption": HTML},
    words=("caption",),
    parsers=(
        Parser("img", claims=lambda _: True, read=_read),
        Parser(
            "figure",
            claims=lambda found: found.find("img") is not None,
            read=_read_figure,
            priority=0,
        ),
    ),
)
