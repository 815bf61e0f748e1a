# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of named (BIND 9 Administrator Reference Manual, section "view Block Grammar"): once there is one, every zone is in one."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import Client
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.views import ways
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.bind_syntax import block, stanza
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Blocks


def by_view(plan: Plan, zones: Blocks) -> dict[str, Blocks]:
    """The zones that each view has: its own, and those that are in none, which the first one has and the others share with it."""
    first = plan.views[0].name
    found = {view.name: Blocks(zones.comment) for view in plan.views}
    for name, text in zones.zones.items():
        own = view_of(name)
        for view, blocks in found.items():
            if view == (own or first):
                blocks.zones[name] = text
            elif own is None:
                blocks.zones[name] = _shared_with(name, first)
    return found


def _shared_with(name: str, view: str) -> str:
    return stanza(name, [f'in-view "{view}"'])


def file_of(view: str) -> str:
    return f"view-{view}.conf"


def clauses(plan: Plan, current: str, localhost: Sequence[str]) -> str:
    """The views in their order: to whom each answers, and the file with its zones. localhost: stanzas of a zone that all have.

    Servers that transfer zones, or tell of changes, come to a view by the key that it has for them, wherever they are. The host itself, and servers
    that need no key, may ask for the zones that all views share.
    """
    if not plan.views:
        return ""
    known, text = ways(plan), ""
    for number, view in enumerate(plan.views):
        following = [key for later in plan.views[number + 1 :] for key in known.keys[later.name]]
        clients = [*(f'!key "{key}"' for key in following), *(f'key "{key}"' for key in known.keys[view.name]), *map(_client, view.match_clients)]
        if view is plan.views[-1]:
            clients += ["localhost", *known.addresses]
        zones = localhost if number == 0 else [_shared_with("localhost", plan.views[0].name) for _stanza_there in localhost]
        lines = [f"match-clients {block(dict.fromkeys(clients))};", f'include "{current}/{file_of(view.name)}";', *(zone.rstrip("\n") for zone in zones)]
        text += f'view "{view.name}" {{\n' + "".join(f"\t{line}\n" for line in lines) + "};\n"
    return text


def _client(client: Client) -> str:
    return ("!" if client.excluded else "") + (f'key "{client.key.name}"' if client.key else str(client.network))
