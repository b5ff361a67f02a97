"""Scheduling a post."""

from datetime import datetime

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.actions.publish_post import refuse_sending
from services.content_store.actions.save_post import apply_edit
from services.content_store.checks import check_time_to_come
from services.content_store.native_post import finished, opened
from services.content_store.protocol import InvalidPostError, PostEdit, SavedPost, Sending
from services.content_store.scheduling import remember


async def schedule_post(
    work: UnitOfWork,
    actor: Actor,
    post_id: int,
    version: int,
    at: datetime,
    *,
    edit: PostEdit | None = None,
    sending: Sending | None = None,
) -> SavedPost:
    """Let a draft be published later, or move one that is scheduled.

    Raises:
        InvalidPostError: the time is past, something cannot be kept, or the post is published.
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    check_time_to_come(at)
    post, before = await opened(work, post_id, version)
    refuse_sending(edit.email_only if edit is not None else post.email_only, sending)
    if before.status in {"published", "sent"}:
        raise InvalidPostError({"status": "This is published already: unpublish it first."})
    await apply_edit(work, post, before, edit)
    post.published_at = at
    post.status = "scheduled"
    await remember(work, post_id, at)
    return await finished(work, actor, "schedule", post, before)
