"""One-time links: sign-in by mail or from the operator's shell, and the setup of a fresh site.

A link is good for fifteen minutes (what the operator prints: longer) and once: redeeming deletes
its row, so of two who try at the same moment one gets nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, text

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from models.people import OneTimeLink, Person
from services.accounts import people
from services.accounts.mail import Mail
from services.accounts.passwords import hash_password
from services.accounts.tokens import digest, new_token
from services.accounts.viewer import Role
from services.audit.log import Actor, record

SIGN_IN_MINUTES = 15
PRINTED_HOURS = 24

_SIGN_IN, _SETUP = "sign-in", "setup"

# Workers that start together print one setup link between them.
_SETUP_LOCK = 7_305_841_962

_USED_UP = (
    "This link does not work any more: it was used already, or it is too old. "
    f"Ask for a new one and use it within {SIGN_IN_MINUTES} minutes."
)


class LinkError(InvalidError):
    """A link that is used up, too old or never was."""

    status = 410

    def __init__(self, sentence: str = _USED_UP) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who redeemed a link, and where they wanted to go."""

    person: Person
    next_path: str


async def new_link(
    work: UnitOfWork, person: Person, *, valid: timedelta, next_path: str = "/"
) -> str:
    """Make a sign-in link for a person, and return its token."""
    token = new_token()
    work.session.add(
        OneTimeLink(
            token_hash=digest(token),
            purpose=_SIGN_IN,
            person_id=person.id,
            next_path=next_path,
            expires_at=func.clock_timestamp() + valid,
        )
    )
    return token


async def mail_link(
    work: UnitOfWork,
    email: str,
    *,
    site_title: str,
    site_url: str,
    next_path: str,
    follows_ghost: bool,
) -> Mail | None:
    """Prepare the mail with a sign-in link.

    Args:
        work: the transaction.
        email: what the person typed.
        site_title: as what the site signs.
        site_url: where it is, without a closing slash.
        next_path: where the person wanted to go.
        follows_ghost: whether Ghost's staff may sign in.

    Returns:
        The mail; None for an address that nobody here has. Whoever asked must not see which.
    """
    person = await people.for_sign_in(work, email, follows_ghost=follows_ghost)
    if person is None:
        return None
    token = await new_link(
        work, person, valid=timedelta(minutes=SIGN_IN_MINUTES), next_path=next_path
    )
    host = urlsplit(site_url).hostname
    return Mail(
        person.email,
        f"Sign in to {site_title}",
        f"Hello {person.name or ''}".rstrip() + ",\n\n"
        f"open this link within {SIGN_IN_MINUTES} minutes to sign in to {site_title} ({host}):\n\n"
        f"{site_url}/auth/link/{token}/\n\n"
        "It works once. If you did not ask for it, you need do nothing.\n",
    )


async def redeem(work: UnitOfWork, token: str) -> SignedIn:
    """Take a sign-in link.

    Raises:
        LinkError: it is no good, or the person may not sign in any more.
    """
    used = (
        await work.session.execute(
            delete(OneTimeLink)
            .where(
                OneTimeLink.token_hash == digest(token),
                OneTimeLink.purpose == _SIGN_IN,
                OneTimeLink.expires_at > func.clock_timestamp(),
            )
            .returning(OneTimeLink.person_id, OneTimeLink.next_path)
        )
    ).first()
    person = await work.session.get(Person, used.person_id) if used else None
    if used is None or person is None or person.suspended_at is not None:
        raise LinkError
    await people.prove_email(work, person)
    return SignedIn(person, used.next_path)


async def is_good(work: UnitOfWork, token: str) -> bool:
    """Whether a sign-in link could be redeemed now."""
    found = await work.session.scalar(
        select(OneTimeLink.id).where(
            OneTimeLink.token_hash == digest(token),
            OneTimeLink.expires_at > func.clock_timestamp(),
        )
    )
    return found is not None


async def setup_link(work: UnitOfWork, *, unless_since: float) -> str | None:
    """Make the link with which a fresh site's owner makes their account, and return its token.

    Args:
        work: the transaction.
        unless_since: seconds since the epoch; a link made after it was printed by another worker of
            this start.

    Returns:
        None where the site has an administrator, or another worker has printed one.
    """
    await work.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})
    if await people.has_administrator(await work.session.connection()):
        return None
    printed = await work.session.scalar(
        select(OneTimeLink.id).where(
            OneTimeLink.purpose == _SETUP,
            OneTimeLink.created_at > func.to_timestamp(unless_since),
        )
    )
    if printed is not None:
        return None
    # Earlier ones stay good: any that the operator finds in the log will do, until one is used.
    token = new_token()
    work.session.add(
        OneTimeLink(
            token_hash=digest(token),
            purpose=_SETUP,
            expires_at=func.clock_timestamp() + timedelta(hours=PRINTED_HOURS),
        )
    )
    return token


async def set_up(
    work: UnitOfWork, actor: Actor, token: str, *, name: str, email: str, password: str
) -> Person:
    """Make the owner of a fresh site.

    Args:
        work: the transaction.
        actor: from where.
        token: of the link that the start printed.
        name: the owner's.
        email: the owner's.
        password: may be empty: then the owner signs in by mail.

    Raises:
        LinkError: the link is no good, or the site has an administrator already.
        InvalidError: the address or the password cannot be taken.
    """
    address = people.email_address(email)
    hashed = await hash_password(password) if password else None
    # Several links may have been printed; of two who use them at once, one becomes the owner.
    await work.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})
    used = (
        await work.session.execute(
            delete(OneTimeLink)
            .where(
                OneTimeLink.token_hash == digest(token),
                OneTimeLink.purpose == _SETUP,
                OneTimeLink.expires_at > func.clock_timestamp(),
            )
            .returning(OneTimeLink.id)
        )
    ).first()
    if used is None or await people.has_administrator(await work.session.connection()):
        message = "This link does not work any more. Start the app again to get a new one."
        raise LinkError(message)
    person = await people.by_email(work, address)
    before = None if person is None else {"name": person.name, "role": person.role}
    if person is None:
        person = Person(email=address)
        work.session.add(person)
    person.name = people.display_name(name)
    person.role = Role.OWNER.word
    person.role_is_pinned = True
    person.password_hash = hashed
    await work.session.flush()
    record(
        work,
        actor.as_person(person.id, person.name, person.email),
        "site.set-up",
        ("person", person.id, address),
        before=before,
        after={"name": person.name, "role": person.role},
    )
    return person
