"""Federation as other domains see it: tell the fediverse of a post, and ask what it was told.

Source of the documents: ActivityStreams 2.0 (https://www.w3.org/TR/activitystreams-core/) and
ActivityPub (https://www.w3.org/TR/activitypub/).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork


class PublicPost(Struct, frozen=True):
    """What the fediverse is told of a post: only what anyone may read.

    `html` is the whole text of a public post and the teaser of any other; `url` is absolute;
    `tags` are the names of the public tags, in order.
    """

    id: int
    uuid: str
    url: str
    title: str
    summary: str
    html: str
    published_at: datetime
    updated_at: datetime | None
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None


class DeliveryState(Struct, frozen=True):
    """How far the last activity about a post has come.

    `stands` is whether the fediverse was told that the post exists; `delivery` is `waiting`,
    `delivered` or `none` (kept on record only); `told_at` is when.
    """

    stands: bool
    activity: str
    delivery: str
    told_at: datetime


class OutboxPage(Struct, frozen=True):
    """A stretch of the outbox, newest first; `before` leads to the next, older one, or is None."""

    activities: tuple[dict[str, Any], ...]
    before: int | None


class FederationService(Protocol):
    """The site's actor: what it told, and who follows it."""

    async def publish(self, work: UnitOfWork, post: PublicPost) -> None:
        """Tell that there is a post (`Create`); of one that stands already, that it changed.

        A post that was published more than a day ago is only put on record.

        Raises:
            DomainAbsentError: this site does not federate.
        """
        ...

    async def update(self, work: UnitOfWork, post: PublicPost) -> None:
        """Tell that a post changed (`Update`), if what anyone may read of it did.

        One that does not stand is published.

        Raises:
            DomainAbsentError: this site does not federate.
        """
        ...

    async def delete(self, work: UnitOfWork, post_id: int) -> None:
        """Take a post back (`Delete` of a `Tombstone`); one that does not stand stays so.

        Raises:
            DomainAbsentError: this site does not federate.
        """
        ...

    async def reflect(
        self, work: UnitOfWork, posts: Sequence[PublicPost], gone: Sequence[int]
    ) -> None:
        """Make what the fediverse is told equal to this, for many posts at once.

        It writes what `publish`, `update` and `delete` would, where there is a difference, with a
        number of statements that does not grow with the posts. A site that does not federate
        takes no notice.

        Args:
            work: the transaction of the change.
            posts: posts that are public now; oldest first in the outbox.
            gone: ids of posts that are not, or no longer.
        """
        ...

    async def delivery_states(
        self, connection: AsyncConnection, post_ids: Sequence[int]
    ) -> Mapping[int, DeliveryState]:
        """Read how far the news of posts have come; those never told of are left out."""
        ...

    async def follower_count(self, connection: AsyncConnection) -> int:
        """Count who follows now."""
        ...

    async def outbox(
        self, connection: AsyncConnection, *, before: int | None = None, limit: int = 20
    ) -> OutboxPage:
        """Read a stretch of the outbox.

        Args:
            connection: where to read.
            before: from the page before; None: from the newest on.
            limit: from 1 to 100.
        """
        ...

    async def outbox_count(self, connection: AsyncConnection) -> int:
        """Count all activities."""
        ...

    async def activity(self, connection: AsyncConnection, uuid: str) -> dict[str, Any] | None:
        """Read one activity by the last part of its address; None where there is none."""
        ...

    async def object(
        self, connection: AsyncConnection, uuid: str, generation: int
    ) -> dict[str, Any] | None:
        """Read an article, or the tombstone of one taken back, by its address; None if unknown."""
        ...
