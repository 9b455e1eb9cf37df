"""Which addresses a vendor may be at: the name is resolved once, and what was checked is called.

Connecting to the checked address leaves no second look-up for a name server to lie in.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from schemas.errors import Misconfigured

Resolver = Callable[[str, int], Sequence[str]]

NAT64: Final = IPv6Network("64:ff9b::/96")
CLOSED: Final = tuple(
    IPv6Network(each) for each in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")
)
"""IPv4 in disguise, a network's own NAT64, site-local: `ipaddress` calls some of them global."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as the system prefers them; `OSError` when there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def public(address: str) -> bool:
    """Whether an address is one of the open internet, also behind an IPv6 transition prefix."""
    parsed = ip_address(address.partition("%")[0])
    inner = _embedded(parsed) if isinstance(parsed, IPv6Address) else None
    if isinstance(parsed, IPv6Address) and any(parsed in each for each in CLOSED):
        return False
    both = (parsed, inner) if inner else (parsed,)
    return all(each.is_global and not each.is_multicast for each in both)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or (address.teredo[1] if address.teredo else None)


def permitted(host: str, port: int, resolver: Resolver, *, private: bool) -> Sequence[str]:
    """The addresses of a host; `Misconfigured` when any of them is not public and must be."""
    addresses = resolver(host, port)
    if not private and not all(public(each) for each in addresses):
        message = f"{host} is at a private address: write a public base_url"
        raise Misconfigured(message)
    return addresses


def base(url: str, *, private: bool) -> SplitResult:
    """A base URL, split; plain HTTP is only for the local stage, where private addresses are."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not private:
        message = f"{parts.hostname} is called without TLS: write its base_url with https"
        raise Misconfigured(message)
    if not parts.hostname or parts.username or parts.password:
        message = "a base_url has a host, and no user or password"
        raise Misconfigured(message)
    return parts
