"""Which addresses the hub never connects to: everything that is not plainly the public Internet.

IPv4 is judged by the IANA special-purpose registry (RFC 6890), IPv6 the other way round: only
global unicast (2000::/3, RFC 4291) passes, less what is special in it. What carries an IPv4 address
inside an IPv6 one (mapped, 6to4, Teredo, NAT64) is refused whatever that address is: a gateway
would go where the hub does not.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NETWORKS: dict[str, tuple[str, ...]] = {
    "this network": ("0.0.0.0/8",),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "shared by a carrier's customers (CGNAT)": ("100.64.0.0/10",),
    "link-local": ("169.254.0.0/16",),
    "of a cloud's metadata service": ("168.63.129.16/32", "192.0.0.192/32"),
    "reserved for protocols": (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.175.48.0/24",
    ),
    "for documentation or tests": (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "198.18.0.0/15",
    ),
    "multicast": ("224.0.0.0/4",),
    "reserved": ("240.0.0.0/4",),
}
_V4 = [(IPv4Network(text), why) for why, texts in _NETWORKS.items() for text in texts]
_GLOBAL = IPv6Network("2000::/3")
_V6 = [
    (IPv6Network("::ffff:0:0/96"), "an IPv4-mapped address"),
    (IPv6Network("64:ff9b::/96"), "a NAT64 address"),
    (IPv6Network("64:ff9b:1::/48"), "a NAT64 address"),
    (IPv6Network("2002::/16"), "a 6to4 address"),
    (IPv6Network("2001::/23"), "reserved for protocols"),
    (IPv6Network("2001:db8::/32"), "for documentation or tests"),
    (IPv6Network("3fff::/20"), "for documentation or tests"),
    (IPv6Network("2620:4f:8000::/48"), "reserved for protocols"),
    (IPv6Network("fc00::/7"), "private"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("ff00::/8"), "multicast"),
]


def forbidden(address: str, *, loopback: bool = False) -> str | None:
    """Why the hub does not connect to ``address`` (IPv4 or IPv6, as a number); None when it may.

    ``loopback``: a development machine's own receivers (127.0.0.0/8, ::1) are allowed.
    """
    try:
        number = ip_address(address.partition("%")[0])
    except ValueError:
        return "no address"
    if number.is_loopback and (isinstance(number, IPv4Address) or int(number) == 1):
        return None if loopback else "loopback"
    return _v4(number) if isinstance(number, IPv4Address) else _v6(number)


def _v4(number: IPv4Address) -> str | None:
    return next((why for network, why in _V4 if number in network), None)


def _v6(number: IPv6Address) -> str | None:
    for network, why in _V6:
        if number in network:
            return why
    return None if number in _GLOBAL else "not global"
