# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import bind
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import local_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.report import fates
from ansible_collections.authoritative.dns.tests.support.gathered import SECRETS, gathered

KEYS = 'key "k1" { algorithm "hmac-sha256"; secret "????"; };\nkey "K2." { algorithm "hmac-sha256"; secret "????"; };\n'


def server(text, **arguments):
    return gathered("ns1", "192.0.2.1", "options { recursion no; };\n" + text, **arguments)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ('type primary; file "a";', ""),
        ('type master; file "a"; allow-update { none; }; dnssec-policy "none"; zone-statistics yes; check-names ignore;', ""),
        ('type slave; masters { 192.0.2.9 key "k1"; }; allow-notify { key "k1"; 192.0.2.9/32; };', ""),
        ("type slave; masters { 192.0.2.9; }; allow-notify { 192.0.2.8/32; };", "a declaration has no place for its allow-notify"),
        ('type primary; file "a"; notify-source 192.0.2.1;', ""),
        ('type primary; file "a"; notify-source 192.0.2.7;', "a declaration has no place for its notify-source"),
        ('type primary; file "a"; allow-update { "key"; };', "its clients update it"),
        ('type primary; file "a"; update-policy { grant "k1" zonesub ANY; };', "its clients update it"),
        ('type primary; file "a"; dnssec-policy "default";', "the server signs it"),
        ('type primary; file "a"; auto-dnssec maintain;', "the server signs it"),
        ('type primary; file "a"; allow-notify { 192.0.2.9/32; };', "a declaration has no place for its allow-notify"),
        ('type primary; file "a"; allow-transfer { !192.0.2.9/32; any; };', "a declaration cannot say !192.0.2.9/32"),
        ('type primary; file "a"; allow-query { key "k1"; };', "a declaration cannot say key k1"),
        ('type primary; file "a"; allow-transfer port 853 transport "tls" { any; };', "a declaration cannot say allow-transfer port 853 transport tls"),
        ('type slave; masters { 192.0.2.9 tls "t"; };', "a declaration cannot say 192.0.2.9 tls t"),
        ("type forward; forwarders { 192.0.2.9; };", "a zone of type forward is none that is declared"),
        ('in-view "other";', "a zone of type in-view is none that is declared"),
    ],
)
def test_a_zone_that_cannot_be_declared_stays_with_the_reason(statements, reason):
    found = server(f'zone "a.example" IN {{ {statements} }};')
    assert found.zones["a.example"].kept == reason
    if reason:
        (fate,) = [fate for fate in fates({"ns1": found}) if fate.statement.startswith("zone ")]
        assert (fate.fate, fate.where) == ("kept", "named.conf:2") and reason in fate.detail


def test_what_options_say_is_true_of_zones_that_say_nothing():
    text = 'options { recursion no; dnssec-policy "default"; };\nzone "a.example" { type primary; file "a"; };\n'
    found = gathered("ns1", "192.0.2.1", text + 'zone "b.example" { type primary; file "b"; dnssec-policy "none"; };')
    assert [found.zones[name].kept for name in ("a.example", "b.example")] == ["the server signs it", ""]
    text = 'options { allow-transfer { 192.0.2.2/32; }; also-notify { 192.0.2.3; }; response-policy { zone "rpz.example"; } break-dnssec yes; };\n'
    text += 'zone "a.example" { type primary; file "a"; };\nzone "rpz.example" { type primary; file "rpz"; };'
    found = gathered("ns1", "192.0.2.1", text)
    assert found.zones["a.example"].transfer_to == ("192.0.2.2",) and found.zones["a.example"].notify[0].address == "192.0.2.3"
    assert found.zones["rpz.example"].kept == "an option of named is about it (a catalog or a response policy)"


