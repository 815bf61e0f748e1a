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
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import label, label_over_tls, label_with_key, server_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import keys_between
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.sides import Sides

Item = TypeVar("Item")
MOST_RECORDS = 5000  # of a zone whose content travels to a verifying host


@dataclass(frozen=True)
class Expectations:
    """Arguments for the verification modules.

    servers: one entry for each address of each server. zones: who serves which zone. transfers: who hands out which zone to this
    host, and who must refuse. own_servers: those of the servers that this collection configures, each with a zone to ask for.
    keys: those that transfers name, with their secrets. encrypted: the entries of servers as transfers over TLS name them.
    contents: what zones hold, at servers that may not differ in anything but time. unproven: (zone, server) where the host
    cannot ask, because its question would lead to another view, or may. learned: of which zones the host's own server learns from which
    catalogs, as far as it can; nothing on a host that is a secondary of none.
    """

    servers: list[dict[str, Any]]
    zones: list[dict[str, Any]]
    transfers: list[dict[str, Any]]
    own_servers: list[dict[str, Any]]
    keys: list[dict[str, Any]]
    encrypted: list[dict[str, Any]]
    contents: list[dict[str, Any]]
    unproven: list[tuple[str, str]]
    learned: dict[str, Any]


def expectations(
    declaration: Declaration, host: str, families: Collection[int], transfers: int, contents: int = 0, addresses: Collection[str] = (), signs: bool = True
) -> Expectations:
    """What ``host`` must see.

    families: 4 and 6, the IP versions that the host can use. transfers: of how many zones per set of servers to try a transfer;
    zones with the same servers share their access lists, so a few stand for all. The zones tried are spread over the whole list.
    contents: of how many zones per set of servers to expect the declared record sets, not only the serial; of those whose content
    comes from the declaration and is of L(MOST_RECORDS) at most. addresses: the host's own, by which it sees views. signs: whether it may have keys
    to ask with.
    """
    sides = Sides(declaration, host, addresses, signs)
    servers: dict[str, dict[str, Any]] = {}
    unsigned: dict[str, dict[str, Any]] = {}
    own: dict[str, dict[str, Any]] = {}
    zones: list[dict[str, Any]] = []
    keys: dict[str, Key] = {}
    alike: dict[tuple[Any, ...], list[Zone]] = {}

    def labels(zone: Zone, asked: Iterable[Server]) -> list[str]:
        """Names of the entries of servers from which the zone is seen, and these entries."""
        found = []
        for server in asked:
            for address in usable(server, families) if server.answers else ():
                there, key = sides.way(zone, server, address)
                entry = {"name": label(server.name, address), "address": address, "port": server.port}
                unsigned.setdefault(entry["name"], dict(entry))
                if key is not None:
                    entry.update(name=label_with_key(entry["name"], key.name), key=key.name)
                    keys[key.name] = key
                elif there and server.managed:
                    own.setdefault(entry["name"], {**entry, "zone": zone.domain})
                if there:
                    servers.setdefault(entry["name"], entry)
                    found.append(entry["name"])
        return found

    for zone in declaration.selected_zones.values():
        zones.append({"name": zone.name, "servers": labels(zone, zone.servers), "reference": labels(zone, zone.primaries)})
        alike.setdefault((zone.primaries, zone.secondaries, zone.tsig, zone.tls, zone.view), []).append(zone)
    if sides.unproven:
        zones = [zone for zone in zones if zone["servers"]]
    tried = [zone for group in alike.values() for zone in spread(group, transfers)]
    expected = [entry for zone in tried for entry in allowed_and_refused(sides, zone, families, keys)]
    ring = [{"name": key.name, "algorithm": key.algorithm, "secret": key.secret} for key in keys.values()]
    named = {server for entry in expected for server in entry["servers"]}
    servers.update((name, entry) for name, entry in unsigned.items() if name in named and name not in servers)
    encrypted = [
        {**entry, "name": label_over_tls(name), "tls": True, "tls_hostname": server_of(name).lower()}
        for name, entry in unsigned.items()
        if label_over_tls(name) in named
    ]
    compared = [
        {
            "name": zone.name,
            "servers": labels(zone, zone.servers),
            "content": _content(zone),
            **({"ignore_types": ["SOA", "DS"]} if zone.signed_delegations else {}),  # which ones follow is not declared; verify_dnssec looks at them
        }
        for group in alike.values()
        for zone in spread([zone for zone in group if any(server.managed for server in zone.primaries) and zone.content.count <= MOST_RECORDS], contents)
    ]
    compared = [zone for zone in compared if zone["servers"]] if sides.unproven else compared
    return Expectations(list(servers.values()), zones, expected, list(own.values()), ring, encrypted, compared, sides.unproven, _learned(declaration, host))


def _learned(declaration: Declaration, host: str) -> dict[str, Any]:
    """See L(Expectations). A run about some zones is about their catalogs too."""
    own = {
        zone.name: (server, zone.members)
        for zone in declaration.selected_zones.values()
        if zone.members is not None
        for server in zone.secondaries
        if server.managed and server.name == host
    }
    address = next((server.addresses[0] for server, _members in own.values() if server.addresses), "")
    catalogs = [{"name": name, "members": list(members)} for name, (_server, members) in own.items()]
    return {"server": label(host, address), "address": address, "catalogs": catalogs} if catalogs else {}


def _content(zone: Zone) -> str:
    """What a zone holds, as a master file that any dnspython reads, whatever types it knows (RFC 3597, section 5).

    Before 2.4 it reads no names in such data that lie below the origin, so that this is one below which there are none.
    """
    apex = zone.domain.rstrip(".") + "."
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


def spread(zones: Sequence[Item], most: int) -> list[Item]:
    """At most ``most`` of them, evenly spread, the first and the last included."""
    if len(zones) <= most:
        return list(zones)
    if most <= 1:
        return list(zones[:most])
    return [zones[index * (len(zones) - 1) // (most - 1)] for index in range(most)]


def allowed_and_refused(sides: Sides, zone: Zone, families: Collection[int], keys: dict[str, Key]) -> list[dict[str, Any]]:
    """Who hands the zone to the host of sides, with which key, and who must refuse. Enters the keys into ``keys``."""
    itself = [server for server in zone.secondaries if server.transferring_host == sides.host]
    entries: dict[tuple[str, str], list[str]] = {}

    def expect(what: str, key: Key | None, labels: Iterable[str]) -> None:
        entries.setdefault((what, key.name if key else ""), []).extend(labels)

    for server in zone.servers:
        if not server.managed or server.name == sides.host:
            continue
        labels = [label(server.name, address) for address in usable(server, families)]
        seen = [label(server.name, address) for address in usable(server, families) if sides.is_seen_unsigned(zone, address)]
        takers = [secondary for secondary in zone.downstream(server) if secondary in itself]
        used = {next(iter(keys_between(sides.declaration, zone, server, taker)), None) for taker in takers}
        keys.update({key.name: key for key in used if key is not None})
        if None not in used:
            expect("refused", None, seen)  # who has the right address only gets nothing
        for key in used:
            if zone.tls and key is not None:
                expect("refused", key, labels)  # nor who has the right key only
            reached = labels if key is not None else seen
            expect("allowed", key, [label_over_tls(name) for name in reached] if zone.tls else reached)
    return [{"zone": zone.name, "servers": labels, "expect": expect, "key": key} for (expect, key), labels in entries.items() if labels]
