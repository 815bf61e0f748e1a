# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives from the declaration which zones a host signs, and whom to ask about them."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.action.verify import read_parents
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import keys_expected


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        if arguments.get("zones") is None:
            try:
                declaration = inventory.declared(task_vars, self._templar.template)
            except DeclarationError as error:
                raise AnsibleActionFail(error.summary()) from error
            parents = read_parents(arguments.get("parent_servers") or {}, declaration)
            arguments.update(keys_expected(declaration, task_vars["inventory_hostname"], arguments.get("families") or [4, 6], parents))
        return self._execute_module(module_name="authoritative.dns.dnssec_info", module_args=arguments, task_vars=task_vars)
