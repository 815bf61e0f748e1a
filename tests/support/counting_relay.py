# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a secondary and its primary on loopback, and counts what the primary sends over TCP.

    with counting_relay(primary.address, primary.port) as relay:
        ...  # the secondary transfers from relay.address, relay.port
        assert relay.octets < 1000
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

from ansible_collections.authoritative.dns.tests.support.named import free_port

_AT_ONCE = 65536


class Relay:
    """octets: sent by the primary over TCP since the relay was made, or since somebody set it to 0."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, free_port(address)
        self.octets = 0
        self._primary = (address, port)
        self._selector = selectors.DefaultSelector()
        self._over = False
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for listener, then in ((self._udp, self._question), (self._tcp, self._connection)):
            listener.bind((self.address, self.port))
            self._selector.register(listener, selectors.EVENT_READ, then)
        self._tcp.listen()

    def run(self) -> None:
        while not self._over:
            for key, _events in self._selector.select(0.1):
                with contextlib.suppress(OSError):
                    key.data(key.fileobj)

    def stop(self) -> None:
        self._over = True

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _question(self, _listener: socket.socket) -> None:
        question, who = self._udp.recvfrom(_AT_ONCE)
        forward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        forward.connect(self._primary)
        forward.send(question)

        def answer(ready: socket.socket) -> None:
            self._selector.unregister(ready)
            with ready:
                self._udp.sendto(ready.recv(_AT_ONCE), who)

        self._selector.register(forward, selectors.EVENT_READ, answer)

    def _connection(self, _listener: socket.socket) -> None:
        secondary, _who = self._tcp.accept()
        primary = socket.create_connection(self._primary, 10)
        self._selector.register(secondary, selectors.EVENT_READ, lambda _ready: self._pass_on(secondary, primary))
        self._selector.register(primary, selectors.EVENT_READ, lambda _ready: self._pass_on(primary, secondary))

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            octets = source.recv(_AT_ONCE)
        except OSError:
            octets = b""
        if octets:
            with contextlib.suppress(OSError):
                target.sendall(octets)
            self.octets += len(octets) * (source.getpeername() == self._primary)
            return
        for end in (source, target):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(end)
            end.close()


@contextlib.contextmanager
def counting_relay(address: str, port: int) -> Iterator[Relay]:
    relay = Relay(address, port)
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join()
        relay.close()
