# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of every statement that was gathered, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DROPPED, KEPT, TAKEN, DeclaredZone, Fate, Finding, GatheredServer
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.pointers import ReverseZone


def fates(servers: Mapping[str, GatheredServer]) -> Iterator[Fate]:
    """Every statement of every server with what it ended in, those of zones too."""
    for host, server in servers.items():
        yield from server.fates
        for name, zone in server.zones.items():
            if zone.kept:
                yield Fate(host, f"zone {name}", zone.where, KEPT, f"nameserver_local_config, because {zone.kept}")
                continue
            yield Fate(host, f"zone {name}", zone.where, TAKEN, f"zones, as a {zone.role}")
            for label, fate, detail in zone.statements:
                statement = f"zone {name}, {label}"
                yield Fate(host, statement, server.places.get(statement, zone.where), fate, detail)


def as_json(
    servers: Mapping[str, GatheredServer], zones: Mapping[str, DeclaredZone], findings: Sequence[Finding], reverse: Sequence[ReverseZone]
) -> dict[str, Any]:
    return {
        "hosts": {host: {"software": server.software, "addresses": list(server.addresses), "zones": len(server.zones)} for host, server in servers.items()},
        "zones": {name: {**zone.options, "from": zone.origin} for name, zone in zones.items()},
        "findings": [{"kind": item.kind, "about": item.about, "text": item.text, "places": list(item.places)} for item in findings],
        "pointers": {zone.name: {"network": zone.network, "same": zone.same, "differing": [vars(item) for item in zone.differing]} for zone in reverse},
        "statements": [vars(fate) for fate in fates(servers)],
    }


def as_text(servers: Mapping[str, GatheredServer], zones: Mapping[str, DeclaredZone], findings: Sequence[Finding], reverse: Sequence[ReverseZone]) -> str:
    """Findings first, then reverse zones, then what was dropped and kept, then everything else, a line each."""
    kept = {name for server in servers.values() for name, zone in server.zones.items() if zone.kept}
    lines = [f"{len(servers)} servers, {len(zones)} zones declared, {len(kept)} zones that stay the hosts' own", ""]
    lines += [f"{finding.kind}: {finding}" for finding in findings] or ["No findings."]
    for zone in reverse:
        lines += ["", f"Reverse zone {zone.name} as reverse_network {zone.network}: {zone.same} PTR records are the same, {len(zone.differing)} names differ"]
        lines += [f"  {item}" for item in zone.differing]
    found = list(fates(servers))
    for fate, heading in ((DROPPED, "Dropped"), (KEPT, "Kept in the hosts' own configuration"), (None, "Taken, or said by the collection anyway")):
        chosen = [item for item in found if item.fate == fate or (fate is None and item.fate not in (DROPPED, KEPT))]
        lines += ["", f"{heading} ({len(chosen)})"]
        lines += [f"  {item.host} {item.where or '-'} {item.statement}: {item.detail}" for item in chosen]
    return "\n".join(lines) + "\n"
