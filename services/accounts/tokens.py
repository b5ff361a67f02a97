"""Secrets that people carry: how they are made, and what of them is kept.

A token is 256 random bits; the database has its SHA-256 alone, which is enough because no
dictionary holds a random token. What must be read again (an access token) is
encrypted with a key derived from `SECRET_KEY`.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


def new_token() -> str:
    """Return a fresh token of 43 characters that may stand in an address."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def _derived(key: str, purpose: str) -> bytes:
    return hmac.digest(key.encode(), b"blog-app:" + purpose.encode(), "sha256")


def sign(keys: Sequence[str], purpose: str, value: str) -> str:
    """Return a signature of `value` with the first key, good for this purpose alone."""
    signature = hmac.digest(_derived(keys[0], purpose), value.encode(), "sha256")
    return urlsafe_b64encode(signature).rstrip(b"=").decode()


def is_signed(keys: Sequence[str], purpose: str, value: str, signature: str) -> bool:
    """Whether a signature was made for this value and purpose with any of the keys."""
    given = signature.encode()
    return any(hmac.compare_digest(sign([key], purpose, value).encode(), given) for key in keys)


def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, "encryption"))) for key in keys])


def encrypt(keys: Sequence[str], value: str) -> bytes:
    """Encrypt what has to be read again, with the first key."""
    return _box(keys).encrypt(value.encode())


def decrypt(keys: Sequence[str], value: bytes) -> str | None:
    """Return what was encrypted with any of the keys; None where it cannot be read."""
    try:
        return _box(keys).decrypt(value).decode()
    except InvalidToken:
        return None
