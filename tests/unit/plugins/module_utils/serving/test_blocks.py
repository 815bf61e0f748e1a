# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones a change of a configuration is about."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks

KEYS = '# shared one.\nkey "one." secret "a";\n# shared two.\nkey "two." secret "b";\n'
ZONES = """# shared from-1
primaries "from-1" { 192.0.2.1 key "one."; };
# shared served-1
template "served-1" { primaries { "from-1"; }; };
# shared from-2
primaries "from-2" { 192.0.2.2 key "two."; };
# zone a.example
zone "a.example" { primaries { "from-1"; }; };
# zone b.example
zone "b.example" { template "served-1"; };
# zone c.example
zone "c.example" { primaries { "from-2"; }; };
# zone d.example
zone "d.example" { primaries { 192.0.2.3 key "one."; }; };
"""
BEFORE = {"keys": KEYS, "zones": ZONES}


@pytest.mark.parametrize(
    ("after", "zones"),
    [
        ({}, ""),
        ({"keys": KEYS.replace('"a"', '"z"')}, "abd"),
        ({"keys": KEYS.replace('"b"', '"z"')}, "c"),
        ({"keys": KEYS.replace('"b"', '"z"'), "zones": ZONES.replace("192.0.2.3", "192.0.2.4")}, "cd"),
        ({"keys": KEYS + '# shared three.\nkey "three." secret "c";\n'}, ""),
        ({"keys": KEYS.partition("# shared two.")[0]}, ""),
        ({"zones": ZONES.replace("192.0.2.1 ", "192.0.2.9 ")}, "ab"),
        ({"zones": ZONES + '# zone e.example\nzone "e.example" { };\n'}, ""),
        ({"zones": ZONES.partition("# zone d.example")[0]}, ""),
        ({"keys": "", "zones": ""}, ""),
    ],
)
def test_zones_are_configured_otherwise_where_something_changed_that_their_block_leads_to(after, zones):
    assert blocks.configured_otherwise(BEFORE, {**BEFORE, **after}) == {f"{letter}.example" for letter in zones}


def test_zones_that_come_are_not_configured_otherwise():
    assert blocks.configured_otherwise(dict.fromkeys(BEFORE, ""), BEFORE) == set()
