# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second layer for providers: what the host that talks to them has to see to. A pure function of the declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import check_mapping
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUDS, check_id
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import label, label_with_key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, keys_between, reachable


@dataclass(frozen=True)
class Duties:
    """Arguments that the modules of all providers understand.

    zones: each with the names of the ``primaries`` from which the provider gets it, and its ``hosted_zone_id`` if one is given. primaries: an
    entry for each address of each. keys: those that they name, with their secrets.
    """

    zones: list[dict[str, Any]] = field(default_factory=list)
    primaries: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, str]] = field(default_factory=list)

    def questions(self, provider: str, told: Mapping[str, Mapping[str, Any]], addresses: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Arguments of the modules that ask the provider's name servers, and the primaries to compare with.

        told: what the provider's module returned of each zone, by name. addresses: of the provider's name servers, by name.
        """
        servers: dict[str, dict[str, Any]] = {}
        zones = []
        for zone in self.zones:
            found = dict.fromkeys(address for name in told[zone["name"]]["name_servers"] for address in addresses.get(name, ()))
            servers.update({label(provider, address): {"name": label(provider, address), "address": address, "role": "secondary"} for address in found})
            zones.append({"name": zone["name"], "servers": [label(provider, address) for address in found]})
        return {"servers": [*({**primary, "role": "primary"} for primary in self.primaries), *servers.values()], "keys": self.keys, "zones": zones}


def duties(declaration: Declaration, host: str, addresses: Sequence[str]) -> dict[str, Duties]:
    """What ``host``, which has these addresses, has to do with each provider. Only the key to use goes there: a provider takes one."""
    found: dict[str, tuple[list[dict[str, Any]], dict[str, dict[str, Any]], dict[str, Key]]] = {}
    for zone in declaration.selected_zones.values():
        for server in zone.secondaries:
            if server.cloud is None or server.carrier != host:
                continue
            zones, primaries, keys = found.setdefault(server.cloud, ([], {}, {}))
            used = []
            for source in zone.upstream(server):
                key = next(iter(keys_between(declaration, zone, source, server)), None)
                if key is not None:
                    keys[key.name] = key
                for peer in reachable(source, () if CLOUDS[server.cloud].pulls else addresses):
                    name = _primary_name(peer, key)
                    primaries[name] = {"name": name, "address": peer.address, "port": peer.port, **({"key": key.name} if key else {})}
                    used.append(name)
            zones.append({"name": zone.name, "primaries": used, **({"hosted_zone_id": server.hosted_zone_id} if server.hosted_zone_id else {})})
    return {
        provider: Duties(zones, list(primaries.values()), [{"name": key.name, "algorithm": key.algorithm, "secret": key.secret} for key in keys.values()])
        for provider, (zones, primaries, keys) in found.items()
    }


def _primary_name(peer: Peer, key: Key | None) -> str:
    """Says all about the primary, and nothing of the run: by it the provider's entry is found again, which zones outside the run use as well."""
    name = label(peer.server, peer.address) + (f" port {peer.port}" if peer.port != 53 else "")
    return label_with_key(name, key.name) if key else f"{name} without a key"


def absent(declaration: Declaration, listed: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The zones that providers are to forget, by provider, each a name or a mapping of it and a ``hosted_zone_id``.

    Raises DeclarationError for one that is declared to be there, and for what is no list of zones.
    """
    problems: list[Problem] = []
    where = "cloud_absent"
    found: dict[str, list[dict[str, Any]]] = {}
    for provider, zones in listed.items():
        if provider not in CLOUDS:
            problems.append(Problem(where, f"the cloud {provider!r} is unknown{did_you_mean(provider, CLOUDS)}", f"write one of {', '.join(CLOUDS)}"))
            continue
        if not isinstance(zones, (list, tuple)):
            problems.append(Problem(where, f"{provider} is {zones!r}", f"list the names of zones, such as {{{provider}: [example.com]}}"))
            continue
        keys = ("name", "hosted_zone_id") if CLOUDS[provider].has_ids else ("name",)
        for item in zones:
            said = item if isinstance(item, Mapping) else {"name": item}
            problems += check_mapping(f"{where}, {provider}", said, keys) + check_id(f"{where}, {provider}", said.get("hosted_zone_id"))
            try:
                name = names.to_text(names.zone_name(said.get("name")))
            except ValueError as error:
                problems.append(Problem(where, f"{provider} has {item!r}, which {error}", "write the name of a zone"))
                continue
            zone = declaration.zones.get(name)
            if zone is not None and any(server.cloud == provider for server in zone.secondaries):
                problems.append(Problem(where, f"{name} is declared to be served by {provider}", "take it out of the zone's secondaries, or out of this list"))
            entry = {**said, "name": name}
            if entry not in found.setdefault(provider, []):
                found[provider].append(entry)
    if problems:
        raise DeclarationError(problems)
    return found
