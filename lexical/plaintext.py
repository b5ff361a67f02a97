"""HTML as plain text, as Ghost makes it for excerpts, search and reading times.

Follows ``@tryghost/html-to-plaintext`` (its ``excerpt``, which is what a post's ``plaintext`` is
made with), that is html-to-text 8 with links, pictures, captions, rules and sign-up cards left out.
"""

from __future__ import annotations

import re
from typing import Final

from lexical.html_tree import Element, Node, Text, names, parse_fragment

_SPACES: Final = " \t\r\f\u200b"
_WORD_OR_NEWLINE = re.compile(rf"\n|[^\n{_SPACES}]+")
_MAX_DEPTH: Final = 100
"""How deep elements may nest before what is below them counts as one run of text."""

_SKIPPED: Final = names("img figcaption hr script style title template")
_BREAKS: Final = {
    **dict.fromkeys(names("h1 h2 h3"), (3, 2)),
    **dict.fromkeys(names("h4 h5 h6 p pre blockquote table"), (2, 2)),
    **dict.fromkeys(names("article aside footer form header main nav section"), (1, 1)),
}
"""The line breaks before and after each kind of block."""


def html_to_plaintext(html: str) -> str:
    """The text of HTML: paragraphs set apart by an empty line, list items marked."""
    builder = _Builder()
    # A carriage return is mere white space here; the parser would make a line break of it.
    for node in parse_fragment(html.replace("\r", " ")).children:
        builder.add(node, 0)
    return builder.block.text()


class _Block:
    """A block of text while it is gathered."""

    __slots__ = ("breaks", "is_pre", "leading", "lines", "parts", "stashed_space", "words")

    def __init__(self, leading: int = 1, *, is_pre: bool = False) -> None:
        self.leading = leading
        self.is_pre = is_pre
        self.parts: list[str] = []
        self.lines: list[str] = []
        self.words: list[str] = []
        self.stashed_space = False
        self.breaks = 0

    def new_line(self, count: int = 1) -> None:
        self.lines.append(" ".join(self.words))
        self.lines.extend([""] * (count - 1))
        self.words = []

    def _flush(self) -> None:
        """Make finished text of the lines that are still open."""
        if self.lines or self.words:
            self.add_raw("\n".join([*self.lines, " ".join(self.words)]))
        self.lines, self.words = [], []

    def add_raw(self, text: str) -> None:
        if text:
            self.parts.append(text)

    def text(self) -> str:
        self._flush()
        return "".join(self.parts)

    def add_text(self, text: str, leading: int, trailing: int) -> None:
        self._flush()
        leading = max(self.breaks, leading)
        if self.parts:
            self.add_raw("\n" * leading)
        else:
            self.leading = leading
        self.add_raw(text)
        self.breaks = trailing

    def add_inline(self, text: str) -> None:
        if self.is_pre:
            self.add_raw(text)
            return
        if self.breaks and not text.strip(_SPACES):
            return
        if not text.strip(_SPACES + "\n"):
            newlines = text.count("\n")
            if newlines:
                self.new_line(newlines)
                return
        if self.breaks:
            self.new_line(self.breaks)
        self._add_words(text)
        self.breaks = 0

    def _add_words(self, text: str) -> None:
        had_space = self.stashed_space
        found = _WORD_OR_NEWLINE.findall(text)
        for index, word in enumerate(found):
            if word == "\n":
                self.new_line()
            elif index or had_space or text[0] in _SPACES or not self.words:
                self.words.append(word)
            else:
                self.words[-1] += word
        self.stashed_space = (had_space and not found) or text[-1] in _SPACES


class _Builder:
    """Walks the elements and gathers their text."""

    def __init__(self) -> None:
        self.block = _Block()

    def add(self, node: Node, depth: int) -> None:
        if isinstance(node, Text):
            self.block.add_inline(node.data)
        elif isinstance(node, Element) and not _is_skipped(node):
            if depth > _MAX_DEPTH:
                self.block.add_inline(node.text())
            elif node.tag == "br":
                self._break()
            elif node.tag in {"ul", "ol"}:
                self._list(node, depth)
            else:
                self._element(node, depth)

    def _break(self) -> None:
        if self.block.is_pre:
            self.block.add_raw("\n")
        else:
            self.block.new_line()

    def _element(self, element: Element, depth: int) -> None:
        breaks = _BREAKS.get(element.tag)
        if breaks is None:
            self._children(element, depth)
            return
        outer = self._open(breaks[0], is_pre=element.tag == "pre")
        self._children(element, depth)
        self._close(outer, breaks[1])

    def _children(self, element: Element, depth: int) -> None:
        for child in element.children:
            self.add(child, depth + 1)

    def _open(self, leading: int, *, is_pre: bool = False) -> _Block:
        outer = self.block
        self.block = _Block(leading, is_pre=is_pre or outer.is_pre)
        return outer

    def _close(
        self, outer: _Block, trailing: int, prefix: str | None = None, width: int = 0
    ) -> None:
        inner, self.block = self.block, outer
        text = inner.text()
        if prefix is not None:
            text = prefix.ljust(width) + text.replace("\n", "\n" + " " * width)
        outer.add_text(text, inner.leading, max(inner.breaks, trailing))

    def _list(self, element: Element, depth: int) -> None:
        is_nested = element.parent is not None and element.parent.tag == "li"
        number = _start(element) if element.tag == "ol" else None
        items: list[tuple[Node, str]] = []
        for child in element.children:
            if isinstance(child, Text) and not child.data.strip():
                continue
            prefix = ""
            if isinstance(child, Element) and child.tag == "li":
                prefix = " * " if number is None else f" {number}. "
                if number is not None:
                    number += 1
                if is_nested:
                    prefix = prefix.lstrip()
            items.append((child, prefix))
        if not items:
            return
        width = max(len(prefix) for _, prefix in items)
        breaks = 1 if is_nested else 2
        outer = self._open(breaks)
        for child, prefix in items:
            list_block = self._open(1)
            self.add(child, depth + 1)
            self._close(list_block, 1, prefix, width)
        self._close(outer, breaks)


def _is_skipped(element: Element) -> bool:
    tag = element.tag
    if tag in _SKIPPED:
        return not element.foreign or tag in {"script", "style"}
    return (
        (tag == "a" and element.attributes.get("rel") == "footnote")
        or (tag == "div" and element.has_class("footnotes"))
        or element.has_class("kg-signup-card")
    )


def _start(element: Element) -> int:
    start = element.attributes.get("start", "")
    return int(start) if re.fullmatch(r"-?\d{1,15}", start) else 1
