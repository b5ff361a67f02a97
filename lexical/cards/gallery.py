"""A gallery: up to nine images in rows of three."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lexical import images, markup
from lexical import javascript as js
from lexical.captions import read_caption, read_image
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_attribute, next_sibling, previous_sibling, remove
from lexical.options import Options

_PER_ROW: Final = 3


def _render(properties: Properties, options: Options) -> str:
    given = properties.raw("images")
    valid = [image for image in given if _is_valid(image)] if isinstance(given, list) else []
    if not valid:
        return ""
    rows = _rows(valid)
    # Ghost counts empty rows above the first as well.
    alone = len(valid) == 1 and 0 in rows
    body = "".join(
        '<div class="kg-gallery-row">'
        + "".join(_image(image, options, alone=alone) for image in row)
        + "</div>"
        for row in rows.values()
    )
    caption = properties.text("caption")
    classes = "kg-card kg-gallery-card kg-width-wide"
    text = ""
    if caption:
        classes += " kg-card-hascaption"
        text = f"<figcaption>{markup.fragment(caption)}</figcaption>"
    return (
        f'<figure class="{classes}"><div class="kg-gallery-container">{body}</div>{text}</figure>'
    )


def _is_valid(image: object) -> bool:
    if not isinstance(image, Mapping):
        return False
    name, src, row = image.get("fileName"), image.get("src"), image.get("row")
    return (
        isinstance(name, str)
        and bool(js.trim(name))
        and isinstance(src, str)
        and bool(js.trim(src))
        and _is_size(image.get("width"))
        and _is_size(image.get("height"))
        and js.is_number(row)
        and js.to_number(row).is_integer()
        and js.to_number(row) >= 0
    )


def _is_size(value: object) -> bool:
    return js.is_number(value) and 0 < js.to_number(value) < float("inf")


def _rows(valid: list[Mapping[str, object]]) -> dict[float, list[Mapping[str, object]]]:
    count = len(valid)
    rows: dict[float, list[Mapping[str, object]]] = {}
    for index, image in enumerate(valid):
        row = js.to_number(image["row"])
        if count > 1 and count % _PER_ROW == 1 and index == count - 2:
            # The last image would stand alone in its row, so the one before it keeps it company.
            row += 1
        rows.setdefault(row, []).append(image)
    return dict(sorted(rows.items()))


def _image(image: Mapping[str, object], options: Options, *, alone: bool) -> str:
    src = js.to_string(image["src"])
    width, height = image["width"], image["height"]
    size = images.shrunk(src, width, height, options)
    shown_width, shown_height = size or (js.to_string(width), js.to_string(height))
    alt, title = image.get("alt"), image.get("title")
    attributes = (
        f'{markup.link(src, "src")} width="{shown_width}" height="{shown_height}" loading="lazy"'
        f' alt="{escape_attribute(js.to_string(alt) if js.truthy(alt) else "")}"'
    )
    if js.truthy(title):
        attributes += f' title="{escape_attribute(js.to_string(title))}"'
    srcset = images.srcset(src, width, options)
    if srcset:
        attributes += f' srcset="{escape_attribute(srcset)}"'
        if js.to_number(width) >= 720:
            step = 1200 if alone and js.to_number(width) >= 1200 else 720
            attributes += f' sizes="(min-width: {step}px) {step}px"'
    img = f"<img{attributes}>"
    href = image.get("href")
    if js.truthy(href):
        img = f"<a{markup.link(js.to_string(href))}>{img}</a>"
    return f'<div class="kg-gallery-image">{img}</div>'


def _pictures(images: list[Element]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for index, image in enumerate(images):
        about = read_image(image)
        name = js.to_string(about.get("src", "")).rpartition("/")[2]
        found.append({**about, "fileName": name, "row": index // _PER_ROW})
    return found


def _read(element: Element) -> dict[str, object]:
    return {"images": _pictures(list(element.find_all("img"))), "caption": read_caption(element)}


def _is_medium(element: Element) -> bool:
    return (
        element.tag == "div"
        and bool(element.attributes.get("data-paragraph-count"))
        and element.find("img") is not None
    )


def _read_medium(element: Element) -> dict[str, object]:
    """A gallery of Medium's: several of its boxes in a row are one."""
    images = list(element.find_all("img"))
    captions = [read_caption(element)]
    following = _next_element(element)
    while following is not None and _is_medium(following):
        images.extend(following.find_all("img"))
        captions.append(read_caption(following))
        current, following = following, _next_element(following)
        remove(current)
    return {
        "images": _pictures(images),
        "caption": " / ".join(caption for caption in captions if caption),
    }


def _next_element(element: Element) -> Element | None:
    node = next_sibling(element)
    while node is not None and not isinstance(node, Element):
        node = next_sibling(node)
    return node


def _is_squarespace(element: Element) -> bool:
    classes = element.attributes.get("class", "")
    return "sqs-gallery-container" in classes and "summary-" not in classes


def _read_squarespace(element: Element) -> dict[str, object]:
    """A gallery of Squarespace's, where each image comes twice, once without scripts."""
    images: list[Element] = []
    for image in element.find_all("img", "thumb-image"):
        if not image.attributes.get("src"):
            before = previous_sibling(image)
            while before is not None and not isinstance(before, Element):
                before = previous_sibling(before)
            if before is None or before.tag != "noscript" or before.find("img") is None:
                continue
            image.attributes["src"] = image.attributes.get("data-src", "")
        images.append(image)
    caption = read_caption(element, tag="", class_name="meta-title")
    return {"images": _pictures(images), "caption": caption}


CARD = Card(
    type="gallery",
    properties={"images": [], "caption": ""},
    render=_render,
    mentions={"images[].src": IMAGE, "images[].href": URL, "caption": HTML},
    words=("caption",),
    parsers=(
        Parser("figure", claims=lambda found: found.has_class("kg-gallery-card"), read=_read),
        Parser("div", claims=_is_medium, read=_read_medium),
        Parser("div", claims=_is_squarespace, read=_read_squarespace),
    ),
)
