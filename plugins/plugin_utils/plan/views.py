# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads a question, a transfer or NOTIFY to a view: the key that signs it, or the address that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import View, seen
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, PrimaryZone, SecondaryZone


@dataclass(frozen=True)
class Ways:
    """The ways of servers to the zones of one host.

    keys: names of those that sign transfers and NOTIFY of zones in each view, by the view's name. The first view has those of zones
    that all views share, where no zone in a view has them. addresses: of servers that come without a key for zones that all views share.
    """

    keys: dict[str, list[str]]
    addresses: list[str]


def ways(plan: Plan) -> Ways:
    """plan: of a host that has views."""
    keys: dict[str, list[str]] = {view.name: [] for view in plan.views}
    shared: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for zone, peers in _visitors(plan):
        own = keys[zone.zone.view] if zone.zone.view else None
        for peer in peers:
            names = [key.name for key in peer.keys]
            if own is not None:
                own.extend(name for name in names if name not in own)
            else:
                shared.update(dict.fromkeys(names))
                addresses.update(dict.fromkeys([] if names else [peer.address]))
    taken = {name for names in keys.values() for name in names}
    keys[plan.views[0].name] += [name for name in shared if name not in taken]
    return Ways(keys, list(addresses))


def _visitors(plan: Plan) -> Iterator[tuple[PrimaryZone | SecondaryZone, tuple[Peer, ...]]]:
    """Each zone with those that transfer it from the host, or tell the host of changes of it."""
    for primary in plan.primary.values():
        yield primary, primary.transfer_to
    for secondary in plan.secondary.values():
        yield secondary, (*secondary.transfer_to, *secondary.transfer_from, *secondary.notified_by)


def misled(plan: Plan) -> list[Problem]:
    """Zones in views whose transfers, or NOTIFY, would lead to another view, or to none."""
    problems: dict[Problem, None] = {}
    leads: dict[str, str] = {client.key.name: view.name for view in reversed(plan.views) for client in view.match_clients if client.key and not client.excluded}
    for zone, peers in _visitors(plan):
        name, view = zone.zone.name, zone.zone.view
        for peer in peers if view else ():
            for key in peer.keys:
                other = leads.setdefault(key.name, view)
                if other != view:
                    wrong = f"the key {key.name} signs its transfers with {peer.server}, and leads to the view {other}"
                    right = "name a key of dns_tsig_keys of its own for each view in the zones' tsig, or set dns_tsig_secret"
                    problems[Problem(f"zone {name}", wrong, right)] = None
            wrong = None if peer.keys else _without_key(plan, view, peer)
            if wrong:
                problems[Problem(f"zone {name}", wrong, "set dns_tsig_secret, or agree on a key with it (tsig), which then leads to the view")] = None
    return list(problems)


def _without_key(plan: Plan, view: str, peer: Peer) -> str | None:
    try:
        found: View | None = seen(plan.views, peer.address)
    except LookupError:
        return None  # the host's interfaces decide
    if found is not None and found.name == view:
        return None
    to = f"the view {found.name}" if found else "no view"
    return f"{peer.server} ({peer.address}) comes without a key, and its address leads to {to} on {plan.host}"
