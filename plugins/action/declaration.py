# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the declaration on the controller, and whether a host's program can do its part; asks no host anything."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.action.nameserver import SOFTWARE, host_duties
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import signers, zones_to_prove


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, arguments = self.validate_argument_spec(
            {"software": {"choices": list(SOFTWARE)}, "version": {"type": "str", "default": ""}, "settings": {"type": "dict", "default": {}}}
        )
        try:
            declaration = inventory.declared(task_vars or {}, self._templar.template)
            if arguments["software"]:
                inventory.check_strategy(self._task.get_play().strategy, task_vars or {})
                host_duties(declaration, task_vars or {}, SOFTWARE[arguments["software"]], arguments["settings"], arguments["version"])
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        except ValueError as error:
            raise AnsibleActionFail(f"version: {error}; leave it out, or give the package's") from error
        zones, carriers = declaration.zones, _carriers(declaration)
        servers = {(server.name, server.managed) for zone in zones.values() for server in (*zone.primaries, *zone.secondaries)}
        return {
            "changed": False,
            "warnings": inventory.told_once(declaration.warnings, task_vars or {}),
            "zones": len(zones),
            "records": sum(zone.content.count for zone in zones.values()),
            "servers": sorted({name for name, _managed in servers}),
            "hosts": sorted(name for name, managed in servers if managed),
            "to_prove": len(zones_to_prove(declaration)),
            "signers": signers(declaration),
            "carriers": carriers,
            "clouds": carriers.get((task_vars or {}).get("inventory_hostname"), []),
        }


def _carriers(declaration: Declaration) -> dict[str, list[str]]:
    """The providers of the zones that the run is about, by the host that talks to them."""
    found = {(server.carrier, server.cloud) for zone in declaration.selected_zones.values() for server in zone.secondaries if server.cloud and server.carrier}
    return {host: sorted(cloud for carrier, cloud in found if carrier == host) for host in sorted({carrier for carrier, _cloud in found})}
