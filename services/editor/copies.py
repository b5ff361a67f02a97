"""Working copies: what is written into them, and what happens where two write at once.

Every save names the version that it began with. One that began with the newest is taken; any other
is merged, and the program gets both texts and the merge instead. A post that changed elsewhere (in
Ghost, by a command) counts as somebody else's save. Nothing here changes a post; see `updating.py`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, NotFoundError
from models.editing import Revision, WorkingCopy
from services.audit.log import Actor
from services.content_store.protocol import PostEdit, PostState
from services.content_store.reading import read_state
from services.editor import history
from services.editor.fields import edit_of, is_same, packed, patched, unpacked
from services.editor.merge import Merge, merge

# Gets what a writer began with and what they made of it.
Check = Callable[[PostEdit, PostEdit], None]

# What changed a post without a working copy: a Ghost, a command, another program.
ELSEWHERE = Actor("Changed elsewhere")


class Save(Struct, frozen=True):
    """A save as a program sends it.

    Attributes:
        base: the version that it began with.
        client: the program's own name: one for each open window.
        number: counts its saves.
        fields: those that changed, or all, as JSON.
    """

    base: int
    client: UUID
    number: int
    fields: Mapping[str, Any]


class Saved(Struct, frozen=True):
    """What became of a save."""

    version: int
    at: datetime


class Stale(Struct, frozen=True):
    """That somebody else saved in the meantime, and nothing was changed.

    Attributes:
        version: on which to save what comes of it.
        theirs: what the other saved.
        by: who that was.
        at: when.
        base: what both began with; None where that is not known any more.
        merge: what both make together.
        is_elsewhere: it is the post itself that changed, not its working copy.
    """

    version: int
    theirs: PostEdit
    by: str
    at: datetime
    base: PostEdit | None
    merge: Merge
    is_elsewhere: bool = False


class Copy:
    """A post's working copy, held for one transaction: nobody else changes it meanwhile."""

    def __init__(
        self, work: UnitOfWork, row: WorkingCopy, state: PostState, post: PostEdit
    ) -> None:
        """Hold a row; `post` is what the post itself says."""
        self.work = work
        self.row = row
        self.state = state
        self.post = post
        self.edit = unpacked(row.fields)

    @property
    def clashes(self) -> bool:
        """Whether the post was changed elsewhere in a way that only a person can bring together."""
        return self.row.theirs_version is not None

    async def advance(
        self,
        edit: PostEdit,
        kind: str,
        actor: Actor,
        client: tuple[UUID, int] | None = None,
    ) -> Revision:
        """Let the working copy say something else, and return the revision of that."""
        row = self.row
        row.last_version += 1
        row.version = row.last_version
        self.edit = edit
        row.fields, row.title = packed(edit), edit.title.replace("\0", "")
        row.is_dirty = self.clashes or not is_same(edit, self.post)
        written = await history.write(
            self.work, row.post_id, row.version, edit, kind=kind, actor=actor, client=client
        )
        row.saved_at, row.saved_by, row.saved_by_id = written.at, written.by, written.by_id
        await self.work.session.flush()
        return written

    async def agree(self, state: PostState, kind: str, actor: Actor) -> None:
        """Say what the post itself says from now on.

        Args:
            state: the post as it is now.
            kind: of the revision.
            actor: who made it so.
        """
        self.state, self.post = state, await edit_of(self.work.session, state)
        self._settle(self.row.last_version + 1)
        await self.advance(self.post, kind, actor)

    def _settle(self, synced: int) -> None:
        self.row.synced_version = synced
        self.row.post_version = self.state.version
        self.row.theirs_version = self.row.theirs_post_version = self.row.settling_version = None

    def settle(self) -> None:
        """Take it that whoever saves now has seen what the post became elsewhere."""
        row = self.row
        if row.theirs_version is None or row.theirs_post_version is None:
            return
        row.synced_version, row.post_version = row.theirs_version, row.theirs_post_version
        row.theirs_version = row.theirs_post_version = row.settling_version = None

    async def _beside(self, edit: PostEdit, kind: str) -> int:
        """Write a revision that is none of the working copy's own."""
        self.row.last_version += 1
        await history.write(
            self.work, self.row.post_id, self.row.last_version, edit, kind=kind, actor=ELSEWHERE
        )
        return self.row.last_version

    async def take_in(self) -> None:
        """Take in what the post became since the working copy last agreed with it."""
        row, state = self.row, self.state
        if state.version in {row.post_version, row.theirs_post_version}:
            return
        base = await history.read(self.work.session, row.post_id, row.synced_version)
        if base is not None and is_same(base, self.post):
            # Its status changed, or something that no editor sees.
            row.post_version = state.version
            row.theirs_version = row.theirs_post_version = row.settling_version = None
            row.is_dirty = not is_same(self.edit, self.post)
            await self.work.session.flush()
            return
        if not row.is_dirty:
            await self.agree(state, "elsewhere", ELSEWHERE)
            return
        found = merge(base, self.edit, self.post)
        theirs = await self._beside(self.post, "theirs")
        if found.merged is None:
            settling = await self._beside(self.edit, "settling")
            row.theirs_version, row.theirs_post_version = theirs, state.version
            row.settling_version = settling
            await self.work.session.flush()
            return
        self._settle(theirs)
        await self.advance(found.merged, "merged", ELSEWHERE)

    async def clash(self, mine: PostEdit) -> Stale:
        """Return how the post, as it was changed elsewhere, and a working copy go together."""
        row, session = self.row, self.work.session
        if row.theirs_version is None or row.settling_version is None:
            raise AssertionError("there is nothing that clashes")
        theirs = await history.read(session, row.post_id, row.theirs_version)
        base = await history.read(session, row.post_id, row.synced_version)
        if theirs is None:
            theirs = self.post
        return Stale(
            version=row.settling_version,
            theirs=theirs,
            by=ELSEWHERE.name,
            at=self.state.updated_at or datetime.now(UTC),
            base=base,
            merge=merge(base, mine, theirs),
            is_elsewhere=True,
        )

    def stale(self, base: PostEdit | None, mine: PostEdit) -> Stale:
        """Return how a save that began with an older version goes together with this one."""
        return Stale(
            version=self.row.version,
            theirs=self.edit,
            by=self.row.saved_by,
            at=self.row.saved_at,
            base=base,
            merge=merge(base, mine, self.edit),
        )


