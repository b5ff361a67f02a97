"""Sessions: server-side rows, each of which can be seen and ended.

The browser has a random token, the row its SHA-256. A session ends when it was not used for the
time that a setting says, when somebody revokes it, when the person is suspended, and, where the
account app vouches for it, when that no longer does (`services.accounts.grants`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database, UnitOfWork
from models.content import Author, Tier
from models.people import Person, PersonTier, Session
from services.accounts.membership import ghost_member
from services.accounts.tokens import digest, new_token
from services.accounts.viewer import GHOST_ROLES, Role, Viewer

# The row is written at most this often while the person reads on.
_SEEN_SECONDS = 300

# However often it is used, a session ends after this many times the idle time.
_LIVES = 6

_USER_AGENT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Browser:
    """From where somebody signs in."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A session's viewer, with what its renewal and its grant depend on.

    `account_grant` is None for a session that the account app has nothing to do with.
    """

    viewer: Viewer
    token_hash: bytes
    seen_at: datetime
    created_at: datetime
    account_grant: bytes | None
    account_checked_at: datetime | None

    def is_to_be_renewed(self, now: datetime) -> bool:
        """Whether its use has not been noted for a while."""
        return now - self.seen_at > timedelta(seconds=_SEEN_SECONDS)


async def open_session(
    work: UnitOfWork,
    person: Person,
    method: str,
    browser: Browser,
    idle: timedelta,
    *,
    account_grant: bytes | None = None,
) -> str:
    """Sign a person in, and return the token for the browser.

    Args:
        work: the transaction.
        person: who proved who they are.
        method: how: `link`, `password`, `setup`, `invitation`, `account`.
        browser: from where.
        idle: after what time without use the session ends.
        account_grant: the account app's access token, encrypted, where that vouches.
    """
    token = new_token()
    now = await _now(work)
    person.signed_in_at = now
    work.session.add(
        Session(
            token_hash=digest(token),
            person_id=person.id,
            method=method,
            address=browser.address,
            user_agent=browser.user_agent[:_USER_AGENT_CHARACTERS],
            expires_at=now + idle,
            account_grant=account_grant,
            account_checked_at=now if account_grant is not None else None,
        )
    )
    return token


async def _now(work: UnitOfWork) -> datetime:
    """Return the database's time: machines may differ, and only one clock may decide."""
    now: datetime | None = await work.session.scalar(select(func.clock_timestamp()))
    assert now is not None  # noqa: S101 - a clock always answers; this is for the type checker
    return now


def _tiers() -> ColumnElement[Any]:
    has_now = or_(PersonTier.expires_at.is_(None), PersonTier.expires_at > func.now())
    return (
        select(func.array_agg(Tier.id))
        .join(PersonTier, PersonTier.tier_id == Tier.id)
        .where(PersonTier.person_id == Person.id, has_now, Tier.deleted_at.is_(None))
        .correlate(Person)
        .scalar_subquery()
    )


def _has_paid_tier() -> ColumnElement[Any]:
    has_now = or_(PersonTier.expires_at.is_(None), PersonTier.expires_at > func.now())
    return (
        select(PersonTier.tier_id)
        .join(Tier, Tier.id == PersonTier.tier_id)
        .where(
            PersonTier.person_id == Person.id,
            has_now,
            Tier.deleted_at.is_(None),
            Tier.type == "paid",
        )
        .correlate(Person)
        .exists()
    )


