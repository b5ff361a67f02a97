"""Short HTML of captions and labels, cleaned as Ghost cleans it when it stores or shows them.

Follows ``@tryghost/kg-clean-basic-html``: line breaks become spaces, spaces collapse, elements
without text go.
"""

from __future__ import annotations

import re

from lexical import javascript as js
from lexical.html_tree import Element, Text, remove, replace
from lexical.markup import parse

_BREAK = re.compile(rf"<br{js.SPACE}?/?>")
_SPACES = re.compile(rf"(?:{js.SPACE}|&nbsp;){{2,}}")
_EDGES = re.compile(r"^&nbsp;|&nbsp$")
_JOINERS = re.compile("\u200c+")


def clean_basic_html(html: str, *, first_child_inner_content: bool = False) -> str:
    """Clean HTML; with ``first_child_inner_content`` give what its first element holds."""
    html = _SPACES.sub(" ", _BREAK.sub(" ", html))
    html = js.trim(_EDGES.sub("", js.trim(html)))
    if not html:
        return ""
    body = parse(html)
    if not body.text():
        return ""
    for element in list(body.elements()):
        text = element.text()
        if element.parent is None or _JOINERS.sub("", js.trim(text)):
            continue
        if text:
            replace(element, [Text(" ")])
        else:
            remove(element)
    if first_child_inner_content:
        for node in body.children:
            if isinstance(node, Element):
                return js.trim(node.inner_html())
    return js.trim(body.inner_html())
