# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of catalogs (RFC 9432) to which the running server may not come by itself, or not soon.

Of the two catalogs of a member that goes from one to another it hears in any order. Of the new one first, it ignores the member there, lets it go when
it hears of the former one, and looks at the new one never again. And of a member's change it may have been told before it knew with which key to ask for it.
"""

from __future__ import annotations

import random
import time

from ansible_collections.authoritative.dns.plugins.module_utils.serving import condition, copies, served_serials

_LOOKED_FOR = 100  # members; what is done for one is done for all of its catalog
_BEGUN = 6.0  # seconds in which a server hears of its former catalog, that its primary told it of
_OVER = 30.0  # seconds until it has the member from the new one
_AGAIN = 2.0  # seconds between two looks of the server at its catalogs
_ASKED = 1.0  # seconds


def follow(state):
    """Until the running server let each of the members go and has it again, or for a while, have it look at their catalogs where it knows none of them."""
    members = state.payload["members"]
    ahead = [zone for zone in state.payload["moving"] if zone in members]
    ahead = random.sample(ahead, min(_LOOKED_FOR, len(ahead)))
    gone, began, looked = set(), time.monotonic(), 0.0
    while ahead and time.monotonic() - began < (_OVER if gone else _BEGUN):
        served = condition.answered(state.software, state.payload, ahead, _ASKED)
        absent = {zone for zone, serial in served.items() if serial is None}
        gone |= absent
        ahead = [zone for zone in ahead if zone in absent or zone not in gone]
        if absent and time.monotonic() - looked >= _AGAIN:
            state.software.consume(sorted({members[zone] for zone in state.software.unknown(sorted(absent))}))
            looked = time.monotonic()
        time.sleep(0.1)


def catch_up(state, catalogs):
    """Until the server has what this run brings to members of catalogs that it transfers with other settings now, or for a while, have it ask for that."""
    members = state.payload["members"]
    ahead = {zone: serial for zone, serial in state.payload["brought"].items() if members.get(zone) in catalogs}

    def missing(zones):
        served = condition.answered(state.software, state.payload, zones, served_serials.seconds_to_ask(zones))
        return [zone for zone in zones if served.get(zone) in (None, ahead[zone])]

    copies.ask_for(state.software, sorted(ahead), missing, _OVER)
