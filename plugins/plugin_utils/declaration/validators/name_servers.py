# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the name servers of a zone and of what it delegates."""

from __future__ import annotations

from collections.abc import Iterable
from socket import AF_INET, AF_INET6, inet_pton

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.targets import NoAlias, with_dot, without_address
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    ADDRESS_TYPES,
    ZONE,
    Place,
    Standing,
    ZoneView,
    ancestors,
    place_of,
)


class ApexServers(Validator):
    id = "apex-ns"
    source = "RFC 2181 section 6.1"
    summary = "The apex has NS records."
    example = "{records: [{name: www, type: A, value: 192.0.2.1}]}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if not zone.servers:
            right = "add {name: '@', type: NS, value: [ns1.example.com., ns2.example.com.]}, or say name_servers once for many zones"
            yield Finding(ZONE, "has no NS record at its apex", right)


class ServerCount(Validator):
    id = "ns-count"
    level = WARNING
    source = "RFC 1034 section 4.1"
    summary = "At least two name servers serve the zone."
    example = '{records: [{name: "@", type: NS, value: ns1.example.net.}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if len(zone.servers) == 1:
            yield Finding(
                place_of(zone.servers[0]), f"{zone.servers[0].rdata} is the only name server", "add a second one, so that the zone outlives a failure"
            )


class ServerAddresses(Validator):
    id = "ns-glue"
    source = "RFC 1034 section 4.2.1"
    summary = "The zone's name servers inside it have addresses in it."
    example = '{records: [{name: "@", type: NS, value: [ns1, ns2.example.net.]}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.servers:
            if zone.standing(record.rdata) is Standing.BARE:
                yield without_address(zone, record)


class ServerWildcard(Validator):
    id = "ns-address"
    level = WARNING
    source = "RFC 1034 section 4.2.1, RFC 1035 section 5.1"
    summary = "The zone's name servers inside it have addresses of their own, not those of a wildcard. A name without a final dot is one inside the zone."
    example = '{records: [{name: "@", type: NS, value: [ns1.example.net, ns2.example.net.]}, {name: "*", type: A, value: 192.0.2.1}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.servers:
            if zone.standing(record.rdata) is Standing.ADDRESSED and zone.relative(record.rdata) not in zone.by_owner:
                wrong = f"{record.rdata} lies inside the zone and has no address but that of a wildcard"
                yield Finding(place_of(record), wrong, f"add an A or AAAA record for {zone.spelled(record.rdata)}, or {with_dot(zone, record.rdata)}")


class DelegationAddresses(Validator):
    id = "delegation-glue"
    loaded = True
    source = "RFC 1034 section 4.2.1"
    summary = "Name servers of what the zone delegates have addresses in it if they are inside the zone or inside what is delegated to them."
    example = "[{name: sub, type: NS, value: ns1.sub}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("NS"):
            if record.owner == "@":
                continue
            standing = zone.standing(record.rdata)
            if standing is Standing.BARE:
                yield without_address(zone, record)
            elif standing is Standing.ELSEWHERE:
                yield from self._check_glue(zone, record)

    def _check_glue(self, zone: ZoneView, record: Record) -> Iterable[Finding]:
        """Only glue that nobody else can give: for servers inside the child zone itself, not for those in a sibling."""
        owner = zone.relative(record.rdata)
        delegated = record.owner.lower()
        if owner is None or (owner != delegated and delegated not in ancestors(owner)):
            return
        if ADDRESS_TYPES.isdisjoint(zone.by_owner.get(owner, ())):
            right = f"add an A or AAAA record for {zone.spelled(record.rdata)} as glue"
            yield Finding(place_of(record), f"{record.rdata} lies inside the delegated zone and has no address here", right)


class ServerAlias(NoAlias):
    id = "ns-alias"
    source = "RFC 2181 section 10.3"
    summary = "The zone's name servers are not aliases (CNAME, or below a DNAME)."
    example = '{records: [{name: "@", type: NS, value: [dns, ns2.example.net.]}, {name: dns, type: CNAME, value: ns.example.net.}]}'
    type = "NS"
    what = "name servers"

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return zone.servers


class DelegationAlias(NoAlias):
    id = "delegation-alias"
    loaded = True
    source = "RFC 2181 section 10.3"
    summary = "Name servers of what the zone delegates are not aliases."
    example = "[{name: sub, type: NS, value: dns}, {name: dns, type: CNAME, value: ns.example.net.}]"
    type = "NS"
    what = "name servers"

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return (record for record in zone.of_type("NS") if record.owner != "@")


class ServerNetworks(Validator):
    id = "ns-networks"
    level = WARNING
    source = "RFC 2182 section 3.1"
    summary = "Name servers whose addresses the zone has are not all in one network (IPv4 /24, IPv6 /64)."
    example = '{records: [{name: "@", type: NS, value: [ns1, ns2]}, {name: ns1, type: A, value: 192.0.2.1}, {name: ns2, type: A, value: 192.0.2.2}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if len(zone.servers) < 2:
            return
        networks: list[set[bytes]] = []
        for server in zone.servers:
            owner = zone.relative(server.rdata)
            types = zone.by_owner.get(owner, {}) if owner else {}
            if ADDRESS_TYPES.isdisjoint(types):
                return  # its address is not known here
            version4 = {inet_pton(AF_INET, record.rdata)[:3] for record in types.get("A", ())}
            version6 = {inet_pton(AF_INET6, record.rdata)[:8] for record in types.get("AAAA", ())}
            networks.append(version4 | version6)
        used = set.union(*networks)
        one_a_version = len(used) == len({len(network) for network in used})
        if one_a_version and set.intersection(*networks):
            right = "put one into another network and place, so that the zone outlives a failure"
            yield Finding(Place("@", "NS"), "all name servers are in one network", right)


class WildcardDelegation(Validator):
    id = "wildcard-ns"
    source = "RFC 4592 section 4.2"
    summary = "No wildcard is delegated."
    example = '[{name: "*", type: NS, value: ns.example.net.}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("NS"):
            if record.owner == "*" or record.owner.startswith("*."):
                yield Finding(place_of(record), "delegates a wildcard", "delegate each name, or answer for the wildcard in this zone")
