"""What every `CalendarService` keeps, and what the one on our tables does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from services.calendar.null import NullCalendarService
from services.calendar.sql import SqlCalendarService
from services.contracts.calendar import CalendarService, Entry, NewEntry, NewSlot
from services.contracts.common import Container, DomainAbsentError, Money
from tests.contract.conftest import Statements

POST, PAGE, OTHER = (Container("post", number) for number in (1, 2, 3))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new(title: str, hours: float, **more: object) -> NewEntry:
    """An entry of one hour, so many hours from now."""
    start = NOW + hours * HOUR
    return NewEntry(title=title, starts_at=start, ends_at=start + HOUR, **more)  # type: ignore[arg-type]  # a test's shorthand


def titles(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.title for entry in entries]


IMPLEMENTATIONS: dict[str, type[CalendarService]] = {
    "sql": SqlCalendarService,
    "null": NullCalendarService,
}


class TestEveryCalendarService:
    """What holds for each implementation, whether it can write or not."""

    @pytest.fixture(params=IMPLEMENTATIONS)
    def service(self, request: pytest.FixtureRequest) -> CalendarService:
        return IMPLEMENTATIONS[request.param]()

    async def test_reads_of_what_nobody_made_are_empty(
        self, service: CalendarService, connection: AsyncConnection
    ) -> None:
        assert await service.calendars(connection, [POST, PAGE]) == {POST: (), PAGE: ()}
        assert await service.entries_for_containers(connection, [POST, PAGE], NOW) == {
            POST: (),
            PAGE: (),
        }
        assert await service.entries_between(connection, POST, NOW, NOW + HOUR) == ()
        assert await service.entries(connection, [1, 2]) == {}
        assert await service.search(connection, "bread", NOW) == ()
        assert await service.attached(connection, POST) == ()

    async def test_questions_about_nothing_are_answered(
        self, service: CalendarService, connection: AsyncConnection
    ) -> None:
        assert await service.calendars(connection, []) == {}
        assert await service.entries_for_containers(connection, [], NOW) == {}
        assert await service.entries(connection, []) == {}

    async def test_a_write_happens_or_is_refused_with_a_sentence(
        self, service: CalendarService, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        try:
            calendar = await service.switch_on(work, POST, "Baking days")
            entry = await service.add_entry(work, calendar.id, new("Rye", 1))
            await service.attach(work, PAGE, entry.id)
        except DomainAbsentError:
            assert await service.calendars(connection, [POST]) == {POST: ()}
        else:
            assert (await service.calendars(connection, [POST]))[POST] == (calendar,)
            assert await service.attached(connection, PAGE) == (entry,)

    async def test_a_null_twin_refuses_every_write(self, work: UnitOfWork) -> None:
        service: CalendarService = NullCalendarService()
        for write in (
            service.switch_on(work, POST, "x"),
            service.switch_off(work, POST),
            service.attach(work, POST, 1),
            service.detach(work, POST, 1),
            service.arrange(work, POST, []),
            service.add_entry(work, 1, new("x", 1)),
        ):
            with pytest.raises(DomainAbsentError, match="This site has no"):
                await write


class TestSqlCalendarService:
    """What is written can be read again, in the promised order."""

    service: CalendarService = SqlCalendarService()

    async def calendar(self, work: UnitOfWork, container: Container = POST) -> int:
        return (await self.service.switch_on(work, container, "Baking days")).id

    async def test_an_entry_comes_back_whole(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        calendar = await self.calendar(work)
        entry = await self.service.add_entry(
            work,
            calendar,
            new(
                "Rye",
                1,
                place="The oven",
                cost=1250,
                slots=(
                    NewSlot("Late", NOW + 1.5 * HOUR, NOW + 2 * HOUR, cost=900),
                    NewSlot("Early", NOW + HOUR, NOW + 1.5 * HOUR, places=8),
                ),
            ),
        )
        assert (await self.service.entries(connection, [entry.id, 999]))[entry.id] == entry
        assert entry.container == POST
        assert entry.cost == Money(1250, "EUR")
        assert entry.starts_at == NOW + HOUR
        assert entry.starts_at.utcoffset() == timedelta(0)
        assert [(it.name, it.free, it.cost.amount) for it in entry.slots] == [
            ("Early", 8, 1250),
            ("Late", None, 900),
        ]

    async def test_between_two_times_is_what_overlaps_them(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        calendar = await self.calendar(work)
        for title, hours in (("at end", 3), ("before", 0), ("inside", 2), ("into", 0.5)):
            await self.service.add_entry(work, calendar, new(title, hours))
        between = await self.service.entries_between(connection, POST, NOW + HOUR, NOW + 3 * HOUR)
        assert titles(between) == ["into", "inside"]
        one = await self.service.entries_between(
            connection, POST, NOW + HOUR, NOW + 3 * HOUR, limit=1
        )
        assert titles(one) == ["into"]

    async def test_the_next_of_many_containers_come_with_one_statement(
        self, connection: AsyncConnection, work: UnitOfWork, statements: Statements
    ) -> None:
        first, second = await self.calendar(work), await self.calendar(work, PAGE)
        for hours in (4, 3, 2, 1, -5):
            await self.service.add_entry(work, first, new(f"rye {hours}", hours))
        await self.service.add_entry(work, first, new("off", 0.5, state="cancelled"))
        guest = await self.service.add_entry(work, second, new("wheat", 2.5))
        await self.service.attach(work, POST, guest.id)
        own = (await self.service.search(connection, "rye 1", NOW))[0]
        await self.service.attach(work, POST, own.id)
        with statements.counted(connection) as sent:
            found = await self.service.entries_for_containers(
                connection, [POST, PAGE, OTHER], NOW, each=3
            )
        assert len(sent) == 1
        assert {container: titles(entries) for container, entries in found.items()} == {
            POST: ["rye 1", "rye 2", "wheat"],
            PAGE: ["wheat"],
            OTHER: [],
        }

    async def test_search_knows_no_case_and_no_accents(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        calendar = await self.calendar(work)
        await self.service.add_entry(work, calendar, new("Crème brûlée", 2, place="Hall 100%"))
        await self.service.add_entry(work, calendar, new("Bread", 1))
        await self.service.add_entry(work, calendar, new("Old bread", -9))
        for words, found in {
            "BRULEE creme": ["Crème brûlée"],
            "100%": ["Crème brûlée"],
            "bread": ["Bread"],
            "%": ["Crème brûlée"],
            "": ["Bread", "Crème brûlée"],
            "rye": [],
        }.items():
            assert titles(await self.service.search(connection, words, NOW)) == found, words

    async def test_attached_entries_keep_the_order_that_was_made(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        calendar = await self.calendar(work)
        a, b, c = [
            (await self.service.add_entry(work, calendar, new(title, 1))).id for title in "abc"
        ]
        for entry_id in (c, a, b, a):
            await self.service.attach(work, PAGE, entry_id)
        assert titles(await self.service.attached(connection, PAGE)) == ["c", "a", "b"]
        await self.service.arrange(work, PAGE, [b, c, a])
        assert titles(await self.service.attached(connection, PAGE)) == ["b", "c", "a"]
        await self.service.detach(work, PAGE, c)
        await self.service.detach(work, PAGE, c)
        assert titles(await self.service.attached(connection, PAGE)) == ["b", "a"]
        for wrong in ([a], [a, b, c], [a, a]):
            with pytest.raises(ConflictError):
                await self.service.arrange(work, PAGE, wrong)
        with pytest.raises(NotFoundError):
            await self.service.attach(work, PAGE, 999_999)

    async def test_a_calendar_that_is_switched_off_keeps_its_entries_unseen(
        self, connection: AsyncConnection, work: UnitOfWork
    ) -> None:
        calendar = await self.calendar(work)
        entry = await self.service.add_entry(work, calendar, new("Rye", 1))
        await self.service.attach(work, PAGE, entry.id)
        await self.service.switch_off(work, POST)
        assert not (await self.service.calendars(connection, [POST]))[POST][0].is_on
        assert await self.service.entries(connection, [entry.id]) == {}
        assert await self.service.attached(connection, PAGE) == ()
        assert (await self.service.entries_for_containers(connection, [POST], NOW))[POST] == ()
        with pytest.raises(NotFoundError):
            await self.service.add_entry(work, calendar, new("Wheat", 1))
        assert (await self.service.switch_on(work, POST, "Another name")).id == calendar
        assert titles(await self.service.attached(connection, PAGE)) == ["Rye"]

    async def test_what_cannot_be_is_refused_with_a_sentence(self, work: UnitOfWork) -> None:
        calendar = await self.calendar(work)
        wrong = (
            NewEntry("Backwards", NOW, NOW - HOUR),
            NewEntry("No zone", datetime(2026, 5, 1), datetime(2026, 5, 2)),  # noqa: DTZ001 - the point
            new("Gift", 1, cost=-1),
            new("Odd", 1, currency="euro"),
            new("Odd", 1, state="perhaps"),
            new("  ", 1),
            new("Full", 1, slots=(NewSlot("x", NOW, NOW + HOUR, places=-1),)),
        )
        for entry in wrong:
            with pytest.raises(InvalidError):
                await self.service.add_entry(work, calendar, entry)
