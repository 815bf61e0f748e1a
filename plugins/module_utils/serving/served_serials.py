# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which serial a server on this host gives for a zone, asked with nothing but the standard library.

Hosts that run a name server need no dnspython for it; everything else that is asked over the wire lives in C(wire/).
"""

from __future__ import annotations

import random
import select
import socket
import struct
import time

_TYPE_SOA, _CLASS_IN = 6, 1
_DS, _NXDOMAIN = 43, 3
_SAME_NAME = b"\xc0\x0c"  # a pointer to the question (RFC 1035 section 4.1.4)
_ALL_ASKED, _RATE = 2.0, 1000.0  # seconds for which all zones are asked, and zones a second beyond that
_EDNS = struct.pack("!BHHIH", 0, 41, 1232, 0, 0)  # what is large comes in one packet that passes everywhere (RFC 6891, RFC 9715)
_IN_FLIGHT = 200  # more at once only overflows the server's socket buffer


def wire_name(zone):
    """A zone's name as the wire has it (RFC 1035 section 3.1). zone: labels without escapes; what is not ASCII goes as it is in a file."""
    labels = zone.rstrip(".").encode("utf-8", "surrogateescape").split(b".") if zone != "." else []
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(zone, identifier, rdtype=_TYPE_SOA, additional=0):
    """A query for records at a zone's name (RFC 1035 section 4.1), without recursion desired, up to where additional records begin.

    zone: see L(wire_name).
    """
    return struct.pack("!6H", identifier, 0, 1, 0, 0, additional) + wire_name(zone) + struct.pack("!2H", rdtype, _CLASS_IN)


def answers(message, query):
    """Whether a message is an answer to this query: its identifier, its question, and a response."""
    return message[:2] == query[:2] and message[2:3] >= b"\x80" and message[12 : len(query)].lower() == query[12:].lower()


def serial_in(answer, query):
    """The serial in an authoritative answer to query, None if it is no such answer."""
    if not answers(answer, query):
        return None
    try:
        flags, _questions, records = struct.unpack_from("!3H", answer, 2)
        if not flags & 0x0400 or flags & 0xF or not records:
            return None
        position = _after_name(answer, len(query))
        rdtype, rdclass, _ttl, length = struct.unpack_from("!HHIH", answer, position)
        if (rdtype, rdclass) != (_TYPE_SOA, _CLASS_IN):
            return None
        if answer[len(query) : position] != _SAME_NAME and _name(answer, len(query)) != query[12:-4].lower():
            return None
        numbers = _after_name(answer, _after_name(answer, position + 10))  # behind MNAME and RNAME
        return struct.unpack_from("!5I", answer, numbers)[0] if numbers + 20 == position + 10 + length else None
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


def _name(message, position):
    """The name there without compression, in lower case. Raises IndexError where it does not end, or points ahead.

    Servers compress as many labels as have the same octets, and may have a zone's name in another case than the question has it (RFC 4343).
    """
    labels, before = [], position
    while message[position]:
        length = message[position]
        if length >= 0xC0:
            position = (length & 0x3F) << 8 | message[position + 1]
            if position >= before:
                raise IndexError
            before = position
        else:
            labels.append(message[position : position + 1 + length])
            position += 1 + length
    return b"".join([*labels, b"\0"]).lower()  # a label's length is below 64 and no letter


def seconds_to_ask(zones):
    """For which a server is asked for all of zones: in proportion to their number."""
    return _ALL_ASKED + len(zones) / _RATE


def serials(address, zones, timeout=2.0, port=53):
    """Serials by zone, for those zones of which the server at address gives an authoritative answer within timeout seconds."""
    return {zone: serial for zone, serial in answered(address, zones, timeout, port).items() if serial is not None}


def answered(address, zones, timeout=2.0, port=53):
    """As L(serials), with None for zones of which it says within that time that it does not serve them."""
    return _answered(address, zones, timeout, port, question, serial_in)


def have(address, zones, rdtype, timeout=2.0, port=53):
    """Whether there are records of a type at the names of zones, for those of which the server gives an authoritative answer in time.

    A DS is in the zone above, which may have no such name yet; of others that is no answer, since the server may lack the zone.
    """
    read = _has_records_or_no_such_name if rdtype == _DS else _has_records
    found = _answered(address, zones, timeout, port, lambda zone, identifier: question(zone, identifier, rdtype), read)
    return {zone: there for zone, there in found.items() if there is not None}


