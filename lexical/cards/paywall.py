"""The paywall: what stands below it is for those alone who may read the post."""

from __future__ import annotations

from lexical.cards.base import Card, Properties
from lexical.options import Options


def _render(_properties: Properties, _options: Options) -> str:
    return "<!--members-only-->"


CARD = Card(type="paywall", properties={}, render=_render)
