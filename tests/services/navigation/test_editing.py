"""Changing a menu's tree: what goes where, what is refused, and two editors at once."""

import asyncio
import random
import time
from collections import Counter

import pytest

from infrastructure.errors import InvalidError, NotFoundError, PersonError
from services.audit.log import Actor
from services.navigation import editing
from services.navigation.editing import NodeValues, Seen, StaleMenuError
from services.navigation.rows import Draft
from services.navigation.tree import WAYS, Tree
from tests.services.navigation.conftest import ADA, BEN, Desk, content, heading


async def _sow(desk: Desk) -> dict[str, int]:
    ids = {"A": await desk.add(heading("A"))}
    for name, parent in (("B", "A"), ("C", "A"), ("D", "C"), ("E", "")):
        ids[name] = await desk.add(heading(name), ids.get(parent))
    return ids


@pytest.mark.parametrize(
    ("name", "way", "shape"),
    [
        ("E", "up", "E A (B C (D))"),
        ("A", "down", "E A (B C (D))"),
        ("C", "in", "A (B (C (D))) E"),
        ("C", "out", "A (B) C (D) E"),
        ("E", "in", "A (B C (D) E)"),
        ("D", "out", "A (B C D) E"),
    ],
)
async def test_one_step(desk: Desk, name: str, way: str, shape: str) -> None:
    ids = await _sow(desk)
    async with desk.database.unit_of_work() as work:
        await editing.shift(work, ADA, await desk.seen(), ids[name], way)
    assert _written(await desk.draft()) == shape


def _written(draft: Draft) -> str:
    tree = Tree((it.id, it.parent_id) for it in draft.entries)
    names = {it.id: it.name for it in draft.entries}

    def level(parent_id: int | None) -> str:
        return " ".join(
            names[it] + (f" ({level(it)})" if tree.children(it) else "")
            for it in tree.children(parent_id)
        )

    return level(None)


@pytest.mark.parametrize(("name", "way"), [("A", "up"), ("E", "down"), ("A", "in"), ("E", "out")])
async def test_where_there_is_no_step_it_says_so(desk: Desk, name: str, way: str) -> None:
    ids = await _sow(desk)
    before = await desk.seen()
    with pytest.raises(InvalidError):
        async with desk.database.unit_of_work() as work:
            await editing.shift(work, ADA, before, ids[name], way)
    assert await desk.seen() == before


async def test_moving_removing_and_undoing(desk: Desk) -> None:
    ids = await _sow(desk)
    async with desk.database.unit_of_work() as work:
        seen = await desk.seen()
        await editing.move(work, ADA, seen, ids["C"], parent_id=None, index=0)
    assert _written(await desk.draft()) == "C (D) A (B) E"
    with pytest.raises(InvalidError, match="below itself"):
        async with desk.database.unit_of_work() as work:
            await editing.move(work, ADA, await desk.seen(), ids["C"], parent_id=ids["D"])
    async with desk.database.unit_of_work() as work:
        await editing.remove(work, ADA, await desk.seen(), ids["A"], with_children=False)
    assert _written(await desk.draft()) == "C (D) B E"
    async with desk.database.unit_of_work() as work:
        done = await editing.remove(work, ADA, await desk.seen(), ids["C"], with_children=True)
    assert done.said == "removed “C” and 1 below it"
    assert _written(await desk.draft()) == "B E"
    async with desk.database.unit_of_work() as work:
        await editing.undo(work, ADA, await desk.seen())
    assert _written(await desk.draft()) == "C (D) B E"
    assert {it.id for it in (await desk.draft()).entries} == {ids[it] for it in "CDBE"}
    async with desk.database.unit_of_work() as work:
        await editing.undo(work, ADA, await desk.seen())
    assert _written(await desk.draft()) == "B E"


