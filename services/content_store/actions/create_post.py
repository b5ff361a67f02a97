"""Making a draft."""

import msgspec

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.native_post import author_of, blank, finished, write
from services.content_store.protocol import PostEdit, SavedPost


async def create_post(work: UnitOfWork, actor: Actor, edit: PostEdit) -> SavedPost:
    """Make a draft; whoever makes it signs it where no author is named.

    Raises:
        InvalidPostError: something cannot be kept.
    """
    if not edit.author_ids:
        edit = msgspec.structs.replace(edit, author_ids=await author_of(work, actor))
    post = blank()
    await write(work, post, edit, None)
    post.published_at = edit.published_at
    work.session.add(post)
    return await finished(work, actor, "create", post, None)
