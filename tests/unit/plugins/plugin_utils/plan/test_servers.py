# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import only, plan
from hypothesis import given
from hypothesis import strategies as st

HOSTS = {
    "a": ("192.0.2.1", "2001:db8::1"),
    "b": ("192.0.2.2", "2001:db8::2"),
    "c": ("192.0.2.3",),
    "d": ("2001:db8::4",),
    "e": ("192.0.2.5", "192.0.2.55", "2001:db8::5"),
}
ENDPOINTS = [*HOSTS, "203.0.113.1", {"address": "2001:db8:f::1", "port": 5353}]
GROUPS = {"all": list(HOSTS), "dns_primaries": ["a"], "dns_secondaries": ["b", "c"]}
SERVERS = st.lists(st.sampled_from(range(len(ENDPOINTS))).map(ENDPOINTS.__getitem__), max_size=4)


def declared(zones):
    items = [
        {"name": f"{number}.example", "primaries": primaries, "secondaries": secondaries, "records": [{"type": "NS", "value": "ns.example.net."}]}
        for number, (primaries, secondaries) in enumerate(zones)
    ]
    return load(items, {}, Inventory(GROUPS, HOSTS.__getitem__), str)


def name_of(endpoint):
    if not isinstance(endpoint, dict):
        return endpoint
    port = endpoint.get("port", 53)
    return endpoint["address"] if port == 53 else f"{endpoint['address']} port {port}"


@given(st.lists(st.tuples(SERVERS, SERVERS), max_size=4))
def test_who_may_transfer_is_who_was_declared_and_nobody_else(zones):
    try:
        declaration = declared(zones)
    except DeclarationError:
        # A zone without primaries, or with a server on both sides, never becomes a plan.
        assert any(not primaries or {name_of(one) for one in primaries} & {name_of(one) for one in secondaries} for primaries, secondaries in zones)
        return
    for host, addresses in HOSTS.items():
        whole = plan(declaration, host, addresses)
        assert not whole.primary.keys() & whole.secondary.keys()
        for number, (primaries, secondaries) in enumerate(zones):
            name = f"{number}.example"
            assert (name in whole.primary, name in whole.secondary) == (host in primaries, host in secondaries)
            if host in primaries:
                zone = whole.primary[name]
                assert {peer.server for peer in zone.transfer_to} == {name_of(one) for one in secondaries}
                assert [peer.server for peer in zone.notify] == list(dict.fromkeys(name_of(one) for one in secondaries))
                assert set(zone.notify) <= set(zone.transfer_to)
                assert all(peer.address in HOSTS.get(peer.server, (peer.server.split()[0],)) for peer in zone.transfer_to)
            if host in secondaries:
                assert {peer.server for peer in whole.secondary[name].transfer_from} == {name_of(one) for one in primaries}


def test_servers_meet_over_the_families_that_they_share():
    declaration = declared([(["a"], ["b", "c", "d", "e", {"address": "2001:db8:f::1", "port": 5353}])])
    zone = plan(declaration, "a", HOSTS["a"]).primary["0.example"]
    assert [peer.address for peer in zone.transfer_to] == [
        "192.0.2.2",
        "2001:db8::2",
        "192.0.2.3",
        "2001:db8::4",
        "192.0.2.5",
        "192.0.2.55",
        "2001:db8::5",
        "2001:db8:f::1",
    ]
    assert [(peer.address, peer.port) for peer in zone.notify] == [
        ("192.0.2.2", 53),
        ("192.0.2.3", 53),
        ("2001:db8::4", 53),
        ("192.0.2.5", 53),
        ("2001:db8:f::1", 5353),
    ]
    assert [peer.address for peer in plan(declaration, "c", HOSTS["c"]).secondary["0.example"].transfer_from] == ["192.0.2.1"]
    assert [peer.address for peer in plan(declaration, "d", HOSTS["d"]).secondary["0.example"].transfer_from] == ["2001:db8::1"]


def test_an_endpoint_that_has_a_hosts_name_is_not_the_host():
    declaration = declared([([{"address": "203.0.113.9", "name": "b"}], ["c"])])
    assert not plan(declaration, "b", HOSTS["b"]).primary
    assert plan(declaration, "c", HOSTS["c"]).secondary["0.example"].transfer_from[0].address == "203.0.113.9"


def test_a_part_of_a_plan_is_about_the_chosen_zones():
    whole = plan(declared([(["a"], ["b"]), (["a"], []), (["b"], ["a"])]), "a", HOSTS["a"])
    assert only(whole, None) is whole
    part = only(whole, {"1.example", "2.example"})
    assert (list(part.primary), list(part.secondary)) == (["1.example"], ["2.example"])


# -- keys, TLS, and secondaries that feed others ----------------------------------------------------------------------

KEY = {"name": "agreed", "secret": "QUJDREVGR0hJSktMTU5PUA=="}
KEYS = {"secret": "s" * 32, "generations": [2, 1], "keys": [KEY]}


