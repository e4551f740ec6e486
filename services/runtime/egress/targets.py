"""What an address must look like before the hub keeps it: judged when somebody registers it.

What its name resolves to is judged anew at every connection (`connecting.guarded_connector`): a
name that was harmless when it was registered may point inside a minute later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from services.runtime.egress.addresses import forbidden
from services.runtime.exceptions import HubError

LONGEST_URL = 2_000
"""Characters."""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_INSIDE = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa",
     "onion", "test", "invalid", "localdomain", "cluster"}
)  # fmt: skip


class ForbiddenTarget(HubError):
    """The hub does not send there"""


@dataclass(frozen=True)
class Egress:
    """Where the hub may send. ``ports``: of https; ``loopback``: for development alone, receivers
    on this machine are allowed too, by http and on any port.
    """

    loopback: bool = False
    ports: frozenset[int] = field(default_factory=lambda: frozenset({443, 8443}))

    def check(self, url: str) -> str:
        """The host and port of ``url`` as "host:port".

        Raises `ForbiddenTarget`, in words for whoever registers it.
        """
        if len(url) > LONGEST_URL:
            raise ForbiddenTarget(f"an address has at most {LONGEST_URL} characters")
        if not url.isascii() or any(c <= " " or c in '\\"<>^`{|}' for c in url):
            raise ForbiddenTarget("write names in ASCII (xn--...) and everything else as %XX")
        host, port, parts = _split(url)
        if self.loopback and forbidden_host(host, loopback=True) is None and _is_here(host):
            if parts.scheme not in ("http", "https"):
                raise ForbiddenTarget("an address begins with https://")
            return f"{host}:{port}"
        if not self.loopback and _is_here(host):
            raise ForbiddenTarget(
                f"{host} is loopback, the hub's own machine; for development alone, start the hub "
                "with JISR_WEBHOOK_LOOPBACK=true"
            )
        if parts.scheme != "https":
            raise ForbiddenTarget("an address begins with https://")
        if port not in self.ports:
            named = ", ".join(map(str, sorted(self.ports)))
            raise ForbiddenTarget(f"port {port} is none of {named}")
        why = forbidden_host(host)
        if why is not None:
            raise ForbiddenTarget(f"{host} is {why}")
        return f"{host}:{port}"

    def refuses(self, address: str, port: int) -> str | None:
        """Why no connection is opened to this very address; None when it may be."""
        why = forbidden(address, loopback=self.loopback)
        if why is not None:
            return f"{why}"
        here = self.loopback and forbidden(address) is not None
        return None if here or port in self.ports else f"on the odd port {port}"


def _split(url: str) -> tuple[str, int, SplitResult]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenTarget(f"this is no address ({error})") from error
    host = (parts.hostname or "").rstrip(".")
    if not host or not parts.netloc:
        raise ForbiddenTarget("this is no address: https://host/path")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenTarget("an address carries no user and no password")
    if parts.fragment:
        raise ForbiddenTarget("an address has no fragment (#...)")
    usual = 80 if parts.scheme == "http" else 443
    return host, usual if port is None else port, parts


def _is_here(host: str) -> bool:
    return host == "localhost" or forbidden(host) == "loopback"


def forbidden_host(host: str, *, loopback: bool = False) -> str | None:
    """Why ``host`` (a name or a number) is never sent to, as far as its spelling tells."""
    if loopback and host == "localhost":
        return None
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return _forbidden_name(host)
    return forbidden(host, loopback=loopback)


def _forbidden_name(host: str) -> str | None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "no name of a host"
    # 0x7f.1, 2130706433, 127.1: what inet_aton reads as a number, and some resolvers too.
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return "an address in an odd spelling"
    if len(labels) == 1 or labels[-1] in _INSIDE:
        return "a name of an inside network"
    return None
