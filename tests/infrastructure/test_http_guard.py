from ipaddress import ip_address

import httpx
import pytest

from infrastructure.http_guard import AddressPolicy, AddressRefused, why_forbidden

FORBIDDEN_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:101::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700::5efe:127.0.0.1",
    "2606:4700::200:5efe:a00:1",
]
PUBLIC_ADDRESSES = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.1.1.1",
    "128.0.0.1",
    "169.253.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.1.1",
    "192.169.1.1",
    "198.17.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::",
    "2606:4700::5efe:8.8.8.8",
]
FORBIDDEN_URLS = (
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "//example.org/",
    "example.org",
    "http://",
    "http:///path",
    "http://user@example.org/",
    "http://user:word@example.org/",
    "http://127.0.0.1@example.org/",
    "http://example.org:22/",
    "https://example.org:8443/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://foo.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://router.home.arpa/",
    "http://abcdef.onion/",
    "http://metadata/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://10.1/",
    "http://0/",
    "http://example.org.0x1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1./",
    "http://exa mple.org/",
    "http://exa_mple..org%00.evil.org/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
)


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_a_special_address_is_forbidden_and_says_why(address: str) -> None:
    assert why_forbidden(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_fine(address: str) -> None:
    assert why_forbidden(ip_address(address)) is None


@pytest.mark.parametrize("url", ["http://example.org/", "https://example.org:443/a?b#c"])
def test_a_plain_url_needs_its_name_resolved(url: str) -> None:
    assert AddressPolicy().check_url(httpx.URL(url)) is None


def test_a_literal_public_address_needs_no_resolving() -> None:
    assert AddressPolicy().check_url(httpx.URL("http://8.8.8.8/")) == ip_address("8.8.8.8")


def test_declared_ports_and_networks_are_allowed_and_nothing_beside_them() -> None:
    policy = AddressPolicy(ports={8080}, allowed_networks=("127.0.0.1/32", "fd00::/8"))
    assert policy.check_url(httpx.URL("http://127.0.0.1:8080/")) == ip_address("127.0.0.1")
    policy.check_address(ip_address("fd00::1"))
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.2"):
        policy.check_address(ip_address("127.0.0.2"))
    with pytest.raises(AddressRefused, match="Port 80"):
        policy.check_url(httpx.URL("http://127.0.0.1/"))
