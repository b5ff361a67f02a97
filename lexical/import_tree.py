"""The nodes that are made while HTML is read, and how Lexical puts them in order.

HTML nests freely; a document of Ghost's does not: cards and blocks stand at the top, lists only in
list items. What HTML nested otherwise is moved out behind the block it stood in, as the transforms
of ``@tryghost/kg-default-transforms`` do in Ghost.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from operator import attrgetter
from typing import Final

from lexical.tree import BLOCK_TYPES, ELEMENT_TYPES, LINK_TYPES, TEXT_TYPES

_TEXT: Final = "extended-text"
_DENESTED: Final = frozenset({"paragraph", "extended-heading", "list", "listitem"})
_UNMERGEABLE: Final = 2


class ImportNode:
    """A node on its way into a document; ``data`` holds its properties but the children."""

    __slots__ = ("children", "data", "kind", "number", "parent")

    _numbers = count()

    def __init__(self, kind: str, **data: object) -> None:
        self.kind = kind
        self.data = data
        self.children: list[ImportNode] = []
        self.parent: ImportNode | None = None
        # Lexical goes over nodes in the order in which they were made.
        self.number = next(self._numbers)

    @property
    def is_text(self) -> bool:
        """Whether it is a run of characters."""
        return self.kind in TEXT_TYPES

    @property
    def is_inline(self) -> bool:
        """Whether it stands within a line."""
        return self.is_text or self.kind == "linebreak" or self.kind in LINK_TYPES

    @property
    def is_element(self) -> bool:
        """Whether it can hold other nodes."""
        return self.kind in ELEMENT_TYPES

    def append(self, *nodes: ImportNode) -> None:
        """Put nodes at the end, in the way of this kind of node."""
        for node in nodes:
            if self.kind == "list" and node.kind != "listitem":
                self._append_wrapped(node)
            elif self.kind == "listitem" and node.kind in {"paragraph", "listitem"}:
                self.append(*list(node.children))
                remove(node)
            else:
                _detach(node)
                node.parent = self
                self.children.append(node)

    def _append_wrapped(self, node: ImportNode) -> None:
        item = list_item()
        if node.kind in LINK_TYPES:
            # Lexical keeps only the text of an element that comes loose into a list.
            item.append(text(characters(node)))
        else:
            item.append(node)
        self.append(item)


def text(characters_: str, formats: int = 0) -> ImportNode:
    """A text with its formats."""
    return ImportNode(_TEXT, text=characters_, format=formats)


def list_item() -> ImportNode:
    """An item of a list."""
    return ImportNode("listitem")


def characters(node: ImportNode) -> str:
    """The text of a node and all below it, blocks set apart by an empty line."""
    if node.is_text:
        return str(node.data["text"])
    if node.kind == "linebreak":
        return "\n"
    out: list[str] = []
    for child in node.children:
        out.append(characters(child))
        if child.kind in BLOCK_TYPES and child is not node.children[-1]:
            out.append("\n\n")
    return "".join(out)


def _detach(node: ImportNode) -> None:
    if node.parent is not None:
        siblings = node.parent.children
        if siblings[-1] is node:
            siblings.pop()
        else:
            siblings.remove(node)
        node.parent = None


def remove(node: ImportNode) -> None:
    """Take a node out; a list or link that becomes empty by it goes as well."""
    parent = node.parent
    if parent is None:
        return
    position = parent.children.index(node)
    before = parent.children[position - 1] if position else None
    after = parent.children[position + 1] if position + 1 < len(parent.children) else None
    _detach(node)
    if not parent.children and (parent.kind == "list" or parent.kind in LINK_TYPES):
        remove(parent)
    if node.kind == "listitem" and before is not None and after is not None:
        first, second = _nested_list(before), _nested_list(after)
        if first is not None and second is not None:
            _merge_lists(first, second)
            remove(after)


def _nested_list(node: ImportNode) -> ImportNode | None:
    if node.kind == "listitem" and node.children and node.children[0].kind == "list":
        return node.children[0]
    return None


def _merge_lists(first: ImportNode, second: ImportNode) -> None:
    if first.children and second.children:
        item, other = first.children[-1], second.children[0]
        inner, outer = _nested_list(item), _nested_list(other)
        if inner is not None and outer is not None:
            _merge_lists(inner, outer)
            remove(other)
    first.append(*list(second.children))
    remove(second)


def _insert_after(root: ImportNode, block: ImportNode, following: ImportNode) -> None:
    root.children.insert(root.children.index(block) + 1, following)
    following.parent = root


def blocks_of(nodes: list[ImportNode]) -> list[ImportNode]:
    """Give a row of nodes as blocks: what stands loose comes into paragraphs, items into lists."""
    if all(node.is_inline for node in nodes):
        paragraph = ImportNode("paragraph")
        paragraph.append(*nodes)
        return [paragraph]
    holder = ImportNode("paragraph")
    current: ImportNode | None = None
    for node in nodes:
        if not node.is_inline and node.kind != "listitem":
            holder.append(node)
            current = None
            continue
        if current is None:
            current = (
                ImportNode("list", listType="bullet", start=1)
                if node.kind == "listitem"
                else ImportNode("paragraph")
            )
            holder.append(current)
            if node.kind == "linebreak":
                # A line break between blocks is the empty line that it shows.
                continue
        current.append(node)
    return list(holder.children)


def settle(root: ImportNode) -> None:
    """Bring a tree into the order that a document of Ghost's has."""
    _join_texts(root)
    while _transform(root):
        _join_texts(root)


