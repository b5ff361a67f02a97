"""Federation: what of ours the fediverse knows, the activities that told it, and who follows.

A post belongs to another domain, so it is named by its id without a foreign key: what was told
about a post has to stay after the post is gone.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class FederatedPost(Base):
    """What was last told about a post: as which object, saying what, and whether it stands.

    A post that was taken back and published again is a new object: others may never take an id
    again that they saw deleted. Hence `generation`, which is part of the object's address.
    """

    __tablename__ = "federation_posts"

    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    uuid: Mapped[UUID] = mapped_column(Uuid)
    generation: Mapped[int] = mapped_column(server_default="1")
    digest: Mapped[bytes]
    stands: Mapped[bool] = mapped_column(server_default="true")
    told_at: Mapped[Now]

    __table_args__ = (Index("ix_federation_posts_uuid", "uuid"),)


class Activity(Base):
    """One activity of the site's actor (ActivityStreams 2.0), whole, as its outbox shows it.

    `delivery` is `waiting` until the followers have it, `delivered`, or `none` for what is only
    kept on record: nobody's timeline should fill with the archive of a site that was imported.
    """

    __tablename__ = "federation_activities"

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    type: Mapped[String]
    post_id: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    delivery: Mapped[String] = mapped_column(Text, server_default="waiting")
    created_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint("type IN ('Create', 'Update', 'Delete')", name="type_is_known"),
        CheckConstraint("delivery IN ('waiting', 'delivered', 'none')", name="delivery_is_known"),
        Index("ix_federation_activities_post", "post_id", "id"),
        Index(
            "ix_federation_activities_waiting", "id", postgresql_where=text("delivery = 'waiting'")
        ),
    )


class Follower(Base):
    """An actor elsewhere that asked to be told; written by the inbox."""

    __tablename__ = "federation_followers"

    id: Mapped[Id]
    actor: Mapped[String] = mapped_column(Text, unique=True)
    inbox: Mapped[String]
    shared_inbox: Mapped[String | None]
    followed_at: Mapped[Now]
    ended_at: Mapped[Instant | None]
