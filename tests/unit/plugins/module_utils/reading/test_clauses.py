# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import clauses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# server:\n\t# ip-address: 192.0.2.1\n", []),
        ('server:\n\tdatabase: ""\n\tip-address: 192.0.2.1@53 # here\n', [["server", [["database", ""], ["ip-address", "192.0.2.1@53"]]]]),
        ('zone:\n  name: "a # b"\n  allow_query: 0.0.0.0/0 NOKEY\n', [["zone", [["name", "a # b"], ["allow-query", "0.0.0.0/0", "NOKEY"]]]]),
        ("key:\n\nkey:\n\tname: k\n", [["key", []], ["key", [["name", "k"]]]]),
    ],
)
def test_clauses_are_read_a_line_an_option(text, expected):
    assert clauses.parse(text) == expected


def test_clauses_are_found_in_the_files_where_they_stand(tmp_path):
    (tmp_path / "nsd.conf").write_text(f'server:\n\tverbosity: 1\n\ninclude: "{tmp_path}/*.zones" # all\ninclude: nowhere\ninclude: "{tmp_path}/nsd.conf"\n')
    (tmp_path / "a.zones").write_text("zone:\n\tname: A.Example.\n\tzonefile: a\n")
    found = clauses.places(str(tmp_path / "nsd.conf"))
    assert found["server, verbosity"] == f"{tmp_path}/nsd.conf:2"
    assert (found["zone a.example"], found["zone a.example, zonefile"]) == (f"{tmp_path}/a.zones:1", f"{tmp_path}/a.zones:3")
