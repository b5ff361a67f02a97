"""What editors work on beside the posts themselves: working copies, revisions, who is there.

How these go together is told in `docs/editor.md`.
"""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Now, String


class WorkingCopy(Base):
    """What a post says as it is being worked on; the post itself follows when it is updated.

    `version` is that of the revision which it is now, `last_version` the greatest that any revision
    of the post has. `post_version` is the row version of the post that was last taken in, by the
    revision `synced_version`. Where the post was changed elsewhere in a way that only a person can
    bring together with this, `theirs_version` is the revision that says what it became with the row
    version `theirs_post_version`, and whoever saves on `settling_version` has seen that.
    `made_for` is the name under which a program asked for a new post.
    """

    __tablename__ = "working_copies"

    post_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(BigInteger)
    last_version: Mapped[int] = mapped_column(BigInteger)
    post_version: Mapped[int]
    synced_version: Mapped[int] = mapped_column(BigInteger)
    theirs_version: Mapped[int | None] = mapped_column(BigInteger)
    theirs_post_version: Mapped[int | None]
    settling_version: Mapped[int | None] = mapped_column(BigInteger)
    fields: Mapped[String]
    title: Mapped[String] = mapped_column(Text, server_default="")
    is_dirty: Mapped[bool] = mapped_column(server_default="false")
    saved_at: Mapped[Now]
    saved_by: Mapped[String] = mapped_column(Text, server_default="")
    saved_by_id: Mapped[int | None] = mapped_column(BigInteger)
    made_by_id: Mapped[int | None] = mapped_column(BigInteger)
    made_for: Mapped[UUID | None] = mapped_column(Uuid)

    __table_args__ = (
        UniqueConstraint("made_by_id", "made_for"),
        Index("ix_working_copies_dirty", "saved_at", "post_id", postgresql_where=text("is_dirty")),
        CheckConstraint(
            "num_nonnulls(theirs_version, theirs_post_version, settling_version) IN (0, 3)",
            name="clash_is_whole",
        ),
    )


class Revision(Base):
    """One state of a post's working copy; it never changes.

    `data` is the state, compressed; where `basis` is set, against the state of that version.
    `is_passing` says that its writer went on without a pause: it is not shown, and not kept for
    good. `client` and `number` name the save, so that one that arrives twice counts once.
    """

    __tablename__ = "revisions"

    post_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[String]
    is_passing: Mapped[bool] = mapped_column(server_default="false")
    basis: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Now]
    by: Mapped[String]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    client: Mapped[UUID | None] = mapped_column(Uuid)
    number: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(
            "kind IN ('opened', 'typing', 'merged', 'update', 'publish', 'schedule', 'restore',"
            " 'discard', 'elsewhere', 'theirs', 'settling')",
            name="kind_is_known",
        ),
        Index(
            "uq_revisions_save",
            "post_id",
            "client",
            "number",
            unique=True,
            postgresql_where=text("client IS NOT NULL"),
        ),
        Index("ix_revisions_passing", "at", postgresql_where=text("is_passing")),
    )


# Who has which post open. Unlogged: after a crash everybody says so again within seconds.
presences = Table(
    "presences",
    Base.metadata,
    Column(
        "post_id",
        BigInteger,
        primary_key=True,
    ),
    Column("client", Uuid, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("locked_since", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Index(
        "uq_presences_lock",
        "post_id",
        unique=True,
        postgresql_where=text("locked_since IS NOT NULL"),
    ),
    prefixes=["UNLOGGED"],
)
