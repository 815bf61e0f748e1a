# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a running server serves what it was told to read."""

from __future__ import annotations

import random
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving import condition

_WATCHED = 50  # zones that are to disappear
_AT_ONCE = 10.0  # seconds, and what a slow server loads in each one beyond them; BIND 9.18 was seen to load ten times as many octets
_ZONES_A_SECOND, _OCTETS_A_SECOND = 200.0, 200000.0
_AGAIN = 60.0  # seconds to answer for what is somebody else's, of which it is not known how large it is
_KNOWN = 20  # zones, of all, that the server has to know afterwards


class Acceptance:
    """What the server of a host has of its zones. payload: see L(HostState).

    signed: zones whose serial is the server's own, before or after a change.
    """

    def __init__(self, software, payload):
        self.software = software
        self.payload = payload
        self.signed = set()

    def wait_until_served(self, staged, zones, gone):
        """Until the server itself gives the serials of zones that staged has. Raises Refused naming the zones for which it does not.

        Zones that are gone get a moment to disappear. They may also stay, if the administrator's own configuration has them.
        """
        serials = _serials(staged)
        missing = {zone: serials[zone] for zone in zones if zone in serials}
        deadline = time.monotonic() + _seconds_to_load(staged, missing)
        while missing and time.monotonic() < deadline:
            served = self.served(missing)
            missing = {zone: serial for zone, serial in missing.items() if served.get(zone) != serial}
            if missing:
                time.sleep(0.05)
        if missing:
            raise Refused("the server does not serve {} with the new serial; its log says why".format(", ".join(sorted(missing)[:10])))
        still_in_views = {domain_of(zone) for zone in (*serials, *self.payload["secondary"]) if view_of(zone)} if gone else ()
        gone = [zone for zone in gone if zone not in still_in_views]
        deadline = time.monotonic() + 5
        while gone and time.monotonic() < deadline and self.served(dict.fromkeys(gone[:_WATCHED])):
            time.sleep(0.05)

    def wait_until_known(self, zones):
        """Until the server says that it has some of these zones, as secondaries, which answer nothing before a transfer. Raises Refused.

        It may have read its files in vain, as where it was started with others.
        """
        unknown = random.sample(list(zones), min(_KNOWN, len(zones)))
        deadline = time.monotonic() + 10
        while unknown:
            unknown = self.software.unknown(unknown)
            if unknown and time.monotonic() > deadline:
                raise Refused("the server read its configuration and does not know {}; its log says why".format(", ".join(sorted(unknown)[:10])))

    def wait_until_answered(self, zones):
        """Until the server answers for zones of somebody else's for which it did before. Raises Refused naming those for which it does not."""
        missing, deadline = zones, time.monotonic() + _AGAIN + len(zones) / _ZONES_A_SECOND
        while missing:
            answered = self.answered(missing)
            missing = [zone for zone in missing if zone not in answered]
            if missing and time.monotonic() > deadline:
                raise Refused(
                    "the server answered for {}, which stays in the administrator's own files, and does no longer; its log says why".format(
                        ", ".join(missing[:10])
                    )
                )
            time.sleep(0.1 if missing else 0)

    def served(self, serials):
        """The serials of the texts that the server has of zones; of those that it signs it has to be asked otherwise. serials: see L(Software.loaded)."""
        signed = {zone: serial for zone, serial in serials.items() if zone in self.signed}
        return {**self.answered([zone for zone in serials if zone not in signed]), **self.software.loaded(signed)}

    def answered(self, zones):
        return condition.serials(self.software, self.payload, zones, 2.0)

    def otherwise(self, generation):
        """Zones, of some that are asked for, that the server does not serve as a generation's files say, after a moment to do so."""
        serials = _serials(generation)
        asked = dict(random.sample(sorted(serials.items()), min(_WATCHED, len(serials))))
        deadline = time.monotonic() + _seconds_to_load(generation, asked) / 2
        while True:
            served = self.served(asked)
            otherwise = sorted(zone for zone, serial in asked.items() if served.get(zone) != serial)
            if not otherwise or time.monotonic() > deadline:
                return otherwise
            time.sleep(0.05)


def _seconds_to_load(generation, zones):
    """For which a server gets to load zones: what a slow one needs, in proportion to their number and to what is in their files."""
    octets = sum(size for _sum, size, _time, facts in generation.files.values() if facts and facts["zone"] in zones)
    return _AT_ONCE + len(zones) / _ZONES_A_SECOND + octets / _OCTETS_A_SECOND


def _serials(generation):
    return {entry[3]["zone"]: entry[3]["serial"] for entry in generation.files.values() if entry[3]}
