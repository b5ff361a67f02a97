"""The shape of a menu: who stands under whom and in what order, and how that is rearranged.

Pure: it knows ids alone. What it refuses, it refuses with a sentence for the editor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from infrastructure.errors import InvalidError, NotFoundError

DEEPEST: Final = 32
"""How many levels a menu has at most; the database holds it to that as well."""

WAYS: Final = ("up", "down", "in", "out")
"""The ways in which an entry is moved by one step."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands; `depth` is 1 at the top."""

    id: int
    parent_id: int | None
    position: int
    depth: int


class Tree:
    """A forest of ids, each level in its order."""

    def __init__(self, nodes: Iterable[tuple[int, int | None]]) -> None:
        """Take (id, parent's id) pairs, the children of one parent in their order."""
        self._parents: dict[int, int | None] = {}
        self._children: dict[int | None, list[int]] = {None: []}
        for node_id, parent_id in nodes:
            self._parents[node_id] = parent_id
            self._children.setdefault(parent_id, []).append(node_id)

    def __contains__(self, node_id: object) -> bool:
        """Whether there is such a node."""
        return node_id in self._parents

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self._parents)

    def parent(self, node_id: int) -> int | None:
        """Return under which node one stands; None at the top."""
        return self._parents[node_id]

    def children(self, parent_id: int | None) -> tuple[int, ...]:
        """Return what stands under a node, in order; of None, what stands at the top."""
        return tuple(self._children.get(parent_id, ()))

    def index(self, node_id: int) -> int:
        """Return the place of a node among its siblings, from 0."""
        return self._children[self._parents[node_id]].index(node_id)

    def depth(self, node_id: int | None) -> int:
        """Return how deep a node stands: 1 at the top, 0 for None."""
        depth = 0
        while node_id is not None:
            depth, node_id = depth + 1, self._parents[node_id]
        return depth

    def under(self, node_id: int) -> Iterator[int]:
        """Give a node and all below it, from top to bottom."""
        waiting = [node_id]
        while waiting:
            found = waiting.pop()
            yield found
            waiting.extend(reversed(self._children.get(found, ())))

    def places(self) -> Iterator[Place]:
        """Give every node with its place, from top to bottom, parents first."""
        waiting: list[tuple[int, int, int]] = []

        def wait(parent_id: int | None, depth: int) -> None:
            level = self._children.get(parent_id, ())
            waiting.extend((it, at, depth) for at, it in reversed(list(enumerate(level))))

        wait(None, 1)
        while waiting:
            node_id, position, depth = waiting.pop()
            yield Place(node_id, self._parents[node_id], position, depth)
            wait(node_id, depth + 1)

    def add(self, node_id: int, parent_id: int | None, index: int | None = None) -> None:
        """Put a new node under `parent_id`, at `index` of its level or at the end.

        Raises:
            NotFoundError: the parent is not there.
            InvalidError: that is too deep.
        """
        self._check_parent(parent_id)
        self._check_depth(self.depth(parent_id) + 1)
        self._parents[node_id] = parent_id
        level = self._children.setdefault(parent_id, [])
        level.insert(len(level) if index is None else max(0, index), node_id)

    def move(self, node_id: int, parent_id: int | None, index: int | None = None) -> None:
        """Put a node, with all below it, under another parent or at another place.

        Args:
            node_id: which.
            parent_id: the new parent; None for the top.
            index: its place in the new level once it is there; None for the end.

        Raises:
            NotFoundError: the node or the parent is not there.
            InvalidError: it would come under itself, or too deep.
        """
        self._check_node(node_id)
        self._check_parent(parent_id)
        if parent_id is not None and parent_id in set(self.under(node_id)):
            message = "An entry cannot go below itself."
            raise InvalidError(message)
        height = max(map(self.depth, self.under(node_id))) - self.depth(node_id) + 1
        self._check_depth(self.depth(parent_id) + height)
        self._children[self._parents[node_id]].remove(node_id)
        self._parents[node_id] = parent_id
        level = self._children.setdefault(parent_id, [])
        level.insert(len(level) if index is None else max(0, index), node_id)

    def shift(self, node_id: int, way: str) -> None:
        """Move a node by one step: `up` or `down` its level, `in` under the one above, or `out`.

        Raises:
            NotFoundError: it is not there.
            InvalidError: there is no such step from where it stands.
        """
        self._check_node(node_id)
        parent_id, index = self._parents[node_id], self.index(node_id)
        level = self._children[parent_id]
        match way:
            case "up" if index > 0:
                self.move(node_id, parent_id, index - 1)
            case "down" if index < len(level) - 1:
                self.move(node_id, parent_id, index + 1)
            case "in" if index > 0:
                self.move(node_id, level[index - 1])
            case "out" if parent_id is not None:
                self.move(node_id, self._parents[parent_id], self.index(parent_id) + 1)
            case _:
                raise InvalidError(_NO_WAY.get(way, "There is no such way to move an entry."))

    def remove(self, node_id: int, *, with_children: bool) -> tuple[int, ...]:
        """Take a node away, and what is below it too, or let that take its place.

        Returns:
            The ids that are gone.

        Raises:
            NotFoundError: it is not there.
        """
        self._check_node(node_id)
        parent_id, index = self._parents[node_id], self.index(node_id)
        level = self._children[parent_id]
        if with_children:
            gone = tuple(self.under(node_id))
            level.remove(node_id)
        else:
            gone = (node_id,)
            heirs = self._children.get(node_id, [])
            level[index : index + 1] = heirs
            for heir in heirs:
                self._parents[heir] = parent_id
        for it in gone:
            del self._parents[it]
            self._children.pop(it, None)
        return gone

    def _check_node(self, node_id: int) -> None:
        if node_id not in self._parents:
            raise NotFoundError(_GONE)

    def _check_parent(self, parent_id: int | None) -> None:
        if parent_id is not None and parent_id not in self._parents:
            raise NotFoundError(_GONE)

    @staticmethod
    def _check_depth(depth: int) -> None:
        if depth > DEEPEST:
            message = f"A menu has at most {DEEPEST} levels."
            raise InvalidError(message)


_GONE: Final = "This entry is not in the menu any more."

_NO_WAY: Final = {
    "up": "It is the first of its level already.",
    "down": "It is the last of its level already.",
    "in": "There is no entry above it to go under.",
    "out": "It is at the top already.",
}
