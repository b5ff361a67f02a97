"""What comes back in addresses and forms of the house: cursors of lists, words, ids."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from infrastructure.errors import PersonError


def encode(place: tuple[str, int] | None) -> str | None:
    """Return the cursor of a place; None for none."""
    if place is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def decode(cursor: str | None) -> tuple[str, int] | None:
    """Return the place of a cursor; None for none.

    Raises:
        PersonError: it is not one that `encode` made.
    """
    if not cursor:
        return None
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        name, number = msgspec.json.decode(urlsafe_b64decode(padded), type=tuple[str, int])
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        message = "That link to more of the list is damaged. Begin again at the top of the list."
        raise PersonError(message) from error
    if "\0" in name or not 0 <= number < 2**63:
        message = "That link to more of the list is damaged. Begin again at the top of the list."
        raise PersonError(message)
    return name, number


def words(given: str | None) -> str:
    """Return what somebody looks for, in one line."""
    return " ".join((given or "").replace("\0", "").split())[:200]


def number(given: str) -> int:
    """Return an id that somebody sent.

    Raises:
        ValueError: no row can have it.
    """
    value = int(given)
    if not 0 <= value < 2**63:
        raise ValueError
    return value
