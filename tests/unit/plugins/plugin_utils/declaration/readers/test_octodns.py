# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import dns.rdata
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.octodns import looks_like, records_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import canonical, parse_records
from hypothesis import given, settings
from hypothesis import strategies as st

ORIGIN = dns.name.from_text("example.com")
DIGEST = "49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52"


def read(content):
    items, findings = records_of(content, "zone example.com")
    records, mistakes = parse_records(items, ORIGIN, 3600, "zone example.com")
    return canonical(records), findings.problems + mistakes


def lines(content):
    records, problems = read(content)
    assert not problems, [str(problem) for problem in problems]
    return [str(record) for record in records]


def mistakes(content):
    return [str(problem) for problem in read(content)[1]]


def test_a_zone_as_octodns_documents_it():
    zone = yaml.safe_load(r"""
        '':
          - type: NS
            values: [ns1.example.net., ns2.example.org.]
          - type: MX
            ttl: 300
            values:
              - {exchange: mail.example.com., preference: 10}
              - {value: mail2.example.net., priority: 20}
          - type: TXT
            values: ['v=spf1 mx -all', 'k=rsa\; p=abc']
        '*': {type: CNAME, value: www.example.com.}
        www:
          octodns: {lenient: true, excluded: [route53], cloudflare: {proxied: true}}
          ttl: 60
          type: A
          values: [192.0.2.1, 192.0.2.2]
        50: {type: PTR, value: pc1.example.com.}
        bücher: {type: AAAA, value: '2001:db8::1'}
    """)
    assert lines(zone) == [
        "@ 3600 NS ns1.example.net.",
        "@ 3600 NS ns2.example.org.",
        "@ 300 MX 10 mail.example.com.",
        "@ 300 MX 20 mail2.example.net.",
        '@ 3600 TXT "k=rsa; p=abc"',
        '@ 3600 TXT "v=spf1 mx -all"',
        "* 3600 CNAME www.example.com.",
        "50 3600 PTR pc1.example.com.",
        "www 60 A 192.0.2.1",
        "www 60 A 192.0.2.2",
        "xn--bcher-kva 3600 AAAA 2001:db8::1",
    ]


