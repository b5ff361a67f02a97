"""The divider: a line between two parts of a text."""

from __future__ import annotations

from lexical.cards.base import Card, Parser, Properties
from lexical.html_tree import Element
from lexical.options import Options


def _render(_properties: Properties, _options: Options) -> str:
    return "<hr>"


def _read(_element: Element) -> dict[str, object]:
    return {}


CARD = Card(
    type="horizontalrule",
    properties={},
    render=_render,
    node_text="---\n\n",
    parsers=(Parser("hr", claims=lambda _: True, read=_read, priority=0),),
)
