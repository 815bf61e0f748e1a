# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a zone: from a declaration or a master file to one canonical form, and from there to text.

The canonical form is a sorted tuple of L(Record), one per resource record, every name in it absolute but the owner,
which is relative to the zone. Two zones have the same content exactly if these tuples are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common import zone_files
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import declared, labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean, made_by_yaml, shown
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import (
    example_of,
    opaque,
    parse_rdata,
    parse_type,
    type_of,
)

MAXIMUM_TTL = 2**31 - 1  # RFC 2181 section 8
RECORD_KEYS = ("name", "type", "value", "ttl")

_OF_NAMES = frozenset({"NS", "CNAME", "DNAME", "PTR", "MX", "SRV", "RP", "AFSDB", "RT", "KX"})  # names and numbers, which know no case (RFC 4034 section 6.2)
_QUOTE = "put it in quotes"
_AT_ONCE = 10000  # records whose texts need be in memory beside that of all

_TTL_UNITS = re.compile(r"(?:\d+[wdhms])+\Z", re.IGNORECASE)


class Record(NamedTuple):
    """One resource record. owner: relative to the zone, ``@`` at its apex. ttl: seconds. rdata: presentation format."""

    owner: str
    ttl: int
    type: str
    rdata: str

    def __str__(self) -> str:
        return f"{self.owner} {self.ttl} {self.type} {self.rdata}"


class SOA(NamedTuple):
    """The fields of a SOA record (RFC 1035 section 3.3.13); times in seconds; names absolute text."""

    ttl: int
    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int

    def record(self, serial: int) -> Record:
        return Record("@", self.ttl, "SOA", f"{self.mname} {self.rname} {serial} {self.refresh} {self.retry} {self.expire} {self.minimum}")


def parse_ttl(value: object) -> int:
    """Seconds from an integer, or from text such as ``3600`` or ``1h30m``. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"{value!r} is not a time")
    text = str(value)
    if not text.isdigit() and not _TTL_UNITS.match(text):
        raise ValueError(f"{value!r} is not a time")
    seconds = (
        int(text)
        if text.isdigit()
        else sum(
            int(number) * {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}[unit.lower()]
            for number, unit in re.findall(r"(\d+)([wdhms])", text, re.IGNORECASE)
        )
    )
    if seconds > MAXIMUM_TTL:
        raise ValueError(f"{value!r} is more than {MAXIMUM_TTL} seconds")
    return seconds


def parse_records(items: Any, origin: dns.name.Name, default_ttl: int, where: str) -> tuple[list[Record], list[Problem]]:
    """Records of a declaration (a list of ``{name, type, value, ttl}``) and the mistakes in it.

    ``value`` is one value or a list of values in the presentation format of master files, where names without a final dot
    are relative to the zone; TXT takes free text of any length. ``name`` is ``@`` if left out.
    """
    records: list[Record] = []
    problems: list[Problem] = []
    if not isinstance(items, Sequence) or isinstance(items, str):
        return records, [Problem(where, f"records is {items!r}", "make it a list of {name, type, value}")]
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            problems.append(Problem(f"{where}, record {number}", f"{item!r} is not a record", "write {name: www, type: A, value: 192.0.2.1}"))
            continue
        label = f"{where}, record {item.get('name', '@')} {item.get('type', '')}".rstrip()
        mistakes = _parse_record(item, origin, default_ttl, label, records)
        problems.extend(mistakes)
    return records, problems


def _parse_record(item: Mapping[str, Any], origin: dns.name.Name, default_ttl: int, where: str, records: list[Record]) -> list[Problem]:
    """Append the records of one item; return its mistakes."""
    problems = [
        Problem(where, f"the key {key!r} is unknown{did_you_mean(key, RECORD_KEYS)}", f"a record has {', '.join(RECORD_KEYS)}")
        for key in item
        if key not in RECORD_KEYS
    ]
    try:
        owner = parse_owner(item.get("name", "@"), origin)
    except ValueError as error:
        right = _QUOTE if made_by_yaml(item.get("name", "@")) else "write '@', a name relative to the zone, or a full name with a final dot"
        problems.append(Problem(where, f"name {item.get('name')!r} {error}", right))
        owner = None
    try:
        ttl = parse_ttl(item.get("ttl", default_ttl))
    except ValueError as error:
        problems.append(Problem(where, f"ttl: {error}", "write seconds, or units such as 1h or 1d"))
        ttl = default_ttl
    try:
        rdtype = parse_type(item.get("type"))
    except ValueError as error:
        problems.append(Problem(where, f"type {item.get('type')!r} {error}", "write a record type such as A, AAAA, CNAME, MX, NS, SRV, TXT"))
        return problems
    value = item.get("value")
    if value is None or value == []:
        problems.append(Problem(where, "value is missing", "give one value or a list of values"))
        return problems
    for one in value if isinstance(value, (list, tuple)) else [value]:
        try:
            rdata = parse_rdata(rdtype, one, origin)
        except ValueError as error:
            problems.append(Problem(where, f"value {shown(one)} {error}", _QUOTE if made_by_yaml(one) else example_of(rdtype)))
            continue
        if owner is not None:
            records.append(Record(owner, ttl, type_of(rdtype), rdata))
    return problems


def parse_owner(text: object, origin: dns.name.Name) -> str:
    """An owner name relative to its zone. Raises ValueError saying what is wrong."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)  # the 50 of a reverse zone
    if not isinstance(text, str) or not text:
        raise ValueError(made_by_yaml(text) or "is not a name")
    name = declared(text, origin)
    if not name.is_subdomain(origin):
        raise ValueError(f"is outside the zone {origin}")
    return name.relativize(origin).to_text()


