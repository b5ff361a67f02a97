"""Two changes of one document become one document, block by block.

Whatever one of the two changed and the other left alone is taken; what both did alike is taken
once. Only a block that both changed, or that one changed and the other took out, is left to a
person. Nothing that anybody wrote is lost: what is not in the merged document is in a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lexical.alignment import Block, align, blocks_of
from lexical.tree import NodeJson

CONFLICT: Final = "conflict"
"""The type of the node that stands in a merged document where a person has to choose."""


@dataclass(frozen=True, slots=True)
class BlockConflict:
    """A block of which a person has to say what becomes of it.

    ``key`` is that of its place in the document. None for a side: there the block is taken out.
    """

    key: str
    base: NodeJson
    mine: NodeJson | None
    theirs: NodeJson | None


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """What two changes make together.

    Where there are conflicts, ``document`` has in the place of each a node of type ``conflict``
    with its ``key``.
    """

    document: dict[str, object]
    conflicts: tuple[BlockConflict, ...]


class _Side:
    """What one side made of the blocks they both began with."""

    def __init__(self, base: Sequence[Block], after: Sequence[Block]) -> None:
        self.became: list[Block | None] = [None] * len(base)
        # What was put in before the block of this place; the last is what follows them all.
        self.added: list[list[Block]] = [[] for _ in range(len(base) + 1)]
        place = 0
        for here, there in align(base, after):
            if here is None:
                if there is not None:
                    self.added[place].append(after[there])
                continue
            place = here + 1
            self.became[here] = None if there is None else after[there]
        self._places: dict[str, list[int]] = {}
        for gap, blocks in enumerate(self.added):
            for block in blocks:
                self._places.setdefault(block.key, []).append(gap)

    def place_of(self, key: str, preferred: int = 0) -> int | None:
        """Return where a block was put in that stood elsewhere before; None where it is gone."""
        places = self._places.get(key, [])
        return preferred if preferred in places else next(iter(places), None)

    def replace_added(self, gap: int, key: str, block: Block | None) -> None:
        """Put another block, or none, in the place of one that was put in."""
        number = [it.key for it in self.added[gap]].index(key)
        self.added[gap][number : number + 1] = [] if block is None else [block]
        self._places[key].remove(gap)


def merge(
    base: Mapping[str, object], mine: Mapping[str, object], theirs: Mapping[str, object]
) -> MergedDocument:
    """Merge two changes of a document; all three are known to be documents.

    Args:
        base: what both began with.
        mine: the one.
        theirs: the other, which was saved first: of what both put into one place it comes first.
    """
    begun = blocks_of(base)
    one, other = _Side(begun, blocks_of(mine)), _Side(begun, blocks_of(theirs))
    _follow_moves(begun, one, other)
    _follow_moves(begun, other, one)
    nodes: list[NodeJson] = []
    conflicts: list[BlockConflict] = []
    for place in range(len(begun) + 1):
        nodes += (block.node for block in _both_added(one.added[place], other.added[place]))
        if place == len(begun):
            break
        found = _one_block(begun[place], one.became[place], other.became[place], place)
        if isinstance(found, BlockConflict):
            conflicts.append(found)
            nodes.append({"type": CONFLICT, "version": 1, "key": found.key})
        elif found is not None:
            nodes.append(found.node)
    return MergedDocument(_with_blocks(base, mine, theirs, nodes), tuple(conflicts))


def is_same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two documents say the same, whatever an editor adds by opening them."""
    return _frame(one) == _frame(other) and [block.key for block in blocks_of(one)] == [
        block.key for block in blocks_of(other)
    ]


def _follow_moves(begun: Sequence[Block], mover: _Side, other: _Side) -> None:
    """Let a block that one side moved and the other edited be edited where it is now.

    One that both moved stays where the other put it, once.
    """
    for place, block in enumerate(begun):
        if mover.became[place] is not None:
            continue
        gap = mover.place_of(block.key)
        if gap is None:
            continue
        changed = other.became[place]
        if changed is not None and changed.key != block.key:
            mover.replace_added(gap, block.key, changed)
            other.became[place] = None
        elif changed is None and other.place_of(block.key, gap) not in {None, gap}:
            mover.replace_added(gap, block.key, None)


def _one_block(
    base: Block, mine: Block | None, theirs: Block | None, place: int
) -> Block | BlockConflict | None:
    if _same(mine, theirs) or _same(mine, base):
        return theirs
    if _same(theirs, base):
        return mine
    return BlockConflict(
        str(place),
        base.node,
        None if mine is None else mine.node,
        None if theirs is None else theirs.node,
    )


def _same(one: Block | None, other: Block | None) -> bool:
    return (one and one.key) == (other and other.key)


def _both_added(mine: list[Block], theirs: list[Block]) -> list[Block]:
    """What both put into one place: theirs, then of mine what is not among theirs already."""
    there = [block.key for block in theirs]
    kept = list(theirs)
    for block in mine:
        if block.key in there:
            there.remove(block.key)
        else:
            kept.append(block)
    return kept


def _with_blocks(
    base: Mapping[str, object],
    mine: Mapping[str, object],
    theirs: Mapping[str, object],
    nodes: list[NodeJson],
) -> dict[str, object]:
    """A document with these blocks, and what else it holds from whoever changed that."""
    frames = [_frame(document) for document in (base, mine, theirs)]
    chosen = mine if frames[2] == frames[0] else theirs
    root = chosen["root"]
    inner = dict(root) if isinstance(root, Mapping) else {}
    return {**chosen, "root": {**inner, "children": nodes}}


def _frame(document: Mapping[str, object]) -> str:
    """All of a document but its blocks, and what editors add by opening it."""
    root = document["root"]
    inner = dict(root) if isinstance(root, Mapping) else {}
    for name in ("children", "direction", "version"):
        inner.pop(name, None)
    return json.dumps({**document, "root": inner}, sort_keys=True)
