# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module in this process as Ansible would: arguments checked by its own argument_spec, result as JSON."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from typing import Any
from unittest import mock

from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args


def run_module(name: str, check: bool = False, **arguments: Any) -> dict[str, Any]:
    """What the collection's module ``name`` returns; ``failed`` is always there, True or False, and ``warnings``, as texts."""
    module = importlib.import_module(f"ansible_collections.authoritative.dns.plugins.modules.{name}")
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        # Once a test has imported a plugin of the controller, warnings would go to the screen instead of into the result.
        stack.enter_context(mock.patch.object(_internal, "is_controller", False))
        # Ansible collects them for as long as the process lives.
        stack.enter_context(mock.patch.object(warnings, "_global_warnings", {}))
        stack.enter_context(patch_module_args(dict(arguments, _ansible_check_mode=check)))
        stack.enter_context(contextlib.redirect_stdout(output))
        with contextlib.suppress(SystemExit):
            module.main()
        told = warnings.get_warning_messages()
    return {"failed": False, **json.loads(output.getvalue().strip().splitlines()[-1]), "warnings": list(told)}
