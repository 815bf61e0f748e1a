# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import reverse
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.pointers import Difference, compared, network_of


@pytest.mark.parametrize("network", ["10.0.0.0/8", "192.168.0.0/16", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.7/32", "2001:db8::/32", "2001:db8:0:1::/64"])
def test_the_network_of_a_reverse_zones_name(network):
    expected = ipaddress.ip_network(network)
    assert network_of(reverse.zone_of(expected)) == expected


@pytest.mark.parametrize("name", ["in-addr.arpa", "ip6.arpa", "300.10.in-addr.arpa", "0-127.2.0.192.in-addr.arpa", "xy.ip6.arpa", "5/25.2.0.192.in-addr.arpa"])
def test_a_name_that_is_of_no_network(name):
    assert network_of(name) is None


def declared(**zones):
    servers = {"type": "NS", "value": "ns1.example."}
    items = [{"name": name.replace("_", "."), "records": [servers, *records]} for name, records in zones.items()]
    return load(items, {}, Inventory({"all": ["ns1"], "dns_primaries": ["ns1"]}, {"ns1": ("192.0.2.53",)}.__getitem__), str)


def test_what_derivation_would_give_and_what_differs():
    forward = [
        {"name": "a", "type": "A", "value": "192.0.2.1"},
        {"name": "also", "type": "A", "value": "192.0.2.1"},
        {"name": "b", "type": "A", "value": "192.0.2.2"},
        {"name": "c", "type": "A", "value": "192.0.2.10"},
        {"name": "*", "type": "A", "value": "192.0.2.11"},
        {"name": "far", "type": "A", "value": "198.51.100.1"},
    ]
    there = [
        {"name": "1", "type": "PTR", "value": "a.example.com."},
        {"name": "2", "type": "PTR", "value": "B.Example.Com."},
        {"name": "9", "type": "PTR", "value": "gone.example.net."},
    ]
    found = declared(example_com=forward, **{"2_0_192_in-addr_arpa": there})
    (zone,) = compared(found, set(found.zones))
    assert (zone.name, zone.network, zone.same) == ("2.0.192.in-addr.arpa", "192.0.2.0/24", 2)
    assert zone.differing == (
        Difference("1", ("a.example.com.",), ("a.example.com.", "also.example.com.")),
        Difference("9", ("gone.example.net.",), ()),
        Difference("10", (), ("c.example.com.",)),
    )
    assert str(zone.differing[1]) == "9: gone.example.net. now, nothing if derived"
    assert not list(compared(found, {"example.com"}))  # a copy of somebody else's, whose records are not known
