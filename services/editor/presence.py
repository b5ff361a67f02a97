"""Who has a post open, and whose turn it is: a soft lock, which anybody who may edit can take over.

Nothing depends on it: saves are merged whoever holds it. A program says every `PING` that it is
there; one that says nothing for `GONE` is not.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from infrastructure.database import UnitOfWork
from models.editing import presences

PING: Final = timedelta(seconds=15)
GONE: Final = timedelta(seconds=45)


class Presence(Struct, frozen=True):
    """Somebody who has the post open; `is_me`: it is the person who asks, in whichever window."""

    client: UUID
    name: str
    is_me: bool
    since: datetime


class Present(Struct, frozen=True):
    """Who holds the lock, and who else is there; a person's own other windows are not others."""

    lock: Presence | None
    others: tuple[Presence, ...]


async def be_present(
    work: UnitOfWork,
    post_id: int,
    client: UUID,
    person: tuple[int, str],
    *,
    takes_over: bool = False,
) -> Present:
    """Say that somebody has a post open, and learn who else has.

    The lock is of whoever asks first, until they leave or somebody takes it over.

    Args:
        work: the transaction.
        post_id: the post.
        client: the program's own name: one for each open window.
        person: their id, and what they are called.
        takes_over: they want the lock, whoever has it.
    """
    session, table = work.session, presences
    await _in_turn(work, post_id)
    now = func.clock_timestamp()
    await session.execute(delete(table).where(table.c.post_id == post_id, table.c.expires_at < now))
    person_id, name = person
    await session.execute(
        insert(table)
        .values(
            post_id=post_id, client=client, person_id=person_id, name=name, expires_at=now + GONE
        )
        .on_conflict_do_update(
            index_elements=["post_id", "client"],
            set_={"expires_at": now + GONE, "name": name},
            # Nobody speaks for another person's window.
            where=table.c.person_id == person_id,
        )
    )
    if takes_over:
        await session.execute(
            update(table)
            .where(table.c.post_id == post_id, table.c.client != client)
            .values(locked_since=None)
        )
    is_held = select(table.c.client).where(
        table.c.post_id == post_id, table.c.locked_since.is_not(None)
    )
    if await session.scalar(is_held) is None:
        await session.execute(
            update(table)
            .where(table.c.post_id == post_id, table.c.client == client)
            .values(locked_since=now)
        )
    return await _present(work, post_id, client, person_id)


async def leave(work: UnitOfWork, post_id: int, client: UUID, person_id: int) -> Present:
    """Say that somebody closed a post."""
    await _in_turn(work, post_id)
    await work.session.execute(
        delete(presences).where(
            presences.c.post_id == post_id,
            presences.c.client == client,
            presences.c.person_id == person_id,
        )
    )
    return await _present(work, post_id, client, person_id)


async def _in_turn(work: UnitOfWork, post_id: int) -> None:
    """Let those who say so about one post at once do it one after the other."""
    turn = func.hashtextextended(f"presence {post_id}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(turn)))


async def _present(work: UnitOfWork, post_id: int, client: UUID, person_id: int) -> Present:
    rows = await work.session.execute(
        select(presences).where(presences.c.post_id == post_id).order_by(presences.c.since)
    )
    lock: Presence | None = None
    others: dict[int, Presence] = {}
    for row in rows:
        if row.locked_since is not None:
            lock = _presence(row, row.locked_since, person_id)
        if row.client != client and row.person_id != person_id:
            others.setdefault(row.person_id, _presence(row, row.since, person_id))
    return Present(lock, tuple(others.values()))


def _presence(row: Any, since: datetime, person_id: int) -> Presence:
    return Presence(row.client, row.name, row.person_id == person_id, since)
