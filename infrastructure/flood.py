"""A brake before everything: what costs more than a cached page is limited per network address.

Each worker counts for itself, in memory, so a flood costs no database. It is a brake and no lock:
the limits that guard passwords and links are shared by all workers (`services.accounts.limits`).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from infrastructure.network import client_address
from infrastructure.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Which paths, how many at once, and how many a second after that. Webhooks are not among them: one
# that Ghost sends is sent once, so only those that are not Ghost's count (`bp.blog.webhooks`).
LIMITS: Final = (
    ("/search/", 60, 1.0),
    ("/auth/", 60, 1.0),
    ("/inbox", 120, 5.0),
)

_REMEMBERED = 20_000

_SENTENCE: Final = b"That was asked too often just now. Please wait a little and try again."


class Allowance:
    """How often somebody may do something: so many times at once, and so many a second."""

    def __init__(self, burst: int, rate: float) -> None:
        """Let everybody begin with the whole burst."""
        self._burst = burst
        self._rate = rate
        # When all earlier times are paid off, by who it is; the least recent goes first.
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, who: str) -> float:
        """Return in how many seconds somebody may do it again; 0: now."""
        now = time.monotonic()
        free_at = max(self._free_at.get(who, now), now)
        return max(0.0, free_at - now - (self._burst - 1) / self._rate)

    def take(self, who: str) -> None:
        """Count that somebody did it."""
        now = time.monotonic()
        self._free_at[who] = max(self._free_at.pop(who, now), now) + 1 / self._rate
        if len(self._free_at) > _REMEMBERED:
            self._free_at.popitem(last=False)


class FloodGuard:
    """ASGI middleware that answers 429 to an address that asks for something costly too often."""

    def __init__(self, app: AsgiApp, settings: Settings) -> None:
        """Stand before `app`."""
        self._app = app
        self._trusted_proxies = settings.trusted_proxies
        self._allowances = [(prefix, Allowance(burst, rate)) for prefix, burst, rate in LIMITS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come back."""
        if scope["type"] == "http":
            path: str = scope["path"]
            for prefix, allowance in self._allowances:
                if path.startswith(prefix):
                    address = client_address(scope, self._trusted_proxies)
                    if wait := allowance.wait(address):
                        await _refuse(send, math.ceil(wait))
                        return
                    allowance.take(address)
                    break
        await self._app(scope, receive, send)


async def _refuse(send: Send, seconds: int) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_SENTENCE)),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"%d" % seconds),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": _SENTENCE, "more_body": False})
