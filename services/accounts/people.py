"""People: found, listed, brought in, changed, suspended.

Each change is decided by the policy, written to the audit log, and ends sessions where what the
person may do became less. The mail for somebody new is in `invitations`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import ForbiddenError, InvalidError, NotFoundError
from models.content import Author, Tier
from models.members import Member
from models.people import Person, PersonTier
from services.accounts import sessions
from services.accounts.policy import may_change, may_give
from services.accounts.viewer import Role, Viewer
from services.audit.log import Actor, changes, record

PAGE_SIZE = 50

# Two administrators who take each other's role away at the same moment would leave nobody.
_LAST_OWNER_LOCK = 7_305_841_961

_ADDRESS = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}"
)


def email_address(given: str) -> str:
    """Return an e-mail address without the blanks around it.

    Raises:
        InvalidError: it is none.
    """
    address = given.strip()
    if len(address) > 254 or not _ADDRESS.fullmatch(address) or not address.isprintable():
        message = "This is not an e-mail address. It should look like name@example.org."
        raise InvalidError(message)
    return address


def display_name(given: str) -> str:
    """Return a person's name in one line.

    Raises:
        InvalidError: it is too long.
    """
    name = " ".join(given.replace("\0", "").split())
    if len(name) > 191:
        message = "That name is too long; 191 characters are the most."
        raise InvalidError(message)
    return name


async def by_email(work: UnitOfWork, email: str) -> Person | None:
    """Return the person with this address, whichever way it is capitalised."""
    found: Person | None = await work.session.scalar(
        select(Person).where(func.lower(Person.email) == email.strip().lower())
    )
    return found


async def by_id(work: UnitOfWork, person_id: int) -> Person:
    """Return a person to change.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = await work.session.get(Person, person_id, with_for_update=True)
    if found is None:
        message = "There is nobody here with this number; the account may have been deleted."
        raise NotFoundError(message)
    return found


async def ghost_author(work: UnitOfWork, email: str) -> Author | None:
    """Return Ghost's active staff user with this address."""
    found: Author | None = await work.session.scalar(
        select(Author)
        .where(
            func.lower(Author.email) == email.strip().lower(),
            Author.ghost_id.is_not(None),
            Author.deleted_at.is_(None),
            Author.status == "active",
        )
        .order_by(Author.id)
        .limit(1)
    )
    return found


async def _of_ghost(work: UnitOfWork, email: str) -> Person | None:
    """Return a new person for Ghost's staff user or member with this address."""
    author = await ghost_author(work, email)
    if author is not None and author.email is not None:
        return Person(email=author.email, name=author.name, role=Role.READER.word)
    member = await work.session.scalar(
        select(Member).where(func.lower(Member.email) == email.strip().lower()).limit(1)
    )
    if member is None:
        return None
    return Person(email=member.email, name=member.name, role=Role.READER.word)


async def for_sign_in(work: UnitOfWork, email: str, *, follows_ghost: bool) -> Person | None:
    """Return who may sign in with this address; Ghost's staff and members need no invitation."""
    person = await by_email(work, email)
    if person is None and follows_ghost:
        person = await _of_ghost(work, email)
        if person is not None:
            work.session.add(person)
            await work.session.flush()
    return None if person is None or person.suspended_at is not None else person


async def prove_email(work: UnitOfWork, person: Person) -> None:
    """Note that a person opened a link that was sent to their address.

    Where somebody had only claimed that address, the account is now its owner's alone: the way by
    which the other one came in is closed.
    """
    if person.email_is_proven:
        return
    person.email_is_proven = True
    person.account_issuer = person.account_subject = person.password_hash = None
    await sessions.revoke(work, person.id)


