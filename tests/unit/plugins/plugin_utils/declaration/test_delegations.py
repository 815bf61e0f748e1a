# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declared zone says of declared zones below it, and where what stands in it already wins."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError

ADDRESSES = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}
GROUPS = {"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
NS = {"type": "NS", "value": ["ns1.example.", "ns2.example."]}
OWN = [NS, {"name": "ns1", "type": "A", "value": "192.0.2.1"}, {"name": "ns2", "type": "A", "value": "192.0.2.2"}]
INSIDE = [
    {"type": "NS", "value": ["ns1", "NS2.Example."]},
    {"name": "ns1", "type": "A", "value": "192.0.2.7"},
    {"name": "ns1", "type": "AAAA", "value": "2001:db8::7"},
]
SERVERS = [("sub", "NS", "NS2.Example."), ("sub", "NS", "ns1.sub.example.")]
DS = "1 13 2 " + "ab" * 32


def declare(*zones, **arguments):
    return load(list(zones), {}, Inventory(GROUPS, ADDRESSES.__getitem__), str, **arguments)


def above(*records, name="example", **options):
    return {"name": name, "records": [*OWN, *records], **options}


def child(name="sub.example", records=(NS,), **options):
    return {"name": name, "records": list(records), **options}


def records(declaration, name="example", without=None):
    """What a zone has beside what it says itself."""
    said = {(item.get("name", "@"), item["type"]) for item in (OWN if without is None else without)}
    return [(record.owner, record.type, record.rdata) for record in declaration.zones[name].content.records if (record.owner, record.type) not in said]


def warnings(declaration):
    return [str(warning) for warning in declaration.warnings if "does not delegate" in str(warning)]


def test_name_servers_follow_from_the_zone_below_and_glue_where_nobody_else_can_give_it():
    found = declare(above(), child(records=INSIDE))
    assert records(found) == [
        *SERVERS,
        ("ns1.sub", "A", "192.0.2.7"),
        ("ns1.sub", "AAAA", "2001:db8::7"),
    ]
    assert {record.ttl for record in found.zones["example"].content.records} == {3600} and not warnings(found)
    assert records(declare(above(ttl=60), child(records=[NS]))) == [("sub", "NS", "ns1.example."), ("sub", "NS", "ns2.example.")]


def test_what_changes_below_changes_the_content_above_and_nothing_else_does():
    digests = [
        declare(above(), child(records=[*INSIDE, *more])).zones["example"].content.digest
        for more in ([], [{"name": "www", "type": "A", "value": "192.0.2.9"}], [{"type": "NS", "value": "ns3.example.net."}])
    ]
    assert digests[0] == digests[1] != digests[2]
    assert declare(above()).zones["example"].content.digest not in digests


def test_the_nearest_zone_delegates_and_glue_comes_from_a_sibling_too():
    at_sibling = [{"type": "NS", "value": ["ns.other.example.", "ns1.example."]}]
    other = child("other.example", [{"type": "NS", "value": ["ns", "ns1.example."]}, {"name": "ns", "type": "A", "value": "192.0.2.8"}])
    found = declare(above(), child(records=at_sibling), child("deep.sub.example", at_sibling), other)
    assert ("ns.other", "A", "192.0.2.8") in records(found) and not any("deep" in owner for owner, _type, _rdata in records(found))
    assert [(owner, kind) for owner, kind, _rdata in records(found, "sub.example", [{"type": "NS"}])] == [("deep", "NS"), ("deep", "NS")]


def test_a_root_zone_delegates():
    root = {"name": ".", "records": [{"type": "NS", "value": "a.root."}, {"name": "a.root.", "type": "A", "value": "192.0.2.53"}]}
    assert records(declare(root, above()), ".", [{"type": "NS"}, {"name": "a.root", "type": "A"}]) == [
        ("example", "NS", "ns1.example."),
        ("example", "NS", "ns2.example."),
        ("ns1.example", "A", "192.0.2.1"),
        ("ns2.example", "A", "192.0.2.2"),
    ]


@pytest.mark.parametrize(
    ("parent", "options", "found", "wrong"),
    [
        (above({"name": "sub", "type": "NS", "value": "ns9.example.net."}), {}, [("sub", "NS", "ns9.example.net.")], None),
        (above(), {"delegated": False}, [], None),
        (above({"name": "www.sub", "type": "A", "value": "192.0.2.9"}), {}, [("www.sub", "A", "192.0.2.9")], "has records of www.sub, which that would hide"),
        (above({"name": "ns1.sub", "type": "A", "value": "192.0.2.9"}), {}, [*SERVERS, ("ns1.sub", "A", "192.0.2.9")], None),
        (above(), {"records": [{"type": "NS", "value": "ns3.example."}]}, [], "name server ns3.example. has no address here"),
        (above(primaries=[{"address": "192.0.2.99"}], secondaries=["ns2"]), {}, [], None),
    ],
    ids=["its own NS", "not wanted", "records that would be hidden", "its own glue", "no address", "content of others"],
)
def test_what_stands_above_wins(parent, options, found, wrong):
    declaration = declare(parent, child(**{"records": INSIDE, **options}))
    assert records(declaration) == found
    assert (wrong is None and not warnings(declaration)) or (wrong in warnings(declaration)[0] and "sub.example" in warnings(declaration)[0])


def test_a_name_that_is_delegated_away_has_nothing_below_it():
    assert [owner for owner, _type, _rdata in records(declare(above({"name": "b", "type": "NS", "value": "ns.example.net."}), child("a.b.example")))] == ["b"]


def test_a_file_that_keeps_its_serial_stays_as_it_is():
    text = "$TTL 300\n@ SOA ns1 hostmaster 7 3600 600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n"
    parent = {"name": "example", "file": "example.zone"}
    found = load([parent, child(dnssec=True)], {}, Inventory(GROUPS, ADDRESSES.__getitem__), {"example.zone": text}.__getitem__)
    assert "keeps the serial of its file" in warnings(found)[0] and not found.zones["example"].signed_delegations
    by_hand = load([parent, child(dnssec=True)], {}, Inventory(GROUPS, ADDRESSES.__getitem__), {"example.zone": f"{text}sub NS ns1\n"}.__getitem__)
    assert not by_hand.zones["example"].signed_delegations
    assert any("the DS records of sub.example do not follow here" in str(warning) for warning in by_hand.warnings)
    moving = load([{**parent, "serial": "increment"}, child()], {}, Inventory(GROUPS, ADDRESSES.__getitem__), {"example.zone": text}.__getitem__)
    assert {record.owner for record in moving.zones["example"].content.records} == {"@", "ns1", "ns2", "sub"}


def test_pointers_are_in_the_zone_that_has_them():
    forward = above({"name": "pc", "type": "A", "value": "10.1.2.3"}, {"name": "far", "type": "A", "value": "10.1.3.4"})
    wide, narrow = ({"reverse_network": network, "name_servers": ["ns1.example."]} for network in ("10.1.0.0/16", "10.1.2.0/24"))
    found = declare(forward, wide, narrow)
    assert records(found, "1.10.in-addr.arpa", [{"type": "NS"}]) == [("2", "NS", "ns1.example."), ("4.3", "PTR", "far.example.")]
    assert records(found, "2.1.10.in-addr.arpa", [{"type": "NS"}]) == [("3", "PTR", "pc.example.")]
    assert ("3.2", "PTR", "pc.example.") in records(declare(forward, wide), "1.10.in-addr.arpa", [{"type": "NS"}])


def test_whose_ds_follows():
    by_hand = [{"name": "hand", "type": "NS", "value": "ns1"}, {"name": "hand", "type": "DS", "value": DS}]
    parent = above(*by_hand, {"name": "servers", "type": "NS", "value": "ns1"})
    children = [child(f"{name}.example", dnssec=True) for name in ("sub", "hand", "servers")]
    others = [child("plain.example"), child("ending.example", dnssec="insecure"), child("alone.example", dnssec=True, delegated=False)]
    found = declare(parent, *children, *others)
    assert found.zones["example"].signed_delegations == ("sub.example", "servers.example", "ending.example")


def test_a_word_that_is_none_is_told():
    with pytest.raises(DeclarationError, match="delegated is 'no'; write true"):
        declare(above(), child(delegated="no"))


def test_a_catalog_is_no_zone_to_delegate():
    found = declare(above(), child(catalog="catalog.example"), catalog_zones=[{"name": "catalog.example"}])
    assert {owner for owner, _type, _rdata in records(found)} == {"sub"}
