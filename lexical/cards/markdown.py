"""Markdown, rendered when the post is."""

from __future__ import annotations

from lexical import markup
from lexical.cards.base import MARKDOWN, Card, Properties
from lexical.markdown import to_html
from lexical.options import Options


def _render(properties: Properties, _options: Options) -> str:
    return markup.fragment(to_html(properties.text("markdown")))


CARD = Card(
    type="markdown",
    properties={"markdown": ""},
    render=_render,
    mentions={"markdown": MARKDOWN},
    words=("markdown",),
)
