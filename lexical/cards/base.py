"""What a card is, and how one is found by the type of its node.

A card is one module of this package with a ``CARD`` in it; :func:`card_for` finds it. How to write
one is told in ``docs/lexical.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lexical import javascript as js
from lexical.html_tree import Element
from lexical.options import Options

URL: Final = "url"
IMAGE: Final = "image"
HTML: Final = "html"
MARKDOWN: Final = "markdown"


@dataclass(frozen=True, slots=True)
class KeepEmpty:
    """A default that stands for null alone, so that the empty text stays empty."""

    default: str


class Properties:
    """A card's properties, read with their defaults as Ghost's nodes read them.

    A property whose default is text takes the default for every empty value; any other takes it for
    null alone.
    """

    __slots__ = ("_defaults", "_node")

    def __init__(self, node: Mapping[str, object], defaults: Mapping[str, object]) -> None:
        self._node = node
        self._defaults = defaults

    def raw(self, name: str) -> object:
        """The property's value, whatever its type."""
        value = self._node.get(name)
        default = self._defaults[name]
        if isinstance(default, str):
            return value if js.truthy(value) else default
        if isinstance(default, KeepEmpty):
            return value if value is not None else default.default
        return value if value is not None else default

    def text(self, name: str) -> str:
        """The property as text."""
        value = self._node.get(name)
        if value and isinstance(value, str):
            return value
        return js.to_string(self.raw(name))

    def on(self, name: str) -> bool:
        """Whether the property is set to anything that counts as true."""
        return js.truthy(self.raw(name))

    def words(self, name: str) -> str:
        """A property as far as it counts as text: nothing for a list, an object or a switch.

        A dotted name reaches into an object.
        """
        if "." in name:
            outer, _, inner = name.partition(".")
            holder = self.raw(outer)
            value = holder.get(inner) if isinstance(holder, Mapping) else None
        else:
            value = self.raw(name)
        if isinstance(value, str) or js.is_number(value):
            return js.to_string(value) if value else ""
        return ""

    def number(self, name: str) -> float:
        """The property as a number, NaN if it is none."""
        return js.to_number(self.raw(name))


Render = Callable[[Properties, Options], str]
"""Gives a card's HTML for one target."""

Parse = Callable[[Element], dict[str, object] | None]
"""Gives the properties of the card that an element shows, or None if it shows none."""


@dataclass(frozen=True, slots=True)
class Parser:
    """How a card is recognised in HTML.

    ``tag`` is the element's tag (``#comment`` for comments), ``claims`` tells whether this element
    is the card's, ``read`` gives its properties or None. Of several that claim an element, the one
    of the highest ``priority`` reads it.
    """

    tag: str
    claims: Callable[[Element], bool]
    read: Parse
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Card:
    """A kind of block: its properties with their defaults, its renderings, what it refers to.

    ``render`` serves every target that ``renderings`` does not name. ``mentions`` says of which
    kind (:data:`URL`, :data:`IMAGE`, :data:`HTML`, :data:`MARKDOWN`) those properties are that can
    hold addresses; a dotted name reaches into a nested object, ``[]`` into a list. ``words`` are
    the properties whose text is the card's own. ``node_text`` stands for it where the card has
    none; it counts in the id of a heading that holds the card by mistake. A ``gated`` card has a
    ``visibility`` among its properties, which decides who sees it.
    """

    type: str
    properties: Mapping[str, object]
    render: Render
    renderings: Mapping[str, Render] = field(default_factory=dict)
    mentions: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    parsers: tuple[Parser, ...] = ()
    node_text: str = ""
    gated: bool = False
