"""The e-mail text: shown in newsletters alone, with nothing on the web."""

from __future__ import annotations

from lexical.cards.base import HTML, Card, Properties
from lexical.options import Options


def _render(_properties: Properties, _options: Options) -> str:
    return ""


CARD = Card(type="email", properties={"html": ""}, render=_render, mentions={"html": HTML})
