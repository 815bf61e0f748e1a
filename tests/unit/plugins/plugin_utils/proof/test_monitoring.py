# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role monitor puts on a host."""

from __future__ import annotations

import difflib
import json

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.monitoring import expected

HOSTS = {"ns1": ("192.0.2.1", "2001:db8::1"), "ns2": ("192.0.2.2",), "watcher": ("192.0.2.9",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}


def declared(*names):
    records = [{"type": "NS", "value": "ns1.example.net."}]
    return load([{"name": name, "records": records} for name in names], {}, Inventory(GROUPS, HOSTS.__getitem__), str)


def test_a_stranger_expects_to_be_refused_and_a_secondary_only_by_the_others():
    stranger = json.loads(expected(declared("a.example"), "watcher", [4, 6], 20))
    assert stranger["servers"] == [
        {"name": "ns1/192.0.2.1", "address": "192.0.2.1", "port": 53, "server": "ns1"},
        {"name": "ns1/2001:db8::1", "address": "2001:db8::1", "port": 53, "server": "ns1"},
        {"name": "ns2/192.0.2.2", "address": "192.0.2.2", "port": 53, "server": "ns2"},
    ]
    assert [zone["reference"] for zone in stranger["zones"]] == [["ns1/192.0.2.1", "ns1/2001:db8::1"]]
    assert {name for entry in stranger["refusals"] for name in entry["servers"]} == {"ns1/192.0.2.1", "ns1/2001:db8::1", "ns2/192.0.2.2"}
    secondary = json.loads(expected(declared("a.example"), "ns2", [4], 20))
    assert [server["name"] for server in secondary["servers"]] == ["ns1/192.0.2.1", "ns2/192.0.2.2"] and secondary["refusals"] == []


def test_no_secret_leaves_the_controller():
    records = [{"type": "NS", "value": "ns1.example.net."}]
    keys = {"secret": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
    declaration = load([{"name": "a.example", "records": records, "tls": True}], {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys=keys)
    content = expected(declaration, "ns2", [4], 20)
    assert "secret" not in content and "_from" not in content
    assert [entry["servers"] for entry in json.loads(content)["refusals"]] == [["ns1/192.0.2.1"]], "without the key even a secondary is refused"


def test_a_further_zone_is_a_difference_of_its_own_lines():
    one, two = (expected(declared(*names), "watcher", [4], 20).splitlines() for names in (("a.example", "c.example"), ("a.example", "b.example", "c.example")))
    changed = [line for line in difflib.ndiff(one, two) if line[0] in "+-"]
    assert changed and all(line.startswith('+ {"') and "b.example" in line for line in changed)


def test_members_name_their_catalog():
    zones = [{"name": name, "records": [{"type": "NS", "value": "ns1.example.net."}]} for name in ("a.example", "b.example")]
    catalogs = {"catalog_zones": [{"name": "catalog.example"}]}
    declaration = load(zones, {"catalog": "catalog.example"}, Inventory(GROUPS, HOSTS.__getitem__), str, **catalogs)
    found = json.loads(expected(declaration, "watcher", [4], 20))["zones"]
    membership = [{"catalog": "catalog.example"}, {"catalog": "catalog.example"}, {"members": 2}]
    assert [{key: value for key, value in zone.items() if key in ("catalog", "members")} for zone in found] == membership


def test_nothing_declared_is_nothing_to_look_at():
    assert json.loads(expected(declared(), "watcher", [4], 20)) == {"servers": [], "zones": [], "signed": [], "signatures": [], "refusals": []}
    assert json.loads(expected(declared("a.example"), "watcher", [4], 20))["signatures"] == []


def test_how_long_signatures_are_good_at_least_where_their_policy_is_known():
    zones = [{"name": f"{word}.example", "dnssec": word, "records": [{"type": "NS", "value": "ns1.example.net."}]} for word in ("standard", "stig")]
    content = json.loads(expected(load(zones, {}, Inventory(GROUPS, HOSTS.__getitem__), str), "watcher", [4], 20))
    assert content["signatures"] == [{"zone": "standard.example", "least": 259200}, {"zone": "stig.example", "least": 103680}]
