# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who serves a zone after a host was promoted, where the zone names servers itself."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

ADDRESSES = {f"ns{number}": (f"192.0.2.{number}",) for number in range(1, 6)}
GROUPS = {"all": list(ADDRESSES), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"], "near": ["ns2", "ns4"]}
PARTNER = {"address": "203.0.113.53", "name": "partner", "key": False}
CLOUD = {"cloud": "cloudflare", "from": "ns1"}
NS = {"type": "NS", "value": "ns1.example.net."}


def declared(promoted, options, groups=None, **more):
    inventory = Inventory(groups or GROUPS, ADDRESSES.__getitem__, promoted)
    return load([{"name": "example.com", "records": [NS], **options}], {}, inventory, str, **more).zones


def servers(zone):
    """The names of the primaries and of the secondaries, these with those they transfer from."""
    said = [" ".join([server.name, *(["from", *server.sources] if server.sources else [])]) for server in zone.secondaries]
    return [server.name for server in zone.primaries], said


@pytest.mark.parametrize(
    ("options", "primaries", "secondaries"),
    [
        ({}, ["ns2"], ["ns1", "ns3"]),
        ({"secondaries": ["ns2", PARTNER]}, ["ns2"], ["ns1", "partner"]),
        ({"secondaries": ["near"]}, ["ns2"], ["ns1", "ns4"]),
        ({"secondaries": ["dns_secondaries", PARTNER]}, ["ns2"], ["ns1", "ns3", "partner"]),
        ({"secondaries": "ns3"}, ["ns2"], ["ns1", "ns3"]),
        ({"secondaries": []}, ["ns2"], ["ns1"]),
        # from
        ({"secondaries": ["ns2", {"host": "ns3", "from": "ns1"}]}, ["ns2"], ["ns1", "ns3 from ns2"]),
        ({"secondaries": ["ns2", {"host": "ns3", "from": "ns2"}]}, ["ns2"], ["ns1", "ns3 from ns2"]),
        ({"secondaries": ["ns2", {"host": "ns3", "from": ["ns1", "ns2"]}]}, ["ns2"], ["ns1", "ns3 from ns2"]),
        ({"secondaries": ["ns2", {"host": "ns3", "from": "dns_primaries"}]}, ["ns2"], ["ns1", "ns3 from ns2"]),
        ({"secondaries": ["ns2", "ns3", {"host": "ns4", "from": "dns_secondaries"}]}, ["ns2"], ["ns1", "ns3", "ns4 from ns2 ns3"]),
        ({"secondaries": ["ns3", {"host": "ns2", "from": "ns3"}]}, ["ns2"], ["ns1 from ns3", "ns3"]),
        ({"secondaries": ["ns2", CLOUD]}, ["ns2"], ["ns1", "cloudflare from ns2"]),
        # primaries
        ({"primaries": ["dns_primaries"], "secondaries": ["ns2"]}, ["ns2"], ["ns1"]),
        ({"primaries": [{"host": "dns_primaries"}, "ns5"], "secondaries": ["ns2"]}, ["ns2", "ns5"], ["ns1"]),
        ({"primaries": ["ns1"]}, ["ns1"], ["ns2", "ns3"]),
        ({"primaries": ["ns1"], "secondaries": [{"host": "ns3", "from": "ns1"}]}, ["ns1"], ["ns3 from ns1"]),
        ({"primaries": ["ns5"]}, ["ns5"], ["ns2", "ns3"]),
        ({"primaries": ["ns2"]}, ["ns2"], ["ns1", "ns3"]),
        ({"primaries": ["ns1", "ns2"]}, ["ns1", "ns2"], ["ns3"]),
        ({"primaries": ["ns2"], "secondaries": ["ns3"]}, ["ns2"], ["ns3"]),
    ],
)
def test_a_zone_follows_unless_it_names_its_primaries_itself(options, primaries, secondaries):
    assert servers(declared("ns2", options)["example.com"]) == (primaries, secondaries)


def test_one_of_several_primaries_takes_the_place_of_all():
    groups = {**GROUPS, "dns_primaries": ["ns1", "ns4"]}
    assert servers(declared("ns4", {"secondaries": [{"host": "ns3", "from": ["ns1", "ns4"]}]}, groups)["example.com"]) == (["ns4"], ["ns1", "ns3 from ns4"])
    assert servers(declared("ns2", {"secondaries": ["ns2", "ns3"]}, groups)["example.com"]) == (["ns2"], ["ns1", "ns4", "ns3"])


@pytest.mark.parametrize("primaries", [{}, {"primaries": ["dns_primaries"]}])
def test_the_group_of_primaries_may_be_empty_meanwhile(primaries):
    found = declared("ns2", {**primaries, "secondaries": ["ns2", "ns3"]}, {**GROUPS, "dns_primaries": []})
    assert servers(found["example.com"]) == (["ns2"], ["ns3"])


def test_a_catalog_follows_with_its_members():
    options = {"catalog": "catalog.example", "secondaries": ["ns2", {"host": "ns3", "from": "ns1"}]}
    found = declared("ns2", options, catalog_zones=[{"name": "catalog.example", "secondaries": options["secondaries"]}])
    assert servers(found["example.com"]) == servers(found["catalog.example"]) == (["ns2"], ["ns1", "ns3 from ns2"])


HOSTS = st.sampled_from([*ADDRESSES][1:])


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(HOSTS, st.lists(st.sampled_from([*ADDRESSES]), max_size=3)), HOSTS)
def test_whoever_had_the_zone_has_it_after_any_promotion(fed_by, promoted):
    options = {"secondaries": [{"host": host, "from": sources} if sources else host for host, sources in fed_by.items()]}
    try:
        before = declared(None, options)["example.com"]
    except DeclarationError:
        assume(False)
    after = declared(promoted, options)["example.com"]
    assert [server.name for server in after.primaries] == [promoted]
    assert {server.name for server in after.servers} == {server.name for server in before.servers} | {promoted}
    assert not any(promoted in server.sources and "ns1" in server.sources for server in after.secondaries)
