"""The e-mail call to action: shown in newsletters alone, with nothing on the web."""

from __future__ import annotations

from lexical.cards.base import HTML, URL, Card, Properties
from lexical.options import Options


def _render(_properties: Properties, _options: Options) -> str:
    return ""


CARD = Card(
    type="email-cta",
    properties={
        "alignment": "left",
        "buttonText": "",
        "buttonUrl": "",
        "html": "",
        "segment": "status:free",
        "showButton": False,
        "showDividers": True,
    },
    render=_render,
    mentions={"html": HTML, "buttonUrl": URL},
)
