# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's master files: what BIND reads in them is what arrives, and what cannot arrive is refused by name and line."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, body_text, canonical, zone_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COMPILER = shutil.which("named-compilezone", path="/usr/bin:/usr/sbin:/usr/local/sbin:/bin:/sbin")
REPOSITORY = pathlib.Path(__file__).parents[6]
REAL_ZONES = sorted(pathlib.Path(os.environ.get("LAB_REAL_ZONES") or REPOSITORY.parent / "shared/real-zones").glob("*.zone"))
ORIGIN = dns.name.from_text("example.com.")
HEAD = "$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"

needs_bind = pytest.mark.skipif(COMPILER is None, reason="named-compilezone is not installed")


def read(text, path="a.zone", files=None, origin=ORIGIN):
    def read_file(name):
        try:
            return (files or {})[name]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    file = parse_zone_file(text, origin, "zone example.com", path, read_file)
    return file.records, file.soa, file.problems


def records_in(text, **arguments):
    records, _soa, problems = read(text, **arguments)
    assert not problems, problems
    return [str(record) for record in records]


def problems_in(text, **arguments):
    return [str(problem) for problem in read(text, **arguments)[2]]


def text_of(path):
    return names.decode(pathlib.Path(path).read_bytes())


def compiled(path, zone="example.com"):
    """The records that named-compilezone finds in a file, each ``(owner, ttl, type and data)``; it writes them in one form, and names in full."""
    command = [COMPILER, "-i", "none", "-k", "ignore", "-m", "ignore", "-f", "text", "-F", "text", "-s", "full", "-o", "-", zone, path.name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=path.parent)
    assert run.returncode == 0, f"{path.read_bytes()}\n{run.stdout}{run.stderr}"
    lines = (line.split(None, 3) for line in run.stdout.splitlines() if line and not line.startswith(";"))
    return {(owner.lower(), int(ttl), " ".join(data.split())) for owner, ttl, _rdclass, data in lines}


def assert_passes(path, zone="example.com"):
    """What BIND finds in a file it finds in what we write from it."""
    file = parse_zone_file(text_of(path), dns.name.from_text(zone), "zone", str(path), text_of)
    assert not file.problems, file.problems
    ours = path.with_suffix(".ours")
    ours.write_text(zone_text(zone, file.soa, body_text(canonical(file.records)), file.soa.serial))
    theirs = compiled(path, zone)
    assert compiled(ours, zone) == theirs
    return theirs


# -- against BIND -----------------------------------------------------------------------------------------------------

