"""Writing and reading the audit log.

An entry is written in the transaction of the change that it tells of: neither is there without the
other. How long entries are kept is a setting; `services.accounts.tidy` removes older ones.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from models.people import AuditEntry

PAGE_SIZE = 50

# Whatever its value, it is not the log's to keep.
_SECRET_WORDS = ("password", "secret", "token", "hash", "grant")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where.

    Attributes:
        name: the person's name and address, or what did it (`quart create-admin`).
        person_id: their row; None for a program.
        address: the network address of the request, empty for a command.
        request_id: the request's id, which the logs carry as well.
    """

    name: str
    person_id: int | None = None
    address: str = ""
    request_id: str = ""

    def as_person(self, person_id: int, name: str, email: str) -> "Actor":
        """Return who this turned out to be, in the same place."""
        return replace(self, name=f"{name} <{email}>" if name else email, person_id=person_id)


def record(
    work: UnitOfWork,
    actor: Actor,
    action: str,
    about: tuple[str, object, str],
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write that something was done, together with the change itself.

    Args:
        work: the transaction of the change.
        actor: who did it.
        action: what, as the policy names it or more exactly (`people.suspend`).
        about: the object: its kind (`person`, `setting`, `redirect` …), its id, and what it is
            called at this moment.
        before: the values that changed, as they were; secrets among them are left out.
        after: the same, as they are now.
    """
    kind, identifier, label = about
    work.session.add(
        AuditEntry(
            actor_id=actor.person_id,
            actor=actor.name,
            action=action,
            object_kind=kind,
            object_id=str(identifier),
            label=label,
            before=_without_secrets(before),
            after=_without_secrets(after),
            address=actor.address,
            request_id=actor.request_id,
        )
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return of two states of an object only what differs."""
    names = [name for name in before | after if before.get(name) != after.get(name)]
    return {it: before.get(it) for it in names}, {it: after.get(it) for it in names}


def _without_secrets(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        name: "[hidden]" if any(word in name.lower() for word in _SECRET_WORDS) else value
        for name, value in values.items()
    }


class Entry(Struct, frozen=True):
    """One entry, as the log's page shows it."""

    id: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    label: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str


async def entries(
    connection: AsyncConnection, *, words: str = "", action: str = "", before: int | None = None
) -> tuple[list[Entry], int | None]:
    """Read entries, the newest first.

    Args:
        connection: where to read.
        words: part of who did it, of the object's name, or of the network address.
        action: the beginning of the action's name.
        before: only entries older than the one with this id.

    Returns:
        At most `PAGE_SIZE` entries, and the id to go on from; None where these are the last.
    """
    statement = select(*(getattr(AuditEntry, name) for name in Entry.__struct_fields__))
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    if action:
        statement = statement.where(AuditEntry.action.startswith(action, autoescape=True))
    if words:
        statement = statement.where(
            AuditEntry.actor.icontains(words, autoescape=True)
            | AuditEntry.label.icontains(words, autoescape=True)
            | AuditEntry.address.startswith(words, autoescape=True)
        )
    rows = await connection.execute(statement.order_by(AuditEntry.id.desc()).limit(PAGE_SIZE + 1))
    found = [Entry(**row._mapping) for row in rows]
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
