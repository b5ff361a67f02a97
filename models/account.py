"""The account app's own tables: its people, their sign-ins, and what they granted to which app.

Nothing of the blog's refers to them: the apps share a database and ask each other over HTTP.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class AccountUser(Base):
    """Somebody with an account of the platform; `tiers` are slugs of membership tiers."""

    __tablename__ = "account_users"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=func.gen_random_uuid())
    email: Mapped[String] = mapped_column(Text)
    name: Mapped[String]
    password_hash: Mapped[String | None]
    tiers: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[Now]

    __table_args__ = (Index("uq_account_users_email", func.lower(email), unique=True),)


class AccountSignIn(Base):
    """A browser that is signed in at the account app; what it granted ends with it."""

    __tablename__ = "account_sign_ins"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("account_users.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[Instant]


class AccountCode(Base):
    """An authorization code, good once and for a minute."""

    __tablename__ = "account_codes"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(
        ForeignKey("account_sign_ins.id", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[String]
    redirect_uri: Mapped[String]
    nonce: Mapped[String]
    challenge: Mapped[String]
    expires_at: Mapped[Instant]


class AccountGrant(Base):
    """An access token, good as long as the sign-in that it came from."""

    __tablename__ = "account_grants"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(
        ForeignKey("account_sign_ins.id", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[String]
    created_at: Mapped[Now]


class AccountKey(Base):
    """The key with which the account app signs; there is one."""

    __tablename__ = "account_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    private: Mapped[dict[str, Any]] = mapped_column(JSONB)
