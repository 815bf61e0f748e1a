# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for PTR records and the addresses that they stand for."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import absolute_text, labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.targets import with_dot
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import ADDRESS_TYPES, REVERSE, ZoneView, ancestors, place_of


class PointerTargets(Validator):
    id = "ptr-target"
    level = WARNING
    source = "RFC 1035 section 3.5"
    summary = "A PTR record of a reverse zone points to a host's name, not to one of the reverse zone. A name without a final dot is one inside the zone."
    example = ""  # takes a reverse zone

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if not zone.name.endswith(REVERSE):
            return
        for record in zone.by_type.get("PTR", ()):
            service = any(label.startswith("_") for label in labels_of(record.owner))
            if not service and zone.relative(record.rdata) is not None:
                yield Finding(place_of(record), f"{record.rdata} is a name of the reverse zone itself", with_dot(zone, record.rdata))


class PointerAgreement(Validator):
    id = "ptr-forward"
    level = WARNING
    source = "RFC 1912 section 2.1"
    summary = "A PTR record points to a name that has the address, where this declaration holds both zones."
    example = ""  # takes two zones

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        return ()  # nothing to say of one zone alone

    def check_pointers(self, forward: Iterable[tuple[str, Record]], reverse: Iterable[tuple[str, Record]]) -> Iterable[tuple[str, Finding]]:
        """Pairs of a reverse zone and what is wrong in it. forward, reverse: pairs of a zone's name and a record of it."""
        zones: set[str] = set()
        delegated: set[str] = set()
        addresses: dict[str, set[str]] = defaultdict(set)
        for zone, record in forward:
            zones.add(absolute_text("@", zone))
            name = absolute_text(record.owner.lower(), zone)
            if record.type in ADDRESS_TYPES:
                addresses[name].add(record.rdata)
            elif record.type == "NS" and record.owner != "@":
                delegated.add(name)
        for zone, record in reverse:
            if record.type != "PTR":
                continue
            address = address_of(record.owner, zone)
            target = record.rdata.lower()
            if address is None or address in addresses.get(target, ()) or not self._declared(target, zones, delegated):
                continue
            parents = (f"*.{parent}" for parent in ancestors(target.rstrip(".")))
            if any(address in addresses.get(f"{wildcard}.", ()) for wildcard in parents):
                continue
            kind = "AAAA" if ":" in address else "A"
            yield zone, Finding(place_of(record), f"{record.rdata} has no {kind} record {address}", "add it there, or point to the name that has this address")

    @staticmethod
    def _declared(target: str, zones: set[str], delegated: set[str]) -> bool:
        """Whether one of these zones, and no zone below it, answers for a name."""
        for name in (target, *(f"{parent}." for parent in ancestors(target.rstrip("."))), "."):
            if name in zones:
                return True
            if name in delegated:
                return False
        return False


def address_of(owner: str, zone: str) -> str | None:
    """The address that a name of a reverse zone stands for (RFC 1035 section 3.5, RFC 2317, RFC 3596 section 2.5), None if it is none."""
    labels = labels_of(zone if owner == "@" else f"{owner}.{zone}")[::-1]
    try:
        if labels[:2] == ["arpa", "in-addr"]:
            octets = labels[2:]
            if len(octets) == 5 and not octets[3].isdigit():
                del octets[3]  # the classless zone's own label, such as 0/25
            return str(ipaddress.IPv4Address(".".join(octets)))
        if labels[:2] == ["arpa", "ip6"] and len(labels) == 34:
            return str(ipaddress.IPv6Address(int("".join(labels[2:]), 16)))
    except ValueError:
        pass
    return None
