# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DS records a declared zone has for declared zones below it, from what their signers want and what their servers show.

A DS whose key a server of the zone lacks makes the zone bogus for whoever asks there. So the DS records change only where all that
is needed was seen, and otherwise stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record

# {zone: {zone below: DS records}}
Signers = dict[str, dict[str, list[str]]]


def agreed(found: Mapping[str, Mapping[str, Any]], host: str) -> tuple[Signers, set[str], list[str]]:
    """(the DS records of each zone that a host holds, those of these zones where they, or their TTLs, change, why some stay although others are wanted).

    found: C(differing) of the comparison of each host. Where a zone has several primaries, the first that was compared looks for all of them, so that each
    comes to the same.
    """
    wanted = {zone: said for item in found.values() for zone, said in (item.get("demanded") or {}).items()}
    signers: Signers = {}
    changed: set[str] = set()
    kept: list[str] = []
    for zone in found[host].get("delegations") or {}:
        looked = next(item["delegations"][zone] for item in found.values() if zone in (item.get("delegations") or {}))
        signers[zone] = {}
        for child, seen in looked.items():
            records, why = _decided(seen, wanted.get(child))
            signers[zone][child] = records
            if why:
                have = "; ".join(seen["ds"]) or "none"
                kept.append(f"zone {zone}: the DS records of {child} stay as they are ({have}), although its signer wants others, because {why}")
        own = found[host]["delegations"][zone]
        if any(seen["ds"] != signers[zone][child] or seen["other_ttl"] for child, seen in own.items()):
            changed.add(zone)
    return signers, changed, kept


def _decided(seen: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> tuple[list[str], str | None]:
    """The DS records of one zone below, and what is in the way of others.

    wanted: by its signer, None if this was not asked in this run.
    """
    present, shown, lacking = seen["ds"], seen["shown"], seen["lacking"]
    if wanted is None or wanted["ds"] == present:
        return present, None
    if not wanted["ds"]:
        # Without a key whose time has come, nothing is known that could take the place of a DS, unless none is to be there.
        return ([], None) if wanted["ending"] else (present, None)
    silent = sorted(server for server, number in lacking.items() if number is None)
    if silent:
        return present, f"{', '.join(silent)} gave no answer about its keys"
    missing = [ds.split()[0] for ds in wanted["ds"] if ds not in shown]
    if missing:
        who = f"{', '.join(sorted(lacking))} does not show" if lacking else "none of its servers shows"
        return present, f"{who} its key {' and '.join(missing)} yet"
    return wanted["ds"], None


def ttl(zone: Zone, child: str, declaration: Declaration) -> int:
    """That of the DS records of a zone below: at most what the policy of that one says that resolvers remember them for."""
    policy = declaration.zones[child].dnssec
    return min(zone.content.soa.ttl, policy.parent_ds_ttl) if policy else zone.content.soa.ttl


def with_signers(zone: Zone, signers: Mapping[str, Iterable[str]], declaration: Declaration) -> Zone:
    """The zone with DS records, {zone below: data}."""
    records = []
    for child, data in signers.items():
        owner = child if zone.name == "." else child[: -len(zone.name) - 1]
        records += [Record(owner, ttl(zone, child, declaration), "DS", one) for one in data]
    return replace(zone, content=zone.content.extended(records)) if records else zone
