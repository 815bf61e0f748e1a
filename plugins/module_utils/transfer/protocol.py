# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone transfer as a state machine that is fed with messages (RFC 1995, 5936, 8945). No I/O.

The messages are walked, not parsed: a transfer of a million records takes seconds. What they hold is read by records.py.
"""

from __future__ import annotations

import random
import struct
import time
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import distance
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import (
    HEADER,
    NOERROR,
    NOTAUTH,
    OPCODE,
    QR,
    RCODE,
    RECORD,
    REFUSED,
    SERVFAIL,
    SOA,
    TC,
    MalformedMessage,
    read_name,
    skip_name,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.tsig import tsig_problem

TSIG, ZONEMD = 250, 63
MOST_UNSIGNED = 99  # messages between two signed ones (RFC 8945, section 5.3.1)
RCODE_STATES = {REFUSED: "refused", NOTAUTH: "not_authoritative", SERVFAIL: "servfail", 3: "not_authoritative"}


class TransferError(Exception):
    """The transfer has ended and is not complete. ``state`` is the word for it."""

    def __init__(self, state: str, detail: str = "", rcode: int | None = None):
        super().__init__(f"{state}: {detail}" if detail else state)
        self.state = state
        self.detail = detail
        self.rcode = rcode


class Transfer:
    """One transfer: send ``query``, ``feed`` every message that comes until ``done``.

    zone: dns.name.Name. serial: for IXFR, the serial that we have; None asks for AXFR. key: dns.tsig.Key or None.
    """

    def __init__(
        self, zone: Any, serial: int | None = None, key: Any = None, max_records: int | None = None, keep: bool = True
    ):
        self.zone = zone
        self.key = key
        self.our_serial = serial
        self.done = False
        self.up_to_date = False
        self.incremental = False
        self.serial: int | None = None
        self.records = 0  # without the SOA that closes the transfer
        self.size = 0  # bytes of all messages
        self.messages: list[bytes] = []
        self.message_count = 0
        self.has_zonemd = False
        self._keep = keep
        self._max_records = max_records
        self._apex = zone.to_wire().lower()
        self._deleting = False  # which half of an incremental difference is being read
        self._tsig_context: Any = None
        self._unsigned = 0
        self._id = random.getrandbits(16)
        self.query, self._mac = self._make_query()

    def _make_query(self) -> tuple[bytes, bytes]:
        incremental = self.our_serial is not None
        message = dns.message.make_query(self.zone, "IXFR" if incremental else "AXFR", flags=0, id=self._id)
        if incremental:
            soa = dns.rrset.from_text(self.zone, 0, "IN", "SOA", f". . {self.our_serial} 0 0 0 0")
            message.authority.append(soa)
        if self.key:
            message.use_tsig(self.key)
        wire = message.to_wire()
        return wire, message.mac if self.key else b""

    def feed(self, wire: bytes) -> bool:
        """Take the next message; True when the transfer is complete. Raises TransferError."""
        try:
            return self._feed(wire)
        except MalformedMessage as error:
            raise TransferError("malformed", str(error)) from None
        except (IndexError, struct.error):
            raise TransferError("malformed", "a message ends in the middle of a record") from None

    def _feed(self, wire: bytes) -> bool:
        message_id, flags, questions, answers, authority, additional = HEADER.unpack_from(wire)
        if message_id != self._id:
            raise TransferError("malformed", "a message with another id")
        if not flags & QR or flags & OPCODE:
            raise TransferError("malformed", "a message that is not an answer")
        self.size += len(wire)
        self.message_count += 1
        rcode = flags & RCODE
        at = 12
        for _question in range(questions):
            at = skip_name(wire, at) + 4
        if rcode == NOERROR:
            if flags & TC:
                raise TransferError("malformed", "a truncated message over TCP")
            if not answers and not self.records:
                raise TransferError("malformed", "an answer without records")
            at = self._walk(wire, at, answers)
        else:
            additional += answers
        if self.key:
            self._check_signature(wire, at, authority + additional, rcode)
        if rcode != NOERROR:
            raise TransferError(RCODE_STATES.get(rcode, "error"), dns.rcode.to_text(rcode), rcode)
        if self._keep:
            self.messages.append(wire)
        if self.done and self._unsigned:
            raise TransferError("wrong_key", "the last message is not signed")
        return self.done

    def _walk(self, wire: bytes, at: int, count: int) -> int:
        """Count the records and find the SOAs; the offset behind the last record."""
        unpack = RECORD.unpack_from
        remaining = count
        for _record in range(count):
            if self.done:
                raise TransferError("malformed", "records after the SOA that closes the transfer")
            owner = at
            length = wire[at]
            while length:
                if length >= 0xC0:
                    at += 1
                    break
                if length > 63:
                    raise TransferError("malformed", "a name that is not one")
                at += length + 1
                length = wire[at]
            at += 1
            rdtype, _rdclass, _ttl, size = unpack(wire, at)
            at += 10 + size
            remaining -= 1
            if rdtype == SOA:
                if not self._take_soa(wire, owner, at, size, remaining == 0):
                    continue
            elif self.serial is None:
                raise TransferError("malformed", "the first record is not the zone's SOA")
            elif rdtype == ZONEMD:
                self.has_zonemd = True
            self.records += 1
        if at > len(wire):
            raise TransferError("malformed", "a message ends in the middle of a record")
        if self._max_records is not None and self.records > self._max_records:
            raise TransferError("too_large", f"more than {self._max_records} records")
        return at

    def _take_soa(self, wire: bytes, owner: int, end: int, size: int, is_last: bool) -> bool:
        """Whether this SOA is a record of the zone (and not the one that closes the transfer)."""
        if size < 22 or end > len(wire):
            raise TransferError("malformed", "an SOA that is too short")
        if read_name(wire, owner)[0] != self._apex:
            raise TransferError("malformed", "an SOA of another name inside the zone")
        serial = int.from_bytes(wire[end - 20 : end - 16], "big")
        ours = self.our_serial
        if self.serial is None:
            self.serial = serial
            if ours is not None and is_last and self.message_count == 1 and distance(serial, ours) <= 0:
                self.up_to_date = self.done = True
            return True
        if ours is not None and self.records == 1 and not self.incremental and serial == ours != self.serial:
            self.incremental = self._deleting = True
            return True
        if not self.incremental:
            if serial != self.serial:
                raise TransferError("malformed", f"the SOA that closes the transfer has serial {serial}, not {self.serial}")
            self.done = True
            return False
        if self._deleting:
            self._deleting = False
        elif serial == self.serial:
            self.done = True
            return False
        else:
            self._deleting = True
        return True

    def _check_signature(self, wire: bytes, at: int, records: int, rcode: int) -> None:
        """Verify the TSIG, which is the last of the ``records`` that begin at ``at``."""
        start = rdtype = None
        for _record in range(records):
            start = at
            at = skip_name(wire, at)
            rdtype, _rdclass, _ttl, size = RECORD.unpack_from(wire, at)
            at += 10 + size
        if rdtype != TSIG:
            if rcode != NOERROR:
                return  # an error need not be signed; it proves nothing but that there is no data
            if self._tsig_context is None:
                raise TransferError("wrong_key", "the answer to a signed question is not signed")
            self._unsigned += 1
            if self._unsigned > MOST_UNSIGNED:
                raise TransferError("wrong_key", f"more than {MOST_UNSIGNED} unsigned messages in a row")
            self._tsig_context.update(wire)
            return
        try:
            owner, used = dns.name.from_wire(wire, start)
            rdata_at = start + used + 10
            rdata = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, wire, rdata_at, at - rdata_at)
            self._tsig_context = dns.tsig.validate(
                wire, self.key, owner, rdata, int(time.time()), self._mac, start, self._tsig_context, True
            )
        except Exception as error:  # dnspython lets other than its own exceptions through on hostile input
            problem = tsig_problem(error)
            if problem is None:
                problem = "malformed", f"an unreadable signature ({type(error).__name__})"
            raise TransferError(*problem, rcode) from None
        self._unsigned = 0
