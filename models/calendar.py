"""Calendars: what hangs on a container, its entries, their slots, and entries attached elsewhere.

A container is `(container_type, container_id)`, usually `("post", <id>)`. It belongs to another
domain, so there is no foreign key to it: a calendar outlives its container and is found again.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Now, String


class Calendar(Base):
    """A calendar of a container; soft-deleted while it is switched off."""

    __tablename__ = "calendars"

    id: Mapped[Id]
    container_type: Mapped[String]
    container_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[String]
    created_at: Mapped[Now]
    deleted_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_calendars_container", "container_type", "container_id"),)


class CalendarEntry(Base):
    """Something that takes place from `starts_at` until `ends_at`.

    `state` is `provisional`, `confirmed` or `cancelled`. `cost` is the price of one place in the
    smallest unit of `currency` (ISO 4217); 0 is free. `url` is where it is told about in full.
    """

    __tablename__ = "calendar_entries"

    id: Mapped[Id]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    title: Mapped[String]
    place: Mapped[String] = mapped_column(Text, server_default="")
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    state: Mapped[String] = mapped_column(Text, server_default="provisional")
    cost: Mapped[int] = mapped_column(BigInteger, server_default="0")
    currency: Mapped[String] = mapped_column(Text, server_default="EUR")
    created_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint(
            "state IN ('provisional', 'confirmed', 'cancelled')", name="state_is_known"
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint("cost >= 0", name="cost_is_no_debt"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        Index("ix_calendar_entries_times", "calendar_id", "ends_at", "starts_at"),
        Index("ix_calendar_entries_ends", "ends_at", "id"),
    )


class CalendarSlot(Base):
    """A part of an entry that has places of its own: a course's group, a table, a tour.

    `places` is null where any number may come; `cost` is null where the entry's applies.
    """

    __tablename__ = "calendar_slots"

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("calendar_entries.id", ondelete="CASCADE"))
    name: Mapped[String]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    places: Mapped[int | None]
    taken: Mapped[int] = mapped_column(server_default="0")
    cost: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint("taken >= 0", name="taken_is_a_count"),
        CheckConstraint("places IS NULL OR taken <= places", name="places_are_enough"),
        CheckConstraint("cost IS NULL OR cost >= 0", name="cost_is_no_debt"),
        Index("ix_calendar_slots_entry", "entry_id", "starts_at", "id"),
    )


class AttachedEntry(Base):
    """An entry of any calendar that a container shows as well, at its place."""

    __tablename__ = "calendar_attached_entries"

    container_type: Mapped[String] = mapped_column(Text, primary_key=True)
    container_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("calendar_entries.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]

    __table_args__ = (
        UniqueConstraint(
            "container_type",
            "container_id",
            "position",
            name="uq_calendar_attached_entries_place",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
