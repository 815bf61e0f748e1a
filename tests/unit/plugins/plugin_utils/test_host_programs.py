# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts run without Ansible."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_programs import program

PROGRAMS = {
    "monitor": ("proof.monitor", ["--expectations", "none", "--directory", "."]),
    "route53": ("cloud.route53_timer", ["none.json"]),
}


@pytest.fixture(params=PROGRAMS)
def run(request, tmp_path):
    """Run the program with the arguments that are given, or those that it needs, where nothing is installed, not even dnspython (-S)."""
    made, needed = PROGRAMS[request.param]
    (tmp_path / "program.pyz").write_bytes(program(made))

    def run(*arguments):
        command = [sys.executable, "-I", "-S", "program.pyz", *(arguments or needed)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)

    return run


def test_it_is_one_file_that_needs_none_of_our_modules(run):
    told = run("--help")
    assert told.returncode == 0 and "usage: " in told.stdout, told.stderr


def test_without_dnspython_it_says_what_to_install(run):
    told = run()
    assert told.returncode == 1 and "install python3-dnspython (Debian) or python3-dns (Fedora family)" in told.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_the_same_whenever_it_is_made(name):
    made = program(PROGRAMS[name][0])
    assert program(PROGRAMS[name][0]) == made
    for member in zipfile.ZipFile(io.BytesIO(made)).infolist():
        assert member.date_time == (1980, 1, 1, 0, 0, 0) and member.compress_type == zipfile.ZIP_STORED
