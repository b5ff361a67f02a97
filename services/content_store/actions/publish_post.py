"""Publishing a post."""

from datetime import UTC, datetime

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.actions.save_post import apply_edit, save_post
from services.content_store.native_post import finished, opened, saved
from services.content_store.protocol import InvalidPostError, PostEdit, SavedPost, Sending


async def publish_post(
    work: UnitOfWork,
    actor: Actor,
    post_id: int,
    version: int,
    *,
    edit: PostEdit | None = None,
    sending: Sending | None = None,
) -> SavedPost:
    """Publish a draft or a scheduled post now; one that is published stays so, with the edit saved.

    Raises:
        InvalidPostError: something cannot be kept, or it was to be sent.
        NotFoundError: there is no such post.
        StaleSaveError: it is another version by now.
    """
    post, before = await opened(work, post_id, version)
    refuse_sending(edit.email_only if edit is not None else post.email_only, sending)
    if before.status in {"published", "sent"}:
        return (
            saved(before) if edit is None else await save_post(work, actor, post_id, version, edit)
        )
    now = datetime.now(UTC)
    wanted = edit.published_at if edit is not None else post.published_at
    if wanted is not None and wanted.tzinfo is None:
        raise InvalidPostError({"published_at": "Say in which time zone this is."})
    await apply_edit(work, post, before, edit)
    post.published_at = now if wanted is None or wanted > now else wanted
    post.status = "published"
    return await finished(work, actor, "publish", post, before)


def refuse_sending(is_email_only: bool, sending: Sending | None) -> None:
    """Refuse what only a Ghost can do.

    Raises:
        InvalidPostError: the post was to be sent.
    """
    if sending is not None:
        raise InvalidPostError(
            {"newsletter": "This site sends no newsletters itself: publish without one."}
        )
    if is_email_only:
        raise InvalidPostError(
            {"email_only": "This site sends no newsletters itself, so nobody would ever get this."}
        )
