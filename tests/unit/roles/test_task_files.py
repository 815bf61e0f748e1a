# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task files of the roles are those that run."""

from __future__ import annotations

import pathlib
import re

import pytest

ROLES = sorted((pathlib.Path(__file__).resolve().parents[3] / "roles").iterdir())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_only_a_file_with_which_a_role_begins_imports_others(role):
    """What another file imports, Ansible looks for in the directory tasks beside the user's playbook first, and in the role only after that."""
    texts = {path.name: path.read_text() for path in (role / "tasks").glob("*.yml")}
    named = set(re.findall(r"(?:include|import)_tasks: (\S+\.yml)", "\n".join(texts.values())))
    assert {name for name in named & set(texts) if "import_tasks:" in texts[name]} == set()