def _ghost(column: Any) -> ColumnElement[Any]:
    """A column of Ghost's active staff user who has the person's address."""
    return (
        select(column)
        .where(
            func.lower(Author.email) == func.lower(Person.email),
            Person.email_is_proven,
            Author.ghost_id.is_not(None),
            Author.deleted_at.is_(None),
            Author.status == "active",
        )
        .order_by(Author.id)
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def ghost_role(roles: Any) -> Role:
    """Return the highest of a Ghost user's roles (`[{"name": "Editor", …}]`) as one of ours."""
    names = (it.get("name") for it in roles or () if isinstance(it, dict))
    return max((GHOST_ROLES.get(str(it), Role.ANONYMOUS) for it in names), default=Role.ANONYMOUS)


def role_of(row: Any, *, follows_ghost: bool) -> Role:
    """Return what a person is now.

    Args:
        row: has `role`, `role_is_pinned` and, where Ghost is followed, `ghost_roles`.
        follows_ghost: staff are who is staff in Ghost, with the role that they have there.
    """
    own = Role.of(row.role)
    if not follows_ghost or row.role_is_pinned:
        return own
    # Whoever is no longer among Ghost's staff is a member like any other.
    return max(ghost_role(row.ghost_roles), min(own, Role.MEMBER))


async def session_of(
    connection: AsyncConnection, token: str, *, follows_ghost: bool
) -> Vouched | None:
    """Return the session with this token; None where there is none that is good.

    Args:
        connection: where to read.
        token: what the browser brought.
        follows_ghost: whether staff roles are Ghost's.
    """
    member = ghost_member(follows_ghost=follows_ghost)
    row = (
        await connection.execute(
            select(
                Session.id.label("session_id"),
                Session.token_hash,
                Session.seen_at,
                Session.created_at,
                Session.account_grant,
                Session.account_checked_at,
                Person.id,
                Person.key,
                Person.name,
                Person.email,
                Person.role,
                Person.role_is_pinned,
                _ghost(Author.roles).label("ghost_roles"),
                func.coalesce(_ghost(Author.id), Person.author_id).label("author_id"),
                _tiers().label("tier_ids"),
                _has_paid_tier().label("has_paid_tier"),
                member.c.status.label("member_status"),
                member.c.tier_ids.label("member_tier_ids"),
                func.coalesce(member.c.has_paid, False).label("member_has_paid"),
            )
            .join(Person, Person.id == Session.person_id)
            .outerjoin(member, true())
            .where(
                Session.token_hash == digest(token),
                Session.expires_at > func.now(),
                Person.suspended_at.is_(None),
            )
        )
    ).first()
    if row is None:
        return None
    as_member = Role.ANONYMOUS if row.member_status is None else Role.MEMBER
    viewer = Viewer(
        role=max(role_of(row, follows_ghost=follows_ghost), as_member),
        person_id=row.id,
        key=str(row.key),
        name=row.name or row.email,
        email=row.email,
        author_id=row.author_id,
        tier_ids=frozenset([*(row.tier_ids or ()), *(row.member_tier_ids or ())]),
        has_paid_tier=row.has_paid_tier or row.member_has_paid,
        session_id=row.session_id,
    )
    return Vouched(
        viewer,
        row.token_hash,
        row.seen_at,
        row.created_at,
        row.account_grant,
        row.account_checked_at,
    )


async def renew(database: Database, session: Vouched, idle: timedelta) -> None:
    """Note that a session is in use, and let it live on; not beyond its longest life."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(Session)
            .where(Session.token_hash == session.token_hash)
            .values(
                seen_at=func.clock_timestamp(),
                expires_at=func.least(
                    func.clock_timestamp() + idle, Session.created_at + _LIVES * idle
                ),
            )
        )


async def end_session(work: UnitOfWork, token: str) -> None:
    """Sign a browser out."""
    await work.session.execute(delete(Session).where(Session.token_hash == digest(token)))


async def revoke(
    work: UnitOfWork, person_id: int, *, only: int | None = None, but: int | None = None
) -> int:
    """End sessions of a person, and return how many there were.

    Args:
        work: the transaction.
        person_id: whose.
        only: this one alone.
        but: all but this one.
    """
    statement = delete(Session).where(Session.person_id == person_id)
    if only is not None:
        statement = statement.where(Session.id == only)
    if but is not None:
        statement = statement.where(Session.id != but)
    ended = await work.session.execute(statement.returning(Session.id))
    return len(ended.all())


class SessionRow(Struct, frozen=True):
    """A session, as its person or an administrator sees it."""

    id: int
    person_id: int
    who: str
    method: str
    address: str
    user_agent: str
    created_at: datetime
    seen_at: datetime


async def sessions(
    connection: AsyncConnection, *, person_id: int | None = None, limit: int = 100
) -> list[SessionRow]:
    """Read sessions that are good now, the newest first; of one person or of all."""
    who = func.coalesce(func.nullif(Person.name, ""), Person.email)
    statement = (
        select(
            Session.id,
            Session.person_id,
            who.label("who"),
            Session.method,
            Session.address,
            Session.user_agent,
            Session.created_at,
            Session.seen_at,
        )
        .join(Person, Person.id == Session.person_id)
        .where(Session.expires_at > func.now())
    )
    if person_id is not None:
        statement = statement.where(Session.person_id == person_id)
    rows = await connection.execute(
        statement.order_by(Session.created_at.desc(), Session.id.desc()).limit(limit)
    )
    return [SessionRow(**row._mapping) for row in rows]