FIELDS = [
    ("SRV", {"priority": 0, "weight": 5, "port": 5060, "target": "sip.example.com."}, "0 5 5060 sip.example.com."),
    ("SRV", {"priority": 0, "weight": 0, "port": 0, "target": "."}, "0 0 0 ."),
    ("CAA", {"tag": "issue", "value": "ca.example.net; account=1"}, '0 issue "ca.example.net; account=1"'),
    ("CAA", {"flags": 128, "tag": "issue", "value": ";"}, '128 issue ";"'),
    (
        "NAPTR",
        {"order": 10, "preference": 5, "flags": "U", "service": "SIP+D2U", "regexp": "!^.*$!sip:info@example.com!", "replacement": "."},
        '10 5 "U" "SIP+D2U" "!^.*$!sip:info@example.com!" .',
    ),
    ("NAPTR", {"order": 1, "preference": 1, "flags": "S", "service": "x", "regexp": None, "replacement": "a.example.com."}, '1 1 "S" "x" "" a.example.com.'),
    ("SSHFP", {"algorithm": 4, "fingerprint_type": 2, "fingerprint": DIGEST}, f"4 2 {DIGEST}"),
    ("TLSA", {"certificate_usage": 3, "selector": 1, "matching_type": 1, "certificate_association_data": DIGEST}, f"3 1 1 {DIGEST}"),
    ("DS", {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": DIGEST}, f"1 13 2 {DIGEST}"),
    ("DS", {"flags": 1, "protocol": 13, "algorithm": 2, "public_key": DIGEST}, f"1 13 2 {DIGEST}"),
    ("URI", {"priority": 10, "weight": 1, "target": "ftp://ftp.example.com/public"}, '10 1 "ftp://ftp.example.com/public"'),
    (
        "LOC",
        {
            "lat_degrees": 31,
            "lat_minutes": 58,
            "lat_seconds": 52.1,
            "lat_direction": "S",
            "long_degrees": 115,
            "long_minutes": 49,
            "long_seconds": 11.7,
            "long_direction": "E",
            "altitude": 20,
            "size": 10,
            "precision_horz": 10,
            "precision_vert": 2,
        },
        "31 58 52.100 S 115 49 11.700 E 20.00m 10.00m 10.00m 2.00m",
    ),
    ("HTTPS", {"svcpriority": 0, "targetname": "www.example.com."}, "0 www.example.com."),
    (
        "HTTPS",
        {
            "svcpriority": 1,
            "targetname": ".",
            "svcparams": {"alpn": ["h2", "h3"], "no-default-alpn": None, "port": 8443, "ipv4hint": ["192.0.2.1", "192.0.2.2"]},
        },
        '1 . alpn="h2,h3" no-default-alpn port="8443" ipv4hint="192.0.2.1,192.0.2.2"',
    ),
    (
        "SVCB",
        {
            "svcpriority": 1,
            "targetname": "dot.example.com.",
            "svcparams": {"alpn": ["dot"], "mandatory": ["alpn"], "ipv6hint": ["2001:db8::1"]},
        },
        '1 dot.example.com. mandatory="alpn" alpn="dot" ipv6hint="2001:db8::1"',
    ),
]


@pytest.mark.parametrize(("rdtype", "value", "expected"), FIELDS)
def test_values_of_several_fields(rdtype, value, expected):
    assert lines({"x": {"type": rdtype, "values": [value]}}) == [f"x 3600 {rdtype} {expected}"]
    assert lines({"x": [{"type": rdtype, "value": value}]}) == [f"x 3600 {rdtype} {expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b", '"a;b"'),
        (r"a\;b", '"a;b"'),
        ('"quoted all over"', '"quoted all over"'),
        ('"first " "second"', '"first second"'),
        ('say "x"', r'"say \"x\""'),
        (r"C:\n", r'"C:\\n"'),
        ("", '""'),
        (7, '"7"'),
        ("x" * 300, f'"{"x" * 255}" "{"x" * 45}"'),
    ],
)
def test_free_text(text, expected):
    assert lines({"": {"type": "TXT", "value": text}}) == [f"@ 3600 TXT {expected}"]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ({"": {"type": "ALIAS", "value": "www.example.net."}}, ["record @ ALIAS: ALIAS is not a type of the DNS", "use A and AAAA records"]),
        ({"x": {"type": "URLFWD", "value": {}}}, ["record x URLFWD", "web server that redirects"]),
        ({"x": {"type": "Route53Provider/ALIAS", "value": {}}}, ["of the provider Route53Provider alone"]),
        ({"x": {"type": "A", "value": "192.0.2.1", "dynamic": {"pools": {}}}}, ["record x A: has dynamic", "keep the values"]),
        ({"x": {"type": "A", "value": "192.0.2.1", "geo": {"EU": ["192.0.2.2"]}}}, ["record x A: has geo", "keep the values"]),
        ({"x": {"type": "A", "vaules": ["192.0.2.1"]}}, ["the key 'vaules' is unknown, did you mean 'values'?"]),
        ({"x": {"value": "192.0.2.1", "type": None}}, ["record x: type None is not a record type"]),
        ({"x": {"type": ["A"], "value": "192.0.2.1"}}, ["type ['A'] is not a record type"]),
        ({"x": {"type": "A"}}, ["record x A: value is missing"]),
        ({"x": {"type": "A", "value": "192.0.2.256"}}, ["'192.0.2.256' is not an A value"]),
        ({"x": {"type": "AAA", "value": "192.0.2.1"}}, ["type 'AAA' is unknown"]),
        ({"x": {"type": "A", "value": "192.0.2.1", "ttl": "soon"}}, ["ttl: 'soon' is not a time"]),
        ({"x": ["192.0.2.1"]}, ["record x: '192.0.2.1' is not a record"]),
        ({1.1: {"type": "PTR", "value": "a.example.com."}}, ["the name 1.1 was read by YAML as a number, 1.1", "put the name in quotes"]),
        ({True: {"type": "A", "value": "192.0.2.1"}}, ["the name True was read by YAML as a truth value, True"]),
        ({"x": {"type": "NS", "value": "ns1"}}, ["value 'ns1' has the name 'ns1' without a final dot", "final dot"]),
        ({"x": {"type": "TXT", "value": 1.10}}, ["value 1.1 was read by YAML as a number, 1.1; put it in quotes"]),
        ({"x": {"type": "TXT", "value": False}}, ["value False was read by YAML as a truth value, False; put it in quotes"]),
        ({"x": {"type": "MX", "value": {"preference": 10, "exchange": "mail"}}}, ["'mail' without a final dot"]),
        ({"x": {"type": "MX", "value": {"preference": 10}}}, ["has no exchange", "give preference, exchange"]),
        ({"x": {"type": "MX", "value": "10 mail.example.com."}}, ["'10 mail.example.com.' is not a mapping of preference, exchange"]),
        ({"x": {"type": "SRV", "value": {"prio": 1}}}, ["has the unknown key 'prio', did you mean 'priority'?"]),
        ({"x": {"type": "HTTPS", "value": {"svcpriority": 1, "targetname": ".", "svcparams": ["alpn"]}}}, ["svcparams ['alpn'], which is not a mapping"]),
        ({"x": {"type": "A", "value": {"a": 1}}}, ["{'a': 1}", "is not text"]),
        ({"www.example.com": {"type": "A", "value": "192.0.2.1"}}, ["has no final dot and would become"]),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(content, parts):
    told = mistakes(content)
    assert len(told) == 1, told
    for part in ["zone example.com", *parts]:
        assert part in told[0]


def test_every_mistake_is_told_and_the_rest_is_kept():
    records, problems = read({"a": {"type": "NS", "values": ["x", "y", "ns.example.net"]}, "b": {"type": "ALIAS", "value": "z."}})
    assert [str(record) for record in records] == ["a 3600 NS ns.example.net."]
    assert len(problems) == 3


