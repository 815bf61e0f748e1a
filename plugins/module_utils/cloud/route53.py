# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Route 53 calls a record set, how two contents of a zone differ, and requests of a size that it takes. No I/O.

Owners and values are bytes of the wire in canonical form (RFC 4034, section 6.2), so that spelling never makes a difference.
Sources: the pages "DNS domain name format", "Supported DNS record types" and "Quotas" of the Route 53 Developer Guide.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.transfer import records
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import skip_name

MAX_ELEMENTS = 1000  # ResourceRecord elements of a request, those of an UPSERT count twice
MAX_CHARACTERS = 32000  # of all values of a request, those of an UPSERT count twice
MAX_VALUE = 4000  # characters of one value

TYPES = {
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    35: "NAPTR",
    43: "DS",
    44: "SSHFP",
    52: "TLSA",
    64: "SVCB",
    65: "HTTPS",
    99: "SPF",
    257: "CAA",
}
NUMBERS = {name: number for number, name in TYPES.items()}
NS, CNAME, SOA, SVCB, HTTPS = 2, 5, 6, 64, 65
# RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY, and the type in which BIND keeps the state of signing
SIGNING_TYPES = frozenset({46, 47, 48, 50, 51, 59, 60, 65534})
LEFT_OUT = SIGNING_TYPES | {SOA}  # of every zone; who proves what Route 53 serves does not ask for these
SIGNED_BY = frozenset({46, 48})  # RRSIG or DNSKEY: the zone is signed

# A backslash and what it escapes, or a whole quoted string; in this order nothing is taken for an escape that is escaped itself.
_QUOTED_OR_ESCAPE = re.compile(r'"(?:\\.|[^"\\])*"|\\(?:\d{3}|.)', re.DOTALL)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)
_OCTET = re.compile("[0-3][0-7]{2}")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")

Key = tuple  # owner, type


class RecordSet(NamedTuple):
    """All records of an owner and type. texts: the values as Route 53 writes them, or is to be given them."""

    owner: bytes
    rdtype: int
    ttl: int
    values: frozenset
    texts: tuple

    def same_as(self, other: RecordSet) -> bool:
        return self.ttl == other.ttl and self.values == other.values

    def __str__(self) -> str:
        return label(self.owner, self.rdtype)

    def lines(self) -> list[str]:
        """As lines of a master file."""
        head = self.owner + struct.pack("!2HI", self.rdtype, 1, self.ttl)
        return [records.to_text(head + value) for value in sorted(self.values)]

    def request(self) -> dict[str, Any]:
        return {
            "Name": name_text(self.owner),
            "Type": TYPES[self.rdtype],
            "TTL": self.ttl,
            "ResourceRecords": [{"Value": text} for text in self.texts],
        }


class Listing(NamedTuple):
    """What a hosted zone has. foreign: why a record set is none that a zone transfer can bring, by its name, type and identifier."""

    record_sets: dict
    foreign: dict


class Content(NamedTuple):
    """What a zone ought to have in Route 53, and what of it Route 53 cannot hold."""

    record_sets: dict
    unsupported: list


class Change(NamedTuple):
    """One change of a request. ``count`` and ``characters`` are what it uses up of the limits."""

    action: str
    record_set: RecordSet

    @property
    def count(self) -> int:
        return len(self.record_set.texts) * (2 if self.action == "UPSERT" else 1)

    @property
    def characters(self) -> int:
        return sum(map(len, self.record_set.texts)) * (2 if self.action == "UPSERT" else 1)

    def request(self) -> dict[str, Any]:
        return {"Action": self.action, "ResourceRecordSet": self.record_set.request()}


class Difference(NamedTuple):
    added: list
    changed: list  # (before, after)
    removed: list

    @property
    def size(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)

    def __bool__(self) -> bool:
        return bool(self.size)

    def before(self) -> list[RecordSet]:
        return sorted([*self.removed, *(before for before, _after in self.changed)], key=order)

    def after(self) -> list[RecordSet]:
        return sorted([*self.added, *(after for _before, after in self.changed)], key=order)


class TooLarge(Exception):
    """The changes of one name do not fit in a request, and must not be made in several."""


# -- names and values ------------------------------------------------------------------------------------------------------


def name_text(owner: bytes) -> str:
    """A name as Route 53 writes it: every octet but letters, digits, hyphen and underscore is a backslash and three octal digits."""
    labels = []
    at = 0
    while owner[at]:
        end = at + 1 + owner[at]
        labels.append("".join(chr(octet) if octet in _PLAIN else f"\\{octet:03o}" for octet in owner[at + 1 : end]))
        at = end
    return ".".join(labels) + "."


