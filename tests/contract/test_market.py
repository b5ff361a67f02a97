"""What every `MarketService` keeps, and what the one on our tables does."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from services.contracts.common import Container, DomainAbsentError, Money
from services.contracts.market import MarketService, NewProduct, ProductRef
from services.market.null import NullMarketService
from services.market.sql import SqlMarketService
from tests.contract.conftest import Statements

POST, PAGE, OTHER = (Container("post", number) for number in (1, 2, 3))
IMPLEMENTATIONS: dict[str, type[MarketService]] = {
    "sql": SqlMarketService,
    "null": NullMarketService,
}


def titles(products: tuple[ProductRef, ...]) -> list[str]:
    return [product.title for product in products]


class TestEveryMarketService:
    """What holds for each implementation, whether it can write or not."""

    @pytest.fixture(params=IMPLEMENTATIONS)
    def service(self, request: pytest.FixtureRequest) -> MarketService:
        return IMPLEMENTATIONS[request.param]()

    async def test_reads_of_what_nobody_made_are_empty(
        self, service: MarketService, connection: AsyncConnection
    ) -> None:
        empty = {POST: (), PAGE: ()}
        assert await service.marketplaces(connection, [POST, PAGE]) == empty
        assert await service.marketplaces(connection, [POST, PAGE], deleted_too=True) == empty
        assert await service.products_for_containers(connection, [POST, PAGE]) == empty
        assert await service.products(connection, 1) == ()
        assert await service.products_by_id(connection, [1]) == {}

    async def test_questions_about_nothing_are_answered(
        self, service: MarketService, connection: AsyncConnection
    ) -> None:
        assert await service.marketplaces(connection, []) == {}
        assert await service.products_for_containers(connection, []) == {}
        assert await service.products_by_id(connection, []) == {}

    async def test_a_write_happens_or_is_refused_with_a_sentence(
        self, service: MarketService, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        try:
            market = await service.create(work, POST, "Bakery")
        except DomainAbsentError:
            assert await service.marketplaces(connection, [POST]) == {POST: ()}
        else:
            assert (await service.marketplaces(connection, [POST]))[POST] == (market,)

    async def test_a_null_twin_refuses_every_write(self, work: UnitOfWork) -> None:
        service: MarketService = NullMarketService()
        for write in (
            service.create(work, POST, "x"),
            service.rename(work, 1, "x"),
            service.delete(work, 1),
            service.revive(work, 1),
            service.add_product(work, 1, NewProduct("x", 1)),
        ):
            with pytest.raises(DomainAbsentError, match="This site has no"):
                await write


class TestSqlMarketService:
    """What is written can be read again, in the promised order."""

    service: MarketService = SqlMarketService()

    async def test_a_marketplace_is_renamed_deleted_and_revived(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        market = await self.service.create(work, POST, " Bakery ")
        assert market.name == "Bakery"
        assert (await self.service.rename(work, market.id, "Oven")).name == "Oven"
        await self.service.add_product(work, market.id, NewProduct("Rye", 450))
        await self.service.delete(work, market.id)
        await self.service.delete(work, market.id)
        assert await self.service.marketplaces(connection, [POST]) == {POST: ()}
        kept = (await self.service.marketplaces(connection, [POST], deleted_too=True))[POST][0]
        assert (kept.id, kept.is_open) == (market.id, False)
        assert await self.service.products(connection, market.id) == ()
        with pytest.raises(NotFoundError):
            await self.service.rename(work, market.id, "x")
        with pytest.raises(NotFoundError):
            await self.service.add_product(work, market.id, NewProduct("x", 1))
        assert (await self.service.revive(work, market.id)).is_open
        assert titles(await self.service.products(connection, market.id)) == ["Rye"]

    async def test_two_open_ones_of_a_container_have_two_names(self, work: UnitOfWork) -> None:
        first = await self.service.create(work, POST, "Bakery")
        second = await self.service.create(work, POST, "Books")
        await self.service.create(work, PAGE, "Bakery")
        with pytest.raises(ConflictError):
            await self.service.create(work, POST, "bakery")
        with pytest.raises(ConflictError):
            await self.service.rename(work, second.id, "Bakery")
        await self.service.delete(work, first.id)
        await self.service.rename(work, second.id, "Bakery")
        with pytest.raises(ConflictError):
            await self.service.revive(work, first.id)

    async def test_products_come_in_pages_in_the_sellers_order(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        market = await self.service.create(work, POST, "Bakery")
        for title in ("c", "a", "b"):
            await self.service.add_product(
                work, market.id, NewProduct(title, 450, unit="loaf", stock=0)
            )
        first = await self.service.products(connection, market.id, limit=2)
        rest = await self.service.products(connection, market.id, after=first[-1].id)
        assert (titles(first), titles(rest)) == (["c", "a"], ["b"])
        assert first[0].price == Money(450, "EUR")
        assert first[0].container == POST
        assert not first[0].is_available

    async def test_the_first_of_many_containers_come_with_one_statement(
        self, connection: AsyncConnection, work: UnitOfWork, statements: Statements
    ) -> None:
        bakery = await self.service.create(work, POST, "Bakery")
        books = await self.service.create(work, POST, "Books")
        for market, title, stock in (
            (books, "On bread", 3),
            (bakery, "Rye", None),
            (bakery, "Sold out", 0),
            (bakery, "Wheat", 1),
        ):
            await self.service.add_product(work, market.id, NewProduct(title, 1, stock=stock))
        with statements.counted(connection) as sent:
            found = await self.service.products_for_containers(connection, [POST, OTHER], each=2)
        assert len(sent) == 1
        assert {it: titles(products) for it, products in found.items()} == {
            POST: ["Rye", "Wheat"],
            OTHER: [],
        }

    async def test_what_cannot_be_is_refused_with_a_sentence(self, work: UnitOfWork) -> None:
        market = await self.service.create(work, POST, "Bakery")
        for name in ("", "  ", "x" * 201):
            with pytest.raises(InvalidError):
                await self.service.create(work, PAGE, name)
        for product in (
            NewProduct("", 1),
            NewProduct("x", -1),
            NewProduct("x", 1, currency="€"),
            NewProduct("x", 1, stock=-1),
        ):
            with pytest.raises(InvalidError):
                await self.service.add_product(work, market.id, product)
        with pytest.raises(NotFoundError):
            await self.service.delete(work, 999_999)
