# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How servers come to the view that a zone is in."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.views import misled, ways
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned

SECRET = base64.b64encode(b"s" * 32).decode()
KEYS = [{"name": name, "secret": SECRET} for name in ("inside", "outside")]
VIEWS = [{"name": "internal", "match_clients": ["192.0.2.0/24", "2001:db8::/32"]}, {"name": "external"}]


def split(host="ns1", secret="x" * 32, views=None, internal=None, external=None, shared=None):
    zones = [{"name": "example.com", "view": view, "records": NS, **(own or {})} for view, own in (("internal", internal), ("external", external))]
    zones.append({"name": "example.org", "records": NS, **(shared or {})})
    return planned(zones, host, keys={"secret": secret, "keys": KEYS}, views=VIEWS if views is None else views)


def test_each_view_has_keys_of_its_own_and_both_ends_know_the_same():
    keys = [ways(split(host)).keys for host in ("ns1", "ns2")]
    assert keys[0] == keys[1]
    assert keys[0] == {
        "internal": ["ns2._from.ns1._view.internal._g1", "ns2._from.ns1._g1"],
        "external": ["ns2._from.ns1._view.external._g1"],
    }
    assert misled(split("ns1")) == misled(split("ns2")) == []


def test_a_host_without_zones_in_views_has_none():
    assert split(internal={"primaries": ["ns2"], "secondaries": []}, external={"primaries": ["ns2"], "secondaries": []}).views == ()
    assert [view.name for view in split().views] == ["internal", "external"]


def test_servers_without_a_key_come_to_shared_zones_from_their_addresses():
    whole = split(secret=None, internal={"secondaries": []}, external={"secondaries": []})
    assert ways(whole).addresses == ["192.0.2.2", "2001:db8::2"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (
            {"secret": None},
            "zone example.com@external: ns2 (192.0.2.2) comes without a key, and its address leads to the view internal on ns1",
        ),
        (
            {
                "secret": None,
                "views": [VIEWS[0], {"name": "external", "match_clients": ["10.0.0.0/8"]}],
                "external": {"secondaries": [{"address": "198.51.100.1"}]},
            },
            "zone example.com@external: 198.51.100.1 (198.51.100.1) comes without a key, and its address leads to no view on ns1",
        ),
        (
            {"internal": {"tsig": "inside"}, "external": {"tsig": "inside"}},
            "zone example.com@external: the key inside signs its transfers with ns2, and leads to the view internal",
        ),
        (
            {"views": [{"name": "internal", "match_clients": ["key inside"]}, {"name": "external"}], "external": {"tsig": "inside"}},
            "zone example.com@external: the key inside signs its transfers with ns2, and leads to the view internal",
        ),
    ],
)
def test_who_would_come_to_another_view_is_told(options, wrong):
    found = [str(problem) for problem in misled(split(**options))]
    assert any(problem.startswith(wrong) for problem in found), found


def test_keys_that_are_given_lead_to_the_view_of_the_zones_that_they_sign():
    whole = split(internal={"tsig": "inside"}, external={"tsig": "outside"})
    assert misled(whole) == []
    assert ways(whole).keys == {"internal": ["inside", "ns2._from.ns1._g1"], "external": ["outside"]}


@pytest.mark.parametrize(("software", "name"), [(nsd, "NSD"), (knot, "Knot DNS"), (powerdns, "PowerDNS")])
def test_programs_without_views_refuse_by_name(software, name):
    (problem,) = [problem for problem in beyond(software.CAPABILITIES, split("ns2"), Settings(allow_query=("any",))) if "view" in problem.wrong]
    assert str(problem).startswith(f"host ns2: {name} has no views, and is to serve example.com@internal, example.com@external; use bind here")


def test_a_server_with_views_does_not_sign():
    (problem,) = beyond(bind.CAPABILITIES, split(shared={"dnssec": True}), Settings())
    assert "signs example.org, and a server that has views, as for example.com@internal, example.com@external, does not sign yet" in str(problem)
