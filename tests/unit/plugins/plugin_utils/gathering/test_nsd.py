# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import clauses
from ansible_collections.authoritative.dns.plugins.module_utils.reading.nsd import _zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import nsd
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import local_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import Remote

KEY = 'key:\n\tname: "K1."\n\talgorithm: hmac-sha256\n\tsecret: "????"\n'


def server(text, layout=None, contents=None, version="4.12.0"):
    configuration = clauses.parse(text)
    zones = [{**_zone(clause, "/zones", {}), "serial": 1} for clause in configuration if clause[0] == "zone"]
    facts = {"configuration": configuration, "places": {}, "zones": zones, "running": True, "directory": "/zones", "version": version}
    facts["contents"] = contents or {}
    return nsd.server("ns1", ["192.0.2.1"], facts, [{"name": "k1", "algorithm": "hmac-sha256", "secret": "s3"}], layout or {})


def zone(lines):
    return server("zone:\n\tname: a.example\n\tzonefile: a\n" + "".join(f"\t{line}\n" for line in lines)).zones["a.example"]


def test_who_feeds_a_zone_and_who_may_transfer_it():
    found = zone(["request-xfr: AXFR 192.0.2.9@54 K1.", "provide-xfr: 192.0.2.8 k1.", "provide-xfr: 198.51.100.0/24 NOKEY", "notify: 192.0.2.8@55 k1."])
    assert (found.role, found.sources) == ("secondary", (Remote("192.0.2.9", 54, "k1"),))
    assert found.transfer_to == ("key k1", "198.51.100.0/24") and found.notify == (Remote("192.0.2.8", 55, "k1"),)
    assert found.allow_query is None and not found.kept


def test_the_file_of_a_zone_has_the_name_as_the_configuration_has_it():
    found = server("zone:\n\tname: A.Example.\n\tzonefile: %s\n\toutgoing-interface: 192.0.2.7\n")
    assert found.zones["a.example"].file == "/zones/A.Example."
    assert 'zonefile: "/zones/A.Example."' in local_files(found, [])[0]


def test_who_may_ask():
    found = zone(["allow-query: 10.0.0.0/8 NOKEY", "allow-query: 127.0.0.1 NOKEY"])
    assert found.allow_query == ("10.0.0.0/8", "localhost")
    assert zone(["allow-query: 0.0.0.0/0 NOKEY", "allow-query: ::/0 NOKEY"]).allow_query == ("any",)


def test_a_zone_that_stays_has_the_key_with_which_it_may_be_asked():
    found = server(KEY + "zone:\n\tname: a.example\n\tzonefile: a\n\tallow-query: 10.0.0.0/8 K1.\n")
    outside, _inside, secret = local_files(found, [])
    assert secret and clauses.parse(outside) == [
        ["key", [["name", "k1"], ["algorithm", "hmac-sha256"], ["secret", "s3"]]],
        ["zone", [["name", "a.example"], ["zonefile", "/zones/a"], ["allow-query", "10.0.0.0/8", "k1"]]],
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("provide-xfr: 192.0.2.9 BLOCKED", "a declaration cannot say provide-xfr 192.0.2.9 BLOCKED"),
        ("provide-xfr: 192.0.2.1-192.0.2.9 NOKEY", "a declaration cannot say provide-xfr 192.0.2.1-192.0.2.9 NOKEY"),
        ("request-xfr: 192.0.2.9 NOKEY tls.example", "a declaration cannot say request-xfr 192.0.2.9 NOKEY tls.example"),
        ("allow-query: 10.0.0.0/8 K1.", "a declaration cannot say allow-query 10.0.0.0/8 K1."),
        ("allow-query: 10.0.0.0/8 BLOCKED", "a declaration cannot say allow-query 10.0.0.0/8 BLOCKED"),
        ("outgoing-interface: 192.0.2.1", ""),
        ("outgoing-interface: 192.0.2.7", "a declaration has no place for its outgoing-interface"),
        ("zonestats: a", ""),
    ],
)
def test_a_zone_that_cannot_be_declared_stays_with_the_reason(line, reason):
    assert zone([line]).kept == reason