def name_wire(text: str) -> bytes:
    """The wire's octets, in lower case, of a name that Route 53 wrote. Raises dnspython's exceptions."""
    return dns.name.from_text(_from_octal(text)).to_wire().lower()


def value_text(rdtype: int, rdata: bytes) -> str:
    """A record's data as Route 53 wants it: as in a master file, but with octal escapes."""
    text = dns.rdata.from_wire(dns.rdataclass.IN, rdtype, rdata, 0, len(rdata)).to_text()
    return _QUOTED_OR_ESCAPE.sub(_to_octal, text)


def _to_octal(match: Any) -> str:
    found = match[0]
    if found[0] == '"':  # inside a string only the octets that are no printable characters need an octal escape
        return _ESCAPE.sub(lambda escape: f"\\{int(escape[1]):03o}" if len(escape[1]) == 3 else escape[0], found)
    escaped = found[1:]
    return f"\\{int(escaped) if len(escaped) == 3 else ord(escaped):03o}"


def value_wire(rdtype: int, text: str) -> bytes:
    """Canonical data of a value that Route 53 wrote. Raises dnspython's exceptions."""
    rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, _from_octal(text), dns.name.root, False)
    return _canonical(rdtype, rdata.to_digestable(dns.name.root))


def _from_octal(text: str) -> str:
    """Master files have decimal escapes where Route 53 has octal ones."""
    return _ESCAPE.sub(lambda escape: f"\\{int(escape[1], 8):03d}" if _OCTET.fullmatch(escape[1]) else escape[0], text)


def _canonical(rdtype: int, rdata: bytes) -> bytes:
    """The canonical form leaves the case of a service's target alone, and to us it is no difference."""
    if rdtype not in (SVCB, HTTPS):
        return rdata
    end = skip_name(rdata, 2)
    return rdata[:2] + rdata[2:end].lower() + rdata[end:]


def label(owner: bytes, rdtype: int) -> str:
    """Name and type, for messages."""
    return f"{dns.name.from_wire(owner, 0)[0]} {dns.rdatatype.to_text(rdtype)}"


def order(record_set: RecordSet) -> tuple[Any, int]:
    """The sort key of a zone: the apex first, then from the right to the left."""
    return dns.name.from_wire(record_set.owner, 0)[0], record_set.rdtype


# -- what there is, and what there ought to be -------------------------------------------------------------------------------


def read_listing(entries: Iterable[Mapping[str, Any]]) -> Listing:
    """What ListResourceRecordSets gave."""
    listing = Listing({}, {})
    for entry in entries:
        owner, rdtype = name_wire(entry["Name"]), NUMBERS.get(entry["Type"]) or dns.rdatatype.from_text(entry["Type"])
        kind = _foreign_kind(entry)
        if kind:
            listing.foreign[(owner, rdtype, entry.get("SetIdentifier"))] = f"{label(owner, rdtype)} ({kind})"
            continue
        texts = tuple(record["Value"] for record in entry["ResourceRecords"])
        listing.record_sets[(owner, rdtype)] = RecordSet(owner, rdtype, entry["TTL"], frozenset(_value_or_text(rdtype, text) for text in texts), texts)
    return listing


def _value_or_text(rdtype: int, text: str) -> bytes:
    try:
        return value_wire(rdtype, text)
    except dns.exception.DNSException:
        return text.encode()  # whatever it is, it is not what the primary has


def _foreign_kind(entry: Mapping[str, Any]) -> str:
    """What makes a record set one of Route 53's own kinds, or nothing."""
    if entry.get("TrafficPolicyInstanceId"):
        return "of a traffic policy"
    policies = {"Weight": "weighted", "Region": "by latency", "GeoLocation": "by location", "GeoProximityLocation": "by location", "Failover": "failover"}
    routing = next((word for field, word in policies.items() if field in entry), "one of several answers" if entry.get("SetIdentifier") else "")
    if entry.get("AliasTarget"):
        return f"alias, {routing}" if routing else "alias"
    return routing or ("with a health check" if entry.get("HealthCheckId") else "")


def read_content(found: Iterable[bytes], apex: bytes) -> Content:
    """The record sets of canonical records that a transfer brought. The SOA and the types of signing are left out."""
    grouped: dict[Key, list[Any]] = {}
    for record in found:
        at = records.owner_end(record)
        rdtype, _rdclass, ttl = struct.unpack_from("!2HI", record, at)
        if rdtype in LEFT_OUT:
            continue
        ttls_and_values = grouped.setdefault((record[:at], rdtype), [ttl, set()])
        ttls_and_values[0] = min(ttl, ttls_and_values[0])
        ttls_and_values[1].add(_canonical(rdtype, record[at + 8 :]))
    content = Content({}, [])
    for (owner, rdtype), (ttl, values) in grouped.items():
        problem = ""
        texts: tuple[str, ...] = ()
        if rdtype in TYPES:
            texts = tuple(sorted(value_text(rdtype, value) for value in values))
            problem = _problem(owner, rdtype, texts)
        if rdtype not in TYPES or problem:
            content.unsupported.append(label(owner, rdtype) + problem)
        else:
            content.record_sets[(owner, rdtype)] = RecordSet(owner, rdtype, ttl, frozenset(values), texts)
    return content