async def hold(work: UnitOfWork, post_id: int) -> Copy:
    """Hold a post's working copy, which is made where there is none yet.

    What the post became elsewhere is taken in.

    Raises:
        NotFoundError: there is no such post.
    """
    session = work.session
    wanted = (
        select(WorkingCopy)
        .where(WorkingCopy.post_id == post_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = await session.scalar(wanted)
    if row is None:
        await _open(work, post_id)
        row = await session.scalar(wanted)
    # Read once the copy is held, or it could be older than what the copy took in.
    state = await read_state(session, post_id)
    if state is None or row is None:
        raise NotFoundError
    copy = Copy(work, row, state, await edit_of(session, state))
    await copy.take_in()
    return copy


async def _open(work: UnitOfWork, post_id: int) -> None:
    """Make a post's first working copy, unless somebody else does."""
    state = await read_state(work.session, post_id)
    if state is None:
        raise NotFoundError
    post = await edit_of(work.session, state)
    made = await work.session.execute(
        insert(WorkingCopy)
        .values(
            post_id=state.id,
            version=1,
            last_version=1,
            post_version=state.version,
            synced_version=1,
            fields=packed(post),
            title=post.title,
            saved_at=state.updated_at or func.clock_timestamp(),
        )
        .on_conflict_do_nothing()
        .returning(WorkingCopy.post_id)
    )
    if made.first() is not None:
        authors = Actor(", ".join(author.name for author in state.authors))
        await history.write(work, post_id, 1, post, kind="opened", actor=authors)


async def save(
    work: UnitOfWork, actor: Actor, post_id: int, wanted: Save, check: Check
) -> Saved | Stale:
    """Save into a working copy.

    The same save again is answered as it was the first time.

    Args:
        work: the transaction.
        actor: who saves.
        post_id: of which post.
        wanted: what.
        check: raises where the writer may not change what they changed.

    Raises:
        ConflictError: a later save of the same program is there already.
        InvalidPostError: what was sent are no fields.
        NotFoundError: there is no such post.
    """
    copy = await hold(work, post_id)
    row = copy.row
    known = await _known(work, post_id, wanted)
    if known is not None:
        return known
    base = await _own_latest(copy, wanted)
    if base == row.version or (base == row.settling_version and await _is_newest(copy, base)):
        mine = patched(copy.edit, wanted.fields)
        check(copy.edit, mine)
        if base == row.settling_version:
            copy.settle()
        elif copy.clashes:
            return await copy.clash(mine)
        written = await copy.advance(mine, "typing", actor, (wanted.client, wanted.number))
        return Saved(row.version, written.at)
    begun = await history.read(work.session, post_id, base) if base <= row.last_version else None
    mine = patched(begun or copy.edit, wanted.fields)
    check(begun or copy.edit, mine)
    return copy.stale(begun, mine)


async def _known(work: UnitOfWork, post_id: int, wanted: Save) -> Saved | None:
    """Return the answer to a save that was here already."""
    rows = await work.session.execute(
        select(Revision.version, Revision.number, Revision.at)
        .where(
            Revision.post_id == post_id,
            Revision.client == wanted.client,
            Revision.number >= wanted.number,
        )
        .order_by(Revision.number)
        .limit(1)
    )
    found = rows.one_or_none()
    if found is None:
        return None
    if found.number != wanted.number:
        message = "A later save of this window is here already; this one came too late."
        raise ConflictError(message)
    return Saved(found.version, found.at)


async def _own_latest(copy: Copy, wanted: Save) -> int:
    """Return the version that a save follows: of a program that missed our answers, its own last."""
    rows = await copy.work.session.execute(
        select(Revision.version, Revision.client)
        .where(
            Revision.post_id == copy.row.post_id,
            Revision.version > wanted.base,
            Revision.kind.not_in(history.BESIDE),
        )
        .order_by(Revision.version)
    )
    base = wanted.base
    for row in rows:
        if row.client != wanted.client:
            break
        base = row.version
    return base


async def _is_newest(copy: Copy, version: int) -> bool:
    """Whether the working copy did not change since this revision was written beside it."""
    return copy.row.version < version


async def discard(work: UnitOfWork, actor: Actor, post_id: int, version: int) -> Copy | Stale:
    """Let a working copy say what the post says; what it said before is among its revisions.

    Raises:
        NotFoundError: there is no such post.
    """
    copy = await hold(work, post_id)
    if version != copy.row.version:
        return await outdated(copy, version)
    if copy.row.is_dirty:
        await copy.agree(copy.state, "discard", actor)
    return copy


async def outdated(copy: Copy, version: int) -> Stale:
    """Return what somebody does not know who saw an older version of a working copy."""
    seen = await history.read(copy.work.session, copy.row.post_id, version)
    return copy.stale(seen, seen or copy.edit)
