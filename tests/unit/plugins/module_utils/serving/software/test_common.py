# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones a configuration names that this collection did not write."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import zones_named

NSD = """
server:
    ip-address: ::1 # zone: name: comment.example
    logfile: "zone: name: text.example"
pattern:
    name: pattern.example
zone: name: "One.example." zonefile: one
key:
    name: key.example
zone: # the second
    zonefile: "two"
    name: two.example
    request-xfr: AXFR fd00::1 NOKEY
    include-pattern: pattern.example
"""
KNOT = """
acl:
  - id: domain
    address: [127.0.0.1, fd00::1]
zone:
  - domain: one.example
    file: "one"
  # - domain: comment.example
  - domain: "Two.example."
    acl: [domain]
policy:
  - domain: policy.example
"""


@pytest.mark.parametrize(("text", "option"), [(NSD, "name"), (KNOT, "domain")], ids=["NSD", "Knot DNS"])
def test_zones_are_told_from_what_looks_like_them(text, option, tmp_path):
    (tmp_path / "main.conf").write_text(text)
    assert zones_named(str(tmp_path / "main.conf"), option) == {"one.example", "two.example"}


def test_included_files_are_read_once_each(tmp_path):
    (tmp_path / "further").mkdir()
    (tmp_path / "main.conf").write_text('include: "further"\ninclude: other-*.conf\ninclude: "nowhere.conf"\nzone:\n name: main.example\n')
    (tmp_path / "further/one.conf").write_text(f'include: "{tmp_path}/main.conf"\nzone:\n name: one.example\n')
    (tmp_path / "further/one.txt").write_text("zone:\n name: text.example\n")
    (tmp_path / "other-1.conf").write_text("zone:\n name: other.example\n")
    assert zones_named(str(tmp_path / "main.conf"), "name") == {"main.example", "one.example", "other.example"}
