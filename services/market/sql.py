"""Markets on our own tables; see `services.contracts.market` for what each method promises."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from models.market import Marketplace, Product
from services.containers import checked_amount, checked_name, lock_container, table_of
from services.contracts.common import Container, Money
from services.contracts.market import MOST_PRODUCTS, MarketplaceRef, NewProduct, ProductRef

_NO_MARKETPLACE = "There is no such marketplace any more."


class SqlMarketService:
    """`MarketService` on the platform's database."""

    async def marketplaces(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        *,
        deleted_too: bool = False,
    ) -> Mapping[Container, tuple[MarketplaceRef, ...]]:
        """Read the marketplaces of many containers; see the contract."""
        found: dict[Container, list[MarketplaceRef]] = {it: [] for it in containers}
        if not found:
            return {}
        wanted = table_of(found)
        rows = await connection.execute(
            select(
                Marketplace.id,
                Marketplace.container_type,
                Marketplace.container_id,
                Marketplace.name,
                Marketplace.deleted_at,
            )
            .join(
                wanted,
                (wanted.c.type == Marketplace.container_type)
                & (wanted.c.id == Marketplace.container_id),
            )
            .where(true() if deleted_too else Marketplace.deleted_at.is_(None))
            .order_by(Marketplace.id)
        )
        for row in rows:
            container = Container(row.container_type, row.container_id)
            found[container].append(
                MarketplaceRef(row.id, container, row.name, row.deleted_at is None)
            )
        return {container: tuple(refs) for container, refs in found.items()}

    async def products(
        self,
        connection: AsyncConnection,
        marketplace_id: int,
        *,
        limit: int = MOST_PRODUCTS,
        after: int | None = None,
    ) -> tuple[ProductRef, ...]:
        """Read the products of a marketplace; see the contract."""
        statement = _select_products().where(Product.marketplace_id == marketplace_id)
        if after is not None:
            last = select(Product.position).where(Product.id == after).scalar_subquery()
            statement = statement.where(tuple_(Product.position, Product.id) > tuple_(last, after))
        statement = statement.order_by(Product.position, Product.id).limit(_limited(limit))
        return tuple(map(_to_product, await connection.execute(statement)))

    async def products_for_containers(
        self, connection: AsyncConnection, containers: Sequence[Container], *, each: int = 4
    ) -> Mapping[Container, tuple[ProductRef, ...]]:
        """Read the first products of many containers; see the contract."""
        found: dict[Container, list[ProductRef]] = {it: [] for it in containers}
        if not found:
            return {}
        wanted = table_of(found)
        order = (Product.marketplace_id, Product.position, Product.id)
        first = (
            _select_products(Product.position)
            .where(
                Marketplace.container_type == wanted.c.type,
                Marketplace.container_id == wanted.c.id,
                func.coalesce(Product.stock, 1) > 0,
            )
            .order_by(*order)
            .limit(_limited(each))
            .correlate(wanted)
            .lateral("first")
        )
        rows = await connection.execute(
            select(first)
            .select_from(wanted.join(first, true()))
            .order_by(first.c.marketplace_id, first.c.position, first.c.id)
        )
        for row in rows:
            product = _to_product(row)
            found[product.container].append(product)
        return {container: tuple(products) for container, products in found.items()}

    async def products_by_id(
        self, connection: AsyncConnection, product_ids: Sequence[int]
    ) -> Mapping[int, ProductRef]:
        """Read products by id; see the contract."""
        if not product_ids:
            return {}
        rows = await connection.execute(_select_products().where(Product.id.in_(product_ids)))
        return {row.id: _to_product(row) for row in rows}

    async def create(self, work: UnitOfWork, container: Container, name: str) -> MarketplaceRef:
        """Make a marketplace; see the contract."""
        name = checked_name(name)
        await _check_free(work.session, container, name)
        row = Marketplace(container_type=container.type, container_id=container.id, name=name)
        work.session.add(row)
        await work.session.flush()
        return MarketplaceRef(row.id, container, name, is_open=True)

    async def rename(self, work: UnitOfWork, marketplace_id: int, name: str) -> MarketplaceRef:
        """Give a marketplace another name; see the contract."""
        name = checked_name(name)
        row = await _open_marketplace(work.session, marketplace_id)
        container = Container(row.container_type, row.container_id)
        if row.name != name:
            await _check_free(work.session, container, name, but=row.id)
            row.name = name
            await work.session.flush()
        return MarketplaceRef(row.id, container, name, is_open=True)

    async def delete(self, work: UnitOfWork, marketplace_id: int) -> None:
        """Delete a marketplace softly; see the contract."""
        row = await _marketplace(work.session, marketplace_id)
        if row.deleted_at is None:
            row.deleted_at = datetime.now(UTC)
            await work.session.flush()

    async def revive(self, work: UnitOfWork, marketplace_id: int) -> MarketplaceRef:
        """Open a deleted marketplace again; see the contract."""
        row = await _marketplace(work.session, marketplace_id)
        container = Container(row.container_type, row.container_id)
        if row.deleted_at is not None:
            await _check_free(work.session, container, row.name, but=row.id)
            row.deleted_at = None
            await work.session.flush()
        return MarketplaceRef(row.id, container, row.name, is_open=True)

    async def add_product(
        self, work: UnitOfWork, marketplace_id: int, product: NewProduct
    ) -> ProductRef:
        """Offer a product; see the contract."""
        checked_amount(product.price, product.currency)
        if product.stock is not None and product.stock < 0:
            message = "A stock cannot be below zero."
            raise InvalidError(message)
        marketplace = await _open_marketplace(work.session, marketplace_id)
        last = await work.session.scalar(
            select(func.max(Product.position)).where(Product.marketplace_id == marketplace_id)
        )
        row = Product(
            marketplace_id=marketplace.id,
            title=checked_name(product.title),
            description=product.description.strip(),
            image=product.image,
            price=product.price,
            currency=product.currency,
            unit=product.unit.strip(),
            stock=product.stock,
            position=0 if last is None else last + 1,
        )
        work.session.add(row)
        await work.session.flush()
        connection = await work.session.connection()
        return (await self.products_by_id(connection, [row.id]))[row.id]


