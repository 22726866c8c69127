"""Which IP addresses medid connects to: public unicast, and nothing else.

The tables are written out, because what a standard library calls global changes with
its version. An IPv6 address outside 2000::/3 is not public, whatever it is for, with
one exception: behind NAT64 every IPv4 host has an address in 64:ff9b::/96, which is
judged by the IPv4 address inside.

Knows no names and opens no connection.

Spec: https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from medid.errors import FetchBlocked

Address: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the limited broadcast
    )
)
_UNICAST_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments, Teredo and benchmarking among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which can lead to any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1
_LOW_32_BITS: Final = 0xFFFF_FFFF
_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def check(text: str, *, allow_loopback: bool = False) -> Address:
    """The address that ``text`` spells, if medid may connect to it.

    Args:
        text: As a resolver gives it.
        allow_loopback: Accept this machine's own addresses too. For tests.

    Raises:
        FetchBlocked: Not an address, or not a public unicast one.
    """
    try:
        address = ip_address(text)
    except ValueError:
        raise FetchBlocked("the name leads to something that is no address") from None
    if allow_loopback and any(address in network for network in _LOOPBACK):
        return address
    if not _is_public(address):
        raise FetchBlocked("the name leads to an address that is not public")
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & _LOW_32_BITS))
    if address not in _UNICAST_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_V6)
