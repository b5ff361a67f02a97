"""A small HTML tree: parsed as browsers parse, changed in place, written out as Ghost's DOM does.

Parsing is lexbor's (through selectolax), the HTML Standard's own algorithm. Writing out follows the
Standard's "serializing HTML fragments" with ``<`` and ``>`` left alone in attribute values, as the
DOM under Ghost's renderer does it. What may stay in such a tree is decided in
:mod:`lexical.markup`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


def names(text: str) -> frozenset[str]:
    """The names in a text, as a set."""
    return frozenset(text.split())


VOID_TAGS: Final = names(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source "
    "track wbr"
)
RAW_TEXT_TAGS: Final = names("style script xmp iframe noembed noframes plaintext")
_SELECT_CHILDREN: Final = names("option optgroup hr script template")
_INTEGRATION_POINTS: Final = names("foreignObject desc title mi mo mn ms mtext annotation-xml")


class Text:
    """A run of characters."""

    __slots__ = ("data", "parent", "position")

    def __init__(self, data: str) -> None:
        self.data = data
        self.parent: Element | None = None
        self.position = 0


class Comment:
    """A comment; ``data`` is what stands between ``<!--`` and ``-->``."""

    __slots__ = ("data", "parent", "position")

    def __init__(self, data: str) -> None:
        self.data = data
        self.parent: Element | None = None
        self.position = 0


class Element:
    """An element; a fragment is one whose tag is the empty string.

    ``foreign`` is true within SVG and MathML, where no element is void and no text is raw.
    """

    __slots__ = ("attributes", "children", "foreign", "parent", "position", "tag")

    def __init__(
        self, tag: str, attributes: dict[str, str] | None = None, *, foreign: bool = False
    ) -> None:
        self.tag = tag
        self.attributes: dict[str, str] = attributes if attributes is not None else {}
        self.children: list[Node] = []
        self.parent: Element | None = None
        self.position = 0
        self.foreign = foreign

    def append(self, node: Node) -> None:
        """Put a node that has no parent at the end of the children."""
        node.parent = self
        node.position = len(self.children)
        self.children.append(node)

    def elements(self, *, templates: bool = False) -> Iterator[Element]:
        """Every element below this one, in the order of the text.

        What a ``template`` holds is not below it, as in the DOM; with ``templates`` it is.
        """
        stack: list[Node] = self.children[::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, Element):
                yield node
                if templates or node.tag != "template":
                    stack.extend(reversed(node.children))

    def classes(self) -> list[str]:
        """The class names of the element."""
        return self.attributes.get("class", "").split()

    def has_class(self, name: str) -> bool:
        """Whether the element has the class."""
        return name in self.classes()

    def find(self, tag: str = "", class_name: str = "") -> Element | None:
        """The first element below with this tag and this class; the empty string fits any."""
        return next(self.find_all(tag, class_name), None)

    def find_all(self, tag: str = "", class_name: str = "") -> Iterator[Element]:
        """Every element below with this tag and this class; the empty string fits any."""
        for element in self.elements():
            if (not tag or element.tag == tag) and (
                not class_name or class_name in element.classes()
            ):
                yield element

    def text(self) -> str:
        """``textContent``: the characters of all texts below; no comments, no templates."""
        out: list[str] = []
        stack: list[Node] = self.children[::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, Text):
                out.append(node.data)
            elif isinstance(node, Element) and node.tag != "template":
                stack.extend(reversed(node.children))
        return "".join(out)

    def inner_html(self) -> str:
        """The children, written out."""
        return serialize_children(self)

    def outer_html(self) -> str:
        """The element with all it holds, written out."""
        return serialize_node(self)


Node: TypeAlias = Element | Text | Comment


def next_sibling(node: Node) -> Node | None:
    """The node after this one under the same parent."""
    siblings = node.parent.children if node.parent is not None else []
    position = node.position + 1
    return siblings[position] if position < len(siblings) else None


def previous_sibling(node: Node) -> Node | None:
    """The node before this one under the same parent."""
    siblings = node.parent.children if node.parent is not None else []
    return siblings[node.position - 1] if siblings and node.position else None


def remove(*nodes: Node) -> None:
    """Take nodes of one parent out of it; what has no parent stays as it is."""
    parent = nodes[0].parent if nodes else None
    if parent is None:
        return
    gone = set(map(id, nodes))
    for node in nodes:
        node.parent = None
    _set_children(parent, [child for child in parent.children if id(child) not in gone])


def replace(node: Node, replacements: list[Node]) -> None:
    """Put other nodes in the place of one; nothing happens to one without a parent."""
    parent = node.parent
    if parent is None:
        return
    before, after = parent.children[: node.position], parent.children[node.position + 1 :]
    node.parent = None
    _set_children(parent, [*before, *replacements, *after])


def _set_children(parent: Element, children: list[Node]) -> None:
    for position, child in enumerate(children):
        child.parent = parent
        child.position = position
    parent.children = children


def escape_text(text: str) -> str:
    """Characters as a text of HTML."""
    return (
        text.replace("&", "&amp;")
        .replace("\u00a0", "&nbsp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )


def escape_attribute(text: str) -> str:
    """Characters as an attribute's value, to stand between double quotes."""
    return text.replace("&", "&amp;").replace("\u00a0", "&nbsp;").replace('"', "&quot;")


