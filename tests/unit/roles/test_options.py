# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role's defaults, its argument specification and its documentation say is one thing."""

from __future__ import annotations

import pathlib

import pytest
import yaml

ROLES = sorted((pathlib.Path(__file__).resolve().parents[3] / "roles").iterdir())


def options_of(role):
    """Those of all its entry points."""
    entries = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"].values()
    return {name: option for entry in entries for name, option in entry["options"].items()}


def defaults_of(role):
    return yaml.safe_load((role / "defaults/main.yml").read_text())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_and_argument_specification_name_the_same_options(role):
    options, defaults = options_of(role), defaults_of(role)
    assert options.keys() == defaults.keys()
    for name, default in defaults.items():
        if isinstance(default, str) and "{{" in default:
            assert "default" not in options[name], f"{name}: a default that is computed cannot stand in the specification"
        else:
            assert options[name].get("default") == default, name
        assert name.startswith(role.name + "_") and options[name]["description"], name
