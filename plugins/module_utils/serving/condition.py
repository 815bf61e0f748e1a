# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which condition a name server is: stopped, running, hanging, or not the one that is meant."""

from __future__ import annotations

import random
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving import listeners, served_serials

_SAMPLE = 50  # zones
_ASKED = 1.0  # seconds for the sample
_STARTING = 5.0  # seconds
_OCTETS_A_SECOND = 1e6  # of a zone file, that a server loads


def runs(state):
    """Whether the server runs, and so has to take what changes. Raises Refused where it does and cannot, and where another is in its place."""
    software = state.software
    own = software.processes()
    _look_for_rivals(state, own)
    if not own:
        _refuse_another_configuration(software)
        if not software.service_runs():
            return False
    # A server whose configuration is lost, or not this collection's, is restarted: its program for commands could not tell where it listens.
    if software.always_commanded or (state.entry.read() == state.payload["entry"] and not state.lost):
        stopped = next((process for process in own if process.stopped), None)
        how = f"{stopped} is stopped by a signal" if stopped else _unheard(software)
        if how and own and not _still(software, own):
            # It only tries to start, again and again, as one does that its package starts without what it needs.
            _refuse_another_configuration(software)
            return False
        if how:
            raise Refused(f"{software.daemon} runs and takes no commands: {how}. What changes would not be served; see to it that it does, or stop it")
    return True


def _still(software, found):
    """Whether one of the processes that were found is still there."""
    return bool({process.pid for process in found} & {process.pid for process in software.processes()})


def _unheard(software):
    """Why the server takes no commands, None if it does. One that has just been started, as by its package, gets a moment."""
    deadline = time.monotonic() + _STARTING
    how = software.unheard()
    while how and time.monotonic() < deadline:
        time.sleep(0.2)
        how = software.unheard()
    return how


def _look_for_rivals(state, own):
    payload = state.payload
    for process, address in listeners.holders(payload["addresses"], payload["port"], own):
        how = state.software.elsewhere(process.words) if process and process.name == state.software.daemon else None
        who = " ".join(filter(None, [str(process or "a process that cannot be seen from here"), how]))
        remedy = "Stop and disable it, or let nameserver_software name it"
        if address not in payload["addresses"] and "0.0.0.0" in payload["addresses"]:
            remedy = "List the host's addresses instead of any in nameserver_listen_on, or stop and disable it"
        elif address in payload["addresses"] and len(payload["addresses"]) > 1:
            remedy = "Stop and disable it, let nameserver_software name it, or list only other addresses in nameserver_listen_on"
        raise Refused(f"{who} has port {payload['port']} of {address}, which {state.layout['service']} needs. {remedy}")


def _refuse_another_configuration(software):
    main = software.service_process()
    for process in listeners.processes(software.daemon):
        how = software.elsewhere(process.words)
        if process.pid == main and how:
            raise Refused(f"{process} runs {how}: it would not read what this run writes. Have {software.layout['service']} start it without that")


def stale(state):
    """Zones, of a sample of those that this host is primary for, of which the running server says that it has not what their files say.

    What it does not answer says nothing: its address may be elsewhere at the moment.
    """
    serials = {entry[3]["zone"]: entry[3]["serial"] for entry in state.current.files.values() if entry[3]}
    chosen = random.sample(sorted(serials), min(_SAMPLE, len(serials)))
    served = answered(state.software, state.payload, chosen, _ASKED)
    absent = [zone for zone, serial in served.items() if serial is None]
    octets = sum(entry[1] for entry in state.current.files.values() if entry[3] and entry[3]["zone"] in absent)
    deadline = time.monotonic() + _ASKED + octets / _OCTETS_A_SECOND  # a server that has just been started may be loading them
    while absent and time.monotonic() < deadline:
        time.sleep(0.1)
        served.update(answered(state.software, state.payload, absent, _ASKED))
        absent = [zone for zone in absent if served[zone] is None]
    signed = state.signed()
    behind = {
        zone: serials[zone] for zone, serial in served.items() if zone in signed and serial is not None and serial_numbers.newer(serials[zone], serial)
    }
    served.update(state.software.loaded(behind))  # a signer's own serial may stay below that of the text
    return sorted(zone for zone, serial in served.items() if serial is None or serial_numbers.newer(serials[zone], serial))


def transferred(state):
    """The serial, or None where it has nothing of it, by zone that this host transfers, for those of which the running server says so in time."""
    zones = [*state.payload["secondary"], *state.payload["members"]] if state.running else []
    return answered(state.software, state.payload, zones, served_serials.seconds_to_ask(zones))


def answered(software, payload, zones, timeout):
    """The host's own server's serials of zones, as L(served_serials.answered). What it has in views, its program tells."""
    in_views = [zone for zone in zones if view_of(zone)]
    asked = [zone for zone in zones if not view_of(zone)] if in_views else zones
    found = served_serials.answered(payload["address"], asked, timeout, payload["port"])
    return {**found, **software.serials_in_views(in_views)} if in_views else found


def serials(software, payload, zones, timeout):
    """As L(answered), of those zones of which it has one."""
    return {zone: serial for zone, serial in answered(software, payload, zones, timeout).items() if serial is not None}


def has_something(state):
    """Whether the server has anything of any zone that this host transfers."""
    return any(serial is not None for serial in transferred(state).values())


def waiting(state, found):
    """Zones that the server asks its primaries for again by itself, but after minutes where these were down for a while. found: see L(transferred).

    About a catalog not every program answers.
    """
    catalogs = set(state.payload["members"].values())
    return sorted(zone for zone, serial in found.items() if serial is None and zone not in catalogs)
