# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question for a zone's SOA that also tells how long a server's copy and its signature are good for. No I/O."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import distance
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import HEADER, RECORD, SOA, MalformedMessage, skip_name
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import SoaQuestion

OPT, RRSIG = 41, 46
EDNS_EXPIRE = 9  # RFC 7314
# root, OPT, payload (RFC 9715), version 0 with DO, and the empty EXPIRE option
OPT_RECORD = struct.pack("!BHHIHHH", 0, OPT, 1232, 0x8000, 4, EDNS_EXPIRE, 0)
# flags of a query: opcode QUERY, recursion not desired; one question, one additional record
QUERY_TAIL = struct.pack("!5H", 0, 1, 0, 0, 1)


class Copy(NamedTuple):
    """An soa.Answer with more in it.

    expire: the SOA's field, in seconds. remaining: seconds until the server gives up this copy, None where it does not say.
    signed_until: the earliest end of a signature over the SOA, seconds modulo 2**32 (RFC 4034, section 3.1.5), None without.
    signed_by: the tags of the keys that made these signatures.
    """

    serial: int | None = None
    aa: bool | None = None
    rcode: int | None = None
    problem: str | None = None
    detail: str = ""
    expire: int | None = None
    remaining: int | None = None
    signed_until: int | None = None
    signed_by: tuple[int, ...] = ()


class CopyQuestion(SoaQuestion):
    """The question for the SOA of one zone with its signatures (DO) and the option EXPIRE (RFC 7314)."""

    __slots__ = ()

    def query(self, message_id: int) -> tuple[bytes, bytes]:
        return message_id.to_bytes(2, "big") + QUERY_TAIL + self.body + OPT_RECORD, b""

    def read(self, wire: bytes, mac: bytes = b"") -> Any:
        """Raises NotForUs and Truncated; every other message becomes a Copy, or an Answer that names the problem."""
        answer = super().read(wire, mac)
        if answer.problem is not None:
            return answer
        try:
            return Copy(*answer, *_facts(wire))
        except (IndexError, struct.error, MalformedMessage):
            return Copy(*answer)  # its serial could be read


def _facts(wire: bytes) -> tuple[int | None, int | None, int | None, tuple[int, ...]]:
    """expire, remaining, signed_until and signed_by of a Copy."""
    expire = remaining = signed_until = None
    tags = set()
    _id, _flags, questions, answers, authority, additional = HEADER.unpack_from(wire)
    at = 12
    for _question in range(questions):
        at = skip_name(wire, at) + 4
    for number in range(answers + authority + additional):
        at = skip_name(wire, at)
        rdtype, _rdclass, _ttl, size = RECORD.unpack_from(wire, at)
        at += 10
        end = at + size
        if number < answers and rdtype == SOA:
            expire = struct.unpack_from("!I", wire, end - 8)[0]
        elif number < answers and rdtype == RRSIG and struct.unpack_from("!H", wire, at)[0] == SOA:
            ends, _begins, tag = struct.unpack_from("!2IH", wire, at + 8)
            tags.add(tag)
            if signed_until is None or distance(ends, signed_until) < 0:
                signed_until = ends
        elif rdtype == OPT:
            while at + 4 <= end:
                code, length = struct.unpack_from("!2H", wire, at)
                if code == EDNS_EXPIRE and length == 4:
                    remaining = struct.unpack_from("!I", wire, at + 4)[0]
                at += 4 + length
        at = end
    return expire, remaining, signed_until, tuple(sorted(tags))
