"""What the database itself refuses, whatever a writer does: cycles and double positions."""

import asyncio

import asyncpg
import pytest

from infrastructure.database import libpq_url
from tests.services.navigation.conftest import Desk, heading


@pytest.fixture
async def ids(desk: Desk) -> tuple[int, int, int, int]:
    """Make A over B, and C over D."""
    a = await desk.add(heading("A"))
    b = await desk.add(heading("B"), a)
    c = await desk.add(heading("C"))
    return a, b, c, await desk.add(heading("D"), c)


async def _connect(desk: Desk) -> asyncpg.Connection:
    return await asyncpg.connect(libpq_url(desk.database.url))


async def test_a_cycle_is_refused(desk: Desk, ids: tuple[int, int, int, int]) -> None:
    a, b, _, _ = ids
    connection = await _connect(desk)
    # However the depths are set: of two nodes under each other none can be the deeper one.
    for depth_a, depth_b in ((3, 2), (2, 3), (2, 2), (1, 2)):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(
                "UPDATE menu_nodes SET parent_id = CASE id WHEN $1 THEN $2 ELSE $1 END,"
                " depth = CASE id WHEN $1 THEN $3::int ELSE $4::int END WHERE id IN ($1, $2)",
                *(a, b, depth_a, depth_b),
            )
    await connection.close()
    assert await desk.shape() == ["A", "  B", "C", "  D"]


async def test_two_writers_cannot_make_a_cycle_together(
    desk: Desk, ids: tuple[int, int, int, int]
) -> None:
    """One puts A under D while the other puts C under B; each alone would be right."""
    a, b, c, d = ids
    one, other = await _connect(desk), await _connect(desk)
    await one.execute("BEGIN")
    await other.execute("BEGIN")
    put = "UPDATE menu_nodes SET parent_id = $2, depth = 3 WHERE id = $1"
    sink = "UPDATE menu_nodes SET depth = 4, position = 9 WHERE id = $1"
    await one.execute(put, a, d)
    await one.execute(sink, b)
    await other.execute(put, c, b)
    await other.execute(sink, d)
    ends = await asyncio.gather(
        one.execute("COMMIT"), other.execute("COMMIT"), return_exceptions=True
    )
    assert any(isinstance(it, asyncpg.PostgresError) for it in ends)
    await one.close()
    await other.close()
    shape = await desk.shape()
    assert sorted(it.strip() for it in shape) == ["A", "B", "C", "D"]


async def test_a_place_is_taken_once(desk: Desk, ids: tuple[int, int, int, int]) -> None:
    a, b, c, _ = ids
    connection = await _connect(desk)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("UPDATE menu_nodes SET position = 0 WHERE id = $1", c)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(
            "INSERT INTO menu_nodes (menu_id, parent_id, depth, position, kind, label)"
            " SELECT menu_id, $1, 2, position, kind, 'E' FROM menu_nodes WHERE id = $2",
            *(a, b),
        )
    await connection.close()


async def test_a_parent_is_of_the_same_menu(desk: Desk, ids: tuple[int, int, int, int]) -> None:
    connection = await _connect(desk)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await connection.execute(
            "UPDATE menu_nodes SET menu_id = (SELECT id FROM menus WHERE name = 'footer')"
            " WHERE id = $1",
            ids[1],
        )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await connection.execute("DELETE FROM menu_nodes WHERE id = $1", ids[0])
    await connection.close()


async def test_what_was_published_stays(desk: Desk) -> None:
    connection = await _connect(desk)
    await connection.execute(
        "INSERT INTO menu_versions (menu_id, number, nodes, published_by)"
        " SELECT id, 1, '[]', 'Ada' FROM menus WHERE name = 'main'"
    )
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("UPDATE menu_versions SET nodes = '[1]'")
    await connection.close()
