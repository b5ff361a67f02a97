"""HTML read into a document, as Ghost's own ``kg-html-to-lexical`` does it.

For imports, for what other servers send, and for old posts by way of their HTML. Each card knows
how it is recognised (its ``parsers``); here are text, headings, lists, links and formats. Nothing
is made harmless on this way: a table becomes an HTML card, which is the author's own power, so
markup of strangers has to be cleaned before.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Final

from lexical import javascript as js
from lexical.cards import CARDS
from lexical.cards.base import Card, Parser, Properties
from lexical.html_tree import (
    Comment,
    Element,
    Node,
    Text,
    names,
    next_sibling,
    parse_document,
    previous_sibling,
    remove,
)
from lexical.import_formats import Formats, note_format
from lexical.import_tree import ImportNode, blocks_of, list_item, settle, text, to_json
from lexical.styles import keyword

_MAX_DEPTH: Final = 100
"""How deep elements may nest before what lies below them is read as mere text."""
_DEPTH_OF_A_BLOCK: Final = 4
"""How much an element that becomes a node counts there, to keep within a document's depth."""

_IGNORED: Final = frozenset({"style", "script"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS: Final = frozenset({"ul", "ol", "dl"})
_INLINE_TAGS: Final = names(
    "a abbr acronym b cite code del em i ins kbd label output q ruby s samp span strong sub sup "
    "time u tt var"
)
_PRE_PARTS = re.compile(r"(\r?\n|\t)")
_SPACES = re.compile(r"[ \t\n]+")
_LEADING_SPACE = re.compile(r"(?: |\t|\r?\n)+")
_HTML_CARD_BEGIN = re.compile(rf"kg-card-begin:{js.SPACE}?html\Z")
_HTML_CARD_END = re.compile(rf"kg-card-end:{js.SPACE}?html\Z")


def from_html(html: str) -> dict[str, object]:
    """Read HTML into a document.

    HTML without any content gives a document with one empty paragraph, as Ghost's editor begins.
    """
    root = ImportNode("root")
    body = parse_document(f"<body>{js.trim(html)}</body>") if html else Element("body")
    nodes = _Reader().children(body, {}, 0)
    if nodes:
        root.append(*blocks_of(nodes))
        settle(root)
    if not root.children:
        root.append(ImportNode("paragraph"))
    return {"root": to_json(root)}


class _Reader:
    """One reading of one tree, which it takes apart on the way."""

    def __init__(self) -> None:
        self.google_docs: dict[int, bool] = {}

    def children(self, element: Element, formats: Formats, depth: int) -> list[ImportNode]:
        out: list[ImportNode] = []
        index = 0
        # A card may take the nodes after it with it, so the list can shrink on the way.
        while index < len(element.children):
            out.extend(self.node(element.children[index], dict(formats), depth))
            index += 1
        return out

    def node(self, node: Node, formats: Formats, depth: int) -> list[ImportNode]:
        if isinstance(node, Text):
            return self.text(node, formats)
        if isinstance(node, Comment):
            return _comment(node)
        tag = node.tag
        if tag in _IGNORED:
            return []
        if depth > _MAX_DEPTH:
            return [text(node.text())]
        card, claimed = self.card(node)
        if card is not None:
            return [card]
        if tag == "br":
            return self.line_break(node)
        if claimed or node.foreign:
            return self.children(node, formats, depth + 1)
        return self.element(node, formats, depth)

    def card(self, element: Element) -> tuple[ImportNode | None, bool]:
        """The card that an element shows; and whether one claimed it, even if it showed none."""
        parser_of = _PARSERS.get(element.tag)
        if parser_of is None or element.foreign:
            return None, False
        for card, parser in parser_of:
            if parser.claims(element):
                found = parser.read(element)
                return (None if found is None else _card_node(card, found)), True
        return None, False

    def element(self, element: Element, formats: Formats, depth: int) -> list[ImportNode]:
        tag = element.tag
        block: ImportNode | None = None
        if tag == "p":
            block = self.paragraph(element)
        elif tag in _HEADINGS:
            block = ImportNode("extended-heading", tag=tag)
        elif tag == "a":
            block = _link(element)
        elif tag == "li":
            checked = element.attributes.get("aria-checked") == "true"
            block = ImportNode("listitem", checked=checked)
        elif tag in {"ul", "ol"}:
            block = _list(element)
        elif tag == "blockquote":
            block = ImportNode("extended-quote")
        elif tag == "span" and _is_docs_title(element):
            block = ImportNode("extended-heading", tag="h1")
        else:
            note_format(element, formats)
        step = 1 if block is None else _DEPTH_OF_A_BLOCK
        children = self.children(element, formats, depth + step)
        if block is None:
            return children
        if block.kind == "list":
            children = _list_items(children)
        elif block.kind == "extended-quote":
            children = _quoted(children)
        block.append(*children)
        return [block]

    def paragraph(self, element: Element) -> ImportNode | None:
        first = element.children[0] if element.children else None
        if isinstance(first, Element) and first.tag == "span" and _is_docs_title(first):
            return None
        level = js.parse_int(element.attributes.get("aria-level", ""))
        if element.attributes.get("role") == "heading" and level is not None and 0 < level < 7:
            return ImportNode("extended-heading", tag=f"h{level}")
        if not element.text() and self.is_google_docs(element):
            return None
        indent = js.parse_int(keyword(element.attributes.get("style", ""), "text-indent")) or 0
        if indent <= 0:
            return ImportNode("paragraph")
        return ImportNode("paragraph", indent=js.plain(indent / 20))

    def line_break(self, element: Element) -> list[ImportNode]:
        if self.is_google_docs(element) and _is_docs_spacer(element):
            return []
        return [] if _is_only_child(element) else [ImportNode("linebreak")]

    def is_google_docs(self, element: Element) -> bool:
        """Whether the element was copied from Google Docs, which marks its outermost one."""
        path: list[int] = []
        found = False
        node: Element | None = element
        while node is not None:
            known = self.google_docs.get(id(node))
            if known is not None or node.attributes.get("id", "").startswith("docs-internal-guid-"):
                found = known is not False
                break
            path.append(id(node))
            node = node.parent
        self.google_docs.update(dict.fromkeys(path, found))
        return found

    def text(self, node: Text, formats: Formats) -> list[ImportNode]:
        if _is_preformatted(node):
            made = [_pre_part(part) for part in _PRE_PARTS.split(node.data) if part]
            # Only the last of the pieces takes the formats around it: Ghost's own slip.
            for_formats = made[-1:]
        else:
            characters = self.collapsed(node)
            made = for_formats = [text(characters)] if characters else []
        for target in for_formats:
            if target.is_text:
                for apply in formats.values():
                    apply(target)
        return made

    def collapsed(self, node: Text) -> str:
        """A text with its white space as a browser shows it."""
        characters = _SPACES.sub(" ", node.data.replace("\r", ""))
        if characters.startswith(" ") and self.starts_line_or_follows_space(node):
            characters = characters[1:]
        if characters.endswith(" ") and self.is_line_end(node):
            characters = characters[:-1]
        return characters

    def starts_line_or_follows_space(self, node: Text) -> bool:
        before = _text_in_line(node, forward=False)
        return before is None or before.data[-1] in " \t\n"

    def is_line_end(self, node: Text) -> bool:
        """Whether nothing but white space follows in the line."""
        following = _text_in_line(node, forward=True)
        while following is not None:
            if _LEADING_SPACE.sub("", following.data, count=1):
                return False
            following = _text_in_line(following, forward=True)
        return True


def _collect_parsers() -> dict[str, list[tuple[Card, Parser]]]:
    found: dict[str, list[tuple[Card, Parser]]] = {}
    for card in CARDS.values():
        for parser in card.parsers:
            found.setdefault(parser.tag, []).append((card, parser))
    for parsers in found.values():
        parsers.sort(key=lambda pair: -pair[1].priority)
    return found


_PARSERS: Final = _collect_parsers()


def _card_node(card: Card, found: dict[str, object]) -> ImportNode:
    """A card's node with all its properties, as the editor would save it."""
    properties = Properties(found, card.properties)
    # The defaults belong to all cards of the kind, so the node gets copies.
    data = {name: deepcopy(js.plain(properties.raw(name))) for name in card.properties}
    return ImportNode(card.type, **data)


def _comment(comment: Comment) -> list[ImportNode]:
    mark = js.trim(comment.data)
    if mark == "members-only":
        return [ImportNode("paywall")]
    if not _HTML_CARD_BEGIN.match(mark):
        return []
    taken: list[Node] = []
    html: list[str] = []
    node = next_sibling(comment)
    while node is not None:
        taken.append(node)
        if isinstance(node, Comment):
            if _HTML_CARD_END.match(js.trim(node.data)):
                remove(*taken)
                return [_card_node(CARDS["html"], {"html": js.trim("\n".join(html))})]
        elif isinstance(node, Element):
            html.append(node.outer_html())
        else:
            html.append(node.data)
        node = next_sibling(node)
    return [_card_node(CARDS["html"], {})]


def _link(element: Element) -> ImportNode | None:
    has_element = any(isinstance(child, Element) for child in element.children)
    if not has_element and not element.text():
        return None
    get = element.attributes.get
    return ImportNode(
        "link", url=get("href") or "", rel=get("rel"), target=get("target"), title=get("title")
    )


def _list(element: Element) -> ImportNode:
    if element.tag == "ol":
        start = js.parse_int(element.attributes.get("start", ""))
        return ImportNode("list", listType="number", start=1 if start is None else start)
    is_check = element.attributes.get("__lexicallisttype") == "check"
    return ImportNode("list", listType="check" if is_check else "bullet", start=1)


def _list_items(nodes: list[ImportNode]) -> list[ImportNode]:
    """What a list holds, as items: a list within an item gets an item of its own after it."""
    out: list[ImportNode] = []
    for node in nodes:
        if node.kind != "listitem":
            out.append(_wrapped(node))
            continue
        out.append(node)
        if len(node.children) > 1:
            out.extend(_wrapped(child) for child in list(node.children) if child.kind == "list")
    return out


def _wrapped(node: ImportNode) -> ImportNode:
    item = list_item()
    item.append(node)
    return item


def _quoted(nodes: list[ImportNode]) -> list[ImportNode]:
    """What a quote holds: its paragraphs become lines, two line breaks between them."""
    out: list[ImportNode] = []
    for node in nodes:
        if node.kind != "paragraph":
            out.append(node)
            continue
        if out:
            out.extend((ImportNode("linebreak"), ImportNode("linebreak")))
        out.extend(node.children)
    return out


def _pre_part(part: str) -> ImportNode:
    if part == "\t":
        return ImportNode("tab", text="\t")
    return ImportNode("linebreak") if part in {"\n", "\r\n"} else text(part)


def _is_docs_title(element: Element) -> bool:
    return keyword(element.attributes.get("style", ""), "font-size") == "26pt"


def _is_docs_spacer(element: Element) -> bool:
    """Whether a line break is the mere gap that Google Docs leaves between two blocks."""
    before, after = _element_beside(element, -1), _element_beside(element, 1)
    gaps = _HEADINGS | _LISTS
    return (
        (before == after == "p")
        or "br" in {before, after}
        or (before in gaps and after == "p")
        or (before == "p" and after in gaps)
    )


def _element_beside(element: Element, step: int) -> str:
    node: Node | None = element
    while node is not None:
        node = next_sibling(node) if step > 0 else previous_sibling(node)
        if isinstance(node, Element):
            return node.tag
    return ""


def _is_only_child(element: Element) -> bool:
    siblings = element.parent.children if element.parent is not None else []
    others = [node for node in siblings if node is not element]
    if len(others) > 2 or (len(others) == 2 and siblings[1] is not element):
        return False
    return all(isinstance(node, Text) and not _SPACES.sub("", node.data) for node in others)


def _is_preformatted(node: Text) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == "pre":
            return True
        style = parent.attributes.get("style", "")
        if style and keyword(style, "white-space").startswith("pre"):
            return True
        parent = parent.parent
    return False


def _text_in_line(start: Text, *, forward: bool) -> Text | None:
    """The next or previous text in the same line, or None where the line ends first."""
    step = next_sibling if forward else previous_sibling
    node: Node = start
    while True:
        sibling = step(node)
        while sibling is None:
            if node.parent is None or node.parent.tag == "body":
                return None
            node = node.parent
            sibling = step(node)
        node = sibling
        if isinstance(node, Element) and not _is_inline(node):
            return None
        while isinstance(node, Element) and node.children:
            node = node.children[0 if forward else -1]
        if isinstance(node, Text):
            return node
        if isinstance(node, Element) and node.tag == "br":
            return None


def _is_inline(element: Element) -> bool:
    display = keyword(element.attributes.get("style", ""), "display")
    return display.startswith("inline") if display else element.tag in _INLINE_TAGS
