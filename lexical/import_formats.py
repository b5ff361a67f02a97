"""What elements of HTML do to the texts within them: bold, italic and the rest.

By tag, and by the inline styles and classes that Google Docs and Word write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lexical.html_tree import Element
from lexical.import_tree import ImportNode
from lexical.styles import keyword
from lexical.tree import (
    BOLD,
    CODE,
    HIGHLIGHT,
    ITALIC,
    STRIKETHROUGH,
    SUBSCRIPT,
    SUPERSCRIPT,
    UNDERLINE,
)

_FORMAT_TAGS: Final = {
    "code": CODE,
    "em": ITALIC,
    "i": ITALIC,
    "s": STRIKETHROUGH,
    "strong": BOLD,
    "sub": SUBSCRIPT,
    "sup": SUPERSCRIPT,
    "u": UNDERLINE,
}
ForText = Callable[[ImportNode], None]
"""What an element does to the texts within it."""
Formats = dict[str, ForText]
"""By tag, what the elements around do to a text; an inner one takes the place of an outer one."""


def _toggle(node: ImportNode, flag: int) -> None:
    formats = node.data.get("format", 0)
    value = (formats if isinstance(formats, int) else 0) ^ flag
    if flag == SUBSCRIPT:
        value &= ~SUPERSCRIPT
    elif flag == SUPERSCRIPT:
        value &= ~SUBSCRIPT
    node.data["format"] = value


def _has(node: ImportNode, flag: int) -> bool:
    formats = node.data.get("format", 0)
    return isinstance(formats, int) and bool(formats & flag)


def note_format(element: Element, formats: Formats) -> None:
    """Note what an element does to the texts within it."""
    tag = element.tag
    style = element.attributes.get("style", "")
    if tag in _FORMAT_TAGS:
        formats[tag] = _adder(_FORMAT_TAGS[tag])
    elif tag == "b":
        is_bold = keyword(style, "font-weight") != "normal"
        formats[tag] = _toggler([BOLD] if is_bold else [], [])
    elif tag == "span":
        formats[tag] = _toggler(_google_formats(style), _word_formats(element))


def _adder(flag: int) -> ForText:
    def apply(node: ImportNode) -> None:
        if not _has(node, flag):
            _toggle(node, flag)

    return apply


def _toggler(toggled: list[int], added: list[int]) -> ForText:
    def apply(node: ImportNode) -> None:
        for flag in toggled:
            _toggle(node, flag)
        for flag in added:
            if not _has(node, flag):
                _toggle(node, flag)

    return apply


def _google_formats(style: str) -> list[int]:
    """The formats that Google Docs writes into the style of a ``span``."""
    decoration, vertical = keyword(style, "text-decoration"), keyword(style, "vertical-align")
    rules = (
        (keyword(style, "font-weight") == "700", BOLD),
        (decoration == "line-through", STRIKETHROUGH),
        (keyword(style, "font-style") == "italic", ITALIC),
        (decoration == "underline", UNDERLINE),
        (vertical == "sub", SUBSCRIPT),
        (vertical == "super", SUPERSCRIPT),
    )
    return [flag for holds, flag in rules if holds]


def _word_formats(element: Element) -> list[int]:
    """The formats that Word writes into the style and class of a ``span``, or of its parent."""
    around = [element] if element.parent is None else [element, element.parent]
    styles = [one.attributes.get("style", "") for one in around]
    rules = (
        ("font-weight", "bold", BOLD),
        ("font-style", "italic", ITALIC),
        ("text-decoration", "underline", UNDERLINE),
    )
    found = [
        flag
        for name, value, flag in rules
        if any(keyword(style, name) == value for style in styles)
    ]
    classes = (("Strikethrough", STRIKETHROUGH), ("Highlight", HIGHLIGHT))
    found += [flag for name, flag in classes if any(one.has_class(name) for one in around)]
    return found
