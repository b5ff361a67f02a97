"""Purging as part of the transaction: what a unit of work touches is sent when it commits.

Hung on a `Database`, this looks at every flush of every unit of work, so that no writer can forget
to purge. Just before the commit the tags are logged and handed to NOTIFY, which PostgreSQL delivers
if and only if the transaction commits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from sqlalchemy import TextClause, event, literal, select, text, tuple_
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.sql.dml import UpdateBase

from infrastructure.database import Database, UnitOfWork
from infrastructure.page_cache.epochs import EVERYTHING, checked_tags
from infrastructure.page_cache.messages import CHANNEL, parts
from infrastructure.page_cache.touches import (
    Adjacent,
    Linked,
    Wanted,
    touched_by,
    touched_by_any,
)

_log = structlog.get_logger(__name__)

_SEND: Final[TextClause] = text(
    "WITH logged AS (INSERT INTO page_cache_purges (parts) VALUES (CAST(:parts AS text[]))"
    " RETURNING id::text AS id),"
    " sent AS (SELECT pg_notify(:channel, id || '/' || part)"
    " FROM logged, unnest(CAST(:parts AS text[])) AS part)"
    " SELECT id, (SELECT count(*) FROM sent) AS sent FROM logged"
)

# Called after a commit, in the process that made it: its number in the log and what it touched.
AfterCommit = Callable[[str, frozenset[str]], None]


def purge_on_commit(database: Database, after_commit: AfterCommit | None = None) -> None:
    """Make every unit of work of a database purge what it touched when it commits.

    Args:
        database: whose units of work are meant.
        after_commit: purges this process without waiting for the message to come back.
    """
    database.on_unit_of_work(lambda work: _Watch(work, after_commit).begin())


class _Watch:
    """Watches one unit of work."""

    def __init__(self, work: UnitOfWork, after_commit: AfterCommit | None) -> None:
        self._work = work
        self._after_commit = after_commit
        self._wanted: set[Wanted] = set()
        self._derived: set[str] = set()
        self._unwatched: set[str] = set()
        self._sent: tuple[str, frozenset[str]] | None = None

    def begin(self) -> None:
        session = self._work.session.sync_session
        event.listen(session, "before_flush", self._before_flush)
        event.listen(session, "after_flush", self._after_flush)
        event.listen(session, "do_orm_execute", self._execute)
        event.listen(session, "before_commit", self._before_commit)
        event.listen(session, "after_commit", self._committed)

    def _touch(self, found: Iterable[str | Wanted]) -> None:
        found = set(found)
        self._wanted |= {it for it in found if not isinstance(it, str)}
        tags = {it for it in found if isinstance(it, str)}
        self._derived |= tags
        self._work.touch(tags)

    def _before_flush(self, session: Session, _context: UOWTransaction, _objects: object) -> None:
        """Follow links of what is about to be deleted, while they still exist."""
        for row in session.deleted:
            self._touch(touched_by(row, deleted=True))
        self._resolve(session)

    def _after_flush(self, session: Session, context: UOWTransaction) -> None:
        """Look at what was written: now new rows have their keys, and the old values are known."""
        for row in session.new:
            self._touch(touched_by(row, created=True))
        for row in session.dirty:
            self._touch(touched_by(row))
        # What lost its parent is deleted by the flush itself, without having been marked before.
        for state, (is_deleted, is_listed_only) in context.states.items():
            if is_deleted and not is_listed_only:
                self._touch(touched_by(state.obj(), deleted=True))

    def _execute(self, state: ORMExecuteState) -> None:
        """Note statements that write past the objects, and so past what the models see of them.

        Who writes so says himself what he touches; who does not, purges everything.
        """
        statement = state.statement
        if isinstance(statement, UpdateBase):
            name = getattr(statement.table, "name", "")
            touched = touched_by_any(name)
            if EVERYTHING in touched:
                self._unwatched.add(name)
            else:
                self._touch(touched)

    def _before_commit(self, session: Session) -> None:
        if session.in_nested_transaction():
            return
        session.flush()
        self._resolve(session)
        if self._unwatched and self._work.touched <= self._derived:
            _log.warning("bulk write without touch: purging everything", tables=self._unwatched)
            self._touch({EVERYTHING})
        tags = checked_tags(self._work.touched)
        self._unwatched.clear()
        if tags:
            row = session.execute(_SEND, {"channel": CHANNEL, "parts": parts(tags)}).one()
            self._sent = (row.id, tags)

    def _committed(self, session: Session) -> None:
        if self._sent and self._after_commit and not session.in_nested_transaction():
            self._after_commit(*self._sent)

    def _resolve(self, session: Session) -> None:
        """Ask the database for the tags that only it knows."""
        wanted, self._wanted = self._wanted, set()
        by_link: defaultdict[tuple[str, Any, Any], set[object]] = defaultdict(set)
        with session.no_autoflush:
            for it in wanted:
                if isinstance(it, Linked):
                    by_link[it.prefix, it.source, it.target].add(it.value)
                else:
                    self._touch(_next_to(session, it))
            for (prefix, source, target), values in by_link.items():
                shown = literal("") if target is None else target
                ids = session.scalars(select(shown).distinct().where(source.in_(values)))
                self._touch(f"{prefix}{it}" for it in ids)


def _next_to(session: Session, adjacent: Adjacent) -> list[str]:
    """Return the tags of the rows just before and just after a place."""
    order = tuple_(*adjacent.order)
    place = tuple_(
        *(
            literal(it, column.type)
            for it, column in zip(adjacent.place, adjacent.order, strict=True)
        )
    )
    ids = select(adjacent.order[-1]).where(adjacent.order[0].is_not(None)).limit(1)
    before = ids.where(order < place).order_by(*(column.desc() for column in adjacent.order))
    after = ids.where(order > place).order_by(*adjacent.order)
    found = (session.scalar(statement) for statement in (before, after))
    return [f"{adjacent.prefix}{it}" for it in found if it is not None]


async def purge(database: Database, tags: Iterable[str]) -> None:
    """Purge pages of every worker, without any other change.

    Raises:
        ValueError: a tag cannot be one.
    """
    wanted = checked_tags(tags)
    async with database.unit_of_work() as work:
        work.touch(wanted)
