"""The cards: one module each, found here by the type of their node."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from lexical.cards.base import Card


def _discover() -> Mapping[str, Card]:
    found: dict[str, Card] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        card = getattr(importlib.import_module(f"{__name__}.{module.name}"), "CARD", None)
        if isinstance(card, Card):
            found[card.type] = card
    return MappingProxyType(found)


CARDS = _discover()
"""Every card, by the type of its node."""
