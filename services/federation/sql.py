"""Federation on our own tables; see `services.contracts.federation` for what is promised."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from models.federation import Activity, FederatedPost, Follower
from services.contracts.federation import DeliveryState, OutboxPage, PublicPost
from services.federation import documents
from services.federation.documents import Addresses

_NEWS: Final = timedelta(days=1)
"""What is older when it is first told is an archive, and not delivered to anyone."""

_LONGEST_PAGE = 100


class SqlFederationService:
    """`FederationService` on the platform's database."""

    def __init__(self, site_url: str) -> None:
        """Speak for the site at this public address (without a closing slash)."""
        self._at = Addresses(site_url)

    async def publish(self, work: UnitOfWork, post: PublicPost) -> None:
        """Tell that there is a post; see the contract."""
        await self.reflect(work, [post], [])

    async def update(self, work: UnitOfWork, post: PublicPost) -> None:
        """Tell that a post changed; see the contract."""
        await self.reflect(work, [post], [])

    async def delete(self, work: UnitOfWork, post_id: int) -> None:
        """Take a post back; see the contract."""
        await self.reflect(work, [], [post_id])

    async def reflect(
        self, work: UnitOfWork, posts: Sequence[PublicPost], gone: Sequence[int]
    ) -> None:
        """Make what was told equal to this; see the contract."""
        concerned = {*gone, *(post.id for post in posts)}
        if not concerned:
            return
        # Locked, so that two who change the same post tell of it one after the other.
        rows = await work.session.scalars(
            select(FederatedPost)
            .where(FederatedPost.post_id.in_(concerned))
            .order_by(FederatedPost.post_id)
            .with_for_update()
        )
        told = {row.post_id: row for row in rows}
        now = datetime.now(UTC)
        for post in sorted(posts, key=lambda it: (it.published_at, it.id)):
            self._tell(work, post, told.get(post.id), now)
        for post_id in gone:
            row = told.get(post_id)
            if row is not None and row.stands:
                row.stands = False
                row.told_at = now
                last = str(row.uuid)
                stone = documents.tombstone(self._at, last, row.generation, now)
                self._add(work, "Delete", post_id, stone, now)
        await work.session.flush()

    def _tell(
        self, work: UnitOfWork, post: PublicPost, row: FederatedPost | None, now: datetime
    ) -> None:
        """Tell of one post what was not told yet."""
        digest = documents.digest(post)
        if row is not None and row.stands:
            if row.digest == digest:
                return
            row.digest, row.told_at = digest, now
            kind, generation, is_news = "Update", row.generation, True
        else:
            if row is None:
                row = FederatedPost(
                    post_id=post.id, uuid=uuid.UUID(post.uuid), generation=1, digest=digest
                )
                work.session.add(row)
            else:
                row.generation += 1
                row.digest, row.stands, row.told_at = digest, True, now
            kind, generation = "Create", row.generation
            is_news = now - post.published_at < _NEWS
        article = documents.article(self._at, post, generation)
        # A post that comes now, but is dated back, comes into the outbox under its own date.
        published = now if kind == "Update" else min(now, post.published_at)
        self._add(work, kind, post.id, article, published, is_news=is_news)

    def _add(
        self,
        work: UnitOfWork,
        kind: str,
        post_id: int,
        obj: dict[str, Any],
        published: datetime,
        *,
        is_news: bool = True,
    ) -> None:
        name = uuid.uuid4()
        work.session.add(
            Activity(
                uuid=name,
                type=kind,
                post_id=post_id,
                document=documents.activity(self._at, str(name), kind, obj, published),
                delivery="waiting" if is_news else "none",
            )
        )

    async def delivery_states(
        self, connection: AsyncConnection, post_ids: Sequence[int]
    ) -> Mapping[int, DeliveryState]:
        """Read how far the news of posts have come; see the contract."""
        if not post_ids:
            return {}
        last = (
            select(Activity.type, Activity.delivery)
            .where(Activity.post_id == FederatedPost.post_id)
            .order_by(Activity.id.desc())
            .limit(1)
            .lateral("last")
        )
        rows = await connection.execute(
            select(
                FederatedPost.post_id,
                FederatedPost.stands,
                FederatedPost.told_at,
                last.c.type,
                last.c.delivery,
            )
            .join(last, FederatedPost.post_id.is_not(None))
            .where(FederatedPost.post_id.in_(post_ids))
        )
        return {
            row.post_id: DeliveryState(row.stands, row.type, row.delivery, row.told_at)
            for row in rows
        }

    async def follower_count(self, connection: AsyncConnection) -> int:
        """Count who follows now; see the contract."""
        counted = select(func.count()).select_from(Follower).where(Follower.ended_at.is_(None))
        return await connection.scalar(counted) or 0

    async def outbox(
        self, connection: AsyncConnection, *, before: int | None = None, limit: int = 20
    ) -> OutboxPage:
        """Read a stretch of the outbox; see the contract."""
        limit = max(1, min(limit, _LONGEST_PAGE))
        statement = select(Activity.id, Activity.document).order_by(Activity.id.desc())
        if before is not None:
            statement = statement.where(Activity.id < before)
        rows = (await connection.execute(statement.limit(limit + 1))).all()
        shown = rows[:limit]
        return OutboxPage(
            tuple(row.document for row in shown), shown[-1].id if len(rows) > limit else None
        )

    async def outbox_count(self, connection: AsyncConnection) -> int:
        """Count all activities; see the contract."""
        return await connection.scalar(select(func.count()).select_from(Activity)) or 0

    async def activity(self, connection: AsyncConnection, uuid: str) -> dict[str, Any] | None:
        """Read one activity; see the contract."""
        name = _uuid(uuid)
        if name is None:
            return None
        found: dict[str, Any] | None = await connection.scalar(
            select(Activity.document).where(Activity.uuid == name)
        )
        return found

    async def object(
        self, connection: AsyncConnection, uuid: str, generation: int
    ) -> dict[str, Any] | None:
        """Read an article or its tombstone; see the contract."""
        name = _uuid(uuid)
        if name is None:
            return None
        address = self._at.object(str(name), generation)
        found: dict[str, Any] | None = await connection.scalar(
            select(Activity.document["object"])
            .join(FederatedPost, FederatedPost.post_id == Activity.post_id)
            .where(
                FederatedPost.uuid == name,
                Activity.document["object"]["id"].astext == address,
            )
            .order_by(Activity.id.desc())
            .limit(1)
        )
        return {"@context": documents.CONTEXT, **found} if found is not None else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
