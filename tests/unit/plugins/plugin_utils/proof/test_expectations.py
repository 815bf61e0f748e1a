# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host must see follows from the declaration, keys included."""

from __future__ import annotations

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text, to_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof import expectations as module
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations

HOSTS = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",), "ns3": ("192.0.2.3",), "other": ("192.0.2.9",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
SECRET = {"secret": "s" * 32}


def expected(host, keys=None, **zone):
    zone = {"name": "example.com", "records": [{"type": "NS", "value": "ns.example."}], **zone}
    return expectations(load([zone], {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys=keys), host, [4], 20)


def transfers(host, keys=None, **zone):
    return {(entry["expect"], entry["key"]): [label.partition("/")[0] for label in entry["servers"]] for entry in expected(host, keys, **zone).transfers}


@pytest.mark.parametrize(
    ("host", "without", "signed"),
    [
        ("ns2", {("allowed", ""): ["ns1"], ("refused", ""): ["ns3"]}, {("allowed", "ns2._from.ns1._g1"): ["ns1"], ("refused", ""): ["ns1", "ns3"]}),
        ("ns1", {("refused", ""): ["ns2", "ns3"]}, {("refused", ""): ["ns2", "ns3"]}),
        ("other", {("refused", ""): ["ns1", "ns2", "ns3"]}, {("refused", ""): ["ns1", "ns2", "ns3"]}),
    ],
)
def test_who_transfers_needs_the_pairs_key_where_there_is_one(host, without, signed):
    assert transfers(host) == without
    assert transfers(host, SECRET) == signed
    assert transfers(host, SECRET, tsig=False) == without


def test_an_encrypted_zone_is_refused_without_tls_whatever_the_key():
    key = "ns2._from.ns1._g1"
    found = {(entry["expect"], entry["key"]): entry["servers"] for entry in expected("ns2", SECRET, tls=True).transfers}
    assert found == {
        ("allowed", key): ["ns1/192.0.2.1 over TLS"],
        ("refused", key): ["ns1/192.0.2.1"],
        ("refused", ""): ["ns1/192.0.2.1", "ns3/192.0.2.3"],
    }
    assert expected("ns2", SECRET, tls=True).encrypted == [
        {"name": "ns1/192.0.2.1 over TLS", "address": "192.0.2.1", "port": 53, "tls": True, "tls_hostname": "ns1"}
    ]
    assert expected("ns2", SECRET).encrypted == expected("other", SECRET, tls=True).encrypted == []


def test_of_which_zones_a_server_learns_is_for_its_own_host_to_see():
    zone = {"name": "a.example", "records": [{"type": "NS", "value": "ns.example."}], "catalog": "catalog.example"}
    inventory = Inventory(GROUPS, HOSTS.__getitem__)
    declaration = load([zone, {**zone, "name": "b.example", "catalog": None}], {}, inventory, str, catalog_zones=[{"name": "catalog.example"}])
    learned = {host: expectations(declaration, host, [4], 20).learned for host in ("ns1", "ns2", "other")}
    catalogs = [{"name": "catalog.example", "members": ["a.example"]}]
    assert learned == {"ns1": {}, "ns2": {"server": "ns2/192.0.2.2", "address": "192.0.2.2", "catalogs": catalogs}, "other": {}}


def test_who_never_answers_is_not_asked():
    mute, talking = ({"address": address, "answers": answers} for address, answers in (("203.0.113.1", False), ("203.0.113.2", True)))
    found = expected("other", secondaries=["ns2", mute, talking])
    assert [server["address"] for server in found.servers] == ["192.0.2.1", "192.0.2.2", "203.0.113.2"]
    hidden = expected("other", primaries=[mute], secondaries=["ns2"])
    assert hidden.zones == [{"name": "example.com", "servers": ["ns2/192.0.2.2"], "reference": []}]


def test_the_keys_that_are_needed_travel_and_no_others():
    assert [key["name"] for key in expected("ns2", SECRET).keys] == ["ns2._from.ns1._g1"]
    assert expected("ns1", SECRET).keys == expected("ns2").keys == []


def test_a_given_key_signs_all_transfers_of_its_zone():
    keys = {**SECRET, "keys": [{"name": "agreed", "secret": "QUJDREVGR0hJSktMTU5PUA=="}]}
    assert transfers("ns2", keys, tsig="agreed") == {("allowed", "agreed"): ["ns1"], ("refused", ""): ["ns1", "ns3"]}


def test_a_secondary_may_feed_another():
    secondaries = ["ns2", {"host": "ns3", "from": "ns2"}]
    assert transfers("ns3", secondaries=secondaries) == {("refused", ""): ["ns1"], ("allowed", ""): ["ns2"]}
    assert transfers("ns2", secondaries=secondaries) == {("allowed", ""): ["ns1"], ("refused", ""): ["ns3"]}


def contents(*zones, most=20):
    declaration = load(list(zones), {}, Inventory(GROUPS, HOSTS.__getitem__), str)
    return {entry["name"]: entry for entry in expectations(declaration, "ns2", [4], 20, most).contents}


def test_servers_must_have_what_is_declared_in_a_form_that_any_version_reads():
    data = {"@": ("NS", "ns.example."), "www": ("HTTPS", "1 . alpn=h2"), "x": ("TYPE65280", r"\# 1 aa")}
    records = [{"name": name, "type": rdtype, "value": value} for name, (rdtype, value) in data.items()]
    (entry,) = contents({"name": "example.com", "records": records}).values()
    assert entry["servers"] == ["ns1/192.0.2.1", "ns2/192.0.2.2", "ns3/192.0.2.3"]
    read = [to_text(record) for record in read_zone_text(entry["content"], dns.name.from_text("example.com"), "content")]
    assert [line for line in read if " SOA " not in line] == [
        "example.com. 3600 IN NS ns.example.",
        'www.example.com. 3600 IN HTTPS 1 . alpn="h2"',
        r"x.example.com. 3600 IN TYPE65280 \# 1 aa",
    ]
    assert "HTTPS" not in entry["content"]


def test_names_in_what_servers_must_have_are_below_no_origin_because_old_versions_read_only_those():
    records = [{"type": "NS", "value": "ns"}, {"name": "ns", "type": "A", "value": "192.0.2.1"}, {"name": "*.a", "type": "CNAME", "value": "ns"}]
    (entry,) = contents({"name": "example.com", "records": records}).values()
    assert entry["content"].startswith("$ORIGIN none.invalid.\n")
    read = [to_text(record) for record in read_zone_text(entry["content"], dns.name.from_text("example.com"), "content")]
    assert sorted(line for line in read if " SOA " not in line) == [
        "*.a.example.com. 3600 IN CNAME ns.example.com.",
        "example.com. 3600 IN NS ns.example.com.",
        "ns.example.com. 3600 IN A 192.0.2.1",
    ]


def test_what_is_not_declared_here_and_what_is_very_large_is_left_out(monkeypatch):
    ours = {"name": "example.com", "records": [{"type": "NS", "value": "ns.example."}]}
    theirs = {"name": "example.net", "primaries": ["203.0.113.1"], "records": [{"type": "NS", "value": "ns.example."}]}
    large = {"name": "example.org", "records": [*ours["records"], {"name": "www", "type": "A", "value": [f"192.0.2.{number}" for number in range(9)]}]}
    assert contents(ours, theirs, large).keys() == {"example.com", "example.org"}
    monkeypatch.setattr(module, "MOST_RECORDS", 5)
    assert contents(ours, theirs, large).keys() == {"example.com"}


def test_some_zones_stand_for_all_with_the_same_servers():
    zones = [{"name": f"zone-{number}.test", "records": [{"type": "NS", "value": "ns.example."}]} for number in range(100)]
    assert list(contents(*zones, most=3)) == ["zone-0.test", "zone-49.test", "zone-99.test"]
    assert contents(*zones, most=0) == {}


VIEWS = [{"name": "internal", "match_clients": ["10.0.0.0/8", "key laptop"]}, {"name": "external"}]
LAPTOP = {"name": "laptop", "secret": "c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzLi4uLi4="}


def both_sides(host, addresses, views=None, signs=True):
    records = [{"type": "NS", "value": "ns.example."}]
    zones = [{"name": "example.com", "view": view, "records": records, "secondaries": ["ns2"]} for view in ("internal", "external")]
    keys = {**SECRET, "keys": [LAPTOP]}
    declaration = load(zones, {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys=keys, views=VIEWS if views is None else views)
    return expectations(declaration, host, [4], 20, 20, addresses, signs)


def asked(found):
    return {zone["name"]: zone["servers"] for zone in found.zones}


def test_servers_of_a_zone_ask_with_the_keys_of_their_transfers():
    pair = "ns2._from.ns1._view.internal._g1"
    for host in ("ns1", "ns2"):
        found = both_sides(host, HOSTS[host])
        assert asked(found) == {
            "example.com@internal": [f"ns1/192.0.2.1 with {pair}", f"ns2/192.0.2.2 with {pair}"],
            "example.com@external": ["ns1/192.0.2.1", "ns2/192.0.2.2"],
        }
        assert {server["name"]: server.get("key") for server in found.servers}[f"ns1/192.0.2.1 with {pair}"] == pair
        assert pair in [key["name"] for key in found.keys] and not found.unproven
        assert {zone["name"]: zone["servers"] for zone in found.contents} == asked(found)
        assert all("\nexample.com. " in zone["content"] for zone in found.contents)
        assert [entry["zone"] for entry in found.own_servers] == ["example.com", "example.com"]


def test_who_sees_one_side_by_its_address_asks_for_the_other_with_a_clients_key():
    inside, outside = both_sides("other", ["10.1.2.3"]), both_sides("other", ["198.51.100.7"])
    assert asked(inside) == {"example.com@internal": ["ns1/192.0.2.1", "ns2/192.0.2.2"]}
    assert inside.unproven == [("example.com@external", "ns1"), ("example.com@external", "ns2")]
    assert asked(outside) == {
        "example.com@internal": ["ns1/192.0.2.1 with laptop", "ns2/192.0.2.2 with laptop"],
        "example.com@external": ["ns1/192.0.2.1", "ns2/192.0.2.2"],
    }
    assert not outside.unproven


def test_no_key_leaves_the_controller_for_who_may_have_none():
    found = both_sides("other", ["198.51.100.7"], signs=False)
    assert list(asked(found)) == ["example.com@external"] and not found.keys
    assert found.unproven == [("example.com@internal", "ns1"), ("example.com@internal", "ns2")]


@pytest.mark.parametrize(
    ("addresses", "views"),
    [
        ((), VIEWS),  # nobody knows from where it asks
        (("10.1.2.3", "198.51.100.7"), [{"name": "internal", "match_clients": ["10.0.0.0/8"]}, {"name": "external"}]),  # from one of them
        (("10.1.2.3",), [{"name": "internal", "match_clients": ["localnets"]}, {"name": "external"}]),  # the server's interfaces decide
        (("2001:db8::1",), VIEWS),  # of the other IP version
    ],
)
def test_what_a_host_is_not_sure_to_see_is_not_asked_for(addresses, views):
    found = both_sides("other", addresses, views)
    assert not found.zones and not found.servers and not found.contents and not found.transfers and not found.own_servers
    assert {zone for zone, _server in found.unproven} == {"example.com@internal", "example.com@external"}


def test_transfers_are_tried_with_the_key_of_the_view_and_refused_where_the_view_is_seen():
    found = {(entry["zone"], entry["expect"], entry["key"]): entry["servers"] for entry in both_sides("ns2", HOSTS["ns2"]).transfers}
    assert found == {
        ("example.com@internal", "allowed", "ns2._from.ns1._view.internal._g1"): ["ns1/192.0.2.1"],
        ("example.com@external", "allowed", "ns2._from.ns1._view.external._g1"): ["ns1/192.0.2.1"],
        ("example.com@external", "refused", ""): ["ns1/192.0.2.1"],
    }
    found = both_sides("ns2", ("10.0.0.2",), [{"name": "internal", "match_clients": ["localnets"]}, {"name": "external", "match_clients": ["none"]}])
    named = {server for entry in found.transfers for server in entry["servers"]}
    assert named and named <= {server["name"] for server in found.servers}
