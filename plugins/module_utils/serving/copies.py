# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that a server transfers, and gets neither by itself nor soon."""

from __future__ import annotations

import time

_AT_ONCE, _A_SECOND = 15.0, 10.0  # seconds for those that come soon, and what comes at least in each one beyond them
_AGAIN = 1.0  # seconds between two requests


def ask_for(software, zones, missing, seconds):
    """Have the server ask for zones until they have come, or these seconds are over. missing: gives those of a list that have not. Returns the rest."""
    end = time.monotonic() + seconds
    zones = missing(zones) if zones else zones
    while zones and time.monotonic() < end:
        software.refresh(zones)
        time.sleep(_AGAIN)
        zones = missing(zones)
    return zones


def bring_back(software, serials, zones):
    """Until the server has these zones again that it had before it was started with another configuration, or for a while, have it ask for them.

    Refused once by a busy primary, it may wait for minutes by itself. serials: gives {zone: serial} of those of the zones it is called with that the
    server has. Returns zones that have not come.
    """

    def missing(some):
        served = serials(some)
        return [zone for zone in some if zone not in served]

    return ask_for(software, zones, missing, _AT_ONCE + len(zones) / _A_SECOND)
