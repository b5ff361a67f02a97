"""Deleting a post."""

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.native_post import mark_deleted, opened


async def delete_post(work: UnitOfWork, actor: Actor, post_id: int, version: int | None) -> None:
    """Delete a post: nobody sees it any more, its row stays for those who run the database.

    Raises:
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    post, before = await opened(work, post_id, version)
    await mark_deleted(work, actor, post, before)
