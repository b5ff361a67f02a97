"""Carts on our own tables; see `services.contracts.cart` for what each method promises."""

from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError
from models.cart import Cart, CartLine
from services.containers import checked_amount
from services.contracts.cart import (
    MOST_LINES,
    MOST_OF_ONE,
    CartItem,
    CartLineRef,
    CartOwner,
    CartSummary,
    ContainerTotal,
)
from services.contracts.common import Container, Money

_KINDS = frozenset({"ticket", "product"})
_NO_CURRENCY = "EUR"  # of a cart that is not there


class SqlCartService:
    """`CartService` on the platform's database."""

    async def summary(self, connection: AsyncConnection, owner: CartOwner) -> CartSummary:
        """Read a cart in figures; see the contract."""
        cost = CartLine.price * CartLine.quantity
        is_ticket = CartLine.kind == "ticket"
        rows = (
            await connection.execute(
                select(
                    Cart.currency,
                    CartLine.container_type,
                    CartLine.container_id,
                    func.sum(CartLine.quantity).label("pieces"),
                    func.sum(cost).label("total"),
                    func.sum(case((is_ticket, CartLine.quantity), else_=0)).label("tickets"),
                    func.sum(case((is_ticket, cost), else_=0)).label("ticket_total"),
                )
                .join(CartLine, CartLine.cart_id == Cart.id)
                .where(_owned_by(owner))
                .group_by(Cart.currency, CartLine.container_type, CartLine.container_id)
                .order_by(func.min(CartLine.id))
            )
        ).all()
        currency = rows[0].currency if rows else _NO_CURRENCY

        def whole(column: str) -> int:
            return sum(int(getattr(row, column)) for row in rows)

        return CartSummary(
            count=whole("pieces"),
            total=Money(whole("total"), currency),
            ticket_count=whole("tickets"),
            ticket_total=Money(whole("ticket_total"), currency),
            containers=tuple(
                ContainerTotal(
                    Container(row.container_type, row.container_id),
                    int(row.pieces),
                    Money(int(row.total), currency),
                )
                for row in rows
            ),
        )

    async def lines(self, connection: AsyncConnection, owner: CartOwner) -> tuple[CartLineRef, ...]:
        """Read the lines of a cart; see the contract."""
        rows = await connection.execute(
            select(
                CartLine.id,
                CartLine.kind,
                CartLine.item_id,
                CartLine.container_type,
                CartLine.container_id,
                CartLine.title,
                CartLine.price,
                CartLine.quantity,
                Cart.currency,
            )
            .join(Cart, Cart.id == CartLine.cart_id)
            .where(_owned_by(owner))
            .order_by(CartLine.id)
            .limit(MOST_LINES)
        )
        return tuple(_to_line(row) for row in rows)

    async def put(
        self, work: UnitOfWork, owner: CartOwner, item: CartItem, quantity: int = 1
    ) -> CartLineRef:
        """Put in more of a thing; see the contract."""
        checked_amount(item.price.amount, item.price.currency)
        if item.kind not in _KINDS:
            message = f"A cart takes tickets and products, but no “{item.kind}”."
            raise InvalidError(message)
        if not 1 <= quantity <= MOST_OF_ONE:
            raise InvalidError(_HOW_MANY)
        session = work.session
        cart_id = await _cart_for(session, owner, item.price.currency)
        # The cart's row is locked, so nobody else adds a line until this is committed.
        there = (
            await session.execute(
                select(CartLine.quantity).where(
                    CartLine.cart_id == cart_id,
                    CartLine.kind == item.kind,
                    CartLine.item_id == item.item_id,
                )
            )
        ).scalar()
        if (there or 0) + quantity > MOST_OF_ONE:
            raise InvalidError(_HOW_MANY)
        if there is None:
            count = await session.scalar(
                select(func.count()).select_from(CartLine).where(CartLine.cart_id == cart_id)
            )
            if count is not None and count >= MOST_LINES:
                message = f"A cart takes at most {MOST_LINES} different things."
                raise InvalidError(message)
        new = insert(CartLine).values(
            cart_id=cart_id,
            kind=item.kind,
            item_id=item.item_id,
            container_type=item.container.type,
            container_id=item.container.id,
            title=item.title,
            price=item.price.amount,
            quantity=quantity,
        )
        row = (
            await session.execute(
                new.on_conflict_do_update(
                    index_elements=["cart_id", "kind", "item_id"],
                    set_={
                        "quantity": CartLine.quantity + new.excluded.quantity,
                        "price": new.excluded.price,
                        "title": new.excluded.title,
                    },
                ).returning(CartLine.id, CartLine.quantity)
            )
        ).one()
        return CartLineRef(row.id, item, row.quantity)

    async def set_quantity(
        self, work: UnitOfWork, owner: CartOwner, line_id: int, quantity: int
    ) -> None:
        """Have so many of a line; see the contract."""
        if not 0 <= quantity <= MOST_OF_ONE:
            raise InvalidError(_HOW_MANY)
        is_line = (CartLine.id == line_id) & CartLine.cart_id.in_(
            select(Cart.id).where(_owned_by(owner))
        )
        statement = (
            update(CartLine).where(is_line).values(quantity=quantity)
            if quantity
            else delete(CartLine).where(is_line)
        )
        changed = await work.session.scalar(
            statement.returning(CartLine.id).execution_options(synchronize_session=False)
        )
        if changed is None:
            message = "This is not in your cart any more."
            raise NotFoundError(message)
        await _note_change(work.session, owner)

    async def empty(self, work: UnitOfWork, owner: CartOwner) -> None:
        """Take everything out; see the contract."""
        await work.session.execute(
            delete(Cart).where(_owned_by(owner)).execution_options(synchronize_session=False)
        )

    async def adopt(self, work: UnitOfWork, session_id: str, user_id: str) -> None:
        """Move an anonymous session's lines into a person's cart; see the contract."""
        session = work.session
        left = (
            await session.execute(
                select(Cart.id, Cart.currency)
                .where(Cart.session_id == session_id)
                .with_for_update()
            )
        ).first()
        if left is None:
            return
        try:
            mine = await _cart_for(session, CartOwner(user_id=user_id), left.currency)
        except InvalidError:
            return
        columns = [
            column
            for column in CartLine.__table__.columns
            if column.name not in {"id", "cart_id", "added_at"}
        ]
        moved = insert(CartLine).from_select(
            ["cart_id", *(column.name for column in columns)],
            select(literal(mine), *columns)
            .where(CartLine.cart_id == left.id)
            .order_by(CartLine.id),
        )
        await session.execute(
            moved.on_conflict_do_update(
                index_elements=["cart_id", "kind", "item_id"],
                set_={
                    "quantity": func.least(CartLine.quantity + moved.excluded.quantity, MOST_OF_ONE)
                },
            )
        )
        await session.execute(
            delete(Cart).where(Cart.id == left.id).execution_options(synchronize_session=False)
        )


