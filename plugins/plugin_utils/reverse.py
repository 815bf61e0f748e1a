# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reverse zones: their names, and PTR records from the addresses of forward zones."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.names import absolute_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.records import Record

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def zone_of(network: Network) -> str:
    """The name of the reverse zone of a network.

    IPv4 networks lie on octet boundaries (RFC 1035 section 3.5) or are smaller than an octet and named classless
    (RFC 2317: ``0/25.2.0.192.in-addr.arpa``); IPv6 networks lie on nibble boundaries (RFC 3596 section 2.5).
    Raises ValueError for any other length.
    """
    if network.version == 6:
        if network.prefixlen % 4 or not network.prefixlen:
            raise ValueError(f"/{network.prefixlen} is not a multiple of 4")
        return ".".join([*reversed(_nibbles(network.network_address)[: network.prefixlen // 4]), "ip6.arpa"])
    octets = str(network.network_address).split(".")
    if network.prefixlen in (8, 16, 24):
        return ".".join([*reversed(octets[: network.prefixlen // 8]), "in-addr.arpa"])
    if network.prefixlen > 24:
        return ".".join([f"{octets[3]}/{network.prefixlen}", *reversed(octets[:3]), "in-addr.arpa"])
    raise ValueError(f"/{network.prefixlen} is not /8, /16, /24 or longer")


def owner_in(network: Network, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The owner name, relative to the network's reverse zone, of one address in it."""
    if network.version == 6:
        return ".".join(reversed(_nibbles(address)[network.prefixlen // 4 :])) or "@"
    return ".".join(reversed(str(address).split(".")[min(network.prefixlen // 8, 3) :]))


def _nibbles(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"{int(address):032x}"


def pointers(network: Network, forward: Iterable[tuple[str, Record]], ttl: int) -> list[Record]:
    """PTR records for every A and AAAA record inside the network.

    forward: pairs of a forward zone's name without final dot and a record of it. Wildcards have no one address and are passed over.
    """
    wanted = "A" if network.version == 4 else "AAAA"
    result = []
    for zone, record in forward:
        if record.type != wanted or record.owner.startswith("*"):
            continue
        address = ipaddress.ip_address(record.rdata)
        if address in network:
            result.append(Record(owner_in(network, address), ttl, "PTR", absolute_text(record.owner, zone)))
    return result
