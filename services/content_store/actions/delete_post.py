"""Deleting a post."""

from sqlalchemy import func

from infrastructure.database import UnitOfWork
from services.audit.log import Actor, record
from services.content_store.native_post import opened


async def delete_post(work: UnitOfWork, actor: Actor, post_id: int, version: int | None) -> None:
    """Delete a post: nobody sees it any more, its row stays for those who run the database.

    Raises:
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    post, before = await opened(work, post_id, version)
    post.deleted_at = func.clock_timestamp()
    kind = "page" if post.is_page else "post"
    was = {"title": before.edit.title, "slug": before.edit.slug, "status": before.status}
    record(work, actor, "post.delete", (kind, post.id, post.title), before=was)
    await work.session.flush()