def test_a_zone_that_stays_says_itself_what_the_old_options_said_for_it():
    """Since the collection's own options say that nobody may transfer it, and that nobody is told."""
    text = 'options { recursion no; allow-transfer { "k1"; }; also-notify { 192.0.2.3; }; masterfile-format raw; };\n'
    text += 'zone "a.example" { type primary; file "a"; update-policy { grant "k1" zonesub ANY; }; also-notify { 192.0.2.4; }; };\n'
    text += 'zone "b.example" { type forward; forwarders { 192.0.2.9; }; };\n'
    kept = gathered("ns1", "192.0.2.1", text).zone_texts["a.example"]
    assert 'allow-transfer {\n\t\t"k1";' in kept and "masterfile-format raw;" in kept and "notify yes;" in kept
    assert "192.0.2.4" in kept and "192.0.2.3" not in kept and "allow-update" not in kept
    assert "notify" not in gathered("ns1", "192.0.2.1", text).zone_texts["b.example"]


@pytest.mark.parametrize(("version", "allowed"), [("9.18.28-1", True), ("9.20.4", False)])
def test_a_zone_that_stays_is_transferred_by_those_by_whom_it_was(version, allowed):
    text = 'options { recursion no; };\nzone "a.example" { type primary; file "a"; dnssec-policy "default"; };\n'
    found = gathered("ns1", "192.0.2.1", text, version=version)
    assert ("allow-transfer" in found.zone_texts["a.example"]) == allowed


def test_what_stays_brings_what_it_names_and_no_more():
    text = KEYS + 'acl "used" { "deeper"; };\nacl "deeper" { 10.0.0.0/8; };\nacl "unused" { 10.0.0.0/8; };\n'
    text += 'primaries "used" { 192.0.2.9 key "k1"; };\n'
    text += 'zone "a.example" { type primary; file "a"; allow-update { key "k2"; "used"; }; };\n'
    found = server(text)
    outside, inside, secret = local_files(found, [])
    assert 'acl "deeper"' in outside and 'acl "unused"' not in outside and 'primaries "used"' in outside
    assert f'key "k2" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRETS["k2"]}";' in outside and 'key "k1"' in outside and secret and not inside
    assert 'file "/work/a"' in outside
    found = server(text)
    outside, _inside, secret = local_files(found, ["k1", "k2"])  # the collection writes them for its own zones
    assert "secret" not in outside and not secret
    told = {fate.statement: fate.fate for fate in found.fates}
    assert told["acl used"] == "kept" and told["acl unused"] == "taken" and told["key k1"] == "taken"


def test_names_are_the_same_in_capitals_and_in_small_letters():
    text = 'acl Office { 10.0.0.0/8; };\nacl "Xfer" { 192.0.2.8/32; };\nmasters Others { 192.0.2.7; };\n'
    options = "options { recursion no; allow-query { OFFICE; }; allow-transfer { xfer; }; also-notify { others; }; blackhole { office; }; };\n"
    found = gathered("ns1", "192.0.2.1", text + options + 'zone "a.example" { type primary; file "a"; };\n')
    (zone,) = found.zones.values()
    assert (zone.kept, zone.transfer_to, [remote.address for remote in zone.notify]) == ("", ("192.0.2.8",), ["192.0.2.7"])
    assert found.variables["nameserver_allow_query"] == ["10.0.0.0/8"] and not found.findings
    outside, inside, _secret = local_files(found, [])
    assert "acl Office" in outside and "Xfer" not in outside and "office" in inside


@pytest.mark.parametrize("entry", ["!10.0.0.1/32", 'key "k1"', '"unknown"', "geoip country DE"])
def test_who_may_ask_in_a_way_that_cannot_be_declared_is_a_reason_to_write_nothing(entry):
    found = gathered("ns1", "192.0.2.1", f"options {{ recursion no; allow-query {{ {entry}; 10.0.0.0/8; }}; }};\n")
    (finding,) = found.findings
    said = entry.replace('"', "")
    assert finding.kind == "refusal" and f"says who may ask with {said}, which nameserver_allow_query cannot say" in finding.text