def _all_below(root: ImportNode) -> Iterable[ImportNode]:
    stack = root.children[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _transform(root: ImportNode) -> bool:
    changed = False
    for node in sorted(_all_below(root), key=attrgetter("number")):
        if not _is_attached(node, root):
            continue
        if node.kind in _DENESTED and any(map(_is_misplaced, node.children)):
            _denest(node, root)
            changed = True
        elif node.kind == "list" and _merge_with_next(node):
            changed = True
    return changed


def _is_attached(node: ImportNode, root: ImportNode) -> bool:
    while node.parent is not None:
        node = node.parent
    return node is root


def _is_misplaced(node: ImportNode) -> bool:
    parent = node.parent
    if node.kind == "list":
        return parent is not None and parent.kind not in {"root", "listitem"}
    if node.kind == "listitem":
        return parent is not None and parent.kind != "list"
    return not node.is_inline


def _empty_like(node: ImportNode) -> ImportNode:
    kept = {name: node.data[name] for name in ("tag", "listType", "start") if name in node.data}
    return ImportNode(node.kind, **kept)


def _denest(node: ImportNode, root: ImportNode) -> None:
    """Move what a block may not hold, and what stands after it, behind the outermost block."""
    pieces: list[ImportNode] = []
    current = _empty_like(node)
    for child in list(node.children):
        if _is_misplaced(child):
            if current.children:
                pieces.append(current)
                current = _empty_like(node)
            _detach(child)
            pieces.append(child)
        else:
            current.append(child)
    if current.children:
        pieces.append(current)
    outermost = node
    while outermost.parent is not None and outermost.parent is not root:
        outermost = outermost.parent
    for piece in reversed(pieces):
        if piece.kind == "listitem":
            paragraph = ImportNode("paragraph")
            paragraph.append(*list(piece.children))
            _insert_after(root, outermost, paragraph)
        else:
            _insert_after(root, outermost, piece)
    remove(node)


def _merge_with_next(node: ImportNode) -> bool:
    siblings = node.parent.children if node.parent is not None else []
    position = siblings.index(node) + 1
    following = siblings[position] if position < len(siblings) else None
    if following is None or following.kind != "list":
        return False
    if following.data["listType"] != node.data["listType"]:
        return False
    node.append(*list(following.children))
    remove(following)
    return True


def _join_texts(root: ImportNode) -> None:
    for node in list(_all_below(root)):
        if not node.is_element or len(node.children) < 2:
            continue
        out: list[ImportNode] = []
        for child in node.children:
            last = out[-1] if out else None
            if (
                last is not None
                and child.kind == last.kind == _TEXT
                and child.data["format"] == last.data["format"]
            ):
                last.data["text"] = f"{last.data['text']}{child.data['text']}"
                child.parent = None
            else:
                out.append(child)
        node.children = out


def to_json(root: ImportNode) -> dict[str, object]:
    """The tree as Lexical saves it."""
    return _element_json(root)


def _node_json(node: ImportNode) -> dict[str, object]:
    if node.kind == "linebreak":
        return {"type": "linebreak", "version": 1}
    if node.is_text:
        detail = _UNMERGEABLE if node.kind == "tab" else 0
        common = {"detail": detail, "format": 0, "mode": "normal", "style": "", "version": 1}
        return {**common, **node.data, "type": node.kind}
    if node.is_element:
        return _element_json(node)
    return {"type": node.kind, "version": 1, **node.data}


def _element_json(node: ImportNode) -> dict[str, object]:
    children = [_node_json(child) for child in node.children]
    out: dict[str, object] = {
        "children": children,
        "direction": None,
        "format": "",
        "indent": 0,
        **node.data,
        "type": node.kind,
        "version": 1,
    }
    if node.kind == "list":
        is_check = node.data["listType"] == "check"
        out["tag"] = "ol" if node.data["listType"] == "number" else "ul"
        value = node.data["start"]
        number = value if isinstance(value, int) else 1
        for child, item in zip(node.children, children, strict=True):
            item["value"] = number
            if not is_check:
                item.pop("checked", None)
            if not (child.children and child.children[0].kind == "list"):
                number += 1
    elif node.kind == "listitem":
        out["indent"] = _list_depth(node)
        out.setdefault("value", 1)
    return out


def _list_depth(item: ImportNode) -> int:
    """How many list items an item lies in."""
    depth = 0
    holder = item.parent.parent if item.parent is not None else None
    while holder is not None and holder.kind == "listitem":
        depth += 1
        holder = holder.parent.parent if holder.parent is not None else None
    return depth
