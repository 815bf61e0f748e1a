# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import nsd_zones

# As NSD 4.12 prints it.
TOLD = """zone:\tcatalog.example
\tpattern: _implicit_zone_
\tcatalog: consumer (serial: 7, # members: 1)
\tstate: ok
\tserved-serial: "7 since 2026-11-29T21:00:00"
\tcommit-serial: "8 since 2026-11-29T21:00:01"
\twait: "60 sec between attempts"
zone:\tMember.Example.
\tpattern: members
\tcatalog-member-id: "ab12.zones.catalog.example."
\tstate: refreshing
zone:\t.
\tstate: primary
"""


def test_zones_and_what_is_told_of_each():
    told = nsd_zones.status(TOLD)
    assert list(told) == ["catalog.example", "member.example", "."]
    assert told["catalog.example"]["served-serial"] == "7" and told["member.example"]["pattern"] == "members"
    assert told["member.example"]["catalog-member-id"] == "ab12.zones.catalog.example." and told["."] == {"state": "primary"}
    assert [zone for zone, facts in told.items() if nsd_zones.consumed(facts)] == ["catalog.example"]


def test_a_zone_that_is_noted_in_another_version_than_it_is_served_waits():
    told = nsd_zones.status(TOLD)
    assert [zone for zone, facts in told.items() if nsd_zones.waits_to_serve(facts)] == ["catalog.example"]
    assert nsd_zones.waits_to_serve({"commit-serial": "8"}) and not nsd_zones.waits_to_serve({"served-serial": "8"})


def test_what_nsd_transfers():
    told = nsd_zones.status(TOLD + "zone:\told\n\tstate: master\n")  # NSD 4.6
    assert [zone for zone, facts in told.items() if nsd_zones.transferred(facts)] == ["catalog.example", "member.example"]
    assert not nsd_zones.transferred({})  # it does not say


def test_a_serial_that_nsd_says_not_to_have_is_none():
    told = nsd_zones.status("zone:\tnone\n\tstate: refreshing\n\tserved-serial: none\n\tcommit-serial: none\n")
    assert told == {"none": {"state": "refreshing"}}


def test_what_nsd_control_says_instead_is_no_zone():
    assert nsd_zones.status("error zone member.example not configured\n") == nsd_zones.status("error: could not connect: refused\n") == {}


def test_what_is_empty_takes_nothing_from_the_next_line():
    assert nsd_zones.status("zone:\ta.example\n\tcatalog-invalid:\nzone:\tb.example\n") == {"a.example": {}, "b.example": {}}


def test_files_of_zones_and_of_patterns_as_nsd_checkconf_prints_them():
    printed = """server:
\tidentity: "M\udcfcller"
\tzonesdir: "/etc/nsd"
key:
\tname: "zone"
pattern:
\tname: "Sorted"
\tzonefile: "zones/%1/%s"
zone:
\tname: "Example.COM."
\tzonefile: "a b/%s"
\trequest-xfr: 192.0.2.1 NOKEY
zone:
\tname: "none.example"
"""
    assert nsd_zones.files(printed) == ({"example.com": "a b/Example.COM."}, {"sorted": "zones/%1/%s"})


@pytest.mark.parametrize(
    ("file", "zone", "expected"),
    [
        ("%s.zone", "www.example.com", "www.example.com.zone"),
        ("%1/%2%3/%s", "www.example.com", "w/ww/www.example.com"),
        ("%z/%y/%x/db", "www.example.com", "com/example/www/db"),
        ("plain%", "www.example.com", "plain%"),
        ("%1/%s.zone", "Example.COM.", "E/Example.COM..zone"),
        ("%z/%y/%x", "Example.COM.", "com/example/."),
        ("%s%1%2%z", ".", "...."),
    ],
)
def test_the_name_of_a_file_is_what_nsd_makes_of_it(file, zone, expected):
    assert nsd_zones.file_name(file, zone) == expected
