"""Changes of many posts at once: what was asked for, and what became of it for each post."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Json, Now, String


class BulkChange(Base):
    """One change that somebody asked for of many posts.

    `value` is what the action needs (the tag, the author, the visibility). `undone_at` is when
    somebody asked for it to be taken back, which then happens post by post as well.
    """

    __tablename__ = "bulk_changes"

    id: Mapped[Id]
    person_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="SET NULL")
    )
    actor: Mapped[String]
    action: Mapped[String]
    is_page: Mapped[bool]
    value: Mapped[Json]
    created_at: Mapped[Now]
    undone_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_bulk_changes_person", "person_id", "id"),)


class BulkItem(Base):
    """One post of such a change.

    `before` is what the undoing needs. `message` says of a post that could not be changed why; one
    whose change could not be taken back is `kept`.
    """

    __tablename__ = "bulk_items"

    bulk_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("bulk_changes.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[String] = mapped_column(Text, server_default="waiting")
    message: Mapped[String | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'changed', 'unchanged', 'failed', 'undoing', 'undone', 'kept')",
            name="state_is_known",
        ),
        Index("ix_bulk_items_post", "post_id"),
        Index(
            "ix_bulk_items_waiting",
            "bulk_id",
            "post_id",
            postgresql_where=text("state IN ('waiting', 'undoing')"),
        ),
    )
