"""What protects every app of the platform: response headers, host names, origins, small bodies.

Who may do what is not decided here. The promises, and which test keeps each, are in `SECURITY.md`.
"""

import asyncio
import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

from hypercorn.typing import ASGIReceiveCallable
from quart import Quart, Request, Response, g, request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
from selectolax.lexbor import LexborHTMLParser
from werkzeug.exceptions import RequestEntityTooLarge

from infrastructure.flood import AsgiApp, FloodGuard, Receive, Scope, Send
from infrastructure.settings import Settings

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

# A form is never larger; what takes uploads says so beside its route (`large_body`).
SMALL_BODY: Final = 1024 * 1024

_LARGE = "large_body_bytes"
_STREAMED = "streamed_body_bytes"

# How much of a streamed body waits in memory before its sender has to wait.
_ROOM: Final = 1024 * 1024

# Called by programs under whatever name they find us: health checks, siblings, webhooks.
_ANY_HOST: Final = ("/livez", "/readyz", "/metrics", "/internal/", "/webhooks/")

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Ghost's cards carry style attributes, and embeds are frames of anybody's.
_PUBLIC_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'self'; "
    "script-src 'self'{scripts}{origins}; style-src 'self' 'unsafe-inline'{origins}; "
    "img-src 'self' https: http: data:; media-src 'self' https: http:; "
    "frame-src https:; font-src 'self' data:{origins}; connect-src 'self'{origins}; "
    "form-action 'self'"
)

_HOUSE_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' https: http: data: blob:; media-src 'self' https: http: blob:; "
    "frame-src 'self' https:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "form-action 'self'{forms}"
)

_HOUSE: Final = ("/admin/", "/auth/")


