"""The SELECT of entries, and what turns its rows into DTOs."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.calendar import Calendar, CalendarEntry, CalendarSlot
from services.contracts.calendar import Entry, Slot
from services.contracts.common import Container, Money


class _SlotRow(Struct, frozen=True):
    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    places: int | None
    taken: int
    cost: int | None


_slots = msgspec.json.Decoder(tuple[_SlotRow, ...])

# What the DTO takes from the columns of the same name.
_SAME = ("id", "calendar_id", "title", "place", "starts_at", "ends_at", "state")


def select_entries(*more: Any) -> Select[Any]:
    """Select entries of calendars that are switched on, with `more` columns."""
    slot = func.json_build_object(
        *(part for field in _SlotRow.__struct_fields__ for part in (field, _column(field)))
    )
    slots = (
        select(
            func.json_agg(aggregate_order_by(slot, CalendarSlot.starts_at, CalendarSlot.id)).cast(
                Text
            )
        )
        .where(CalendarSlot.entry_id == CalendarEntry.id)
        .correlate(CalendarEntry)
        .scalar_subquery()
    )
    return (
        select(
            *(getattr(CalendarEntry, name) for name in _SAME),
            CalendarEntry.cost,
            CalendarEntry.currency,
            Calendar.container_type,
            Calendar.container_id,
            func.coalesce(cast(slots, Text), "[]").label("slots"),
            *more,
        )
        .join(Calendar, Calendar.id == CalendarEntry.calendar_id)
        .where(Calendar.deleted_at.is_(None))
    )


def _column(name: str) -> Any:
    return getattr(CalendarSlot, name)


def to_entry(row: Row[Any]) -> Entry:
    """Make the DTO of a row of `select_entries`."""
    return Entry(
        **{name: getattr(row, name) for name in _SAME},
        container=Container(row.container_type, row.container_id),
        cost=Money(row.cost, row.currency),
        slots=tuple(_to_slot(slot, row) for slot in _slots.decode(row.slots)),
    )


def _to_slot(slot: _SlotRow, entry: Row[Any]) -> Slot:
    return Slot(
        id=slot.id,
        name=slot.name,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        free=None if slot.places is None else slot.places - slot.taken,
        cost=Money(entry.cost if slot.cost is None else slot.cost, entry.currency),
    )
