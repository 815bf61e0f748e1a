# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which serial a server on this host gives for a zone, asked with nothing but the standard library.

Hosts that run a name server need no dnspython for it; everything else that is asked over the wire lives in C(proof/).
"""

from __future__ import annotations

import random
import select
import socket
import struct
import time

_TYPE_SOA, _CLASS_IN = 6, 1
_IN_FLIGHT = 200  # more at once only overflows the server's socket buffer


def question(zone, identifier):
    """A query for a zone's SOA (RFC 1035 section 4.1), without recursion desired. zone: A-labels, no escapes."""
    labels = zone.rstrip(".").encode("ascii").split(b".") if zone != "." else []
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", identifier, 0, 1, 0, 0, 0) + name + struct.pack("!2H", _TYPE_SOA, _CLASS_IN)


def serial_in(answer, query):
    """The serial in an authoritative answer to query, None if it is no such answer."""
    try:
        identifier, flags, _questions, answers = struct.unpack_from("!4H", answer)
        if identifier != struct.unpack_from("!H", query)[0] or not flags & 0x8000 or not flags & 0x0400 or flags & 0xF or not answers:
            return None
        if answer[12 : len(query)].lower() != query[12:].lower():
            return None
        position = _after_name(answer, len(query))
        rdtype, _rdclass, _ttl, length = struct.unpack_from("!HHIH", answer, position)
        if rdtype != _TYPE_SOA:
            return None
        return struct.unpack_from("!I", answer, position + 10 + length - 20)[0]
    except (struct.error, IndexError):
        return None


def _after_name(message, position):
    while True:
        length = message[position]
        if length >= 0xC0:
            return position + 2
        position += 1 + length
        if not length:
            return position


def serials(address, zones, timeout=2.0, port=53):
    """Serials by zone, for those zones of which the server at address gives an authoritative answer within timeout seconds."""
    found = {}
    waiting = list(zones)
    deadline = time.monotonic() + timeout
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        link.connect((address, port))
        while waiting and time.monotonic() < deadline:
            identifiers = random.sample(range(65536), min(_IN_FLIGHT, len(waiting)))
            asked = {identifier: (zone, question(zone, identifier)) for identifier, zone in zip(identifiers, waiting)}
            _ask(link, asked, found, min(deadline, time.monotonic() + 0.5))
            rest = [zone for zone, _query in asked.values()]
            # Those that gave no answer go to the end, so that a slow one does not hold up the others.
            waiting = waiting[len(rest) :] + rest if rest else waiting[len(identifiers) :]
            waiting = [zone for zone in waiting if zone not in found]
    return {zone: serial for zone, serial in found.items() if serial is not None}


def _ask(link, asked, found, deadline):
    """Send all of asked; move what is answered before the deadline from asked to found."""
    try:
        for _zone, query in asked.values():
            link.send(query)
        while asked and time.monotonic() < deadline:
            if not select.select([link], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return
            answer = link.recv(4096)
            match = asked.get(struct.unpack_from("!H", answer)[0]) if len(answer) >= 12 else None
            if match:
                zone, query = match
                found[zone] = serial_in(answer, query)
                del asked[struct.unpack_from("!H", query)[0]]
    except OSError:
        time.sleep(0.05)  # nobody listens there, or the buffer is full: ask again
