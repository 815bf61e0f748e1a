# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd and ip print becomes what a role asks for. The lab's hosts show the rest: scenario default."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.modules.host_info import interfaces_of, parse_units, unit_name

UNITS = """ActiveState=active
UnitFileState=enabled

ActiveState=inactive
UnitFileState=

UnitFileState=disabled
ActiveState=activating
"""


def test_the_states_of_units():
    assert parse_units(UNITS, ["named", "nsd.service", "knot"]) == {
        "named": {"running": True, "enabled": True},
        "nsd.service": {"running": False, "enabled": False},
        "knot": {"running": True, "enabled": False},
    }


def test_nothing_runs_where_systemd_says_nothing():
    assert parse_units("", ["named", "nsd"]) == dict.fromkeys(["named", "nsd"], {"running": False, "enabled": False})


def test_names_of_units():
    assert [unit_name(name) for name in ("named", "nsd.service", "x.timer")] == ["named.service", "nsd.service", "x.timer"]


LINKS = [
    {"ifname": "lo", "addr_info": [{"local": "127.0.0.1"}, {"local": "::1"}]},
    {},
    {"ifname": "eth0", "addr_info": [{"local": "192.0.2.1"}, {"local": "fe80::1"}, {"local": "2001:db8::1"}, {}]},
    {"ifname": "eth1"},
]


def test_interfaces_that_have_an_address():
    assert interfaces_of(["192.0.2.1", "2001:db8::1"], LINKS) == ["eth0"]
    assert interfaces_of(["::1", "2001:db8::1"], LINKS) == ["lo", "eth0"]
    assert interfaces_of(["192.0.2.9", "ns1.example.com"], LINKS) == []
    assert interfaces_of(["2001:DB8:0:0::1"], LINKS) == ["eth0"]
