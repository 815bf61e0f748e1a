# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for every set of records: its TTL and its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import absolute_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import rdata_size
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import MAXIMUM_TTL, Record, covered
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    SOA_RECORD,
    Place,
    ZoneView,
)

WEEK = 604800


class TtlRange(Validator):
    id = "ttl-range"
    loaded = True
    source = "RFC 2181 section 8"
    summary = f"A TTL is 0 to {MAXIMUM_TTL} seconds; more is served as 0."
    example = "www 2147483648 A 192.0.2.1"  # no declaration can say it, a master file can

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        yield from _check_ttls(zone, MAXIMUM_TTL, 2**32, f"use 0 to {MAXIMUM_TTL} seconds")


class TtlCap(Validator):
    id = "ttl-cap"
    level = WARNING
    source = "RFC 8767 section 4"
    summary = "A TTL is at most one week; resolvers cap what is longer."
    example = "[{name: www, type: A, value: 192.0.2.1, ttl: 2w}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        yield from _check_ttls(zone, WEEK, MAXIMUM_TTL, f"use at most {WEEK} seconds")


def _check_ttls(zone: ZoneView, above: int, most: int, right: str) -> Iterable[Finding]:
    if zone.soa is not None and above < zone.soa.ttl <= most:
        yield Finding(SOA_RECORD, f"ttl is {zone.soa.ttl}", right)
    if not any(above < ttl <= most for ttl in zone.ttls):
        return
    for owner, types in zone.by_owner.items():
        for rdtype, records in types.items():
            for record in _sets(rdtype, records).values():  # one TTL an RRset
                if above < record[0].ttl <= most:
                    yield Finding(Place(owner, rdtype), f"ttl is {record[0].ttl}", right)


def _sets(rdtype: str, records: list[Record]) -> Mapping[str, list[Record]]:
    """The RRsets among the records of a name and type: one, but for signatures one for each type covered."""
    if rdtype != "RRSIG":
        return {"": records}
    result: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        result[covered(rdtype, record.rdata)].append(record)
    return result


class TtlEqual(Validator):
    id = "ttl-equal"
    level = WARNING
    source = "RFC 2181 section 5.2"
    summary = "Records of one name and type have one TTL; of several the first is served, as BIND has it."
    example = "[{name: www, type: A, value: 192.0.2.1, ttl: 60}, {name: www, type: A, value: 192.0.2.2, ttl: 300}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if len({record.ttl for record in zone.written}) < 2:
            return
        times: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for record in zone.written:
            owner = record.owner.lower()
            kind = owner, record.type, covered(record.type, record.rdata)
            lone = zone.by_owner.lone(owner)
            if lone is None:
                times[kind].add(record.ttl)
            elif lone.ttl != record.ttl:  # it was written twice
                times[kind].update((lone.ttl, record.ttl))
        for (owner, rdtype, _covered), found in times.items():
            if len(found) > 1:
                yield Finding(Place(owner, rdtype), f"has the TTLs {', '.join(map(str, sorted(found)))}", "give all of its values the same")


class CrowdedNames(Validator):
    id = "name-crowded"
    source = "BIND's max-records-per-type and max-types-per-name"
    summary = "A name has at most 100 records of one type, and records of at most 100 types; a server with more has to be told so."
    example = "$GENERATE 1-101 www A 192.0.2.$"

    _MOST = 100

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner, types in zone.by_owner.with_more_than(self._MOST):
            if len(types) > self._MOST:
                yield Finding(Place(owner), f"has records of {len(types)} types", f"use at most {self._MOST} types for a name")
            for rdtype, together in types.items():
                records = max(_sets(rdtype, together).values(), key=len)
                if len(records) > self._MOST:
                    yield Finding(Place(owner, rdtype), f"has {len(records)} values", f"give at most {self._MOST} values to a name and type")


class SetSize(Validator):
    id = "rrset-size"
    source = "RFC 1035 section 4.2.2"
    summary = "The records of one name and type fit into one message of 65,535 octets."
    example = ""  # takes many long texts

    _MOST = 65535
    _HEAD = 12 + 4  # of a message, and of a question apart from its name
    _RECORD = 12  # of a record, its name being a pointer

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner, types in zone.by_owner.items():
            for rdtype, together in types.items():
                if len(together) == 1 and len(together[0].rdata) < self._MOST // 32:
                    continue
                for records in _sets(rdtype, together).values():
                    # No text stands for more than eight times its length, that of ``::``.
                    if sum(8 * len(record.rdata) + self._RECORD for record in records) > self._MOST and (size := self._size(owner, records, zone)) > self._MOST:
                        yield Finding(Place(owner, rdtype), f"takes {size} octets, more than any answer holds", "give it fewer or shorter values")

    def _size(self, owner: str, records: list[Record], zone: ZoneView) -> int:
        name = len(absolute_text(owner, zone.name)) + 1
        return self._HEAD + name + sum(self._RECORD + rdata_size(record.type, record.rdata) for record in records)
