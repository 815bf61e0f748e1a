# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones depend on a server alone, however many there are."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.action.verify import _recursive, alone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations

ADDRESSES = {"ns1": ("192.0.2.1", "198.51.100.1", "2001:db8::1"), "ns2": ("192.0.2.2",)}
RECORDS = [{"type": "NS", "value": ["ns1.example.net.", "ns2.example.net."]}]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (ADDRESSES["ns1"], ["lonely.example"]),
        (ADDRESSES["ns1"][:2], []),  # it answers at another one, which goes with it
        ([*ADDRESSES["ns1"], *ADDRESSES["ns2"]], 1002),
        (ADDRESSES["ns2"], []),
        ([], []),
    ],
)
def test_zones_that_nobody_else_serves_are_told(addresses, expected):
    items = [{"name": f"z{number}.example", "records": RECORDS} for number in range(1001)]
    items.append({"name": "lonely.example", "secondaries": [], "records": RECORDS})
    inventory = Inventory({"dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}, ADDRESSES.__getitem__)
    found = alone(expectations(load(items, {}, inventory, str), "pc1", [4, 6], 1), addresses)
    assert found == expected or len(found) == expected


@pytest.mark.parametrize(("host", "strangers", "recursive"), [("pc1", [], ["ns2/192.0.2.2"]), ("pc1", ["pc1"], []), ("ns1", ["pc1"], ["ns2/192.0.2.2"])])
def test_who_is_declared_to_recurse_is_not_asked_whether_it_does_but_by_strangers(host, strangers, recursive):
    groups = {"dns_primaries": ["ns1"], "dns_secondaries": ["ns2"], "dns_strangers": strangers}
    found = expectations(load([{"name": "a.example", "records": RECORDS}], {}, Inventory(groups, ADDRESSES.__getitem__), str), host, [4, 6], 1)
    hostvars = {"ns1": {"nameserver_recursion_networks": []}, "ns2": {"nameserver_recursion_networks": ["192.0.2.0/24"]}, "pc1": {}}
    assert _recursive(found, {"inventory_hostname": host, "groups": groups, "hostvars": hostvars}) == recursive
