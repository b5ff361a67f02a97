"""The tree of a document as Lexical holds it: what kinds of nodes there are, and their children.

Lexical does not keep a document quite as it was saved. It joins neighbouring texts of one format,
drops empty ones, takes paragraphs out of list items and wraps what stands loose in a list; Ghost's
renderer then removes the editor's own search fields. :func:`children_of` gives a node's children
after all of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from lexical import javascript as js
from lexical.cards import CARDS
from lexical.cards.base import Properties

NodeJson: TypeAlias = Mapping[str, object]

TEXT_TYPES: Final = frozenset({"text", "extended-text", "tk", "zwnj", "at-link-search", "tab"})
_SIMPLE_TEXT_TYPES: Final = frozenset({"text", "extended-text", "zwnj"})
LINK_TYPES: Final = frozenset({"link", "autolink"})
HEADING_TYPES: Final = frozenset({"heading", "extended-heading"})
QUOTE_TYPES: Final = frozenset({"quote", "extended-quote"})
BLOCK_TYPES: Final = HEADING_TYPES | QUOTE_TYPES | {"paragraph", "aside", "list", "listitem"}
ELEMENT_TYPES: Final = BLOCK_TYPES | LINK_TYPES | {"root", "at-link"}
_NEVER_EMPTY: Final = LINK_TYPES | {"list", "at-link"}

BOLD: Final = 1
ITALIC: Final = 2
STRIKETHROUGH: Final = 4
UNDERLINE: Final = 8
CODE: Final = 16
SUBSCRIPT: Final = 32
SUPERSCRIPT: Final = 64
HIGHLIGHT: Final = 128
_FORMATS: Final = {
    "bold": BOLD,
    "italic": ITALIC,
    "strikethrough": STRIKETHROUGH,
    "underline": UNDERLINE,
    "code": CODE,
    "subscript": SUBSCRIPT,
    "superscript": SUPERSCRIPT,
    "highlight": HIGHLIGHT,
}
_UNMERGEABLE: Final = 2
_MISSING: Final = ("missing",)


def type_of(node: NodeJson) -> str:
    """The node's type."""
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def root_of(document: Mapping[str, object]) -> NodeJson:
    """The document's root node."""
    root = document.get("root")
    return root if isinstance(root, Mapping) else {}


def own_children(node: NodeJson) -> list[NodeJson]:
    """A node's children as they were saved."""
    children = node.get("children")
    if not isinstance(children, list):
        return []
    return children


def format_of(node: NodeJson) -> int:
    """The formats of a text, one bit each."""
    value = node.get("format")
    if type(value) is int:
        return value
    if isinstance(value, str):
        return _FORMATS.get(value, 0)
    if isinstance(value, float) and abs(value) < 2**53:
        return int(value)
    return 0


def text_of(node: NodeJson) -> str:
    """The characters of a text node."""
    text = node.get("text")
    return text if isinstance(text, str) else ""


def is_simple(node: NodeJson) -> bool:
    """Whether Lexical may join this text with its neighbours."""
    if node.get("type") not in _SIMPLE_TEXT_TYPES or node.get("mode") != "normal":
        return False
    detail = node.get("detail")
    if isinstance(detail, str):
        return detail != "unmergeable"
    return not (isinstance(detail, int) and detail & _UNMERGEABLE)


def children_of(node: NodeJson) -> list[NodeJson]:
    """A node's children as Ghost's renderer sees them."""
    children = own_children(node)
    if not children:
        return children
    kind = node.get("type")
    if kind == "list":
        children = [_as_item(child) for child in children]
    elif kind == "listitem":
        children = list(_unwrapped(children))
    if any(child.get("type") == "at-link" for child in children):
        children = _without_search_fields(
            [child for child in children if text_of(child) or not is_simple(child)]
        )
    if len(children) == 1:
        # The common case: one text, or one block.
        child = children[0]
        return [] if _is_vanishing(child) else children
    return _joined(children)


def _is_vanishing(node: NodeJson) -> bool:
    """Whether nothing is left of the node once empty texts and search fields are gone."""
    if is_simple(node):
        return not text_of(node)
    return node.get("type") in _NEVER_EMPTY and bool(own_children(node)) and not children_of(node)


def _joined(children: list[NodeJson]) -> list[NodeJson]:
    out: list[NodeJson] = []
    for child in children:
        if _is_vanishing(child):
            continue
        if out and is_simple(child) and is_simple(out[-1]) and _is_alike(out[-1], child):
            out[-1] = {**out[-1], "text": text_of(out[-1]) + text_of(child)}
        else:
            out.append(child)
    return out


def _is_alike(first: NodeJson, second: NodeJson) -> bool:
    """Whether Lexical joins the two; it takes null in the first one for anything."""
    own = _merge_key(first)
    other = _merge_key(second)
    return (own[0] is None or own[0] == other[0]) and (own[1] is None or own[1] == other[1])


def _merge_key(node: NodeJson) -> tuple[object, object]:
    """Format and style; a missing one is not the same as null."""
    formats = node.get("format", _MISSING)
    if formats is not None and formats is not _MISSING:
        formats = format_of(node)
    return formats, node.get("style", _MISSING)


def _as_item(child: NodeJson) -> NodeJson:
    kind = type_of(child)
    if kind == "listitem":
        return child
    if kind in ELEMENT_TYPES and kind != "list":
        # Lexical keeps only the text of another block in a list.
        child = {"type": "text", "mode": "normal", "text": text_content(child, saved=True)}
    return {"type": "listitem", "children": [child]}


def _unwrapped(children: list[NodeJson]) -> Iterator[NodeJson]:
    for child in children:
        if child.get("type") in {"paragraph", "listitem"}:
            yield from _unwrapped(own_children(child))
        else:
            yield child


def _without_search_fields(children: list[NodeJson]) -> list[NodeJson]:
    """Remove the editor's link searches, each with one of the spaces around it."""
    out: list[NodeJson] = []
    trim_next = False
    for child in children:
        kind = child.get("type")
        if kind == "at-link":
            if not out:
                trim_next = True
            elif out[-1].get("type") in TEXT_TYPES and text_of(out[-1]).endswith(" "):
                out[-1] = {**out[-1], "text": text_of(out[-1])[:-1]}
            continue
        if trim_next and kind in TEXT_TYPES and text_of(child).startswith(" "):
            child = {**child, "text": text_of(child)[1:]}  # noqa: PLW2901
        trim_next = False
        out.append(child)
    return out


def text_content(node: NodeJson, *, saved: bool = False) -> str:
    """The text of a node, as Lexical counts it: blocks in it set apart by an empty line.

    ``saved`` reads the children as they were saved.
    """
    kind = type_of(node)
    if kind in TEXT_TYPES:
        return "\t" if kind == "tab" else text_of(node)
    if kind == "linebreak":
        return "\n"
    card = CARDS.get(kind)
    if card is not None:
        if card.node_text:
            return card.node_text
        properties = Properties(node, card.properties)
        words = "\n".join(filter(None, map(properties.words, card.words)))
        return f"{words}\n\n" if words else ""
    if kind == "at-link":
        return ""
    children = own_children(node) if saved else children_of(node)
    out: list[str] = []
    last = len(children) - 1
    for index, child in enumerate(children):
        out.append(text_content(child, saved=saved))
        if index != last and type_of(child) in BLOCK_TYPES:
            out.append("\n\n")
    return "".join(out) or text_of(node)


def is_blank(text: str) -> bool:
    """Whether a text is nothing but white space."""
    return not js.trim(text)
