# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the names that records point to, common to those of several types."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import REVERSE, Standing, ZoneView, place_of, target_of


def without_address(zone: ZoneView, record: Record) -> Finding:
    target = target_of(record)
    return Finding(place_of(record), f"{target} lies inside the zone and has no address", f"add an A or AAAA record for {zone.spelled(target)}")


class NoAlias(Validator):
    """Names that records of ``type`` point to are not aliases."""

    type: str
    what: str

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return zone.of_type(self.type)

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in self.pointing(zone):
            target = target_of(record)
            if zone.standing(target) is Standing.ALIAS:
                yield Finding(place_of(record), f"{target} is an alias", f"name the host itself: {self.what} have addresses of their own")


class Addressed(Validator):
    """Names inside the zone that records of ``type`` point to have addresses."""

    type: str
    level = WARNING

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type(self.type):
            target = target_of(record)
            if target != "." and zone.standing(target) is Standing.BARE:
                yield without_address(zone, record)


class TargetsExist(Validator):
    id = "target-exists"
    level = WARNING
    source = "RFC 1034 section 3.6.2, RFC 1035 section 5.1"
    summary = "What CNAME, DNAME, PTR, SVCB and HTTPS records inside the zone point to is there. A name without a final dot is one inside the zone."
    example = "[{name: www, type: CNAME, value: web}]"

    # With the field of the presentation format that is the target.
    _TYPES = (("CNAME", 0), ("DNAME", 0), ("PTR", 0), ("SVCB", 1), ("HTTPS", 1))

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        is_reverse = zone.name.endswith(REVERSE)
        for rdtype, field in self._TYPES:
            if is_reverse and rdtype == "PTR":
                continue  # ptr-target
            for record in zone.by_type.get(rdtype, ()):
                target = record.rdata.split(" ", field + 1)[field]
                if target != "." and zone.lacks(target):
                    yield Finding(place_of(record), f"{target} is not in the zone", f"add it, or {with_dot(zone, target)}")


def with_dot(zone: ZoneView, target: str) -> str:
    """What to write if a target inside the zone has it for lack of a final dot."""
    written = zone.spelled(target)
    return f"write {written}. with its final dot" if "." in written else f"write the whole name with its final dot, such as {written}.example.net."
