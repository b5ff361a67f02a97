"""A site without a cart: it is always empty, and nothing can be put in."""

from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.cart import CartItem, CartLineRef, CartOwner, CartSummary
from services.contracts.common import DomainAbsentError, Money


def _absent() -> NoReturn:
    message = "This site has no cart."
    raise DomainAbsentError(message)


class NullCartService:
    """`CartService` of a site that has none: reads are empty, writes say so."""

    async def summary(self, connection: AsyncConnection, owner: CartOwner) -> CartSummary:
        """Nothing is in it."""
        return CartSummary(0, Money(0, "EUR"), 0, Money(0, "EUR"))

    async def lines(self, connection: AsyncConnection, owner: CartOwner) -> tuple[CartLineRef, ...]:
        """Find none."""
        return ()

    async def put(
        self, work: UnitOfWork, owner: CartOwner, item: CartItem, quantity: int = 1
    ) -> CartLineRef:
        """Refuse."""
        _absent()

    async def set_quantity(
        self, work: UnitOfWork, owner: CartOwner, line_id: int, quantity: int
    ) -> None:
        """Refuse."""
        _absent()

    async def empty(self, work: UnitOfWork, owner: CartOwner) -> None:
        """Refuse."""
        _absent()

    async def adopt(self, work: UnitOfWork, session_id: str, user_id: str) -> None:
        """Refuse."""
        _absent()
