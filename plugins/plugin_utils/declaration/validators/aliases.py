# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for CNAME and DNAME, and for what a delegation or a DNAME hides."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    ADDRESS_TYPES,
    SIGNATURE_TYPES,
    ZONE,
    Place,
    ZoneView,
    place_of,
)


class ApexAlias(Validator):
    id = "apex-cname"
    source = "RFC 1034 section 3.6.2"
    summary = "The apex is not an alias."
    example = '[{name: "@", type: CNAME, value: www.example.net.}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if "CNAME" in zone.by_type and "CNAME" in zone.by_owner.get("@", ()):
            yield Finding(ZONE, "has a CNAME at its apex", "use A and AAAA records there; SOA and NS already stand at the apex")


class AliasAlone(Validator):
    id = "cname-alone"
    source = "RFC 1034 section 3.6.2"
    summary = "An alias has no other records."
    example = "[{name: www, type: CNAME, value: www.example.net.}, {name: www, type: A, value: 192.0.2.1}]"

    _BESIDE = frozenset({"CNAME", "RRSIG", "NSEC", "KEY"})  # RFC 2181 section 10.1, RFC 4034 section 2.5

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner in dict.fromkeys(record.owner.lower() for record in zone.of_type("CNAME")):
            others = sorted(zone.by_owner[owner].keys() - self._BESIDE)
            if others and owner != "@":
                yield Finding(Place(owner, "CNAME"), f"stands beside {', '.join(others)}", "a name with a CNAME has nothing else")


class _Single(Validator):
    """One record of ``type`` a name."""

    type: str

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if self.type not in zone.by_type or len(zone.by_type[self.type]) == 1:
            return
        for owner in dict.fromkeys(record.owner.lower() for record in zone.by_type[self.type]):
            records = zone.by_owner[owner][self.type]
            if len(records) > 1:
                values = ", ".join(record.rdata for record in records)
                yield Finding(Place(owner, self.type), f"has several values: {values}", f"a {self.type} has one value")


class SingleAlias(_Single):
    id = "cname-single"
    source = "RFC 2181 section 10.1"
    summary = "An alias points to one name."
    example = "[{name: www, type: CNAME, value: [a.example.net., b.example.net.]}]"
    type = "CNAME"


class SingleRenaming(_Single):
    id = "dname-single"
    source = "RFC 6672 section 2.4"
    summary = "A DNAME points to one name."
    example = "[{name: old, type: DNAME, value: [a.example.net., b.example.net.]}]"
    type = "DNAME"


class Occluded(Validator):
    id = "occluded"
    loaded = True
    source = "RFC 1034 section 4.2.1, RFC 6672 section 2.4"
    summary = "There are no records that a delegation or a DNAME hides: beside and below a delegation only its DS and glue, below a DNAME nothing."
    example = "[{name: sub, type: NS, value: ns.example.net.}, {name: www.sub, type: A, value: 192.0.2.1}]"

    _AT_DELEGATION = frozenset({"NS", "DS"}) | SIGNATURE_TYPES

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if not zone.delegations and not zone.renamed:
            return
        glue = {zone.relative(record.rdata) for record in zone.of_type("NS")}
        for owner in zone.by_owner:
            renamed = zone.below(owner, zone.renamed)
            delegated = zone.below(owner, zone.delegations)
            if not renamed and not delegated and owner not in zone.delegations:
                continue
            for rdtype, records in zone.by_owner[owner].items():
                if renamed and rdtype not in SIGNATURE_TYPES:
                    yield Finding(place_of(records[0]), f"is hidden by the DNAME at {renamed}", "move it to where the DNAME points, or remove it")
                elif rdtype in ADDRESS_TYPES and owner in glue:
                    continue
                elif delegated:
                    yield Finding(
                        place_of(records[0]), f"is hidden by the delegation of {delegated}", f"move it to the zone {delegated}.{zone.name}, or remove it"
                    )
                elif owner in zone.delegations and rdtype not in self._AT_DELEGATION:
                    yield Finding(place_of(records[0]), f"is hidden by the delegation of {owner}", f"move it to the zone {owner}.{zone.name}, or remove it")
