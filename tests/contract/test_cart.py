"""What every `CartService` keeps, and what the one on our tables does."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError
from services.cart.null import NullCartService
from services.cart.sql import SqlCartService
from services.contracts.cart import CartItem, CartOwner, CartService, CartSummary, ContainerTotal
from services.contracts.common import Container, DomainAbsentError, Money

POST, PAGE = Container("post", 1), Container("post", 2)
ME, GUEST = CartOwner(user_id="7"), CartOwner(session_id="s-1")
TICKET = CartItem("ticket", 1, POST, "Rye, Saturday", Money(1200, "EUR"))
LOAF = CartItem("product", 1, PAGE, "Rye loaf", Money(450, "EUR"))
NOTHING = CartSummary(0, Money(0, "EUR"), 0, Money(0, "EUR"))
IMPLEMENTATIONS: dict[str, type[CartService]] = {
    "sql": SqlCartService,
    "null": NullCartService,
}


class TestEveryCartService:
    """What holds for each implementation, whether it can write or not."""

    @pytest.fixture(params=IMPLEMENTATIONS)
    def service(self, request: pytest.FixtureRequest) -> CartService:
        return IMPLEMENTATIONS[request.param]()

    async def test_a_cart_that_nobody_has_is_empty(
        self, service: CartService, connection: AsyncConnection
    ) -> None:
        for owner in (ME, GUEST):
            assert await service.summary(connection, owner) == NOTHING
            assert await service.lines(connection, owner) == ()

    async def test_a_write_happens_or_is_refused_with_a_sentence(
        self, service: CartService, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        try:
            await service.put(work, ME, TICKET)
        except DomainAbsentError:
            assert await service.summary(connection, ME) == NOTHING
        else:
            assert (await service.summary(connection, ME)).count == 1

    async def test_a_null_twin_refuses_every_write(self, work: UnitOfWork) -> None:
        service: CartService = NullCartService()
        for write in (
            service.put(work, ME, TICKET),
            service.set_quantity(work, ME, 1, 1),
            service.empty(work, ME),
            service.adopt(work, "s-1", "7"),
        ):
            with pytest.raises(DomainAbsentError, match="This site has no"):
                await write


def test_a_cart_has_one_owner() -> None:
    for nobody_or_two in ((None, None), ("7", "s"), ("", "")):
        with pytest.raises(ValueError, match="user or to a session"):
            CartOwner(*nobody_or_two)


class TestSqlCartService:
    """What is put in can be read again."""

    service: CartService = SqlCartService()

    async def test_a_cart_is_told_in_figures(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.put(work, ME, LOAF, 3)
        await self.service.put(work, ME, TICKET)
        line = await self.service.put(work, ME, TICKET)
        await self.service.put(work, GUEST, LOAF)
        assert line.quantity == 2
        assert line.total == Money(2400, "EUR")
        assert await self.service.summary(connection, ME) == CartSummary(
            count=5,
            total=Money(3750, "EUR"),
            ticket_count=2,
            ticket_total=Money(2400, "EUR"),
            containers=(
                ContainerTotal(PAGE, 3, Money(1350, "EUR")),
                ContainerTotal(POST, 2, Money(2400, "EUR")),
            ),
        )
        assert [(it.item, it.quantity) for it in await self.service.lines(connection, ME)] == [
            (LOAF, 3),
            (TICKET, 2),
        ]

    async def test_nobody_reaches_into_anothers_cart(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        line = await self.service.put(work, ME, TICKET)
        thief = CartOwner(session_id="7")
        with pytest.raises(NotFoundError):
            await self.service.set_quantity(work, thief, line.id, 0)
        await self.service.empty(work, thief)
        assert (await self.service.summary(connection, ME)).count == 1
        assert await self.service.summary(connection, thief) == NOTHING

    async def test_lines_change_and_go(self, connection: AsyncConnection, work: UnitOfWork) -> None:
        line = await self.service.put(work, ME, TICKET)
        await self.service.set_quantity(work, ME, line.id, 5)
        assert (await self.service.summary(connection, ME)).count == 5
        await self.service.set_quantity(work, ME, line.id, 0)
        assert await self.service.summary(connection, ME) == NOTHING
        await self.service.put(work, ME, LOAF)
        await self.service.empty(work, ME)
        assert await self.service.summary(connection, ME) == NOTHING

    async def test_a_sessions_cart_is_adopted(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        await self.service.put(work, GUEST, TICKET, 998)
        await self.service.put(work, GUEST, LOAF, 2)
        await self.service.put(work, ME, TICKET, 2)
        await self.service.adopt(work, "s-1", "7")
        await self.service.adopt(work, "s-1", "7")
        assert await self.service.summary(connection, GUEST) == NOTHING
        mine = await self.service.lines(connection, ME)
        assert [(it.item.title, it.quantity) for it in mine] == [
            (TICKET.title, 999),
            (LOAF.title, 2),
        ]

    async def test_a_cart_is_in_one_currency(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        pounds = CartItem("product", 2, PAGE, "Scone", Money(100, "GBP"))
        line = await self.service.put(work, ME, TICKET)
        with pytest.raises(InvalidError):
            await self.service.put(work, ME, pounds)
        await self.service.put(work, GUEST, pounds)
        await self.service.adopt(work, "s-1", "7")
        assert (await self.service.summary(connection, GUEST)).total == Money(100, "GBP")
        await self.service.set_quantity(work, ME, line.id, 0)
        await self.service.put(work, ME, pounds)
        assert (await self.service.summary(connection, ME)).total == Money(100, "GBP")

    async def test_too_much_and_too_little_are_refused(self, work: UnitOfWork) -> None:
        line = await self.service.put(work, ME, TICKET, 999)
        for quantity in (0, -1, 1, 1000):
            with pytest.raises(InvalidError):
                await self.service.put(work, ME, TICKET, quantity)
        with pytest.raises(InvalidError):
            await self.service.set_quantity(work, ME, line.id, -1)
        with pytest.raises(InvalidError):
            await self.service.put(work, ME, CartItem("cow", 1, POST, "x", Money(1, "EUR")))
        for number in range(2, 201):
            await self.service.put(work, ME, CartItem("ticket", number, POST, "x", Money(1, "EUR")))
        with pytest.raises(InvalidError):
            await self.service.put(work, ME, CartItem("ticket", 201, POST, "x", Money(1, "EUR")))

    async def test_many_hands_at_once_lose_nothing(self, database_url: str) -> None:
        database = Database(database_url)

        async def put() -> None:
            async with database.unit_of_work() as work:
                await self.service.put(work, GUEST, TICKET)

        await asyncio.gather(*(put() for _ in range(12)))
        async with database.read() as connection:
            assert (await self.service.summary(connection, GUEST)).ticket_count == 12
        await database.close()