def large_body(size: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a route takes bodies of up to `size` bytes, where others take a form's."""

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        setattr(view, _LARGE, size)
        return view

    return declare


def streamed_body(size: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a route reads a body of up to `size` bytes piece by piece, and no form.

    However fast it comes, no more of it is held in memory than the route has yet to read of one
    megabyte.
    """

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        setattr(view, _STREAMED, size)
        return view

    return declare


def body_limit_of(view: Callable[..., Any] | None) -> int:
    """Return how many bytes a route takes."""
    size: int = getattr(view, _STREAMED, getattr(view, _LARGE, SMALL_BODY))
    return size


def nonce() -> str:
    """Return what marks an inline script of this response as ours; for pages of the house alone."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    value: str = g.csp_nonce
    return value


def allow_injection(*pieces: str | None) -> None:
    """Let the public page that is being rendered run what an administrator injected into it.

    Its inline scripts are allowed by their digests, and what it loads by where that is; whatever
    else gets into the page by whatever way is not.

    Args:
        pieces: HTML of the site's, a post's or a tag's code injection.
    """
    for piece in pieces:
        if not piece:
            continue
        tree = LexborHTMLParser(piece)
        for script in tree.css("script"):
            if not script.attributes.get("src"):
                digest = hashlib.sha256(script.text(deep=True).encode()).digest()
                g.setdefault("csp_scripts", {})[f"'sha256-{b64encode(digest).decode()}'"] = None
        for node in tree.css("script[src], link[href]"):
            parts = urlsplit(node.attributes.get("src") or node.attributes.get("href") or "")
            if parts.hostname and _HOST.fullmatch(parts.netloc):
                scheme = parts.scheme if parts.scheme in {"http", "https"} else "https"
                g.setdefault("csp_origins", {})[f"{scheme}://{parts.netloc}"] = None


# What may stand in a header without beginning another directive.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?")


def is_safe_method() -> bool:
    """Whether the request only asks."""
    return request.method in _SAFE


def is_from_elsewhere(settings: Settings) -> bool:
    """Whether a browser says that another site caused this request.

    `Sec-Fetch-Site` decides where the browser sends it (all do since 2023), else `Origin`. Without
    either it is no browser, or an old one: then the form's token must do.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin not in own_origins(settings)


def own_origins(settings: Settings) -> frozenset[str]:
    """Return the origins that are this site: its public one, and the one that was asked."""
    parts = urlsplit(settings.public_url)
    asked = f"{'https' if settings.public_url.startswith('https') else 'http'}://{request.host}"
    return frozenset({f"{parts.scheme}://{parts.netloc}", asked})


_CONTROL: Final = re.compile(r"[\x00-\x20\x7f\\]")


def local_path(given: str | None, otherwise: str = "/") -> str:
    """Return where to go on to, if it is a path of this site; never another site.

    Args:
        given: what the request carried: anybody can have written it.
        otherwise: where to go instead.
    """
    if (
        not given
        or len(given) > 2000
        or not given.startswith("/")
        or given.startswith("//")
        or _CONTROL.search(given)
    ):
        return otherwise
    parts = urlsplit(given)
    return otherwise if parts.scheme or parts.netloc else given


class _Body(Body):
    """A request's body whose limit is set once its route is known."""

    _is_streamed = False

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._room = asyncio.Event()

    def stream(self) -> None:
        """Let the sender wait whenever the route reads more slowly than it sends."""
        self._is_streamed = True

    async def wait_for_room(self) -> None:
        """Return once the route has read what came so far, all but a little."""
        while self._is_streamed and len(self._data) > _ROOM:
            self._room.clear()
            await self._room.wait()

    async def __anext__(self) -> bytes:
        """Give what has come since the last piece."""
        data = await super().__anext__()
        self._room.set()
        return data

    def limit(self, size: int) -> None:
        """Fail whoever reads the body once it has more than `size` bytes, announced or not."""
        self._max_content_length = size
        if len(self._data) > size:
            self._must_raise = RequestEntityTooLarge()


class _Request(Request):
    body_class = _Body


class _Connection(ASGIHTTPConnection):
    """Quart's connection, which asks the server for no more of a body than there is room for."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Put the pieces of the body where the route reads them."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if message["type"] == "http.request":
                request.body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    request.body.set_complete()
                elif isinstance(request.body, _Body):
                    await request.body.wait_for_room()


def add_security(app: Quart, settings: Settings) -> None:
    """Give every answer of an app its security headers, and refuse bodies that are too large."""
    # Signing in and out leads there by way of a form.
    forms = f" {settings.account_url}" if settings.account_url else ""
    is_https = settings.public_url.startswith("https:")

    app.request_class = _Request
    app.asgi_http_class = _Connection

    @app.before_request
    async def refuse_large_bodies() -> None:
        view = app.view_functions.get(request.endpoint or "")
        limit = body_limit_of(view)
        if hasattr(view, _STREAMED):
            if request.mimetype in _FORMS:
                limit = SMALL_BODY
            elif isinstance(request.body, _Body):
                request.body.stream()
        size = request.content_length
        if size is not None and size > limit:
            raise RequestEntityTooLarge
        if isinstance(request.body, _Body):
            request.body.limit(limit)

    @app.after_request
    async def add_headers(response: Response) -> Response:
        headers = response.headers
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        in_house = request.path.startswith(_HOUSE)
        if in_house:
            headers.setdefault("Cache-Control", "private, no-store")
            headers.setdefault("X-Robots-Tag", "noindex, nofollow")
            headers["X-Frame-Options"] = "DENY"
        if response.mimetype == "text/html":
            policy = (
                _HOUSE_POLICY.format(nonce=nonce(), forms=forms)
                if in_house
                else _PUBLIC_POLICY.format(
                    scripts="".join(f" {it}" for it in g.get("csp_scripts", ())),
                    origins="".join(f" {it}" for it in g.get("csp_origins", ())),
                )
            )
            headers.setdefault("Content-Security-Policy", policy)
        return response


def guard_the_door(app: Quart, settings: Settings) -> None:
    """Put what refuses strange names and floods before all that stands before the app so far."""
    inner = cast("AsgiApp", app.asgi_app)
    if settings.rate_limits:
        inner = FloodGuard(inner, settings)
    guard = DoorGuard(inner, settings)
    setattr(app, "asgi_app", guard)  # noqa: B010 - Quart's documented way; a method to the checker


async def _refuse(send: Send, status: int, sentence: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(sentence)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence, "more_body": False})


class DoorGuard:
    """ASGI middleware before everything: a request for a name that is not ours is refused.

    Otherwise the name would end up in links, and each invented one in the page cache. So is one
    whose address no page can have.
    """

    def __init__(self, app: AsgiApp, settings: Settings) -> None:
        """Stand before `app`; without a `SITE_URL` every name is taken."""
        self._app = app
        self._names: frozenset[str] = frozenset()
        if settings.site_url:
            host = urlsplit(settings.site_url).hostname or ""
            self._names = frozenset({host.lower(), *map(str.lower, settings.allowed_hosts)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            if self._names and not self._is_ours(scope):
                await _refuse(send, 421, b"This site is not known here under that name.")
                return
            # No text of ours can hold it, and the database would refuse every question with it.
            if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                await _refuse(send, 404, b"There is no page at such an address.")
                return
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path.startswith(_ANY_HOST):
            return True
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        name = hosts[0].decode("latin-1").lower()
        if not name.endswith("]"):
            name = name.rsplit(":", 1)[0] if name.rpartition(":")[2].isdigit() else name
        return name in self._names
