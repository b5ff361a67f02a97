"""Invitations: somebody who writes here brings in somebody else."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import ForbiddenError, InvalidError, NotFoundError
from models.people import Invitation, Person
from services.accounts import people
from services.accounts.links import LinkError
from services.accounts.mail import Mail
from services.accounts.passwords import hash_password
from services.accounts.policy import may_give
from services.accounts.tokens import digest, new_token
from services.accounts.viewer import STAFF, Role, Viewer
from services.audit.log import Actor, record

DAYS = 7

_GONE = "This invitation is not there any more; it may have been accepted."


class InvitationRow(Struct, frozen=True):
    """An invitation that nobody took yet."""

    id: int
    email: str
    role: str
    invited_by: str | None
    created_at: datetime
    expires_at: datetime


def _columns() -> list[Any]:
    inviter = (
        select(func.coalesce(func.nullif(Person.name, ""), Person.email))
        .where(Person.id == Invitation.invited_by)
        .correlate(Invitation)
        .scalar_subquery()
    )
    return [
        Invitation.id,
        Invitation.email,
        Invitation.role,
        inviter.label("invited_by"),
        Invitation.created_at,
        Invitation.expires_at,
    ]


async def invitations(connection: AsyncConnection) -> list[InvitationRow]:
    """Read the invitations that nobody took yet, the newest first."""
    rows = await connection.execute(
        select(*_columns()).order_by(Invitation.created_at.desc(), Invitation.id.desc()).limit(200)
    )
    return [InvitationRow(**row._mapping) for row in rows]


async def invitation(connection: AsyncConnection, token: str) -> InvitationRow:
    """Read the invitation with this token.

    Raises:
        LinkError: it is no good.
    """
    row = (
        await connection.execute(
            select(*_columns()).where(
                Invitation.token_hash == digest(token),
                Invitation.expires_at > func.clock_timestamp(),
            )
        )
    ).first()
    if row is None:
        message = "This invitation was taken, taken back or is too old. Ask for a new one."
        raise LinkError(message)
    return InvitationRow(**row._mapping)


async def invite(
    work: UnitOfWork,
    viewer: Viewer,
    actor: Actor,
    *,
    email: str,
    role: Role,
    site_title: str,
    site_url: str,
) -> Mail:
    """Invite somebody, and return the mail for them; an older invitation of theirs is replaced.

    Raises:
        InvalidError: the address is none, somebody who writes here has it, or the role is none to
            invite to.
        ForbiddenError: the viewer may not give this role.
    """
    address = people.email_address(email)
    if role not in STAFF or role is Role.OWNER:
        message = "Choose one of the roles to invite somebody to."
        raise InvalidError(message)
    if not may_give(viewer, role):
        message = f"You may not make anybody {role.word}."
        raise ForbiddenError(message)
    known = await people.by_email(work, address)
    if known is not None and Role.of(known.role) >= role:
        message = "Somebody with this address is here already; change their role instead."
        raise InvalidError(message)
    await work.session.execute(
        delete(Invitation).where(func.lower(Invitation.email) == address.lower())
    )
    token = new_token()
    new = Invitation(
        email=address,
        role=role.word,
        token_hash=digest(token),
        invited_by=viewer.person_id,
        expires_at=func.clock_timestamp() + timedelta(days=DAYS),
    )
    work.session.add(new)
    await work.session.flush()
    record(work, actor, "people.invite", ("invitation", new.id, address), after={"role": role.word})
    return _mail(viewer, new, token, site_title, site_url)


def _mail(viewer: Viewer, to: Invitation, token: str, site_title: str, site_url: str) -> Mail:
    return Mail(
        to.email,
        f"{viewer.name} invites you to {site_title}",
        f"Hello,\n\n{viewer.name} invites you to write for {site_title} ({site_url}), "
        f"as {to.role}.\n\nOpen this link within {DAYS} days to accept:\n\n"
        f"{site_url}/auth/invitation/{token}/\n\nIf you do not want to, you need do nothing.\n",
    )


async def invite_again(
    work: UnitOfWork,
    viewer: Viewer,
    actor: Actor,
    invitation_id: int,
    *,
    site_title: str,
    site_url: str,
) -> Mail:
    """Return another mail for an invitation, with a new link and all its days; the old one ends.

    Raises:
        NotFoundError: there is none with this id; it may have been taken.
        ForbiddenError: the viewer may not give its role.
    """
    found = await work.session.get(Invitation, invitation_id, with_for_update=True)
    if found is None:
        raise NotFoundError(_GONE)
    role = Role.of(found.role)
    if not may_give(viewer, role):
        message = f"You may not make anybody {role.word}."
        raise ForbiddenError(message)
    token = new_token()
    found.token_hash, found.invited_by = digest(token), viewer.person_id
    found.expires_at = func.clock_timestamp() + timedelta(days=DAYS)
    await work.session.flush()
    about = ("invitation", invitation_id, found.email)
    record(work, actor, "people.invite-again", about, after={"role": role.word})
    return _mail(viewer, found, token, site_title, site_url)


async def accept(work: UnitOfWork, actor: Actor, token: str, *, name: str, password: str) -> Person:
    """Take an invitation, and return the person who did.

    Args:
        work: the transaction.
        actor: from where.
        token: of the invitation.
        name: what the person wants to be called.
        password: may be empty: then they sign in by mail.

    Raises:
        LinkError: the invitation is no good.
        InvalidError: the name or the password cannot be taken.
    """
    called = people.display_name(name)
    hashed = await hash_password(password) if password else None
    taken = (
        await work.session.execute(
            delete(Invitation)
            .where(
                Invitation.token_hash == digest(token),
                Invitation.expires_at > func.clock_timestamp(),
            )
            .returning(Invitation.id, Invitation.email, Invitation.role)
        )
    ).first()
    if taken is None:
        message = "This invitation was taken, taken back or is too old. Ask for a new one."
        raise LinkError(message)
    person = await people.by_email(work, taken.email)
    before = None if person is None else {"name": person.name, "role": person.role}
    if person is None:
        person = Person(email=taken.email)
        work.session.add(person)
    elif person.suspended_at is not None:
        message = "This account is suspended. Ask the people who invited you."
        raise ForbiddenError(message)
    else:
        await people.prove_email(work, person)
    person.name = called or person.name or ""
    person.role = max(Role.of(taken.role), Role.of(person.role or "")).word
    person.role_is_pinned = True
    person.password_hash = hashed or person.password_hash
    await work.session.flush()
    record(
        work,
        actor.as_person(person.id, person.name, person.email),
        "people.accept",
        ("person", person.id, taken.email),
        before=before,
        after={"name": person.name, "role": person.role},
    )
    return person


async def take_back(work: UnitOfWork, actor: Actor, invitation_id: int) -> None:
    """Take an invitation back.

    Raises:
        NotFoundError: there is none with this id; it may have been taken.
    """
    gone = (
        await work.session.execute(
            delete(Invitation)
            .where(Invitation.id == invitation_id)
            .returning(Invitation.email, Invitation.role)
        )
    ).first()
    if gone is None:
        raise NotFoundError(_GONE)
    record(
        work,
        actor,
        "people.take-back-invitation",
        ("invitation", invitation_id, gone.email),
        before={"role": gone.role},
    )
