"""The hub sends to public addresses alone, however an address is spelled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.egress.addresses import forbidden
from services.runtime.egress.targets import Egress, ForbiddenTarget

V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)
REFUSED = [
    ("0.0.0.0", "this network"),
    ("10.0.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "CGNAT"),
    ("100.100.100.200", "CGNAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("168.63.129.16", "metadata"),
    ("192.0.0.192", "metadata"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("255.255.255.255", "reserved"),
    ("::", "not global"),
    ("::1", "loopback"),
    ("::127.0.0.1", "not global"),
    ("::ffff:8.8.8.8", "IPv4-mapped"),
    ("::ffff:127.0.0.1", "IPv4-mapped"),
    ("64:ff9b::8.8.8.8", "NAT64"),
    ("64:ff9b:1::1", "NAT64"),
    ("2002:7f00:1::", "6to4"),
    ("2001:0:1::1", "protocols"),
    ("2001:db8::1", "documentation"),
    ("fd00:ec2::254", "private"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "not global"),
    ("ff02::1", "multicast"),
]


@pytest.mark.parametrize(("address", "why"), REFUSED)
def test_what_is_not_the_public_internet_is_refused_and_said_why(address: str, why: str) -> None:
    assert why in (forbidden(address) or "")


@pytest.mark.parametrize("address", ["8.8.8.8", "196.200.131.1", "2606:4700::1111", "2a00:1::1"])
def test_public_addresses_pass(address: str) -> None:
    assert forbidden(address) is None


@given(V4 | V6)
def test_whatever_the_standard_library_calls_not_global_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast:
        assert forbidden(str(address)) is not None


@given(V4, st.sampled_from(["::ffff:0:0", "64:ff9b::", "2002::", "::"]))
def test_an_ipv4_address_within_an_ipv6_one_is_refused_whatever_it_is(
    inner: IPv4Address, prefix: str
) -> None:
    shift = 80 if prefix == "2002::" else 0
    carried = IPv6Address(int(IPv6Address(prefix)) | (int(inner) << shift))
    assert forbidden(str(carried)) is not None


@given(V4 | V6)
def test_the_setting_for_development_opens_loopback_and_nothing_else(
    address: IPv4Address | IPv6Address,
) -> None:
    if forbidden(str(address)) != "loopback":
        assert forbidden(str(address)) == forbidden(str(address), loopback=True)


URLS = [
    ("http://hooks.settat.example/x", "https://"),
    ("ftp://hooks.settat.example/x", "https://"),
    ("hooks.settat.example/x", "no address"),
    ("https:///x", "no address"),
    ("https://hooks.settat.example:22/", "port 22"),
    ("https://hooks.settat.example:0/", "port 0"),
    ("https://hooks.settat.example:99999/", "no address"),
    ("https://user@hooks.settat.example/", "no user"),
    ("https://user:pw@hooks.settat.example/", "no user"),
    ("https://hooks.settat.example/#top", "fragment"),
    ("https://hooks.settat.example/a b", "%XX"),
    ("https://hooks.settat.example\\@127.0.0.1/", "%XX"),
    ("https://hôte.example/", "ASCII"),
    ("https://localhost/", "loopback"),
    ("https://intranet/", "inside network"),
    ("https://metadata.google.internal/", "inside network"),
    ("https://printer.local/", "inside network"),
    ("https://localhost./", "loopback"),
    ("https://127.0.0.1/", "loopback"),
    ("https://127.1/", "odd spelling"),
    ("https://2130706433/", "odd spelling"),
    ("https://0x7f000001/", "odd spelling"),
    ("https://0x7f.1/", "odd spelling"),
    ("https://017700000001/", "odd spelling"),
    ("https://[::1]/", "loopback"),
    ("https://[::ffff:127.0.0.1]/", "IPv4-mapped"),
    ("https://[fe80::1%25eth0]/", "link-local"),
    ("https://169.254.169.254/latest/meta-data", "link-local"),
    ("https://" + "a" * 64 + ".example/", "no name"),
    ("https://-a.example/", "no name"),
    ("https://hooks.settat.example/" + "x" * 2000, "characters"),
]


@pytest.mark.parametrize(("url", "why"), URLS)
def test_an_address_that_leads_inside_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(ForbiddenTarget, match=why.replace("(", "\\(")):
        Egress().check(url)


def test_a_public_https_address_is_kept_with_its_port() -> None:
    assert Egress().check("https://hooks.settat.example/x?y=%20") == "hooks.settat.example:443"
    assert Egress().check("https://hooks.settat.example:8443/") == "hooks.settat.example:8443"
    assert Egress().check("https://xn--hte-hoa.example/") == "xn--hte-hoa.example:443"


def test_loopback_by_http_is_for_development_alone() -> None:
    here = Egress(loopback=True)
    assert here.check("http://127.0.0.1:9/x") == "127.0.0.1:9"
    assert here.check("http://localhost:9/x") == "localhost:9"
    for url in ("http://10.0.0.1/", "http://hooks.settat.example/", "https://[::ffff:127.0.0.1]/"):
        with pytest.raises(ForbiddenTarget):
            here.check(url)


def test_a_connection_to_an_odd_port_is_refused_wherever_it_leads() -> None:
    assert "port 22" in (Egress().refuses("8.8.8.8", 22) or "")
    assert Egress().refuses("8.8.8.8", 443) is None
    assert Egress(loopback=True).refuses("127.0.0.1", 22) is None
    assert Egress(loopback=True).refuses("8.8.8.8", 22) is not None
