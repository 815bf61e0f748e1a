# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import signatures_expected

HOSTS = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",), "ns3": ("192.0.2.3",), "other": ("192.0.2.9",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
SECRET = {"secret": "s" * 32}
SIGNED = """
@ 300 SOA ns1 hostmaster 1 3600 600 1209600 300
@ 300 NS ns1
@ 300 RRSIG SOA 13 2 300 20261201000000 20261101000000 1 sub.example.com. AAAA
www 300 A 192.0.2.1
www 300 AAAA 2001:db8::1
www 300 RRSIG A 13 3 300 20261201000000 20261101000000 1 sub.example.com. AAAA
ns1 300 A 192.0.2.1
"""
OUTSIDE = {"name": "elsewhere.example", "records": [{"type": "NS", "value": "ns.example."}], "primaries": ["198.51.100.1"], "secondaries": ["ns2"]}


def signed(host="ns2", keys=None, parents=None, zones=(), policies=None, **zone):
    zones = [
        {"name": "sub.example.com", "file": "signed", **zone},
        {"name": "example.com", "records": [{"type": "NS", "value": "ns.example."}], "primaries": ["ns3"], "secondaries": []},
        *zones,
    ]
    declaration = load(zones, {}, Inventory(GROUPS, HOSTS.__getitem__), lambda _path: SIGNED, keys=keys, policies=policies)
    return signatures_expected(declaration, host, [4], parents or {})


def test_signed_zones_are_proven_and_the_declared_zone_above_is_asked():
    found = signed()
    assert found["zones"] == [
        {
            "name": "sub.example.com",
            "servers": ["ns1/192.0.2.1", "ns2/192.0.2.2", "ns3/192.0.2.3"],
            "parent_servers": ["ns3/192.0.2.3"],
            "transfers": [{"server": "ns1/192.0.2.1", "key": ""}],
            "record_sets": {"@": ["NS"], "ns1": ["A"], "www": ["A", "AAAA"]},
            "expect": "signed",
        }
    ]
    assert {server["name"] for server in found["servers"]} == {"ns1/192.0.2.1", "ns2/192.0.2.2", "ns3/192.0.2.3"}


def test_a_transfer_for_the_proof_uses_the_pairs_key_and_who_may_not_tries_none():
    found = signed(keys=SECRET)
    assert found["zones"][0]["transfers"] == [{"server": "ns1/192.0.2.1", "key": "ns2._from.ns1._g1"}]
    assert [key["name"] for key in found["keys"]] == ["ns2._from.ns1._g1"]
    assert signed("other", keys=SECRET)["zones"][0]["transfers"] == []
    assert signed(keys=SECRET, tls=True)["zones"][0]["transfers"] == []


def test_servers_of_a_zone_above_outside_come_before_a_declared_one():
    found = signed(parents={"sub.example.com": ["203.0.113.1", "203.0.113.2"]})
    assert found["zones"][0]["parent_servers"] == ["203.0.113.1/203.0.113.1", "203.0.113.2/203.0.113.2"]
    assert {"name": "203.0.113.1/203.0.113.1", "address": "203.0.113.1", "port": 53} in found["servers"]


def test_how_long_signatures_must_be_good_follows_from_the_policy():
    short = {"max_zone_ttl": "1h", "signatures_validity": "1d", "signatures_refresh": "10h"}
    policies = {"short": short, "long": {"signatures_validity": "60d", "signatures_refresh": "30d"}}
    words = {"a.example": True, "b.example": "nist", "c.example": "short", "d.example": "long", "e.example": "insecure"}
    zones = [{"name": name, "dnssec": word, "ttl": 300, "records": OUTSIDE["records"], "secondaries": ["ns2"]} for name, word in words.items()]
    found = signed(zones=[OUTSIDE, *zones], policies=policies)
    days = {zone["name"]: (zone["warning_days"], zone["critical_days"]) for zone in found["zones"] if "warning_days" in zone}
    assert days.pop("c.example") == (0.25, pytest.approx(1 / 12))
    # who takes a longer policy has signatures of the one before for days
    assert days == {"a.example": (3, 1), "b.example": (1.2, 0.4), "d.example": (3, 1), "e.example": (3, 1)}


def test_a_zone_whose_primary_is_outside_may_be_signed_and_one_of_ours_without_signatures_is_not_asked_about():
    found = signed(zones=[OUTSIDE])
    assert [(zone["name"], zone["expect"]) for zone in found["zones"]] == [("sub.example.com", "signed"), ("elsewhere.example", "any")]
    assert "example.com" not in str(found["zones"][1])
