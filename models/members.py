"""Ghost's members as far as they decide who may read what, and the labels that they are given.

What else Ghost knows of a member (notes, places, newsletters, how they read) stays in Ghost.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infrastructure.database import Base
from models.columns import Id, Instant, Mirrored, String
from models.content import unique_while_alive


class Member(Base):
    """A member of Ghost's: `status` is `free`, `comped`, `paid` or a word of a later Ghost."""

    __tablename__ = "members"

    id: Mapped[Id]
    ghost_id: Mapped[String] = mapped_column(Text, unique=True)
    email: Mapped[String] = mapped_column(Text)
    name: Mapped[String] = mapped_column(Text, server_default="")
    status: Mapped[String]
    updated_at: Mapped[Instant | None]

    tier_links: Mapped[list["MemberTier"]] = relationship(
        order_by="MemberTier.tier_id", cascade="all, delete-orphan", lazy="raise"
    )

    __table_args__ = (Index("ix_members_email", func.lower(email)),)


class MemberTier(Base):
    """A tier that a member has, until `expires_at` where Ghost says that it ends."""

    __tablename__ = "member_tiers"

    member_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    tier_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tiers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    expires_at: Mapped[Instant | None]


class Label(Mirrored, Base):
    """A label of members: what an e-mail or a block of a post may be addressed to."""

    __tablename__ = "labels"

    id: Mapped[Id]
    slug: Mapped[String]
    name: Mapped[String]

    __table_args__ = (unique_while_alive("labels", "slug"),)