async def test_what_it_leads_to_must_be_there(desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        known = await content(work)
    with pytest.raises(InvalidError, match="is gone"):
        await desk.add(NodeValues("post", target_id=10_000))
    node_id = await desk.add(NodeValues("tag", target_id=known["bakery"]))
    with pytest.raises(NotFoundError):
        await desk.add(heading("under nothing"), node_id + 1000)
    assert await desk.shape() == ["Bakery"]


async def test_the_second_is_told_what_the_first_did(desk: Desk) -> None:
    ids = await _sow(desk)
    seen = await desk.seen()
    async with desk.database.unit_of_work() as work:
        await editing.shift(work, ADA, seen, ids["E"], "up")
    with pytest.raises(StaleMenuError) as told:
        async with desk.database.unit_of_work() as work:
            await editing.remove(work, BEN, seen, ids["A"], with_children=True)
    assert [(it.actor, it.said) for it in told.value.others] == [
        ("Ada", "moved “E” to place 1 of 2 at the top")
    ]
    assert told.value.version == (await desk.seen()).version
    assert _written(await desk.draft()) == "E A (B C (D))"


async def test_a_menu_takes_only_so_much(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = None
    for level in range(32):
        parent = await desk.add(heading(f"Level {level}"), parent)
    with pytest.raises(InvalidError, match="at most 32 levels"):
        await desk.add(heading("Too deep"), parent)
    monkeypatch.setattr(editing, "MOST_NODES", 32)
    with pytest.raises(InvalidError, match="at most 32 entries"):
        await desk.add(heading("Too many"))


class Editor:
    """Looks at the menu and moves something, again and again, as one does who never asks."""

    def __init__(self, desk: Desk, actor: Actor, seed: int, tally: Counter[str]) -> None:
        self.desk, self.actor, self.tally = desk, actor, tally
        self.chance = random.Random(seed)

    async def work(self, *, until: float, most: int) -> None:
        while time.monotonic() < until and self.tally[self.actor.name] < most:
            draft = await self.desk.draft()
            assert _is_tree(draft)
            seen = Seen("main", draft.menu.version)
            try:
                await self._move(seen, [it.id for it in draft.entries])
            except StaleMenuError as told:
                if not told.others or told.version <= seen.version:
                    raise
                self.tally["told"] += 1
            except PersonError:
                self.tally["refused"] += 1
            else:
                self.tally[self.actor.name] += 1

    async def _move(self, seen: Seen, entries: list[int]) -> None:
        chance, node = self.chance, self.chance.choice(entries)
        async with self.desk.database.unit_of_work() as work:
            if chance.random() < 0.5:
                await editing.shift(work, self.actor, seen, node, chance.choice(WAYS))
            else:
                parent, index = chance.choice([*entries, None]), chance.randrange(5)
                await editing.move(work, self.actor, seen, node, parent_id=parent, index=index)


def _is_tree(draft: Draft) -> bool:
    """Whether every entry can be reached from the top, once."""
    tree = Tree((it.id, it.parent_id) for it in draft.entries)
    return len(list(tree.places())) == len(tree) == len(draft.entries)


async def _two_editors(desk: Desk, *, seconds: float, most: int) -> None:
    nodes = [(heading(f"N{n}"), None if n < 5 else n - 5) for n in range(40)]
    async with desk.database.unit_of_work() as work:
        await editing.add_all(work, ADA, await desk.seen(), nodes, "sowed")
    before = await desk.draft()
    tally: Counter[str] = Counter()
    until = time.monotonic() + seconds
    await asyncio.gather(
        Editor(desk, ADA, 1, tally).work(until=until, most=most),
        Editor(desk, BEN, 2, tally).work(until=until, most=most),
    )
    after = await desk.draft()
    assert {it.id: it.name for it in after.entries} == {it.id: it.name for it in before.entries}
    assert _is_tree(after)
    # Every change that was taken counted, and no other.
    assert after.menu.version == before.menu.version + tally["Ada"] + tally["Ben"]
    assert tally["Ada"] > 0
    assert tally["Ben"] > 0
    assert tally["told"] > 0


async def test_two_editors_at_once(desk: Desk) -> None:
    await _two_editors(desk, seconds=60, most=25)


@pytest.mark.slow
async def test_two_editors_for_a_minute(desk: Desk) -> None:
    await _two_editors(desk, seconds=60, most=1_000_000)
