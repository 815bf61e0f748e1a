# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones' signatures are looked at, and what verify_dnssec must know for that. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.delegations import nearest_above
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import DAY
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import label
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import allowed_and_refused, spread, usable
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.sides import Sides

MOST_RECORD_SETS = 500  # of one zone, to ask for where no transfer comes


def zones_to_prove(declaration: Declaration) -> list[Zone]:
    """Those that are signed by the declaration, and those that a server outside may sign, since nobody here knows whether it does. None in views."""
    zones = [zone for zone in declaration.selected_zones.values() if zone.view is None]
    return [zone for zone in zones if zone.content.signed or zone.dnssec or not any(server.managed for server in zone.primaries)]


def is_to_be_signed(zone: Zone) -> bool:
    return bool(zone.content.signed or (zone.dnssec and zone.dnssec.signs))


def signers(declaration: Declaration) -> list[str]:
    """The hosts that sign a declared zone, whichever zones this run is about."""
    return sorted({host for zone in declaration.zones.values() for host in _signers(zone)})


def _signers(zone: Zone) -> list[str]:
    return [server.name for server in zone.primaries if server.managed] if zone.dnssec else []


class _Asked:
    """The servers that are asked about zones. families: 4 and 6, the IP versions that can be used. parent_servers: as below."""

    def __init__(self, declaration: Declaration, families: Collection[int], parent_servers: Mapping[str, Sequence[str]]):
        self.declaration, self.families = declaration, families
        self.outside = {name.rstrip(".").lower(): addresses for name, addresses in parent_servers.items()}
        self.servers: dict[str, dict[str, Any]] = {}

    def servers_of(self, zone: Zone) -> dict[str, Any]:
        """C(name), C(servers) and C(parent_servers), these by their labels."""
        above = zone_above(self.declaration, zone.name)
        given = [Server(address, (address,), managed=False) for address in self.outside.get(zone.name, ())]
        parents = self._enter(given or (above.servers if above else ()))
        return {"name": zone.name, "servers": self._enter(zone.servers), "parent_servers": parents}

    def _enter(self, listed: Iterable[Server]) -> list[str]:
        found = [(label(server.name, address), address, server.port) for server in listed for address in usable(server, self.families)]
        self.servers.update({name: {"name": name, "address": address, "port": port} for name, address, port in found})
        return [name for name, _address, _port in found]


def signatures_expected(declaration: Declaration, host: str, families: Collection[int], parent_servers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The arguments of verify_dnssec on ``host``: C(zones), their C(servers) with those of the zones above, and the C(keys) of transfers.

    families: 4 and 6, the IP versions that the host can use. parent_servers: by zone, addresses of the servers of the zone above where
    this is not declared.
    """
    asked = _Asked(declaration, families, parent_servers)
    keys: dict[str, Key] = {}
    zones: list[dict[str, Any]] = []
    for zone in zones_to_prove(declaration):
        listed = asked.servers_of(zone)
        allowed = [entry for entry in allowed_and_refused(Sides(declaration, host), zone, families, keys) if entry["expect"] == "allowed"]
        zones.append(
            {
                **listed,
                "transfers": [{"server": name, "key": entry["key"]} for entry in allowed for name in entry["servers"] if name in listed["servers"]],
                "record_sets": _record_sets(zone),
                "expect": "signed" if is_to_be_signed(zone) else "any",
                **_days_left(zone),
            }
        )
    return {
        "servers": list(asked.servers.values()),
        "zones": [zone for zone in zones if zone["servers"]],
        "keys": [{"name": key.name, "algorithm": key.algorithm, "secret": key.secret} for key in keys.values()],
    }


def _days_left(zone: Zone) -> dict[str, float]:
    """C(warning_days) and C(critical_days) of a zone whose policy is known; the module's own are for the others."""
    return dict(zip(("warning_days", "critical_days"), (seconds / DAY for seconds in zone.dnssec.signatures_left))) if zone.dnssec else {}


def keys_expected(declaration: Declaration, host: str, families: Collection[int], parent_servers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The arguments of dnssec_info on ``host``: the C(zones) that it signs, and their C(servers) with those of the zones above; as above otherwise."""
    asked = _Asked(declaration, families, parent_servers)
    signed = [zone for zone in declaration.selected_zones.values() if host in _signers(zone)]
    return {"zones": [asked.servers_of(zone) for zone in signed], "servers": list(asked.servers.values())}


def chains_expected(declaration: Declaration, families: Collection[int], parent_servers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Signed C(zones) whose zone above has servers that are known, and their C(servers) with those; as above otherwise."""
    asked = _Asked(declaration, families, parent_servers)
    zones = [asked.servers_of(zone) for zone in declaration.selected_zones.values() if (zone.dnssec or zone.content.signed) and zone.view is None]
    zones = [zone for zone in zones if zone["parent_servers"]]
    named = {name for zone in zones for name in (*zone["servers"], *zone["parent_servers"])}
    return {"zones": zones, "servers": [server for name, server in asked.servers.items() if name in named]}


def zone_above(declaration: Declaration, name: str) -> Zone | None:
    """The nearest declared zone that the zone of this name is below."""
    above = nearest_above(name, declaration.zones)
    return declaration.zones[above] if above is not None else None


def _record_sets(zone: Zone) -> dict[str, list[str]]:
    """Types by owner, at most MOST_RECORD_SETS of them spread over the zone. An NSEC3 record's name is none that can be asked for."""
    found = list(dict.fromkeys((record.owner, record.type) for record in zone.content.records if record.type not in ("RRSIG", "NSEC3")))
    sets: dict[str, list[str]] = {}
    for owner, rdtype in spread(found, MOST_RECORD_SETS):
        sets.setdefault(owner, []).append(rdtype)
    return sets
