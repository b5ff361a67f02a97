"""A document as HTML: its blocks, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lexical import javascript as js
from lexical import visibility
from lexical.cards import CARDS
from lexical.cards.base import Card, Properties
from lexical.html_tree import escape_attribute, escape_text
from lexical.inline import is_inline, render_children, render_run
from lexical.options import WEB, Options
from lexical.slugs import HeadingIds
from lexical.tree import (
    ELEMENT_TYPES,
    HEADING_TYPES,
    QUOTE_TYPES,
    TEXT_TYPES,
    NodeJson,
    children_of,
    is_blank,
    own_children,
    root_of,
    text_content,
    text_of,
    type_of,
)
from lexical.validation import validate

_KNOWN: Final = ELEMENT_TYPES | TEXT_TYPES | {"linebreak"}
_HEADING_TAGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True, slots=True)
class Rendering:
    """A document's HTML, and the types of the nodes in it that no one knows how to render."""

    html: str
    unknown_types: tuple[str, ...]


def render_html(
    document: Mapping[str, object],
    *,
    target: str = WEB,
    options: Mapping[str, object] | None = None,
) -> str:
    """Render a document as Ghost renders it.

    ``document`` is the parsed Lexical JSON (``{"root": {…}}``). ``target`` is ``web``, or ``bare``
    for what Ghost gives without any options. ``options`` has the names of Ghost's renderer:
    ``siteUrl``, ``siteUuid``, ``imageBaseUrl``, ``imageOptimization``, ``canTransformImage``,
    ``canTransformImageToFormat``, ``feature``.

    Raises :class:`lexical.errors.LexicalError` for what is no document.
    """
    validate(document)
    return _Renderer(Options.read(target, options)).render(document)


def render(
    document: Mapping[str, object],
    *,
    target: str = WEB,
    options: Mapping[str, object] | None = None,
) -> Rendering:
    """As :func:`render_html`, and tell which types of nodes were unknown."""
    html = render_html(document, target=target, options=options)
    return Rendering(html, tuple(_unknown_types(root_of(document))))


def _unknown_types(root: NodeJson) -> dict[str, None]:
    found: dict[str, None] = {}
    stack = own_children(root)[::-1]
    while stack:
        node = stack.pop()
        kind = type_of(node)
        if kind not in _KNOWN and kind not in CARDS:
            found[kind] = None
        stack.extend(reversed(own_children(node)))
    return found


class _Renderer:
    """One rendering of one document."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.ids = HeadingIds()

    def render(self, document: Mapping[str, object]) -> str:
        blocks = children_of(root_of(document))
        out = self.blocks(blocks)
        if out and type_of(blocks[-1]) == "paragraph" and is_blank(text_content(blocks[-1])):
            # The editor keeps an empty paragraph at the end to type in.
            out.pop()
        return "".join(out)

    def blocks(self, nodes: list[NodeJson]) -> list[str]:
        out: list[str] = []
        run: list[NodeJson] = []
        for node in nodes:
            if is_inline(node) and "children" not in node:
                # A text that stands loose gets the paragraph it lacks.
                run.append(node)
                continue
            if run:
                out.append(f"<p>{render_run(run)}</p>")
                run = []
            out.append(self.block(node))
        if run:
            out.append(f"<p>{render_run(run)}</p>")
        return out

    def block(self, node: NodeJson) -> str:
        kind = type_of(node)
        if kind == "paragraph":
            return f"<p>{render_children(node)}</p>"
        if kind in HEADING_TYPES:
            tag = node.get("tag")
            tag = tag if tag in _HEADING_TAGS else "h2"
            name = self.ids.next_for(text_content(node))
            return f'<{tag} id="{name}">{render_children(node)}</{tag}>'
        card = CARDS.get(kind)
        if card is not None:
            return self.card(card, node)
        if kind == "list":
            return _list(node)
        if kind in QUOTE_TYPES:
            return f"<blockquote>{render_children(node)}</blockquote>"
        if kind == "aside":
            return f'<blockquote class="kg-blockquote-alt">{render_children(node)}</blockquote>'
        if kind in ELEMENT_TYPES:
            return render_children(node)
        return self.unknown_block(node)

    def card(self, card: Card, node: NodeJson) -> str:
        properties = Properties(node, card.properties)
        html = card.renderings.get(self.options.target, card.render)(properties, self.options)
        if html and card.gated:
            setting = properties.raw("visibility")
            html = visibility.gate(
                html, setting if js.truthy(setting) else card.properties["visibility"]
            )
        return html

    def unknown_block(self, node: NodeJson) -> str:
        children = children_of(node)
        if children:
            return "".join(self.blocks(children))
        text = text_of(node)
        return f"<p>{escape_text(text)}</p>" if text else ""


def _list(node: NodeJson) -> str:
    tag = "ol" if node.get("listType") in {"number", "ol"} else "ul"
    start = node.get("start")
    number = ""
    if start is not None and start != 1:
        number = f' start="{escape_attribute(js.to_string(start))}"'
    out: list[str] = []
    item_open = False
    for item in children_of(node):
        inner = children_of(item)
        nested = bool(inner) and inner[0].get("type") == "list"
        if nested:
            # A nested list belongs into the item before it, which is still open.
            out.append(_list(inner[0]))
        if item_open:
            out.append("</li>")
            item_open = False
        if not nested:
            out.append(f"<li>{render_children(item)}")
            item_open = True
    if item_open:
        out.append("</li>")
    return f"<{tag}{number}>{''.join(out)}</{tag}>"
