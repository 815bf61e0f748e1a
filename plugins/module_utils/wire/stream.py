# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS messages over TCP (RFC 7766) or TLS (RFC 7858, RFC 9103), with a deadline for everything."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server

CHUNK = 1 << 18
MOMENT = 0.001  # s; a socket timeout of 0 would mean "do not block"


class Stream:
    """One connection to a server. Times are on the monotonic clock.

    Everything raises socket.timeout when ``until`` has come, EOFError when the server has closed the connection between
    or inside messages, ssl.SSLError and any other OSError.
    """

    def __init__(self, server: Server, until: float):
        port = server.tls_port if server.tls else server.port
        self.socket: Any = socket.create_connection((server.address, port), _left(until))
        self._buffer = bytearray()
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if server.tls:
                self.socket.settimeout(_left(until))
                self.socket = tls_context(server).wrap_socket(self.socket, server_hostname=server.tls_hostname)
        except BaseException:
            self.socket.close()
            raise

    def send(self, wire: bytes, until: float) -> None:
        self.socket.settimeout(_left(until))
        self.socket.sendall(len(wire).to_bytes(2, "big") + wire)

    def receive(self, until: float) -> bytes:
        """The next message."""
        buffer = self._buffer
        while True:
            if len(buffer) >= 2:
                end = 2 + ((buffer[0] << 8) | buffer[1])
                if len(buffer) >= end:
                    message = bytes(buffer[2:end])
                    del buffer[:end]  # bytearray moves its start, not its content
                    return message
            self.socket.settimeout(_left(until))
            part = self.socket.recv(CHUNK)
            if not part:
                raise EOFError
            buffer += part

    def close(self) -> None:
        self.socket.close()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise socket.timeout("the deadline has passed")
    return max(MOMENT, left) if left != float("inf") else None


def tls_context(server: Server) -> ssl.SSLContext:
    """TLS 1.3 with ALPN ``dot`` (RFC 9103, section 7.1). Without a host name the server is not authenticated."""
    context = ssl.create_default_context(cafile=server.tls_ca_file, cadata=server.tls_ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["dot"])
    if not server.tls_hostname:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
