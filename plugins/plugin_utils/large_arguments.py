# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that are given megabytes.

Python takes 0.35 s for each of a program that it reads from a pipe, as Ansible's pipelining has it, and 0.01 s from a file (measured with 3.11).
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

_LARGE = 1_000_000  # characters; what another round trip or two cost over a network


class LargeArguments(ActionBase):
    """Has a module with large arguments brought to the host as a file, as all are where pipelining is off."""

    _large = False

    def _execute_module(self, *arguments: Any, module_args: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        self._large = sum(len(value) for value in (module_args or {}).values() if isinstance(value, str)) >= _LARGE
        return super()._execute_module(*arguments, module_args=module_args, **more)

    def _is_pipelining_enabled(self, *arguments: Any, **more: Any) -> bool:
        return not self._large and super()._is_pipelining_enabled(*arguments, **more)
