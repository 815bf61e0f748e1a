# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knot DNS: runs that are killed before each operation. Old or new, and the next one finishes."""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.tests.support.killed_runs import kill_before_each_operation
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, KnotHost

pytestmark = [
    pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]


def test_whatever_a_run_was_about_to_do_when_it_was_killed(tmp_path):
    kill_before_each_operation(KnotHost, tmp_path / "host")
