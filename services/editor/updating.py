"""What makes a post say what its working copy says: update, publish, schedule; and taking it back."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update

from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Author
from models.editing import WorkingCopy
from models.people import Person
from services.audit.log import Actor
from services.content_store.protocol import ContentStore, PostEdit, Sending
from services.content_store.reading import read_state
from services.editor.history import called
from services.editor.copies import Copy, Stale, hold, outdated
from services.posts.slugs import free_slug, slug_of


class When(Struct, frozen=True):
    """How a post is published: at once or at a time, with or without a newsletter."""

    at: datetime | None = None
    sending: Sending | None = None


async def create(
    work: UnitOfWork,
    store: ContentStore,
    actor: Actor,
    *,
    is_page: bool = False,
    made_for: UUID | None = None,
) -> int:
    """Make an empty draft that belongs to whoever makes it, and return its id.

    Args:
        work: the transaction.
        store: where posts are kept.
        actor: a person.
        is_page: a page rather than a post.
        made_for: the name under which a program asks; the same name again gives the same post.
    """
    session = work.session
    if made_for is not None:
        # A second request with the same name waits here for the first.
        turn = func.hashtextextended(f"{actor.person_id} {made_for}", 0)
        await session.execute(select(func.pg_advisory_xact_lock(turn)))
        known = await session.scalar(
            select(WorkingCopy.post_id).where(
                WorkingCopy.made_by_id == actor.person_id, WorkingCopy.made_for == made_for
            )
        )
        if known is not None and await read_state(session, known) is not None:
            return known
    authors = await _signing(work, actor)
    made = await store.create(work, actor, PostEdit(is_page=is_page, author_ids=authors))
    await hold(work, made.id)
    await session.execute(
        update(WorkingCopy)
        .where(WorkingCopy.post_id == made.id)
        .values(made_by_id=actor.person_id, made_for=made_for, saved_by=called(actor))
    )
    return made.id


async def _signing(work: UnitOfWork, actor: Actor) -> tuple[int, ...]:
    """Return the author that a person signs as, who is made where they never wrote before.

    Without one a draft would belong to nobody, and a contributor could not open it again.
    """
    person = await work.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        return ()
    if person.author_id is not None:
        return (person.author_id,)
    of_ghost = await work.session.scalar(
        select(Author.id)
        .where(
            func.lower(Author.email) == person.email.lower(),
            Author.ghost_id.is_not(None),
            Author.deleted_at.is_(None),
        )
        .limit(1)
    )
    if of_ghost is not None:
        return (of_ghost,)
    name = person.name or person.email.partition("@")[0]
    author = Author(name=name, slug=await free_slug(work.session, Author, slug_of(name), None))
    author.social = {}
    work.session.add(author)
    await work.session.flush()
    person.author_id = author.id
    await work.session.flush()
    return (author.id,)


async def post_update(
    work: UnitOfWork, store: ContentStore, actor: Actor, post_id: int, version: int
) -> Copy | Stale:
    """Let a post say what its working copy says; its status stays.

    Args:
        work: the transaction.
        store: where posts are kept.
        actor: who does it.
        post_id: which post.
        version: of the working copy, as whoever does it sees it.

    Raises:
        InvalidPostError: something cannot be kept as it is.
        NotFoundError: there is no such post.
        StaleSaveError: the post changed elsewhere at this very moment.
    """

    async def act(copy: Copy, edit: PostEdit | None) -> None:
        if edit is not None:
            await store.save(work, actor, post_id, copy.state.version, edit)

    return await _apply(work, actor, post_id, version, "update", act)


async def publish(
    work: UnitOfWork,
    store: ContentStore,
    actor: Actor,
    post_id: int,
    version: int,
    when: When,
) -> Copy | Stale:
    """Publish a post with what its working copy says, or schedule it.

    Raises:
        InvalidPostError: something cannot be kept as it is, or the time is past.
        NotFoundError: there is no such post.
        StaleSaveError: the post changed elsewhere at this very moment.
    """

    async def act(copy: Copy, edit: PostEdit | None) -> None:
        place = work, actor, post_id, copy.state.version
        if when.at is None:
            await store.publish(*place, edit=edit, sending=when.sending)
        else:
            await store.schedule(*place, when.at, edit=edit, sending=when.sending)

    kind = "publish" if when.at is None else "schedule"
    return await _apply(work, actor, post_id, version, kind, act)


async def unpublish(work: UnitOfWork, store: ContentStore, actor: Actor, post_id: int) -> Copy:
    """Make a post a draft again; what is in its working copy stays there.

    Raises:
        InvalidPostError: it cannot be taken back.
        NotFoundError: there is no such post.
    """
    copy = await hold(work, post_id)
    await store.unpublish(work, actor, post_id, copy.state.version)
    return await hold(work, post_id)


async def _apply(
    work: UnitOfWork,
    actor: Actor,
    post_id: int,
    version: int,
    kind: str,
    act: Callable[[Copy, PostEdit | None], Awaitable[None]],
) -> Copy | Stale:
    copy = await hold(work, post_id)
    if version != copy.row.version:
        return await outdated(copy, version)
    if copy.clashes:
        return await copy.clash(copy.edit)
    await act(copy, copy.edit if copy.row.is_dirty else None)
    after = await read_state(work.session, post_id)
    if after is None:  # pragma: no cover - it was there just now, in this transaction
        raise NotFoundError
    if after.version != copy.state.version or copy.row.is_dirty:
        await copy.agree(after, kind, actor)
    return copy
