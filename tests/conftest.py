# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import pathlib

import pytest

# What fails in there is told as in a test: with what was found, and what was expected.
pytest.register_assert_rewrite("ansible_collections.authoritative.dns.tests.support")

_LOGS = ("log", "output", "*.log")
_TOLD = 2000  # octets of the end of a log


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Beside what fails, how the logs of the test's servers end: a fault that is met once in a hundred runs is told there or nowhere."""
    report = yield
    if report.failed:
        for directory in _directories(item):
            for path in sorted(path for name in _LOGS for path in directory.rglob(name)):
                section = (str(path), _end(path))
                if section[1] and section not in report.sections:  # this file is read twice, by its two paths
                    report.sections.append(section)
    return report


def _directories(item):
    """Those in which the servers of a test have their logs: of the hosts among its fixtures, of pairs of hosts, and the test's own."""
    fixtures = list(getattr(item, "funcargs", {}).values())
    parts = [part for fixture in fixtures for part in getattr(fixture, "__dict__", {}).values()]
    found = [*fixtures, *(getattr(host, "root", None) for host in [*fixtures, *parts])]
    return dict.fromkeys(path for path in found if isinstance(path, pathlib.Path) and path.is_dir())


def _end(path):
    """How a log ends; nothing of what is none, or cannot be read any more, for its server may still run."""
    with contextlib.suppress(OSError), path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TOLD))
        return stream.read().decode(errors="replace")
    return ""
