# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changes, for people to read before and after it."""

from __future__ import annotations

import os

from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import without_secrets
from ansible_collections.authoritative.dns.plugins.module_utils.serving import former_zones

_SHOWN_RECORDS = 50  # a zone
_SHOWN_ZONES = 50


def difference(state, changes):
    """For the key C(diff) of a module's result: zones by records, configuration by lines, keys never."""
    shown = sorted(changes["zones"].items())[:_SHOWN_ZONES]
    former = former_zones.records(state, [zone for zone, _what in shown if state.current.facts(state.zone_file(zone)) is None])
    diff = [_zone_difference(state, zone, text, former.get(zone)) for zone, (_serial, text) in shown]
    diff += [told(f"zone {state.zone_removed(name)}: removed with its file") for name in changes["removed"][:_SHOWN_ZONES]]
    for kind in ("zones", "removed"):
        if len(changes[kind]) > _SHOWN_ZONES:
            diff.append(told(f"… and {len(changes[kind]) - _SHOWN_ZONES} more zones {'changed' if kind == 'zones' else kind}"))
    for name in changes["config"]:
        if name in state.payload["secret"]:
            diff.append(told(f"{os.path.join(state.generations.link, name)}: keys, which are not shown"))
            continue
        diff.append(file_difference(os.path.join(state.generations.link, name), state.current.read(name), state.payload["config"][name]))
    for name in changes["access"][:_SHOWN_ZONES]:
        path = os.path.join(state.generations.directory, *(["current", name] if name else []))
        diff.append(told(f"{os.path.normpath(path)}: owner, group and mode, so that root alone writes it and {state.layout['group']} alone reads it"))
    if changes["repaired"]:
        diff.append(told(f"{os.path.join(state.generations.link, 'manifest.json')}: made again from the files beside it"))
    if changes["moved"]:
        diff.append(told(f"{state.generations.previous}: moves to {state.generations.directory}, where root alone can write"))
    if changes["entry"]:
        diff.append(file_difference(state.entry.path, state.entry.read(), state.payload["entry"]))
    return diff


def _zone_difference(state, zone, text, former):
    """former: the records that the server has of it from others, None if it has none."""
    name = state.zone_file(zone)
    fold = former_zones.folded if former else str
    before, after = ({fold(line): line for line in lines} for lines in (former or records_of(state.current.read(name)), records_of(text)))
    lines = ["- " + before[key] for key in before if key not in after] + ["+ " + after[key] for key in after if key not in before]
    left_out = len(lines) - _SHOWN_RECORDS
    if left_out > 0:
        lines = [*lines[:_SHOWN_RECORDS], f"… and {left_out} more records"]
    head = "zone {}{}".format(zone, ", which was edited by hand" if name in state.edited else ", taken over" if former else "" if before else ", new")
    return told("\n".join([head, *lines]))


def told(text):
    """An entry of a difference that is no comparison of two texts: Ansible writes one behind the other."""
    return {"prepared": text + "\n"}


def records_of(text):
    """The records of a zone file as this collection writes it, one a line, without class; {line: None} keeps their order."""
    lines = (line for line in (text or "").splitlines() if line and not line.startswith((";", "$")))
    return {line.replace(" IN ", " ", 1): None for line in lines}


def file_difference(path, before, after):
    """Of two texts, by lines. before: may be what somebody else wrote, with keys and passwords in between, or None."""
    return {"before_header": path, "after_header": path, "before": without_secrets(before or ""), "after": after}
