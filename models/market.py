"""Markets: marketplaces that hang on a container, and their products.

A container is `(container_type, container_id)` of another domain, without a foreign key to it.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class Marketplace(Base):
    """A marketplace of a container; a deleted one keeps its products and can be revived."""

    __tablename__ = "marketplaces"

    id: Mapped[Id]
    container_type: Mapped[String]
    container_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[String]
    created_at: Mapped[Now]
    deleted_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_marketplaces_container", "container_type", "container_id"),)


class Product(Base):
    """Something for sale.

    `price` is in the smallest unit of `currency` (ISO 4217), for one `unit` ("loaf", "kg").
    `stock` is how many can be sold; null where nobody counts.
    """

    __tablename__ = "products"

    id: Mapped[Id]
    marketplace_id: Mapped[int] = mapped_column(ForeignKey("marketplaces.id", ondelete="CASCADE"))
    title: Mapped[String]
    description: Mapped[String] = mapped_column(Text, server_default="")
    image: Mapped[String | None]
    price: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[String] = mapped_column(Text, server_default="EUR")
    unit: Mapped[String] = mapped_column(Text, server_default="")
    stock: Mapped[int | None]
    position: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]
    deleted_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint("price >= 0", name="price_is_no_debt"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock_is_a_count"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        Index("ix_products_marketplace", "marketplace_id", "position", "id"),
    )
