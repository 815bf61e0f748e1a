# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of a named.conf, as a declaration has them."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common import named_conf
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_views import clients, without_transfers
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.inventory_files import keys_files, path_of, zone_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DeclaredZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import NamedLists
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology
from ansible_collections.authoritative.dns.tests.support.gathered import gathered

LISTS = """
acl "office" { 10.0.0.0/8; 192.0.2.1/32; };
acl "most" { !10.6.6.6/32; 10.0.0.0/8; };
acl "nested" { "office"; };
"""
VIEW = 'view "{}" {{ match-clients {{ {} }}; {} }};\n'


def zone(name, more=""):
    return f'zone "{name}" {{ type primary; file "{name}"; {more} }};'


def server(*views, host="ns1", options="recursion no;", lists=LISTS, contents=None):
    return gathered(host, "192.0.2.1", f"options {{ {options} }};\n" + lists + "".join(VIEW.format(*view) for view in views), contents=contents)


def refusals(found):
    return [str(finding) for finding in found.findings if finding.kind == "refusal"]


@pytest.mark.parametrize(
    ("text", "entries", "beyond"),
    [
        ("any;", ["any"], []),
        ('key "k1"; !key "K2."; localhost; localnets;', ["key k1", "!key k2", "localhost", "localnets"], []),
        ('!"OFFICE"; Any;', ["!10.0.0.0/8", "!192.0.2.1", "any"], []),
        ('!192.0.2.9/32; "nested"; { 198.51.100.0/24; };', ["!192.0.2.9", "10.0.0.0/8", "192.0.2.1", "198.51.100.0/24"], []),
        ('! 192.0.2.9/32; "most";', ["!192.0.2.9", "!10.6.6.6", "10.0.0.0/8"], []),
        ('"most"; 10.6.0.0/16;', ["!10.6.6.6", "10.0.0.0/8", "10.6.0.0/16"], ['"most"']),
        ('!"most"; any;', ["!!10.6.6.6", "!10.0.0.0/8", "any"], ['!"most"', '! "most"']),
        ("geoip country DE;", [], ["geoip"]),
        ('"unknown";', [], ["unknown"]),
    ],
)
def test_who_sees_a_view_is_a_list_in_which_the_first_match_counts(text, entries, beyond):
    (statement,) = named_conf.parse(f"match-clients {{ {text} }};")
    found, more = clients(NamedLists(named_conf.parse(LISTS)), statement[1])
    assert (found, bool(more)) == (entries, bool(beyond)) and set(more) <= set(beyond)


def test_a_zone_is_in_each_view_that_has_its_own_and_in_none_where_all_share_it():
    own = zone("split.example") + zone("same.example")
    inside = own + zone("one.example") + zone("lent.example")
    found = server(("internal", '"office";', inside), ("external", "any;", own + 'zone "lent.example" { in-view "internal"; };'))
    assert found.views == [{"name": "internal", "match_clients": ["10.0.0.0/8", "192.0.2.1"]}, {"name": "external", "match_clients": ["any"]}]
    assert sorted(found.zones) == ["lent.example", "one.example@internal", "same.example", "split.example"]
    differing = server(("internal", '"office";', zone("a.example", "allow-query { 10.0.0.0/8; };")), ("external", "any;", zone("a.example")))
    assert sorted(differing.zones) == ["a.example@external", "a.example@internal"]
    two_of_three = server(("a", "key k1;", zone("a.example")), ("b", "key k2;", 'zone "a.example" { in-view "a"; };'), ("c", "any;", ""))
    assert sorted(two_of_three.zones) == ["a.example@a", "a.example@b"]
    assert not refusals(found) and {fate.fate for fate in found.fates if fate.statement.startswith("view")} == {"taken"}


def test_what_a_view_says_is_what_its_zones_say():
    outside = "allow-transfer { 198.51.100.9; }; also-notify { 198.51.100.9; }; allow-query { 192.0.2.0/24; };"
    found = server(("internal", "10.0.0.0/8;", zone("a.example")), ("external", "any;", outside + zone("a.example")))
    zones = Topology({"ns1": found}).zones
    assert zones["a.example@internal"].options == {"primaries": ["ns1"], "secondaries": [], "view": "internal"}
    assert zones["a.example@external"].options == {
        "primaries": ["ns1"],
        "secondaries": [{"address": "198.51.100.9", "key": False}],
        "view": "external",
        "allow_query": ["192.0.2.0/24"],
    }


@pytest.mark.parametrize(
    ("views", "wrong"),
    [
        ([("a", "geoip country DE;", "")], "says of the view a what match_clients cannot say: geoip"),
        ([("a", "any;", "match-destinations { 192.0.2.1; };")], "has in the view a: match-destinations; move it to options"),
        ([("a", "any;", 'server 192.0.2.9 { keys "k1"; };')], "has in the view a: server 192.0.2.9; move it to options"),
        ([("a", "any;", "recursion yes; allow-recursion { key k1; };")], "recurses for key k1"),
        ([("a", "key k1; 10.0.0.0/8;", "recursion yes; allow-recursion { any; };")], "recurses for key k1"),
        ([("a", "key weak;", "")], "the key weak in match-clients is of the algorithm none"),
        ([("a", "any;", zone("a.example", "allow-update { key k1; };"))], "zone a.example: cannot be declared (its clients update it), and ns1 has no place"),
    ],
)
def test_what_cannot_be_declared_of_views_is_a_reason_to_write_nothing(views, wrong):
    topology = Topology({"ns1": server(*views)})
    assert any(wrong in refusal for refusal in refusals(topology)), topology.findings


