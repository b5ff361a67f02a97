"""The HTML card: markup of the author's own, put into the page as it is.

It is the one card whose content may run in the reader's browser.
"""

from __future__ import annotations

import re
from typing import Final

from lexical.cards.base import HTML, Card, Parser, Properties
from lexical.html_tree import Element
from lexical.options import Options
from lexical.visibility import EVERYONE

_REPLACEMENT = re.compile(r"\{(\w*?)(?:,? *\"(.*?)\")?\}", re.ASCII)
VISIBLE_TO_ALL: Final = {
    "web": {"nonMember": True, "memberSegment": EVERYONE},
    "email": {"memberSegment": EVERYONE},
}


def _render(properties: Properties, options: Options) -> str:
    if not properties.on("html"):
        return ""
    html = properties.text("html").replace("\r\n", "\n").replace("\r", "\n")
    if "emailUniqueid" in options.features:
        html = _REPLACEMENT.sub(_wrap, html)
    return f"\n<!--kg-card-begin: html-->\n{html}\n<!--kg-card-end: html-->\n"


def _wrap(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 2) : match.start()]
    after = match.string[match.end() : match.end() + 2]
    return match[0] if before == after == "%%" else f"%%{match[0]}%%"


def _read_table(element: Element) -> dict[str, object]:
    """A table, for which there is no card of its own."""
    return {"html": element.outer_html()}


CARD = Card(
    type="html",
    properties={"html": "", "visibility": VISIBLE_TO_ALL},
    render=_render,
    mentions={"html": HTML},
    words=("html",),
    gated=True,
    parsers=(Parser("table", claims=lambda _: True, read=_read_table, priority=0),),
)
