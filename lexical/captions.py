"""What several cards read from HTML alike: captions, the properties of images, durations."""

from __future__ import annotations

import re

from lexical import javascript as js
from lexical.basic_html import clean_basic_html
from lexical.html_tree import Element
from lexical.urls import resolved

_DIMENSIONS = re.compile(r"(\d*)x(\d*)\Z", re.IGNORECASE | re.ASCII)


def read_caption(element: Element, *, tag: str = "figcaption", class_name: str = "") -> str | None:
    """The captions below an element as short HTML, joined by a slash; None if there is none."""
    captions = (clean_basic_html(found.inner_html()) for found in element.find_all(tag, class_name))
    return " / ".join(caption for caption in captions if caption.strip()) or None


def dimension(element: Element, name: str) -> int:
    """The ``width`` or ``height`` property (px) of an image or video; 0 if it is not set."""
    return js.parse_int(element.attributes.get(name, "")) or 0


def read_image(image: Element) -> dict[str, object]:
    """The properties of an image card that an ``img`` shows."""
    attributes = image.attributes
    found: dict[str, object] = {}
    src = resolved(attributes.get("src", ""))
    if src:
        found["src"] = src
    for name in ("width", "height"):
        own = dimension(image, name)
        if own > 0:
            found[name] = own
        elif attributes.get(f"data-{name}") is not None:
            found[name] = js.parse_int(attributes[f"data-{name}"])
    match = _DIMENSIONS.match(attributes.get("data-image-dimensions", ""))
    if match and not (dimension(image, "width") or dimension(image, "height")):
        found["width"], found["height"] = (js.parse_int(number) for number in match.groups())
    for name in ("alt", "title"):
        if attributes.get(name):
            found[name] = attributes[name]
    parent = image.parent
    if parent is not None and parent.tag == "a":
        href = resolved(parent.attributes.get("href", ""))
        if href != found.get("src"):
            found["href"] = href
    return found


def text_of(element: Element | None) -> str:
    """The text of an element, the empty string for none."""
    return element.text() if element is not None else ""


def attribute_of(element: Element | None, name: str) -> str | None:
    """An attribute of an element, None where either is missing."""
    return element.attributes.get(name) if element is not None else None
