# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the records of DNSSEC."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    Place,
    ZoneView,
    place_of,
)


class SignerApex(Validator):
    id = "apex-ds"
    source = "RFC 4035 section 2.4"
    summary = "The apex has no DS records."
    example = "[{type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if "DS" in zone.by_owner.get("@", ()):
            yield Finding(Place("@", "DS"), "stands at the apex", "give it to the parent zone")


class SignerDelegation(Validator):
    id = "ds-delegation"
    loaded = True
    source = "RFC 4035 section 2.4"
    summary = "DS records below the apex stand only where the zone delegates."
    example = "[{name: sub, type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("DS"):
            if record.owner != "@" and record.owner.lower() not in zone.delegations:
                yield Finding(place_of(record), "stands where nothing is delegated", f"add the NS records of {record.owner}, or remove the DS")


class ChildKeys(Validator):
    id = "cds-dnskey"
    source = "RFC 7344 section 4.1, RFC 8078 section 4"
    summary = "CDS and CDNSKEY at the apex are of algorithms that its DNSKEY records have, or are the one record that asks to delete the DS."
    example = "[{type: CDS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    # With the field of the presentation format that is the algorithm; 0 asks to delete.
    _TYPES = (("CDS", 1), ("CDNSKEY", 2))

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        apex = zone.by_owner.get("@", {})
        keys = {record.rdata.split(" ")[2] for record in apex.get("DNSKEY", ())}
        for rdtype, field in self._TYPES:
            algorithms = {record.rdata.split(" ")[field] for record in apex.get(rdtype, ())}
            if "0" in algorithms and len(algorithms) > 1:
                yield Finding(Place("@", rdtype), "asks to delete the DS, and for others", "keep either the one record of algorithm 0 or the others")
            for algorithm in sorted(algorithms - keys - {"0"}, key=int):
                wrong = f"is of algorithm {algorithm}, of which the apex has no DNSKEY"
                yield Finding(Place("@", rdtype), wrong, "take it from the signed zone together with its DNSKEY records, or remove it")


class HashedOwner(Validator):
    id = "nsec3-owner"
    source = "RFC 5155 section 3"
    summary = "The first label of an NSEC3 record's owner is a hash of SHA-1, 32 digits of base32 with extended hex alphabet."
    example = "[{name: www, type: NSEC3, value: 1 1 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A}]"

    _HASH = re.compile("[0-9a-v]{32}", re.IGNORECASE)

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("NSEC3"):
            if not self._HASH.fullmatch(record.owner.split(".")[0]):
                yield Finding(place_of(record), "begins with no hash of a name", "have the zone signed anew, or remove the record")
