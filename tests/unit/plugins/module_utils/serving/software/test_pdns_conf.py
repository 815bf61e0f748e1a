# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pdns.conf says, with what it includes."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import pdns_conf


@pytest.mark.parametrize(
    ("text", "included", "launched"),
    [
        ("launch=\n", "", ""),  # as Debian's package brings it
        ("", "", None),
        ("# launch=bind\n", "", None),
        ("launch=bind\nlaunch+=gsqlite3 # ours\n", "", "bind,gsqlite3"),
        ("launch=\n", "launch+=bind\n", "bind"),
        ("launch=gmysql\n", "launch=\n", ""),
    ],
)
def test_a_file_and_what_it_includes_say_which_backends_are_launched(tmp_path, text, included, launched):
    path = tmp_path / "pdns.conf"
    path.write_text(f"{text}include-dir={tmp_path}/pdns.d\n")
    (tmp_path / "pdns.d").mkdir()
    (tmp_path / "pdns.d/further.conf").write_text(included)
    assert pdns_conf.settings(str(path))[0].get("launch") == launched


def test_what_is_not_there_says_nothing(tmp_path):
    assert pdns_conf.settings(str(tmp_path / "pdns.conf")) == ({}, {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("version-string=a#b", "a#b"),
        ("version-string=#b", "#b"),
        ("version-string=a #b", "a"),
        ("version-string=a\t# b #c", "a"),
        ("version-string=a#b # c", "a#b # c"),
        (" version-string = a ", "a"),
        ('version-string="a"', '"a"'),
        ("version-string=a\\\nb", "ab"),
        ("version-string=a\\ \nb\\\nc", "abc"),
        ("version-string=a # b \\\nc", "a"),
        ("version-string=b\n# \\\nversion-string=a", "b"),
        ("version-string=a\\", None),
        ("#version-string=a", None),
        ("version-string=", ""),
    ],
)
def test_lines_say_what_powerdns_itself_takes_from_them(tmp_path, text, value):
    path = tmp_path / "pdns.conf"
    path.write_text(text + "\n")
    assert pdns_conf.settings(str(path))[0].get("version-string") == value
    program = shutil.which("pdns_server", path="/usr/sbin:/usr/bin")
    if program:  # which `pdns_server --config=diff` prints where it is not the default
        shown = subprocess.run([program, f"--config-dir={tmp_path}", "--config=diff"], capture_output=True, text=True, check=False).stdout
        assert [line.partition("=")[2] for line in shown.splitlines() if line.startswith("version-string=")] == ([] if value is None else [value])
