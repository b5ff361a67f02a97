"""Calendars as other domains see them. Times are aware and in UTC; costs are in minor units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from services.contracts.common import Container, Money

MOST_ENTRIES: Final = 200
"""How many entries one question answers at most, for each calendar or search."""


class CalendarRef(Struct, frozen=True):
    """A calendar. `is_on` is false while it is switched off: it keeps its entries, unseen."""

    id: int
    container: Container
    name: str
    is_on: bool


class Slot(Struct, frozen=True):
    """A part of an entry with places of its own.

    `free` is how many places are left; None where any number may come.
    """

    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    free: int | None
    cost: Money


class Entry(Struct, frozen=True):
    """Something that takes place from `starts_at` until `ends_at` (exclusive).

    `state` is `provisional`, `confirmed` or `cancelled`; `cost` is for one place; `slots` are by
    time, then by id. `container` is what its calendar hangs on.
    """

    id: int
    calendar_id: int
    container: Container
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    state: str
    cost: Money
    slots: tuple[Slot, ...] = ()


class NewSlot(Struct, frozen=True):
    """A slot to be made. `cost` None: the entry's; `places` None: as many as come."""

    name: str
    starts_at: datetime
    ends_at: datetime
    places: int | None = None
    cost: int | None = None


class NewEntry(Struct, frozen=True):
    """An entry to be made; see `Entry`. `cost` is in minor units of `currency`."""

    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    state: str = "confirmed"
    cost: int = 0
    currency: str = "EUR"
    slots: tuple[NewSlot, ...] = ()


class CalendarService(Protocol):
    """Calendars of containers, their entries, and entries attached to other containers."""

    async def calendars(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, tuple[CalendarRef, ...]]:
        """Read the calendars of many containers, switched off ones included.

        Returns:
            each of `containers`, with its calendars by age, the oldest first; or none.
        """
        ...

    async def entries_between(
        self,
        connection: AsyncConnection,
        container: Container,
        begin: datetime,
        end: datetime,
        *,
        limit: int = MOST_ENTRIES,
    ) -> tuple[Entry, ...]:
        """Read what takes place at any moment of `[begin, end)` in a container's calendars.

        Returns:
            at most `limit` (and `MOST_ENTRIES`) entries of every state, by start, then by id.
        """
        ...

    async def entries_for_containers(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        after: datetime,
        *,
        each: int = 3,
    ) -> Mapping[Container, tuple[Entry, ...]]:
        """Read what comes next for many containers, their own entries and attached ones, at once.

        Cancelled entries and those of calendars that are switched off are left out.

        Args:
            connection: where to read.
            containers: any number.
            after: entries that end later than this.
            each: how many for each container, at most `MOST_ENTRIES`.

        Returns:
            each of `containers`, with its entries by start, then by id, each entry once; or none.
        """
        ...

    async def entries(
        self, connection: AsyncConnection, entry_ids: Sequence[int]
    ) -> Mapping[int, Entry]:
        """Read entries by id; those that are not there, or switched off, are left out."""
        ...

    async def search(
        self, connection: AsyncConnection, words: str, after: datetime, *, limit: int = 20
    ) -> tuple[Entry, ...]:
        """Find entries for a picker: each word is somewhere in the title or the place.

        Case and accents do not matter; no words find all.

        Returns:
            at most `limit` (and `MOST_ENTRIES`) that end after `after`, by start, then by id.
        """
        ...

    async def attached(
        self, connection: AsyncConnection, container: Container
    ) -> tuple[Entry, ...]:
        """Read the entries attached to a container, of every time and state, in its order."""
        ...

    async def attach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Attach an entry to a container, after those it has; one it has already stays in place.

        Raises:
            NotFoundError: there is no such entry.
            DomainAbsentError: this site has no calendars.
        """
        ...

    async def detach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Detach an entry; one that is not attached is none the worse.

        Raises:
            DomainAbsentError: this site has no calendars.
        """
        ...

    async def arrange(
        self, work: UnitOfWork, container: Container, entry_ids: Sequence[int]
    ) -> None:
        """Put the attached entries, as `attached` gives them, into this order.

        Raises:
            ConflictError: these are not exactly the attached ones: somebody else changed them.
            DomainAbsentError: this site has no calendars.
        """
        ...

    async def switch_on(self, work: UnitOfWork, container: Container, name: str) -> CalendarRef:
        """Give a container a calendar, or switch on again the oldest that it has.

        Raises:
            InvalidError: the name is empty or longer than 200 characters.
            DomainAbsentError: this site has no calendars.
        """
        ...

    async def switch_off(self, work: UnitOfWork, container: Container) -> None:
        """Switch a container's calendars off; their entries are kept, unseen.

        Raises:
            DomainAbsentError: this site has no calendars.
        """
        ...

    async def add_entry(self, work: UnitOfWork, calendar_id: int, entry: NewEntry) -> Entry:
        """Put an entry into a calendar.

        Raises:
            NotFoundError: there is no such calendar that is switched on.
            InvalidError: a time without a zone, an end before its start, a state or currency that
                is none, or an amount below zero.
            DomainAbsentError: this site has no calendars.
        """
        ...
