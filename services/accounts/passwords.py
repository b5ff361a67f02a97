"""Passwords: hashed with argon2id, checked in a thread, a few at a time.

The parameters are those of RFC 9106's second choice (argon2-cffi's default): about 64 MiB and some
tens of milliseconds for each check, so the number that run at once is bounded.
"""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from infrastructure.errors import InvalidError

SHORTEST, LONGEST = 10, 200

_hasher = PasswordHasher()
_turns = asyncio.Semaphore(2)


def checked(password: str) -> str:
    """Return a password that may be taken.

    Raises:
        InvalidError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"A password needs at least {SHORTEST} characters, and {LONGEST} at most."
        raise InvalidError(message)
    return password


async def hash_password(password: str) -> str:
    """Return the hash of a password.

    Raises:
        InvalidError: it is too short or too long.
    """
    checked(password)
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, password)


async def is_password(known: str | None, password: str) -> bool:
    """Whether a password fits its hash; without one it takes as long and is false."""
    async with _turns:
        fits = await asyncio.to_thread(_fits, known or _nobodys(), password[:LONGEST])
    return fits and known is not None


def needs_rehash(known: str) -> bool:
    """Whether a hash was made with older parameters."""
    return _hasher.check_needs_rehash(known)


def _fits(known: str, password: str) -> bool:
    try:
        return _hasher.verify(known, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """A hash to check against where there is none, so that time tells nothing."""
    return _hasher.hash("nobody's password")
