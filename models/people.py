"""People: who they are, how they prove it, what they did; and the redirects that they keep.

Secrets are never stored: of every token there is its SHA-256, of every password its argon2 hash.
What a role allows is decided in `services.accounts.policy`.
"""

from typing import Any
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
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String

_ROLES = "('reader', 'member', 'contributor', 'author', 'editor', 'administrator', 'owner')"


class Person(Base):
    """Somebody with an account.

    `key` is the person's stable name towards other programs; `account_issuer` and
    `account_subject` are the account app's, where that vouches for them. `role_is_pinned` marks a
    role that the operator gave: on a site backed by Ghost it does not follow Ghost's staff. What
    Ghost says of an address counts only where `email_is_proven`.
    """

    __tablename__ = "people"

    id: Mapped[Id]
    key: Mapped[UUID] = mapped_column(Uuid, unique=True, server_default=func.gen_random_uuid())
    email: Mapped[String] = mapped_column(Text)
    email_is_proven: Mapped[bool] = mapped_column(server_default="true")
    name: Mapped[String] = mapped_column(Text, server_default="")
    role: Mapped[String] = mapped_column(Text, server_default="reader")
    role_is_pinned: Mapped[bool] = mapped_column(server_default="false")
    author_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("authors.id", ondelete="SET NULL"), index=True
    )
    password_hash: Mapped[String | None]
    account_issuer: Mapped[String | None]
    account_subject: Mapped[String | None] = mapped_column(Text)
    created_at: Mapped[Now]
    signed_in_at: Mapped[Instant | None]
    suspended_at: Mapped[Instant | None]

    __table_args__ = (
        Index("uq_people_email", func.lower(email), unique=True),
        Index(
            "uq_people_account",
            "account_issuer",
            "account_subject",
            unique=True,
            postgresql_where=account_subject.is_not(None),
        ),
        Index("ix_people_name", func.lower(name), "id"),
        CheckConstraint(f"role IN {_ROLES}", name="role_is_known"),
    )


class PersonTier(Base):
    """A membership tier that a person has, until `expires_at` where that is set."""

    __tablename__ = "person_tiers"

    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    tier_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tiers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    expires_at: Mapped[Instant | None]


class Session(Base):
    """A signed-in browser.

    `method` says how the person proved who they are. Of a session that the account app vouches for,
    `account_grant` is its access token, encrypted, and `account_checked_at` when it was last good.
    """

    __tablename__ = "sessions"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    method: Mapped[String]
    address: Mapped[String]
    user_agent: Mapped[String]
    created_at: Mapped[Now]
    seen_at: Mapped[Now]
    expires_at: Mapped[Instant] = mapped_column(DateTime(timezone=True), index=True)
    account_grant: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_checked_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(
            "method IN ('link', 'password', 'setup', 'invitation', 'account')",
            name="method_is_known",
        ),
        Index("ix_sessions_recent", "created_at", "id"),
    )


class OneTimeLink(Base):
    """A link that lets somebody in once: `sign-in` for a person, `setup` for a site's first owner.

    A link that was used is deleted, so it cannot be used twice, whoever races.
    """

    __tablename__ = "one_time_links"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    purpose: Mapped[String]
    person_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    next_path: Mapped[String] = mapped_column(Text, server_default="/")
    created_at: Mapped[Now]
    expires_at: Mapped[Instant] = mapped_column(DateTime(timezone=True), index=True)

    __table_args__ = (
        CheckConstraint(
            "(purpose = 'sign-in' AND person_id IS NOT NULL)"
            " OR (purpose = 'setup' AND person_id IS NULL)",
            name="purpose_is_known",
        ),
    )


class Invitation(Base):
    """An invitation to write here, with the role that it gives."""

    __tablename__ = "invitations"

    id: Mapped[Id]
    email: Mapped[String] = mapped_column(Text)
    role: Mapped[String]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="SET NULL")
    )
    created_at: Mapped[Now]
    expires_at: Mapped[Instant]

    __table_args__ = (
        Index("uq_invitations_email", func.lower(email), unique=True),
        CheckConstraint(
            "role IN ('contributor', 'author', 'editor', 'administrator')", name="role_is_known"
        ),
    )


class AuditEntry(Base):
    """Who did what to which object; the names are as they were then, and stay."""

    __tablename__ = "audit_log"

    id: Mapped[Id]
    at: Mapped[Now]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[String]
    action: Mapped[String]
    object_kind: Mapped[String]
    object_id: Mapped[String]
    label: Mapped[String]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address: Mapped[String]
    request_id: Mapped[String]

    __table_args__ = (
        Index("ix_audit_log_at", "at"),
        Index("ix_audit_log_object", "object_kind", "object_id", "id"),
        Index("ix_audit_log_actor", "actor_id", "id"),
        Index("ix_audit_log_action", "action", "id"),
    )


class Redirect(Base):
    """An address that leads elsewhere; one with `is_pattern` is a regular expression as Ghost's."""

    __tablename__ = "redirects"

    id: Mapped[Id]
    source: Mapped[String] = mapped_column(Text, unique=True)
    target: Mapped[String]
    is_permanent: Mapped[bool]
    is_pattern: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[Now]

    __table_args__ = (Index("ix_redirects_is_pattern", "is_pattern", "id"),)


# When the next attempt under a key is free (the theoretical arrival time of the generic cell rate
# algorithm). Unlogged: after a crash everyone starts afresh, and no attempt costs a disk flush.
rate_limits = Table(
    "rate_limits",
    Base.metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("free_at", DateTime(timezone=True), nullable=False, index=True),
    prefixes=["UNLOGGED"],
)
