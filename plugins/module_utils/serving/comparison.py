# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has that differs from what it should have, as the controller needs it."""

from __future__ import annotations

import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving import (
    condition,
    delegations,
    former_zones,
    other_servers,
    served_serials,
    signing_state,
)
from ansible_collections.authoritative.dns.plugins.module_utils.serving.difference import records_of

_SOA = re.compile(r"\sSOA\s+(?!\\#)\S+\s+\S+\s*\(?\s*(?:;[^\n]*\n\s*)*(\d+)")


def compare(state, now):
    """What differs from the payload, as the controller needs it to choose serials and to send no more than that."""
    state.ask()
    differing, delegating = {}, {}
    served = {facts[3]["zone"] for facts in state.current.files.values() if facts[3]} | set(state.current.notes.get("secondary", {}))
    if state.payload["selected"] is not None:
        served &= set(state.payload["selected"])
    shared = set(state.payload["shared"])
    removed = state.current.notes.get("removed", {})
    for name, (zone, digest) in state.wanted.items():
        facts = state.current.facts(name)
        if facts is None:
            differing[zone] = [None, [serial for serial in [removed.get(zone)] if serial is not None], None]
            continue
        if name in state.edited or zone in shared or delegations.declared_digest(state, zone, name, facts) != digest:
            into = differing
        elif zone in state.payload["delegations"]:
            into = delegating
        else:
            continue
        written = facts["digest"] if name not in state.edited else None
        into[zone] = [written, [facts["serial"], facts["issued"], *_serial_on_disk(state, name)], _weight(state, zone, name)]
    entries = {**differing, **delegating}
    ask = list(entries)
    # Their primary may have an older copy, if it was lost.
    transferred = condition.transferred(state) if state.running else _kept(state)
    waiting = condition.waiting(state, transferred)
    outside, silent = other_servers.ask(state.payload["outside"])
    answered, own_content = {}, {}
    for zone, serial in ({} if state.running else _kept(state, ask)).items():
        entries[zone][1].append(serial)  # it was a secondary, and is a primary now
    if ask and state.running:
        # Somebody else may have moved the serial, or served the zone before this collection did.
        answered = _served(state, [zone for zone in ask if not view_of(zone) or entries[zone][2] is not None])
        for zone, serial in answered.items():
            entries[zone][1].append(serial)
        new = [zone for zone in differing if differing[zone][2] is None]
        for zone, holding in former_zones.held(state, new, answered).items():
            differing[zone][1] += holding.serials
            differing[zone][2] = holding.weight and [holding.weight[0] + 1, holding.weight[1]]
            if holding.how:
                own_content[zone] = holding.how
    agrees = not differing and not state.result(state.changes(), [], False)["changed"]
    return {
        "differing": {
            "zones": differing,
            "waiting": waiting if agrees else [],
            "delegating": delegating,
            "moving": state.moving(differing),
            "delegations": delegations.found(state),
            "demanded": delegations.demanded(state),
            "time": now,
            "seen": state.digest(),
            "serials": _serials(state),
            "transferred": {zone: serial for zone, serial in transferred.items() if serial is not None},
            "outside": outside,
            "silent": sorted(silent),
        },
        "agrees": agrees and not waiting,
        "own_content": own_content,
        "keys_elsewhere": signing_state.keys_elsewhere(state),
        "ds_without_keys": signing_state.ds_without_keys(state, answered.keys() - own_content.keys()),
        "insecure_too_early": signing_state.insecure_too_early(state),
        "still_signed": signing_state.still_signed(state),
        "left_out": sorted(former_zones.left_out(state)),
        "served": len(served),
        "tsig_generations": state.current.notes.get("tsig_generations", []),
        "removed": sorted(state.not_served(served)),
        "edited": sorted(state.edited),
    }


def _serials(state):
    """What this host has of zones that it is primary for. Of those that it signs it is what it serves, and nothing where it does not."""
    serials = {zone: state.current.facts(name)["serial"] for name, (zone, _digest) in state.wanted.items() if state.current.facts(name)}
    signed = [zone for zone in state.signed() if zone in serials]
    served = _served(state, signed) if state.running else {}
    return {**{zone: serial for zone, serial in serials.items() if zone not in signed}, **served}


def _served(state, zones):
    """Serials by zone, in time that is in proportion to their number."""
    return condition.serials(state.software, state.payload, zones, served_serials.seconds_to_ask(zones))


def _kept(state, zones=None):
    """Serials of copies on the disk of a server that is stopped, by zone: of those that it transfers, or of these that it did. Catalogs' members apart."""
    known = state.current.notes.get("secondary", {})
    return state.software.kept({**known, **state.payload["secondary"]} if zones is None else {zone: known[zone] for zone in zones if zone in known})


def _weight(state, zone, name):
    """What a zone would lose, for the guard against losing much: its number of declared records and its apex name servers."""
    below = state.payload["delegations"].get(zone, {}).get("below", {})
    records = records_of(delegations.without_signers(state.current.read(name) or "", zone, below))
    return [len(records), sorted(line.split(" ", 3)[3] for line in records if line.startswith("@ ") and line.split(" ", 3)[2] == "NS")]


def _serial_on_disk(state, name):
    if name not in state.edited:
        return []
    found = _SOA.search(state.current.read(name) or "")
    return [int(found.group(1)) % 2**32] if found else []
