"""Short-lived tokens for Ghost's Admin API; keeping the key secret is left to the settings.

Source: Ghost's Admin API, token authentication: HS256, ``kid`` in the header is the id of the key,
the secret is hexadecimal, audience ``/admin/``, at most five minutes old.
"""

import re
import time
from collections.abc import Callable
from typing import Final

import jwt

LIFETIME_SECONDS: Final = 300
_KEY_FORM: Final = re.compile(r"([0-9a-f]{24}):((?:[0-9a-f]{2}){16,})\Z")


class AdminKey:
    """An Admin API key as Ghost shows it (``<id>:<secret>``), able to sign tokens.

    :param text: the key.
    :param clock: seconds since the epoch; the seam for tests.
    :raises ValueError: when ``text`` does not have the form of a key; the text itself is not
        repeated.
    """

    def __init__(self, text: str, *, clock: Callable[[], float] = time.time) -> None:
        found = _KEY_FORM.match(text.strip())
        if found is None:
            raise ValueError(
                "The Ghost Admin API key must be 24 hexadecimal digits, a colon, and 64 more."
            )
        self._id = found[1]
        self._secret = bytes.fromhex(found[2])
        self._clock = clock

    def __repr__(self) -> str:
        return f"AdminKey({self._id}:…)"

    def token(self) -> str:
        """Return a fresh token; signing takes microseconds, so none is kept."""
        now = int(self._clock())
        return jwt.encode(
            {"iat": now, "exp": now + LIFETIME_SECONDS, "aud": "/admin/"},
            self._secret,
            algorithm="HS256",
            headers={"kid": self._id},
        )

    def authorization(self) -> str:
        """Return the value of the ``Authorization`` header."""
        return f"Ghost {self.token()}"