def serialize_children(element: Element) -> str:
    """The children of an element, written out."""
    stack: list[Node | str] = [*reversed(element.children)]
    return _serialize(stack)


def serialize_node(node: Node) -> str:
    """A node, written out."""
    stack: list[Node | str] = [node]
    return _serialize(stack)


def _serialize(stack: list[Node | str]) -> str:
    out: list[str] = []
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Text):
            parent = node.parent
            raw = parent is not None and parent.tag in RAW_TEXT_TAGS and not parent.foreign
            out.append(node.data if raw else escape_text(node.data))
        elif isinstance(node, Comment):
            out.append(f"<!--{node.data}-->")
        else:
            attributes = "".join(
                f' {name}="{escape_attribute(value)}"' for name, value in node.attributes.items()
            )
            out.append(f"<{node.tag}{attributes}>")
            if node.foreign or node.tag not in VOID_TAGS:
                stack.append(f"</{node.tag}>")
                stack.extend(reversed(node.children))
    return "".join(out)


def parse_fragment(html: str, *, scripting: bool = False) -> Element:
    """Parse HTML as the content of a ``div``; give a fragment that holds what came out.

    With ``scripting``, ``noscript`` is read as a browser that runs scripts reads it.
    """
    fragment = Element("")
    # The parser writes a fragment's first node out together with its siblings; a comment in front,
    # left out again, keeps that away from the nodes that count.
    parser = LexborHTMLParser("<!---->" + html, is_fragment=True, scripting=scripting)
    marker = parser.root
    _copy(marker.next if marker is not None else None, fragment)
    return fragment


def parse_document(html: str) -> Element:
    """Parse HTML as a whole page; give its ``body``."""
    body = Element("body")
    parsed = LexborHTMLParser(html).body
    if parsed is not None:
        body.attributes = _attributes(parsed)
        _copy(parsed.child, body)
    return body


def _attributes(node: LexborNode) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def _copy(first: LexborNode | None, target: Element) -> None:
    """Copy a node and its later siblings, with all below them, into an element."""
    stack: list[tuple[LexborNode | None, Element, bool]] = [(first, target, False)]
    while stack:
        node, parent, in_select = stack.pop()
        if node is None:
            continue
        stack.append((node.next, parent, in_select))
        tag = node.tag or ""
        if node.is_text_node:
            parent.append(Text(node.text_content or ""))
        elif node.is_comment_node:
            # The library's own accessor trims the comment; its markup does not.
            parent.append(Comment((node.html or "")[4:-3]))
        elif in_select and tag not in _SELECT_CHILDREN:
            # Ghost's parser follows the older rule that a list of options holds nothing else.
            stack.append((node.child, parent, True))
        else:
            foreign = tag in {"svg", "math"} or (
                parent.foreign and parent.tag not in _INTEGRATION_POINTS
            )
            element = Element(tag, _attributes(node), foreign=foreign)
            parent.append(element)
            stack.append((node.child, element, in_select or tag == "select"))
            if tag == "template" and not foreign:
                contents = node.template_fragments()
                stack.append((contents[0].child if contents else None, element, False))
