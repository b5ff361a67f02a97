"""The store of a site without a Ghost: our own tables are the place of record."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from models.content import Post
from services.audit.log import Actor
from services.content_store.actions.copy_post import copy_post
from services.content_store.actions.create_post import create_post
from services.content_store.actions.delete_post import delete_post
from services.content_store.actions.publish_post import publish_post
from services.content_store.actions.save_post import save_post
from services.content_store.actions.schedule_post import schedule_post
from services.content_store.actions.unpublish_post import unpublish_post
from services.content_store.protocol import PostEdit, SavedPost, Sending

_DUE_AT_ONCE = 100


class NativeContentStore:
    """`ContentStore` on our own tables; each method is an action of `actions/`."""

    @property
    def sends_newsletters(self) -> bool:
        """Never."""
        return False

    async def create(self, work: UnitOfWork, actor: Actor, edit: PostEdit) -> SavedPost:
        """See `actions.create_post`."""
        return await create_post(work, actor, edit)

    async def save(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int, edit: PostEdit
    ) -> SavedPost:
        """See `actions.save_post`."""
        return await save_post(work, actor, post_id, version, edit)

    async def publish(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """See `actions.publish_post`."""
        return await publish_post(work, actor, post_id, version, edit=edit, sending=sending)

    async def schedule(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        at: datetime,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """See `actions.schedule_post`."""
        return await schedule_post(work, actor, post_id, version, at, edit=edit, sending=sending)

    async def unpublish(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int
    ) -> SavedPost:
        """See `actions.unpublish_post`."""
        return await unpublish_post(work, actor, post_id, version)

    async def delete(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int | None = None
    ) -> None:
        """See `actions.delete_post`."""
        await delete_post(work, actor, post_id, version)

    async def copy(self, work: UnitOfWork, actor: Actor, post_id: int) -> SavedPost:
        """See `actions.copy_post`."""
        return await copy_post(work, actor, post_id)

    async def due(self, connection: AsyncConnection, moment: datetime) -> Sequence[tuple[int, int]]:
        """Find the scheduled posts whose time has come, the earliest first."""
        rows = await connection.execute(
            select(Post.id, Post.row_version)
            .where(
                Post.status == "scheduled", Post.published_at <= moment, Post.deleted_at.is_(None)
            )
            .order_by(Post.published_at, Post.id)
            .limit(_DUE_AT_ONCE)
        )
        return [(row.id, row.row_version) for row in rows]
