"""The revisions of a post, as people see them: a list, two compared, one restored."""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Author, Tag, Tier
from models.editing import Revision, WorkingCopy
from services.audit.log import Actor
from services.content_store.protocol import PostEdit
from services.editor import differences, fields, history
from services.editor.copies import Copy, hold
from services.editor.differences import Change, Property

PAGE_SIZE: Final = 50

_Rows = Select[int, str, datetime, str]


class RevisionRow(Struct, frozen=True):
    """A revision, as the list shows it."""

    version: int
    kind: str
    at: datetime
    by: str


class Comparison(Struct, frozen=True):
    """What differs between two revisions; `before` is None for the first of all."""

    revision: RevisionRow
    before: RevisionRow | None
    settings: tuple[Property, ...]
    text: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not self.settings and all(it.what == "same" for it in self.text)


def _rows(post_id: int) -> _Rows:
    return select(Revision.version, Revision.kind, Revision.at, Revision.by).where(
        Revision.post_id == post_id, Revision.kind.not_in(history.BESIDE)
    )


async def revisions(
    connection: AsyncConnection, post_id: int, *, before: int | None = None
) -> tuple[list[RevisionRow], int | None]:
    """Read the revisions of a post, the newest first, without those that were passing.

    Args:
        connection: where to read.
        post_id: whose.
        before: only older ones than this.

    Returns:
        At most `PAGE_SIZE`, and where to go on; None where these are the last.
    """
    statement = _rows(post_id).where(Revision.is_passing.is_(False))
    if before is not None:
        statement = statement.where(Revision.version < before)
    rows = await connection.execute(
        statement.order_by(Revision.version.desc()).limit(PAGE_SIZE + 1)
    )
    found = [RevisionRow(**row._mapping) for row in rows]
    more = found[PAGE_SIZE - 1].version if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], more


async def compare(
    connection: AsyncConnection, post_id: int, version: int, against: int | None = None
) -> Comparison:
    """Compare a revision with another one.

    Args:
        connection: where to read.
        post_id: whose.
        version: of the one.
        against: of the other; None: the one before it in the list.

    Raises:
        NotFoundError: there is no such revision (any more).
    """
    revision = await _row(connection, _rows(post_id).where(Revision.version == version))
    if revision is None:
        raise NotFoundError
    if against is None:
        shown = _rows(post_id).where(Revision.is_passing.is_(False), Revision.version < version)
        other = await _row(connection, shown.order_by(Revision.version.desc()).limit(1))
    else:
        other = await _row(connection, _rows(post_id).where(Revision.version == against))
        if other is None:
            raise NotFoundError
    after = await _read(connection, post_id, version)
    before = PostEdit() if other is None else await _read(connection, post_id, other.version)
    names = await _names(connection, before, after)
    return Comparison(
        revision,
        other,
        tuple(differences.settings(before, after, names)),
        tuple(differences.text(before, after)),
    )


async def _row(connection: AsyncConnection, statement: _Rows) -> RevisionRow | None:
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else RevisionRow(**row._mapping)


async def _read(connection: AsyncConnection, post_id: int, version: int) -> PostEdit:
    found = await history.read(connection, post_id, version)
    if found is None:
        raise NotFoundError
    return found


async def _names(connection: AsyncConnection, *edits: PostEdit) -> dict[str, dict[int, str]]:
    """Return what the tags, authors and tiers of some edits are called."""
    found: dict[str, dict[int, str]] = {}
    tables: dict[str, Any] = {"tags": Tag, "author_ids": Author, "tier_ids": Tier}
    for field, table in tables.items():
        ids = {it for edit in edits for it in getattr(edit, field) if isinstance(it, int)}
        rows = await connection.execute(select(table.id, table.name).where(table.id.in_(ids)))
        found[field] = {row.id: row.name for row in rows}
    return found


async def current(connection: AsyncConnection, post_id: int) -> int | None:
    """Return the version that a post's working copy is now; None where nobody ever opened it."""
    found: int | None = await connection.scalar(
        select(WorkingCopy.version).where(WorkingCopy.post_id == post_id)
    )
    return found


async def restore(
    work: UnitOfWork, actor: Actor, post_id: int, version: int, kept: frozenset[str]
) -> Copy:
    """Let a post's working copy say what a revision said; the post itself stays as it is.

    What it said until now is a revision as well, so this can be undone.

    Args:
        work: the transaction.
        actor: who does it.
        post_id: whose.
        version: of the revision.
        kept: the fields that whoever does it may not change; they stay.

    Raises:
        NotFoundError: there is no such post or revision.
    """
    copy = await hold(work, post_id)
    known = await work.session.scalar(
        select(Revision.version).where(
            Revision.post_id == post_id,
            Revision.version == version,
            Revision.kind.not_in(history.BESIDE),
        )
    )
    edit = None if known is None else await history.read(work.session, post_id, version)
    if edit is None:
        raise NotFoundError
    await copy.advance(fields.keep_from(edit, copy.edit, kept), "restore", actor)
    return copy
