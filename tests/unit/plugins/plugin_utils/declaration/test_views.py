# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views as they are declared, and zones in them."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import seen

HOSTS = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
KEYS = {"keys": [{"name": name, "secret": "c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzLi4uLi4="} for name in ("inside", "outside")]}
NS = {"type": "NS", "value": "ns1.example."}
VIEWS = [{"name": "internal", "match_clients": ["!192.0.2.66", "192.0.2.0/24", "key inside"]}, {"name": "external"}]


def zone(view=None, name="example.com", **options):
    return {"name": name, "records": [NS], **({"view": view} if view else {}), **options}


def declared(*zones, views=None, **arguments):
    views = VIEWS if views is None else views
    return load(list(zones), arguments.pop("defaults", {}), Inventory(GROUPS, HOSTS.__getitem__), str, keys=KEYS, views=views, **arguments)


def mistakes(*zones, **arguments):
    with pytest.raises(DeclarationError) as error:
        declared(*zones, **arguments)
    return [str(problem) for problem in error.value.problems]


def test_a_zone_may_be_in_several_views_and_has_one_domain_name():
    declaration = declared(zone("internal"), zone("external", serial="unix"), zone(name="example.org"))
    assert [(found.name, found.domain, found.view) for found in declaration.zones.values()] == [
        ("example.com@internal", "example.com", "internal"),
        ("example.com@external", "example.com", "external"),
        ("example.org", "example.org", None),
    ]
    assert [view.name for view in declaration.views] == ["internal", "external"]
    assert declaration.zones["example.com@external"].serial_policy == "unix"


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("[?view=='internal']", {"example.com@internal"}),
        ("[?domain=='example.com']", {"example.com@internal", "example.com@external"}),
        ("[?name=='example.org']", {"example.org"}),
    ],
)
def test_a_run_may_be_about_one_view(expression, chosen):
    assert declared(zone("internal"), zone("external"), zone(name="example.org"), select=expression).selected == chosen


def test_defaults_may_name_the_view():
    assert list(declared(zone(), defaults={"view": "internal"}).zones) == ["example.com@internal"]


def test_a_directory_may_be_one_view(tmp_path):
    for view in ("internal", "external"):
        (tmp_path / view).mkdir()
        (tmp_path / view / "_defaults.yml").write_text(f"view: {view}\n")
        (tmp_path / view / "example.com.yml").write_text("records: [{type: NS, value: ns1.example.}]\n")
    files = [item for view in ("internal", "external") for item in read_directory(str(tmp_path / view), {})]
    assert list(declared(files=files).zones) == ["example.com@internal", "example.com@external"]


@pytest.mark.parametrize(
    ("address", "key", "view"),
    [
        ("192.0.2.7", None, "internal"),
        ("192.0.2.66", None, "external"),
        ("192.0.2.66", "inside", "external"),  # the first entry that matches counts
        ("203.0.113.1", None, "external"),
        ("203.0.113.1", "inside", "internal"),
        ("203.0.113.1", "outside", "external"),
        ("2001:db8::1", None, "external"),
    ],
)
def test_the_first_view_that_takes_a_question_is_seen(address, key, view):
    assert seen(declared(zone("internal")).views, address, key).name == view


def test_what_the_interfaces_of_a_host_decide_is_not_guessed():
    views = declared(zone("a"), views=[{"name": "a", "match_clients": ["localhost", "localnets"]}]).views
    assert seen(views, "127.0.0.1").name == "a"
    with pytest.raises(LookupError):
        seen(views, "192.0.2.1")
    assert seen(declared(zone("a"), views=[{"name": "a", "match_clients": ["none"]}]).views, "192.0.2.1") is None


