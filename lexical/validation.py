"""What counts as a document, and how large one may be.

Everything that comes from outside passes here before anything walks through it, so that the rest of
the package may recurse and read without care. The time this takes is linear in what is handed in,
and it stops at the first fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lexical.errors import LexicalError

MAX_DEPTH: Final = 150
"""How deep lists and objects may lie in each other; a structure that holds itself ends here."""
MAX_VALUES: Final = 1_000_000
"""How many values (of any kind) a document may hold."""
MAX_NODES: Final = 200_000
"""How many nodes a document may have."""
MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""How many characters all texts of a document may have together."""

_BAD_CHARACTER = re.compile("[\x00\ud800-\udfff]")
_DOCUMENT: Final = "document"


def validate(document: object) -> None:
    """Make sure that a document is one.

    Raises :class:`LexicalError`, which says where the fault lies.
    """
    if not isinstance(document, Mapping):
        raise LexicalError(_DOCUMENT, "A document is an object with a root.")
    root = document.get("root")
    if not isinstance(root, Mapping):
        raise LexicalError("root", "A document has a root, which is an object.")
    validate_json(document)
    try:
        _NodeWalk().node(root, is_root=True)
    except _FaultError as fault:
        raise fault.located() from None


def validate_json(value: object) -> None:
    """Make sure that a value is what JSON can hold, within the bounds of a document.

    Raises :class:`LexicalError`, which says where the fault lies.
    """
    try:
        _ValueWalk().value(value, 0)
    except _FaultError as fault:
        raise fault.located() from None


class _FaultError(Exception):
    """A fault on its way up, gathering the path to itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def located(self) -> LexicalError:
        path = "".join(reversed(self.path)).removeprefix(".")
        return LexicalError(path or _DOCUMENT, self.reason)


class _ValueWalk:
    """One pass over all values, which counts as it goes."""

    __slots__ = ("characters", "values")

    def __init__(self) -> None:
        self.values = 0
        self.characters = 0

    def value(self, value: object, depth: int) -> None:
        """Look at a value and all that it holds."""
        if isinstance(value, str):
            self._text(value)
        elif isinstance(value, Mapping):
            self._mapping(value, depth + 1)
        elif isinstance(value, list):
            self._sequence(value, depth + 1)
        elif value is not None and not isinstance(value, int | float):
            raise _FaultError("This is no JSON value.")

    def _mapping(self, value: Mapping[object, object], depth: int) -> None:
        self._count(len(value), depth)
        for key, item in value.items():
            try:
                if not isinstance(key, str):
                    raise _not_a_name()
                self._text(key)
                self.value(item, depth)
            except _FaultError as fault:
                fault.path.append(
                    f".{key}" if isinstance(key, str) and key.isidentifier() else ".?"
                )
                raise

    def _sequence(self, value: list[object], depth: int) -> None:
        self._count(len(value), depth)
        for index, item in enumerate(value):
            try:
                self.value(item, depth)
            except _FaultError as fault:
                fault.path.append(f"[{index}]")
                raise

    def _count(self, values: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _FaultError(f"Lists and objects lie more than {MAX_DEPTH} deep.")
        self.values += values
        if self.values > MAX_VALUES:
            raise _FaultError(f"The document holds more than {MAX_VALUES} values.")

    def _text(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise _FaultError(f"The document has more than {MAX_CHARACTERS} characters.")
        if text.isascii():
            if "\x00" in text:
                raise _FaultError("The text has a NUL character in it.")
        elif _BAD_CHARACTER.search(text):
            raise _FaultError("The text has a NUL character or half a surrogate pair in it.")


def _not_a_name() -> _FaultError:
    return _FaultError("The name of a property is a text.")


class _NodeWalk:
    """One pass over the nodes of what is known to be JSON."""

    __slots__ = ("nodes",)

    def __init__(self) -> None:
        self.nodes = 0

    def node(self, node: Mapping[str, object], *, is_root: bool = False) -> None:
        """Look at a node and the nodes below it."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _FaultError(f"The document has more than {MAX_NODES} nodes.")
        if not is_root and not isinstance(node.get("type"), str):
            raise _at("type", "A node has a type, which is a text.")
        if not isinstance(node.get("text", ""), str | None):
            raise _at("text", "The text of a node is a text.")
        children = node.get("children")
        if children is None:
            return
        if not isinstance(children, list):
            raise _at("children", "The children of a node are a list.")
        for index, child in enumerate(children):
            try:
                if not isinstance(child, Mapping):
                    raise _not_a_node()
                self.node(child)
            except _FaultError as fault:
                fault.path.append(f".children[{index}]")
                if is_root:
                    fault.path.append("root")
                raise


def _not_a_node() -> _FaultError:
    return _FaultError("A node is an object.")


def _at(name: str, reason: str) -> _FaultError:
    fault = _FaultError(reason)
    fault.path.append(f".{name}")
    return fault
