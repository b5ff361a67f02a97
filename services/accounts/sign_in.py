"""Sign-in with a password, and what a person may do to their own account."""

from dataclasses import dataclass

from sqlalchemy import select

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import InvalidError
from models.people import Person
from services.accounts import limits, people, sessions
from services.accounts.passwords import hash_password, is_password, needs_rehash
from services.accounts.sessions import Browser
from services.audit.log import Actor, record

_WRONG = "The address or the password is wrong. You can also have a sign-in link sent to you."


class WrongPasswordError(InvalidError):
    """Address and password do not belong together; the sentence does not say which is wrong."""

    def __init__(self) -> None:
        super().__init__(_WRONG)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries a password; `is_known_browser` where this address signed in there before."""

    email: str
    password: str
    browser: Browser
    is_known_browser: bool = False


async def count_attempt(database: Database, attempt: Attempt) -> None:
    """Count an attempt before it is made.

    A browser that the person signed in with before has a count of its own: whoever guesses from
    elsewhere uses up the account's, and cannot keep the person out.

    Raises:
        TooManyError: there were too many.
    """
    account = attempt.email.strip().lower()
    by_account = (
        limits.PASSWORD_BY_KNOWN_BROWSER if attempt.is_known_browser else limits.PASSWORD_BY_ACCOUNT
    )
    await limits.take(
        database,
        [(limits.PASSWORD_BY_ADDRESS, attempt.browser.address), (by_account, account)],
    )


async def sign_in(work: UnitOfWork, attempt: Attempt, *, follows_ghost: bool) -> Person:
    """Return the person whose password this is; count the attempt first.

    Raises:
        WrongPasswordError: nobody's; it takes as long for an address that nobody has.
    """
    person = await people.for_sign_in(work, attempt.email, follows_ghost=follows_ghost)
    known = person.password_hash if person is not None else None
    if not await is_password(known, attempt.password) or person is None or known is None:
        raise WrongPasswordError
    if needs_rehash(known):
        person.password_hash = await hash_password(attempt.password)
    return person


async def set_password(
    work: UnitOfWork, actor: Actor, person_id: int, session_id: int | None, password: str
) -> None:
    """Give a person a password, or with an empty one take it away; their other sessions end.

    Raises:
        InvalidError: it is too short or too long.
        NotFoundError: there is nobody with this id.
    """
    person = await people.by_id(work, person_id)
    person.password_hash = await hash_password(password) if password else None
    await sessions.revoke(work, person_id, but=session_id)
    action = "own-account.set-password" if password else "own-account.remove-password"
    record(work, actor, action, ("person", person_id, person.email))


async def rename(work: UnitOfWork, actor: Actor, person_id: int, name: str) -> None:
    """Give a person another name.

    Raises:
        InvalidError: it is too long.
        NotFoundError: there is nobody with this id.
    """
    person = await people.by_id(work, person_id)
    before, person.name = person.name, people.display_name(name)
    if before != person.name:
        record(
            work,
            actor,
            "own-account.rename",
            ("person", person_id, person.email),
            before={"name": before},
            after={"name": person.name},
        )


async def has_password(work: UnitOfWork, person_id: int) -> bool:
    """Whether a person can sign in with a password."""
    known = await work.session.scalar(select(Person.password_hash).where(Person.id == person_id))
    return known is not None
