import asyncio
import datetime as dt
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infrastructure.http import (
    GuardedClient,
    HostUnknown,
    OutgoingError,
    OutgoingRefused,
    OutgoingTimeout,
    OutgoingUnreachable,
    ResponseTooLarge,
    ResponseUndecodable,
    TooManyRedirects,
    create_client,
    resolve_host,
)
from infrastructure.http_guard import AddressPolicy
from tests.infrastructure.test_http_guard import FORBIDDEN_ADDRESSES, FORBIDDEN_URLS

Handler = Callable[[httpx.Request], httpx.Response]
PUBLIC = "93.184.215.14"


class Wire(httpx.AsyncBaseTransport):
    """Stands where sockets would be and writes down what would have been sent."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.handler(request)


def answering(*addresses: str) -> Callable[[str, int], "asyncio.Future[Sequence[str]]"]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return resolve  # type: ignore[return-value] # a coroutine is awaitable all the same


def guarded(handler: Handler, *addresses: str) -> tuple[GuardedClient, Wire]:
    wire = Wire(handler)
    return GuardedClient(resolver=answering(*(addresses or (PUBLIC,))), transport=wire), wire


def ok(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="hello", headers={"content-type": "text/HTML; charset=x"})


# The guarded client: what it refuses.


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
async def test_a_forbidden_url_makes_no_connection(url: str) -> None:
    client, wire = guarded(ok)
    with pytest.raises(OutgoingRefused) as caught:
        await client.get(url)
    assert caught.value.sentence.endswith(".")
    assert wire.requests == []


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
async def test_a_name_that_leads_to_a_special_address_makes_no_connection(address: str) -> None:
    client, wire = guarded(ok, address)
    with pytest.raises(OutgoingRefused):
        await client.get("http://harmless.example.org/")
    assert wire.requests == []


async def test_one_forbidden_address_among_public_ones_refuses_them_all() -> None:
    client, wire = guarded(ok, PUBLIC, "127.0.0.1")
    with pytest.raises(OutgoingRefused):
        await client.get("http://example.org/")
    assert wire.requests == []


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "//169.254.169.254/", "ftp://x.org/"])
async def test_a_redirect_is_checked_like_the_first_address(target: str) -> None:
    client, wire = guarded(lambda _: httpx.Response(302, headers={"location": target}))
    with pytest.raises(OutgoingRefused):
        await client.get("http://example.org/")
    assert len(wire.requests) == 1


async def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to() -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    wire = Wire(ok)
    client = GuardedClient(resolver=rebinding, transport=wire)
    await client.get("https://example.org/a?b=c")
    assert asked == ["example.org:443"]
    (request,) = wire.requests
    assert request.url == f"https://{PUBLIC}/a?b=c"
    assert request.headers["host"] == "example.org"
    assert request.extensions["sni_hostname"] == "example.org"


async def test_a_redirect_resolves_anew_so_a_name_that_turned_inward_is_refused() -> None:
    answers = iter([[PUBLIC], ["10.0.0.7"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        del host, port
        return next(answers)

    wire = Wire(lambda _: httpx.Response(301, headers={"location": "/again"}))
    with pytest.raises(OutgoingRefused):
        await GuardedClient(resolver=rebinding, transport=wire).get("http://example.org/")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Proxy-Authorization"])
async def test_credentials_are_a_programming_error(name: str) -> None:
    client, wire = guarded(ok)
    with pytest.raises(ValueError, match="credentials"):
        await client.get("http://example.org/", headers={name: "x"})
    assert wire.requests == []


# The guarded client: what it does.


async def test_the_answer_comes_with_its_final_address() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(301, headers={"location": "/next", "set-cookie": "id=1"})
        return ok(request)

    client, wire = guarded(handler)
    answer = await client.get("http://example.org/")
    assert (answer.url, answer.status, answer.body) == ("http://example.org/next", 200, b"hello")
    assert answer.content_type == "text/html"
    assert "cookie" not in wire.requests[1].headers
    assert wire.requests[1].headers["user-agent"].startswith("blog-app/")


@pytest.mark.parametrize(("hops", "fine"), [(5, True), (6, False)])
async def test_five_redirects_are_followed_and_no_more(hops: int, fine: bool) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        done = int(request.url.path.strip("/") or 0)
        if done == hops:
            return ok(request)
        return httpx.Response(307, headers={"location": f"/{done + 1}"})

    client, wire = guarded(handler)
    if fine:
        assert (await client.get("http://example.org/")).status == 200
    else:
        with pytest.raises(TooManyRedirects):
            await client.get("http://example.org/")
    assert len(wire.requests) == 6


async def test_a_post_is_sent_to_one_host_only() -> None:
    client, wire = guarded(lambda _: httpx.Response(307, headers={"location": "http://b.org/"}))
    answer = await client.request(
        "POST", "http://a.org/", content=b"{}", headers={"Signature": "s"}, follow_redirects=True
    )
    assert answer.status == 307
    assert len(wire.requests) == 1
    assert wire.requests[0].content == b"{}"


async def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "2606:4700::1":
            raise httpx.ConnectError("no route")
        return ok(request)

    client, wire = guarded(handler, "2606:4700::1", PUBLIC)
    assert (await client.get("http://example.org/")).status == 200
    assert [request.url.host for request in wire.requests] == ["2606:4700::1", PUBLIC]


async def test_no_address_at_all_and_an_unknown_name_are_told_apart_from_silence() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        del port
        raise OSError(host)

    with pytest.raises(HostUnknown, match=r"example\.org"):
        await GuardedClient(resolver=unknown, transport=Wire(ok)).get("http://example.org/")

    async def nothing(host: str, port: int) -> Sequence[str]:
        del host, port
        return []

    with pytest.raises(HostUnknown):
        await GuardedClient(resolver=nothing, transport=Wire(ok)).get("http://example.org/")

    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("garbage")

    client, _ = guarded(broken)
    with pytest.raises(OutgoingUnreachable):
        await client.get("http://example.org/")


async def test_the_total_time_is_capped_whatever_trickles_in() -> None:
    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b"."

    client, _ = guarded(lambda _: httpx.Response(200, stream=Trickle()))
    with pytest.raises(OutgoingTimeout):
        await client.get("http://example.org/", total_seconds=0.1)


async def test_the_systems_resolver_answers_with_plain_addresses() -> None:
    assert "127.0.0.1" in await resolve_host("127.0.0.1", 80)


# Both clients: size and compression.


def packed(body: bytes, encoding: str = "gzip", step: int = 1000) -> httpx.Response:
    class Raw(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for start in range(0, len(body), step):
                yield body[start : start + step]

    return httpx.Response(200, headers={"content-encoding": encoding}, stream=Raw())


async def test_a_compressed_answer_comes_out_plain() -> None:
    text = b"bread and roses " * 50_000
    client, wire = guarded(lambda _: packed(gzip.compress(text)))
    assert (await client.get("http://example.org/")).body == text
    assert wire.requests[0].headers["accept-encoding"] == "gzip"
    async with create_client(transport=Wire(lambda _: packed(gzip.compress(text)))) as plain:
        assert (await plain.get("http://ghost.internal/")).content == text


async def test_a_bomb_is_stopped_before_it_unfolds() -> None:
    bomb = gzip.compress(b"\0" * 100_000_000, 9)
    client, _ = guarded(lambda _: packed(bomb, step=len(bomb)))
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            await client.get("http://example.org/", max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"x" * 5000, mtime=0)[:-9], "gzip"),
        (b"not gzip at all", "gzip"),
        (zlib.compress(b"x"), "deflate"),
        (b"x", "br"),
    ],
    ids=["cut gzip", "no gzip", "deflate", "br"],
)
async def test_broken_or_unasked_compression_is_an_error(body: bytes, encoding: str) -> None:
    client, _ = guarded(lambda _: packed(body, encoding))
    with pytest.raises(ResponseUndecodable):
        await client.get("http://example.org/")


async def test_a_plain_body_is_capped_by_its_header_and_by_its_bytes() -> None:
    client, _ = guarded(lambda _: httpx.Response(200, content=b"x" * 101))
    with pytest.raises(ResponseTooLarge) as caught:
        await client.get("http://example.org/", max_bytes=100)
    assert isinstance(caught.value, OutgoingError)
    assert "100 bytes" in caught.value.sentence
    async with create_client(
        transport=Wire(lambda _: packed(b"x" * 101, "identity")), max_bytes=100
    ) as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get("http://ghost.internal/")


async def test_the_plain_client_follows_nothing_and_takes_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    wire = Wire(lambda _: httpx.Response(302, headers={"location": "/b"}))
    async with create_client(base_url="http://10.0.0.1:2368", transport=wire) as client:
        assert not client.trust_env
        assert (await client.get("/a")).status_code == 302
    assert [str(request.url) for request in wire.requests] == ["http://10.0.0.1:2368/a"]


# A real connection: the certificate belongs to the name although the connection goes to the
# address.


def self_signed(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "pem").write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pem")
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_the_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    server_tls, client_tls = self_signed(tmp_path, "bakery.example.org")
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbread")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls)
    port = server.sockets[0].getsockname()[1]
    client = GuardedClient(
        policy=AddressPolicy(ports={port}, allowed_networks=("127.0.0.1/32",)),
        resolver=answering("127.0.0.1"),
        transport=httpx.AsyncHTTPTransport(verify=client_tls),
    )
    try:
        answer = await client.get(f"https://bakery.example.org:{port}/")
        assert (answer.status, answer.body) == (200, b"bread")
        assert f"host: bakery.example.org:{port}".encode() in heads[0].lower()
        with pytest.raises(OutgoingUnreachable):
            await client.get(f"https://other.example.org:{port}/")
        assert len(heads) == 1
    finally:
        await client.aclose()
        server.close()
        await server.wait_closed()
