# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone files in BIND's raw format (BIND 9 ARM, "masterfile-format"), as BIND 9.9 and newer write them.

A header of six numbers; then for each owner and type how long the entry is, class, type, covered type, TTL, number of records, the owner's name,
and each record with its length. named-compilezone reads all of a file, and takes ten thousand times as long for as many files.
"""

from __future__ import annotations

import struct
from collections import namedtuple

_HEADER = struct.Struct("!6I")
_ENTRY = struct.Struct("!IHHHIIH")
_RAW, _VERSION, _IN = 2, 1, 1
_NS, _SOA = 2, 6

# owner: absolute, in lower case. type: NS, SOA or None. text: presentation format of these types' rdata.
Record = namedtuple("Record", "owner ttl type text")


class NotRaw(ValueError):
    """What is no raw file of a version that is known."""


def records(data):
    """The records of a file, or of its beginning: what is not whole is left out. Raises NotRaw."""
    if len(data) < _HEADER.size or _HEADER.unpack_from(data)[:2] != (_RAW, _VERSION):
        raise NotRaw
    at = _HEADER.size
    while at + _ENTRY.size <= len(data):
        length, rdclass, rdtype, _covers, ttl, count, name_length = _ENTRY.unpack_from(data, at)
        end, place = at + length, at + _ENTRY.size + name_length
        if length <= _ENTRY.size or rdclass != _IN:
            raise NotRaw
        if end > len(data):
            return
        owner = name_text(data, at + _ENTRY.size)[0]
        for _number in range(count):
            size = int.from_bytes(data[place : place + 2], "big")
            yield Record(owner, ttl, {_NS: "NS", _SOA: "SOA"}.get(rdtype), _text(rdtype, data[place + 2 : place + 2 + size]))
            place += 2 + size
        if place != end:
            raise NotRaw
        at = end


def _text(rdtype, rdata):
    if rdtype == _NS:
        return name_text(rdata, 0)[0]
    if rdtype == _SOA:
        primary, at = name_text(rdata, 0)
        mailbox, at = name_text(rdata, at)
        return " ".join([primary, mailbox, *map(str, struct.unpack_from("!5I", rdata, at))])
    return None


def name_text(data, at):
    """(a name without compression as text, where it ends)."""
    labels = []
    while data[at]:
        label = data[at + 1 : at + 1 + data[at]]
        labels.append("".join(chr(octet) if chr(octet).isalnum() and octet < 128 or octet in b"-_/*" else f"\\{octet:03d}" for octet in label))
        at += 1 + data[at]
    return ".".join([*labels, ""]).lower() if labels else ".", at + 1