def test_options_and_what_stays():
    text = KEY + "server:\n\tip-address: 192.0.2.1\n\tserver-count: 4\n\thide-version: yes\n\tminimal-responses: no\n\tzonesdir: /zones\n\tverbosity: 2\n"
    text += "zone:\n\tname: a.example\n\tzonefile: a\n\tprovide-xfr: 192.0.2.9 K1.\n\tmulti-primary-check: yes\n\toutgoing-interface: 192.0.2.7\n"
    found = server(text, {"options": ["verbosity: 2"]})
    assert found.variables == {"nameserver_allow_query": ["any"], "nameserver_listen_on": ["192.0.2.1"]} and not found.findings
    outside, inside, secret = local_files(found, [])
    assert clauses.parse(outside) == [
        ["key", [["name", "k1"], ["algorithm", "hmac-sha256"], ["secret", "s3"]]],
        ["server", [["server-count", "4"]]],
        ["zone", [["name", "a.example"], ["zonefile", "/zones/a"], ["provide-xfr", "192.0.2.9", "k1"], ["multi-primary-check", "yes"],
                  ["outgoing-interface", "192.0.2.7"]]],
    ] and secret and not inside  # fmt: skip
    fates = {fate.statement: fate.fate for fate in found.fates}
    assert fates == {
        **{"server, ip-address": "taken", "server, server-count": "kept", "server, hide-version": "default", "server, minimal-responses": "dropped"},
        **{"server, zonesdir": "dropped", "server, verbosity": "default", "key k1": "kept"},
    }


def test_paths_in_what_stays_are_absolute():
    text = 'server:\n\tzonesdir: /zones\n\tlogfile: own.log\n\ttls-service-key: /k.pem\n\ttls-service-pem: ""\n'
    found = server(text + "tls-auth:\n\tname: t\n\tclient-cert: c.pem\n")
    assert found.local_config == [
        'server:\n\tlogfile: "/zones/own.log"\n\ttls-service-key: "/k.pem"\n\ttls-service-pem: ""\n',
        'tls-auth:\n\tname: "t"\n\tclient-cert: "/zones/c.pem"\n',
    ]


@pytest.mark.parametrize(("zonesdir", "moves"), [("\tzonesdir: /zones\n", True), ("", False)])
def test_a_zone_whose_file_includes_others_there_is_bound_to_the_directory(zonesdir, moves):
    text = "server:\n\tserver-count: 1\n" + zonesdir + "zone:\n\tname: a.example\n\tzonefile: a\n"
    found = server(text, contents={"a.example": {"text": "", "included": ["b"]}}).zones["a.example"]
    assert found.bound == ("/zones/a includes b below /zones, where the server will not look any more; write whole paths there" if moves else "")


def test_a_secret_is_left_out_of_what_stays_and_told():
    found = server('tls-auth:\n\tname: t\n\tclient-key: /k.pem\n\tclient-key-pw: "????"\n')
    assert found.local_config == ['tls-auth:\n\tname: "t"\n\tclient-key: "/k.pem"\n']
    (finding,) = found.findings
    assert finding.kind == "change" and finding.text.startswith("client-key-pw of tls-auth t is a secret, which is not read, so it is left out; ")


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        ([], ["any"]),
        (["0.0.0.0", "::0"], ["any"]),
        (["0.0.0.0"], ["192.0.2.1", "10.0.0.1"]),
        (["127.0.0.1", "::0@53"], ["2001:db8::1"]),
        (["127.0.0.1"], ["127.0.0.1"]),
    ],
)
def test_where_it_listens(lines, addresses):
    configuration = clauses.parse("server:\n" + "".join(f"\tip-address: {line}\n" for line in lines))
    facts = {"configuration": configuration, "places": {}, "zones": [], "directory": "/zones", "running": True}
    found = nsd.server("ns1", ["192.0.2.1"], {**facts, "addresses": ["192.0.2.1", "10.0.0.1", "2001:db8::1"]}, [], {})
    assert found.variables["nameserver_listen_on"] == addresses and not found.findings


