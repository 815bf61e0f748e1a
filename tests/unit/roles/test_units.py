# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that bring units of their own."""

from __future__ import annotations

import pathlib

import pytest
import yaml

FILES = sorted((pathlib.Path(__file__).resolve().parents[3] / "roles").glob("*/tasks/*.yml"))
OWN = [path for path in FILES if "dest: /etc/systemd/system/" in path.read_text()]


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_systemd_reads_units_of_a_role_in_every_run_since_one_may_have_ended_before_that(path):
    tasks = [task["ansible.builtin.systemd_service"] for task in yaml.safe_load(path.read_text()) if "ansible.builtin.systemd_service" in task]
    assert [task["daemon_reload"] for task in tasks if "state" in task] == [True]


def test_there_are_such_roles():
    assert [path.parts[-3] for path in OWN] == ["cloud", "monitor"]
