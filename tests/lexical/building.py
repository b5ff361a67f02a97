"""Short ways to write documents in tests."""

from typing import Any

Node = dict[str, Any]


def text(characters: str, formats: object = 0, **more: object) -> Node:
    common = {"type": "extended-text", "version": 1, "detail": 0, "mode": "normal", "style": ""}
    return {**common, "text": characters, "format": formats, **more}


def element(kind: str, *children: Node, **more: object) -> Node:
    common = {"direction": "ltr", "format": "", "indent": 0, "version": 1}
    return {"type": kind, "children": list(children), **common, **more}


def paragraph(*children: Node | str) -> Node:
    return element("paragraph", *(text(it) if isinstance(it, str) else it for it in children))


def link(url: object, *children: Node, **more: object) -> Node:
    return element("link", *children, **{"url": url, "rel": None, **more})


def document(*blocks: Node) -> Node:
    return {"root": element("root", *blocks)}


def card(kind: str, **properties: object) -> Node:
    return document({"type": kind, "version": 1, **properties})


BREAK: Node = {"type": "linebreak", "version": 1}
