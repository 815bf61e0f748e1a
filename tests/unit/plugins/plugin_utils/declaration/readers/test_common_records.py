# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common records are what the general reader makes of the same lines; it in turn is held against BIND."""

from __future__ import annotations

from array import array

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers import master_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.common_records import CommonRecords, Run, common_soa
from ansible_collections.authoritative.dns.tests.support.ugly_zones import ugly_zone
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = "$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"


class _Nothing(CommonRecords):
    def read(self, text, start, line, *_state):
        return Run(start, line, None)


def read(files, origin="example.com.", common=True):
    def read_file(path):
        try:
            return names.decode(files[path])
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    with pytest.MonkeyPatch.context() as patch:
        if not common:
            patch.setattr(master_file, "CommonRecords", _Nothing)
            patch.setattr(master_file, "common_soa", lambda *_fields: None)
        file = master_file.parse_zone_file(read_file("zone"), dns.name.from_text(origin), "zone", "zone", read_file)
    places = file.places((record.owner, record.type, record.rdata) for record in file.records)
    lines = [places[record.owner, record.type, record.rdata] for record in file.records]
    return file.records, file.soa, file.problems, file.warnings, list(file.lines), lines


def assert_same(files, origin="example.com."):
    ours = read(files, origin)
    assert ours == read(files, origin, common=False)
    return ours[0]


def recognized(text, origin="example.com.", zone="example.com.", default_ttl=5, owner=None):
    """How many octets of the text, the records, and the numbers of their lines."""
    records, lines = [], array("L")
    run = CommonRecords(zone, records, lines).read(text, 0, 1, origin, default_ttl, lambda: owner)
    return run.end, [str(record) for record in records], list(lines)