_OWNERS = st.sampled_from(["@", "", "", "www", "WWW", "a.b", "*.w", "_x._tcp", "full.example.com.", "a\\.b", "\\097bc", "sp\\032ace", "a\\;b", '\\"q', "sub"])
_HOSTS = st.sampled_from(["ns1", "@", "x.y", "mail.example.net.", "A\\.b.example.net.", "*"])
_DATA = st.one_of(
    st.ip_addresses(v=4).map("A {}".format),
    st.ip_addresses(v=6).map("AAAA {}".format),
    st.tuples(st.integers(0, 99), _HOSTS).map("MX {0[0]} {0[1]}".format),
    _HOSTS.map("PTR {}".format),
    _HOSTS.map("SRV 1 2 ( 3\n {} )".format),
    st.sampled_from(
        [
            'TXT "two" "strings"',
            "TXT plain\\ text\\; escaped",
            'TXT ( "a;b" ; a comment\n\t"c\\"d" )',
            'TXT "\\000\\255\\\\" ""',
            "TXT ( )x",
            'TXT "grüße"',
            "TXT \udcfc \udcff\udc80;\udcfc",
            "RRSIG A 8 2 60 20330101000000 20260101000000 1 example.com. AAAA",
            "RRSIG TXT 8 2 60 20330101000000 20260101000000 1 example.com. AAAA",
            'HTTPS 1 . alpn=h2 key8 key667= key9="\\000\\200;"',
            "HIP 2 200100107B1A74DF365639CC39F1D578 AAAA rvs.example.net.",
            "NSEC next.example.com. A HIP RRSIG TYPE65281",
            "NID 10 0:0:0:0",
            "L64 10 2001:db8:1:0",
            "TYPE65280 \\# 3 ( aa\n bb cc )",
            "TYPE65281 \\# 0",
            "A \\# 4 c0000263",
            "TYPE1 \\# 4 C0000264",
            'CAA 0 issue "ca.example.net; account=1"',
            'NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .',
            "SSHFP 1 1 ( 0123456789abcdef0123\n 456789abcdef01234567 )",
            "TLSA 3 1 1 " + "0f" * 32,
            'HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.7',
            "SVCB 0 x.y",
            'URI 10 1 "ftp://ftp.example.net/a"',
            "LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
            'HINFO PC "with spaces"',
            "RP hostmaster txt.example.net.",
            "DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",
            "APL 1:192.168.32.0/21 !1:192.168.38.0/28",
            "CERT 1 0 0 AAECAwQ=",
            "NSEC3PARAM 1 0 0 -",
            "DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
            "EUI48 00-00-5e-00-53-2a",
            "OPENPGPKEY mQ==",
            "ZONEMD 2018031900 1 1 " + "ab" * 48,
            "CSYNC 66 3 A NS AAAA",
        ]
    ),
)
_TIMES = st.sampled_from(["", "", "60", "1h30m", "0", "2W"])
_COMMENTS = st.sampled_from(["", " ; comment", '\t; (" unbalanced', ";\udcfc \r \0"])
_RECORDS = st.tuples(_OWNERS, _TIMES, st.sampled_from(["", "IN", "in"]), st.booleans(), _DATA, _COMMENTS).map(
    lambda drawn: f"{drawn[0]}\t{' '.join(part for part in ((drawn[1], drawn[2]) if drawn[3] else (drawn[2], drawn[1])) if part)} {drawn[4]}{drawn[5]}"
)
_LINES = st.one_of(
    _RECORDS,
    _RECORDS,
    _RECORDS,
    st.sampled_from(
        [
            "",
            "   ",
            "; a comment",
            "$TTL 5m",
            "$ttl 77 ; less",
            "$ORIGIN sub.example.com.",
            "$ORIGIN deeper",
            "$ORIGIN example.com.",
            "$INCLUDE included other",
            '$include "included" ; again',
            "$GENERATE 1-3 h$ A 192.0.2.$",
            "$GENERATE 0-8/4 h${1,3,x} 60 IN PTR p$.example.net.",
            '$GENERATE 1-3 mail-$ MX "0 ."',
            '$GENERATE 1-3 t$ IN 60 TXT "text $"',
            "$GENERATE 17-19 ${0,3,n}.${0,5,N} CNAME c$$",
        ]
    ),
)
INCLUDED = "$TTL 99\n@ TXT included\n$ORIGIN below\nx A 192.0.2.9\n\t30 A 192.0.2.10"


@needs_bind
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(_LINES, max_size=15), st.sampled_from([HEAD, HEAD.replace("$TTL 3600\n", ""), HEAD.replace("$TTL 3600\n@ ", "@ 4000 ")]), st.booleans())
def test_what_bind_reads_passes(tmp_path, lines, head, final_newline):
    (tmp_path / "included").write_text(INCLUDED)
    text = head + "\n".join([*lines, "last A 192.0.2.3"]) + "\n" * final_newline
    (tmp_path / "zone").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert_passes(tmp_path / "zone")


@needs_bind
@pytest.mark.parametrize(
    "path", REAL_ZONES or [pytest.param(None, marks=pytest.mark.skip(reason="no real zones, see LAB_REAL_ZONES"))], ids=lambda path: path and path.name
)
def test_real_zones_pass(tmp_path, path):
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    assert len(assert_passes(copy, path.stem)) > 5


