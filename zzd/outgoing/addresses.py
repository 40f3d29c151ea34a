"""To which addresses the server sends what others ask it to send. Pure.

It stands inside a network that those who name the addresses do not: loopback, private,
link-local, multicast, reserved and metadata addresses are refused, however they are written.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 500
USUAL_PORTS = {"https": 443, "http": 80}

_IN_NO_URL = re.compile(r"[^\x21-\x7e]|[\"'<>\\^`{|}]")
# As names of hosts are written; what else a resolver makes of a name is not waited for.
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
# Global by the registry, and yet no single host of the internet: metadata of Azure and Oracle
# (and other uses within a protocol), relays, whoever is nearest of many (AS112, AMT), and examples
# in documents, of which this Python does not know all.
_NO_HOSTS = [
    *("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"),
    *("192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"),
    *("2620:4f:8000::/48", "3fff::/20"),
]
_NO_HOST_NETWORKS = [ipaddress.ip_network(each) for each in _NO_HOSTS]
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_6TO4 = ipaddress.ip_network("2002::/16")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """Nothing is sent there, now or later."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: ``path`` with its query, ``literal`` if the host is an address."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None


def networks(named: Sequence[str]) -> list[Network]:
    """Raises ValueError for what is none."""
    return [ipaddress.ip_network(name, strict=False) for name in named]


def parse(url: str) -> Target:
    """Raises AddressRefused for what is no plain http(s) address of a host."""
    if len(url) > LONGEST_URL or _IN_NO_URL.search(url):
        raise AddressRefused("this is not an address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("this is not an address") from error
    if parts.scheme not in USUAL_PORTS or not host or port == 0:
        raise AddressRefused("this is not an http(s) address")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("an address with a user name or password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = USUAL_PORTS[parts.scheme] if port is None else port
    return Target(parts.scheme, host, port, path, _literal(host))


def _literal(host: str) -> Address | None:
    """The address that a host is, if it is one. What only the C library takes for an address
    (2130706433, 0x7f.1, 127.1) is refused: nobody who means well writes it so."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        if ":" in host or _NUMBER.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]):
            raise AddressRefused("an address in an unusual notation") from None
        if not _NAME.fullmatch(host):
            raise AddressRefused("the name of no host") from None
        return None
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        raise AddressRefused("an address with a zone")
    return found


def choose(target: Target, found: Sequence[str], allowed: Sequence[Network]) -> Address:
    """The address to connect to, of those that the host's name stands for at this moment.

    All of them have to be good: a name that leads outside and inside is a trick. ``http`` leads
    into the ``allowed`` networks alone. Raises AddressRefused.
    """
    try:
        addresses = [ipaddress.ip_address(each) for each in found]
    except ValueError as error:
        raise AddressRefused("the name stands for something that is no address") from error
    if not addresses:
        raise AddressRefused("the name stands for no address")
    for address in addresses:
        inside = _is_within(address, allowed)
        if not inside and not is_public(address):
            raise AddressRefused("an address inside a network")
        if not inside and target.scheme != "https":
            raise AddressRefused("an address without https")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether it is one single host that the whole internet reaches by this address."""
    address = _plain(address)
    if address.is_multicast or not address.is_global:
        return False
    if any(address in network for network in _NO_HOST_NETWORKS):
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _GLOBAL_UNICAST and address not in _6TO4


def _is_within(address: Address, allowed: Sequence[Network]) -> bool:
    return any(_plain(address) in network for network in allowed)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only writes differently."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