def test_names_without_a_final_dot_are_full_ones_and_told():
    values = {"MX": {"preference": 10, "exchange": "mail.example.net"}, "CNAME": "www.example.net", "SRV": {**FIELDS[0][1], "target": "a.example.net"}}
    for rdtype, value in values.items():
        items, findings = records_of({"x": {"type": rdtype, "value": value}, "y": {"type": rdtype, "values": [value]}}, "zone example.com")
        assert not findings.problems
        assert [str(warning).partition(": ")[0] for warning in findings.warnings] == [f"zone example.com, record {owner} {rdtype}" for owner in "xy"]
        assert all(".example.net without a final dot, read as a full one; write " in str(warning) for warning in findings.warnings)
        assert all(record.rdata.endswith(".example.net.") for record in parse_records(items, ORIGIN, 60, "")[0])


def test_what_octodns_ignores_is_left_out_and_told():
    items, findings = records_of({"x": {"type": "A", "value": "192.0.2.1", "octodns": {"ignored": True}}, "y": {"type": "A", "value": "192.0.2.1"}}, "zone a")
    assert [item["name"] for item in items] == ["y"] and not findings.problems
    assert [warning.where for warning in findings.warnings] == ["zone a, record x A"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'': {type: A, value: 192.0.2.1}", True),
        ("'': []", True),
        ("www: {type: A, value: 192.0.2.1}", True),
        ("www: [{type: A, value: 192.0.2.1}, {value: x}]", True),
        ("{file: {type: A, value: 192.0.2.1}, ttl: {type: A, value: 192.0.2.1}}", True),
        ("records: [{name: www, type: A, value: 192.0.2.1}]", False),
        ("records: [{type: NS, value: a.}]\nlabels: {type: internal}", False),
        ("{file: example.com.zone, labels: {type: internal}}", False),
        ("{reverse_network: 192.0.2.0/24}", False),
        ("{soa: {refresh: 3600}, primaries: [{address: 192.0.2.1}]}", False),
        ("{}", False),
        ("[]", False),
        ("text", False),
    ],
)
def test_which_format_a_file_has(text, expected):
    assert looks_like(yaml.safe_load(text)) is expected


# -- against octoDNS itself -------------------------------------------------------------------------------------------

_label = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
_fqdn = st.lists(_label, min_size=2, max_size=3).map(lambda labels: ".".join(labels) + ".")
_uint16 = st.integers(0, 65535)
_digest = st.binary(min_size=32, max_size=32).map(bytes.hex)
_printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='";\\'), min_size=1, max_size=300)
_text = st.lists(_printable, min_size=1, max_size=3).map(r"\; ".join)
_values = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(st.sampled_from(["NS", "CNAME", "DNAME", "PTR"]), _fqdn),
    st.tuples(st.sampled_from(["TXT", "SPF"]), _text),
    st.tuples(st.just("MX"), st.fixed_dictionaries({"preference": _uint16, "exchange": _fqdn})),
    st.tuples(st.just("SRV"), st.fixed_dictionaries({"priority": _uint16, "weight": _uint16, "port": _uint16, "target": _fqdn})),
    st.tuples(st.just("CAA"), st.fixed_dictionaries({"flags": st.integers(0, 255), "tag": st.just("issue"), "value": _fqdn})),
    st.tuples(st.just("DS"), st.fixed_dictionaries({"key_tag": _uint16, "algorithm": st.just(13), "digest_type": st.just(2), "digest": _digest})),
    st.tuples(st.just("SSHFP"), st.fixed_dictionaries({"algorithm": st.just(4), "fingerprint_type": st.just(2), "fingerprint": _digest})),
    st.tuples(st.just("URI"), st.fixed_dictionaries({"priority": _uint16, "weight": _uint16, "target": _fqdn.map("https://{}/".format)})),
)


def octodns_reads(rdtype, value):
    """What octoDNS itself makes of a value, in the normal form of the presentation format."""
    record = pytest.importorskip("octodns.record", reason="octoDNS is not installed")
    zone = pytest.importorskip("octodns.zone")
    read_by_them = record.Record.new(zone.Zone("example.com.", []), "_x._tcp", {"type": rdtype, "ttl": 60, "value": value})
    return [dns.rdata.from_text("IN", rdtype, text).to_text() for text in read_by_them.to_rrset().rdatas]


def we_read(rdtype, value):
    records, problems = read({"_x._tcp": {"type": rdtype, "ttl": 60, "value": value}})
    assert not problems, problems
    return [record.rdata for record in records]


@settings(max_examples=200, deadline=None)
@given(_values)
def test_octodns_reads_the_same(drawn):
    assert we_read(*drawn) == octodns_reads(*drawn)


@pytest.mark.parametrize(("rdtype", "value", "expected"), FIELDS)
def test_octodns_reads_the_same_fields(rdtype, value, expected):
    assert octodns_reads(rdtype, value) == [expected]
