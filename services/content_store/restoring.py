"""Bringing a deleted post back, whichever store it was deleted from."""

from datetime import UTC, datetime

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Post
from services.audit.log import Actor
from services.content_store.native_post import finished
from services.content_store.protocol import ContentStore, PostState, SavedPost
from services.content_store.reading import read_state
from services.posts.slugs import free_slug


async def restore(
    store: ContentStore, work: UnitOfWork, actor: Actor, state: PostState
) -> SavedPost:
    """Bring a deleted post back as it was, under another address where its own was taken meanwhile.

    Ghost forgets what it deletes, so of a post of Ghost's another one is made, as like it as can
    be: its ids and what was counted of it are new.

    Args:
        store: where posts are kept.
        work: the transaction.
        actor: who does it.
        state: of the deleted post.

    Raises:
        NotFoundError: it is not deleted (any more).
    """
    if state.ghost_id is not None:
        return await _made_again(store, work, actor, state)
    post = await work.session.scalar(
        select(Post)
        .where(Post.id == state.id, Post.deleted_at.is_not(None))
        .options(
            selectinload(Post.author_links),
            selectinload(Post.tag_links),
            selectinload(Post.tier_links),
        )
        .with_for_update(of=Post)
    )
    if post is None:
        raise NotFoundError
    post.slug = await free_slug(work.session, Post, post.slug, post.id)
    post.deleted_at = None
    await work.session.flush()
    return await finished(work, actor, "restore", post, state)


async def deleted_state(work: UnitOfWork, post_id: int) -> PostState:
    """Read a deleted post.

    Raises:
        NotFoundError: it is not deleted (any more).
    """
    state = await read_state(work.session, post_id, is_deleted=True)
    if state is None:
        raise NotFoundError
    return state


async def _made_again(
    store: ContentStore, work: UnitOfWork, actor: Actor, state: PostState
) -> SavedPost:
    time = state.edit.published_at
    edit = state.edit if state.status != "scheduled" else replace(state.edit, published_at=None)
    made = await store.create(work, actor, edit)
    place = (work, actor, made.id, made.version)
    if state.status == "published":
        return await store.publish(*place)
    if state.status == "scheduled" and time is not None and time > datetime.now(UTC):
        return await store.schedule(*place, time)
    return made
