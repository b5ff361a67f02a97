"""Running the replayed Ghost on a port of its own, with its misbehaviour and its webhooks.

Use it as ``async with ReplayGhost(seed=1, posts=500) as ghost: …`` inside the running loop.
"""

import asyncio
import gzip
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl

import httpx
import msgspec
from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.ghost_replay import signing
from tests.ghost_replay.api import Answer, GhostApi, Request
from tests.ghost_replay.faults import Fault, Misbehaviour, PoisonKind
from tests.ghost_replay.site import GhostSite, Webhook, WebhookEvent, real_clock


class _BrokenOffError(Exception):
    """Raised inside the server to make it close the connection in the middle of an answer."""


class Loopback:
    """Serves any ASGI app on a port of loopback, inside the running loop."""

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self._app = app
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address, known once the server was started."""
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen and serve. A server that was stopped starts again at its old port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._stop = asyncio.Event()
        config = Config()
        # Hypercorn takes the descriptor over and closes it.
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        config.accesslog = None
        config.graceful_timeout = 0.2
        config.keep_alive_timeout = 30
        # The replayed Ghost has a clock of its own.
        config.include_date_header = False
        self._task = asyncio.create_task(serve(self._app, config, shutdown_trigger=self._stop.wait))

    async def stop(self) -> None:
        """Stop listening: from now on connections are refused."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that arrived, with the status it was answered with (0: with none)."""

    method: str
    path: str
    query: dict[str, str]
    status: int


