# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of a DNS message, for readers that walk it instead of parsing it (RFC 1035, section 4). No I/O."""

from __future__ import annotations

import struct

HEADER = struct.Struct("!6H")  # identifier, flags, and how many records are in each section
RECORD = struct.Struct("!2HIH")  # behind the owner: type, class, TTL, length of the data

QR = 0x8000
AA = 0x0400
TC = 0x0200
OPCODE = 0x7800
RCODE = 0x000F
NOERROR, SERVFAIL, NXDOMAIN, REFUSED, NOTAUTH = 0, 2, 3, 5, 9
SOA = 6


class MalformedMessage(Exception):
    """A message that is none."""


def skip_name(wire: bytes, at: int) -> int:
    """The offset behind a name. Raises IndexError and MalformedMessage."""
    length = wire[at]
    while length:
        if length >= 0xC0:
            return at + 2
        if length > 63:
            raise MalformedMessage("a name that is not one")
        at += length + 1
        length = wire[at]
    return at + 1


def read_name(wire: bytes, at: int) -> tuple[bytes, int]:
    """A name without compression in lower case, and the offset behind it. Raises IndexError and MalformedMessage."""
    parts = []
    end = None
    lowest = at
    total = 0
    while True:
        length = wire[at]
        if length >= 0xC0:
            target = ((length & 0x3F) << 8) | wire[at + 1]
            if end is None:
                end = at + 2
            if target >= lowest:  # a pointer must point to what came before (RFC 1035, section 4.1.4)
                raise MalformedMessage("a name that points forward")
            at = lowest = target
            continue
        if length > 63:
            raise MalformedMessage("a name that is not one")
        label = wire[at : at + length + 1]
        if len(label) != length + 1:
            raise IndexError
        total += length + 1
        if total > 255:
            raise MalformedMessage("a name that is too long")
        parts.append(label)
        at += length + 1
        if not length:
            # a length is below 64 and therefore no letter: lower() changes labels only
            return b"".join(parts).lower(), at if end is None else end
