# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which record sets of a zone can be asked for, how to ask for one, and what the answers say about the whole zone. No I/O.

Records are in the canonical form of records.py.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.soa_serials import name_problem
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import (
    DIFFERENCES_NAMED,
    Comparison,
    compare,
    owner_end,
    records_of,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import place
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import AA, HEADER, NOERROR, NXDOMAIN, OPCODE, QR, RCODE, SOA, TC
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import QUERY_TAIL, UNSIGNED, Answer, NotForUs, Truncated, judge_rcode
from ansible_collections.authoritative.dns.plugins.module_utils.wire.tsig import read_message, tsig_problem

NS, CNAME, DNAME, DS = 2, 5, 39, 43
# signatures come with what they sign, and an NSEC3 record's name is none that can be asked for (RFC 5155, section 7.2.8)
RRSIG, NSEC3 = 46, 50
NOT_ASKED_FOR = (RRSIG, NSEC3)
TYPE_AND_CLASS = struct.Struct("!2H")
IN = 1


class RecordSet(NamedTuple):
    """What the answer about one name and type must be; no records: there must be none.

    at_cut: the name is delegated; the parent answers for NS with a referral, and for DS.
    """

    owner: bytes  # as bytes of the wire, in lower case
    rdtype: int
    records: frozenset[bytes] = frozenset()
    at_cut: bool = False

    @property
    def text(self) -> str:
        return f"{dns.name.from_wire(self.owner, 0)[0]} {dns.rdatatype.to_text(self.rdtype)}"


class Scope(NamedTuple):
    """What of a zone to ask for.

    ignore_types: everywhere. ignore_record_sets: owners, as bytes of the wire in lower case, with types. also_types: asked for at every name,
    to find what only the server has. sample: the most record sets to ask for, 0 for all.
    """

    ignore_types: frozenset[int] = frozenset()
    ignore_record_sets: frozenset[tuple[bytes, int]] = frozenset()
    ignore_apex_ns: bool = False
    also_types: frozenset[int] = frozenset()
    sample: int = 0


def record_sets(records: Iterable[bytes], apex: bytes, scope: Scope) -> list[RecordSet]:
    """The record sets with which a server of this zone answers. What delegations and DNAME records hide is left out."""
    names: dict[bytes, dict[int, list[bytes]]] = {}
    for record in records:
        at = owner_end(record)
        rdtype = (record[at] << 8) | record[at + 1]
        if rdtype not in NOT_ASKED_FOR:
            names.setdefault(record[:at], {}).setdefault(rdtype, []).append(record)
    cuts = {owner for owner, types in names.items() if NS in types and owner != apex}
    hiding = cuts | {owner for owner, types in names.items() if DNAME in types}
    visible = {owner: types for owner, types in names.items() if hiding.isdisjoint(_names_above(owner, apex))}
    answered: dict[bytes, frozenset[int] | None] = {}  # None: all types
    for owner, types in visible.items():
        answered[owner] = frozenset((NS, DS)) if owner in cuts else frozenset((CNAME,)) if CNAME in types else None

    def is_compared(owner: bytes, rdtype: int) -> bool:
        possible = answered[owner]
        return (
            (possible is None or rdtype in possible)
            and rdtype not in scope.ignore_types
            and (owner, rdtype) not in scope.ignore_record_sets
            and not (scope.ignore_apex_ns and owner == apex and rdtype == NS)
        )

    wanted = [
        RecordSet(owner, rdtype, frozenset(found), owner in cuts)
        for owner, types in visible.items()
        for rdtype, found in types.items()
        if is_compared(owner, rdtype)
    ]
    asked_names = visible
    if 0 < scope.sample < len(wanted):
        wanted = [wanted[number * len(wanted) // scope.sample] for number in range(scope.sample)]
        asked_names = {record_set.owner: visible[record_set.owner] for record_set in wanted}
    absent = [
        RecordSet(owner, rdtype, at_cut=owner in cuts)
        for owner, types in asked_names.items()
        for rdtype in sorted({DS} if owner in cuts else scope.also_types)
        if rdtype not in types and is_compared(owner, rdtype)
    ]
    return wanted + absent


def _names_above(owner: bytes, apex: bytes) -> Iterator[bytes]:
    """The names from the parent of this one up to the apex."""
    while len(owner) > len(apex):
        owner = owner[owner[0] + 1 :]
        yield owner


class Found(NamedTuple):
    """The records of a good answer. None: a zone of the server's own answers instead of the delegation to it."""

    records: frozenset[bytes] | None
    problem: str | None = None


class RecordSetQuestion:
    """The question for one record set of the zone ``apex``, signed when there is a key; for ask.ask."""

    __slots__ = ("wanted", "apex", "key")

    def __init__(self, wanted: RecordSet, apex: bytes, key: Any = None):
        self.wanted = wanted
        self.apex = apex
        self.key = key

    def query(self, message_id: int) -> tuple[bytes, bytes]:
        """The message and its MAC."""
        wanted = self.wanted
        if not self.key:
            return message_id.to_bytes(2, "big") + QUERY_TAIL + wanted.owner + TYPE_AND_CLASS.pack(wanted.rdtype, IN), b""
        message = dns.message.make_query(dns.name.from_wire(wanted.owner, 0)[0], wanted.rdtype, flags=0, id=message_id)
        message.use_tsig(self.key)
        wire = message.to_wire()
        return wire, message.mac

    def read(self, wire: bytes, mac: bytes = b"") -> Found | Answer:
        """Raises NotForUs and Truncated; every other message becomes Found, or an Answer that names the problem."""
        if len(wire) < HEADER.size:
            raise NotForUs
        _id, flags, questions, answers, _authority, _additional = HEADER.unpack_from(wire)
        rcode = flags & RCODE
        is_error = rcode not in (NOERROR, NXDOMAIN)
        # servers may leave the question out of an error, never out of data
        if not flags & QR or flags & OPCODE or not (self._is_asked_in(wire, questions) or (is_error and not questions)):
            raise NotForUs
        if flags & TC:
            raise Truncated
        try:
            if self.key or is_error:
                message = read_message(wire, self.key, mac)
                if is_error:
                    return judge_rcode(message, self.key)
                if not message.had_tsig:
                    return Answer(None, None, rcode, "wrong_key", UNSIGNED)
            records = list(records_of(wire, with_authority=True))
        except Exception as error:  # dnspython lets IndexError, struct.error and others through on hostile input
            detail = error.detail if isinstance(error, TransferError) else f"unreadable answer ({type(error).__name__})"
            return Answer(None, None, rcode, *(tsig_problem(error) or ("malformed", detail)))
        if flags & AA:
            return self._read_answer(records[:answers], records[answers:])
        return self._read_referral(records[:answers], records[answers:])

    def _is_asked_in(self, wire: bytes, questions: int) -> bool:
        end = HEADER.size + len(self.wanted.owner)
        return (
            questions == 1
            and wire[HEADER.size : end].lower() == self.wanted.owner
            and wire[end : end + 4] == TYPE_AND_CLASS.pack(self.wanted.rdtype, IN)
        )

    def _read_answer(self, answer: Sequence[bytes], authority: Sequence[bytes]) -> Found | Answer:
        owner, rdtype = self.wanted.owner, self.wanted.rdtype
        # an alias is there for any type
        found = frozenset(record for record in answer if record.startswith(owner) and type_of(record) != RRSIG)
        if self.wanted.at_cut and rdtype == NS and found:
            return Found(None)
        if not answer and any(type_of(record) == SOA and not self._is_inside(record) for record in authority):
            return Answer(None, True, None, "not_authoritative", "the answer is from a zone above")
        return Found(found)

    def _read_referral(self, answer: Sequence[bytes], authority: Sequence[bytes]) -> Found | Answer:
        if answer:
            return Answer(None, False, None, "not_authoritative", "answered without AA: from a cache or an expired copy")
        name_servers = [record for record in authority if type_of(record) == NS]
        if not name_servers:
            return Answer(None, False, None, "not_authoritative", "nothing, and without AA")
        if not all(self._is_inside(record) and not record.startswith(self.apex) for record in name_servers):
            return Answer(None, False, None, "not_authoritative", "a referral: the server does not serve this zone")
        if self.wanted.at_cut and self.wanted.rdtype != NS:
            name_servers = [record for record in name_servers if not record.startswith(self.wanted.owner)]
        return Found(frozenset(name_servers))

    def _is_inside(self, record: bytes) -> bool:
        return record[: owner_end(record)].endswith(self.apex)


def type_of(record: bytes) -> int:
    at = owner_end(record)
    return (record[at] << 8) | record[at + 1]


class Verdict(NamedTuple):
    """What the answers of one server say about one zone.

    asked: number of record sets asked for. hidden: of those, how many delegations the server's own child zones hide.
    ttl: the first record sets with another TTL, and ttl_count the number of all.
    """

    state: str
    detail: str
    asked: int = 0
    hidden: int = 0
    comparison: Comparison = Comparison([], [], 0, 0)
    ttl: Sequence[str] = ()
    ttl_count: int = 0

    @property
    def ok(self) -> bool:
        return self.state == "same"


def judge(wanted: Sequence[RecordSet], answers: Sequence[Found | Answer], role: str | None = None, ignore_ttl: bool = False) -> Verdict:
    """Compare what was wanted with what was found, in the same order. A difference counts more than a missing answer."""
    if not wanted:
        return Verdict("not_asked", "every record set of the zone is to be ignored")
    missing: set[bytes] = set()
    unexpected: set[bytes] = set()
    other_ttl: list[tuple[RecordSet, frozenset[bytes]]] = []
    hidden = 0
    problems: Counter[str] = Counter()
    first_problem = ""
    for record_set, answer in zip(wanted, answers):
        if answer.problem is not None:
            state, detail = name_problem(answer, role)
            first_problem = first_problem or f"{record_set.text}{f': {detail}' if detail else ''}"
            problems[state] += 1
        elif answer.records is None:
            hidden += 1
        elif answer.records != record_set.records:
            expected = {_without_ttl(record): record for record in record_set.records}
            found = {_without_ttl(record): record for record in answer.records}
            missing.update(record for bare, record in expected.items() if bare not in found)
            unexpected.update(record for bare, record in found.items() if bare not in expected)
            if expected.keys() == found.keys() and not ignore_ttl:
                other_ttl.append((record_set, answer.records))
    comparison = compare(missing, unexpected)
    ttl = [f"{record_set.text}: {_ttls(found)}, expected {_ttls(record_set.records)}" for record_set, found in other_ttl[:DIFFERENCES_NAMED]]
    parts = [] if comparison.equal else [comparison.text]
    if ttl:
        parts.append(f"{len(other_ttl)} with another TTL, first {ttl[0]}")
    state = "different" if parts else "same"
    if problems:
        if not parts:
            state = problems.most_common(1)[0][0]
        counts = ", ".join(f"{count} {problem}" for problem, count in problems.most_common())
        parts.append(f"{sum(problems.values())} of {len(wanted)} questions without a good answer ({counts}), first {first_problem}")
    return Verdict(state, "; ".join(parts), len(wanted), hidden, comparison, ttl, len(other_ttl))


def _without_ttl(record: bytes) -> bytes:
    at = owner_end(record) + 4
    return record[:at] + record[at + 4 :]


def _ttls(records: Iterable[bytes]) -> str:
    found = {struct.unpack_from("!I", record, owner_end(record) + 4)[0] for record in records}
    return " and ".join(map(str, sorted(found)))


def serial_of(records: Iterable[bytes]) -> int | None:
    """The serial of the SOA among these records."""
    return next((int.from_bytes(record[-20:-16], "big") for record in records if type_of(record) == SOA), None)


def describe(result: Mapping[str, Any]) -> str:
    """One result as a line of a message."""
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{result['zone']} at {place(result)}: {result['state']}{detail}"