async def has_administrator(connection: AsyncConnection) -> bool:
    """Whether anybody could set the site up; false on a fresh one."""
    found = await connection.scalar(
        select(Person.id)
        .where(Person.role.in_((Role.ADMINISTRATOR.word, Role.OWNER.word)))
        .limit(1)
    )
    return found is not None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed of a person; None leaves it as it is."""

    name: str | None = None
    role: Role | None = None
    author_id: int | None = None
    is_suspended: bool | None = None
    tier_ids: frozenset[int] | None = None


async def _state(work: UnitOfWork, person: Person) -> dict[str, Any]:
    tiers = await work.session.scalars(
        select(PersonTier.tier_id).where(PersonTier.person_id == person.id).order_by("tier_id")
    )
    return {
        "name": person.name,
        "role": person.role,
        "author_id": person.author_id,
        "is_suspended": person.suspended_at is not None,
        "tier_ids": list(tiers),
    }


async def change(
    work: UnitOfWork, viewer: Viewer, actor: Actor, person_id: int, wanted: Change
) -> None:
    """Change a person.

    Raises:
        NotFoundError: there is nobody with this id.
        ForbiddenError: the viewer may not do this to them.
        InvalidError: it would leave the site without anybody who can administer it.
    """
    person = await by_id(work, person_id)
    is_self = person.id == viewer.person_id
    if not may_change(viewer, Role.of(person.role)):
        message = "Only the site's owner may change this account."
        raise ForbiddenError(message)
    before = await _state(work, person)
    if wanted.name is not None:
        person.name = display_name(wanted.name)
    if wanted.author_id is not None:
        person.author_id = wanted.author_id or None
    if wanted.role is not None and wanted.role.word != person.role:
        await _change_role(work, viewer, person, wanted.role)
    if wanted.is_suspended is not None and wanted.is_suspended != before["is_suspended"]:
        if is_self:
            message = "You cannot suspend yourself; ask another administrator."
            raise InvalidError(message)
        await _suspend(work, person, suspended=wanted.is_suspended)
    if wanted.tier_ids is not None:
        await _set_tiers(work, person, wanted.tier_ids)
    await work.session.flush()
    was, now = changes(before, await _state(work, person))
    if now:
        record(
            work, actor, "people.edit", ("person", person.id, person.email), before=was, after=now
        )


async def _change_role(work: UnitOfWork, viewer: Viewer, person: Person, role: Role) -> None:
    if not may_give(viewer, role):
        message = f"You may not make anybody {role.word}."
        raise ForbiddenError(message)
    if Role.of(person.role) == Role.OWNER:
        await _check_not_last_owner(work, person)
    was, person.role = Role.of(person.role), role.word
    if role < was:
        await sessions.revoke(work, person.id)


async def _suspend(work: UnitOfWork, person: Person, *, suspended: bool) -> None:
    if suspended and Role.of(person.role) == Role.OWNER:
        await _check_not_last_owner(work, person)
    person.suspended_at = (
        await work.session.scalar(select(func.clock_timestamp())) if suspended else None
    )
    if suspended:
        await sessions.revoke(work, person.id)


async def _check_not_last_owner(work: UnitOfWork, person: Person) -> None:
    await work.session.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LAST_OWNER_LOCK}
    )
    other = await work.session.scalar(
        select(Person.id)
        .where(
            Person.role == Role.OWNER.word, Person.id != person.id, Person.suspended_at.is_(None)
        )
        .limit(1)
    )
    if other is None:
        message = "The site needs an owner. Make somebody else an owner first."
        raise InvalidError(message)


async def _set_tiers(work: UnitOfWork, person: Person, tier_ids: frozenset[int]) -> None:
    has = set(
        await work.session.scalars(
            select(PersonTier.tier_id).where(PersonTier.person_id == person.id)
        )
    )
    known = set(await work.session.scalars(select(Tier.id).where(Tier.id.in_(tier_ids))))
    if gone := has - known:
        await work.session.execute(
            delete(PersonTier).where(
                PersonTier.person_id == person.id, PersonTier.tier_id.in_(gone)
            )
        )
    work.session.add_all(PersonTier(person_id=person.id, tier_id=it) for it in known - has)


async def add(
    work: UnitOfWork, viewer: Viewer, actor: Actor, *, email: str, name: str, role: Role
) -> Person:
    """Bring in somebody who needs no invitation: a reader or a member.

    Raises:
        InvalidError: the address is none, or somebody has it already.
        ForbiddenError: the viewer may not give this role.
    """
    address = email_address(email)
    if not may_give(viewer, role):
        message = f"You may not make anybody {role.word}."
        raise ForbiddenError(message)
    if await by_email(work, address) is not None:
        message = "Somebody with this address is here already."
        raise InvalidError(message)
    person = Person(email=address, name=display_name(name), role=role.word)
    work.session.add(person)
    await work.session.flush()
    record(work, actor, "people.add", ("person", person.id, address), after={"role": role.word})
    return person


async def make_administrator(work: UnitOfWork, actor: Actor, email: str) -> Person:
    """Give somebody the run of the site, from the operator's shell.

    A new address becomes an account; where the site has no owner yet, its owner. A suspended person
    is let in again.

    Raises:
        InvalidError: the address is none.
    """
    address = email_address(email)
    person = await by_email(work, address)
    owner = await work.session.scalar(
        select(Person.id).where(Person.role == Role.OWNER.word).limit(1)
    )
    role = Role.ADMINISTRATOR if owner is not None else Role.OWNER
    before = None
    if person is None:
        person = Person(email=address, role=role.word)
        work.session.add(person)
    else:
        before = {"role": person.role, "is_suspended": person.suspended_at is not None}
        person.role = max(Role.of(person.role), role).word
        person.suspended_at = None
    person.role_is_pinned = True
    await work.session.flush()
    after = {"role": person.role, "is_suspended": False}
    record(
        work,
        actor,
        "people.make-administrator",
        ("person", person.id, address),
        before=before,
        after=after,
    )
    return person


class PersonRow(Struct, frozen=True):
    """A person, as the list shows them."""

    id: int
    email: str
    name: str
    role: str
    role_is_pinned: bool
    author_id: int | None
    author: str | None
    created_at: datetime
    signed_in_at: datetime | None
    suspended_at: datetime | None
    email_is_proven: bool
    has_password: bool
    has_account: bool
    tier_ids: tuple[int, ...]
    ghost_roles: Any = None

    @property
    def sort_name(self) -> str:
        """By what the list is ordered."""
        return self.name or self.email


def _columns() -> list[Any]:
    tiers = (
        select(func.array_agg(PersonTier.tier_id))
        .where(PersonTier.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    ghost = (
        select(Author.roles)
        .where(
            func.lower(Author.email) == func.lower(Person.email),
            Person.email_is_proven,
            Author.ghost_id.is_not(None),
            Author.deleted_at.is_(None),
            Author.status == "active",
        )
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    signs_as = (
        select(Author.name).where(Author.id == Person.author_id).correlate(Person).scalar_subquery()
    )
    return [
        Person.id,
        Person.email,
        Person.name,
        Person.role,
        Person.role_is_pinned,
        Person.author_id,
        signs_as.label("author"),
        Person.created_at,
        Person.signed_in_at,
        Person.suspended_at,
        Person.email_is_proven,
        Person.password_hash.is_not(None).label("has_password"),
        Person.account_subject.is_not(None).label("has_account"),
        tiers.label("tier_ids"),
        ghost.label("ghost_roles"),
    ]


def _to_row(row: Row[Any]) -> PersonRow:
    fields = dict(row._mapping)
    fields["tier_ids"] = tuple(fields["tier_ids"] or ())
    return PersonRow(**fields)


_NAME = func.lower(func.coalesce(func.nullif(Person.name, ""), Person.email))


async def people(
    connection: AsyncConnection,
    *,
    words: str = "",
    role: str = "",
    after: tuple[str, int] | None = None,
) -> tuple[list[PersonRow], tuple[str, int] | None]:
    """Read people by name.

    Args:
        connection: where to read.
        words: part of a name or an address.
        role: only these.
        after: where the stretch before ended.

    Returns:
        At most `PAGE_SIZE` people, and where the next stretch begins; None after the last.
    """
    statement = select(*_columns())
    if words:
        statement = statement.where(
            Person.name.icontains(words, autoescape=True)
            | Person.email.icontains(words, autoescape=True)
        )
    if role:
        statement = statement.where(Person.role == role)
    if after is not None:
        statement = statement.where(tuple_(_NAME, Person.id) > tuple_(*after))
    rows = await connection.execute(statement.order_by(_NAME, Person.id).limit(PAGE_SIZE + 1))
    found = [_to_row(row) for row in rows]
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], (last.sort_name.lower(), last.id) if last else None


async def person(connection: AsyncConnection, person_id: int) -> PersonRow:
    """Read one person.

    Raises:
        NotFoundError: there is nobody with this id.
    """
    row = (await connection.execute(select(*_columns()).where(Person.id == person_id))).first()
    if row is None:
        raise NotFoundError
    return _to_row(row)
