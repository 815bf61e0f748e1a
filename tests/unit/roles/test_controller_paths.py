# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths on the controller that an administrator may give."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
FILES = sorted([*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")])
GIVEN = re.compile(r"{{ (?!__|item\b)\w")  # a variable that is none of a role's own


def paths_on_the_controller(tasks, delegated=False):
    for task in tasks:
        here = delegated or task.get("delegate_to") == "localhost"
        for key, value in task.items():
            if key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
                yield from paths_on_the_controller(value, here)
            elif here and "." in key and isinstance(value, dict):
                yield from (text for name, text in value.items() if re.search("path$|^dest$|^src$", name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_path_on_the_controller_is_relative_to_the_inventory(path):
    """A module would take it as relative to the playbook, and so write into the collection."""
    given = [text for text in paths_on_the_controller(yaml.safe_load(path.read_text()) or []) if GIVEN.search(text)]
    assert [text for text in given if "authoritative.dns.beside_inventory(" not in text] == []
