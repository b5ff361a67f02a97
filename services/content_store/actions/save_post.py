"""Saving what an editor wrote."""

from datetime import UTC, datetime

import msgspec

from infrastructure.database import UnitOfWork
from models.content import Post
from services.audit.log import Actor
from services.content_store.native_post import finished, opened, saved, write
from services.content_store.protocol import InvalidPostError, PostEdit, PostState, SavedPost


async def save_post(
    work: UnitOfWork, actor: Actor, post_id: int, version: int, edit: PostEdit
) -> SavedPost:
    """Change a post; what is there already is not written again.

    Raises:
        InvalidPostError: something cannot be kept.
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    post, before = await opened(work, post_id, version)
    if says_the_same(edit, before):
        return saved(before)
    published_at = time_shown(edit, before)
    await write(work, post, edit, before)
    post.published_at = published_at
    return await finished(work, actor, "save", post, before)


def says_the_same(edit: PostEdit, state: PostState) -> bool:
    """Whether a post says already what an edit wants it to say."""
    if edit.lexical is None:
        edit = msgspec.structs.replace(edit, lexical=state.edit.lexical)
    return edit == state.edit


def time_shown(edit: PostEdit, state: PostState) -> datetime | None:
    """Return the time that a post shows after a save.

    Raises:
        InvalidPostError: a post in this status cannot show it.
    """
    wanted = edit.published_at
    if state.status == "draft":
        return wanted
    if wanted is None or wanted == state.edit.published_at:
        return state.edit.published_at
    if state.status == "scheduled":
        raise InvalidPostError(
            {"published_at": "This is scheduled: choose the new time where it is scheduled."}
        )
    if wanted.tzinfo is not None and wanted > datetime.now(UTC):
        raise InvalidPostError(
            {"published_at": "What is published already cannot show a time to come."}
        )
    return wanted


async def apply_edit(
    work: UnitOfWork, post: Post, before: PostState, edit: PostEdit | None
) -> None:
    """Write an edit that comes with another action.

    Raises:
        InvalidPostError: something cannot be kept.
    """
    if edit is not None and not says_the_same(edit, before):
        await write(work, post, edit, before)
