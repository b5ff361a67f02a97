"""Whose request this is, as far as the network tells."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any


def client_address(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """Return the network address that asks.

    Args:
        scope: of the ASGI request.
        trusted_proxies: how many proxies of ours stand before the app, each of which added the
            address that it saw to `X-Forwarded-For`; what stands left of those anybody can write.

    Returns:
        An IPv4 address, or the /64 that an IPv6 address is in: one household, or one attacker, has
        all of it, so counting its single addresses would be useless.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    if trusted_proxies:
        named = [
            name.strip()
            for key, value in scope["headers"]
            if key == b"x-forwarded-for"
            for name in value.decode("latin-1").split(",")
        ]
        if len(named) >= trusted_proxies:
            peer = named[-trusted_proxies]
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer[:64]
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{address.exploded[:19]}::/64"
