# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one server, and packs what it told into one text: a hundred thousand values would take minutes on their way through variables."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "part": {"type": "str", "choices": ["configuration", "keys"], "default": "configuration"},
                "software": {"type": "str", "default": "bind"},
                "config_file": {"type": "path"},
                "chroot": {"type": "path"},
                "user": {"type": "str"},
            }
        )
        part = arguments.pop("part")
        wanted = {"content": True, "copies": False} if part == "configuration" else {"secrets": True}
        arguments = {key: value for key, value in arguments.items() if value is not None}
        result = self._execute_module(module_name="authoritative.dns.nameserver_info", module_args={**arguments, **wanted}, task_vars=task_vars)
        if result.get("failed"):
            return result
        if part == "keys":
            return {"changed": False, "tsig_keys": result["tsig_keys"]}
        facts = {key: value for key, value in result.items() if not key.startswith(("_", "ansible_")) and key not in ("invocation", "changed")}
        packed = b64encode(zlib.compress(json.dumps(facts, separators=(",", ":")).encode("utf-8", "surrogateescape"), 6)).decode()
        return {"changed": False, "zones": len(facts["zones"]), "packed": packed}