def test_what_is_no_address_is_a_reason_to_write_nothing():
    (finding,) = server("server:\n\tip-address: lo\n").findings
    assert (finding.kind, finding.text) == ("refusal", "listens at lo, which is no address; write the host's addresses in its place there")


def test_what_is_said_of_an_address_besides_is_told():
    found = server('server:\n\tip-address: 192.0.2.1@53 servers="1 2" bindtodevice=no setfib=2\n')
    (finding,) = found.findings
    assert (finding.kind, finding.text) == ("change", "what ip-address says of 192.0.2.1 besides is left out: servers, setfib")
    assert found.variables["nameserver_listen_on"] == ["192.0.2.1"]


def test_another_port_is_a_reason_to_write_nothing():
    for line in ("port: 5353", "ip-address: 192.0.2.1@5353"):
        (finding,) = server(f"server:\n\t{line}\n").findings
        assert (finding.kind, finding.text) == ("refusal", "serves at port 5353, and the collection serves at 53 only")


def test_a_cookies_secret_is_left_out_of_what_stays_and_told():
    found = server('server:\n\tcookie-secret: "????"\n\tanswer-cookie: yes\n')
    assert found.local_config == ['server:\n\tanswer-cookie: "yes"\n']
    assert ["cookie-secret of server is a secret" in finding.text for finding in found.findings] == [True]


@pytest.mark.parametrize(("more", "stays"), [("\tcatalog: consumer\n", True), ("", False)])
def test_a_catalog_that_stays_has_the_patterns_that_its_members_may_have(more, stays):
    text = "pattern:\n\tname: members\n\tzonefile: m/%s\n\trequest-xfr: 192.0.2.9 K1.\nzone:\n\tname: c.example\n\tzonefile: c\n"
    outside = local_files(server(KEY + text + "\tmulti-primary-check: no\n" + more), [])[0]
    pattern = ["pattern", [["name", "members"], ["zonefile", "/zones/m/%s"], ["request-xfr", "192.0.2.9", "k1"]]]
    assert (pattern in clauses.parse(outside)) == stays


def test_a_member_that_nsd_control_gives_its_catalog_is_bound_there():
    assert "makes it a member of a catalog" in zone(["catalog-producer-zone: c.example"]).bound


@pytest.mark.parametrize(("own", "kept"), [("192.0.2.1", False), ("192.0.2.77", True)])
def test_all_addresses_from_which_a_zone_is_asked_for_count(own, kept):
    found = zone(["request-xfr: AXFR 192.0.2.9 NOKEY", f"outgoing-interface: {own}", "outgoing-interface: 192.0.2.1"])
    assert bool(found.kept) == kept


@pytest.mark.parametrize(
    ("text", "expected", "as_it_is"),
    [
        ("@ 300 SOA a b 1 2 3 4 5\n@ NS a\n", "$TTL 3600\n@ 300 SOA a b 1 2 3 4 5\n@ NS a\n", False),
        ("\ufeff@ 300 SOA a b 1 2 3 4 5\n", "$TTL 3600\n@ 300 SOA a b 1 2 3 4 5\n", False),
        ("@ 300 SOA a b 1 2 3 4 5\n$TTL 60\n", "$TTL 3600\n@ 300 SOA a b 1 2 3 4 5\n$TTL 60\n", False),
        ("; a\n\n$ORIGIN a.\n$ttl 1h\n@ SOA a b 1 2 3 4 5\n", None, True),
    ],
)
def test_a_record_without_a_ttl_has_what_nsd_gives_it(text, expected, as_it_is):
    def told(version):
        contents = {"a.example": {"text": text, "as_it_is": True}}
        found = server("zone:\n\tname: a.example\n\tzonefile: a\n", contents=contents, version=version).zones["a.example"]
        return found.text, found.as_it_is

    assert told("4.6.1") == (expected or text, as_it_is)
    assert told("4.12.0") == (text, True)
