# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the name server of this host has learned of all zones that its catalogs list (RFC 9432), and of no others: the server itself is asked."""

from __future__ import annotations

import shutil
import time
from collections import Counter

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.reading.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.reading.nsd import Nsd
from ansible_collections.authoritative.dns.plugins.module_utils.reading.powerdns import PowerDns
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import COMMON_SPEC

ARGUMENTS = dict(
    COMMON_SPEC,
    server={"type": "str", "required": True},
    address={"type": "str", "required": True},
    catalogs={
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "members": {"type": "list", "elements": "str", "required": True}},
    },
    wait_timeout={"type": "float", "default": 0.0},
)
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
_LOOKS = 1.0  # seconds between two looks


def programs():
    """The name servers that run on this host."""

    def run(command, _directory):
        return processes.run(command)

    found = [kind(run, lambda name: shutil.which(name, path=_PATH)) for kind in (Bind, Nsd, Knot, PowerDns)]
    return [program for program in found if program.runs]


def verify(params, running=programs):
    """See L(verification.look). running: gives the name servers to ask, as L(programs).

    Results are about catalogs from which a server learns; of others it has what it is configured for.
    """
    listed = {item["name"]: frozenset(item["members"]) for item in params["catalogs"]}
    started = time.monotonic()
    until = started + min(params["wait_timeout"], params["deadline"])
    while True:
        learned, untold = _learned(running, listed)
        differing = any(zones != listed[name] for name, zones in learned.items())
        if not differing or time.monotonic() + _LOOKS > until:
            break
        time.sleep(_LOOKS)
    states, results = Counter(), []
    for name, zones in sorted(learned.items()):
        for state, found in (("learned", zones & listed[name]), ("not_learned", listed[name] - zones), ("unlisted", zones - listed[name])):
            states[state] += len(found)
            if state != "learned" or params["detail"] == "all":
                results += [_result(zone, name, state, params) for zone in sorted(found)]
    return {
        "what": "members of catalogs",
        "describe": describe,
        "results": results,
        "states": states,
        "warnings": untold,
        "summary": {"catalogs": len(learned), "results": sum(states.values()), "elapsed": round(time.monotonic() - started, 3)},
    }


def describe(result):
    return f"{result['zone']} of the catalog {result['catalog']} at {result['server']}: {result['state']}: {result['detail']}"


def _learned(running, listed):
    """({catalog: zones} of those from which the servers learn, why some of them do not tell)."""
    learned = {}
    try:
        for program in running():
            learned.update({name: zones for name, zones in program.learned(listed).items() if name in listed})
    except (Refused, OSError) as error:
        return {}, [f"which zones the name server of this host learned of from catalogs cannot be told: {error}"]
    return learned, []


_DETAILS = {
    "learned": "",
    "not_learned": "the catalog is to list it, and the server has not learned of it",
    "unlisted": "the server learned of it, and the declared catalog does not list it",
}


def _result(zone, catalog, state, params):
    return {
        "zone": zone,
        "catalog": catalog,
        "server": params["server"],
        "address": params["address"],
        "state": state,
        "ok": state == "learned",
        "detail": _DETAILS[state],
    }
