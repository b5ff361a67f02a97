"""What the account app vouches for, kept true: every session of its is checked once a minute.

It fails closed: a grant that ended signs the browser out; while the account app does not answer,
nobody whose minute is over is signed in, and whoever comes back later is, if the grant still holds.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import ForbiddenError, InvalidError
from models.content import Tier
from models.people import Person, PersonTier, Session
from services.accounts import people, tokens
from services.accounts.oidc import AccountApp, AccountDownError, GrantEndedError, Identity
from services.accounts.sessions import Vouched
from services.accounts.viewer import Role

CHECKED_EVERY: Final = timedelta(seconds=60)

# While it is down, not every request waits for it.
_DOWN_SECONDS = 5.0


class Grants:
    """The sessions that the account app vouches for."""

    def __init__(self, account: AccountApp, keys: tuple[str, ...]) -> None:
        """Check grants at `account`; access tokens are encrypted with `keys`."""
        self.account = account
        self._keys = keys
        self._down_until = 0.0

    def sealed(self, access_token: str) -> bytes:
        """Return an access token as a session's row keeps it."""
        return tokens.encrypt(self._keys, access_token)

    async def is_good(self, database: Database, session: Vouched) -> bool:
        """Whether the account app still vouches for a session.

        Args:
            database: where the check is noted, and the session ended where its grant has.
            session: with an `account_grant`.
        """
        checked = session.account_checked_at
        if checked is not None and datetime.now(UTC) - checked < CHECKED_EVERY:
            return True
        if time.monotonic() < self._down_until:
            return False
        token = tokens.decrypt(self._keys, session.account_grant or b"")
        try:
            if token is None:
                raise GrantEndedError
            identity = await self.account.claims(token)
        except AccountDownError:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            return False
        except GrantEndedError:
            async with database.unit_of_work() as work:
                await work.session.execute(
                    delete(Session).where(Session.token_hash == session.token_hash)
                )
            return False
        return await self._note(database, session, identity)

    @staticmethod
    async def _note(database: Database, session: Vouched, identity: Identity) -> bool:
        async with database.unit_of_work() as work:
            person = await work.session.get(Person, session.viewer.person_id)
            # The session belongs to an account, not to a row that may be somebody else's by now.
            if person is None or (person.account_issuer, person.account_subject) != (
                identity.issuer,
                identity.subject,
            ):
                await work.session.execute(
                    delete(Session).where(Session.token_hash == session.token_hash)
                )
                return False
            await _follow(work, person, identity)
            await work.session.execute(
                update(Session)
                .where(Session.token_hash == session.token_hash)
                .values(account_checked_at=func.clock_timestamp())
            )
        return True


async def adopt(work: UnitOfWork, identity: Identity) -> Person:
    """Return the person that an identity of the account app is here; a new one becomes a reader.

    They are found by the account's stable id. Only the first time, and only where the account app
    has verified it, an e-mail address leads to somebody who is here already.

    Raises:
        InvalidError: the account has no address, or one that is another person's here.
        ForbiddenError: the account is suspended here.
    """
    person = await work.session.scalar(
        select(Person).where(
            Person.account_issuer == identity.issuer, Person.account_subject == identity.subject
        )
    )
    if person is None:
        address = people.email_address(identity.email)
        person = await people.by_email(work, address)
        if person is None:
            person = Person(
                email=address,
                email_is_proven=identity.is_email_verified,
                name=identity.name,
                role=Role.READER.word,
            )
            work.session.add(person)
        elif not identity.is_email_verified or person.account_subject is not None:
            message = (
                "The address of your account belongs to somebody else here. "
                "Confirm it in the account app, or ask the people who run this site."
            )
            raise InvalidError(message)
        person.account_issuer, person.account_subject = identity.issuer, identity.subject
        await work.session.flush()
    if person.suspended_at is not None:
        message = "Your account is suspended here. Ask the people who run this site."
        raise ForbiddenError(message)
    await _follow(work, person, identity)
    return person


async def _follow(work: UnitOfWork, person: Person, identity: Identity) -> None:
    """Take over what the account app says of a person's name and membership."""
    if identity.is_email_verified and identity.email.lower() == person.email.lower():
        person.email_is_proven = True
    if identity.name:
        person.name = people.display_name(identity.name[:191])
    if identity.tiers is None:
        return
    if Role.of(person.role) <= Role.MEMBER:
        person.role = Role.MEMBER.word
    wanted = set(
        await work.session.scalars(
            select(Tier.id).where(Tier.slug.in_(identity.tiers), Tier.deleted_at.is_(None))
        )
    )
    has = set(
        await work.session.scalars(
            select(PersonTier.tier_id).where(PersonTier.person_id == person.id)
        )
    )
    if gone := has - wanted:
        await work.session.execute(
            delete(PersonTier).where(
                PersonTier.person_id == person.id, PersonTier.tier_id.in_(gone)
            )
        )
    work.session.add_all(PersonTier(person_id=person.id, tier_id=it) for it in wanted - has)
