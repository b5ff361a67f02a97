"""A file to download."""

from __future__ import annotations

import math
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.captions import attribute_of, text_of
from lexical.cards.base import URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_text
from lexical.options import Options

_UNITS: Final = ("Bytes", "KB", "MB", "GB", "TB")


def _render(properties: Properties, _options: Options) -> str:
    src = properties.text("src")
    if not js.trim(src):
        return ""
    title, caption, name = (
        escape_text(properties.text(field)) for field in ("fileTitle", "fileCaption", "fileName")
    )
    size = escape_text(size_in_words(properties.raw("fileSize")))
    return (
        f'<div class="kg-card kg-file-card"><a class="kg-file-card-container"{markup.link(src)}'
        ' title="Download" download=""><div class="kg-file-card-contents">'
        f'<div class="kg-file-card-title">{title}</div>'
        f'<div class="kg-file-card-caption">{caption}</div>'
        f'<div class="kg-file-card-metadata"><div class="kg-file-card-filename">{name}</div>'
        f'<div class="kg-file-card-filesize">{size}</div></div></div>'
        '<div class="kg-file-card-icon"><svg viewBox="0 0 24 24"><defs><style>.a{fill:none;'
        "stroke:currentColor;stroke-linecap:round;stroke-linejoin:round;stroke-width:1.5px;}"
        '</style></defs><title>download-circle</title><polyline class="a" points="8.25 14.25 12 18'
        ' 15.75 14.25"></polyline><line class="a" x1="12" y1="6.75" x2="12" y2="18"></line>'
        '<circle class="a" cx="12" cy="12" r="11.25"></circle></svg></div></a></div>'
    )


def size_in_words(size: object) -> str:
    """A number of bytes, as the card shows it: ``121 KB``."""
    if not js.truthy(size):
        return "0 Byte"
    number = js.to_number(size)
    if not 0 < number < math.inf:
        return "NaN undefined"
    # The quotient of two logarithms, as Ghost takes it, with its rounding.
    unit = math.floor(math.log(number) / math.log(1024))
    name = _UNITS[unit] if 0 <= unit < len(_UNITS) else "undefined"
    return f"{js.number_to_string(js.round_half_up(number / math.pow(1024, unit)))} {name}"


def _read(element: Element) -> dict[str, object]:
    return {
        "src": attribute_of(element.find("a"), "href"),
        "fileTitle": text_of(element.find(class_name="kg-file-card-title")),
        "fileCaption": text_of(element.find(class_name="kg-file-card-caption")),
        "fileName": text_of(element.find(class_name="kg-file-card-filename")),
        "fileSize": _bytes(text_of(element.find(class_name="kg-file-card-filesize"))),
    }


def _bytes(words: str) -> object:
    """The number of bytes that :func:`size_in_words` wrote; None where it wrote none."""
    number, _, unit = words.partition(" ")
    unit = unit.partition(" ")[0]
    if unit not in _UNITS:
        return 0
    size = js.round_half_up(js.parse_float(number) * math.pow(1024, _UNITS.index(unit)))
    return None if math.isnan(size) else size


CARD = Card(
    type="file",
    properties={"src": "", "fileTitle": "", "fileCaption": "", "fileName": "", "fileSize": 0},
    render=_render,
    mentions={"src": URL},
    words=("fileTitle", "fileCaption"),
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-file-card"), read=_read),),
)
