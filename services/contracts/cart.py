"""Carts as other domains see them: what a person is about to buy. Prices are in minor units."""

from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import Container, Money

MOST_OF_ONE: Final = 999
"""How many of one thing a cart takes."""

MOST_LINES: Final = 200
"""How many different things a cart takes."""


class CartOwner(Struct, frozen=True):
    """Whose cart: a signed-in person's or an anonymous session's; exactly one of both is set.

    `user_id` is the account's stable id; `session_id` is a secret that nobody can guess.
    """

    user_id: str | None = None
    session_id: str | None = None

    def __post_init__(self) -> None:
        if bool(self.user_id) == bool(self.session_id):
            msg = "a cart belongs to a user or to a session"
            raise ValueError(msg)


class CartItem(Struct, frozen=True):
    """A thing to be put in: `kind` is `ticket` (of a calendar's entry) or `product`.

    `title` and `price` are kept as they are now; `container` is what the calendar or market of it
    hangs on.
    """

    kind: str
    item_id: int
    container: Container
    title: str
    price: Money


class CartLineRef(Struct, frozen=True):
    """So many of one thing."""

    id: int
    item: CartItem
    quantity: int

    @property
    def total(self) -> Money:
        """What the line costs."""
        return Money(self.item.price.amount * self.quantity, self.item.price.currency)


class ContainerTotal(Struct, frozen=True):
    """What of a cart belongs to one container; `count` counts pieces, not lines."""

    container: Container
    count: int
    total: Money


class CartSummary(Struct, frozen=True):
    """A cart in figures: pieces, not lines; all of it, the tickets of it, and per container.

    `containers` are in the order in which they first came into the cart.
    """

    count: int
    total: Money
    ticket_count: int
    ticket_total: Money
    containers: tuple[ContainerTotal, ...] = ()


class CartService(Protocol):
    """The carts of people and of anonymous sessions."""

    async def summary(self, connection: AsyncConnection, owner: CartOwner) -> CartSummary:
        """Read a cart in figures; of someone without one everything is 0 (EUR)."""
        ...

    async def lines(self, connection: AsyncConnection, owner: CartOwner) -> tuple[CartLineRef, ...]:
        """Read the lines of a cart in the order in which they came in, at most `MOST_LINES`."""
        ...

    async def put(
        self, work: UnitOfWork, owner: CartOwner, item: CartItem, quantity: int = 1
    ) -> CartLineRef:
        """Put in `quantity` more of a thing, at its price of now; the cart is made if need be.

        Two at once add up.

        Raises:
            InvalidError: less than one, more than `MOST_OF_ONE` of it or `MOST_LINES` in all,
                another currency than the cart's, or a kind that is none.
            DomainAbsentError: this site has no cart.
        """
        ...

    async def set_quantity(
        self, work: UnitOfWork, owner: CartOwner, line_id: int, quantity: int
    ) -> None:
        """Have so many of a line; 0 takes it out.

        Raises:
            NotFoundError: this owner has no such line.
            InvalidError: below 0 or above `MOST_OF_ONE`.
            DomainAbsentError: this site has no cart.
        """
        ...

    async def empty(self, work: UnitOfWork, owner: CartOwner) -> None:
        """Take everything out; someone without a cart has nothing to fear.

        Raises:
            DomainAbsentError: this site has no cart.
        """
        ...

    async def adopt(self, work: UnitOfWork, session_id: str, user_id: str) -> None:
        """Move an anonymous session's lines into the cart of who just signed in.

        Of a thing that is in both there are then as many as in both, at most `MOST_OF_ONE`; the
        session's cart is gone. A session's cart in another currency is left alone.

        Raises:
            DomainAbsentError: this site has no cart.
        """
        ...
