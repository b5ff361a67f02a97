"""Calendars on our own tables; see `services.contracts.calendar` for what each method promises."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal, select, true, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from models.calendar import AttachedEntry, Calendar, CalendarEntry, CalendarSlot
from services.calendar.statements import select_entries, to_entry
from services.containers import checked_amount, checked_name, lock_container, table_of
from services.contracts.calendar import MOST_ENTRIES, CalendarRef, Entry, NewEntry, NewSlot
from services.contracts.common import Container

_STATES = frozenset({"provisional", "confirmed", "cancelled"})


class SqlCalendarService:
    """`CalendarService` on the platform's database."""

    async def calendars(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, tuple[CalendarRef, ...]]:
        """Read the calendars of many containers; see the contract."""
        found: dict[Container, list[CalendarRef]] = {it: [] for it in containers}
        if not found:
            return {}
        wanted = table_of(found)
        rows = await connection.execute(
            select(
                Calendar.id,
                Calendar.container_type,
                Calendar.container_id,
                Calendar.name,
                Calendar.deleted_at,
            )
            .join(
                wanted,
                (wanted.c.type == Calendar.container_type) & (wanted.c.id == Calendar.container_id),
            )
            .order_by(Calendar.id)
        )
        for row in rows:
            container = Container(row.container_type, row.container_id)
            found[container].append(
                CalendarRef(row.id, container, row.name, row.deleted_at is None)
            )
        return {container: tuple(refs) for container, refs in found.items()}

    async def entries_between(
        self,
        connection: AsyncConnection,
        container: Container,
        begin: datetime,
        end: datetime,
        *,
        limit: int = MOST_ENTRIES,
    ) -> tuple[Entry, ...]:
        """Read what takes place in a stretch of time; see the contract."""
        return await _read(
            connection,
            select_entries()
            .where(
                Calendar.container_type == container.type,
                Calendar.container_id == container.id,
                CalendarEntry.starts_at < end,
                CalendarEntry.ends_at > begin,
            )
            .order_by(CalendarEntry.starts_at, CalendarEntry.id)
            .limit(_limited(limit)),
        )

    async def entries_for_containers(
        self,
        connection: AsyncConnection,
        containers: Sequence[Container],
        after: datetime,
        *,
        each: int = 3,
    ) -> Mapping[Container, tuple[Entry, ...]]:
        """Read what comes next for many containers; see the contract."""
        found: dict[Container, list[Entry]] = {it: [] for it in containers}
        if not found:
            return {}
        wanted = table_of(found)
        its_own = (
            select(CalendarEntry.id)
            .join(Calendar)
            .where(Calendar.container_type == wanted.c.type, Calendar.container_id == wanted.c.id)
        )
        its_attached = select(AttachedEntry.entry_id).where(
            AttachedEntry.container_type == wanted.c.type,
            AttachedEntry.container_id == wanted.c.id,
        )
        its_entries = union(its_own.correlate(wanted), its_attached.correlate(wanted))
        nearest = (
            select_entries()
            .where(
                CalendarEntry.id.in_(its_entries),
                CalendarEntry.ends_at > after,
                CalendarEntry.state != "cancelled",
            )
            .order_by(CalendarEntry.starts_at, CalendarEntry.id)
            .limit(_limited(each))
            .correlate(wanted)
            .lateral("nearest")
        )
        rows = await connection.execute(
            select(wanted.c.type.label("for_type"), wanted.c.id.label("for_id"), *nearest.c)
            .select_from(wanted.join(nearest, true()))
            .order_by(nearest.c.starts_at, nearest.c.id)
        )
        for row in rows:
            found[Container(row.for_type, row.for_id)].append(to_entry(row))
        return {container: tuple(entries) for container, entries in found.items()}

    async def entries(
        self, connection: AsyncConnection, entry_ids: Sequence[int]
    ) -> Mapping[int, Entry]:
        """Read entries by id; see the contract."""
        if not entry_ids:
            return {}
        found = await _read(connection, select_entries().where(CalendarEntry.id.in_(entry_ids)))
        return {entry.id: entry for entry in found}

    async def search(
        self, connection: AsyncConnection, words: str, after: datetime, *, limit: int = 20
    ) -> tuple[Entry, ...]:
        """Find entries for a picker; see the contract."""
        text = func.searchable(CalendarEntry.title + " " + CalendarEntry.place)
        return await _read(
            connection,
            select_entries()
            .where(
                CalendarEntry.ends_at > after,
                *(
                    func.strpos(text, func.searchable(literal(word))) > 0
                    for word in words.replace("\0", "").split()[:10]
                ),
            )
            .order_by(CalendarEntry.starts_at, CalendarEntry.id)
            .limit(_limited(limit)),
        )

    async def attached(
        self, connection: AsyncConnection, container: Container
    ) -> tuple[Entry, ...]:
        """Read the attached entries in their order; see the contract."""
        return await _read(
            connection,
            select_entries()
            .join(AttachedEntry, AttachedEntry.entry_id == CalendarEntry.id)
            .where(*_attached_to(container))
            .order_by(AttachedEntry.position),
        )

    async def attach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Attach an entry to a container; see the contract."""
        session = work.session
        known = await session.scalar(
            select(CalendarEntry.id)
            .join(Calendar)
            .where(CalendarEntry.id == entry_id, Calendar.deleted_at.is_(None))
        )
        if known is None:
            message = "There is no such entry any more."
            raise NotFoundError(message)
        await lock_container(session, "attached", container)
        present = await _links(session, container)
        if entry_id not in {link.entry_id for link in present}:
            session.add(
                AttachedEntry(
                    container_type=container.type,
                    container_id=container.id,
                    entry_id=entry_id,
                    position=max((link.position for link in present), default=-1) + 1,
                )
            )
            await session.flush()

    async def detach(self, work: UnitOfWork, container: Container, entry_id: int) -> None:
        """Detach an entry; see the contract."""
        await lock_container(work.session, "attached", container)
        await work.session.execute(
            delete(AttachedEntry).where(
                *_attached_to(container), AttachedEntry.entry_id == entry_id
            )
        )

    async def arrange(
        self, work: UnitOfWork, container: Container, entry_ids: Sequence[int]
    ) -> None:
        """Put the attached entries into an order; see the contract."""
        await lock_container(work.session, "attached", container)
        seen = [it.id for it in await self.attached(await work.session.connection(), container)]
        if sorted(seen) != sorted(entry_ids):
            message = "Somebody else changed these entries in the meantime; please look again."
            raise ConflictError(message)
        places = {entry_id: place for place, entry_id in enumerate(entry_ids)}
        # Those of a calendar that is switched off are not seen, and follow in the order they had.
        links = await _links(work.session, container)
        links.sort(key=lambda link: (places.get(link.entry_id, len(places)), link.position))
        for place, link in enumerate(links):
            link.position = place
        await work.session.flush()

    async def switch_on(self, work: UnitOfWork, container: Container, name: str) -> CalendarRef:
        """Give a container a calendar, or switch its oldest on again; see the contract."""
        name = checked_name(name)
        await lock_container(work.session, "calendar", container)
        calendar = await work.session.scalar(
            select(Calendar)
            .where(Calendar.container_type == container.type, Calendar.container_id == container.id)
            .order_by(Calendar.id)
            .limit(1)
        )
        if calendar is None:
            calendar = Calendar(container_type=container.type, container_id=container.id, name=name)
            work.session.add(calendar)
        calendar.deleted_at = None
        await work.session.flush()
        return CalendarRef(calendar.id, container, calendar.name, is_on=True)

    async def switch_off(self, work: UnitOfWork, container: Container) -> None:
        """Switch a container's calendars off; see the contract."""
        await lock_container(work.session, "calendar", container)
        calendars = await work.session.scalars(
            select(Calendar).where(
                Calendar.container_type == container.type,
                Calendar.container_id == container.id,
                Calendar.deleted_at.is_(None),
            )
        )
        for calendar in calendars:
            calendar.deleted_at = datetime.now(UTC)
        await work.session.flush()

    async def add_entry(self, work: UnitOfWork, calendar_id: int, entry: NewEntry) -> Entry:
        """Put an entry into a calendar; see the contract."""
        _check(entry)
        calendar = await work.session.scalar(
            select(Calendar).where(Calendar.id == calendar_id, Calendar.deleted_at.is_(None))
        )
        if calendar is None:
            message = "There is no such calendar any more."
            raise NotFoundError(message)
        row = CalendarEntry(
            calendar_id=calendar_id,
            title=checked_name(entry.title),
            place=entry.place.strip(),
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            state=entry.state,
            cost=entry.cost,
            currency=entry.currency,
        )
        work.session.add(row)
        await work.session.flush()
        work.session.add_all(
            CalendarSlot(
                entry_id=row.id,
                name=checked_name(slot.name),
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                places=slot.places,
                cost=slot.cost,
            )
            for slot in entry.slots
        )
        await work.session.flush()
        return (await self.entries(await work.session.connection(), [row.id]))[row.id]