class ReplayGhost(Loopback):
    """A Ghost on loopback; see ``GhostSite`` for the parameters that are the site's."""

    def __init__(
        self,
        *,
        seed: int = 1,
        posts: int = 15,
        members: int = 20,
        version: Literal[5, 6] = 6,
        clock: Callable[[], datetime] = real_clock,
        port: int = 0,
    ) -> None:
        super().__init__(self._asgi, port=port)
        self.site = GhostSite(seed, posts, members, version, clock)
        self.api = GhostApi(self.site)
        self.trouble = Misbehaviour(seed)
        self.admin_key = f"{signing.ADMIN_KEY_ID}:{signing.ADMIN_SECRET}"
        self.content_key = signing.CONTENT_KEY
        self.requests: list[Seen] = []

    # Making it misbehave.

    def inject(self, *faults: Fault) -> None:
        """Let these faults hit the requests to come."""
        self.trouble.faults.extend(faults)

    def poison(self, ghost_id: str, kind: PoisonKind = "500") -> None:
        """Make every page with this object fail: ``500``, ``cut`` (half JSON) or ``type``.

        With ``type`` the page is whole, but the object's title is a number. Lists of some
        ``fields`` alone are never poisoned.
        """
        self.trouble.poisoned[ghost_id] = kind

    def recover(self) -> None:
        """Take all faults, poison and latency away."""
        self.trouble.faults.clear()
        self.trouble.poisoned.clear()
        self.trouble.latency = 0.0

    def count(self, part: str = "") -> int:
        """Return how many requests arrived whose path contains ``part``."""
        return sum(1 for seen in self.requests if part in seen.path)

    def statuses(self) -> Counter[int]:
        """Return how often each status was answered."""
        return Counter(seen.status for seen in self.requests)

    # Webhooks.

    @property
    def outbox(self) -> list[WebhookEvent]:
        """The webhooks that Ghost would have sent by now; a test delivers, loses or doubles
        them."""
        return self.site.outbox

    def register_webhooks(
        self, base_url: str, events: Iterable[str], *, secret: str | None = None
    ) -> None:
        """Register ``<base_url>/<event>`` for each event, as the Admin API would."""
        for event in events:
            key = self.site.maker.object_id(self.site.now())
            self.site.webhooks[key] = Webhook(key, event, f"{base_url}/{event}", secret)

    def take_outbox(self) -> list[WebhookEvent]:
        """Return the webhooks that wait and forget them."""
        waiting = list(self.site.outbox)
        self.site.outbox.clear()
        return waiting

    async def deliver(
        self, events: Iterable[WebhookEvent] | None = None, *, moment: float | None = None
    ) -> list[int]:
        """Send webhooks to the registered addresses, one after the other, as Ghost does.

        :param events: those to send, in this order; all that wait when None.
        :param moment: seconds since the epoch to sign with, for a delivery that comes late.
        :return: the statuses; 0 where nobody answered within two seconds. Nothing is tried again,
            and
            an address that answers 410 loses its webhook.
        """
        statuses: list[int] = []
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            for event in self.take_outbox() if events is None else list(events):
                hooks = [hook for hook in self.site.webhooks.values() if hook.event == event.event]
                for hook in hooks:
                    status = await self._deliver_one(
                        client, event, hook.target_url, hook.secret, moment
                    )
                    statuses.append(status)
                    hook.last_triggered_status = str(status)
                    if status == 410:
                        self.site.webhooks.pop(hook.id, None)
        return statuses

    async def _deliver_one(
        self,
        client: httpx.AsyncClient,
        event: WebhookEvent,
        url: str,
        secret: str | None,
        moment: float | None,
    ) -> int:
        body = msgspec.json.encode(event.payload).replace(b"__SITE__", self.url.encode())
        version = self.api.version
        headers = {
            "Content-Type": "application/json",
            "Content-Version": version,
            "User-Agent": f"Ghost/{version[1:]} (https://github.com/TryGhost/Ghost)",
        }
        if secret:
            milliseconds = int((moment if moment is not None else time.time()) * 1000)
            headers["X-Ghost-Signature"] = signing.signature(secret, body, milliseconds)
        try:
            response = await client.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            return 0
        return response.status_code

    # Serving.

    async def _asgi(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Any],
        send: Callable[[dict[str, Any]], Any],
    ) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        request = Request(scope["method"], scope["path"], query, headers, body)
        await self._serve(request, send)

    async def _serve(self, request: Request, send: Callable[[dict[str, Any]], Any]) -> None:
        fault = self.trouble.strike(request.method, request.path)
        if self.trouble.latency:
            await asyncio.sleep(self.trouble.latency)
        if fault is not None and fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        if fault is None or fault.kind in {"stall", "cut", "drop"} or fault.after_effect:
            answer = self._poisoned(self.api.answer(request))
        else:
            answer = Answer(200)
        if fault is not None:
            answer = _struck(answer, fault)
        drop = fault is not None and fault.kind == "drop"
        seen = 0 if drop else answer.status
        self.requests.append(Seen(request.method, request.path, request.query, seen))
        await self._send(answer, request, send, drop=drop)

    def _poisoned(self, answer: Answer) -> Answer:
        kinds = {self.trouble.poisoned.get(key): key for key in answer.shown}
        if answer.bare or set(kinds) <= {None}:
            return answer
        if "500" in kinds:
            body = signing.error_body("An unexpected error occurred.", "InternalServerError")
            return Answer(500, body)
        if "type" in kinds:
            whole = msgspec.json.decode(answer.body)
            for objects in whole.values():
                for entry in objects if isinstance(objects, list) else ():
                    if entry["id"] == kinds["type"]:
                        entry["title"] = 5
            answer.body = msgspec.json.encode(whole)
        if "cut" in kinds:
            answer.body = answer.body[: len(answer.body) // 2]
        return answer

    async def _send(
        self,
        answer: Answer,
        request: Request,
        send: Callable[[dict[str, Any]], Any],
        *,
        drop: bool,
    ) -> None:
        body = answer.body.replace(b"__SITE__", self.url.encode())
        headers = {
            "content-version": self.api.version,
            "date": format_datetime(self.site.now(), usegmt=True),
            "vary": "Accept-Version, Accept-Encoding",
            "cache-control": "no-cache, private, no-store, must-revalidate",
            **answer.headers,
        }
        if body or answer.status != 204:
            headers["content-type"] = answer.media_type
        if len(body) > 1024 and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if drop:
            await send(
                {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
            )
            raise _BrokenOffError
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _struck(answer: Answer, fault: Fault) -> Answer:
    """Change an answer as the fault says."""
    if fault.kind == "cut":
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.media_type)
    if fault.kind == "html":
        page = b"<!DOCTYPE html><html><title>Welcome to nginx</title></html>"
        return Answer(200, page, "text/html; charset=utf-8")
    if fault.kind == "status":
        body = signing.error_body("An unexpected error occurred.", "InternalServerError")
        headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
        return Answer(fault.status, body, headers=headers)
    return answer


async def lifespan(receive: Callable[[], Any], send: Callable[[dict[str, Any]], Any]) -> None:
    """Answer the lifespan messages of an app that has nothing to set up."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