def test_paths_in_what_stays_are_absolute():
    text = 'tls "local" { cert-file "c.pem"; key-file "/k.pem"; };\nkey-store "file" { directory "keys"; };\n'
    text += 'logging { channel "file" { file "own.log" versions 3; }; category "file" { "file"; }; };\n'
    text += 'options { recursion no; dnstap-output file "tap.log" size 1048576; lock-file none; geoip-directory "geo"; '
    text += 'catalog-zones { zone "c.example" zone-directory "cat" in-memory no; }; };\n'
    text += 'dnssec-policy "p" { keys { csk key-directory lifetime unlimited algorithm 13; }; };\n'
    outside, inside, _secret = local_files(gathered("ns1", "192.0.2.1", text), [])
    assert 'cert-file "/work/c.pem"' in outside and 'key-file "/k.pem"' in outside and 'key-store "file" {\n\tdirectory "/work/keys"' in outside
    assert 'channel "file" {\n\t\tfile "/work/own.log" versions 3;' in outside and 'category "file" {\n\t\t"file";' in outside
    assert "csk key-directory lifetime unlimited" in outside and 'zone-directory "/work/cat" in-memory' in inside
    assert 'dnstap-output file "/work/tap.log" size 1048576;' in inside and "lock-file none" in inside and 'geoip-directory "/work/geo"' in inside


def test_a_port_and_recursion_for_some_are_reasons_to_write_nothing():
    text = "options { port 5353; allow-recursion { !10.0.0.1/32; any; }; };\n"
    found = gathered("ns1", "192.0.2.1", text)
    told = [str(finding) for finding in found.findings if finding.kind == "refusal"]
    assert [line.split(",")[0] for line in told] == ["host ns1: recurses for !10.0.0.1/32", "host ns1: serves at port 5353"]


def test_zones_that_packages_bring_need_nothing():
    text = 'zone "." { type hint; file "root.hints"; };\nzone "localhost" { type master; file "db.local"; };\n'
    text += 'zone "127.in-addr.arpa" { type master; file "db.127"; };\n'
    hints = ". 3600000 NS A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4\n"
    usual = "$TTL 1h\n@ SOA localhost. root.localhost. (1 3600 600 1209600 300)\n NS localhost.\n"
    texts = {".": hints, "localhost": usual + " A 127.0.0.1\n AAAA ::1\n", "127.in-addr.arpa": usual + "1.0.0 PTR localhost.\n"}
    contents = {name: {"text": content} for name, content in texts.items()}
    found = server(text, contents=contents)
    assert not found.zones and {fate.fate for fate in found.fates if fate.statement.startswith("zone ")} == {"default", "dropped"}
    found = gathered("ns1", "192.0.2.1", "options { recursion yes; };\n" + text, contents=contents)
    assert {fate.fate for fate in found.fates if fate.statement.startswith("zone ")} == {"default"}
    assert not found.local_config


def test_zones_that_have_the_names_of_those_only_stay_and_are_declared():
    text = 'zone "." { type hint; file "root.hints"; };\nzone "localhost" { type master; file "db.local"; };\nzone "127.in-addr.arpa" { type forward; };\n'
    found = server(text, contents={".": {"text": ". 60 NS root.corp.\nroot.corp. 60 A 10.0.0.1\n"}, "localhost": {"text": "@ 60 A 10.0.0.1\n"}})
    kept = "a zone of type {} is none that is declared"
    assert {name: zone.kept for name, zone in found.zones.items()} == {"localhost": "", "127.in-addr.arpa": kept.format("forward")}
    assert 'file "/work/root.hints";' in local_files(found, [])[0]


SIGNED = 'zone "a.example" { type primary; file "a"; dnssec-policy "default"; };\n'


