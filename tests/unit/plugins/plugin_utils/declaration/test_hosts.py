# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of hosts that are right each by itself, and not beside the others."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import label

ADDRESSES = {"ns1": ("192.0.2.1", "2001:db8::1"), "ns2": ("192.0.2.2",), "ns3": ("192.0.2.3",)}
GROUPS = {"all": list(ADDRESSES), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"], "berlin": ["ns3"]}
LEFT = "so that this collection's playbooks leave it out; put it into one of them, or let a play of your own see to it"
ZONE = {"name": "example.com", "records": [{"type": "NS", "value": "ns1.example.net."}]}


def told(*zones, addresses=None, groups=None, **arguments):
    """The mistakes, or the warnings where there are none."""
    addresses = {**ADDRESSES, **(addresses or {})}
    try:
        declaration = load(list(zones), None, Inventory(groups or GROUPS, addresses.__getitem__), str, **arguments)
    except DeclarationError as error:
        return [f"mistake: {problem}" for problem in error.problems]
    return [str(warning) for warning in declaration.warnings if "[" not in str(warning)]


@pytest.mark.parametrize("shared", ["127.0.0.1", "2001:db8::1"])
def test_hosts_with_one_address_are_refused_whichever_zones_they_serve(shared):
    other = {**ZONE, "name": "example.org", "primaries": ["ns2"], "secondaries": []}
    for zones in ((ZONE,), ({**ZONE, "secondaries": []}, other)):
        assert told(*zones, addresses={"ns1": ("192.0.2.1", shared), "ns2": ("192.0.2.2", shared)}) == [
            f"mistake: host ns2: has the address {shared}, and ns1 has it too; list each host's own in its dns_addresses"
        ]


def test_a_host_that_only_itself_reaches_is_told():
    warned = ["host ns1: is known by 127.0.0.1, ::1 only, where ns2 does not reach it; list an address of its network in its dns_addresses"]
    here = {"ns1": ("127.0.0.1", "::1")}
    assert told(ZONE, {**ZONE, "name": "example.org"}, addresses=here) == warned
    assert told(ZONE, {**ZONE, "name": "example.org", "secondaries": ["203.0.113.7"]}, addresses=here) == warned
    assert told({**ZONE, "secondaries": ["203.0.113.7"]}, addresses=here) == [warned[0].replace("ns2", "203.0.113.7")]
    assert told({**ZONE, "secondaries": []}, addresses=here) == told(ZONE, addresses={**here, "ns2": ("127.0.0.2",)}) == []
    assert told(ZONE, addresses={"ns1": ("127.0.0.1", "192.0.2.1")}) == told({**ZONE, "secondaries": [{"address": "127.0.0.1", "port": 5300}]}) == []


@pytest.mark.parametrize(("named", "group"), [({"secondaries": ["ns2", "ns3"]}, "dns_secondaries"), ({"primaries": ["berlin"]}, "dns_primaries")])
def test_a_server_that_playbooks_leave_out_is_told_once(named, group):
    warned = [f"host ns3: serves zones, and is in none of dns_primaries, dns_secondaries, {LEFT}"]
    assert told({**ZONE, **named}, {**ZONE, **named, "name": "example.org"}) == warned
    assert told(ZONE, catalog_zones=[{"name": "catalog.example", **named}]) == warned
    assert told({**ZONE, **named}, groups={**GROUPS, group: [*GROUPS[group], "ns3"]}) == told(ZONE) == []


def test_a_host_that_talks_to_a_provider_and_that_playbooks_leave_out_is_told():
    zone = {**ZONE, "secondaries": [{"cloud": "route53", "host": "ns3"}]}
    assert told(zone) == [f"host ns3: talks to route53, and is in none of dns_primaries, dns_secondaries, dns_cloud, {LEFT}"]
    assert told(zone, groups={**GROUPS, "dns_cloud": ["ns3"]}) == told({**ZONE, "secondaries": [{"cloud": "route53"}]}) == []


@pytest.mark.parametrize("first", [True, False])
def test_the_address_of_a_host_in_no_group_is_refused_where_another_zone_names_the_host(first):
    zones = [{**ZONE, "secondaries": ["192.0.2.3"]}, {**ZONE, "name": "example.org", "secondaries": ["ns3"]}]
    wrong = "mistake: zone example.com: secondaries gives 192.0.2.3, which is an address of the host ns3; name the host: ns3"
    assert told(*(zones if first else reversed(zones))) == [wrong]
    assert told(zones[0]) == []  # somebody else may see to its name server


LONG = "n" * 60 + "." + "n" * 60


@pytest.mark.parametrize(("one", "other"), [("ns_1", "ns-1"), ("NS1", "ns1"), (f"{LONG}.a.example", f"{LONG}.b.example")])
def test_hosts_that_would_have_the_same_keys_are_refused(one, other):
    addresses = {one: ("192.0.2.1",), other: ("192.0.2.2",)}
    groups = {"dns_primaries": [one], "dns_secondaries": [other]}
    wrong = f"mistake: host {other}: has the TSIG keys of {one}, as names of keys have {label(one)} for both; call one of them something else in the inventory"
    assert told(ZONE, addresses=addresses, groups=groups, keys={"secret": "x" * 32}) == [wrong]
    assert told(ZONE, addresses=addresses, groups=groups) == []
