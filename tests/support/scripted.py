# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server on loopback that says exactly what a test tells it to: what real servers will not do.

    def lie(query):
        yield soa_answer(query, serial=99)

    with scripted_server(udp=lie) as server:
        ask(server.address, server.port)
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import dns.flags
import dns.message
import dns.rrset
from ansible_collections.authoritative.dns.tests.support.named import free_port

Script = Callable[[bytes], Iterable[bytes]]


class Scripted(NamedTuple):
    address: str
    port: int
    queries: list[bytes]  # all that came, in order


@contextlib.contextmanager
def scripted_server(
    udp: Script | None = None, tcp: Script | None = None, address: str = "127.0.0.1", port: int | None = None
) -> Iterator[Scripted]:
    """Answer each query with the messages that the script yields for it; without a script, say nothing.

    Over TCP the messages get their length in front, and the connection is closed when a script raises EOFError.
    A script that yields ``memoryview`` objects has them sent as they are, without a length.
    """
    server = Scripted(address, port or free_port(address), [])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    stop = threading.Event()
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams, socket.socket(family, socket.SOCK_STREAM) as listener:
        datagrams.bind((address, server.port))
        listener.bind((address, server.port))
        listener.listen(16)
        datagrams.settimeout(0.1)
        listener.settimeout(0.1)
        threads = [
            threading.Thread(target=_serve_udp, args=(datagrams, udp, server.queries, stop)),
            threading.Thread(target=_serve_tcp, args=(listener, tcp, server.queries, stop)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _serve_udp(datagrams: socket.socket, script: Script | None, queries: list[bytes], stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(OSError):
            query, client = datagrams.recvfrom(65535)
            queries.append(query)
            for message in script(query) if script else ():
                datagrams.sendto(message, client)


def _serve_tcp(listener: socket.socket, script: Script | None, queries: list[bytes], stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(OSError):
            connection, _client = listener.accept()
            threading.Thread(target=_talk, args=(connection, script, queries, stop), daemon=True).start()


def _talk(connection: socket.socket, script: Script | None, queries: list[bytes], stop: threading.Event) -> None:
    with connection, contextlib.suppress(OSError, EOFError):
        connection.settimeout(30)
        while not stop.is_set():
            size = int.from_bytes(_exactly(connection, 2), "big")
            query = _exactly(connection, size)
            queries.append(query)
            for message in script(query) if script else ():
                if stop.is_set():
                    return
                head = b"" if isinstance(message, memoryview) else len(message).to_bytes(2, "big")
                connection.sendall(head + message)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def reply_to(query: bytes, rcode: int = 0, aa: bool = True) -> dns.message.Message:
    """An empty answer to this query, to be filled; a signed query is not verified, its answer not signed."""
    reply = dns.message.make_response(dns.message.from_wire(query, question_only=True))
    reply.set_rcode(rcode)
    if aa:
        reply.flags |= dns.flags.AA
    return reply


def soa_answer(query: bytes, serial: int = 1, rcode: int = 0, aa: bool = True) -> bytes:
    """The usual answer to a question for an SOA."""
    reply = reply_to(query, rcode, aa)
    reply.answer.append(soa(reply.question[0].name, serial))
    return reply.to_wire()


def soa(name: object, serial: int) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, 300, "IN", "SOA", f"ns1.example. hostmaster.example. {serial} 3600 600 1209600 300")
