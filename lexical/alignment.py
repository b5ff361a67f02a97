"""Which blocks of two documents are the same one: equal, or edited.

A block is a child of the root: a paragraph, a list, a card. Blocks carry no names, so they are told
by what they say. What an editor adds by only opening a document (directions, versions, the newer
names of the same kinds of nodes) makes no block another one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from lexical.tree import NodeJson, own_children, root_of, text_content, type_of

# Derived by the editor while it shows a document, or of no meaning to anybody.
_DERIVED: Final = frozenset({"direction", "version"})
# Said or left out, it is the same.
_DEFAULTS: Final[Mapping[str, object]] = {
    "detail": 0,
    "format": 0,
    "indent": 0,
    "mode": "normal",
    "rel": None,
    "style": "",
    "target": None,
    "textFormat": 0,
    "textStyle": "",
    "title": None,
}
_KINDS: Final = {
    "extended-text": "text",
    "extended-heading": "heading",
    "extended-quote": "quote",
}

_WORD: Final = re.compile(r"\w+|[^\w\s]")
# From which likeness on a block that stands where another stood is that one, edited.
_ALIKE: Final = 0.4
# More comparisons than these are not worth anybody's waiting: then nothing is taken for edited.
_MOST_COMPARISONS: Final = 10_000
_MOST_BLOCKS: Final = 20_000

Pair: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Block:
    """A block, with what it is compared by."""

    node: NodeJson
    key: str
    kind: str
    words: Counter[str] = field(compare=False)

    @property
    def is_blank(self) -> bool:
        """Whether it is a paragraph in which nobody has written yet."""
        return self.kind == "paragraph" and not own_children(self.node)


def blocks_of(document: Mapping[str, object]) -> list[Block]:
    """The blocks of a document that is known to be one."""
    return [block_of(node) for node in own_children(root_of(document))]


def block_of(node: NodeJson) -> Block:
    """A node as a block."""
    kind = type_of(node)
    words = Counter(_WORD.findall(" ".join(words_of(node))))
    return Block(node, _key(node), _KINDS.get(kind, kind), words)


def words_of(node: NodeJson) -> Iterator[str]:
    """The texts of a block: what is written in it, and of a card all its properties that are texts.

    Args:
        node: a block.
    """
    written = text_content(node, saved=True).strip()
    if written:
        yield written
    elif not own_children(node):
        yield from _texts({name: value for name, value in node.items() if name != "type"})


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _key(node: NodeJson) -> str:
    return json.dumps(_plain(node), sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        plain = {}
        for name, item in value.items():
            if name in _DERIVED or (name in _DEFAULTS and item in (_DEFAULTS[name], None, "")):
                continue
            plain[name] = _plain(item)
        if isinstance(kind := plain.get("type"), str):
            plain["type"] = _KINDS.get(kind, kind)
        return plain
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def align(before: Sequence[Block], after: Sequence[Block]) -> list[Pair]:
    """Find what became of each block.

    Returns:
        Pairs of places, in order: `(i, j)` for a block that stayed or was edited, `(i, None)` for
        one that is gone, `(None, j)` for a new one.
    """
    first = 0
    while first < min(len(before), len(after)) and before[first].key == after[first].key:
        first += 1
    tail = 0
    rest = min(len(before), len(after)) - first
    while tail < rest and before[-1 - tail].key == after[-1 - tail].key:
        tail += 1
    end, other_end = len(before) - tail, len(after) - tail
    pairs: list[Pair] = [(place, place) for place in range(first)]
    pairs += _middle(before, after, (first, end), (first, other_end))
    pairs += [(end + place, other_end + place) for place in range(tail)]
    return pairs


def _middle(
    before: Sequence[Block], after: Sequence[Block], one: tuple[int, int], other: tuple[int, int]
) -> Iterator[Pair]:
    if max(one[1] - one[0], other[1] - other[0]) > _MOST_BLOCKS:
        yield from _apart(range(*one), range(*other))
        return
    matcher = SequenceMatcher(
        None,
        [block.key for block in before[slice(*one)]],
        [block.key for block in after[slice(*other)]],
        autojunk=False,
    )
    for what, i, i_end, j, j_end in matcher.get_opcodes():
        here, there = range(one[0] + i, one[0] + i_end), range(other[0] + j, other[0] + j_end)
        if what == "equal":
            yield from zip(here, there, strict=True)
        elif what == "replace":
            yield from _edited(before, after, here, there)
        else:
            yield from _apart(here, there)


def _apart(here: Sequence[int], there: Sequence[int]) -> Iterator[Pair]:
    yield from ((place, None) for place in here)
    yield from ((None, place) for place in there)


def _edited(
    before: Sequence[Block], after: Sequence[Block], here: range, there: range
) -> Iterator[Pair]:
    """Pair what was replaced with that by which it was replaced, in order, the likest first."""
    if len(here) * len(there) > _MOST_COMPARISONS:
        yield from _apart(here, there)
        return
    only = len(here) == len(there) == 1
    # best[i][j]: the greatest likeness of what follows from these two places on.
    best = [[0.0] * (len(there) + 1) for _ in range(len(here) + 1)]
    likeness = [[_likeness(before[i], after[j], only=only) for j in there] for i in here]
    for i in reversed(range(len(here))):
        for j in reversed(range(len(there))):
            both = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(here) and j < len(there):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            yield here[i], there[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield here[i], None
            i += 1
        else:
            yield None, there[j]
            j += 1
    yield from _apart(here[i:], there[j:])


def _likeness(before: Block, after: Block, *, only: bool) -> float:
    """How much a block is another one, edited: from 0, not at all, to 1."""
    if before.is_blank or after.is_blank:
        # Who writes into an empty paragraph writes a new one: two who do so both stay.
        return 0.0
    total = before.words.total() + after.words.total()
    shared = 2 * (before.words & after.words).total() / total if total else 1.0
    if before.kind != after.kind:
        # A paragraph that becomes a heading keeps its words.
        return shared if shared >= _ALIKE and total else 0.0
    return max(shared, _ALIKE) if shared >= _ALIKE or only else 0.0
