"""What the editor hands over and takes as a snippet: `{"namespace", "nodes"}`, as Koenig writes it.

Koenig puts the nodes in with `$generateNodesFromSerializedNodes`; the namespace is its own name.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

import lexical
from infrastructure.errors import InvalidError
from lexical import snippets
from lexical.tree import NodeJson

_NAMESPACE: Final = "KoenigEditor"
# A snippet is a piece of a document, not a book.
LARGEST: Final = 500_000


def nodes_of(value: object) -> list[NodeJson]:
    """Return the blocks of a snippet's value.

    Raises:
        InvalidError: it is none.
    """
    if not isinstance(value, str) or not value.strip():
        message = "There is nothing in this snippet."
        raise InvalidError(message)
    if len(value) > LARGEST:
        message = f"This is too large for a snippet: {LARGEST:,} characters are the most."
        raise InvalidError(message)
    try:
        parsed = msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        message = "This is not a piece of a document."
        raise InvalidError(message) from error
    nodes = parsed.get("nodes") if isinstance(parsed, dict) else None
    if not isinstance(nodes, list):
        message = "This is not a piece of a document."
        raise InvalidError(message)
    try:
        lexical.validate(document_of(nodes))
    except lexical.LexicalError as error:
        message = f"This cannot be kept: {error.reason}"
        raise InvalidError(message) from error
    kept = snippets.tidy(nodes)
    if not kept:
        message = "There is nothing in this snippet."
        raise InvalidError(message)
    return kept


def value_of(nodes: Sequence[NodeJson]) -> str:
    """Return blocks as the value of a snippet."""
    return msgspec.json.encode({"namespace": _NAMESPACE, "nodes": list(nodes)}).decode()


def document_of(nodes: Sequence[NodeJson]) -> dict[str, Any]:
    """Return blocks as a document of their own."""
    return {
        "root": {
            "children": list(nodes),
            "direction": None,
            "format": "",
            "indent": 0,
            "type": "root",
            "version": 1,
        }
    }


def html_of(value: str) -> str:
    """Return what a snippet shows."""
    return snippets.without_comments(lexical.render_html(document_of(nodes_of(value))))
