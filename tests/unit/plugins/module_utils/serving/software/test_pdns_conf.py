# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pdns.conf says, with what it includes."""

from __future__ import annotations

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