@pytest.mark.parametrize(
    ("views", "wrong"),
    [
        ("internal", "dns_views: 'internal' is not a list"),
        ([{"name": "internal", "clients": ["any"]}], "the key 'clients' is unknown, did you mean 'match_clients'?"),
        ([{"match_clients": ["any"]}], "view 1 of dns_views: the name None is not one that a view can have"),
        ([{"name": 'x"; };'}], "the name 'x\"; };' is not one that a view can have"),
        ([{"name": "_default"}], "the name '_default' is not one that a view can have"),
        ([{"name": "internal"}, {"name": "Internal"}], "view Internal: is declared twice (also as internal)"),
        ([{"name": "internal", "match_clients": "any"}], "view internal: match_clients: 'any' is not a list"),
        ([{"name": "internal", "match_clients": []}], "view internal: match_clients is empty, so that nobody sees it"),
        ([{"name": "internal", "match_clients": ["10.0.0.1/8"]}], "view internal: match_clients: 10.0.0.1/8 has host bits set"),
        ([{"name": "internal", "match_clients": ["key insid"]}], "there is no key 'insid' in dns_tsig_keys, did you mean 'inside'?"),
        ([{"name": "internal", "match_clients": ["key inside; }; evil"]}], "is no network and no key"),
        ([{"name": "internal", "match_clients": [{"key": "inside"}]}], "{'key': 'inside'} is no network and no key"),
    ],
)
def test_a_mistake_in_views_is_told_with_what_would_be_right(views, wrong):
    assert any(wrong in mistake for mistake in mistakes(zone(), views=views))


@pytest.mark.parametrize(
    ("zones", "wrong"),
    [
        ([zone("intern")], "zone example.com@intern: view 'intern' is not one of dns_views, did you mean 'internal'?"),
        ([zone(view=7)], "zone example.com: view is 7"),
        ([zone("internal"), zone("internal", "Example.com.")], "zone example.com@internal: is declared twice"),
        ([zone("internal"), zone()], "zone example.com: is declared in a view, and in none as well, which means in all of them"),
        ([zone(), zone("external")], "zone example.com@external: is declared in a view, and in none as well"),
        ([zone("internal", dnssec=True)], "is in the view internal, and zones in views are not signed yet"),
        ([zone("internal", secondaries=["ns2", {"cloud": "route53"}])], "is in the view internal, and route53 has no views"),
        ([zone("internal", catalog="c.example")], "is in the view internal, and a catalog lists a zone once, for all views"),
    ],
)
def test_a_zone_that_cannot_be_in_a_view_so_is_refused(zones, wrong):
    assert any(wrong in mistake for mistake in mistakes(*zones))


def test_no_view_is_known_where_none_is_declared():
    assert mistakes(zone("internal"), views=()) == [
        "zone example.com@internal: view 'internal' is not one of dns_views; declare it there, with who sees it"
    ]


def test_a_view_that_nobody_sees_is_told():
    warnings = declared(zone("internal"), views=[{"name": "external"}, {"name": "internal", "match_clients": ["192.0.2.0/24"]}]).warnings
    assert [str(warning) for warning in warnings if warning.where == "view internal"] == [
        "view internal: is behind external, which everybody sees; declare external last in dns_views, as the first that matches counts"
    ]


def test_pointers_are_derived_from_what_is_seen_where_they_are():
    zones = [
        zone("internal", records=[NS, {"name": "in", "type": "A", "value": "192.0.2.10"}]),
        zone("external", records=[NS, {"name": "out", "type": "A", "value": "192.0.2.20"}]),
        zone(name="example.org", records=[NS, {"name": "both", "type": "A", "value": "192.0.2.30"}]),
        *({"reverse_network": "192.0.2.0/24", "view": view} for view in ("internal", "external")),
    ]
    found = declared(*zones).zones
    pointers = {
        view: [(record.owner, record.rdata) for record in found[f"2.0.192.in-addr.arpa@{view}"].content.records if record.type == "PTR"]
        for view in ("internal", "external")
    }
    assert pointers == {
        "internal": [("10", "in.example.com."), ("30", "both.example.org.")],
        "external": [("20", "out.example.com."), ("30", "both.example.org.")],
    }
