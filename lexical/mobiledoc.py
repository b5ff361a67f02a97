"""Mobiledoc, the format of Ghost's editor before Lexical, turned into a Lexical document.

Follows ``@tryghost/kg-converters``. A post that Ghost has not opened since version 5 may have no
other form, not even HTML. The format: https://github.com/bustle/mobiledoc-kit/blob/master/MOBILEDOC.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lexical.errors import LexicalError
from lexical.tree import BOLD, CODE, ITALIC, STRIKETHROUGH, SUBSCRIPT, SUPERSCRIPT, UNDERLINE
from lexical.validation import validate_json

_MARKUP, _LIST, _CARD = 1, 3, 10
_BLOCKS: Final = {
    "p": "paragraph",
    "blockquote": "quote",
    "aside": "aside",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
}
_FORMATS: Final = {
    "strong": BOLD,
    "b": BOLD,
    "em": ITALIC,
    "i": ITALIC,
    "s": STRIKETHROUGH,
    "u": UNDERLINE,
    "code": CODE,
    "sub": SUBSCRIPT,
    "sup": SUPERSCRIPT,
}
_CARDS: Final = {"code": "codeblock", "hr": "horizontalrule", "card-markdown": "markdown"}


def from_mobiledoc(mobiledoc: Mapping[str, object]) -> dict[str, object]:
    """Turn Mobiledoc (0.3, parsed) into a document.

    Raises :class:`LexicalError` where it refers to something that it does not have.
    """
    validate_json(mobiledoc)
    return {"root": _element("root", _Converter(mobiledoc).blocks())}


def _element(kind: str, children: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {
        "children": children,
        "direction": "ltr" if children else None,
        "format": "",
        "indent": 0,
        "type": kind,
        "version": 1,
        **more,
    }


class _Converter:
    """One conversion, with the tables that the sections refer to."""

    def __init__(self, mobiledoc: Mapping[str, object]) -> None:
        self.mobiledoc = mobiledoc
        self.path = ""

    def blocks(self) -> list[dict[str, object]]:
        out: list[dict[str, object]] = []
        for index, section in enumerate(self._rows(self.mobiledoc.get("sections") or [])):
            self.path = f"sections[{index}]"
            kind = section[0] if section else None
            if kind == _MARKUP:
                out.append(self._text_block(section))
            elif kind == _LIST:
                out.append(self._list(section))
            elif kind == _CARD:
                out.append(self._card(section))
        return out

    def _fail(self, reason: str) -> LexicalError:
        return LexicalError(self.path or "sections", reason)

    def _rows(self, value: object) -> list[list[object]]:
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            raise self._fail("A list of lists is meant to stand here.")
        return value

    def _at(self, row: list[object], index: int) -> object:
        if index >= len(row):
            raise self._fail("Something is missing at the end of this.")
        return row[index]

    def _entry(self, table: str, index: object) -> list[object]:
        rows = self._rows(self.mobiledoc.get(table) or [])
        if not isinstance(index, int) or not 0 <= index < len(rows) or not rows[index]:
            raise self._fail(f"There is no such entry among the {table}.")
        return rows[index]

    def _text_block(self, section: list[object]) -> dict[str, object]:
        tag = self._at(section, 1)
        children = self._markers(self._at(section, 2))
        kind = _BLOCKS.get(tag, "paragraph") if isinstance(tag, str) else "paragraph"
        return _element(kind, children, **({"tag": tag} if kind == "heading" else {}))

    def _list(self, section: list[object]) -> dict[str, object]:
        tag = "ul" if self._at(section, 1) == "ul" else "ol"
        items = [
            _element("listitem", self._markers(markers), value=number)
            for number, markers in enumerate(self._rows(self._at(section, 2)), 1)
        ]
        kind = "bullet" if tag == "ul" else "number"
        return _element("list", items, tag=tag, listType=kind, start=1)

    def _card(self, section: list[object]) -> dict[str, object]:
        card = self._entry("cards", self._at(section, 1))
        name, payload = card[0], card[1] if len(card) > 1 else {}
        if not isinstance(name, str) or not isinstance(payload, Mapping):
            raise self._fail("A card has a name and an object with its properties.")
        properties = {key: value for key, value in payload.items() if key != "type"}
        kind = _CARDS.get(name, name)
        if kind == "embed":
            properties["embedType"] = payload.get("type")
        return {"version": 1, **properties, "type": kind}

    def _markers(self, value: object) -> list[dict[str, object]]:
        out: list[dict[str, object]] = []
        open_markups: list[list[object]] = []
        link: dict[str, object] | None = None
        linked: list[dict[str, object]] = []
        for marker in self._rows(value):
            is_atom = self._at(marker, 0) != 0
            opened, closed = self._at(marker, 1), self._at(marker, 2)
            for index in opened if isinstance(opened, list) else ():
                markup = self._entry("markups", index)
                open_markups.append(markup)
                if markup[0] == "a":
                    linked = []
                    link = _link(markup, linked)
                    out.append(link)
            node = self._atom(marker) if is_atom else self._text(marker, open_markups)
            if node is not None:
                (out if link is None else linked).append(node)
            for _ in range(min(closed, len(open_markups)) if isinstance(closed, int) else 0):
                if open_markups.pop()[0] == "a":
                    link = None
        return out

    def _atom(self, marker: list[object]) -> dict[str, object] | None:
        atom = self._entry("atoms", self._at(marker, 3))
        return {"type": "linebreak", "version": 1} if atom[0] == "soft-return" else None

    def _text(self, marker: list[object], markups: list[list[object]]) -> dict[str, object]:
        text = self._at(marker, 3)
        if not isinstance(text, str):
            raise self._fail("The text of a marker is a text.")
        formats = 0
        for markup in markups:
            formats |= _FORMATS.get(markup[0], 0) if isinstance(markup[0], str) else 0
        return {
            "detail": 0,
            "format": formats,
            "mode": "normal",
            "style": "",
            "text": text,
            "type": "text",
            "version": 1,
        }


def _link(markup: list[object], children: list[dict[str, object]]) -> dict[str, object]:
    attributes = markup[1] if len(markup) > 1 and isinstance(markup[1], list) else []
    named = dict(zip(attributes[::2], attributes[1::2], strict=False))
    return {
        **_element("link", children),
        "direction": "ltr",
        "rel": named.get("rel"),
        "target": None,
        "title": None,
        "url": named.get("href"),
    }
