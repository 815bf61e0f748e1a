# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers as secondaries: who talks to them, what primaries let them do, what is told when it cannot be."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUDS
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.providers import absent, duties
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations

HOSTS = {"ns1": ("192.0.2.1", "2001:db8::1"), "ns2": ("192.0.2.2",), "worker": ("192.0.2.9",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
SECRET = {"secret": "s" * 32}
NS = [{"type": "NS", "value": "ns.example."}]


def declared(*secondaries, groups=None, keys=None, hosts=None, **zone):
    zones = [{"name": "example.com", "secondaries": list(secondaries), "records": NS, **zone}]
    return load(zones, {}, Inventory({**GROUPS, **(groups or {})}, (hosts or HOSTS).__getitem__), str, keys=keys)


def test_a_primary_lets_cloudflare_transfer_and_tells_it_wherever_it_listens():
    zone = plan(declared("ns2", {"cloud": "cloudflare"}, keys=SECRET), "ns1", HOSTS["ns1"]).primary["example.com"]
    peers = [peer for peer in zone.transfer_to if peer.server == "cloudflare"]
    assert tuple(peer.address for peer in peers) == CLOUDS["cloudflare"].addresses
    told = [peer for peer in zone.notify if peer.server == "cloudflare"]
    assert tuple(peer.address for peer in told) == CLOUDS["cloudflare"].notify
    assert {key.name for peer in (*peers, *told) for key in peer.keys} == {"cloudflare._from.ns1._g1"}
    assert [peer.address for peer in zone.notify if peer.server == "ns2"] == ["192.0.2.2"]


def test_addresses_are_of_families_that_the_primary_has_and_may_be_others_than_the_usual():
    entry = {"cloud": "cloudflare", "addresses": ["198.51.100.0/24", "2001:db8:1::/48"], "notify": ["198.51.100.1", "198.51.100.2"]}
    zone = plan(declared(entry), "ns1", ("192.0.2.1",)).primary["example.com"]
    assert [peer.address for peer in zone.transfer_to] == ["198.51.100.0/24"]
    assert [peer.address for peer in zone.notify] == ["198.51.100.1", "198.51.100.2"]


def test_route53_gets_the_zone_from_the_host_that_carries_it_and_is_not_told():
    declaration = declared({"cloud": "route53", "host": "worker"}, keys=SECRET)
    zone = plan(declaration, "ns1", HOSTS["ns1"]).primary["example.com"]
    assert [(peer.server, peer.address, peer.keys[0].name) for peer in zone.transfer_to] == [("route53", "192.0.2.9", "route53._from.ns1._g1")]
    assert zone.notify == ()


@pytest.mark.parametrize(
    ("entry", "groups", "carrier"),
    [
        ({"cloud": "cloudflare"}, {}, "ns1"),
        ({"cloud": "route53"}, {}, "ns1"),
        ({"cloud": "route53"}, {"dns_cloud": ["worker"]}, "worker"),
        ({"cloud": "route53", "host": "ns2"}, {"dns_cloud": ["worker"]}, "ns2"),
    ],
)
def test_one_host_talks_to_the_provider(entry, groups, carrier):
    declaration = declared(entry, groups=groups)
    assert {host: set(duties(declaration, host, HOSTS[host])) for host in HOSTS} == {host: {entry["cloud"]} if host == carrier else set() for host in HOSTS}


def test_what_the_modules_get():
    found = duties(declared({"cloud": "cloudflare"}, keys=SECRET), "ns1", HOSTS["ns1"])["cloudflare"]
    key = "cloudflare._from.ns1._g1"
    assert found.primaries == [
        {"name": f"ns1/192.0.2.1 with {key}", "address": "192.0.2.1", "port": 53, "key": key},
        {"name": f"ns1/2001:db8::1 with {key}", "address": "2001:db8::1", "port": 53, "key": key},
    ]
    assert found.zones == [{"name": "example.com", "primaries": [primary["name"] for primary in found.primaries]}]
    assert [item["name"] for item in found.keys] == [key]
    fed = duties(declared("ns2", {"cloud": "route53", "from": "ns2"}), "ns1", HOSTS["ns1"])["route53"]
    assert (fed.primaries, fed.keys) == ([{"name": "ns2/192.0.2.2 without a key", "address": "192.0.2.2", "port": 53}], [])


def test_a_primary_is_called_the_same_whichever_zones_a_run_is_about():
    given = {**SECRET, "keys": [{"name": name, "secret": "c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="} for name in ("agreed", "unsigned")]}
    outside = [{"address": "192.0.2.7", "name": "hidden", "port": port, "key": False} for port in (53, 5300)]
    zones = [
        {"name": "a.example", "secondaries": [{"cloud": "cloudflare"}], "records": NS},
        {"name": "b.example", "secondaries": [{"cloud": "cloudflare", "key": "agreed"}], "records": NS},
        {"name": "c.example", "secondaries": [{"cloud": "cloudflare", "key": False}], "records": NS},
        {"name": "d.example", "secondaries": [{"cloud": "cloudflare", "key": "unsigned"}], "records": NS},
        *(
            {"name": f"e{primary['port']}.example", "primaries": [primary], "secondaries": [{"cloud": "cloudflare", "host": "ns1"}], "records": NS}
            for primary in outside
        ),
    ]

    def primaries(select):
        found = duties(load(zones, {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys=given, select=select), "ns1", ("192.0.2.1",))["cloudflare"]
        named = {primary["name"]: (primary["address"], primary["port"], primary.get("key")) for primary in found.primaries}
        return {zone["name"]: {name: named[name] for name in zone["primaries"]} for zone in found.zones}

    together = primaries(None)
    assert together["b.example"] == {
        "ns1/192.0.2.1 with agreed": ("192.0.2.1", 53, "agreed"),
        "ns1/2001:db8::1 with agreed": ("2001:db8::1", 53, "agreed"),
    }
    assert len({name for zone in together.values() for name in zone}) == 4 * 2 + 2
    assert together == {zone: found for name in together for zone, found in primaries(f"[?name=='{name}']").items()}


def test_whom_to_ask_whether_the_provider_has_it():
    found = duties(declared({"cloud": "cloudflare"}), "ns1", HOSTS["ns1"])["cloudflare"]
    told = {"example.com": {"name_servers": ["a.provider.example", "b.provider.example"]}}
    asked = found.questions("cloudflare", told, {"a.provider.example": ["198.51.100.1", "2001:db8:5::1"], "b.provider.example": ["198.51.100.1"]})
    assert asked["zones"] == [{"name": "example.com", "servers": ["cloudflare/198.51.100.1", "cloudflare/2001:db8:5::1"]}]
    assert [(server["name"], server["role"]) for server in asked["servers"]] == [
        ("ns1/192.0.2.1 without a key", "primary"),
        ("ns1/2001:db8::1 without a key", "primary"),
        ("cloudflare/198.51.100.1", "secondary"),
        ("cloudflare/2001:db8:5::1", "secondary"),
    ]


def test_nobody_asks_a_provider_for_the_zones_own_serial_and_the_carrier_may_transfer():
    declaration = declared("ns2", {"cloud": "route53", "host": "worker"}, {"cloud": "cloudflare"}, keys=SECRET)
    found = expectations(declaration, "worker", [4], 20)
    assert {server["name"] for server in found.servers} == {"ns1/192.0.2.1", "ns2/192.0.2.2"}
    assert {(entry["expect"], entry["key"]): entry["servers"] for entry in found.transfers} == {
        ("allowed", "route53._from.ns1._g1"): ["ns1/192.0.2.1"],
        ("refused", ""): ["ns1/192.0.2.1", "ns2/192.0.2.2"],
    }


@pytest.mark.parametrize(
    ("entry", "zone", "told"),
    [
        ({"cloud": "cloudfare"}, {}, "the cloud 'cloudfare' is unknown, did you mean 'cloudflare'?"),
        ({"cloud": "cloudflare", "acount": "x"}, {}, "'acount' is unknown"),
        ({"cloud": "route53", "host": "wroker"}, {}, "did you mean 'worker'?"),
        ({"cloud": "cloudflare", "notify": ["198.51.100.0/24"]}, {}, "notify has '198.51.100.0/24'"),
        ({"cloud": "cloudflare", "addresses": ["any"]}, {}, "addresses has 'any'"),
        ({"cloud": "cloudflare"}, {"tls": True}, "cloudflare has none over TLS"),
        ({"cloud": "cloudflare"}, {"primaries": [{"address": "198.51.100.7"}]}, "no host is there to talk to cloudflare"),
        ({"cloud": "cloudflare", "key": "nobody"}, {}, "key names 'nobody'"),
        ({"cloud": "cloudflare", "hosted_zone_id": "Z1"}, {}, "the key 'hosted_zone_id' is unknown"),
        ({"cloud": "route53", "hosted_zone_id": ""}, {}, "hosted_zone_id is ''; write the id"),
        ("ns2", {"primaries": [{"cloud": "cloudflare"}]}, "primaries names the provider"),
    ],
)
def test_mistakes(entry, zone, told):
    with pytest.raises(DeclarationError) as caught:
        declared(entry, **zone)
    assert told in str(caught.value)


def test_a_primary_with_private_addresses_only_is_told_about():
    def told(ns1, **entry):
        return [str(warning) for warning in declared(entry, hosts={**HOSTS, "ns1": (ns1,)}).warnings if "cannot transfer from ns1" in str(warning)]

    assert len(told("10.0.0.1", cloud="cloudflare")) == 1
    assert not told("192.0.2.1", cloud="cloudflare")
    assert not told("10.0.0.1", cloud="cloudflare", addresses="10.0.0.2")
    assert not told("10.0.0.1", cloud="route53")


def test_what_is_to_go_must_not_be_declared():
    declaration = declared({"cloud": "cloudflare"})
    assert absent(declaration, {"route53": ["Example.com."], "cloudflare": ["example.org"]}) == {
        "route53": [{"name": "example.com"}],
        "cloudflare": [{"name": "example.org"}],
    }
    with pytest.raises(DeclarationError, match="example.com is declared to be served by cloudflare"):
        absent(declaration, {"cloudflare": ["example.com"]})
    with pytest.raises(DeclarationError, match="'cloudfare' is unknown"):
        absent(declaration, {"cloudfare": []})


@pytest.mark.parametrize("spelling", ["bücher.example", "BÜCHER.Example.", "xn--bcher-kva.example"])
def test_a_name_in_unicode_is_known_in_any_spelling(spelling):
    declaration = declared({"cloud": "route53"}, name="bücher.example")
    with pytest.raises(DeclarationError, match="is declared to be served by route53"):
        absent(declaration, {"route53": [spelling]})
    assert absent(declaration, {"cloudflare": [spelling, "bücher.example"]}) == {"cloudflare": [{"name": "xn--bcher-kva.example"}]}


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ({"route53": None}, "route53 is None; list the names of zones"),
        ({"route53": "example.com"}, "route53 is 'example.com'; list the names of zones"),
        ({"route53": {"example.com": {}}}, "route53 is {'example.com': {}}; list the names of zones"),
        ({"cloudflare": [{"zone": "example.com"}]}, "cloudflare has {'zone': 'example.com'}, which is not a name"),
        ({"cloudflare": [5, "two words.example", "ü" * 70]}, "cloudflare has 5, which is not a name"),
        ({"cloudflare": ["two words.example"]}, "which no zone name may have"),
        ({"cloudflare": ["ü" * 70 + ".example"]}, "which is not a domain name"),
        ({5: []}, "the cloud 5 is unknown"),
        ({"cloudflare": [{"name": "example.org", "hosted_zone_id": "Z1"}]}, "the key 'hosted_zone_id' is unknown"),
        ({"route53": [{"name": "example.org", "hosted_zone_id": 5}]}, "cloud_absent, route53: hosted_zone_id is 5; write the id"),
        ({"route53": [{"name": "example.org", "hosted_zone": "Z1"}]}, "the key 'hosted_zone' is unknown, did you mean 'hosted_zone_id'?"),
    ],
)
def test_what_is_to_go_is_lists_of_names(listed, told):
    with pytest.raises(DeclarationError) as caught:
        absent(declared("ns2"), listed)
    assert told in str(caught.value)


def test_a_declaration_says_which_hosted_zone_it_is_and_the_module_gets_it():
    (found,) = duties(declared({"cloud": "route53", "hosted_zone_id": "Z1"}), "ns1", ("192.0.2.1",))["route53"].zones
    assert (found["name"], found["hosted_zone_id"]) == ("example.com", "Z1")
    (found,) = duties(declared({"cloud": "route53"}), "ns1", ("192.0.2.1",))["route53"].zones
    assert "hosted_zone_id" not in found
    item = {"name": "Example.ORG.", "hosted_zone_id": "Z2"}
    assert absent(declared("ns2"), {"route53": [item, "example.net"]}) == {
        "route53": [{"name": "example.org", "hosted_zone_id": "Z2"}, {"name": "example.net"}]
    }