@needs_bind
def test_carriage_returns_and_a_final_line_without_end_pass(tmp_path):
    path = tmp_path / "zone"
    path.write_bytes((HEAD + 'www TXT ( "a"\n "b" )\nftp A 192.0.2.7').replace("\n", "\r\n").encode())
    assert ("www.example.com.", 3600, 'TXT "a" "b"') in assert_passes(path)


@needs_bind
@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("$TTL 5\n@ 9 SOA a b 1 3 2 9 77\nx A 192.0.2.1\n$TTL 6\ny A 192.0.2.1\nz 8 A 192.0.2.1\n", [9, 5, 6, 8]),
        ("@ SOA a b 1 3 2 9 77\nx 60 A 192.0.2.1\ny A 192.0.2.1\n", [77, 60, 77]),  # the minimum, as if $TTL said it
        ("@ 9 SOA a b 1 3 2 9 77\nx 60 A 192.0.2.1\ny A 192.0.2.1\n", [9, 60, 60]),  # the one before (RFC 1035 section 5.1)
        ("x 60 A 192.0.2.1\n@ SOA a b 1 3 2 9 77\ny A 192.0.2.1\n", [60, 60, 60]),
        ("@ SOA a b 1 3 2 9 77\n$INCLUDE included\ny A 192.0.2.1\n", [77, 99, 99, 30, 99]),  # what an included file says goes on
    ],
)
def test_times_that_are_not_written_are_bind_s(tmp_path, text, times):
    text += "@ 1 NS a.example.net.\n"
    (tmp_path / "included").write_text(INCLUDED.replace("$ORIGIN below\nx A 192.0.2.9\n\t30 A", "y A 192.0.2.9\nz 30 A"))
    records, soa, problems = read(text, files={"included": (tmp_path / "included").read_text()})
    assert not problems and sorted([soa.ttl, *(record.ttl for record in records)]) == sorted([1, *times])
    (tmp_path / "zone").write_text(text)
    assert_passes(tmp_path / "zone")


@needs_bind
@pytest.mark.parametrize(
    "lines",
    [
        "a 300 A 192.0.2.1\na 60 A 192.0.2.2\na TXT x\nb A 192.0.2.1",  # the first of a group
        "a 300 A 192.0.2.1\nb 60 A 192.0.2.1\na 60 A 192.0.2.2",  # the last group
        "a 300 A 192.0.2.1\na 60 TXT x\na 60 A 192.0.2.2\nA 30 A 192.0.2.3\n 20 TXT y",
        "a 60 RRSIG A 8 2 60 20330101000000 20260101000000 1 @ AAAA\na 70 RRSIG TXT 8 2 70 20330101000000 20260101000000 1 @ AAAA",
        "@ 0 RRSIG NSEC3PARAM 8 2 0 20330101000000 20260101000000 1 @ AAAA\n@ 3600 RRSIG SOA 8 2 3600 20330101000000 20260101000000 1 @ AAAA",
    ],
)
@pytest.mark.parametrize("head", ["$TTL 5\n@ SOA ns1 hostmaster 7 3600 600 1209600 300\n", "@ 5 SOA ns1 hostmaster 7 3600 600 1209600 300\n"])
def test_times_of_one_set_that_differ_are_bind_s(tmp_path, head, lines):
    (tmp_path / "zone").write_text(f"{head}@ NS ns1\nns1 A 192.0.2.1\n{lines}\n")
    assert_passes(tmp_path / "zone")


