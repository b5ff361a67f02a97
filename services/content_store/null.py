"""A platform without the blog: there is nowhere to save to."""

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.audit.log import Actor
from services.content_store.protocol import PostEdit, SavedPost, Sending
from services.contracts.common import DomainAbsentError


def _absent() -> NoReturn:
    message = "This site has no posts."
    raise DomainAbsentError(message)


class NullContentStore:
    """`ContentStore` where there is no blog: nothing is due, and writes say so."""

    @property
    def sends_newsletters(self) -> bool:
        """Never."""
        return False

    async def create(self, work: UnitOfWork, actor: Actor, edit: PostEdit) -> SavedPost:
        """Refuse."""
        _absent()

    async def save(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int, edit: PostEdit
    ) -> SavedPost:
        """Refuse."""
        _absent()

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
        """Refuse."""
        _absent()

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
        """Refuse."""
        _absent()

    async def unpublish(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int
    ) -> SavedPost:
        """Refuse."""
        _absent()

    async def delete(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int | None = None
    ) -> None:
        """Refuse."""
        _absent()

    async def copy(self, work: UnitOfWork, actor: Actor, post_id: int) -> SavedPost:
        """Refuse."""
        _absent()

    async def due(self, connection: AsyncConnection, moment: datetime) -> Sequence[tuple[int, int]]:
        """Find none."""
        return ()
