"""Ghost's members in our rows: what decides who may read what, and no more.

How it decides is left to `services/accounts/sessions.py`, when passes run to `sync.py` and
`reconcile.py`. Source of what a member may read: Ghost's own `content-gating.js` (`paid` is every
status but `free`; `tiers` goes by the member's tiers).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import selectinload

from infrastructure.database import UnitOfWork
from models.content import Tier
from models.members import Member, MemberTier
from services.ghost import mirror
from services.ghost.mapping import TIERS
from services.ghost.mirror import Counts
from services.ghost.results import GhostMember, GhostTier

# As Ghost's member repository calls subscriptions that still count.
_ACTIVE = frozenset({"active", "trialing", "unpaid", "past_due"})


def _end_of(member: GhostMember, tier: GhostTier) -> datetime | None:
    """Return when a member's tier ends; None where Ghost knows of no end."""
    if tier.expiry_at is not None:
        return tier.expiry_at
    paid = [
        it
        for it in member.subscriptions or ()
        if it.tier is not None and it.tier.id == tier.id and it.status in _ACTIVE
    ]
    ends = [it.current_period_end for it in paid if it.cancel_at_period_end]
    known = [it for it in ends if it is not None]
    # One that goes on keeps the tier open, whatever becomes of the others.
    return max(known) if paid and len(known) == len(paid) else None


async def apply(work: UnitOfWork, items: Sequence[GhostMember]) -> Counts:
    """Make our rows say what Ghost's members say; one older than our row of it is left alone."""
    session, counts = work.session, Counts()
    wanted = {item.id: item for item in items}
    tiers = [tier for item in items for tier in item.tiers or ()]
    await mirror.add_missing(work, TIERS, tiers)
    our_ids = await mirror.our_ids(session, Tier, {tier.id for tier in tiers})
    rows = {
        row.ghost_id: row
        for row in await session.scalars(
            select(Member)
            .where(Member.ghost_id.in_(wanted))
            .options(selectinload(Member.tier_links))
        )
    }
    # Whoever else has one of these addresses here has it no more in Ghost.
    addresses = {(item.email or "").lower() for item in items}
    await session.execute(
        delete(Member).where(
            func.lower(Member.email).in_(addresses), Member.ghost_id.not_in(wanted)
        )
    )
    for ghost_id, item in wanted.items():
        row = rows.get(ghost_id)
        ends = {our_ids[tier.id]: _end_of(item, tier) for tier in item.tiers or ()}
        if row is None:
            row = Member(ghost_id=ghost_id, tier_links=[])
            session.add(row)
            counts.added += 1
        elif row.updated_at and item.updated_at and item.updated_at < row.updated_at:
            counts.unchanged += 1
            continue
        elif _says(row) == _would_say(item, ends):
            # The time alone: what did not change for readers is not told as a change.
            row.updated_at = item.updated_at
            counts.unchanged += 1
            continue
        else:
            counts.changed += 1
        row.email, row.name, row.status, _ = _would_say(item, ends)
        row.updated_at = item.updated_at
        has = {link.tier_id: link for link in row.tier_links}
        row.tier_links = [
            has.get(tier_id) or MemberTier(tier_id=tier_id) for tier_id in sorted(ends)
        ]
        for link in row.tier_links:
            link.expires_at = ends[link.tier_id]
    await session.flush()
    return counts


_Said = tuple[str, str, str, dict[int, datetime | None]]


def _says(row: Member) -> _Said:
    ends = {link.tier_id: link.expires_at for link in row.tier_links}
    return row.email, row.name, row.status, ends


def _would_say(item: GhostMember, ends: dict[int, datetime | None]) -> _Said:
    # Of a member without a status, as no Ghost gives it, the least is believed.
    return item.email or "", item.name or "", item.status or "free", ends


async def known(work: UnitOfWork) -> list[str]:
    """Return the Ghost ids of all members here."""
    return list(await work.session.scalars(select(Member.ghost_id)))


async def remove(work: UnitOfWork, ghost_ids: Collection[str]) -> Counts:
    """Forget members."""
    gone = await work.session.scalars(
        delete(Member).where(Member.ghost_id.in_(ghost_ids)).returning(Member.id)
    )
    return Counts(removed=len(gone.all()))
