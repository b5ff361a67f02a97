"""Leaving Ghost: what its staff and members may do here because of it becomes theirs for good.

Called once, in the transaction in which a site leaves its Ghost; afterwards nobody is asked about
people any more, and everybody reads and writes what they did before.
"""

from msgspec import Struct
from sqlalchemy import Select, case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from infrastructure.database import UnitOfWork
from models.content import Author
from models.members import Member, MemberTier
from models.people import Person, PersonTier
from services.accounts.sessions import ghost_role, role_of
from services.accounts.viewer import Role


class Kept(Struct, frozen=True):
    """How many of Ghost's people are people of this site now."""

    staff: int
    members: int


async def keep_people(work: UnitOfWork) -> Kept:
    """Make Ghost's staff and members people of this site, with what they may do.

    Roles that were given here stay as they are. What Ghost says of an address that somebody only
    claimed gives them nothing, now as before; its owner has to ask an administrator.
    """
    staff = await _keep_staff(work)
    members = await _keep_members(work)
    return Kept(staff, members)


async def _keep_staff(work: UnitOfWork) -> int:
    session = work.session
    authors = await session.scalars(
        select(Author)
        .where(
            Author.email.is_not(None),
            Author.ghost_id.is_not(None),
            Author.deleted_at.is_(None),
            Author.status == "active",
        )
        .order_by(Author.id.desc())
    )
    # Of several with one address the first counts, as it does in a session.
    by_address = {(author.email or "").lower(): author for author in authors}
    for person in await session.scalars(select(Person)):
        author = by_address.pop(person.email.lower(), None)
        if not person.email_is_proven:
            author = None
        said = _Said(person.role, person.role_is_pinned, author.roles if author else None)
        person.role = role_of(said, follows_ghost=True).word
        if author is not None:
            person.author_id = author.id
    kept = 0
    for author in by_address.values():
        role = ghost_role(author.roles)
        if role > Role.ANONYMOUS:
            session.add(
                Person(email=author.email, name=author.name, role=role.word, author_id=author.id)
            )
            kept += 1
    await session.flush()
    return kept


class _Said(Struct):
    """What decides about a person's role, as `role_of` wants it."""

    role: str
    role_is_pinned: bool
    ghost_roles: object


def _sole() -> Select[tuple[int, str]]:
    """The members whose address no other has: the others are nobody here."""
    return (
        select(func.min(Member.id).label("id"), func.lower(Member.email).label("address"))
        .group_by(func.lower(Member.email))
        .having(func.count() == 1)
    )


async def _keep_members(work: UnitOfWork) -> int:
    session = work.session
    member = Role.MEMBER.word
    sole = _sole().subquery("sole")
    added = await session.execute(
        insert(Person)
        .from_select(
            ["email", "name", "role"],
            select(Member.email, Member.name, literal(member)).join(sole, sole.c.id == Member.id),
        )
        .on_conflict_do_nothing()
        .returning(Person.id)
    )
    kept = len(added.all())
    known = select(Person).join(sole, sole.c.address == func.lower(Person.email))
    proven = known.where(Person.email_is_proven, Person.role == Role.READER.word)
    for person in await session.scalars(proven):
        person.role = member
        kept += 1
    await session.flush()
    tiers = insert(PersonTier).from_select(
        ["person_id", "tier_id", "expires_at"],
        select(Person.id, MemberTier.tier_id, MemberTier.expires_at)
        .select_from(Person)
        .join(sole, sole.c.address == func.lower(Person.email))
        .join(MemberTier, MemberTier.member_id == sole.c.id)
        .where(Person.email_is_proven),
    )
    ours, theirs = PersonTier.expires_at, tiers.excluded.expires_at
    # Who has a tier from both sides keeps it for as long as either says; null is without end.
    longest = case((ours.is_(None) | theirs.is_(None), None), else_=func.greatest(ours, theirs))
    await session.execute(
        tiers.on_conflict_do_update(
            index_elements=["person_id", "tier_id"], set_={"expires_at": longest}
        )
    )
    await session.execute(delete(Member))
    return kept
