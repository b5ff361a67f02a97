"""Markets as other domains see them. Prices are in minor units (cents)."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import Container, Money

MOST_PRODUCTS: Final = 200
"""How many products one question answers at most, for each marketplace or container."""


class MarketplaceRef(Struct, frozen=True):
    """A marketplace; `is_open` is false after it was deleted and until it is revived."""

    id: int
    container: Container
    name: str
    is_open: bool


class ProductRef(Struct, frozen=True):
    """A product. `price` is for one `unit` ("loaf"); `stock` is None where nobody counts."""

    id: int
    marketplace_id: int
    container: Container
    title: str
    description: str
    image: str | None
    price: Money
    unit: str
    stock: int | None

    @property
    def is_available(self) -> bool:
        """Whether there is any left."""
        return self.stock is None or self.stock > 0


class NewProduct(Struct, frozen=True):
    """A product to be made; see `ProductRef`. `price` is in minor units of `currency`."""

    title: str
    price: int
    currency: str = "EUR"
    description: str = ""
    image: str | None = None
    unit: str = ""
    stock: int | None = None


class MarketService(Protocol):
    """Marketplaces of containers, and their products."""

    async def marketplaces(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        *,
        deleted_too: bool = False,
    ) -> Mapping[Container, tuple[MarketplaceRef, ...]]:
        """Read the marketplaces of many containers.

        Returns:
            each of `containers`, with its marketplaces by age, the oldest first; or none.
        """
        ...

    async def products(
        self,
        connection: AsyncConnection,
        marketplace_id: int,
        *,
        limit: int = MOST_PRODUCTS,
        after: int | None = None,
    ) -> tuple[ProductRef, ...]:
        """Read the products of a marketplace that is open.

        Args:
            connection: where to read.
            marketplace_id: whose; of one that is not there or deleted there are none.
            limit: at most this many, and `MOST_PRODUCTS`.
            after: the id of the last product of the page before.

        Returns:
            the products in the seller's order, then by id; sold out ones too.
        """
        ...

    async def products_for_containers(
        self, connection: AsyncConnection, containers: Sequence[Container], *, each: int = 4
    ) -> Mapping[Container, tuple[ProductRef, ...]]:
        """Read the first products of many containers' open marketplaces, at once.

        Returns:
            each of `containers`, with at most `each` (and `MOST_PRODUCTS`) products that are not
            sold out, by the age of the marketplace, then in the seller's order; or none.
        """
        ...

    async def products_by_id(
        self, connection: AsyncConnection, product_ids: Sequence[int]
    ) -> Mapping[int, ProductRef]:
        """Read products of open marketplaces by id; those that are not there are left out."""
        ...

    async def create(self, work: UnitOfWork, container: Container, name: str) -> MarketplaceRef:
        """Make a marketplace for a container, which may have several.

        Raises:
            InvalidError: the name is empty or longer than 200 characters.
            ConflictError: the container has an open marketplace of this name.
            DomainAbsentError: this site has no market.
        """
        ...

    async def rename(self, work: UnitOfWork, marketplace_id: int, name: str) -> MarketplaceRef:
        """Give an open marketplace another name.

        Raises:
            NotFoundError: there is no such marketplace, or it is deleted.
            InvalidError: the name is empty or longer than 200 characters.
            ConflictError: the container has another open marketplace of this name.
            DomainAbsentError: this site has no market.
        """
        ...

    async def delete(self, work: UnitOfWork, marketplace_id: int) -> None:
        """Delete a marketplace so that it can be revived; a deleted one stays deleted.

        Raises:
            NotFoundError: there never was such a marketplace.
            DomainAbsentError: this site has no market.
        """
        ...

    async def revive(self, work: UnitOfWork, marketplace_id: int) -> MarketplaceRef:
        """Open a deleted marketplace again, with its products; an open one stays open.

        Raises:
            NotFoundError: there never was such a marketplace.
            ConflictError: the container has another open marketplace of this name by now.
            DomainAbsentError: this site has no market.
        """
        ...

    async def add_product(
        self, work: UnitOfWork, marketplace_id: int, product: NewProduct
    ) -> ProductRef:
        """Offer a product, after those that are there.

        Raises:
            NotFoundError: there is no such marketplace, or it is deleted.
            InvalidError: no title, a price or stock below zero, or a currency that is none.
            DomainAbsentError: this site has no market.
        """
        ...
