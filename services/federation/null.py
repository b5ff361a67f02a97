"""A site that does not federate: nothing was told, nobody follows."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import DomainAbsentError
from services.contracts.federation import DeliveryState, OutboxPage, PublicPost


def _absent() -> NoReturn:
    message = "This site does not federate."
    raise DomainAbsentError(message)


class NullFederationService:
    """`FederationService` of a site that has none: reads are empty, writes say so."""

    async def publish(self, work: UnitOfWork, post: PublicPost) -> None:
        """Refuse."""
        _absent()

    async def update(self, work: UnitOfWork, post: PublicPost) -> None:
        """Refuse."""
        _absent()

    async def delete(self, work: UnitOfWork, post_id: int) -> None:
        """Refuse."""
        _absent()

    async def reflect(
        self, work: UnitOfWork, posts: Sequence[PublicPost], gone: Sequence[int]
    ) -> None:
        """Take no notice."""

    async def delivery_states(
        self, connection: AsyncConnection, post_ids: Sequence[int]
    ) -> Mapping[int, DeliveryState]:
        """Find none."""
        return {}

    async def follower_count(self, connection: AsyncConnection) -> int:
        """Count none."""
        return 0

    async def outbox(
        self, connection: AsyncConnection, *, before: int | None = None, limit: int = 20
    ) -> OutboxPage:
        """Nothing was told."""
        return OutboxPage((), None)

    async def outbox_count(self, connection: AsyncConnection) -> int:
        """Count none."""
        return 0

    async def activity(self, connection: AsyncConnection, uuid: str) -> dict[str, Any] | None:
        """Find none."""
        return None

    async def object(
        self, connection: AsyncConnection, uuid: str, generation: int
    ) -> dict[str, Any] | None:
        """Find none."""
        return None