def test_a_view_of_another_class_is_none_of_those_that_are_declared():
    found = server(("internal", "any;", zone("a.example")), lists='view "chaos" CHAOS { recursion no; zone "bind" CH { type primary; file "bind"; }; };\n')
    assert [view["name"] for view in found.views] == ["internal"] and list(found.zones) == ["a.example"] and not found.local_config
    (finding,) = found.findings
    said = "host ns1: its view chaos of class CHAOS is left out; the collection hides version.bind and its like (named.conf:2)"
    assert (finding.kind, str(finding)) == ("change", said)
    assert {fate.statement: fate.fate for fate in found.fates}["view chaos"] == "dropped"


def test_a_zone_that_is_to_be_left_cannot_stay_beside_views():
    topology = Topology({"ns1": server(("a", "10.0.0.0/8;", zone("a.example")), ("b", "any;", ""))}, ["a.example"])
    assert any("zone a.example@a: cannot be declared (a.example@a is named in gather_leave)" in refusal for refusal in refusals(topology))


def test_who_recurses_in_a_view_recurses_afterwards_and_nobody_else():
    inner = ("internal", "10.0.0.0/8; localhost;", "recursion yes; allow-recursion { any; };")
    found = server(inner, ("external", "any;", "recursion no;"), options="")
    assert found.variables["nameserver_recursion_networks"] == ["10.0.0.0/8", "localhost"]
    assert [finding.kind for finding in found.findings] == ["change"]
    assert "nameserver_recursion_networks" not in server(("external", "any;", "recursion no;"), options="").variables
    assert server(inner, ("external", "any;", "")).variables["nameserver_recursion_networks"] == ["10.0.0.0/8", "localhost"]


def test_servers_with_other_views_are_not_one_declaration():
    servers = {host: server(("a", clients_text, ""), ("b", "any;", ""), host=host) for host, clients_text in (("ns1", "10.0.0.0/8;"), ("ns2", "10.1.0.0/16;"))}
    assert any("host ns2: has other views than ns1" in refusal for refusal in refusals(Topology(servers)))


def test_what_follows_from_transfers_is_not_said_of_clients():
    views = [
        {"name": "a", "match_clients": ["!key pair-b", "key pair-a", "key laptop", "10.0.0.0/8"]},
        {"name": "b", "match_clients": ["key pair-b", "!192.0.2.9", "any", "localhost"]},
    ]
    assert without_transfers(views, {"pair-a", "pair-b"}) == [
        {"name": "a", "match_clients": ["key laptop", "10.0.0.0/8"]},
        {"name": "b", "match_clients": ["!192.0.2.9", "any"]},
    ]
    assert without_transfers([{"name": "a", "match_clients": ["key pair-a", "localhost"]}], {"pair-a"}) == [{"name": "a", "match_clients": ["none"]}]


def test_each_view_has_a_directory_and_its_zones_have_plain_names():
    options = {"primaries": ["ns1"], "secondaries": []}
    zones = [DeclaredZone("a.example@in", {**options, "view": "in"}, "text"), DeclaredZone("b.example", options, "text")]
    files = zone_files(zones)
    assert set(files) == {"zones/_defaults.yaml", "zones/b.example.zone", "views/in/_defaults.yaml", "views/in/a.example.zone"}
    assert "view: in" in files["views/in/_defaults.yaml"] and "view" not in files["zones/_defaults.yaml"]
    assert path_of("a.example@in") == "views/in/a.example" and path_of("b.example") == "zones/b.example"
    shared = keys_files({}, ["zones", "views/in"], [{"name": "in", "match_clients": ["any"]}])["group_vars/all/dns.yml"]
    assert "dns_zone_directories: [zones, views/in]" in shared and "dns_views:" in shared


@pytest.mark.parametrize("content", [{"text": ". 60 NS root.corp.\nroot.corp. 60 A 10.0.0.1\n"}, {"wrong": "/work/hints cannot be read"}])
def test_hints_of_a_root_of_ones_own_in_a_view_are_refused_where_they_are_needed(content):
    view = ("internal", "10.0.0.0/8;", 'recursion {}; zone "." {{ type hint; file "hints"; }};')
    needed, idle = (server((*view[:2], view[2].format(word)), contents={".@internal": content}) for word in ("yes", "no"))
    (refused,) = refusals(needed)
    assert "has in the view internal hints of the root (/work/hints)" in refused and "transfer a root of your own there instead (type secondary)" in refused
    assert not refusals(idle) and not needed.zones and not idle.zones
