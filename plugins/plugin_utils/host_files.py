# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an action plugin puts a file on its host."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase


def copied_to_host(action: ActionBase, content: bytes, arguments: Mapping[str, Any], task_vars: dict[str, Any], secret: bool = False) -> dict[str, Any]:
    """What ansible.builtin.copy returns. The way of ansible.builtin.template: a file on the controller, and the action copy.

    arguments: those of copy, None for what is not given. secret: whether the content must not be shown as a difference.
    """
    descriptor, path = tempfile.mkstemp(dir=constants.DEFAULT_LOCAL_TMP)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        task = action._task.copy()
        task.args = {"src": path, **{key: value for key, value in arguments.items() if value is not None}}
        task.diff = task.diff and not secret
        copy = action._shared_loader_obj.action_loader.get(
            "ansible.legacy.copy",
            task=task,
            connection=action._connection,
            play_context=action._play_context,
            loader=action._loader,
            templar=action._templar,
            shared_loader_obj=action._shared_loader_obj,
        )
        return copy.run(task_vars=task_vars)
    finally:
        os.unlink(path)