@needs_bind
@pytest.mark.parametrize(
    "line",
    [
        *('$GENERATE 1-2 a$ MX "0 ."', '$GENERATE 1-2 a$ TXT "text $"', "$GENERATE 1-2 a$ IN 60 A 192.0.2.$", "$GENERATE 1-2 a$ 60 IN A 192.0.2.$"),
        *('$GENERATE 1-2 a$ TXT "\\"text $\\""', '$GENERATE 1-2 a$ TXT \\"text$\\"', "$GENERATE 1-2 a$$ TXT $", "$GENERATE 1-2 a\\$ TXT ${0}"),
        *("$GENERATE 0-40/8 a${-8} TXT ${3,5,x}", "$GENERATE 20-21 a${0,5,N}b TXT ${-30,3,X}", "$GENERATE 300-301 a${1,2,n}b TXT ${1,8,o}"),
        *("$GENERATE 1-2 @ A 192.0.2.$", '$GENERATE 1-2 a$ SRV "0 0 8$ a$"', "$GENERATE 1-1 a$ 1h in CNAME b$"),
    ],
)
def test_what_is_generated_is_bind_s(tmp_path, line):
    (tmp_path / "zone").write_text(f"{HEAD}{line}\n\tTXT after\n")
    assert_passes(tmp_path / "zone")


@needs_bind
@pytest.mark.parametrize(
    ("octets", "data"),
    [
        (b'x TXT "\xfc" \xfc ; \xfc\n', '"\\252" "\\252"'),
        (b"x TXT b ; c\rd TXT e\n", '"b"'),  # what ends a line elsewhere does not end a comment
        (b'x TXT "a\rb"\r\n', '"a\\013b"'),
        (b'x TXT "a\\\nb"\n', '"a\\010b"'),
        (b'x TXT a"b"c""\n', '"a" "b" "c" ""'),
        (b"( x ) ( TXT a\n )\n", '"a"'),
        (b"x TXT a\x0bb\x0cc\xc2\x85d\xe2\x80\xa8\n", '"a\\011b\\012c\\194\\133d\\226\\128\\168"'),
        (b"x TXT a\ryy TXT b\r", '"a"'),
        (b'"x" TXT a\n', '"a"'),
    ],
)
def test_octets_of_any_kind_are_bind_s(tmp_path, octets, data):
    (tmp_path / "zone").write_bytes(HEAD.encode() + octets)
    assert ("x.example.com.", 3600, f"TXT {data}") in assert_passes(tmp_path / "zone")


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_nothing_is_merged_or_dropped():
    text = "$TTL 60\na CNAME x.\na CNAME y.\nb DNAME x.\nb DNAME y.\nc 5 A 192.0.2.1\nc 6 A 192.0.2.2\nC 7 A 192.0.2.1\nd A 192.0.2.1\nd CNAME x.\n"
    assert records_in(text) == [
        "a 60 CNAME x.",
        "a 60 CNAME y.",
        "b 60 DNAME x.",
        "b 60 DNAME y.",
        "c 5 A 192.0.2.1",
        "c 6 A 192.0.2.2",
        "C 7 A 192.0.2.1",
        "d 60 A 192.0.2.1",
        "d 60 CNAME x.",
    ]


def test_the_soa_stands_apart_and_may_end_a_transfer_again():
    soa = "@ 300 SOA ns1 host\\.master 7 1h 10m 2w 5m\n"
    records, found, problems = read(soa + "@ 300 NS ns1\n" + soa)
    assert (found, len(records), problems) == (SOA(300, "ns1.example.com.", "host\\.master.example.com.", 7, 3600, 600, 1209600, 300), 1, [])


def test_names_in_unicode_are_a_labels_and_a_byte_order_mark_is_nothing():
    assert records_in("\ufeff$TTL 60\nbücher CNAME grüße.example.net.\n") == ["xn--bcher-kva 60 CNAME xn--gre-6ka8l.example.net."]


def test_owners_of_the_root_zone_are_relative_to_it():
    assert records_in("@ 60 NS a.\\..\na.b. 60 A 192.0.2.1\na\\. 60 A 192.0.2.1\n", origin=dns.name.root) == [
        "@ 60 NS a.\\..",
        "a.b 60 A 192.0.2.1",
        "a\\. 60 A 192.0.2.1",
    ]


