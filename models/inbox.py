"""The inbox of Ghost's webhooks: what arrived, word for word, until it has been acted upon."""

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class GhostWebhook(Base):
    """One webhook that Ghost sent, or that somebody sent again.

    `kind` is Ghost's plural name of what it is about (`posts`; `settings` for `site.changed`),
    `ghost_id` which one, where there is one. `signature` is Ghost's, over the body and the time: a
    replay has the same. `body` is kept as it came until the row is done, and then forgotten, since
    it may tell of members. `outcome` says in a word what became of it.
    """

    __tablename__ = "ghost_webhooks"

    id: Mapped[Id]
    event: Mapped[String]
    kind: Mapped[String]
    ghost_id: Mapped[String | None]
    signature: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_at: Mapped[Instant]
    received_at: Mapped[Now]
    done_at: Mapped[Instant | None]
    outcome: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="done_is_told"),
        Index(
            "ix_ghost_webhooks_waiting",
            "kind",
            "ghost_id",
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_ghost_webhooks_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
        Index("ix_ghost_webhooks_event", "event", "received_at"),
    )
