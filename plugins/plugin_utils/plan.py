# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second layer: what one host serves, in which role, from and to whom. A pure function of the declaration."""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import Declaration, Server, Zone


@dataclass(frozen=True)
class Peer:
    """One address of another server of the zone."""

    server: str
    address: str
    port: int = 53


@dataclass(frozen=True)
class PrimaryZone:
    """A zone whose content this host holds. transfer_to: who may transfer it. notify: who is told of changes, once each."""

    zone: Zone
    transfer_to: tuple[Peer, ...]
    notify: tuple[Peer, ...]


@dataclass(frozen=True)
class SecondaryZone:
    """A zone that this host transfers. transfer_from: the primaries' addresses, in the order to try them."""

    zone: Zone
    transfer_from: tuple[Peer, ...]


@dataclass(frozen=True)
class Plan:
    """What one host serves. addresses: its own, on which it serves. Zones by name."""

    host: str
    addresses: tuple[str, ...]
    primary: Mapping[str, PrimaryZone]
    secondary: Mapping[str, SecondaryZone]


def plan(declaration: Declaration, host: str, addresses: tuple[str, ...]) -> Plan:
    """What ``host``, which serves on ``addresses``, does for each declared zone."""
    primary: dict[str, PrimaryZone] = {}
    secondary: dict[str, SecondaryZone] = {}
    for zone in declaration.zones.values():
        if _serves(host, zone.primaries):
            peers = tuple(peer for server in zone.secondaries for peer in reachable(server, addresses))
            once = {peer.server: peer for peer in reversed(peers)}
            primary[zone.name] = PrimaryZone(zone, peers, tuple(peer for peer in peers if once[peer.server] is peer))
        elif _serves(host, zone.secondaries):
            secondary[zone.name] = SecondaryZone(zone, tuple(peer for server in zone.primaries for peer in reachable(server, addresses)))
    return Plan(host, addresses, primary, secondary)


def only(whole: Plan, zones: Container[str] | None) -> Plan:
    """The part of a plan that is about some zones; all of it for None."""
    if zones is None:
        return whole
    return replace(
        whole,
        primary={name: zone for name, zone in whole.primary.items() if name in zones},
        secondary={name: zone for name, zone in whole.secondary.items() if name in zones},
    )


def _serves(host: str, servers: tuple[Server, ...]) -> bool:
    return any(server.managed and server.name == host for server in servers)


def reachable(server: Server, addresses: tuple[str, ...]) -> list[Peer]:
    """The server's addresses of the families that ``addresses`` have; all of them if no family is shared (there may be a router)."""
    families = {ipaddress.ip_address(address).version for address in addresses}
    shared = [address for address in server.addresses if ipaddress.ip_address(address).version in families]
    return [Peer(server.name, address, server.port) for address in shared or server.addresses]
