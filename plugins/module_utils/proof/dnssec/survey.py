# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the servers of many signed zones, a bounded number of zones and questions at a time, and judge what they said."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import of_transfer
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import (
    CDNSKEY,
    CDS,
    DNSKEY,
    DS,
    SOA,
    Seen,
    Verdict,
    Wanted,
    judge,
)
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import Question as Said
from ansible_collections.authoritative.dns.plugins.module_utils.proof.record_sets import NS, Scope, record_sets
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, transferred_records
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import NOT_ASKED, Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question

ZONES_AT_A_TIME = 200  # what is kept in memory at once
TRANSFERS_AT_A_TIME = 10
MOST_RECORDS = 500000  # of one transfer; each takes about a kilobyte while it is looked at
MOST_BYTES = 1 << 27
PAYLOAD = 1232  # bytes; passes every path without being fragmented (RFC 9715)
NOBODYS_TYPE = "TYPE65280"  # the first for private use (RFC 6895, section 3.1), which a zone hardly has at its apex


class Zone(NamedTuple):
    """One zone to look at.

    servers, parents: those of the zone and of the zone above. transfers: from whom to try a transfer, each with the key for it.
    demanded: whether it is worth a word when one of these fails. names: (name, type) of record sets to ask for where no transfer came.
    """

    name: str
    qname: Any
    servers: Sequence[Server]
    parents: Sequence[Server]
    transfers: Sequence[Server]
    demanded: bool
    names: Sequence[tuple[Any, int]]
    wanted: Wanted


class Survey:
    """Looks at zones. sample: the most record sets of a zone to ask for, 0 for all."""

    def __init__(self, patience: Patience, sample: int, transfer_timeout: float):
        self.patience = patience
        self.sample = sample
        self.limits = Limits(transfer_timeout, patience.until, MOST_RECORDS, MOST_BYTES)
        self.queries = self.transfers = 0

    def look(self, zones: Sequence[Zone]) -> list[list[Verdict]]:
        """The verdicts of each zone, in their order."""
        found = []
        for first in range(0, len(zones), ZONES_AT_A_TIME):
            found += self._look_at_some(zones[first : first + ZONES_AT_A_TIME])
        return found

    def _look_at_some(self, zones: Sequence[Zone]) -> list[list[Verdict]]:
        jobs = [
            *((server, zone.qname, rdtype) for zone in zones for server in zone.servers for rdtype in (DNSKEY, SOA)),
            *((server, zone.qname, DS) for zone in zones for server in zone.parents),
        ]
        answers = iter(self._ask(jobs))
        seen = [[Seen(server, zone.qname, next(answers), next(answers)) for server in zone.servers] for zone in zones]
        above = [[(server, next(answers)) for server in zone.parents] for zone in zones]
        self._transfer([(zone, one) for zone, servers in zip(zones, seen) for one in servers if one.has_keys and one.problem is None])
        self._ask_further([(zone, [one for one in servers if one.has_keys and one.problem is None]) for zone, servers in zip(zones, seen)])
        return [self._judge(zone, servers, parents) for zone, servers, parents in zip(zones, seen, above)]

    def _judge(self, zone: Zone, seen: Sequence[Seen], above: Sequence[tuple[Server, Any]]) -> list[Verdict]:
        if time.monotonic() >= self.patience.until:
            late = [(server, server.role) for server in zone.servers] + [(server, "parent") for server in zone.parents]
            return [Verdict(server, role, NOT_ASKED.problem or "", False, NOT_ASKED.detail) for server, role in late]
        return judge(zone.qname, seen, above, zone.wanted, int(time.time()))

    def _ask(self, jobs: Sequence[tuple[Server, Any, int]]) -> list[Any]:
        """The answers to (server, name, type), in their order."""
        by_server: dict[str, tuple[Server, list[int]]] = {}
        for number, (server, _name, _rdtype) in enumerate(jobs):
            by_server.setdefault(server.name, (server, []))[1].append(number)
        questions = [
            (server, [Question(jobs[n][1], dns.rdatatype.to_text(jobs[n][2]), key=server.key, payload=PAYLOAD, dnssec=True) for n in numbers])
            for server, numbers in by_server.values()
        ]
        found: list[Any] = [None] * len(jobs)
        for (_server, numbers), asked in zip(by_server.values(), ask(questions, self.patience)):
            for number, one in zip(numbers, asked):
                found[number] = one.answer
                self.queries += one.tries
        return found

    def _transfer(self, seen: Sequence[tuple[Zone, Seen]]) -> None:
        tasks = [(zone, one, server) for zone, one in seen for server in zone.transfers if server.name == one.server.name]

        def carry_out(task: tuple[Zone, Seen, Server]) -> None:
            zone, one, server = task
            try:
                one.transferred = of_transfer(transferred_records(zone.qname, server, self.limits))
            except TransferError as error:
                one.not_transferred = str(error) if zone.demanded else ""
            except Exception as error:  # dnspython lets ValueError, struct.error and others through on data that cannot be
                one.not_transferred = f"malformed: {type(error).__name__}"

        self.transfers += len(tasks)
        with ThreadPoolExecutor(TRANSFERS_AT_A_TIME) as pool:
            list(pool.map(carry_out, tasks))

    def _ask_further(self, zones: Sequence[tuple[Zone, Sequence[Seen]]]) -> None:
        """What a zone asks its parent for, what is not there, and every record set where no transfer came."""
        jobs = []
        for zone, seen in zones:
            nobody = dns.name.from_text(secrets.token_hex(8), zone.qname)
            apex = [(zone.qname, CDS), (zone.qname, CDNSKEY), (zone.qname, dns.rdatatype.from_text(NOBODYS_TYPE)), (nobody, dns.rdatatype.A)]
            names = self._names(zone, seen) if any(one.transferred is None for one in seen) else []
            for one in seen:
                jobs += [(one, name, rdtype) for name, rdtype in (*apex, *(names if one.transferred is None else []))]
        answers = self._ask([(one.server, name, rdtype) for one, name, rdtype in jobs])
        for (one, name, rdtype), answer in zip(jobs, answers):
            one.further.append(Said(name, rdtype, answer))

    def _names(self, zone: Zone, seen: Sequence[Seen]) -> list[tuple[Any, int]]:
        """Those given, and those that a transfer from another server shows. At a delegation its DS is the zone's own, and not its NS."""
        names = dict.fromkeys((name, DS if rdtype == NS and name != zone.qname else rdtype) for name, rdtype in zone.names)
        source = next((one for one in seen if one.transferred is not None), None)
        if source is not None:
            canonical = (_record(owner, rdtype) for (owner, rdtype), one in source.transferred.items() if one.rrset)
            for wanted in record_sets(canonical, zone.qname.to_wire().lower(), Scope()):
                rdtype = DS if wanted.at_cut else wanted.rdtype
                names[dns.name.from_wire(wanted.owner, 0)[0], rdtype] = None
        listed = list(names)
        if 0 < self.sample < len(listed):
            listed = [listed[number * len(listed) // self.sample] for number in range(self.sample)]
        return listed


def _record(owner: Any, rdtype: int) -> bytes:
    """As much of a canonical record as L(record_sets) reads."""
    return owner.canonicalize().to_wire() + int(rdtype).to_bytes(2, "big") + bytes(6)
