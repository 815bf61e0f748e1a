# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which serials servers have that this collection does not configure, or that the run does not reach: all of them asked at once."""

from __future__ import annotations

import socket
import threading
import time

from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials

_LOOKED_UP = 3.0  # seconds for names of servers, beside those for their zones
_TRIES = 2  # addresses of one name


def ask(servers):
    """({server: {zone: serial}}, names of those that said nothing at all). servers: [name, host, port, zones] each; host: an address or a name.

    It takes as long as the slowest of them may, whatever their number. A name that this host cannot look up is one that says nothing.
    """
    heard = {}
    threads = [threading.Thread(target=_ask, args=(heard, *server), daemon=True) for server in servers]  # no lookup holds up the module's end
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _LOOKED_UP + _TRIES * max((served_serials.seconds_to_ask(zones) for _name, _host, _port, zones in servers), default=0.0)
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    answered = dict(heard)
    serials = {name: {zone: serial for zone, serial in answered.get(name, {}).items() if serial is not None} for name, _host, _port, _zones in servers}
    return serials, {name for name, found in serials.items() if name not in answered}


def _ask(heard, name, host, port, zones):
    """Enter what the first of the server's addresses says that says anything."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return
    for address in list(dict.fromkeys(place[0] for _family, _type, _protocol, _name, place in found))[:_TRIES]:
        answered = served_serials.answered(address, zones, served_serials.seconds_to_ask(zones), port)
        if answered:
            heard[name] = answered
            return
