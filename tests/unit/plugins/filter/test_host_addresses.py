# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.filter.host_addresses import host_addresses

FACTS = {"default_ipv4": {"address": "192.0.2.2"}, "default_ipv6": {"address": "2001:db8::2"}}


@pytest.mark.parametrize(
    ("variables", "addresses"),
    [
        ({"ansible_facts": FACTS}, ["192.0.2.2", "2001:db8::2"]),
        ({"ansible_host": "ns1.example.com", "ansible_facts": FACTS}, ["192.0.2.2", "2001:db8::2"]),
        ({"ansible_host": "192.0.2.1", "ansible_facts": FACTS}, ["192.0.2.1"]),
        ({"dns_addresses": ["2001:DB8:0:0::53", "192.0.2.1"], "ansible_host": "192.0.2.9"}, ["2001:db8::53", "192.0.2.1"]),
        ({"dns_addresses": "192.0.2.1"}, ["192.0.2.1"]),
        ({"dns_addresses": ["ns1.example.com"]}, []),
        ({}, []),
    ],
)
def test_the_addresses_of_the_declaration_and_none_where_these_are_wrong(variables, addresses):
    assert host_addresses(variables) == addresses
