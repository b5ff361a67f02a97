"""All outgoing HTTP: one factory of plain clients, and one guarded client for strangers' addresses.

``create_client`` is for addresses that the operator configured (Ghost, sibling apps, S3): it may
reach private networks. ``GuardedClient`` is for every address that a person or a remote server
chose (embeds, federation, imports): it resolves names itself, connects to exactly the address it
checked, and carries no cookies or credentials. Which addresses are refused is judged in
``infrastructure.http_guard``.

Both cap the size of an answer after decompression, so that a few kilobytes cannot unfold into
gigabytes. What an answer means is left to the callers.
"""

import asyncio
import functools
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from infrastructure.http_guard import Address, AddressPolicy, AddressRefused

USER_AGENT: Final = "blog-app/0.1 (+https://rose-ash.com)"
DEFAULT_MAX_BYTES: Final = 32 * 1024 * 1024
DEFAULT_TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
DEFAULT_LIMITS: Final = httpx.Limits(
    max_connections=40, max_keepalive_connections=20, keepalive_expiry=4.0
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CHUNK: Final = 64 * 1024
# What would prove somebody's identity to the other side; a guarded request never carries it.
_CREDENTIAL_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class OutgoingError(Exception):
    """A guarded request that got no usable answer; ``sentence`` says why, for a person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class OutgoingRefused(OutgoingError):
    """The address is one that this site does not fetch; nothing was sent to it."""


class HostUnknown(OutgoingError):
    """The DNS knows no address of the host."""


class OutgoingUnreachable(OutgoingError):
    """No connection, a broken connection, or an answer that is not HTTP."""


class OutgoingTimeout(OutgoingError):
    """The total time for the request, redirects included, ran out."""


class TooManyRedirects(OutgoingError):
    """The address was forwarded more often than allowed."""


class ResponseTooLarge(OutgoingError, httpx.TransportError):
    """The answer is larger than the caller takes.

    It is a transport error of httpx as well, so that callers of a plain client that handle those
    keep working.
    """

    def __init__(self, max_bytes: int) -> None:
        OutgoingError.__init__(self, f"The answer is larger than {max_bytes} bytes.")
        self.max_bytes = max_bytes
        self._request: httpx.Request | None = None


class ResponseUndecodable(OutgoingError, httpx.TransportError):
    """The answer is compressed in a way that was not asked for, or its compression is broken."""

    def __init__(self) -> None:
        OutgoingError.__init__(self, "The answer is compressed in a way that cannot be read.")
        self._request: httpx.Request | None = None


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context of this process: loading the certificates takes 20 ms."""
    return httpx.create_ssl_context()


def create_client(
    *,
    base_url: str = "",
    timeout: httpx.Timeout = DEFAULT_TIMEOUT,
    limits: httpx.Limits = DEFAULT_LIMITS,
    max_bytes: int = DEFAULT_MAX_BYTES,
    user_agent: str = USER_AGENT,
    headers: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Make a client for addresses that the operator configured.

    :param base_url: prefix of relative URLs.
    :param timeout: seconds for connecting, each read, each write and the wait for a free
        connection.
    :param limits: connections of the pool.
    :param max_bytes: the largest answer taken, counted after decompression.
    :param user_agent: the ``User-Agent`` header.
    :param headers: further headers of every request.
    :param transport: the seam for tests; a real connection pool when None.
    :return: a client that the caller closes. It follows no redirects and reads no proxy settings or
        passwords from the environment. Beside httpx's own errors it raises ``ResponseTooLarge`` and
        ``ResponseUndecodable``.
    """
    inner = transport or httpx.AsyncHTTPTransport(verify=tls_context(), limits=limits)
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        transport=_CappedTransport(inner, max_bytes),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip", **(headers or {})},
        follow_redirects=False,
        trust_env=False,
    )


class _CappedTransport(httpx.AsyncBaseTransport):
    """Decompresses answers itself, in bounded steps, and stops at ``max_bytes``."""

    def __init__(self, inner: httpx.AsyncBaseTransport, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        try:
            return _cap(response, self._max_bytes)
        except BaseException:
            await response.aclose()
            raise

    async def aclose(self) -> None:
        await self._inner.aclose()


def _cap(response: httpx.Response, max_bytes: int) -> httpx.Response:
    """Make the body of ``response`` come out decompressed and never beyond ``max_bytes``."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip"}:
        raise ResponseUndecodable
    unpacked = encoding in {"gzip", "x-gzip"}
    declared = response.headers.get("content-length", "")
    if not unpacked and declared.isdecimal() and int(declared) > max_bytes:
        raise ResponseTooLarge(max_bytes)
    dropped = {"content-encoding", "content-length"} if unpacked else set()
    headers = [
        (k, v) for k, v in response.headers.raw if k.decode("latin-1").lower() not in dropped
    ]
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("An asynchronous transport returned a synchronous answer.")
    return httpx.Response(
        response.status_code,
        headers=headers,
        stream=_CappedStream(stream, max_bytes, unpack=unpacked),
        extensions=response.extensions,
    )


class _CappedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, max_bytes: int, *, unpack: bool) -> None:
        self._inner = inner
        self._max_bytes = max_bytes
        self._unpack = unpack

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        source = _gunzip(self._inner) if self._unpack else aiter(self._inner)
        async for chunk in source:
            seen += len(chunk)
            if seen > self._max_bytes:
                raise ResponseTooLarge(self._max_bytes)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _gunzip(chunks: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    """Decompress gzip step by step: no step yields more than ``_CHUNK`` bytes, whatever came in."""
    unpacker = zlib.decompressobj(wbits=31)
    begun = False
    try:
        async for chunk in chunks:
            pending = chunk
            while pending and not unpacker.eof:
                begun = True
                yield unpacker.decompress(pending, _CHUNK)
                pending = unpacker.unconsumed_tail
        # A last match of some hundred bytes may still be inside the unpacker.
        rest = unpacker.flush() if begun and not unpacker.eof else b""
    except zlib.error:
        raise ResponseUndecodable from None
    if rest:
        yield rest
    if begun and not unpacker.eof:
        raise ResponseUndecodable


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for the addresses of ``host``.

    :return: the addresses as text, in the resolver's order, each once.
    :raises OSError: when the name is not known.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class GuardedResponse:
    """A complete answer: ``url`` is the address it came from in the end, after all redirects."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def content_type(self) -> str:
        """Return the media type without its parameters, in lower case; empty when there is none."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()


@dataclass(slots=True)
class GuardedClient:
    """Fetches addresses that a person or a remote server chose.

    ``policy`` says what may be reached; ``resolver`` and ``transport`` are the seams for tests.
    Each request opens its own connection and closes it: a kept TLS connection to an address could
    otherwise be used for another host at the same address, whose certificate nobody looked at.
    """

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    resolver: Resolver = resolve_host
    transport: httpx.AsyncBaseTransport | None = None
    user_agent: str = USER_AGENT
    max_redirects: int = 5
    connect_seconds: float = 3.0

    def __post_init__(self) -> None:
        if self.transport is None:
            self.transport = httpx.AsyncHTTPTransport(
                verify=tls_context(),
                limits=httpx.Limits(max_connections=40, max_keepalive_connections=0),
            )

    async def aclose(self) -> None:
        """Close what is still open."""
        if self.transport is not None:
            await self.transport.aclose()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 2 * 1024 * 1024,
        total_seconds: float = 10.0,
    ) -> GuardedResponse:
        """Fetch ``url`` and follow its redirects, each checked anew.

        :param max_bytes: the largest body taken, after decompression.
        :param total_seconds: the time for everything: names, redirects and the body.
        :return: the final answer, whatever its status.
        :raises OutgoingRefused: for an address that must not be asked, at the start or by a
            redirect.
        :raises OutgoingError: its other subclasses say what else went wrong.
        """
        return await self.request(
            "GET",
            url,
            headers=headers,
            max_bytes=max_bytes,
            total_seconds=total_seconds,
            follow_redirects=True,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = 2 * 1024 * 1024,
        total_seconds: float = 10.0,
        follow_redirects: bool = False,
    ) -> GuardedResponse:
        """Send one request to a stranger's address; see ``get`` for the parameters and errors.

        Redirects are followed only for GET and HEAD: a signed or a writing request is meant for
        one host.
        """
        try:
            async with asyncio.timeout(total_seconds):
                return await self._request(
                    method,
                    url,
                    headers or {},
                    content,
                    max_bytes,
                    follow_redirects=follow_redirects,
                )
        except TimeoutError:
            raise OutgoingTimeout(
                f"There was no complete answer within {total_seconds:g} seconds."
            ) from None

    async def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        max_bytes: int,
        *,
        follow_redirects: bool,
    ) -> GuardedResponse:
        if _CREDENTIAL_HEADERS & {name.lower() for name in headers}:
            raise ValueError("A guarded request carries no credentials.")
        target = _parse(url)
        followed = 0
        while True:
            response = await self._exchange(method, target, headers, content, max_bytes)
            location = response.headers.get("location")
            if not (follow_redirects and response.status in _REDIRECTS and location):
                return response
            if method not in {"GET", "HEAD"}:
                return response
            followed += 1
            if followed > self.max_redirects:
                raise TooManyRedirects(
                    f"The address was forwarded more than {self.max_redirects} times."
                )
            target = _parse(location, base=target)

    async def _exchange(
        self,
        method: str,
        target: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        max_bytes: int,
    ) -> GuardedResponse:
        """Check ``target``, connect to a checked address, send, and read all of the answer."""
        addresses = await self._checked_addresses(target)
        request_headers = {
            "Accept": "*/*",
            **headers,
            "Host": target.netloc.decode("ascii"),
            "User-Agent": self.user_agent,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        failure: httpx.TransportError | None = None
        for address in addresses:
            request = httpx.Request(
                method,
                target.copy_with(host=str(address)),
                headers=request_headers,
                content=content,
                # The certificate must be that of the name, although the connection goes to the
                # address.
                extensions={
                    "sni_hostname": target.raw_host.decode("ascii"),
                    "timeout": {"connect": self.connect_seconds, "pool": self.connect_seconds},
                },
            )
            try:
                return await self._send(request, target, max_bytes)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except OutgoingError:
                raise
            except httpx.TransportError as error:
                raise OutgoingUnreachable(f"{target.host} broke off the connection.") from error
        raise OutgoingUnreachable(f"{target.host} cannot be reached.") from failure

    async def _send(
        self, request: httpx.Request, target: httpx.URL, max_bytes: int
    ) -> GuardedResponse:
        if self.transport is None:
            raise RuntimeError("The client has no transport.")
        raw = await self.transport.handle_async_request(request)
        try:
            response = _cap(raw, max_bytes)
            body = b"" if request.method == "HEAD" else await response.aread()
        finally:
            await raw.aclose()
        return GuardedResponse(str(target), response.status_code, response.headers, body)

    async def _checked_addresses(self, target: httpx.URL) -> list[Address]:
        try:
            literal = self.policy.check_url(target)
            if literal is not None:
                return [literal]
            host = target.raw_host.decode("ascii")
            port = target.port or (443 if target.scheme == "https" else 80)
            try:
                found = [ip_address(text) for text in await self.resolver(host, port)]
            except (OSError, ValueError) as error:
                raise HostUnknown(f"The host {target.host} is not known.") from error
            if not found:
                raise HostUnknown(f"The host {target.host} is not known.")
            # One forbidden address among public ones is a trap, not an accident: refuse them all.
            for address in found:
                self.policy.check_address(address)
        except AddressRefused as error:
            raise OutgoingRefused(error.sentence) from error
        return found


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        return base.join(url) if base is not None else httpx.URL(url)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise OutgoingRefused("This is not an address of the web.") from error
