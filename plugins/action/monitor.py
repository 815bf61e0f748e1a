# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes two files from the collection and the declaration, and has ansible.builtin.copy put them on the host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.action.verify import own_addresses, read_parents
from ansible_collections.authoritative.dns.plugins.plugin_utils import host_programs, inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_files import copied_to_host
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof import monitoring


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "program": {"type": "path", "required": True},
                "expectations": {"type": "path", "required": True},
                "group": {"type": "str"},
                "families": {"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
                "transfers": {"type": "int", "default": 20},
                "parent_servers": {"type": "dict", "default": {}},
            }
        )
        task_vars = task_vars or {}
        try:
            # the program stays there, and is about all zones, whatever the run is about
            declaration = replace(inventory.declared(task_vars, self._templar.template), selected=None)
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        parents = read_parents(arguments["parent_servers"], declaration)
        own = own_addresses(declaration, task_vars)
        expected = monitoring.expected(declaration, task_vars["inventory_hostname"], arguments["families"], arguments["transfers"], parents, own)
        result: dict[str, Any] = {"changed": False, "diff": []}
        for path, content, mode, group in (
            (arguments["program"], host_programs.program("proof.monitor"), "0644", None),
            (arguments["expectations"], expected.encode(), "0640", arguments["group"]),
        ):
            copied = copied_to_host(self, content, {"dest": path, "mode": mode, "group": group}, task_vars)
            if copied.get("failed"):
                return copied
            result["changed"] = result["changed"] or copied.get("changed", False)
            diff = copied.get("diff", [])
            result["diff"] += diff if isinstance(diff, list) else [diff]
        return result
