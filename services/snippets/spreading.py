"""Making posts show what a snippet is now: after it was changed, detached or deleted.

Each post is rewritten through the content store in a transaction of its own. What it should show
follows from the snippet's row alone, so this can stop anywhere, run twice and be asked for anew:
a post that shows it already is not touched.
"""

from time import monotonic
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.jobs import Jobs, Later, Run
from infrastructure.logs import get_logger
from lexical import snippets
from lexical.tree import NodeJson, own_children, root_of
from models.content import Post
from models.snippets import Snippet, SnippetUse
from services.audit.log import Actor
from services.content_store.protocol import (
    ContentStore,
    GhostUnreachableError,
    StaleSaveError,
)
from services.content_store.reading import read_state
from services.snippets.jobs import SPREAD, SPREADING, Spread, ask
from services.snippets.pieces import nodes_of

log = get_logger(__name__)

_TRIES: Final = 3
# Well below the time that a job may take; what is left is another run's.
_SECONDS: Final = 120.0
ACTOR: Final = Actor("Snippets")


class Wanted(msgspec.Struct, frozen=True):
    """What documents should show of a snippet.

    Attributes:
        snippet: its uuid.
        nodes: that it shows; None: what stands there, without belonging to it.
        digest: of these; None where nothing of it should stand anywhere.
    """

    snippet: UUID
    nodes: list[NodeJson] | None
    digest: bytes | None

    def applied(self, nodes: list[NodeJson]) -> list[NodeJson]:
        """Return the blocks of a document as they should be."""
        name = str(self.snippet)
        if self.nodes is None:
            return snippets.detached(nodes, name)
        if self.digest is None:
            return snippets.removed(nodes, name)
        return snippets.replaced(nodes, name, self.nodes)


async def wanted(source: AsyncConnection | AsyncSession, snippet_id: int) -> Wanted:
    """Read what documents should show of a snippet.

    Raises:
        NotFoundError: there is none with this id.
    """
    row = (
        await source.execute(
            select(
                Snippet.uuid, Snippet.mode, Snippet.value, Snippet.digest, Snippet.deleted_at
            ).where(Snippet.id == snippet_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    if row.mode == "detached":
        return Wanted(row.uuid, None, None)
    if row.deleted_at is not None:
        return Wanted(row.uuid, [], None)
    return Wanted(row.uuid, nodes_of(row.value), row.digest)


async def spread(database: Database, store: ContentStore, snippet_id: int) -> bool:
    """Make posts show what a snippet is now.

    Args:
        database: where each post has a transaction of its own.
        store: where posts are kept.
        snippet_id: whose.

    Returns:
        Whether all do; no when there are so many that they need another run. One that cannot be
        rewritten is told in the log and on the snippet's page, and the others follow.

    Raises:
        NotFoundError: there is no such snippet.
        GhostUnreachableError: Ghost gave no answer; what is left can be gone on with later.
    """
    began, after = monotonic(), 0
    while monotonic() - began < _SECONDS:
        async with database.read() as connection:
            now = await wanted(connection, snippet_id)
            post_id = await _next(connection, now, after)
        if post_id is None:
            return True
        after = post_id
        try:
            await _rewrite(database, store, snippet_id, post_id)
        except GhostUnreachableError:
            raise
        except PersonError as error:
            log.warning("a snippet did not reach a post", post=post_id, why=str(error))
    return False


def add_jobs(jobs: Jobs, database: Database, store: ContentStore) -> None:
    """Let workers make posts follow snippets."""

    async def follow(_: Run, payload: Spread) -> None:
        try:
            if not await spread(database, store, payload.snippet_id):
                async with database.unit_of_work() as work:
                    await ask(work, payload.snippet_id)
        except GhostUnreachableError as error:
            raise Later(str(error)) from error
        except NotFoundError:
            log.warning("there is no such snippet any more", snippet=payload.snippet_id)

    jobs.add(SPREAD, follow)


async def _next(connection: AsyncConnection, now: Wanted, after: int) -> int | None:
    statement = (
        select(SnippetUse.post_id)
        .join(Post, Post.id == SnippetUse.post_id)
        .where(
            SnippetUse.snippet == now.snippet,
            SnippetUse.post_id > after,
            Post.deleted_at.is_(None),
        )
    )
    if now.digest is not None:
        statement = statement.where(SnippetUse.digest != now.digest)
    found: int | None = await connection.scalar(statement.order_by(SnippetUse.post_id).limit(1))
    return found


async def _rewrite(database: Database, store: ContentStore, snippet_id: int, post_id: int) -> None:
    """Rewrite one post.

    Raises:
        PersonError: it could not be.
    """
    for _ in range(_TRIES):
        try:
            async with database.unit_of_work() as work:
                await _save(work, store, snippet_id, post_id)
        except StaleSaveError:
            continue
        return
    message = "Somebody else was changing it all the time."
    raise PersonError(message)


async def _save(work: UnitOfWork, store: ContentStore, snippet_id: int, post_id: int) -> None:
    state = await read_state(work.session, post_id)
    if state is None or state.edit.lexical is None:
        return
    now = await wanted(work.session, snippet_id)
    text = rewritten(state.edit.lexical, now)
    if text == state.edit.lexical:
        return
    work.session.sync_session.info[SPREADING] = True
    edit = replace(state.edit, lexical=text)
    await store.save(work, ACTOR, post_id, state.version, edit)


def rewritten(text: str, *all_wanted: Wanted) -> str:
    """Return a document that shows of snippets what it should; the very same where it does."""
    document: dict[str, Any] = msgspec.json.decode(text)
    present = own_children(root_of(document))
    blocks = present
    for each in all_wanted:
        blocks = each.applied(blocks)
    if blocks == present:
        return text
    return msgspec.json.encode(snippets.with_blocks(document, blocks)).decode()
