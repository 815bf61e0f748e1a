# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of zones that a server had and has to transfer anew, as one that was started with another configuration."""

from __future__ import annotations

import time

_AT_ONCE, _A_SECOND = 15.0, 10.0  # seconds for those that come soon, and what comes at least in each one beyond them
_AGAIN = 1.0  # seconds between two requests


def bring_back(software, serials, zones):
    """Until the server has these zones again, or for a while, have it ask for them: refused once by a busy primary, it may wait for minutes by itself.

    serials: gives {zone: serial} of those of the zones it is called with that the server has. Returns zones that have not come.
    """
    deadline = time.monotonic() + _AT_ONCE + len(zones) / _A_SECOND
    while True:
        served = serials(zones) if zones else {}
        zones = [zone for zone in zones if zone not in served]
        if not zones or time.monotonic() > deadline:
            return zones
        software.refresh(zones)
        time.sleep(_AGAIN)
