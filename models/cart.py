"""Carts: one for each user or anonymous session, and its lines.

What a line is about (a ticket for a calendar's entry, a product) belongs to other domains: the line
keeps its title and price as they were when it was put in, and no foreign key.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Now, String


class Cart(Base):
    """The cart of a user or of an anonymous session, never of both; all of it in one currency."""

    __tablename__ = "carts"

    id: Mapped[Id]
    user_id: Mapped[String | None] = mapped_column(Text, unique=True)
    session_id: Mapped[String | None] = mapped_column(Text, unique=True)
    currency: Mapped[String] = mapped_column(Text, server_default="EUR")
    created_at: Mapped[Now]
    updated_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, session_id) = 1", name="has_one_owner"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        Index("ix_carts_updated", "updated_at"),
    )


class CartLine(Base):
    """So many of one thing. `kind` is `ticket` or `product`; `price` is for one of it."""

    __tablename__ = "cart_lines"

    id: Mapped[Id]
    cart_id: Mapped[int] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    kind: Mapped[String]
    item_id: Mapped[int] = mapped_column(BigInteger)
    container_type: Mapped[String]
    container_id: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[String]
    price: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]
    added_at: Mapped[Now]

    __table_args__ = (
        UniqueConstraint("cart_id", "kind", "item_id"),
        CheckConstraint("kind IN ('ticket', 'product')", name="kind_is_known"),
        CheckConstraint("price >= 0", name="price_is_no_debt"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity_is_sane"),
    )
