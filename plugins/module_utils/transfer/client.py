# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one zone transfer and say how it went."""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer, TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import canonical_records
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import (
    NotForUs,
    SignedSoaQuestion,
    SoaQuestion,
    Truncated,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.stream import Stream


class Limits(NamedTuple):
    """``timeout``: s to connect and between messages; ``until``: the end of everything, on the monotonic clock."""

    timeout: float
    until: float
    max_records: int
    max_size: int

    def next_message(self) -> float:
        return min(time.monotonic() + self.timeout, self.until)


class Outcome(NamedTuple):
    """How a transfer ended; ``transfer`` holds the counts and, when complete, the messages."""

    transfer: Transfer
    state: str
    detail: str
    rcode: int | None
    duration: float
    serves_zone: bool | None  # None: could not be found out


def carry_out(transfer: Transfer, server: Server, limits: Limits) -> Outcome:
    """Run the transfer to its end, good or bad; nothing is raised."""
    started = time.monotonic()
    state, detail, rcode, serves_zone = "allowed", "", 0, None
    stream = None
    try:
        stream = Stream(server, limits.next_message())
        _run(transfer, stream, limits)
        serves_zone = True
    except TransferError as error:
        state, detail, rcode = error.state, error.detail, error.rcode
        if stream is not None and state in ("refused", "not_authoritative"):
            serves_zone = _serves_zone(transfer, stream, limits)
            if state == "not_authoritative" and serves_zone:
                # some servers deny a transfer with NOTAUTH; it is a denial when they do serve the zone
                state = "refused"
    except socket.timeout:
        if time.monotonic() >= limits.until:
            state, detail, rcode = "timeout", f"the deadline came after {transfer.records} records", None
        else:
            state, detail, rcode = "timeout", f"nothing came for {limits.timeout:g} s", None
    except EOFError:
        what = f"after {transfer.records} records" if transfer.message_count else "without an answer"
        state, detail, rcode = "truncated", f"the server closed the connection {what}", None
    except ssl.SSLError as error:
        state, detail, rcode = "tls_failed", str(getattr(error, "verify_message", "") or error.reason or error), None
    except OSError as error:
        cut = transfer.message_count and isinstance(error, ConnectionResetError)
        state = "truncated" if cut else "unreachable"
        detail, rcode = str(error.strerror or error), None
    finally:
        if stream is not None:
            stream.close()
    return Outcome(transfer, state, detail, rcode, time.monotonic() - started, serves_zone)


def transferred_records(zone: Any, server: Server, limits: Limits) -> Iterator[bytes]:
    """The canonical records of a zone (dns.name.Name) as this server transfers it. Raises TransferError."""
    outcome = carry_out(Transfer(zone, None, server.key, limits.max_records), server, limits)
    if outcome.state != "allowed":
        raise TransferError(outcome.state, outcome.detail, outcome.rcode)
    yield from canonical_records(outcome.transfer.messages, zone)


def _run(transfer: Transfer, stream: Stream, limits: Limits) -> None:
    stream.send(transfer.query, limits.next_message())
    feed, receive = transfer.feed, stream.receive
    while not feed(receive(limits.next_message())):
        if transfer.size > limits.max_size:
            raise TransferError("too_large", f"more than {limits.max_size} bytes")


def _serves_zone(transfer: Transfer, stream: Stream, limits: Limits) -> bool | None:
    """Ask for the SOA on the same connection: was this zone denied to us, or is it not there?"""
    name = transfer.zone.to_wire()
    question: Any = SignedSoaQuestion(name, transfer.key) if transfer.key else SoaQuestion(name)
    wire, mac = question.query(random.getrandbits(16))
    until = limits.next_message()
    try:
        stream.send(wire, until)
        answer = question.read(stream.receive(until), mac)
    except (NotForUs, Truncated, EOFError, OSError):
        return None
    if answer.problem is None:
        return True
    return False if answer.problem == "not_authoritative" else None
