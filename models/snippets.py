"""Snippets: reusable pieces of a document, and which posts use them.

A synced snippet stands in a document between two markers with its `uuid` (see decision 0041), so a
post says by itself what it uses; `SnippetUse` is derived from it.
"""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class Snippet(Base):
    """A piece of document with a name.

    `value` is what Koenig inserts: JSON with `namespace` and `nodes`. `mode` is `synced` (changed
    once, it changes in every post) or `detached` (inserted as a copy). `visibility` is `mine` or
    `everyone`. `digest` is that of what the nodes render to, `inner` are the synced snippets
    within. `ghost_id` is that of the snippet of Ghost's that it was imported from.
    """

    __tablename__ = "snippets"

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, server_default=func.gen_random_uuid())
    person_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="SET NULL")
    )
    name: Mapped[String]
    folder: Mapped[String] = mapped_column(Text, server_default="")
    mode: Mapped[String] = mapped_column(Text, server_default="synced")
    visibility: Mapped[String] = mapped_column(Text, server_default="everyone")
    value: Mapped[String]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    inner: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    ghost_id: Mapped[String | None] = mapped_column(Text, unique=True)
    row_version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    deleted_at: Mapped[Instant | None]

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - SQLAlchemy's own name
    __table_args__ = (
        CheckConstraint("mode IN ('synced', 'detached')", name="mode_is_known"),
        CheckConstraint("visibility IN ('mine', 'everyone')", name="visibility_is_known"),
        Index(
            "ix_snippets_listed",
            func.lower(text("name")),
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_snippets_person", "person_id"),
    )


class SnippetUse(Base):
    """That a post uses a synced snippet, and by `digest` in which state of it.

    Derived from the post's document whenever one is written; the snippet may be one that this site
    does not know (any more), so it is named by its uuid.
    """

    __tablename__ = "snippet_uses"

    post_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    snippet: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_snippet_uses_snippet", "snippet", "post_id"),)