def _problem(owner: bytes, rdtype: int, texts: Iterable[str]) -> str:
    if rdtype == NS and owner.startswith(b"\x01*"):
        return " (NS of a wildcard)"
    if any(len(text) > MAX_VALUE for text in texts):
        return f" (a value of more than {MAX_VALUE} characters)"
    return ""


def is_signed(found: Iterable[bytes]) -> bool:
    for record in found:
        at = records.owner_end(record)
        if int.from_bytes(record[at : at + 2], "big") in SIGNED_BY:
            return True
    return False


def conflicts(wanted: Mapping[Key, RecordSet], foreign: Mapping[Any, str]) -> list[str]:
    """Foreign record sets in the place of wanted ones: of the same type, or one of the two a CNAME."""
    types: dict[bytes, set[int]] = {}
    for owner, rdtype in wanted:
        types.setdefault(owner, set()).add(rdtype)
    return [
        text
        for (owner, rdtype, _identifier), text in foreign.items()
        if owner in types and (rdtype in types[owner] or rdtype == CNAME or CNAME in types[owner])
    ]


# -- differences and requests --------------------------------------------------------------------------------------------------


def compare(before: Mapping[Key, RecordSet], wanted: Mapping[Key, RecordSet]) -> Difference:
    return Difference(
        [record_set for key, record_set in wanted.items() if key not in before],
        [(before[key], record_set) for key, record_set in wanted.items() if key in before and not record_set.same_as(before[key])],
        [record_set for key, record_set in before.items() if key not in wanted],
    )


def changes(difference: Difference) -> Iterator[Change]:
    """CREATE and DELETE state what we believe to be there, so that Route 53 refuses what somebody else has overtaken."""
    for record_set in difference.removed:
        yield Change("DELETE", record_set)
    for _before, after in difference.changed:
        yield Change("UPSERT", after)
    for record_set in difference.added:
        yield Change("CREATE", record_set)


def batches(difference: Difference, apex: bytes) -> list[list[Change]]:
    """The changes in requests that Route 53 takes, each of which happens as a whole. Raises TooLarge.

    What comes new is first, then the apex with the name servers, then what only goes away: an interrupted run leaves too much rather than
    too little.
    """

    def phase(group: Sequence[Change]) -> int:
        if all(change.action == "DELETE" for change in group):
            return 2
        return 1 if group[0].record_set.owner == apex else 0

    found: list[list[Change]] = []
    count = characters = 0
    for group in sorted(_at_once(difference), key=lambda group: (phase(group), dns.name.from_wire(group[0].record_set.owner, 0)[0])):
        more, longer = _size(group)
        if not found or not _fits(count + more, characters + longer):
            found.append([])
            count = characters = 0
        found[-1] += group
        count += more
        characters += longer
    return found


def _at_once(difference: Difference) -> Iterator[list[Change]]:
    """The changes of a name, which happen together if Route 53 takes so many. If not, each by itself, unless a CNAME comes or goes: it has to be alone."""
    groups: dict[bytes, list[Change]] = {}
    for change in changes(difference):
        groups.setdefault(change.record_set.owner, []).append(change)
    for owner, group in groups.items():
        alone = any(change.record_set.rdtype == CNAME for change in group)
        for part in [group] if alone or _fits(*_size(group)) else [[change] for change in group]:
            count, characters = _size(part)
            if not _fits(count, characters):
                raise TooLarge(
                    f"{dns.name.from_wire(owner, 0)[0]} changes {count} values of {characters} characters (an update counts twice), and Route 53 takes "
                    f"{MAX_ELEMENTS} values of {MAX_CHARACTERS} characters at once; divide these records among several names"
                )
            yield part


def _size(group: Iterable[Change]) -> tuple[int, int]:
    """What the changes use up of the limits: values and characters."""
    sizes = [(change.count, change.characters) for change in group]
    return sum(count for count, _characters in sizes), sum(characters for _count, characters in sizes)


def _fits(count: int, characters: int) -> bool:
    return count <= MAX_ELEMENTS and characters <= MAX_CHARACTERS