# What the DTO takes from the columns of the same name.
_SAME = ("id", "marketplace_id", "title", "description", "image", "unit", "stock")


def _select_products(*more: Any) -> Select[Any]:
    """Select what open marketplaces offer, with `more` columns."""
    return (
        select(
            *(getattr(Product, name) for name in _SAME),
            Product.price,
            Product.currency,
            Marketplace.container_type,
            Marketplace.container_id,
            *more,
        )
        .join(Marketplace, Marketplace.id == Product.marketplace_id)
        .where(Product.deleted_at.is_(None), Marketplace.deleted_at.is_(None))
    )


def _to_product(row: Row[Any]) -> ProductRef:
    return ProductRef(
        **{name: getattr(row, name) for name in _SAME},
        container=Container(row.container_type, row.container_id),
        price=Money(row.price, row.currency),
    )


def _limited(limit: int) -> int:
    return max(0, min(limit, MOST_PRODUCTS))


async def _marketplace(session: AsyncSession, marketplace_id: int) -> Marketplace:
    """Return a marketplace, locked until the transaction ends.

    Raises:
        NotFoundError: there is none of this id.
    """
    row = await session.scalar(
        select(Marketplace).where(Marketplace.id == marketplace_id).with_for_update()
    )
    if row is None:
        raise NotFoundError(_NO_MARKETPLACE)
    return row


async def _open_marketplace(session: AsyncSession, marketplace_id: int) -> Marketplace:
    row = await _marketplace(session, marketplace_id)
    if row.deleted_at is not None:
        raise NotFoundError(_NO_MARKETPLACE)
    return row


async def _check_free(
    session: AsyncSession, container: Container, name: str, *, but: int | None = None
) -> None:
    """Make sure that a name is free among the container's open marketplaces, and stays so.

    Raises:
        ConflictError: it is taken.
    """
    await lock_container(session, "market", container)
    taken = await session.scalar(
        select(Marketplace.id).where(
            Marketplace.container_type == container.type,
            Marketplace.container_id == container.id,
            func.lower(Marketplace.name) == func.lower(name),
            Marketplace.deleted_at.is_(None),
            Marketplace.id.is_distinct_from(but),
        )
    )
    if taken is not None:
        message = f"There is a marketplace “{name}” here already."
        raise ConflictError(message)
