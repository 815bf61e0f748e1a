# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question for a zone's SOA as bytes, and what the bytes that come back say. No I/O.

dnspython reads about 3,500 answers a second; the one shape of answer that nearly every server gives is read here in a
tenth of that time. Whatever looks different in any way is handed to dnspython.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import (
    AA,
    HEADER,
    NOERROR,
    NOTAUTH,
    NXDOMAIN,
    OPCODE,
    QR,
    RCODE,
    REFUSED,
    SERVFAIL,
    TC,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.tsig import read_message, tsig_problem

# flags of a query: opcode QUERY, recursion not desired; one question
QUERY_TAIL = struct.pack("!5H", 0, 1, 0, 0, 0)
SOA_IN = struct.pack("!2H", 6, 1)
ONE_QUESTION_ONE_ANSWER = struct.pack("!2H", 1, 1)
# the answer's owner as a pointer to the question's name, type SOA, class IN
SOA_OF_THE_QUESTION = struct.pack("!3H", 0xC00C, 6, 1)
# two names, then serial, refresh, retry, expire and minimum (RFC 1035, section 3.3.13)
SHORTEST_SOA = 2 + 5 * 4

UNSIGNED = "the answer to a signed question is not signed"
EDE_INVALID_DATA = 24  # RFC 8914, section 4.25: "its most recent zone being too old or having expired"


class Answer(NamedTuple):
    """What one server said about one zone. ``problem`` is a state's name when there is no usable answer."""

    serial: int | None = None
    aa: bool | None = None
    rcode: int | None = None
    problem: str | None = None
    detail: str = ""


class Truncated(Exception):
    """The answer is to be asked for again over TCP."""


class NotForUs(Exception):
    """The message answers another question: a late, confused or forged packet. It is ignored."""


class SoaQuestion:
    """The question for the SOA of one zone, unsigned. ``name``: the zone's name as bytes of the wire."""

    __slots__ = ("body", "length")

    def __init__(self, name: bytes):
        self.body = name + SOA_IN
        self.length = 12 + len(self.body)

    @property
    def name(self) -> Any:
        return dns.name.from_wire(self.body, 0)[0]

    def query(self, message_id: int) -> tuple[bytes, bytes]:
        """The message, and no MAC."""
        return message_id.to_bytes(2, "big") + QUERY_TAIL + self.body, b""

    def read(self, wire: bytes, mac: bytes = b"") -> Answer:
        """Raises NotForUs and Truncated; every other message becomes an Answer."""
        length = self.length
        if (
            len(wire) >= length + 12 + SHORTEST_SOA
            and wire[12:length] == self.body
            and wire[4:8] == ONE_QUESTION_ONE_ANSWER
            and wire[length : length + 6] == SOA_OF_THE_QUESTION
            and wire[2] & 0xFE == 0x84  # QR and AA, opcode QUERY, not truncated; RD as it likes
            and not wire[3] & RCODE
        ):
            data = length + 12
            end = data + ((wire[data - 2] << 8) | wire[data - 1])
            if data + SHORTEST_SOA <= end <= len(wire):
                return Answer(int.from_bytes(wire[end - 20 : end - 16], "big"), True, NOERROR)
        return read_soa(wire, self.name)


class SignedSoaQuestion:
    """The same question with a TSIG. Sign with ``query``; ``read`` believes only answers signed with the same key."""

    __slots__ = ("name", "key")

    def __init__(self, name: bytes, key: Any):
        self.name = dns.name.from_wire(name, 0)[0]
        self.key = key

    def query(self, message_id: int) -> tuple[bytes, bytes]:
        """The message and its MAC, which ``read`` needs (RFC 8945, section 4.3.3)."""
        message = dns.message.make_query(self.name, "SOA", flags=0, id=message_id)
        message.use_tsig(self.key)
        wire = message.to_wire()
        return wire, message.mac

    def read(self, wire: bytes, mac: bytes) -> Answer:
        return read_soa(wire, self.name, self.key, mac)


def read_soa(wire: bytes, name: Any, key: Any = None, mac: bytes = b"") -> Answer:
    """Read an answer of any shape with dnspython. Raises NotForUs and Truncated."""
    if len(wire) < 12:
        raise NotForUs
    flags = HEADER.unpack_from(wire)[1]
    if not flags & QR or flags & OPCODE:
        raise NotForUs
    rcode = flags & RCODE
    try:
        message = read_message(wire, key, mac)
    except Exception as error:  # dnspython lets IndexError, struct.error and others through on hostile input
        problem = tsig_problem(error)
        if problem is None:
            problem = "malformed", f"unreadable answer ({type(error).__name__})"
        return Answer(None, None, rcode, *problem)
    return _judge_message(message, name, key)


def _judge_message(message: Any, name: Any, key: Any) -> Answer:
    rcode = int(message.rcode())
    aa = bool(message.flags & AA)
    question = message.question
    # servers may leave the question out of an error (RFC 9619 permits QDCOUNT 0), never out of data
    if question and (
        len(question) != 1
        or question[0].name != name
        or question[0].rdtype != dns.rdatatype.SOA
        or question[0].rdclass != dns.rdataclass.IN
    ):
        raise NotForUs
    if message.flags & TC:
        raise Truncated
    if key and not message.had_tsig and rcode == NOERROR:
        return Answer(None, aa, rcode, "wrong_key", UNSIGNED)
    if rcode != NOERROR:
        return judge_rcode(message, key)
    if not question:
        return Answer(None, aa, rcode, "malformed", "an answer without its question")
    found = [rrset for rrset in message.answer if rrset.rdtype == dns.rdatatype.SOA and rrset.name == name]
    if len(found) > 1:
        return Answer(None, aa, rcode, "malformed", "more than one SOA")
    if not found:
        if aa and not message.answer:
            return Answer(None, aa, rcode, "not_authoritative", "no SOA here: the name is inside another zone")
        if not aa and message.authority:
            return Answer(None, aa, rcode, "not_authoritative", "a referral: the server does not serve this zone")
        return Answer(None, aa, rcode, "not_authoritative", "no SOA in the answer")
    serial = found[0][0].serial
    if not aa:
        return Answer(serial, aa, rcode, "not_authoritative", "answered without AA: from a cache or an expired copy")
    return Answer(serial, aa, rcode)


def judge_rcode(message: Any, key: Any = None) -> Answer:
    """The problem that an rcode other than NOERROR names; ``key``: the one with which the question was signed."""
    rcode = int(message.rcode())
    aa = bool(message.flags & AA)
    text = dns.rcode.to_text(rcode)
    if key and not message.had_tsig and rcode == NOTAUTH:
        return Answer(None, aa, rcode, "wrong_key", "NOTAUTH without a signature: the server does not know this key")
    reasons = [option for option in message.options if int(option.otype) == 15]
    expired = any(int(getattr(reason, "code", -1)) == EDE_INVALID_DATA for reason in reasons)
    if rcode == SERVFAIL:
        return Answer(None, aa, rcode, "expired" if expired else "servfail", "")
    if rcode == REFUSED:
        return Answer(None, aa, rcode, "refused", "")
    if rcode in (NXDOMAIN, NOTAUTH):
        return Answer(None, aa, rcode, "not_authoritative", text)
    return Answer(None, aa, rcode, "error", text)
