# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.filter.resolver_addresses import resolver_addresses

HOSTS = {
    "ns1": {"dns_addresses": ["192.0.2.1", "2001:db8::1"]},
    "ns2": {"dns_addresses": ["2001:db8::2"], "ansible_host": "192.0.2.222"},
    "ns3": {"ansible_host": "192.0.2.3"},
    "ns4": {"ansible_host": "ns4.example.com", "ansible_facts": {"default_ipv4": {"address": "192.0.2.4"}, "default_ipv6": {"address": "2001:db8::4"}}},
    "silent": {"ansible_host": "silent.example.com"},
    "wrong": {"dns_addresses": ["192.0.2.256"]},
}


def test_every_host_gives_one_address_in_the_order_given():
    assert resolver_addresses(["ns2", "ns1", "ns4", "ns3"], HOSTS) == ["2001:db8::2", "192.0.2.1", "192.0.2.4", "192.0.2.3"]


def test_a_host_with_an_address_to_connect_to_serves_there_and_nowhere_else():
    facts = {"default_ipv4": {"address": "192.0.2.4"}, "default_ipv6": {"address": "2001:db8::4"}}
    assert resolver_addresses(["ns1"], {"ns1": {"ansible_host": "192.0.2.9", "ansible_facts": facts}}, prefer="ipv6") == ["192.0.2.9"]


def test_ipv6_can_be_preferred():
    assert resolver_addresses(["ns1", "ns2", "ns3", "ns4"], HOSTS, prefer="ipv6") == ["2001:db8::1", "2001:db8::2", "192.0.2.3", "2001:db8::4"]


def test_addresses_are_canonical_and_each_there_once():
    assert resolver_addresses(["2001:DB8:0::1", "ns1", "192.0.2.1", "2001:db8::1"], HOSTS) == ["2001:db8::1", "192.0.2.1"]


def test_all_mistakes_are_told_at_once():
    with pytest.raises(AnsibleFilterError) as caught:
        resolver_addresses(["192.0.2.256", "ns5", "silent", "wrong", "224.0.0.1", "fe80::1", 7, "ns1"], HOSTS)
    text = str(caught.value)
    assert "7 mistakes" in text
    wrong = "dns_addresses: '192.0.2.256' is not an address"
    for part in ("'192.0.2.256'", "did you mean 'ns4'", "declare its dns_addresses", wrong, "'224.0.0.1'", "'fe80::1'", "resolver 7"):
        assert part in text


@pytest.mark.parametrize("value", ["192.0.2.1", {"ns1": 1}, None, 5])
def test_resolvers_are_a_list(value):
    with pytest.raises(AnsibleFilterError, match="give a list"):
        resolver_addresses(value, HOSTS)


def test_the_preferred_family_is_one_of_two():
    with pytest.raises(AnsibleFilterError, match="'ipv4' or 'ipv6'"):
        resolver_addresses([], HOSTS, prefer="both")
