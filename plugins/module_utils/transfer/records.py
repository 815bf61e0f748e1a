# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a transfer in canonical form (RFC 4034, section 6), compared as sets, and their digest. No I/O.

A canonical record is bytes: owner in lower case, type, class, TTL, rdata with lower-case names. A million take 150 MB.
"""

from __future__ import annotations

import hashlib
import heapq
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import ZONEMD, TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import HEADER, RECORD, SOA, MalformedMessage, read_name, skip_name

# Where names are inside rdata that is compressed or compared without case (RFC 4034, section 6.2; RFC 6840, section 5.1):
# type → (bytes before the names, number of names)
NAMES_IN_RDATA = {
    2: (0, 1),  # NS
    3: (0, 1),  # MD
    4: (0, 1),  # MF
    5: (0, 1),  # CNAME
    6: (0, 2),  # SOA
    7: (0, 1),  # MB
    8: (0, 1),  # MG
    9: (0, 1),  # MR
    12: (0, 1),  # PTR
    14: (0, 2),  # MINFO
    15: (2, 1),  # MX
    17: (0, 2),  # RP
    18: (2, 1),  # AFSDB
    21: (2, 1),  # RT
    24: (18, 1),  # SIG
    26: (2, 2),  # PX
    33: (6, 1),  # SRV
    36: (2, 1),  # KX
    39: (0, 1),  # DNAME
    46: (18, 1),  # RRSIG
}
NAPTR = 35
RRSIG = 46
DIFFERENCES_NAMED = 10


class Selection(NamedTuple):
    """What to leave out of a comparison."""

    ignore_types: frozenset[int] = frozenset()
    ignore_ttl: bool = False
    ignore_serial: bool = False

    def apply(self, records: Iterable[bytes]) -> Iterator[bytes]:
        if not (self.ignore_types or self.ignore_ttl or self.ignore_serial):
            yield from records
            return
        for record in records:
            at = owner_end(record)
            rdtype = (record[at] << 8) | record[at + 1]
            if rdtype in self.ignore_types:
                continue
            if self.ignore_ttl:
                record = record[: at + 4] + b"\0\0\0\0" + record[at + 8 :]
            if self.ignore_serial and rdtype == SOA:
                record = record[:-20] + b"\0\0\0\0" + record[-16:]
            yield record


class Comparison(NamedTuple):
    """How two zones differ; the first few records are named, all are counted."""

    missing: list[str]
    unexpected: list[str]
    missing_count: int
    unexpected_count: int

    @property
    def equal(self) -> bool:
        return not self.missing_count and not self.unexpected_count

    @property
    def text(self) -> str:
        parts = []
        if self.missing_count:
            parts.append(f"{self.missing_count} missing, first {self.missing[0]}")
        if self.unexpected_count:
            parts.append(f"{self.unexpected_count} unexpected, first {self.unexpected[0]}")
        return "; ".join(parts)


def canonical_records(messages: Iterable[bytes], zone: Any) -> Iterator[bytes]:
    """The records of a complete AXFR, without the SOA that closes it. Raises TransferError."""
    apex = zone.to_wire().lower()
    suffix = apex if len(apex) > 1 else b""
    seen_soa = False
    for wire in messages:
        try:
            for record in records_of(wire):
                at = owner_end(record)
                if not record[:at].endswith(suffix):
                    raise TransferError("malformed", f"a record outside the zone: {to_text(record)}")
                if record[at : at + 2] == b"\0\6":
                    if seen_soa:
                        return
                    seen_soa = True
                yield record
        except MalformedMessage as error:
            raise TransferError("malformed", str(error)) from None
        except (IndexError, struct.error):
            raise TransferError("malformed", "a message ends in the middle of a record") from None


def records_of(wire: bytes, with_authority: bool = False) -> Iterator[bytes]:
    """The canonical records of a message's answer section, then those of its authority section.

    Raises MalformedMessage, and IndexError or struct.error for a message that ends too early.
    """
    _id, _flags, questions, answers, authority, _additional = HEADER.unpack_from(wire)
    at = 12
    for _question in range(questions):
        at = skip_name(wire, at) + 4
    suffixes: dict[int, bytes] = {}  # most owners are pointers to few places
    for _record in range(answers + authority if with_authority else answers):
        if wire[at] >= 0xC0:
            pointer = (wire[at] << 8) | wire[at + 1]
            owner = suffixes.get(pointer)
            if owner is None:
                owner = suffixes[pointer] = read_name(wire, at)[0]
            at += 2
        else:
            owner, at = read_name(wire, at)
        rdtype, _rdclass, _ttl, size = RECORD.unpack_from(wire, at)
        head = wire[at : at + 8]
        at += 10
        end = at + size
        if end > len(wire):
            raise IndexError
        if rdtype in NAMES_IN_RDATA or rdtype == NAPTR:
            yield owner + head + _canonical_rdata(wire, rdtype, at, end)
        else:
            yield owner + head + wire[at:end]
        at = end


def _canonical_rdata(wire: bytes, rdtype: int, at: int, end: int) -> bytes:
    if rdtype == NAPTR:
        before, names = 4, 1
        for _string in range(3):
            before += wire[at + before] + 1
    else:
        before, names = NAMES_IN_RDATA[rdtype]
    parts = [wire[at : at + before]]
    at += before
    for _name in range(names):
        name, at = read_name(wire, at)
        parts.append(name)
    if at > end:
        raise IndexError
    parts.append(wire[at:end])
    return b"".join(parts)


def owner_end(record: bytes) -> int:
    """Where the owner of a canonical record ends."""
    at = 0
    while record[at]:
        at += record[at] + 1
    return at + 1


def to_text(record: bytes) -> str:
    """A canonical record as a line of a master file."""
    at = owner_end(record)
    owner = dns.name.from_wire(record, 0)[0]
    rdtype, rdclass, ttl = struct.unpack_from("!2HI", record, at)
    rdata = record[at + 8 :]
    try:
        text = dns.rdata.from_wire(rdclass, rdtype, rdata, 0, len(rdata)).to_text()
    except Exception:  # not valid for its type: shown as RFC 3597 shows unknown types
        text = f"\\# {len(rdata)} {rdata.hex()}"
    return f"{owner} {ttl} {dns.rdataclass.to_text(rdclass)} {dns.rdatatype.to_text(rdtype)} {text}"


def compare(expected: Iterable[bytes] | set[bytes], found: Iterable[bytes]) -> Comparison:
    """What is missing from ``found`` and what is there unexpectedly; ``found`` may be an iterator, and is not kept."""
    wanted = expected if isinstance(expected, (set, frozenset)) else set(expected)
    unexpected: set[bytes] = set()

    def note(records: Iterable[bytes]) -> Iterator[bytes]:
        for record in records:
            if record not in wanted:
                unexpected.add(record)
            yield record

    missing = wanted.difference(note(found))
    return Comparison(first_few(missing), first_few(unexpected), len(missing), len(unexpected))


def first_few(records: Iterable[bytes]) -> list[str]:
    """The first records in canonical order, as text."""
    return [to_text(record) for record in heapq.nsmallest(DIFFERENCES_NAMED, records, key=canonical_order)]


def canonical_order(record: bytes) -> tuple[list[bytes], bytes, bytes]:
    """The sort key of RFC 4034, section 6.1 and 6.3, and types in numeric order (RFC 8976, section 3.3.1)."""
    labels = []
    at = 0
    while record[at]:
        start = at + 1
        at += record[at] + 1
        labels.append(record[start:at])
    labels.reverse()
    return labels, record[at + 1 : at + 5], record[at + 9 :]


def read_zone_text(text: Any, zone: Any, where: str) -> Iterator[bytes]:
    """The records of a master file (text or an open file) in canonical form. Raises Mistake."""
    found: list[bytes] = []
    sink = _Sink(zone, found.append)
    try:
        tokenizer = dns.tokenizer.Tokenizer(text, where)
        reader = dns.zonefile.Reader(tokenizer, dns.rdataclass.IN, sink, allow_include=False)
        reader.read()
    except (dns.exception.DNSException, UnicodeError, ValueError, KeyError) as error:
        raise Mistake(f"{where} cannot be read as a zone: {error or type(error).__name__}") from None
    return iter(found)


class _Sink:
    """Takes what dnspython's zone file reader finds. dnspython's own keeps objects ten times the size."""

    def __init__(self, zone: Any, add: Callable[[bytes], None]):
        self.zone = zone
        self.manager = self
        self._add = add

    def origin_information(self) -> tuple[Any, bool, Any]:
        return self.zone, False, self.zone

    def check_put_rdataset(self, check: Any) -> None:
        """Whether the zone is sound is not our question."""

    def _set_origin(self, origin: Any) -> None:
        """$ORIGIN changes how names are read, not which zone this is."""

    def add(self, name: Any, ttl: int, rdata: Any) -> None:
        head = struct.pack("!2HI", rdata.rdtype, rdata.rdclass, ttl)
        self._add(name.to_wire().lower() + head + rdata.to_digestable(self.zone))


# RFC 8976, section 5.2 and 5.3
SIMPLE = 1
HASHES = {1: hashlib.sha384, 2: hashlib.sha512}


def check_zonemd(records: Sequence[bytes], zone: Any) -> str:
    """``absent``, ``verified``, ``mismatch``, or ``unsupported`` when no scheme and hash in it is known (RFC 8976)."""
    apex = zone.to_wire().lower()
    digests: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
    serial = None
    for record in records:
        if not record.startswith(apex):
            continue
        rdtype = int.from_bytes(record[len(apex) : len(apex) + 2], "big")
        rdata = record[len(apex) + 8 :]
        if rdtype == SOA:
            serial = int.from_bytes(rdata[-20:-16], "big")
        elif rdtype == ZONEMD and len(rdata) > 6:
            of_serial, scheme, algorithm = struct.unpack_from("!IBB", rdata)
            digests.setdefault((scheme, algorithm), []).append((of_serial, rdata[6:]))
    if not digests:
        return "absent"
    # a scheme and hash that occurs twice must not be used (section 4)
    usable = {pair: found[0] for pair, found in digests.items() if len(found) == 1}
    usable = {pair: found for pair, found in usable.items() if pair[0] == SIMPLE and pair[1] in HASHES}
    if not usable:
        return "unsupported"
    hashers = {pair: HASHES[pair[1]]() for pair in usable}
    previous = None
    for record in sorted(records, key=canonical_order):
        if record == previous or (record.startswith(apex) and _is_zonemd(record, len(apex))):
            continue
        previous = record
        at = owner_end(record) + 8
        wire = record[:at] + struct.pack("!H", len(record) - at) + record[at:]
        for hasher in hashers.values():
            hasher.update(wire)
    right = any(of_serial == serial and hashers[pair].digest() == digest for pair, (of_serial, digest) in usable.items())
    return "verified" if right else "mismatch"


def _is_zonemd(record: bytes, at: int) -> bool:
    """Whether this is the apex ZONEMD or its signature, which the digest leaves out."""
    rdtype = int.from_bytes(record[at : at + 2], "big")
    covered = int.from_bytes(record[at + 8 : at + 10], "big")
    return rdtype == ZONEMD or (rdtype == RRSIG and covered == ZONEMD)