_HOW_MANY = f"A cart takes from 1 to {MOST_OF_ONE} of one thing."


def _owned_by(owner: CartOwner) -> ColumnElement[bool]:
    if owner.user_id:
        return Cart.user_id == owner.user_id
    return Cart.session_id == owner.session_id


async def _cart_for(session: AsyncSession, owner: CartOwner, currency: str) -> int:
    """Return the id of the owner's cart, made if need be, and locked until the transaction ends.

    Raises:
        InvalidError: there is something in another currency in it.
    """
    await session.execute(
        insert(Cart)
        .values(user_id=owner.user_id, session_id=owner.session_id, currency=currency)
        .on_conflict_do_nothing()
    )
    row = (
        await session.execute(
            select(Cart.id, Cart.currency).where(_owned_by(owner)).with_for_update()
        )
    ).one()
    values: dict[str, object] = {"updated_at": func.clock_timestamp()}
    if row.currency != currency:
        if await session.scalar(select(CartLine.id).where(CartLine.cart_id == row.id).limit(1)):
            message = f"Your cart is in {row.currency}; this is sold in {currency}."
            raise InvalidError(message)
        values["currency"] = currency
    await session.execute(update(Cart).where(Cart.id == row.id).values(values))
    cart_id: int = row.id
    return cart_id


async def _note_change(session: AsyncSession, owner: CartOwner) -> None:
    await session.execute(
        update(Cart).where(_owned_by(owner)).values(updated_at=func.clock_timestamp())
    )


def _to_line(row: Any) -> CartLineRef:
    item = CartItem(
        row.kind,
        row.item_id,
        Container(row.container_type, row.container_id),
        row.title,
        Money(row.price, row.currency),
    )
    return CartLineRef(row.id, item, row.quantity)
