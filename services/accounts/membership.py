"""What Ghost says of a person who is one of its members: the part of a session's query about it.

It is believed of an address that the person has proven, and only while the whole list of members
was seen within the last `BELIEVED_HOURS`: otherwise nobody is a member because of Ghost. How the
members come here is left to `services/ghost/members.py`.
"""

from datetime import timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, FromClause, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Tier
from models.members import Member, MemberTier
from models.people import Person
from models.site import SyncRun

# All members are read once a day at least; this leaves one such pass to fail.
BELIEVED_HOURS: Final = 48

_FREE = "free"


class Membership(Struct, frozen=True):
    """What a person is in Ghost, as far as it is believed; `status` is a word of Ghost's."""

    status: str
    tiers: tuple[str, ...]


async def membership_of(connection: AsyncConnection, person_id: int) -> Membership | None:
    """Read what a person is as a member of Ghost's; None where they are none, or not believed."""
    member = ghost_member(follows_ghost=True)
    names = (
        select(func.array_agg(Tier.name))
        .where(Tier.id == func.any(member.c.tier_ids))
        .scalar_subquery()
    )
    row = (
        await connection.execute(
            select(member.c.status, names.label("tiers"))
            .select_from(Person)
            .join(member, true())
            .where(Person.id == person_id, member.c.status.is_not(None))
        )
    ).first()
    return None if row is None else Membership(row.status, tuple(row.tiers or ()))


def is_fresh() -> ColumnElement[bool]:
    """Whether the members here are what Ghost said not long ago."""
    limit = func.now() - timedelta(hours=BELIEVED_HOURS)
    return exists(select(SyncRun.id).where(SyncRun.members_at > limit))


def ghost_member(*, follows_ghost: bool) -> FromClause:
    """Return the member of Ghost's that the person of the outer statement is, for an outer join.

    It has the columns `status`, null where there is none, `tier_ids`, null where there are none,
    and `has_paid`. An address that two members seem to have is nobody's.
    """
    member = (
        select(func.max(Member.id).label("id"), func.max(Member.status).label("status"))
        .where(
            func.lower(Member.email) == func.lower(Person.email),
            Person.email_is_proven,
            is_fresh() if follows_ghost else false(),
        )
        .having(func.count() == 1)
        .correlate(Person)
        .subquery("member")
    )
    has_now = or_(MemberTier.expires_at.is_(None), MemberTier.expires_at > func.now())
    tiers: Any = (
        select(func.array_agg(MemberTier.tier_id))
        .join(Tier, Tier.id == MemberTier.tier_id)
        .where(MemberTier.member_id == member.c.id, has_now, Tier.deleted_at.is_(None))
        .scalar_subquery()
    )
    # A comped or paid member without a tier that still runs is one whose time is over.
    has_paid = (member.c.status != _FREE) & tiers.is_not(None)
    return select(
        member.c.status, tiers.label("tier_ids"), func.coalesce(has_paid, False).label("has_paid")
    ).lateral("ghost_member")
