# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from hypothesis import example, given
from hypothesis import strategies as st

ZONES = st.lists(st.from_regex(r"[a-z0-9_]([a-z0-9_/-]{0,60}[a-z0-9_])?", fullmatch=True), max_size=5).map(
    lambda labels: ".".join(labels)[:253].strip("./-") or "."
)


@given(ZONES, ZONES)
@example(".", "root")
@example(("a" * 62 + ".") * 4, ("a" * 62 + ".") * 4 + "b")
def test_a_zone_has_a_file_name_of_its_own(zone, other):
    file = zone_file_name(zone)
    assert "/" not in file and file not in (".", "..") and len(file) <= 240
    assert zone == other or file != zone_file_name(other)
