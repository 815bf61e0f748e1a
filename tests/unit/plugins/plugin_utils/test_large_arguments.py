# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How modules with large arguments come to a host; tests/integration/test_large_zones.py has them there."""

from __future__ import annotations

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.connection.local import Connection
from ansible_collections.authoritative.dns.plugins.action import nameserver
from ansible_collections.authoritative.dns.plugins.plugin_utils import large_arguments


@pytest.mark.parametrize(("characters", "pipelined"), [(10, True), (large_arguments._LARGE, False)])
def test_a_module_with_large_arguments_goes_as_a_file(monkeypatch, characters, pipelined):
    monkeypatch.setattr(Connection, "is_pipelining_enabled", lambda *_arguments: True)
    action = nameserver.ActionModule(Task(), Connection(PlayContext(), "/dev/null"), None, None, None, None)
    seen = []
    monkeypatch.setattr(ActionBase, "_execute_module", lambda self, **_arguments: seen.append(self._is_pipelining_enabled("new")))
    action._execute_module(module_name="any", module_args={"payload": "x" * characters, "settings": {}}, task_vars={})
    assert seen == [pipelined]
