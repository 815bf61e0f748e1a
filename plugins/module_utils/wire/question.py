# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any question, for the few that are not about many SOA records; ask.ask puts them. No I/O."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import QR, TC
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer, NotForUs, Truncated
from ansible_collections.authoritative.dns.plugins.module_utils.wire.tsig import read_message, tsig_problem


class Reply(NamedTuple):
    """An answer that could be read, whatever its rcode. ``problem`` as in soa.Answer."""

    message: Any  # dns.message.Message
    rcode: int
    problem: str | None = None
    detail: str = ""

    @property
    def aa(self) -> bool:
        return bool(self.message.flags & dns.flags.AA)

    @property
    def ra(self) -> bool:
        return bool(self.message.flags & dns.flags.RA)

    def rrsets(self, rdtype: Any, section: str = "answer") -> list[Any]:
        wanted = dns.rdatatype.RdataType.make(rdtype)
        return [rrset for rrset in getattr(self.message, section) if rrset.rdtype == wanted]


class Question:
    """One question of any type.

    recursive: set RD. payload: EDNS buffer size in bytes, None for a question without EDNS.
    """

    def __init__(
        self,
        name: Any,
        rdtype: str,
        rdclass: str = "IN",
        key: Any = None,
        recursive: bool = False,
        payload: int | None = None,
        dnssec: bool = False,
    ):
        self.name = name
        self.rdtype = dns.rdatatype.from_text(rdtype)
        self.rdclass = dns.rdataclass.from_text(rdclass)
        self.key = key
        self.flags = int(dns.flags.RD) if recursive else 0
        self.payload = payload
        self.dnssec = dnssec

    def query(self, message_id: int) -> tuple[bytes, bytes]:
        message = dns.message.make_query(self.name, self.rdtype, self.rdclass, flags=self.flags, id=message_id)
        if self.payload is not None:
            message.use_edns(0, dns.flags.DO if self.dnssec else 0, self.payload)
        if self.key:
            message.use_tsig(self.key)
        wire = message.to_wire()
        return wire, message.mac if self.key else b""

    def read(self, wire: bytes, mac: bytes = b"") -> Reply | Answer:
        """Raises NotForUs and Truncated; every other message becomes a Reply, or an Answer that names the problem."""
        if len(wire) < 12 or not (wire[2] << 8) & QR:
            raise NotForUs
        rcode = wire[3] & 0x0F
        if (wire[2] << 8) & TC:
            raise Truncated
        try:
            message = read_message(wire, self.key, mac)
        except Exception as error:  # dnspython lets IndexError, struct.error and others through on hostile input
            problem = tsig_problem(error) or ("malformed", f"unreadable answer ({type(error).__name__})")
            return Answer(None, None, rcode, *problem)
        if message.question and (
            len(message.question) != 1
            or message.question[0].name != self.name
            or message.question[0].rdtype != self.rdtype
            or message.question[0].rdclass != self.rdclass
        ):
            raise NotForUs
        if self.key and not message.had_tsig and int(message.rcode()) == 0:
            return Answer(None, None, rcode, "wrong_key", "the answer to a signed question is not signed")
        return Reply(message, int(message.rcode()))