def _limited(limit: int) -> int:
    return max(0, min(limit, MOST_ENTRIES))


async def _read(connection: AsyncConnection, statement: Select[Any]) -> tuple[Entry, ...]:
    return tuple(map(to_entry, await connection.execute(statement)))


def _attached_to(container: Container) -> tuple[ColumnElement[bool], ...]:
    return (
        AttachedEntry.container_type == container.type,
        AttachedEntry.container_id == container.id,
    )


async def _links(session: AsyncSession, container: Container) -> list[AttachedEntry]:
    statement = select(AttachedEntry).where(*_attached_to(container))
    return list(await session.scalars(statement.order_by(AttachedEntry.position)))


def _check(entry: NewEntry) -> None:
    """Check what can be wrong with an entry.

    Raises:
        InvalidError: with a sentence that says what is.
    """
    parts: tuple[NewEntry | NewSlot, ...] = (entry, *entry.slots)
    for part in parts:
        if part.starts_at.tzinfo is None or part.ends_at.tzinfo is None:
            message = "Please give times with their zone."
            raise InvalidError(message)
        if part.ends_at <= part.starts_at:
            message = "An entry ends after it begins; please look at its times."
            raise InvalidError(message)
        checked_amount(part.cost or 0, entry.currency)
    if entry.state not in _STATES:
        message = f"An entry is provisional, confirmed or cancelled, but not “{entry.state}”."
        raise InvalidError(message)
    if any(slot.places is not None and slot.places < 0 for slot in entry.slots):
        message = "A slot cannot have fewer than no places."
        raise InvalidError(message)
