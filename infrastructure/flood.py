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

# Which paths, how many at once, and how many a second after that. Ghost sends a burst of webhooks
# for every bulk action, all from one address.
LIMITS: Final = (
    ("/search/", 60, 1.0),
    ("/auth/", 60, 1.0),
    ("/webhooks/", 600, 50.0),
    ("/inbox", 120, 5.0),
)

_REMEMBERED = 20_000

_SENTENCE: Final = b"That was asked too often just now. Please wait a little and try again."


class FloodGuard:
    """ASGI middleware that answers 429 to an address that asks for something costly too often."""

    def __init__(self, app: AsgiApp, settings: Settings) -> None:
        """Stand before `app`."""
        self._app = app
        self._trusted_proxies = settings.trusted_proxies
        # When all earlier requests are paid off, by limit and address; the least recent goes first.
        self._free_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come back."""
        if scope["type"] == "http":
            path: str = scope["path"]
            for prefix, burst, rate in LIMITS:
                if path.startswith(prefix):
                    wait = self._wait(scope, prefix, burst, rate)
                    if wait > 0:
                        await _refuse(send, math.ceil(wait))
                        return
                    break
        await self._app(scope, receive, send)

    def _wait(self, scope: Scope, prefix: str, burst: int, rate: float) -> float:
        """Count a request and return 0, or the seconds until the next one is free."""
        key = (prefix, client_address(scope, self._trusted_proxies))
        now = time.monotonic()
        free_at = max(self._free_at.pop(key, now), now)
        wait = free_at - now - (burst - 1) / rate
        self._free_at[key] = free_at if wait > 0 else free_at + 1 / rate
        if len(self._free_at) > _REMEMBERED:
            self._free_at.popitem(last=False)
        return max(wait, 0.0)


async def _refuse(send: Send, seconds: int) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_SENTENCE)),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"%d" % seconds),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": _SENTENCE, "more_body": False})
