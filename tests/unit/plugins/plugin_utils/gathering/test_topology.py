# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two servers that were read together give one declaration, and what they disagree about is told with its places."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology
from ansible_collections.authoritative.dns.tests.support.gathered import gathered

OPTIONS = "options { recursion no; allow-transfer { none; }; };\n"
KEYS = 'key "k1" { algorithm "hmac-sha256"; secret "?"; };\nkey "k2" { algorithm "hmac-sha256"; secret "?"; };\n'
NS1, NS2 = "192.0.2.1", "192.0.2.2"


def pair(first, second="", leave=(), secrets=None):
    """The topology of two servers whose zone a.example consists of these statements; nothing for a server without it."""
    servers = {}
    for host, address, text, known in (("ns1", NS1, first, None), ("ns2", NS2, second, secrets)):
        stanza = text if "zone" in text or not text else f'zone "a.example" {{ {text} }};'
        servers[host] = gathered(host, address, OPTIONS + KEYS + stanza, secrets=known)
    return Topology(servers, leave)


def told(topology):
    return [(finding.kind, str(finding)) for finding in topology.findings]


PRIMARY = 'type primary; file "a"; '
K1, TO_NS2 = 'allow-transfer { key "k1"; }; ', f"allow-transfer {{ {NS2}/32; }}; "
FROM_NS1, SIGNED = f"type slave; masters {{ {NS1}; }}; ", f'type slave; masters {{ {NS1} key "k1"; }}; '


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        (PRIMARY, "", {"secondaries": []}),
        (PRIMARY + TO_NS2, FROM_NS1, {"secondaries": ["ns2"]}),
        (PRIMARY + K1, SIGNED, {"secondaries": ["ns2"], "tsig": "k1"}),
        (PRIMARY + K1 + 'also-notify { 203.0.113.1 key "k1"; };', "", {"secondaries": [{"address": "203.0.113.1", "key": "k1"}]}),
        (PRIMARY + K1 + "also-notify { 203.0.113.1 port 54; };", "", {"secondaries": [{"address": "203.0.113.1", "port": 54, "key": "k1"}]}),
        (
            PRIMARY + f'allow-transfer {{ key "k1"; 203.0.113.1/32; }}; also-notify {{ {NS2} key "k1"; }};',
            SIGNED,
            {"secondaries": ["ns2", {"address": "203.0.113.1", "key": False}], "tsig": "k1"},
        ),
        (
            'type slave; masters { 203.0.113.9 key "k2"; }; file "a"; ' + TO_NS2,
            FROM_NS1 + 'file "a";',
            {
                "primaries": [{"address": "203.0.113.9", "key": "k2"}],
                "secondaries": ["ns1", {"host": "ns2", "from": ["ns1"]}],
                "validators": {"ns-glue": "off"},
            },
        ),
        (PRIMARY + "allow-query { 10.0.0.0/8; localhost; };", "", {"secondaries": [], "allow_query": ["10.0.0.0/8"]}),
        (PRIMARY + "allow-query { any; };", "", {"secondaries": []}),
    ],
)
def test_a_zone_is_declared_once_with_all_its_servers(first, second, options):
    topology = pair(first, second)
    assert topology.zones["a.example"].options == {"primaries": ["ns1"], **options} and not topology.findings