def test_a_line_without_an_owner_below_made_ones_has_the_one_above_them():
    assert records_in("$TTL 60\nfirst TXT 1\n$GENERATE 1-2 h$ A 192.0.2.$\n\tTXT 2\n")[-1] == 'first 60 TXT "2"'


def test_what_is_included_is_relative_to_the_file_and_has_its_own_origin_and_owner():
    files = {"zones/part": "$ORIGIN part\n@ A 192.0.2.1\n$INCLUDE deep/er\n\tA 192.0.2.3\n", "zones/deep/er": "x A 192.0.2.2\n"}
    text = "$TTL 60\nfirst TXT 1\n$INCLUDE part here\n\tTXT 2\n"
    assert records_in(text, path="zones/a.zone", files=files) == [
        'first 60 TXT "1"',
        "part.here 60 A 192.0.2.1",
        "x.part.here 60 A 192.0.2.2",
        "part.here 60 A 192.0.2.3",
        'first 60 TXT "2"',
    ]


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "a name outside the zone": ("www.example.org. A 192.0.2.1", "line 5: www.example.org. is outside the zone example.com.; remove the record"),
    "a name outside, made": ("$GENERATE 1-1 h$.example.org. A 192.0.2.1", "line 5: h1.example.org. is outside the zone"),
    "an origin outside": ("$ORIGIN net.\nwww A 192.0.2.1", "line 6: www.net. is outside the zone"),
    "another SOA": ("@ SOA ns1 hostmaster 8 3600 600 1209600 300", "line 5: has another SOA; keep one of them"),
    "a SOA below the apex": ("sub SOA ns1 hostmaster 8 3600 600 1209600 300", "line 5: sub has a SOA; keep the one of the zone's apex"),
    "another class": ("www CH A 192.0.2.1", "line 5: 'www CH A 192.0.2.1' cannot be read (its class is CH, not IN)"),
    "a type for questions": ("www TYPE255 \\# 0", "line 5: www has the type ANY, which is for questions and messages; remove the record"),
    "a type without presentation": (
        "www NXT ns1 A",
        "line 5: 'www NXT ns1 A' cannot be read (generic rdata does not start with \\#); write the data of this type as \\# LENGTH",
    ),
    "a wrong value": (
        "www A 192.0.2.256",
        "line 5: 'www A 192.0.2.256' cannot be read (192.0.2.256 is not an IPv4 address); write an IPv4 address such as 192.0.2.1",
    ),
    "an unknown type": (
        "www AAA 192.0.2.1",
        "line 5: 'www AAA 192.0.2.1' cannot be read (unknown type 'AAA', did you mean 'AAAA'?); make it a line of a master file (RFC 1035 section 5)",
    ),
    "a zero octet": ("www TXT a\0", "line 5: 'www TXT a\\x00' cannot be read (a zero octet)"),
    "a name for an address": ("www A web", "(web is not an IPv4 address); write an IPv4 address such as 192.0.2.1"),
    "the other address": ("www A 2001:db8::1", "(2001:db8::1 is not an IPv4 address, but its type may be AAAA)"),
    "a record over several lines": ("www ( A\n\n 192.0.2.256 ) ; x", "line 5: 'www ( A' cannot be read (192.0.2.256 is not an IPv4 address)"),
    "an owner alone": ("www", "line 5: 'www' cannot be read (it has no type and no data)"),
    "too much generated": ("$GENERATE 0-2147483646 a$ A 192.0.2.1", "has 2147483647 numbers, and no more than 1048576 can be"),
    "nothing generated": ("$GENERATE 2-1 a$ A 192.0.2.$", "(the range '2-1' is empty or has no end)"),
    "several fields generated": ("$GENERATE 1-2 a$ MX 0 .", '(the data of $GENERATE are one field); put what has several fields in quotes: MX "10 mail-$"'),
    "a template of none": ("$GENERATE 1-2 a${0,x} A 192.0.2.$", "('a${0,x}' has a ${ that is not ${offset,width,base})"),
    "a missing value": ("www A", "line 5: 'www A' cannot be read ("),
    "a label that is too long": ("x" * 64 + " A 192.0.2.1", "line 5: 'xxx"),
    "an open quotation mark": ('www TXT "a', "line 5: 'www TXT \"a' cannot be read (newline in quoted string)"),
    "open parentheses": ("www TXT ( a", "line 5: 'www TXT ( a' cannot be read (unbalanced parentheses)"),
    "data that are too long": (
        "www TXT " + " ".join(['"' + "x" * 255 + '"'] * 257),
        "… cannot be read (it has 65792 octets, more than the 65535 that a record holds)",
    ),
    "a directive of others": (
        "$ORIGN net.",
        "line 5: '$ORIGN net.' cannot be read (unknown directive $ORIGN, did you mean '$ORIGIN'?); use $ORIGIN, $TTL, $INCLUDE, $GENERATE",
    ),
    "a directive without value": ("$ORIGIN", "line 5: '$ORIGIN' cannot be read ("),
    "a time that is none": ("$TTL soon", "line 5: '$TTL soon' cannot be read (soon is not a time); write seconds, or units such as 1h or 1d"),
    "an included file that is not there": (
        "$INCLUDE b",
        "line 5: includes zones/b, which cannot be read (No such file or directory); give a path relative to this file",
    ),
    "a file that includes itself": ("$INCLUDE again", "zones/again, line 2: includes zones/again, which includes it again; include each file once on the way"),
    "a mistake in an included file": ("$INCLUDE wrong", "zones/wrong, line 2: 'www A' cannot be read ("),
}
FILES = {"zones/again": "x 5 A 192.0.2.1\n$INCLUDE again\n", "zones/wrong": "\nwww A\n"}


