# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501 -- a case a line
from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import Inventory, load
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan import only, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.problems import DeclarationError
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
