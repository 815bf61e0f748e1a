# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that are to be secondary at Cloudflare no more, and what of the account was there for them alone."""

from __future__ import annotations

from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare import ZONES_PER_PAGE, Account, acl_name, told_peer
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_api import ApiError
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_wanted import canonical

USERS_LOOKED_AT = 200  # other zones that are asked whether they use a peer, before it is left where it is


def remove(account: Account) -> None:
    """The zones, then the peers, TSIGs and ACLs of these names that nothing else in the account uses."""
    if account.wanted.key_names:
        account.tsigs = account.list_all("tsigs")
    if account.wanted.primaries or account.tsigs:
        account.peers = account.list_all("peers")
    if account.wanted.networks:
        account.acls = account.list_all("acls")
    account.read_zones()
    for state in account.states.values():
        if state.zone:
            state.changed = True
            if account.change("zones", state.name, {"type": "secondary"}, None):
                account.api.remove(f"{state.path}/secondary_dns/incoming")
                account.api.remove(state.path)
    names = {primary.peer_name for primary in account.wanted.primaries}
    networks = {acl_name(network) for network in account.wanted.networks}
    peers = [entry for entry in account.peers if entry["name"] in names]
    acls = [entry for entry in account.acls if entry["name"] in networks]
    others = _other_zones(account) if peers or acls else []
    used = _used_by(account, others, {entry["id"] for entry in peers})
    gone = [entry for entry in peers if entry["id"] not in used]
    for entry in gone:
        if account.change("peers", entry["name"], told_peer(entry, account.key_of(entry)), None):
            account.api.remove(f"{account.path}/peers/{entry['id']}")
    keys_in_use = {entry.get("tsig_id") for entry in account.peers if entry not in gone}
    for entry in account.tsigs:
        name = canonical(entry["name"])
        unused = name in account.wanted.key_names and entry["id"] not in keys_in_use
        if unused and account.change("keys", name, {"algorithm": canonical(entry["algo"])}, None):
            account.api.remove(f"{account.path}/tsigs/{entry['id']}")
    last = not any(zone["type"] == "secondary" for zone in others)
    for entry in acls:
        if last and account.change("notify_from", entry["ip_range"], entry["ip_range"], None):
            account.api.remove(f"{account.path}/acls/{entry['id']}")


def _other_zones(account: Account) -> list[dict[str, Any]]:
    """The account's zones that this call is not about, those first that are likely to use a primary."""
    zones = account.api.list("/zones", {"account.id": account.account_id, "per_page": ZONES_PER_PAGE})
    return sorted((zone for zone in zones if canonical(zone["name"]) not in account.states), key=lambda zone: zone["type"] != "secondary")


def _used_by(account: Account, zones: list[dict[str, Any]], peers: set[str]) -> set[str]:
    """Which of these peers the zones transfer from or to. The API tells it zone by zone; in doubt all are in use."""
    used: set[str] = set()
    for number, zone in enumerate(zones):
        if peers <= used:
            break
        if number == USERS_LOOKED_AT:
            account.warnings.append(f"peers and keys are left at Cloudflare: they may be in use, the account has {len(zones)} other zones")
            return peers
        direction = "incoming" if zone["type"] == "secondary" else "outgoing"
        try:
            used.update((account.api.get(f"/zones/{zone['id']}/secondary_dns/{direction}") or {}).get("peers") or [])
        except ApiError as error:
            account.warnings.append(f"peers and keys are left at Cloudflare: whether {zone['name']} uses them is not known. {error}")
            return peers
    return used & peers
