# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reverse zones: their names, and PTR records from the addresses of forward zones."""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable
from operator import itemgetter
from socket import AF_INET, AF_INET6, inet_pton

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import absolute_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_OF_ADDRESS = itemgetter(0)


def zone_of(network: Network) -> str:
    """The name of the reverse zone of a network.

    IPv4 networks lie on octet boundaries (RFC 1035 section 3.5) or are smaller than an octet and named classless
    (RFC 2317: ``0/25.2.0.192.in-addr.arpa``); IPv6 networks lie on nibble boundaries (RFC 3596 section 2.5).
    Raises ValueError for any other length.
    """
    labels = _labels(network.network_address.packed)
    if network.version == 6:
        if network.prefixlen % 4 or not network.prefixlen:
            raise ValueError(f"/{network.prefixlen} is not a multiple of 4")
        return ".".join([*reversed(labels[: network.prefixlen // 4]), "ip6.arpa"])
    if network.prefixlen in (8, 16, 24):
        return ".".join([*reversed(labels[: network.prefixlen // 8]), "in-addr.arpa"])
    if network.prefixlen > 24:
        return ".".join([f"{labels[3]}/{network.prefixlen}", *reversed(labels[:3]), "in-addr.arpa"])
    raise ValueError(f"/{network.prefixlen} is not /8, /16, /24 or longer")


def _owner_in(network: Network, packed: bytes) -> str:
    """The owner name, relative to the network's reverse zone, of one address in it."""
    above = network.prefixlen // 4 if network.version == 6 else min(network.prefixlen // 8, 3)
    return ".".join(reversed(_labels(packed)[above:])) or "@"


def _labels(packed: bytes) -> list[str]:
    """The octets of an IPv4 address in decimal, the nibbles of an IPv6 address in hexadecimal."""
    return [str(octet) for octet in packed] if len(packed) == 4 else [*packed.hex()]


class Addresses:
    """The A and AAAA records of forward zones by address, so that those of a network are found without a look at all the others.

    forward: pairs of a zone's name without final dot and a record of it. Wildcards have no one address and are passed over.
    """

    def __init__(self, forward: Iterable[tuple[str, Record]]) -> None:
        self._found: dict[int, list[tuple[bytes, str, Record]]] = {4: [], 6: []}
        for zone, record in forward:
            if not record.owner.startswith("*"):
                version, family = (4, AF_INET) if record.type == "A" else (6, AF_INET6)
                self._found[version].append((inet_pton(family, record.rdata), zone, record))
        for found in self._found.values():
            found.sort(key=_OF_ADDRESS)

    def inside(self, network: Network) -> list[tuple[bytes, str, Record]]:
        """Address, zone and record of those in a network."""
        found = self._found[network.version]
        first = bisect_left(found, network.network_address.packed, key=_OF_ADDRESS)
        return found[first : bisect_right(found, network.broadcast_address.packed, key=_OF_ADDRESS)]


def pointers(network: Network, addresses: Addresses, zones: Container[str], ttl: int) -> list[tuple[str, Record]]:
    """PTR records for every address inside the network that one of the zones has, each with the zone that it comes from."""
    return [
        (zone, Record(_owner_in(network, packed), ttl, "PTR", absolute_text(record.owner, zone)))
        for packed, zone, record in addresses.inside(network)
        if zone in zones
    ]
