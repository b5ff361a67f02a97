"""A site without a market: nothing is for sale, and nothing can be written."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import Container, DomainAbsentError
from services.contracts.market import MOST_PRODUCTS, MarketplaceRef, NewProduct, ProductRef


def _absent() -> NoReturn:
    message = "This site has no market."
    raise DomainAbsentError(message)


class NullMarketService:
    """`MarketService` of a site that has none: reads are empty, writes say so."""

    async def marketplaces(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        *,
        deleted_too: bool = False,
    ) -> Mapping[Container, tuple[MarketplaceRef, ...]]:
        """Find none."""
        return dict.fromkeys(containers, ())

    async def products(
        self,
        connection: AsyncConnection,
        marketplace_id: int,
        *,
        limit: int = MOST_PRODUCTS,
        after: int | None = None,
    ) -> tuple[ProductRef, ...]:
        """Find none."""
        return ()

    async def products_for_containers(
        self, connection: AsyncConnection, containers: Sequence[Container], *, each: int = 4
    ) -> Mapping[Container, tuple[ProductRef, ...]]:
        """Find none."""
        return dict.fromkeys(containers, ())

    async def products_by_id(
        self, connection: AsyncConnection, product_ids: Sequence[int]
    ) -> Mapping[int, ProductRef]:
        """Find none."""
        return {}

    async def create(self, work: UnitOfWork, container: Container, name: str) -> MarketplaceRef:
        """Refuse."""
        _absent()

    async def rename(self, work: UnitOfWork, marketplace_id: int, name: str) -> MarketplaceRef:
        """Refuse."""
        _absent()

    async def delete(self, work: UnitOfWork, marketplace_id: int) -> None:
        """Refuse."""
        _absent()

    async def revive(self, work: UnitOfWork, marketplace_id: int) -> MarketplaceRef:
        """Refuse."""
        _absent()

    async def add_product(
        self, work: UnitOfWork, marketplace_id: int, product: NewProduct
    ) -> ProductRef:
        """Refuse."""
        _absent()
