# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fourth layer's pure half: what must be true of every server, seen from one host, if the declaration is."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import Declaration, Server, Zone


@dataclass(frozen=True)
class Expectations:
    """Arguments for the verification modules.

    servers: one entry for each address of each server. zones: who serves which zone. transfers: who hands out which zone to this
    host, and who must refuse. own_servers: those of the servers that this collection configures, each with a zone to ask for.
    """

    servers: list[dict[str, Any]]
    zones: list[dict[str, Any]]
    transfers: list[dict[str, Any]]
    own_servers: list[dict[str, Any]]


def label(server: str, address: str) -> str:
    """A unique name for one address of a server; L(server_of) takes it apart."""
    return f"{server}/{address}"


def server_of(text: str) -> str:
    return text.rpartition("/")[0]


def expectations(declaration: Declaration, host: str, families: Collection[int], transfers: int) -> Expectations:
    """What ``host`` must see.

    families: 4 and 6, the IP versions that the host can use. transfers: of how many zones per set of servers to try a transfer;
    zones with the same servers share their access lists, so a few stand for all. The zones tried are spread over the whole list.
    """
    servers: dict[str, dict[str, Any]] = {}
    own: dict[str, dict[str, Any]] = {}
    zones: list[dict[str, Any]] = []
    alike: dict[tuple[tuple[Server, ...], tuple[Server, ...]], list[Zone]] = {}
    for zone in declaration.selected_zones.values():
        everyone = (*zone.primaries, *zone.secondaries)
        for server in everyone:
            for address in _usable(server, families):
                entry = {"name": label(server.name, address), "address": address, "port": server.port}
                servers.setdefault(entry["name"], entry)
                if server.managed:
                    own.setdefault(entry["name"], {**entry, "zone": zone.name})
        zones.append({"name": zone.name, "servers": _labels(everyone, families), "reference": _labels(zone.primaries, families)})
        alike.setdefault((zone.primaries, zone.secondaries), []).append(zone)
    tried = [zone for group in alike.values() for zone in _spread(group, transfers)]
    return Expectations(list(servers.values()), zones, [entry for zone in tried for entry in _transfers(zone, host, families)], list(own.values()))


def _usable(server: Server, families: Collection[int]) -> list[str]:
    return [address for address in server.addresses if ipaddress.ip_address(address).version in families]


def _labels(servers: Iterable[Server], families: Collection[int]) -> list[str]:
    return [label(server.name, address) for server in servers for address in _usable(server, families)]


def _spread(zones: Sequence[Zone], most: int) -> list[Zone]:
    """At most ``most`` of the zones, evenly spread, the first and the last included."""
    if len(zones) <= most:
        return list(zones)
    if most <= 1:
        return list(zones[:most])
    return [zones[index * (len(zones) - 1) // (most - 1)] for index in range(most)]


def _transfers(zone: Zone, host: str, families: Collection[int]) -> list[dict[str, Any]]:
    is_secondary = any(server.managed and server.name == host for server in zone.secondaries)
    entries = []
    for servers, expect in ((zone.primaries, "allowed" if is_secondary else "refused"), (zone.secondaries, "refused")):
        labels = _labels([server for server in servers if server.managed and server.name != host], families)
        if labels:
            entries.append({"zone": zone.name, "servers": labels, "expect": expect})
    return entries