def test_a_primary_outside_with_a_key_for_each_secondary_is_declared_with_both():
    texts = [f'type slave; masters {{ 203.0.113.9 key "{key}"; }}; file "a"; ' for key in ("k1", "k2")]
    options = pair(*texts).zones["a.example"].options
    assert options["primaries"] == [{"address": "203.0.113.9", "key": key, "name": f"203.0.113.9 with {key}"} for key in ("k1", "k2")]
    keys = {"keys": [{"name": key, "secret": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"} for key in ("k1", "k2")]}
    zone = {"name": "a.example", "records": [{"type": "NS", "value": "ns1.example.net."}], **options}
    inventory = Inventory({"dns_secondaries": ["ns1", "ns2"]}, {"ns1": (NS1,), "ns2": (NS2,)}.__getitem__)
    assert [server.key for server in load([zone], {}, inventory, str, keys=keys).zones["a.example"].primaries] == ["k1", "k2"]


ONLY_TOLD = "host ns1: 203.0.113.1 is only told of changes of a.example (1 zones), and could transfer them from it afterwards as any secondary: "
ONLY_TOLD += "take it out of secondaries where it must not"
HERE, BOTH = "(named.conf:4)", "(named.conf:4, named.conf:4)"


@pytest.mark.parametrize(
    ("first", "second", "kind", "text"),
    [
        ("", FROM_NS1, "contradiction", f"zone a.example: ns2 transfers it from ns1 ({NS1}), which does not serve it {HERE}"),
        (PRIMARY, FROM_NS1, "contradiction", f"zone a.example: ns1 does not hand it out to ns2, which asks without a key {BOTH}"),
        (
            PRIMARY + K1,
            SIGNED.replace("k1", "k2"),
            "contradiction",
            f"zone a.example: ns1 does not hand it out to ns2, which asks with the key k2 {BOTH}",
        ),
        (
            PRIMARY,
            "type slave; masters { 203.0.113.9; };",
            "contradiction",
            f"zone a.example: ns2 transfers it from 203.0.113.9, which is no server of it; its primary is ns1 {HERE}",
        ),
        (
            PRIMARY + TO_NS2,
            f"type slave; masters {{ {NS1}; 203.0.113.9; }};",
            "change",
            f"zone a.example: ns2 transfers it from 203.0.113.9 too, and would not any more {HERE}",
        ),
        (
            PRIMARY + "allow-query { 10.0.0.0/8; }; " + TO_NS2,
            FROM_NS1 + "allow-query { 172.16.0.0/12; };",
            "contradiction",
            f"zone a.example: its servers let different networks ask; 10.0.0.0/8 is declared {BOTH}",
        ),
        (
            PRIMARY + "allow-query { 10.0.0.0/8; }; " + TO_NS2,
            FROM_NS1,
            "contradiction",
            f"zone a.example: its servers let different networks ask; 10.0.0.0/8 is declared {BOTH}",
        ),
        (
            PRIMARY + "allow-transfer { any; };",
            "",
            "change",
            "host ns1: any may transfer a.example (1 zones) from it, and nobody could any more but the declared servers: "
            "name those that have to under secondaries",
        ),
        (PRIMARY + "also-notify { 203.0.113.1; };", "", "change", ONLY_TOLD),
        (PRIMARY + 'allow-transfer { 203.0.113.2/32; }; also-notify { 203.0.113.1 key "k1"; };', "", "change", ONLY_TOLD),
        (PRIMARY + 'allow-transfer { key "k1"; key "k2"; }; also-notify { 203.0.113.1; };', "", "change", ONLY_TOLD),
        (
            PRIMARY + K1,
            "",
            "change",
            "zone a.example: whoever has the key k1 may transfer it from ns1, and nothing says at which address: "
            f"name that server under secondaries {HERE}",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_places(first, second, kind, text):
    assert (kind, text) in told(pair(first, second))


@pytest.mark.parametrize(
    ("version", "expected"), [("9.18.28-1", "host ns1: any may transfer a.example (1 zones) from it"), ("9.20.4", ONLY_TOLD)]
)
def test_who_may_transfer_where_nothing_says_it_is_what_named_lets_by_default(version, expected):
    text = f'options {{ recursion no; }};\nzone "a.example" {{ {PRIMARY}also-notify {{ 203.0.113.1; }}; }};'
    ((kind, found),) = told(Topology({"ns1": gathered("ns1", NS1, text, version=version)}))
    assert kind == "change" and found.startswith(expected)


def test_a_key_with_two_secrets_is_refused_only_where_zones_use_it():
    first, second = PRIMARY + 'allow-transfer { key "k1"; };', f'type slave; masters {{ {NS1} key "k1"; }};'
    other = {"k1": "c" * 24, "k2": "d" * 24}
    refusal = "key k1: is not the same on ns1 and ns2; give both the same algorithm and secret, or two names"
    assert told(pair(first, second, secrets=other)) == [("refusal", refusal)]


def test_a_zone_that_one_server_keeps_or_that_is_left_is_kept_by_all():
    topology = pair(PRIMARY + "allow-update { any; };", f"type slave; masters {{ {NS1}; }};")
    assert not topology.zones and {server.zones["a.example"].kept for server in topology.servers.values()} == {"its clients update it"}
    topology = pair(PRIMARY, leave=["A.example."])
    assert not topology.zones and topology.servers["ns1"].zones["a.example"].kept == "a.example is named in gather_leave"


def test_a_zone_whose_name_is_no_a_label_stays():
    topology = pair(f'zone "bücher.example" {{ {PRIMARY} }}; zone "xn--bcher-kva.test" {{ {PRIMARY} }};')
    assert list(topology.zones) == ["xn--bcher-kva.test"]
    reason = "its name is no A-label, and a declaration would mean xn--bcher-kva.example"
    assert topology.servers["ns1"].zones["bücher.example"].kept == reason


def test_a_zone_to_leave_that_no_server_has_is_told():
    topology = pair(PRIMARY, leave=["a.exmaple", "A.example."])
    assert ("refusal", "gather_leave: names a.exmaple, a zone that no server has; mend the name, or take it out") in told(topology)


def test_two_primaries_must_have_the_same_content():
    topology = pair(PRIMARY, PRIMARY)
    assert topology.zones["a.example"].options["primaries"] == ["ns1", "ns2"]
    topology.servers["ns2"].zones["a.example"].text += "more A 192.0.2.1\n"
    text = "zone a.example: has several primaries with different content: ns1 (serial 1), ns2 (serial 1); make them equal"
    assert told(Topology(topology.servers)) == [("refusal", f"{text}, or name the zone in gather_leave to leave it as it is {BOTH}")]
    topology.servers["ns2"].zones["a.example"].bound = "not the same there"
    assert told(Topology(topology.servers)) == [("refusal", f"{text} {BOTH}")]


def test_a_zone_without_content_is_to_be_left_only_where_it_can_stay():
    topology = pair(PRIMARY)
    (zone,) = topology.servers["ns1"].zones.values()
    zone.text, zone.wrong = None, "/a cannot be read"
    text = "zone a.example: /a cannot be read on ns1; mend it"
    assert told(Topology(topology.servers)) == [("refusal", f"{text}, or name the zone in gather_leave to leave it as it is {HERE}")]
    topology.servers["ns1"].has_local_zones = False
    assert told(Topology(topology.servers)) == [("refusal", f"{text} {HERE}")]


def test_a_file_that_is_not_what_is_served_is_told():
    topology = pair(PRIMARY)
    (zone,) = topology.servers["ns1"].zones.values()
    zone.serial = None  # nobody can ask for it
    assert not told(Topology(topology.servers))
    zone.serial = 4294967295
    text = "zone a.example: ns1 serves it with the serial 4294967295, and its file or database, which is declared, has 1 and may have other records: "
    assert told(Topology(topology.servers)) == [("change", f"{text}mend that, or have ns1 read it, and gather again {HERE}")]


def test_a_key_that_is_not_safe_keeps_its_zones():
    topology = pair(PRIMARY + 'allow-transfer { key "k1"; };')
    topology.servers["ns1"].keys["k1"]["algorithm"] = "hmac-md5"
    topology = Topology(topology.servers)
    assert topology.servers["ns1"].zones["a.example"].kept == "its key k1 is of the algorithm hmac-md5, which the collection does not use"


def test_a_zone_that_has_to_stay_and_would_not_be_the_same_is_a_reason_to_write_nothing():
    servers = {"ns1": gathered("ns1", NS1, OPTIONS + 'zone "a.example" { type primary; file "a"; };')}
    servers["ns1"].zones["a.example"].bound = "its file is bound; free it"
    assert not told(Topology(servers)) and not Topology(servers).may_stay("a.example")
    expected = "zone a.example: has to stay as it is on ns1 (a.example is named in gather_leave), and would not: its file is bound; free it (named.conf:2)"
    assert told(Topology(servers, ["a.example"])) == [("refusal", expected)]


def test_a_resolvers_hints_keep_no_other_host_from_having_the_root_declared():
    own = {".": {"text": ". 60 SOA root.corp. a. 1 1 1 1 1\n. 60 NS root.corp.\nroot.corp. 60 A 192.0.2.1\n"}}
    root = gathered("ns1", NS1, OPTIONS + 'zone "." { type primary; file "root"; };\n', contents=own)
    hints = {".": {"text": ". 60 NS root.corp.\nroot.corp. 60 A 192.0.2.1\n"}}
    resolver = gathered("ns2", NS2, 'options { recursion yes; };\nzone "." { type hint; file "hints"; };\n', contents=hints)
    topology = Topology({"ns1": root, "ns2": resolver})
    assert list(topology.zones) == ["."] and not told(topology)
    assert topology.zones["."].options["primaries"] == ["ns1"] and resolver.local_config == ['zone "." {\n\ttype hint;\n\tfile "/work/hints";\n};\n']


def test_a_secondary_of_a_localhost_of_ones_own_is_declared():
    """Of what is transferred the apex alone may be read, which says what packages say."""
    apex = "localhost. 60 SOA localhost. root.localhost. 1 1 1 1 1\nlocalhost. 60 NS localhost.\n"
    whole = {"localhost": {"text": apex + "www.localhost. 60 A 10.0.0.1\n"}}
    own = f'zone "localhost" {{ type primary; file "l"; allow-transfer {{ {NS2}/32; }}; }};\n'
    copy = f'zone "localhost" {{ type secondary; primaries {{ {NS1}; }}; file "l"; }};\n'
    servers = {"ns1": gathered("ns1", NS1, OPTIONS + own, contents=whole), "ns2": gathered("ns2", NS2, OPTIONS + copy, contents={"localhost": {"text": apex}})}
    topology = Topology(servers)
    assert topology.zones["localhost"].options["secondaries"] == ["ns2"] and not told(topology)


def test_the_root_can_be_left():
    topology = pair('zone "." { type primary; file "root"; };', leave=["."])
    assert not topology.zones and topology.servers["ns1"].zones["."].kept == ". is named in gather_leave" and not told(topology)
