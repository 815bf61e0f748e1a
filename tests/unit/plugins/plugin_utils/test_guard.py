# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a change loses so much that it takes a word, and when it does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Keyring
from ansible_collections.authoritative.dns.plugins.plugin_utils.guard import left_out, losses, lost_keys
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import plan
from hypothesis import example, given
from hypothesis import strategies as st

SERVERS = ("ns1.example.net.", "ns2.example.net.")
ADDRESSES = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}


def planned(zones, host="ns1", catalogs=0):
    """What a host serves of zones, ``{name: how many records beside the two name servers}``. catalogs: how many beside them, which list none of these."""
    items = [
        {
            "name": name,
            "records": [{"type": "NS", "value": list(SERVERS)}, *({"name": f"h{number}", "type": "A", "value": "192.0.2.9"} for number in range(count))],
        }
        for name, count in zones.items()
    ]
    inventory = Inventory({"dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}, ADDRESSES.__getitem__)
    declaration = load(items, {}, inventory, str, catalog_zones=[{"name": f"catalog{number}.example"} for number in range(catalogs)])
    return plan(declaration, host, ADDRESSES[host])


def found(removed=(), served=100, zones=None):
    """What the comparison on a host gives. zones: ``{name: (number of records without the SOA, name servers at the apex)}`` of what it serves."""
    weights = {name: ("digest", [1], [weight[0] + 1, list(weight[1])] if weight else None) for name, weight in (zones or {}).items()}
    return {"removed": list(removed), "served": served, "differing": {"zones": weights}}


def told(plan, comparison, allowed=(), host="ns1"):
    return list(losses(host, plan, comparison, allowed))


@given(st.integers(0, 60), st.integers(0, 200))
@example(10, 33)
@example(9, 10)
@example(10, 34)
@example(30, 100)
@example(31, 100)
@example(9, 9)
def test_a_host_loses_much_with_ten_zones_that_are_more_than_thirty_percent(lost, served):
    lost = min(lost, served)
    names = [f"{number}.example" for number in range(lost)]
    assert bool(told(planned({"stays.example": 1}), found(names, served))) == (lost >= 10 and lost / served > 0.3)


@pytest.mark.parametrize("count", range(12))
@pytest.mark.parametrize("catalogs", [0, 1, 2])
@pytest.mark.parametrize("host", ["ns1", "ns2"])
def test_a_host_that_would_serve_nothing_but_catalogs_loses_much_with_two_zones(count, catalogs, host):
    names = [f"{number}.example" for number in range(count)]
    left, comparison = planned({}, host, catalogs), found(names, count + catalogs)
    assert len({**left.primary, **left.secondary}) == catalogs
    refused = told(left, comparison, host=host)
    assert bool(refused) == (count >= 2)
    assert not told(left, comparison, [host], host) and not told(left, comparison, True, host)
    if 2 <= count < 10 and refused:
        assert refused[0].startswith(f"host {host} would lose all of its {count} zones (0.example, 1.example")
        assert refused[0].endswith(f"and serve none; if that is meant, set nameserver_allow_loss: [{host}]")
    if 0 < count < 10:  # zones that it serves as a secondary count too
        assert not told(planned({"stays.example": 1}, host, catalogs), found(names, count + 1 + catalogs), host=host)


@pytest.mark.parametrize(("members", "refused"), [(["a.example"], False), ([], True)])
def test_a_host_that_learns_of_its_zones_from_a_catalog_serves_something_if_that_lists_any(members, refused):
    left = planned({}, "ns2", 1)
    consumer = replace(left, consumed={name: tuple(members) for name in left.secondary})
    assert bool(told(consumer, found(["b.example", "c.example"], 3), host="ns2")) == refused


@pytest.mark.parametrize(("members", "refused"), [(("a.example",), False), ((), True)])
def test_a_host_that_has_nothing_but_catalogs_serves_something_if_one_lists_any(members, refused):
    left = planned({}, "ns1", 1)
    listing = {name: replace(primary, zone=replace(primary.zone, members=members)) for name, primary in left.primary.items()}
    comparison = found(["catalog1.example", "catalog2.example"], 3)
    assert bool(told(replace(left, primary=listing), comparison)) == refused


@given(st.integers(0, 40), st.integers(0, 150))
@example(68, 100)
@example(67, 100)
def test_a_zone_loses_much_with_ten_records_that_are_more_than_thirty_percent(left, before):
    count, kept = before + len(SERVERS), left + len(SERVERS)
    result = told(planned({"example.com": left}), found(zones={"example.com": (count, SERVERS)}))
    assert bool(result) == (count - kept >= 10 and (count - kept) / count > 0.3)


def test_a_catalog_loses_much_where_zones_stay_and_are_listed_no_longer():
    records = [{"type": "NS", "value": list(SERVERS)}]
    inventory = Inventory({"dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}, ADDRESSES.__getitem__)

    def refused(listed):
        items = [{"name": f"z{number}.example", "records": records, "catalog": "catalog.example" if number < listed else None} for number in range(20)]
        whole = plan(load(items, {}, inventory, str, catalog_zones=[{"name": "catalog.example"}]), "ns1", ADDRESSES["ns1"])
        return list(losses("ns1", whole, found(zones={"catalog.example": (22, ["invalid."])}), False))  # 20 members, the version and the name server

    assert refused(20) == refused(11) == []
    [text] = refused(0)
    assert "zone catalog.example would lose 90 % (20 of 22) of its records; if that is meant, set nameserver_allow_loss: [catalog.example]" in text


def test_the_message_counts_names_examples_and_says_what_allows_it():
    names = [f"{number}.example" for number in range(40)]
    assert told(planned({}), found(names)) == [
        "host ns1 would lose 40 % (40 of 100) of its zones (0.example, 1.example, 2.example, 3.example, 4.example, …);"
        " if that is meant, set nameserver_allow_loss: [ns1]"
    ]
    assert told(planned({"example.com": 10}), found(zones={"example.com": (102, SERVERS)})) == [
        "zone example.com would lose 88 % (90 of 102) of its records; if that is meant, set nameserver_allow_loss: [example.com]"
    ]


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (SERVERS, None),
        (SERVERS[:1], None),
        (("ns3.example.net.", *SERVERS), "the name server ns3.example.net. of its 3 at the apex"),
        (("ns4.example.net.", "ns3.example.net."), "the name servers ns3.example.net., ns4.example.net. of its 2 at the apex"),
    ],
)
def test_a_zone_loses_no_name_server_at_its_apex_unnoticed(before, text):
    result = told(planned({"example.com": 1}), found(zones={"example.com": (3, before)}))
    assert result == ([f"zone example.com would lose {text}; if that is meant, set nameserver_allow_loss: [example.com]"] if text else [])


@pytest.mark.parametrize(
    ("allowed", "count"), [(False, 3), (None, 3), ([], 3), (["ns2"], 3), (["ns1"], 2), (["a.example"], 2), (["ns1", "a.example", "b.example"], 0), (True, 0)]
)
def test_what_is_allowed_is_allowed_by_name(allowed, count):
    comparison = found([f"{number}.example" for number in range(40)], zones={name: (100, SERVERS) for name in ("a.example", "b.example")})
    assert len(told(planned({"a.example": 1, "b.example": 1}), comparison, allowed)) == count


def test_only_what_the_host_is_the_primary_of_and_has_is_weighed():
    comparison = found(zones={"example.com": (100, SERVERS)})
    assert told(planned({"example.com": 1}), comparison) and not told(planned({"example.com": 1}, "ns2"), comparison, host="ns2")
    assert not told(planned({"example.com": 1}), found(zones={"example.com": None, "example.org": (100, SERVERS)}))


@pytest.mark.parametrize(
    ("zones", "allowed", "told"),
    [
        (["a.example", "b.example"], False, "a.example, b.example (2 zones)"),
        (["a.example", "b.example"], ["b.example"], "a.example (1 zone)"),
        ([f"{letter}.example" for letter in "abcdef"], None, "a.example, b.example, c.example, d.example, e.example, … (6 zones)"),
        (["a.example"], ["a.example"], None),
        (["a.example"], ["ns1"], None),
        (["a.example"], True, None),
        ([], False, None),
    ],
)
def test_zones_of_a_configuration_that_is_replaced_are_told_by_name(zones, allowed, told):
    assert list(left_out("ns1", {"left_out": zones}, allowed, "/etc/named/local.conf")) == (
        [
            f"host ns1: its configuration serves {told}, which the declaration does not give it; declare what is to stay, or move its statements to"
            " /etc/named/local.conf; if that is meant, set nameserver_allow_loss: [ns1]"
        ]
        if told
        else []
    )


def test_a_comparison_may_have_gone_through_a_result_as_text():
    comparison = found(zones={"example.com": (100, SERVERS)})
    assert told(planned({"example.com": 1}), {**comparison, "differing": json.dumps(comparison["differing"])}) == told(planned({"example.com": 1}), comparison)


@pytest.mark.parametrize(
    ("secret", "has", "generations", "allowed", "refused"),
    [
        ("x" * 32, [1], (2,), (), True),
        ("x" * 32, [1], (1, 2), (), False),
        ("x" * 32, [1], (2, 1), (), True),  # its peers may not know what it would use
        ("x" * 32, [1, 2], (2, 1), (), False),
        ("x" * 32, [2, 1], (2,), (), False),
        ("x" * 32, [2, 1], (1,), (), True),  # what it uses counts, not what it accepts
        ("x" * 32, [1], (2,), ["ns1"], False),
        ("x" * 32, [1], (2,), True, False),
        ("x" * 32, [], (2,), (), False),
        (None, [1], (2,), (), False),
    ],
)
def test_a_host_keeps_the_keys_that_its_peers_know(secret, has, generations, allowed, refused):
    result = list(lost_keys("ns1", Keyring(secret, generations), {"tsig_generations": has}, allowed))
    assert bool(result) == refused
    if refused:
        accepted = f" and accepts {has[1]}" if has[1:] else ""
        assert result[0].startswith(f"host ns1 uses generation {has[0]} of the TSIG keys{accepted}, and dns_tsig_generations is {list(generations)}:")
        assert result[0].endswith("set nameserver_allow_loss: [ns1]")


@pytest.mark.parametrize(
    ("has", "generations", "refused"),
    [([1], (1,), False), ([1], (1, 2), True), ([2, 1], (2,), True), ([3, 1, 2], (3, 2, 1), False), ([], (2,), False)],
)
def test_a_run_about_some_zones_leaves_the_keys_of_others_as_they_are(has, generations, refused):
    result = list(lost_keys("ns1", Keyring("x" * 32, generations), {"tsig_generations": has}, (), selected=frozenset({"example.com"})))
    assert bool(result) == refused
    if refused:
        assert result[0].startswith(f"host ns1 has generations {has} of the TSIG keys, and dns_tsig_generations is {list(generations)}: other zones")
