# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings together what several hosts saw, on the controller."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof import reports

_TOLD = 10  # warnings


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {"verified": {"type": "list", "elements": "dict", "required": True}, "directory": {"type": "path"}}
        )
        verified = arguments["verified"]
        now = datetime.now(timezone.utc)
        try:
            content = reports.report(inventory.declared(task_vars or {}, self._templar.template), verified, now)
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        table = reports.table(content["rows"])
        if arguments["directory"]:
            texts = {
                "verify.txt": table,
                "verify.json": json.dumps({**content, "hosts": verified}, indent=1, default=str),
                "verify.xml": reports.junit(verified, now),
                "verify.html": reports.page(content),
            }
            try:
                os.makedirs(arguments["directory"], exist_ok=True)
                for name, text in texts.items():
                    with open(os.path.join(arguments["directory"], name), "w", encoding="utf-8", errors="replace") as stream:
                        stream.write(text)
            except OSError as error:
                raise AnsibleActionFail(
                    f"the report cannot be written to {arguments['directory']!r}: {error.strerror}; name a directory on the controller that you may write to"
                ) from error
        told = [f"zone {zone} at {server} is not proven: no host is sure to see its view" for zone, server in reports.not_proven(verified)]
        more = [f"… and {len(told) - _TOLD} more zones in views"] if len(told) > _TOLD else []
        at_fault = sum(1 for row in content["rows"] if not row["ok"]) + content["left_out"]
        return {"changed": False, "warnings": [*told[:_TOLD], *more], "table": table.splitlines(), "at_fault": at_fault}