@pytest.mark.parametrize(("line", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_carried_is_refused_with_its_line(line, told):
    found = problems_in(f"{HEAD}{line}\n", path="zones/a.zone", files=FILES)
    assert len(found) == 1 and found[0].startswith("zone example.com, ") and told in found[0], found


def test_nothing_is_included_where_no_file_can_be_read():
    problems = parse_zone_file("$INCLUDE b\n", ORIGIN, "zone example.com").problems
    assert [str(problem) for problem in problems] == ["zone example.com, line 1: includes b, which is not possible here; put what it holds in its place"]


def test_reading_goes_on_behind_each_mistake():
    found = problems_in(f'{HEAD}a A x\nb TXT "\n\nc A (\n y\n )\nd AAA z\ngood A 192.0.2.1\n$TTL x\ne A v\n')
    assert [int(text.partition("line ")[2].partition(":")[0]) for text in found] == [5, 6, 8, 11, 13, 14]


def test_the_line_that_is_told_is_a_line_for_editors_too():
    assert problems_in("a TXT \u2028\x0b\nb A x\n")[-1].startswith("zone example.com, line 2: 'b A x' cannot be read")


def test_mistakes_are_not_endless():
    assert len(problems_in(HEAD + "a A x\n" * 1000)) == 20
    assert len(problems_in(HEAD + "$GENERATE 1-1000 h$.example.org. A 192.0.2.1\n")) == 20


@settings(max_examples=200)
@given(st.one_of(st.text(), st.text('\n\t ;()"\\@$x1'), st.lists(st.one_of(_LINES, st.text(max_size=20)), max_size=8).map("\n".join)))
def test_any_text_gives_records_or_problems(text):
    records, _soa, problems = read(HEAD + text, files={"included": INCLUDED})
    assert all(problem.where.startswith("zone example.com") and problem.right for problem in problems)
    assert len(body_text(records).splitlines()) == len(records)
