# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fourth layer's pure half: what must be true of every server, seen from one host, if the declaration is."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import records_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import label, label_over_tls, server_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import keys_between

Item = TypeVar("Item")
MOST_RECORDS = 5000  # of a zone whose content travels to a verifying host


@dataclass(frozen=True)
class Expectations:
    """Arguments for the verification modules.

    servers: one entry for each address of each server. zones: who serves which zone. transfers: who hands out which zone to this
    host, and who must refuse. own_servers: those of the servers that this collection configures, each with a zone to ask for.
    keys: those that transfers name, with their secrets. encrypted: the entries of servers as transfers over TLS name them.
    contents: what zones hold, at servers that may not differ in anything but time. unproven: zones that cannot be asked for from the host.
    """

    servers: list[dict[str, Any]]
    zones: list[dict[str, Any]]
    transfers: list[dict[str, Any]]
    own_servers: list[dict[str, Any]]
    keys: list[dict[str, Any]]
    encrypted: list[dict[str, Any]]
    contents: list[dict[str, Any]]
    unproven: list[str]


def expectations(declaration: Declaration, host: str, families: Collection[int], transfers: int, contents: int = 0) -> Expectations:
    """What ``host`` must see.

    families: 4 and 6, the IP versions that the host can use. transfers: of how many zones per set of servers to try a transfer;
    zones with the same servers share their access lists, so a few stand for all. The zones tried are spread over the whole list.
    contents: of how many zones per set of servers to expect the declared record sets, not only the serial; of those whose content
    comes from the declaration and is of L(MOST_RECORDS) at most.
    """
    servers: dict[str, dict[str, Any]] = {}
    own: dict[str, dict[str, Any]] = {}
    zones: list[dict[str, Any]] = []
    alike: dict[tuple[Any, ...], list[Zone]] = {}
    provable, unproven = _provable(declaration)
    for zone in provable:
        for server in zone.servers:
            for address in usable(server, families):
                entry = {"name": label(server.name, address), "address": address, "port": server.port}
                servers.setdefault(entry["name"], entry)
                if server.managed:
                    own.setdefault(entry["name"], {**entry, "zone": zone.name})
        zones.append({"name": zone.name, "servers": _labels(zone.servers, families), "reference": _labels(zone.primaries, families)})
        alike.setdefault((zone.primaries, zone.secondaries, zone.tsig, zone.tls), []).append(zone)
    tried = [zone for group in alike.values() for zone in spread(group, transfers)]
    keys: dict[str, Key] = {}
    expected = [entry for zone in tried for entry in allowed_and_refused(declaration, zone, host, families, keys)]
    ring = [{"name": key.name, "algorithm": key.algorithm, "secret": key.secret} for key in keys.values()]
    named = {server for entry in expected for server in entry["servers"]}
    encrypted = [
        {**entry, "name": label_over_tls(name), "tls": True, "tls_hostname": server_of(name).lower()}
        for name, entry in servers.items()
        if label_over_tls(name) in named
    ]
    compared = [
        {
            "name": zone.name,
            "servers": _labels(zone.servers, families),
            "content": _content(zone),
            **({"ignore_types": ["SOA", "DS"]} if zone.signed_delegations else {}),  # which ones follow is not declared; verify_dnssec looks at them
        }
        for group in alike.values()
        for zone in spread([zone for zone in group if any(server.managed for server in zone.primaries) and zone.content.count <= MOST_RECORDS], contents)
    ]
    return Expectations(list(servers.values()), zones, expected, list(own.values()), ring, encrypted, compared, unproven)


def _provable(declaration: Declaration) -> tuple[list[Zone], list[str]]:
    """The zones of a run, and the names of those that are in views: a question without a key leads to the view of who asks, not to theirs."""
    zones = declaration.selected_zones.values()
    return [zone for zone in zones if zone.view is None], [zone.name for zone in zones if zone.view is not None]


def _content(zone: Zone) -> str:
    """What a zone holds, as a master file that any dnspython reads, whatever types it knows (RFC 3597, section 5).

    Before 2.4 it reads no names in such data that lie below the origin, so that this is one below which there are none.
    """
    apex = zone.name.rstrip(".") + "."
    below = "." + apex.lstrip(".")
    records = [zone.content.soa.record(zone.content.own_serial or 1), *records_of(zone.content.body())]
    lines = []
    for owner, ttl, rdtype, rdata in records:
        name, data = apex if owner == "@" else owner + below, dns.rdata.from_text("IN", rdtype, rdata).to_generic()
        lines.append(f"{name} {ttl} IN TYPE{dns.rdatatype.from_text(rdtype):d} {data.to_text()}")
    return "\n".join(["$ORIGIN none.invalid.", *lines, ""])


def usable(server: Server, families: Collection[int]) -> list[str]:
    """The server's addresses of these IP versions."""
    return [address for address in server.addresses if ipaddress.ip_address(address).version in families]


def _labels(servers: Iterable[Server], families: Collection[int]) -> list[str]:
    return [label(server.name, address) for server in servers if server.answers for address in usable(server, families)]


def spread(zones: Sequence[Item], most: int) -> list[Item]:
    """At most ``most`` of them, evenly spread, the first and the last included."""
    if len(zones) <= most:
        return list(zones)
    if most <= 1:
        return list(zones[:most])
    return [zones[index * (len(zones) - 1) // (most - 1)] for index in range(most)]


def allowed_and_refused(declaration: Declaration, zone: Zone, host: str, families: Collection[int], keys: dict[str, Key]) -> list[dict[str, Any]]:
    """Who hands the zone to this host, with which key, and who must refuse. Enters the keys into ``keys``."""
    itself = [server for server in zone.secondaries if server.transferring_host == host]
    entries: dict[tuple[str, str], list[str]] = {}

    def expect(what: str, key: Key | None, labels: Iterable[str]) -> None:
        entries.setdefault((what, key.name if key else ""), []).extend(labels)

    for server in zone.servers:
        if not server.managed or server.name == host:
            continue
        labels = _labels([server], families)
        takers = [secondary for secondary in zone.downstream(server) if secondary in itself]
        used = {next(iter(keys_between(declaration, zone, server, taker)), None) for taker in takers}
        keys.update({key.name: key for key in used if key is not None})
        if None not in used:
            expect("refused", None, labels)  # who has the right address only gets nothing
        for key in used:
            if zone.tls and key is not None:
                expect("refused", key, labels)  # nor who has the right key only
            expect("allowed", key, [label_over_tls(name) for name in labels] if zone.tls else labels)
    return [{"zone": zone.name, "servers": labels, "expect": expect, "key": key} for (expect, key), labels in entries.items() if labels]
