# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program that the role monitor puts on a host is to expect there."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import server_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import chains_expected, is_to_be_signed


def expected(
    declaration: Declaration,
    host: str,
    families: Collection[int],
    transfers: int,
    parent_servers: Mapping[str, Sequence[str]] | None = None,
    addresses: Collection[str] = (),
) -> str:
    """What the program is to expect on ``host``, as JSON with a line for each server and zone, so that a difference can be read.

    families: 4 and 6, the IP versions that the host can use. transfers: of how many zones for each set of servers to try a transfer.
    addresses: the host's own, by which it sees views. parent_servers: by signed zone, addresses of the servers of the zone above where this is not declared.
    """
    found = expectations(declaration, host, families, transfers, addresses=addresses, signs=False)
    chains = chains_expected(declaration, families, parent_servers or {})
    servers = {server["name"]: server for server in (*found.servers, *chains["servers"])}
    content: dict[str, list[Any]] = {
        "servers": [{**server, "server": server_of(server["name"])} for server in servers.values()],
        "zones": [{**zone, **_more_about(declaration.zones[zone["name"]])} for zone in found.zones if zone["servers"]],
        "signed": chains["zones"],
        "signatures": [
            {"zone": zone.name, "least": zone.dnssec.signatures_left[0]} for zone in declaration.selected_zones.values() if zone.dnssec and zone.view is None
        ],
        # what is allowed is not tried, or the whole zone would come each time; and no secret leaves the controller
        "refusals": [
            {"zone": entry["zone"], "servers": entry["servers"]} for entry in found.transfers if entry["expect"] == "refused" and not entry["key"]
        ],
    }
    lists = (f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, entries)) + "\n]" for key, entries in content.items())
    return "{" + ",\n".join(lists) + "}\n"


def _more_about(zone: Zone) -> dict[str, Any]:
    """Of a catalog of how many members it is, of a member its catalog, and of a zone that is to be signed that."""
    membership = {"members": len(zone.members)} if zone.members is not None else {"catalog": zone.catalog} if zone.catalog else {}
    return {**membership, **({"signed": True} if is_to_be_signed(zone) else {})}
