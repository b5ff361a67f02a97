"""A site without calendars: nothing takes place, and nothing can be written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.calendar import MOST_ENTRIES, CalendarRef, Entry, NewEntry
from services.contracts.common import Container, DomainAbsentError


def _absent() -> NoReturn:
    message = "This site has no calendars."
    raise DomainAbsentError(message)


class NullCalendarService:
    """`CalendarService` of a site that has none: reads are empty, writes say so."""

    async def calendars(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, tuple[CalendarRef, ...]]:
        """Find none."""
        return dict.fromkeys(containers, ())

    async def entries_between(
        self,
        connection: AsyncConnection,
        container: Container,
        begin: datetime,
        end: datetime,
        *,
        limit: int = MOST_ENTRIES,
    ) -> tuple[Entry, ...]:
        """Find none."""
        return ()

    async def entries_for_containers(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        after: datetime,
        *,
        each: int = 3,
    ) -> Mapping[Container, tuple[Entry, ...]]:
        """Find none."""
        return dict.fromkeys(containers, ())

    async def entries(
        self, connection: AsyncConnection, entry_ids: Sequence[int]
    ) -> Mapping[int, Entry]:
        """Find none."""
        return {}

    async def search(
        self, connection: AsyncConnection, words: str, after: datetime, *, limit: int = 20
    ) -> tuple[Entry, ...]:
        """Find none."""
        return ()

    async def attached(
        self, connection: AsyncConnection, container: Container
    ) -> tuple[Entry, ...]:
        """Find none."""
        return ()

    async def attach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Refuse."""
        _absent()

    async def detach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Refuse."""
        _absent()

    async def arrange(
        self, work: UnitOfWork, container: Container, entry_ids: Sequence[int]
    ) -> None:
        """Refuse."""
        _absent()

    async def switch_on(self, work: UnitOfWork, container: Container, name: str) -> CalendarRef:
        """Refuse."""
        _absent()

    async def switch_off(self, work: UnitOfWork, container: Container) -> None:
        """Refuse."""
        _absent()

    async def add_entry(self, work: UnitOfWork, calendar_id: int, entry: NewEntry) -> Entry:
        """Refuse."""
        _absent()