def records(address, zones, rdtype, timeout=2.0, port=53):
    """Data of the records of a type at the names of zones, as the wire has it without compression: for types that hold no names.

    For those zones of which the server gives an authoritative answer in time, and all of it.
    """
    found = _answered(address, zones, timeout, port, lambda zone, identifier: question(zone, identifier, rdtype, 1), _data, _EDNS)
    return {zone: data for zone, data in found.items() if data is not None}


def messages(address, zones, rdtype, timeout=2.0, port=53):
    """Whole answers to the question for records of a type at the names of zones, for those of which an authoritative one comes in time, in one packet."""
    found = _answered(address, zones, timeout, port, lambda zone, identifier: question(zone, identifier, rdtype, 1), _whole, _EDNS)
    return {zone: answer for zone, answer in found.items() if answer is not None}


def _whole(answer, _query):
    flags = struct.unpack_from("!H", answer, 2)[0]
    return answer if flags & 0x0400 and not flags & 0x020F else None


def _data(answer, query):
    """None if it is no authoritative answer, or one that is cut off."""
    try:
        flags, _questions, count = struct.unpack_from("!3H", answer, 2)
        if not flags & 0x0400 or flags & 0x020F:
            return None
        wanted = struct.unpack_from("!H", query, len(query) - 4)[0]
        position, found = len(query), []
        for _record in range(count):
            start = _after_name(answer, position) + 10
            rdtype, rdclass, _ttl, length = struct.unpack_from("!HHIH", answer, start - 10)
            position = start + length
            if position > len(answer):
                return None
            if (rdtype, rdclass) == (wanted, _CLASS_IN):
                found.append(answer[start:position])
        return found
    except (struct.error, IndexError):
        return None


def _has_records(answer, _query):
    """Whether an authoritative answer has any records, None if it is none; one that is cut off has."""
    flags, _questions, records = struct.unpack_from("!3H", answer, 2)
    return bool(records or flags & 0x0200) if flags & 0x0400 and not flags & 0xF else None


def _has_records_or_no_such_name(answer, query):
    flags = struct.unpack_from("!H", answer, 2)[0]
    return False if flags & 0x0400 and flags & 0xF == _NXDOMAIN else _has_records(answer, query)


def _answered(address, zones, timeout, port, ask, read, additional=b""):
    """What read(answer, query) says of each zone's answer to ask(zone, identifier), for those that are answered within timeout seconds.

    additional: what follows each query.
    """
    found = {}
    waiting = list(zones)
    deadline = time.monotonic() + timeout
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        try:
            link.connect((address, port))
        except OSError:
            return found  # no way leads there, as from a host without IPv6
        while waiting and time.monotonic() < deadline:
            identifiers = random.sample(range(65536), min(_IN_FLIGHT, len(waiting)))
            asked = {identifier: (zone, ask(zone, identifier)) for identifier, zone in zip(identifiers, waiting)}
            _ask(link, asked, found, min(deadline, time.monotonic() + 0.5), read, additional)
            rest = [zone for zone, _query in asked.values()]
            # Those that gave no answer go to the end, so that a slow one does not hold up the others.
            waiting = waiting[len(identifiers) :] + rest
    return found


def _ask(link, asked, found, deadline, read, additional):
    """Send all of asked; move what is answered before the deadline from asked to found, as read sees it."""
    try:
        for _zone, query in asked.values():
            link.send(query + additional)
        while asked and time.monotonic() < deadline:
            try:
                answer = link.recv(4096)
            except BlockingIOError:
                if not select.select([link], [], [], max(0.0, deadline - time.monotonic()))[0]:
                    return
                continue
            match = asked.get(int.from_bytes(answer[:2], "big"))
            if match and answers(answer, match[1]):  # or it is late, for another question that had this identifier
                zone, query = match
                found[zone] = read(answer, query)
                del asked[struct.unpack_from("!H", query)[0]]
    except OSError:
        time.sleep(0.05)  # nobody listens there, or the buffer is full: ask again