def one(keys=None, **zone):
    zone = {"name": "example.com", "records": [{"type": "NS", "value": "ns.example.net."}], **zone}
    return load([zone], {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys=keys)


def planned(declaration, host):
    whole = plan(declaration, host, HOSTS[host])
    return whole.primary.get("example.com") or whole.secondary.get("example.com")


def mistakes(**zone):
    with pytest.raises(DeclarationError) as error:
        one(KEYS, **zone)
    return [str(problem) for problem in error.value.problems]


def key_names(peers):
    return {(peer.server, tuple(key.name for key in peer.keys)) for peer in peers}


def test_each_pair_has_its_keys_and_both_sides_have_the_same():
    declaration = one(KEYS)
    assert key_names(planned(declaration, "a").transfer_to) == {
        ("b", ("b._from.a._g2", "b._from.a._g1")),
        ("c", ("c._from.a._g2", "c._from.a._g1")),
    }
    for host in ("b", "c"):
        given = [peer.keys for peer in planned(declaration, "a").transfer_to if peer.server == host]
        assert {peer.keys for peer in planned(declaration, host).transfer_from} == set(given)
    assert [key.name for key in plan(declaration, "b", HOSTS["b"]).keys] == ["b._from.a._g1", "b._from.a._g2"]


def test_a_zone_may_go_unsigned_or_be_signed_with_a_given_key():
    assert key_names(planned(one(KEYS, tsig=False), "a").transfer_to) == {("b", ()), ("c", ())}
    assert key_names(planned(one(KEYS, tsig="Agreed."), "a").transfer_to) == {("b", ("agreed",)), ("c", ("agreed",))}
    assert key_names(planned(one(), "a").transfer_to) == {("b", ()), ("c", ())}


def test_with_a_server_outside_a_key_is_agreed_or_there_is_none():
    secondaries = [{"address": "203.0.113.1", "key": "agreed"}, {"address": "203.0.113.2", "key": False}, "203.0.113.3"]
    declaration = one(KEYS, secondaries=secondaries)
    assert key_names(planned(declaration, "a").transfer_to) == {("203.0.113.1", ("agreed",)), ("203.0.113.2", ()), ("203.0.113.3", ())}
    assert key_names(planned(one(KEYS, tsig="agreed", secondaries=secondaries[1:]), "a").transfer_to) == {("203.0.113.2", ()), ("203.0.113.3", ("agreed",))}


def test_a_mapping_without_a_key_is_warned_of_and_one_without_on_purpose_is_not():
    declaration = one(KEYS, secondaries=[{"address": "203.0.113.2", "key": False}, {"address": "203.0.113.4"}])
    assert [str(warning) for warning in declaration.warnings if "signs" in str(warning)] == [
        "zone example.com, secondaries 203.0.113.4: nothing signs the transfers with it; give it the key of dns_tsig_keys that is agreed, or key: false"
    ]


def test_a_secondary_may_feed_others():
    declaration = one(KEYS, secondaries=["b", {"host": "c", "from": ["b"]}, {"address": "203.0.113.1", "from": "c", "key": "agreed"}])
    assert key_names(planned(declaration, "a").transfer_to) == {("b", ("b._from.a._g2", "b._from.a._g1"))}
    middle, last = planned(declaration, "b"), planned(declaration, "c")
    assert {peer.server for peer in middle.transfer_from} == {"a"}
    assert key_names(middle.transfer_to) == {("c", ("c._from.b._g2", "c._from.b._g1"))}
    assert key_names(last.transfer_from) == {("b", ("c._from.b._g2", "c._from.b._g1"))} and key_names(last.transfer_to) == {("203.0.113.1", ("agreed",))}
    assert [peer.server for peer in middle.notify] == ["c"]


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ({"tsig": "unknown"}, "zone example.com: tsig names 'unknown', which is not in dns_tsig_keys"),
        ({"secondaries": [{"address": "203.0.113.1", "key": "agree"}]}, "key names 'agree', which is not in dns_tsig_keys, did you mean 'agreed'?"),
        ({"secondaries": ["b", {"host": "c", "from": "d"}]}, "zone example.com: c is to transfer from d, which does not serve the zone"),
        ({"secondaries": [{"host": "b", "from": "c"}, {"host": "c", "from": "b"}]}, "zone example.com: b, c transfer from each other only"),
        ({"secondaries": [{"host": "b", "from": "b"}]}, "zone example.com: b transfer from each other only"),
        ({"primaries": [{"host": "a", "from": "b"}]}, "primaries says from whom a server transfers, but a primary transfers from nobody"),
        ({"secondaries": [{"host": "b", "port": 5353}]}, "the key 'port' is unknown"),
        ({"secondaries": [{"host": "nobody"}]}, "secondaries names 'nobody', which is no host, group or address"),
        ({"tls": "yes"}, "zone example.com: tls is 'yes'; write true"),
        ({"tls": True, "primaries": ["203.0.113.1"]}, "nothing is said of TLS on its primary 203.0.113.1; give that tls: NAME"),
        ({"primaries": [{"address": "203.0.113.1", "tls": 'a"; }'}]}, "primaries: tls 'a\"; }'"),
        ({"primaries": [{"address": "203.0.113.1", "tls": "x", "tls_port": 0}]}, "primaries: tls_port 0 is not a port"),
    ],
)
def test_mistakes_about_keys_tls_and_sources(zone, told):
    found = mistakes(**zone)
    assert any(told in line for line in found) and len(found) == 1, found


def test_encrypted_zones_are_taken_from_who_has_the_right_name():
    declaration = one(tls=True)
    assert {(peer.server, peer.tls, peer.tls_port, peer.port) for peer in planned(declaration, "b").transfer_from} == {("a", "a", 853, 53)}
    assert all(peer.tls for peer in planned(declaration, "a").transfer_to)
    assert plan(declaration, "a", HOSTS["a"]).offers_tls and plan(declaration, "b", HOSTS["b"]).takes_tls
    assert not plan(declaration, "b", HOSTS["b"]).offers_tls and not plan(one(), "b", HOSTS["b"]).takes_tls
    outside = one(primaries=[{"address": "203.0.113.1", "tls": "ns.example.net", "tls_port": 8853}], secondaries=["b"])
    assert {(peer.tls, peer.tls_port) for peer in planned(outside, "b").transfer_from} == {("ns.example.net", 8853)}