@pytest.mark.parametrize(
    ("text", "layout", "expected"),
    [
        ("options { recursion no; };\n" + SIGNED, {}, True),
        ("options { recursion no; };\n" + SIGNED.replace('dnssec-policy "default"', 'allow-update { "k1"; }'), {}, True),
        ('options { dnssec-policy "default"; };\n' + SIGNED.replace(' dnssec-policy "default";', ""), {}, True),
        ("options { recursion no; };\n" + SIGNED, {"working_directory": "/work"}, False),
        ('options { key-directory "keys"; };\n' + SIGNED, {}, False),
        ("options { recursion no; };\n" + SIGNED.replace('dnssec-policy "default"', "max-transfer-time-out 60"), {}, False),
    ],
)
def test_a_zone_that_stays_has_its_keys_where_they_were(text, layout, expected):
    """Which is named's working directory, unless something is said, and that is another one afterwards."""
    found = gathered("ns1", "192.0.2.1", text, layout)
    assert ('key-directory "/work";' in found.zone_texts["a.example"]) == expected
    assert ("options, key-directory" in [item.label for item in found.local_options]) == ("key-directory" in text)


@pytest.mark.parametrize(("layout", "moves"), [({}, True), ({"working_directory": "/work"}, False)])
def test_a_zone_whose_file_includes_others_there_is_bound_to_the_directory(layout, moves):
    found = gathered("ns1", "192.0.2.1", "options { recursion no; };\n" + SIGNED, layout, contents={"a.example": {"text": "", "included": ["b", "c/d"]}})
    text = "/work/a includes b, c/d below /work, where the server will not look any more; write whole paths there"
    assert found.zones["a.example"].bound == (text if moves else "")


def test_options_that_the_collection_says_itself_are_not_said_twice():
    text = "options { recursion no; transfer-source 192.0.2.1; blackhole { 192.0.2.9/32; }; listen-on port 54 { any; }; };"
    found = gathered("ns1", "192.0.2.1", text)
    said = bind.said('// ours\noptions {\n\ttransfer-source 192.0.2.1;\n\tlisten-on { any; };\n\tinclude "/x";\n};\nkey "a" { };\n')
    assert said == {"transfer-source"}
    _outside, inside, _secret = local_files(found, [], said)
    assert inside == "blackhole {\n\t192.0.2.9/32;\n};\nlisten-on port 54 {\n\tany;\n};\n"
    told = {fate.statement: (fate.fate, fate.detail) for fate in found.fates}
    assert told["options, transfer-source"] == ("dropped", "the collection says its own transfer-source") and told["options, blackhole"][0] == "kept"


def test_a_secret_of_options_is_left_out_and_told():
    found = gathered("ns1", "192.0.2.1", 'options { recursion no; cookie-secret "????????"; max-records 5; };')
    assert local_files(found, [])[1] == "max-records 5;\n"
    (finding,) = found.findings
    assert finding.kind == "change" and finding.text.startswith("cookie-secret of options is a secret, which is not read, so it is left out; ")


@pytest.mark.parametrize("statement", ['dlz "x" { database "mysql {pass=p}"; };', 'dyndb "x" "y.so" { password "p"; };', 'key-store "s" { pkcs11-uri "p"; };'])
def test_what_may_have_a_password_is_a_secret(statement):
    assert local_files(server(statement), [])[2]
    assert not local_files(server("controls { inet 127.0.0.1; };"), [])[2]


@pytest.mark.parametrize(
    ("listens", "address", "told"), [(True, "192.0.2.77", True), (True, "192.0.2.1", False), (True, "*", False), (False, "192.0.2.77", False)]
)
def test_another_address_to_ask_from_is_told_where_it_goes(listens, address, told):
    places = "listen-on { 192.0.2.1; }; listen-on-v6 { none; };" if listens else ""
    text = f"options {{ recursion no; {places} transfer-source {address}; }};\n"
    found = gathered("ns1", "192.0.2.1", text + 'zone "a.example" { type slave; masters { 192.0.2.9; }; file "a"; allow-update-forwarding { any; }; };')
    assert [finding.kind for finding in found.findings] == ["change"] * told
    assert f"transfer-source {address};" in found.zone_texts["a.example"]
