"""Copying a post."""

import msgspec
from sqlalchemy import select

from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Post
from services.audit.log import Actor
from services.content_store.checks import LONGEST
from services.content_store.native_post import blank, finished, write
from services.content_store.protocol import PostEdit, SavedPost
from services.content_store.reading import read_state
from services.posts.derive import derive

_MARK = " (Copy)"


async def copy_post(work: UnitOfWork, actor: Actor, post_id: int) -> SavedPost:
    """Make a draft like a post: its text and all that stands around it, under a title of its own.

    Raises:
        NotFoundError: there is no such post.
    """
    original = await read_state(work.session, post_id)
    if original is None:
        raise NotFoundError
    post = blank()
    await write(work, post, copied(original.edit), None)
    if original.edit.lexical is None:
        await _copy_old_text(work, post, post_id)
    work.session.add(post)
    return await finished(work, actor, "copy", post, None)


async def _copy_old_text(work: UnitOfWork, post: Post, post_id: int) -> None:
    """Copy a text in Ghost's old format, or HTML without any document."""
    columns = (Post.mobiledoc, Post.html, Post.plaintext, Post.reading_minutes)
    row = (await work.session.execute(select(*columns).where(Post.id == post_id))).one()
    post.mobiledoc, post.html, post.plaintext, post.reading_minutes = row
    derive(post)


def copied(edit: PostEdit) -> PostEdit:
    """Return the edit that makes a copy: another title, another address, no time, not featured."""
    title = edit.title[: LONGEST["title"] - len(_MARK)] + _MARK
    return msgspec.structs.replace(edit, title=title, slug="", published_at=None, featured=False)
