"""Which posts use which snippets: derived from every document that is written, wherever it is.

Documents are written in more than one place (both content stores, Ghost's mirror, imports). So this
looks at what every unit of work flushes, as the purge of the page cache does. Statements that write
past the ORM's objects are not seen.

A post that was written with what a snippet showed before (a working copy that was opened then, a
revision, a change in Ghost) is made to follow it.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from sqlalchemy import delete, event, inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, UOWTransaction

import lexical
from infrastructure.database import Database, UnitOfWork
from lexical import snippets
from models.content import Post
from models.snippets import Snippet, SnippetUse
from services.snippets.jobs import SPREADING, ask


def note_uses_on_commit(database: Database) -> None:
    """Make every unit of work of a database note which snippets the posts use that it wrote."""
    database.on_unit_of_work(lambda work: _Watch(work).begin())


def uses_of(text: str | None) -> dict[UUID, bytes]:
    """Return the snippets that a document uses, each with the state that it shows."""
    if text is None or not snippets.may_have_snippets(text):
        return {}
    try:
        document = msgspec.json.decode(text)
        return {UUID(it): state for it, state in snippets.uses(document).items()}
    except (msgspec.DecodeError, lexical.LexicalError):
        # A mirrored document that cannot be read is shown as Ghost renders it.
        return {}


class _Watch:
    """Watches one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._written: dict[int, str | None] = {}

    def begin(self) -> None:
        event.listen(self._work.session.sync_session, "after_flush", self._after_flush)
        self._work.before_commit(self._note)

    def _after_flush(self, session: Session, _context: UOWTransaction) -> None:
        for rows in (session.new, session.dirty):
            self._look_at(rows)

    def _look_at(self, rows: Iterable[object]) -> None:
        for row in rows:
            if isinstance(row, Post) and inspect(row).attrs.lexical.history.has_changes():
                self._written[row.id] = row.lexical

    async def _note(self, work: UnitOfWork) -> None:
        await work.session.flush()
        if not self._written:
            return
        written, self._written = self._written, {}
        wanted = {
            (post_id, snippet): state
            for post_id, text in written.items()
            for snippet, state in uses_of(text).items()
        }
        rows = await work.session.execute(
            select(SnippetUse.post_id, SnippetUse.snippet, SnippetUse.digest).where(
                SnippetUse.post_id.in_(written)
            )
        )
        known = {(row.post_id, row.snippet): row.digest for row in rows}
        for post_id, snippet in known.keys() - wanted.keys():
            await work.session.execute(
                delete(SnippetUse).where(
                    SnippetUse.post_id == post_id, SnippetUse.snippet == snippet
                )
            )
        changed = {key: state for key, state in wanted.items() if known.get(key) != state}
        for (post_id, snippet), state in sorted(changed.items()):
            await work.session.execute(
                insert(SnippetUse)
                .values(post_id=post_id, snippet=snippet, digest=state)
                .on_conflict_do_update(
                    index_elements=["post_id", "snippet"], set_={"digest": state}
                )
            )
        if not work.session.sync_session.info.get(SPREADING):
            await self._let_follow(work, {key[1]: state for key, state in changed.items()})

    async def _let_follow(self, work: UnitOfWork, states: dict[UUID, bytes]) -> None:
        if not states:
            return
        rows = await work.session.execute(
            select(
                Snippet.id, Snippet.uuid, Snippet.digest, Snippet.mode, Snippet.deleted_at
            ).where(Snippet.uuid.in_(states))
        )
        for row in rows:
            is_synced = row.mode == "synced" and row.deleted_at is None
            if not is_synced or row.digest != states[row.uuid]:
                await ask(work, row.id)
