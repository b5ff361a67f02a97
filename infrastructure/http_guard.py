"""Which network addresses a request to a stranger's URL may reach.

This module only judges: a URL, a host name, an IP address. It opens no connection; resolving and
connecting are left to ``infrastructure.http``.

The rule is "deny unless it is plainly the public Internet". Sources: the IANA IPv4 and IPv6
Special-Purpose Address Registries (RFC 6890 and its successors), the multicast registries, and the
WHATWG URL standard for what counts as a numeric host.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "it means this very machine"),
        ("10.0.0.0/8", "it is a private network"),
        ("100.64.0.0/10", "it belongs to a carrier's inner network"),
        ("127.0.0.0/8", "it is this very machine"),
        ("169.254.0.0/16", "it is a link-local network"),
        ("172.16.0.0/12", "it is a private network"),
        ("192.0.0.0/24", "it is reserved for protocols"),
        ("192.0.2.0/24", "it is reserved for documentation"),
        ("192.88.99.0/24", "it is a retired relay"),
        ("192.168.0.0/16", "it is a private network"),
        ("198.18.0.0/15", "it is reserved for measurements"),
        ("198.51.100.0/24", "it is reserved for documentation"),
        ("203.0.113.0/24", "it is reserved for documentation"),
        ("224.0.0.0/4", "it is a multicast address"),
        ("240.0.0.0/4", "it is reserved"),
        # A public address that one cloud answers on every machine's own wire with that machine's
        # secrets.
        ("168.63.129.16/32", "it is a cloud's metadata service"),
    )
)

_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("2001::/23", "it is reserved for protocols"),  # Teredo, benchmarking, ORCHID
        ("2001:db8::/32", "it is reserved for documentation"),
        ("3fff::/20", "it is reserved for documentation"),
    )
)
_MAPPED_V6 = IPv6Network("::ffff:0:0/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
# An ISATAP interface identifier: 0000:5efe or 0200:5efe, followed by an IPv4 address.
_ISATAP_MARKS = frozenset({0x00005EFE, 0x02005EFE})

_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?\Z")
# Names that never lead to the public Internet (RFC 6761, RFC 6762, RFC 8375, ICANN's "internal",
# RFC 7686).
_INNER_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".onion", ".lan")


class AddressRefused(Exception):
    """A URL or an address that must not be asked, with the reason as a sentence for a person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def why_forbidden(address: Address) -> str | None:
    """Tell why ``address`` is not on the public Internet.

    :param address: a parsed IPv4 or IPv6 address.
    :return: the second half of a sentence ("it is a private network"), or None when the address is
        fine.
    """
    if isinstance(address, IPv4Address):
        for network, reason in _FORBIDDEN_V4:
            if address in network:
                return reason
        return None
    return _why_forbidden_v6(address)


def _why_forbidden_v6(address: IPv6Address) -> str | None:
    low_half = int(address) & 0xFFFF_FFFF
    if address in _MAPPED_V6 or address in _NAT64:
        # On an IPv6-only network with DNS64 every IPv4 site appears under NAT64's prefix, so the
        # prefix alone proves nothing: the address inside it decides.
        return why_forbidden(IPv4Address(low_half))
    if address in _SIX_TO_FOUR:
        return why_forbidden(IPv4Address((int(address) >> 80) & 0xFFFF_FFFF))
    if address not in _GLOBAL_UNICAST_V6:
        return "it is not a public address"
    for network, reason in _FORBIDDEN_V6:
        if address in network:
            return reason
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP_MARKS:
        return why_forbidden(IPv4Address(low_half))
    return None


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What a guarded request may reach.

    ``ports``: the allowed TCP ports. ``allowed_networks``: networks that an operator or a test
    declares fine although they are special (a federation partner on the same host); empty in
    production.
    """

    ports: Collection[int] = frozenset({80, 443})
    allowed_networks: Sequence[str] = ()
    _allowed: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        allowed = tuple(ip_network(network) for network in self.allowed_networks)
        object.__setattr__(self, "_allowed", allowed)

    def check_url(self, url: httpx.URL) -> Address | None:
        """Judge everything about ``url`` that can be judged without asking the DNS.

        :param url: the absolute URL that is to be asked.
        :return: the host as an address when the URL names one literally (already judged), else
            None: the
            host is a name that has to be resolved, and each resulting address goes to
            ``check_address``.
        :raises AddressRefused: when it is not an http(s) URL to an allowed port of a plain public
            host.
        """
        if url.scheme not in {"http", "https"}:
            raise AddressRefused(
                "Only addresses that begin with http:// or https:// can be fetched."
            )
        if url.userinfo:
            raise AddressRefused("An address with a user name or password in it is not fetched.")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in self.ports:
            raise AddressRefused(f"Port {port} is not one that this site may connect to.")
        host = url.raw_host.decode("ascii").removesuffix(".")
        if not host:
            raise AddressRefused("The address names no host.")
        literal = _literal_address(host)
        if literal is not None:
            self.check_address(literal)
            return literal
        self._check_name(host.lower())
        return None

    def _check_name(self, host: str) -> None:
        if _NUMERIC_LABEL.match(host.rsplit(".", 1)[-1]):
            # "2130706433", "0x7f.1" and "127.1" are what some resolvers read as 127.0.0.1.
            raise AddressRefused(
                f"{host!r} is an unusual way to write an address and is not fetched."
            )
        if not _HOST_NAME.match(host):
            raise AddressRefused(f"{host!r} is not the name of a host.")
        if "." not in host or host.endswith(_INNER_SUFFIXES):
            raise AddressRefused(f"{host!r} is a name of an inner network and is not fetched.")

    def check_address(self, address: Address) -> None:
        """Judge one address that a host name was resolved to.

        :raises AddressRefused: when it is not on the public Internet and not in
            ``allowed_networks``.
        """
        if any(
            address in network for network in self._allowed if network.version == address.version
        ):
            return
        reason = why_forbidden(address)
        if reason is not None:
            raise AddressRefused(f"The address {address} is not fetched: {reason}.")


def _literal_address(host: str) -> Address | None:
    if "%" in host:
        raise AddressRefused("An address with a network zone in it is not fetched.")
    try:
        # ipaddress refuses leading zeros, which other parsers read as octal.
        return ip_address(host)
    except ValueError:
        if ":" in host:
            raise AddressRefused(f"{host!r} is not an address.") from None
        return None
