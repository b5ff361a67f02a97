"""Leaving a Ghost: that a site did, how far it is with it, and what its rows were in Ghost."""

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Instant, Json, Now, String


class GhostDetachment(Base):
    """That a site left its Ghost; the only row has the `id` 1.

    From `started_at` on nothing is taken over from Ghost any more. `progress` is, by table, the
    last key whose row was made ours; `missing` lists the media paths that could not be had.
    """

    __tablename__ = "ghost_detachments"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[String]
    started_at: Mapped[Now]
    ended_at: Mapped[Instant | None]
    progress: Mapped[Json]
    missing: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (CheckConstraint("id = 1", name="is_the_only_one"),)


class FormerGhostId(Base):
    """What a row was called in Ghost before the site left it; `kind` is the table."""

    __tablename__ = "former_ghost_ids"

    kind: Mapped[String] = mapped_column(Text, primary_key=True)
    object_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ghost_id: Mapped[String]
