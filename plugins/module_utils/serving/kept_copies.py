# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serials in the files that a name server keeps of zones that it transfers: of a server that is stopped, and will serve them when it starts."""

from __future__ import annotations

import os
import re
import struct

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers

_FIRST = 1024  # octets, with the name of the first record
_START = 65536  # octets of a file, among which its SOA is: it is the first record that servers write
_SOA = re.compile(rb"\sSOA\s+\S+\s+\S+\s*\(?\s*(?:;[^\n]*\n\s*)*(\d+)")
_TYPE_SOA = 6
_RAW = struct.pack("!I", 2)  # masterfile-format raw (lib/dns/include/dns/masterdump.h of BIND), in its versions 0 and 1
_RAW_HEADERS = {0: 12, 1: 24}
_RAW_RRSET = struct.Struct("!IHHHII")  # length of it all, class, type, covered type, TTL, number of records
_JOURNAL = b";BIND LOG V9"  # lib/dns/journal.c: 16 octets of this, then serial and offset of its begin, and of its end


def serials(directory, names, suffixes=("",)):
    """{name: serial} of the copies in a directory, where there are any. suffixes: of the files that together are a copy."""
    found = {}
    for name in names:
        read = [serial_in(_start_of(os.path.join(directory, name + suffix))) for suffix in suffixes]
        serial = serial_numbers.newest([serial for serial in read if serial is not None])
        if serial is not None:
            found[name] = serial
    return found


def serial_in(start):
    """The serial in the first octets of a zone file, as text or as named writes it, or of named's journal; None if there is none."""
    try:
        if start.startswith(_JOURNAL):
            return struct.unpack_from("!I", start, 24)[0]
        if start.startswith(_RAW):
            return _serial_in_raw(start)
    except struct.error:
        return None
    found = _SOA.search(start)
    return int(found.group(1)) % serial_numbers.MODULUS if found else None


def _serial_in_raw(start):
    """Raises struct.error where it ends too early."""
    position = _RAW_HEADERS.get(struct.unpack_from("!I", start, 4)[0])
    while position is not None and position < len(start):
        length, _class, rdtype, _covered, _ttl, _count = _RAW_RRSET.unpack_from(start, position)
        name = position + _RAW_RRSET.size
        data = name + 2 + struct.unpack_from("!H", start, name)[0]
        if rdtype == _TYPE_SOA:
            end = data + 2 + struct.unpack_from("!H", start, data)[0]
            return struct.unpack_from("!I", start, end - 20)[0]  # behind it refresh, retry, expire and minimum
        position += max(length, 1)
    return None


def owners(directory, beginning, known):
    """{file name: zone} of the copies that named keeps in a directory under names that begin so; C("") of known ones, and where a file does not tell it."""
    files = [name for name in os.listdir(directory) if name.startswith(beginning)] if os.path.isdir(directory) else []
    return {name: "" if name in known else owner_in(_start_of(os.path.join(directory, name), _FIRST)) for name in files}


def owner_in(start):
    """The name of the first record in the first octets of a zone file as named writes it, which is its zone's; C("") if there is none."""
    try:
        position = _RAW_HEADERS[struct.unpack_from("!I", start, 4)[0]] + _RAW_RRSET.size + 2 if start.startswith(_RAW) else len(start)
        labels = []
        while start[position]:
            labels.append(start[position + 1 : position + 1 + start[position]].decode("ascii").lower())
            position += 1 + start[position]
        return ".".join(labels)
    except (struct.error, KeyError, IndexError, UnicodeError):
        return ""


def _start_of(path, octets=_START):
    """Nothing of what is no file, or cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        return os.read(descriptor, octets)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
