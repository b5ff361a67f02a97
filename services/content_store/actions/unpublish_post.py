"""Taking a post back."""

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.native_post import finished, opened, saved
from services.content_store.protocol import InvalidPostError, SavedPost


async def unpublish_post(work: UnitOfWork, actor: Actor, post_id: int, version: int) -> SavedPost:
    """Make a published or scheduled post a draft again; it keeps its address and its time.

    Raises:
        InvalidPostError: it went out by e-mail alone, which nobody can take back.
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    post, before = await opened(work, post_id, version)
    if before.status == "draft":
        return saved(before)
    if before.status == "sent":
        raise InvalidPostError({"status": "This went out by e-mail and cannot be taken back."})
    post.status = "draft"
    return await finished(work, actor, "unpublish", post, before)