_LABELS = st.sampled_from(["www", "WWW", "a-b", "_x", "*", "1", "x" * 63, "x" * 64, "xn--bcher-kva", "a/b", "a\\.b", "ü"])
_NAMES = st.one_of(
    st.sampled_from(["@", "example.com.", "EXAMPLE.com.", "a.example.com.", "notexample.com.", ".", "..", "a..b", "other.example.", "com.", ".a"]),
    st.lists(_LABELS, min_size=1, max_size=5).map(".".join),
    st.lists(_LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example.com."])),
)
_STRINGS = st.one_of(
    st.sampled_from(
        ["word", '"two words"', '""', '"a;b"', '"a\\"b"', '"a\tb"', f'"{"x" * 255}"', f'"{"x" * 256}"', '"a""b"', '"é"', "a\\;b", '"no end', "( x )"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8).map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
)
_DATA = st.one_of(
    st.ip_addresses(v=4).map("A {}".format),
    st.sampled_from(["A 192.0.2.256", "A 192.0.2.01", "A 1.2.3", "A", "A 192.0.2.1 x", "A @", "A \\# 4 C0000201"]),
    st.ip_addresses(v=6).map("AAAA {}".format),
    st.ip_addresses(v=6).map(lambda address: f"AAAA {address.exploded.upper()}"),
    st.sampled_from(
        [
            "AAAA ::",
            "AAAA ::1",
            "AAAA ::ffff:192.0.2.1",
            "AAAA ::192.0.2.1",
            "AAAA ::1:2",
            "AAAA 1:0:0:2:0:0:0:3",
            "AAAA 1::2::3",
            "AAAA 12345::",
            "AAAA 1:2:3:4:5:6:0:8",
        ]
    ),
    st.tuples(st.sampled_from(["CNAME", "NS", "PTR", "ns", "DNAME"]), _NAMES).map(" ".join),
    st.tuples(st.sampled_from(["0", "10", "010", "65535", "65536", "-1", "x"]), st.sampled_from([" ", "\t", "  ", "("]), _NAMES).map(
        lambda drawn: "MX " + "".join(drawn)
    ),
    st.lists(_STRINGS, max_size=3).map(lambda strings: "TXT " + " ".join(strings)),
    st.sampled_from(["SRV 0 0 0 .", "CAA 0 issue x", "( A 192.0.2.1 )", "TYPE1 \\# 4 C0000201", ""]),
)
_TIMES = st.sampled_from(["", "", "60", "0", "060", "999999999", "2147483648", "4294967296", "1h", "A", "60 60"])
_CLASSES = st.sampled_from(["", "", "IN", "in", "In", "CH", "IN IN"])
_ENDS = st.sampled_from(
    [
        "\n",
        "\n",
        "\n",
        " \n",
        "\t; comment\n",
        ";\n",
        "\r\n",
        " ; a\rb\n",
        " ; \udce9\n",
        "\r",
        "",
        "\n\n",
        "\n;x\n  \n",
        "\n$ORIGIN sub\n",
        "\n$ORIGIN a\\.example.com.\n",
        "\n$ORIGIN notexample.com.\n",
        "\n$TTL 9\n",
    ]
)
_LINES = st.tuples(
    st.one_of(_NAMES, _NAMES, st.just(""), st.sampled_from([" ", "IN", "60", "A"])),
    st.sampled_from([" ", "\t", "  \t"]),
    _TIMES,
    _CLASSES,
    st.booleans(),
    _DATA,
    _ENDS,
).map(lambda drawn: f"{drawn[0]}{drawn[1]}{' '.join(filter(None, (drawn[2:4] if drawn[4] else drawn[3:1:-1]) + drawn[5:6]))}{drawn[6]}")
_PLAIN = st.tuples(
    st.sampled_from(["", "www", "WWW", "a.b", "@", "*.c", "x.example.com.", "EXAMPLE.com.", "10"]),
    st.sampled_from([" ", " IN ", " 60 IN ", "\tIN\t60\t"]),
    st.sampled_from(["A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1", "CNAME x", "PTR y.example.net.", "NS @", "MX 10 mail", 'TXT "a" "b"']),
).map(lambda drawn: "".join(drawn) + "\n")
_FILES = st.lists(st.one_of(_PLAIN, _PLAIN, _PLAIN, _PLAIN, _LINES), max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(_FILES, st.sampled_from([HEAD, HEAD.replace("$TTL 3600\n", ""), ""]), st.sampled_from(["example.com.", ".", "com.", "a-1.example.com."]))
def test_the_general_reader_reads_the_same(lines, head, origin):
    assert_same({"zone": (head + lines).encode("utf-8", "surrogateescape")}, origin)


@pytest.mark.parametrize("seeds", [range(start, start + 50) for start in range(0, 300, 50)], ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_the_general_reader_reads_the_same_of_ugly_zones(seeds):
    assert sum(len(assert_same(ugly_zone(seed))) for seed in seeds) > 500


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("www A 192.0.2.1\n", "www 5 A 192.0.2.1"),
        ("www\t60\tIN\tA\t192.0.2.1 ; here\n", "www 60 A 192.0.2.1"),
        ("www IN 60 AAAA 2001:DB8:0:0::1\r\n", "www 60 AAAA 2001:db8::1"),
        ("\tCNAME x.y\n", "last 5 CNAME x.y.example.com."),
        ("@ MX 10 @\n", "@ 5 MX 10 example.com."),
        ("www.example.com. NS ns.example.net.\n", "www 5 NS ns.example.net."),
        ("Example.COM. 7 PTR A.b\n", "@ 7 PTR A.b.example.com."),
        ('*.w TXT "a b"\t"c;d"', '*.w 5 TXT "a b" "c;d"'),
    ],
)
def test_what_is_common(line, record):
    assert recognized(line, owner="last") == (len(line), [record], [1])


def test_names_are_relative_to_the_origin_and_owners_to_the_zone():
    assert recognized("www CNAME x\n@ A 192.0.2.1\n", origin="Sub.example.com.")[1] == ["www.Sub 5 CNAME x.Sub.example.com.", "Sub 5 A 192.0.2.1"]
    assert recognized("com. NS a.\n@ NS b\norg NS @\n", origin=".", zone=".")[1] == ["com 5 NS a.", "@ 5 NS b.", "org 5 NS ."]
    assert recognized("www A 192.0.2.1\n", origin="org.") == (0, [], [])


def test_blank_lines_and_comments_count():
    assert recognized("; one\n\n  \na A 192.0.2.1\n\n;x\n A 192.0.2.2\nb SRV 0 0 0 .\n") == (41, ["a 5 A 192.0.2.1", "a 5 A 192.0.2.2"], [4, 7])


@pytest.mark.parametrize(
    "line",
    [
        "www A 192.0.2.256\n",
        "www A 192.0.2.01\n",
        "www AAAA ::1::\n",
        "www AAAA ::ffff:192.0.2.1\n",
        "www MX 65536 a\n",
        "www MX 010 a\n",
        "www a 192.0.2.1\n",
        "www CH A 192.0.2.1\n",
        "www 1h A 192.0.2.1\n",
        "www 60 IN 60 A 192.0.2.1\n",
        "www 4294967296 A 192.0.2.1\n",
        "a..b A 192.0.2.1\n",
        f"{'x' * 64} A 192.0.2.1\n",
        f"{'.'.join(['x' * 50] * 5)} A 192.0.2.1\n",
        f"www CNAME {'x' * 64}\n",
        f"www CNAME {'.'.join(['x' * 50] * 5)}\n",
        "www.example.org. A 192.0.2.1\n",
        "notexample.com. A 192.0.2.1\n",
        "a\\.b A 192.0.2.1\n",
        "www TXT word\n",
        'www TXT "a\\"b"\n',
        f'www TXT "{"x" * 256}"\n',
        'www TXT ("a"\n"b")\n',
        "www A ( 192.0.2.1 )\n",
        "www A 192.0.2.1 x\n",
        "bücher A 192.0.2.1\n",
        " A 192.0.2.1\n",
        "www SRV 0 0 0 .\n",
    ],
)
def test_what_is_left_to_the_general_reader(line):
    assert recognized(line) == (0, [], [])


def test_records_without_a_time_are_left_where_no_directive_says_one():
    assert recognized("www 7 A 192.0.2.1\nwww A 192.0.2.2\n", default_ttl=None) == (18, ["www 7 A 192.0.2.1"], [1])


def test_a_soa_of_plain_names_and_numbers():
    assert common_soa(["ns1", "host.example.net.", "4", "3", "2", "1", "0"], "example.com.") == "ns1.example.com. host.example.net. 4 3 2 1 0"
    assert common_soa(["@", "a", "4", "3", "2", "1", "0"], ".") == ". a. 4 3 2 1 0"
    for number, wrong in ((0, "a\\.b"), (1, "a..b"), (2, "1h"), (3, "03"), (4, "-1"), (5, "4294967295"), (0, "x" * 64)):
        fields = ["a", "b", "4", "3", "2", "1", "0"]
        fields[number] = wrong
        assert common_soa(fields, "example.com.") is None
    assert common_soa(["a", "b", "1", "2", "3", "4"], "example.com.") is None
