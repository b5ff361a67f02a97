"""A change of many posts: asked for, done post by post, taken back, told.

Each post is changed in a transaction of its own together with the note of what became of it, so a
change that was interrupted goes on where it stopped, and nothing is done twice however many do it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError, PersonError
from infrastructure.jobs import Job, Jobs, Later, Run, enqueue
from models.bulk import BulkChange, BulkItem
from models.content import Post, PostAuthor
from services.accounts.policy import Target, may
from services.accounts.viewer import Viewer
from services.audit.log import Actor, record
from services.bulk.actions import ACTIONS, At
from services.content_store.protocol import (
    ContentStore,
    GhostUnreachableError,
    PostState,
    StaleSaveError,
)
from services.content_store.reading import read_state
from services.content_store.restoring import deleted_state

# So many posts may be changed at once.
MOST: Final = 5000
_TRIES: Final = 3
_TOLD: Final = 50

_NOT_ALLOWED: Final = "You may not do this to it."
_GONE: Final = "It is not there any more."
_MOVING: Final = "Somebody else was changing it at the same moment."


class Rest(Struct, frozen=True):
    """Which change is to be gone on with."""

    bulk_id: int


REST: Final = Job(name="posts.bulk", payload=Rest)
# Whoever asks for a change does what they can of it while they wait; the rest is a job's.
_REST_AFTER: Final = timedelta(seconds=6)
_SECONDS: Final = 120.0


async def leave_rest(work: UnitOfWork, bulk_id: int, *, after: timedelta = _REST_AFTER) -> None:
    """Leave the job that goes on with a change, whatever becomes of whoever began it."""
    at = datetime.now(UTC) + after
    await enqueue(work, REST, Rest(bulk_id), at=at, key=str(bulk_id))


def add_jobs(jobs: Jobs, database: Database, store: ContentStore) -> None:
    """Let workers go on with changes of many posts."""

    async def go_on(_: Run, payload: Rest) -> None:
        async with database.read() as connection:
            who = (
                await connection.execute(
                    select(BulkChange.actor, BulkChange.person_id).where(
                        BulkChange.id == payload.bulk_id
                    )
                )
            ).one_or_none()
        if who is None:
            return
        actor = Actor(who.actor, who.person_id)
        try:
            is_done = await run(database, store, actor, payload.bulk_id, seconds=_SECONDS)
        except GhostUnreachableError as error:
            raise Later(str(error)) from error
        if not is_done:
            async with database.unit_of_work() as work:
                await leave_rest(work, payload.bulk_id, after=timedelta(0))

    jobs.add(REST, go_on)


async def standings(
    connection: AsyncConnection, viewer: Viewer, post_ids: Sequence[int]
) -> dict[int, tuple[bool, Target]]:
    """Return of posts, deleted ones as well, whether each is a page, and what the policy asks.

    What is scheduled counts as published: it will be, without anybody looking at it again.
    """
    is_own = (
        select(PostAuthor.post_id)
        .where(PostAuthor.post_id == Post.id, PostAuthor.author_id == (viewer.author_id or 0))
        .correlate(Post)
        .exists()
    )
    rows = await connection.execute(
        select(Post.id, Post.is_page, Post.status, is_own.label("is_own")).where(
            Post.id == func.any(literal(list(post_ids), ARRAY(BigInteger)))
        )
    )
    return {
        row.id: (row.is_page, Target(is_own=row.is_own, is_published=row.status != "draft"))
        for row in rows
    }


def is_allowed(viewer: Viewer, action: str, standing: tuple[bool, Target]) -> bool:
    """Decide whether a viewer may do something to a post or page."""
    is_page, target = standing
    return may(viewer, action, target) and (not is_page or may(viewer, "page.edit"))


async def begin(
    work: UnitOfWork,
    viewer: Viewer,
    actor: Actor,
    action: str,
    post_ids: Sequence[int],
    *,
    is_page: bool = False,
    value: dict[str, Any] | None = None,
) -> int:
    """Ask for a change of posts; `run` does it.

    Args:
        work: the transaction.
        viewer: who asks; posts that they may not change are told among the failures.
        actor: the same, for the audit log.
        action: a key of `ACTIONS`.
        post_ids: which posts.
        is_page: whether they are pages.
        value: what the action needs: `tag`, `author_ids`, `visibility` and `tier_ids`, `featured`.

    Returns:
        The change's id.

    Raises:
        InvalidError: nothing was chosen, too much, or no such thing can be done.
    """
    if action not in ACTIONS:
        message = "Choose what to do with them."
        raise InvalidError(message)
    wanted = list(dict.fromkeys(post_ids))
    if not wanted:
        message = "Choose at least one first: tick the box before it."
        raise InvalidError(message)
    if len(wanted) > MOST:
        message = f"These are too many: {MOST} can be changed at once."
        raise InvalidError(message)
    change = BulkChange(
        person_id=viewer.person_id,
        actor=actor.name,
        action=action,
        is_page=is_page,
        value=value or {},
    )
    work.session.add(change)
    await work.session.flush()
    known = await standings(await work.session.connection(), viewer, wanted)
    policy = ACTIONS[action].policy
    for post_id in wanted:
        if post_id not in known:
            continue
        refused = not is_allowed(viewer, policy, known[post_id])
        work.session.add(
            BulkItem(
                bulk_id=change.id,
                post_id=post_id,
                state="failed" if refused else "waiting",
                message=_NOT_ALLOWED if refused else None,
            )
        )
    about = ("bulk", change.id, ACTIONS[action].label)
    record(work, actor, f"posts.{action}", about, after={**(value or {}), "posts": len(wanted)})
    await leave_rest(work, change.id)
    return change.id


async def ask_back(work: UnitOfWork, viewer: Viewer, actor: Actor, bulk_id: int) -> None:
    """Ask for a change to be taken back; `run` does it.

    Raises:
        NotFoundError: there is no such change of this person's.
        InvalidError: it was asked for already.
    """
    change = await work.session.get(BulkChange, bulk_id, with_for_update=True)
    if change is None or change.person_id != viewer.person_id:
        raise NotFoundError
    if change.undone_at is not None:
        message = "This was undone already."
        raise InvalidError(message)
    change.undone_at = func.clock_timestamp()
    # What is still to be done is not begun any more.
    for state, then in (("changed", "undoing"), ("waiting", "undone")):
        await work.session.execute(
            update(BulkItem)
            .where(BulkItem.bulk_id == bulk_id, BulkItem.state == state)
            .values(state=then)
            .execution_options(synchronize_session=False)
        )
    await leave_rest(work, bulk_id)
    record(work, actor, "posts.undo", ("bulk", bulk_id, ACTIONS[change.action].label))


async def run(
    database: Database,
    store: ContentStore,
    actor: Actor,
    bulk_id: int,
    *,
    seconds: float,
) -> bool:
    """Do what is still to be done of a change.

    Args:
        database: where each post has a transaction of its own.
        store: where posts are kept.
        actor: who asked for it.
        bulk_id: the change.
        seconds: after this time no other post is begun.

    Returns:
        Whether nothing is left to do.

    Raises:
        GhostUnreachableError: Ghost gave no answer; what is left can be gone on with later.
    """
    began = monotonic()
    while monotonic() - began < seconds:
        if not await _one(database, store, actor, bulk_id):
            return True
    return False


async def _one(database: Database, store: ContentStore, actor: Actor, bulk_id: int) -> bool:
    """Do it to the next post; False: there is none."""
    taken, message = 0, _MOVING
    for _ in range(_TRIES):
        try:
            async with database.unit_of_work() as work:
                item = await _next(work, bulk_id)
                if item is None:
                    return False
                taken = item.post_id
                await _do(store, work, actor, item)
        except StaleSaveError:
            continue
        except GhostUnreachableError:
            raise
        except NotFoundError:
            message = _GONE
            break
        except PersonError as error:
            message = str(error)
            break
        else:
            return True
    await _note_failure(database, bulk_id, taken, message)
    return True


async def _next(work: UnitOfWork, bulk_id: int) -> BulkItem | None:
    """Take the next post that nobody else is at."""
    found: BulkItem | None = await work.session.scalar(
        select(BulkItem)
        .where(BulkItem.bulk_id == bulk_id, BulkItem.state.in_(("waiting", "undoing")))
        .order_by(BulkItem.post_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found


async def _do(store: ContentStore, work: UnitOfWork, actor: Actor, item: BulkItem) -> None:
    change = await work.session.get_one(BulkChange, item.bulk_id)
    action = ACTIONS[change.action]
    is_back = item.state == "undoing"
    at = At(store, work, actor, await _state(work, item.post_id, change.action, is_back=is_back))
    if is_back:
        await action.revert(at, change.value, item.before or {})
        item.state = "undone"
        return
    item.before = await action.apply(at, change.value)
    item.state = "unchanged" if item.before is None else "changed"


async def _state(work: UnitOfWork, post_id: int, action: str, *, is_back: bool) -> PostState:
    if action == ("delete" if is_back else "restore"):
        return await deleted_state(work, post_id)
    state = await read_state(work.session, post_id)
    if state is None:
        raise NotFoundError
    return state


async def _note_failure(database: Database, bulk_id: int, post_id: int, message: str) -> None:
    async with database.unit_of_work() as work:
        item = await work.session.get(BulkItem, (bulk_id, post_id), with_for_update=True)
        if item is not None:
            item.state = "kept" if item.state == "undoing" else "failed"
            item.message = message


class Failure(Struct, frozen=True):
    """A post that could not be changed, or changed back, and why."""

    post_id: int
    title: str
    message: str


class Progress(Struct, frozen=True, kw_only=True):
    """How a change goes.

    Attributes:
        did: what it does to posts, in a word.
        counts: how many posts are in each state.
        failures: the first of those that could not be changed.
    """

    id: int
    action: str
    did: str
    is_page: bool
    value: dict[str, Any]
    actor: str
    created_at: datetime
    undone_at: datetime | None
    counts: dict[str, int]
    failures: tuple[Failure, ...]

    @property
    def left(self) -> int:
        """How many posts are still to be changed."""
        return self.counts.get("waiting", 0) + self.counts.get("undoing", 0)

    @property
    def total(self) -> int:
        """How many posts it is about."""
        return sum(self.counts.values())

    @property
    def can_be_undone(self) -> bool:
        """Whether there is anything to take back."""
        return self.undone_at is None and self.counts.get("changed", 0) > 0


async def progress(connection: AsyncConnection, viewer: Viewer, bulk_id: int) -> Progress:
    """Read how a change goes.

    Raises:
        NotFoundError: there is no such change of this person's.
    """
    change = (
        await connection.execute(
            select(BulkChange).where(
                BulkChange.id == bulk_id, BulkChange.person_id == viewer.person_id
            )
        )
    ).first()
    if change is None:
        raise NotFoundError
    rows = await connection.execute(
        select(BulkItem.state, func.count().label("number"))
        .where(BulkItem.bulk_id == bulk_id)
        .group_by(BulkItem.state)
    )
    counts = {row.state: row.number for row in rows}
    failures = await connection.execute(
        select(BulkItem.post_id, Post.title, BulkItem.message)
        .join(Post, Post.id == BulkItem.post_id)
        .where(BulkItem.bulk_id == bulk_id, BulkItem.state.in_(("failed", "kept")))
        .order_by(BulkItem.post_id)
        .limit(_TOLD)
    )
    return Progress(
        **{
            name: getattr(change, name)
            for name in ("id", "action", "is_page", "value", "actor", "created_at", "undone_at")
        },
        did=ACTIONS[change.action].did,
        counts=counts,
        failures=tuple(Failure(row.post_id, row.title, row.message or "") for row in failures),
    )