def covered(rdtype: str, rdata: str) -> str:
    """The type that a signature covers, empty for other records: each is a set of its own (RFC 4034 section 3)."""
    return rdata.partition(" ")[0] if rdtype == "RRSIG" else ""


def canonical(records: Iterable[Record]) -> tuple[Record, ...]:
    """Sorted and without duplicates, whatever their letters' case; the apex first; one TTL per RRset; one spelling per owner.

    Where the records of a set have several TTLs, it is the one that BIND takes from a master file: of records that follow each other
    with one owner, in the same letters, the first's, and of several such groups the last one's.
    """
    owners: dict[str, Any] = {}  # of most names the one record, of others all in their order, with None between groups
    before = ""
    for record in records:
        owner = record.owner
        name = owner.lower()
        known = owners.get(name)
        if known is None:
            owners[owner if owner == name else name] = record  # one object for both, of the many that are equal
        else:
            if isinstance(known, Record):
                known = owners[name] = [known]
            if owner != before:
                known.append(None)
            known.append(record)
        before = owner
    result: list[Record] = []
    for name in sorted(owners, key=_rank):
        found = owners.pop(name)
        if isinstance(found, Record):
            result.append(found)
        else:
            result += _canonical_owner(found)
    return tuple(result)


def _rank(name: str) -> str:
    """Sorts names from the apex down, each below the one above it: their labels in reverse, parted by what no label holds."""
    if "." not in name:
        return name if name != "@" else ""
    return "\0".join(reversed(labels_of(name)))


def _canonical_owner(records: Iterable[Record | None]) -> list[Record]:
    """The records of one owner. None parts groups of records that follow each other."""
    ttls: dict[tuple[str, str], int] = {}
    group: set[tuple[str, str]] = set()
    values: dict[tuple[str, str], str] = {}
    owners: set[str] = set()
    for record in records:
        if record is None:
            group = set()
            continue
        owner, ttl, rdtype, rdata = record
        kind = rdtype, covered(rdtype, rdata)
        if kind not in group:
            group.add(kind)
            ttls[kind] = ttl
        owners.add(owner)
        value = rdtype, rdata.lower() if rdtype in _OF_NAMES else rdata
        values[value] = min(rdata, values.get(value, rdata))
    spelled = min(owners)
    ordered = sorted((rdtype != "NS", rdtype, rdata) for (rdtype, _folded), rdata in values.items())
    return [Record(spelled, ttls[rdtype, covered(rdtype, rdata)], rdtype, rdata) for _ns, rdtype, rdata in ordered]


def body_text(records: Sequence[Record]) -> str:
    """The records, canonical, as lines of a master file below the SOA: owners relative, all other names absolute."""
    parts = (records[start : start + _AT_ONCE] for start in range(0, len(records), _AT_ONCE))
    return "".join("".join([f"{owner} {ttl} IN {rdtype} {rdata}\n" for owner, ttl, rdtype, rdata in part]) for part in parts)


def records_of(body: str) -> list[Record]:
    """The inverse of L(body_text)."""
    parts = (line.split(" ", 4) for line in body.splitlines())
    return [Record(owner, int(ttl), rdtype, rdata) for owner, ttl, _rdclass, rdtype, rdata in parts]


def zone_text(zone: str, soa: SOA, body: str, serial: int) -> str:
    """A master file: a record a line, the SOA first. zone: its name, with its view if it is in one."""
    head = f"; {zone}: managed by authoritative.dns; what is edited here is shown and replaced at the next run\n$ORIGIN {domain_of(zone).rstrip('.')}.\n"
    record = soa.record(serial)
    if max(soa.refresh, soa.retry, soa.expire, soa.minimum) > MAXIMUM_TTL:
        record = record._replace(rdata=opaque(record.type, record.rdata))  # NSD 4.6 reads another number without a word
    return head + body_text([record]) + body


def digest(soa: SOA, body: str) -> str:
    """Identifies a zone's content, the serial apart: 32 hexadecimal digits."""
    return zone_files.digest(str(soa.record(0)), body)
