# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the declaration on the controller; asks no host anything."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.problems import DeclarationError


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.validate_argument_spec({})
        try:
            zones = inventory.declared(task_vars or {}, self._templar.template).zones
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        servers = {server.name for zone in zones.values() for server in (*zone.primaries, *zone.secondaries)}
        return {"changed": False, "zones": len(zones), "records": sum(zone.content.count for zone in zones.values()), "servers": sorted(servers)}
