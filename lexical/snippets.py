"""Synced snippets inside a document: pieces between two markers that say which snippet they are.

A marker is an HTML card with nothing but a comment, ``<!--snippet:UUID:begin-->`` or ``:end-->``,
so that any editor and renderer of the format keeps and shows the piece between as what it is.
Markers without their counterpart mean nothing. A snippet may stand within another; not in itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lexical.rendering import render_html
from lexical.tree import NodeJson, own_children, root_of

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_COMMENT: Final = rf"<!--\s*snippet:(?P<id>{_UUID}):(?P<side>begin|end)\s*-->"
_MARKER = re.compile(rf"\s*{_COMMENT}\s*", re.IGNORECASE)
# As a marker is rendered: a card of its own.
_RENDERED = re.compile(
    r"\n?<!--kg-card-begin: html-->\s*" + _COMMENT + r"\s*<!--kg-card-end: html-->\n?",
    re.IGNORECASE,
)
_NAKED = re.compile(_COMMENT, re.IGNORECASE)

_EMPTY_PARAGRAPH: Final[dict[str, object]] = {
    "children": [],
    "direction": None,
    "format": "",
    "indent": 0,
    "type": "paragraph",
    "version": 1,
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where a snippet stands: the places of its two markers among the blocks of a document."""

    snippet: str
    begin: int
    end: int


def may_have_snippets(text: str) -> bool:
    """Whether a document as JSON could have any; a quick look without parsing."""
    return "snippet:" in text


def marker(snippet: str, side: str) -> dict[str, object]:
    """Return a marker; ``side`` is ``begin`` or ``end``."""
    return {"type": "html", "version": 1, "html": f"<!--snippet:{snippet}:{side}-->"}


def wrapped(nodes: Sequence[NodeJson], snippet: str) -> list[NodeJson]:
    """Return the blocks of a snippet between its markers, as they stand in a document."""
    return [marker(snippet, "begin"), *nodes, marker(snippet, "end")]


def without_comments(html: str) -> str:
    """Return rendered HTML without its markers."""
    if "snippet:" not in html:
        return html
    return _NAKED.sub("", _RENDERED.sub("", html))


def _marked(node: NodeJson) -> tuple[str, str] | None:
    html = node.get("html")
    if node.get("type") != "html" or not isinstance(html, str):
        return None
    found = _MARKER.fullmatch(html)
    return (found["id"].lower(), found["side"].lower()) if found else None


def spans(nodes: Sequence[NodeJson]) -> list[Span]:
    """Find the snippets among blocks, in the order of their ends: inner ones before outer ones."""
    open_at: list[tuple[str, int]] = []
    found: list[Span] = []
    for place, node in enumerate(nodes):
        marked = _marked(node)
        if marked is None:
            continue
        snippet, side = marked
        if side == "begin":
            open_at.append((snippet, place))
            continue
        at = next((n for n in reversed(range(len(open_at))) if open_at[n][0] == snippet), None)
        if at is not None:
            found.append(Span(snippet, open_at[at][1], place))
            # What was begun within and not ended there means nothing.
            del open_at[at:]
    return found


def digest(nodes: Sequence[NodeJson]) -> bytes:
    """Return what tells whether two pieces show the same, however they are written down."""
    hashed = hashlib.sha256()
    for node in nodes:
        html = render_html({"root": {"type": "root", "version": 1, "children": [node]}})
        # What the web does not show (a card for e-mail alone) is told by itself.
        hashed.update((html or json.dumps(node, sort_keys=True)).encode())
    return hashed.digest()


def uses(document: Mapping[str, object]) -> dict[str, bytes]:
    """Return the snippets that a document uses by their ids, with the digest of what each shows."""
    nodes = own_children(root_of(document))
    found: dict[str, set[bytes]] = {}
    for span in spans(nodes):
        piece = nodes[span.begin + 1 : span.end]
        found.setdefault(span.snippet, set()).add(digest(piece))
    return {
        # Two that differ are neither's state.
        snippet: next(iter(states)) if len(states) == 1 else b"".join(sorted(states))[:64]
        for snippet, states in found.items()
    }


def inner(nodes: Sequence[NodeJson]) -> list[str]:
    """Return the ids of the snippets among blocks, each once."""
    return list(dict.fromkeys(span.snippet for span in spans(nodes)))


def tidy(nodes: Sequence[NodeJson]) -> list[NodeJson]:
    """Return blocks without markers that have lost their counterpart."""
    kept = {place for span in spans(nodes) for place in (span.begin, span.end)}
    return [node for at, node in enumerate(nodes) if _marked(node) is None or at in kept]


def unwrapped(nodes: Sequence[NodeJson], snippet: str) -> list[NodeJson]:
    """Return the blocks of a snippet without its own markers around them, where it has them."""
    if len(nodes) > 1 and Span(snippet, 0, len(nodes) - 1) in spans(nodes):
        return list(nodes[1:-1])
    return list(nodes)


def replaced(nodes: Sequence[NodeJson], snippet: str, piece: Sequence[NodeJson]) -> list[NodeJson]:
    """Return blocks in which a snippet, wherever it stands, shows another piece."""
    return _rewritten(nodes, snippet, wrapped(piece, snippet))


def removed(nodes: Sequence[NodeJson], snippet: str) -> list[NodeJson]:
    """Return blocks without a snippet and all that it shows."""
    return _rewritten(nodes, snippet, [])


def detached(nodes: Sequence[NodeJson], snippet: str) -> list[NodeJson]:
    """Return blocks in which what a snippet shows stays, without belonging to it any more."""
    gone = {
        place
        for span in spans(nodes)
        if span.snippet == snippet
        for place in (span.begin, span.end)
    }
    return [node for at, node in enumerate(nodes) if at not in gone]


def _rewritten(nodes: Sequence[NodeJson], snippet: str, then: Sequence[NodeJson]) -> list[NodeJson]:
    out: list[NodeJson] = []
    place = 0
    for span in sorted(spans(nodes), key=lambda it: (it.begin, -it.end)):
        # One within itself (by hand: it is refused everywhere else) goes with the outer one.
        if span.snippet == snippet and span.begin >= place:
            out += [*nodes[place : span.begin], *then]
            place = span.end + 1
    return [*out, *nodes[place:]]


def with_blocks(document: Mapping[str, object], nodes: Iterable[NodeJson]) -> dict[str, Any]:
    """Return a copy of a document with other blocks; never without any."""
    blocks = list(nodes) or [_EMPTY_PARAGRAPH]
    return {**document, "root": {**root_of(document), "children": blocks}}
