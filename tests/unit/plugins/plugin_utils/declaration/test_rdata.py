# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data of records: every supported server reads what is made of them, and it is the same on the wire."""

from __future__ import annotations

import shutil
import subprocess

import dns.name
import dns.rdata
import dns.rdatatype
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import parse_rdata, read_rdata, type_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, zone_text

ORIGIN = dns.name.from_text("example.com.")
HEAD = "$TTL 60\n$ORIGIN example.com.\n@ SOA ns1.example.net. hostmaster 7 3600 600 1209600 300\n@ NS ns1.example.net.\n"
CHECKERS = {
    "named-checkzone": ["-i", "none", "example.com", "{}"],
    "nsd-checkzone": ["example.com", "{}"],
    "kzonecheck": ["-o", "example.com", "{}"],
}
DIGEST = "0f" * 32
# What some version of a server refuses, however it is written: NSD since 4.10 reads no NSAP-PTR, and no time in a SOA of more than 31 bits.
REFUSED = ("Invalid NSAP-PTR", "Invalid refresh in SOA", "Invalid retry in SOA", "Invalid expire in SOA", "Invalid minimum in SOA")

# What people write, and what is made of it.
DATA = [
    ("HTTPS", "1 . alpn=h2 key8", '1 . alpn="h2" key8'),
    ("HTTPS", "1 . ohttp", "1 . key8"),
    ("HTTPS", '1 . dohpath="/q{?dns}"', '1 . key7="/q{?dns}"'),
    ("SVCB", '1 x.y mandatory=key65280,alpn alpn=h2 key65280="a\\000\\"\\;b"', '1 x.y.example.com. mandatory="alpn,key65280" alpn="h2" key65280="a\\000\\";b"'),
    ("HTTPS", "1 . key667=", "1 . key667"),
    ("HTTPS", "1 . no-default-alpn alpn=h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1", None),
    ("SVCB", "0 x.y", "0 x.y.example.com."),
    ("DS", f"1 13 SHA-256 {DIGEST}", f"1 13 2 {DIGEST}"),
    ("DS", f"1 ECDSAP256SHA256 sha256 {DIGEST}", f"1 13 2 {DIGEST}"),
    ("NID", "10 0:0:0:0", "10 0000:0000:0000:0000"),
    ("L64", "10 2001:db8:1:0", "10 2001:0db8:0001:0000"),
    ("NSAP", "0x47000580", "\\# 4 47000580"),
    ("HIP", "2 200100107B1A74DF365639CC39F1D578 AAAA rvs.example.net.", None),
    ("WKS", "10.0.0.1 6 25", "\\# 9 0a000001060000" + "0040"),
    ("X25", "311061700956", None),
    ("PX", "10 b c", None),
    ("GPOS", '"-32.6882" "116.8652" "10.0"', None),
    ("AMTRELAY", "10 0 1 192.0.2.1", None),
    ("NSAP-PTR", "b", None),
    ("NINFO", "x", None),
    ("AVC", "x", None),
    ("NSEC", "b A HIP NINFO TYPE65281", "b.example.com. A TYPE55 TYPE56 TYPE65281"),
    ("CSYNC", "66 3 A NS HIP", "66 3 A NS TYPE55"),
    ("RRSIG", "HIP 13 3 60 20330101000000 20260101000000 1 @ AAAA", "TYPE55 13 3 60 20330101000000 20260101000000 1 example.com. AAAA"),
    ("RRSIG", "A 13 3 60 21220222132804 20260101000000 1 @ AAAA", "A 13 3 60 19860116065948 20260101000000 1 example.com. AAAA"),
    ("MB", "host", "\\# 18 04686f7374076578616d706c6503636f6d00"),
    ("MINFO", "a. b.", "\\# 6 016100016200"),
    ("TXT", '"a" b', '"a" "b"'),
]


def wire(rdtype, text):
    return dns.rdata.from_text("IN", rdtype, text, ORIGIN, relativize=False).to_wire()


def refused(done):
    return done.returncode != 0 and done.stderr.strip().endswith(REFUSED)


@pytest.mark.parametrize(("rdtype", "written", "expected"), DATA, ids=[f"{rdtype} {written[:30]}" for rdtype, written, _expected in DATA])
def test_every_supported_server_reads_it(tmp_path, rdtype, written, expected):
    number = dns.rdatatype.from_text(rdtype)
    text = read_rdata(number, written, ORIGIN)
    assert expected in (None, text)
    assert read_rdata(number, text, ORIGIN) == text
    path = tmp_path / "zone"
    path.write_text(f"{HEAD}a {type_of(number)} {text}\n")
    for checker, arguments in CHECKERS.items():
        program = shutil.which(checker, path="/usr/bin:/usr/sbin:/usr/local/sbin:/bin:/sbin")
        if program:
            done = subprocess.run([program, *(argument.format(path) for argument in arguments)], capture_output=True, text=True, timeout=20, check=False)
            assert done.returncode == 0 or refused(done), (checker, text, done.stdout, done.stderr)


@pytest.mark.parametrize("field", ["refresh", "retry", "expire", "minimum"])
def test_a_soa_s_times_are_read_by_every_server_as_they_are(tmp_path, field):
    text = zone_text("example.com", SOA(60, "a.", "b.", 1, 3600, 600, 1209600, 300)._replace(**{field: 2**31}), "@ 60 IN NS a.\n", 7)
    (tmp_path / "zone").write_text(text)
    printers = {"nsd-checkzone": ["-p", "example.com", "zone"], "named-compilezone": ["-i", "none", "-o", "-", "example.com", "zone"]}
    for printer, arguments in printers.items():
        program = shutil.which(printer, path="/usr/bin:/usr/sbin:/usr/local/sbin:/bin:/sbin")
        if program:
            done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20, check=False, cwd=tmp_path)
            assert (done.returncode == 0 and " 2147483648" in done.stdout) or refused(done), (printer, done.stdout, done.stderr)


@pytest.mark.parametrize("written", [written for rdtype, written, _expected in DATA if rdtype in ("HTTPS", "SVCB") and "667=" not in written])
def test_service_parameters_are_the_same_on_the_wire(written):
    assert wire("HTTPS", read_rdata(dns.rdatatype.from_text("HTTPS"), written, ORIGIN)) == wire("HTTPS", written)


@pytest.mark.parametrize(
    ("rdtype", "value", "wrong"),
    [
        ("A", "192.0.2.256", "is not an A value (192.0.2.256 is not an IPv4 address)"),
        ("A", "2001:db8::1", "is not an A value (2001:db8::1 is not an IPv4 address, but its type may be AAAA)"),
        ("AAAA", "192.0.2.1", "is not an AAAA value (192.0.2.1 is not an IPv6 address, but its type may be A)"),
        ("NSAP", "0x", "is not a NSAP value (an NSAP address has at least one octet)"),
        ("NSEC3", "1 1 0 - 2vptu5timamqttgl A", "the next hashed owner name has 10 octets, not the 20 of SHA-1"),
        ("SSHFP", "1 1 00", "is not a SSHFP value ("),
        ("DS", "1 13 2 0000", "is not a DS value ("),
        ("MX", "10", "is not a MX value ("),
    ],
)
def test_what_is_wrong_is_told(rdtype, value, wrong):
    with pytest.raises(ValueError) as error:
        parse_rdata(dns.rdatatype.from_text(rdtype), value, ORIGIN)
    assert wrong in str(error.value)


DOTS = [
    ("NS", "{}"), ("CNAME", "{}"), ("DNAME", "{}"), ("PTR", "{}"), ("NSAP-PTR", "{}"), ("MX", "10 {}"), ("KX", "10 {}"), ("AFSDB", "1 {}"), ("RT", "10 {}"),
    ("SRV", "0 5 5060 {}"), ("NAPTR", '100 10 "s" "SIP+D2U" "" {}'), ("RP", "{} txt"), ("RP", "admin {}"), ("PX", "10 {} c"), ("PX", "10 b {}"),
    ("LP", "10 {}"), ("HTTPS", "0 {}"), ("HTTPS", "1 {} alpn=h2 port=8443"), ("SVCB", "1 {} key667="), ("IPSECKEY", "10 3 2 {} AQNRU3mG"),
    ("AMTRELAY", "10 0 3 {}"), ("NSEC", "{} A NS"),
    ("HIP", "2 200100107B1A74DF365639CC39F1D578 AAAA rvs {}"), ("HIP", "2 200100107B1A74DF365639CC39F1D578 AAAA {} rvs"),
    ("RRSIG", "A 13 3 60 20330101000000 20260101000000 1 {} AAAA"), ("MB", "{}"), ("MG", "{}"), ("MR", "{}"), ("MINFO", "{} b"), ("MINFO", "a {}"),
]  # fmt: skip


@pytest.mark.parametrize(("rdtype", "written"), DOTS)
def test_a_forgotten_final_dot_is_told_wherever_a_name_is(rdtype, written):
    number = dns.rdatatype.from_text(rdtype)
    for name in ("www.example.com", "WWW.Example.COM", "example.com"):
        with pytest.raises(ValueError) as error:
            parse_rdata(number, written.format(name), ORIGIN)
        assert str(error.value) == f"has no final dot and would become {name}.example.com."
        assert parse_rdata(number, written.format(f"{name}."), ORIGIN)
    for name in ("ns1", "www.sub", "_sip._udp", "example.net", "my-example.com", "@"):
        assert parse_rdata(number, written.format(name), ORIGIN) == read_rdata(number, written.format(name), ORIGIN)


def test_a_forgotten_final_dot_is_told_of_a_name_in_unicode():
    with pytest.raises(ValueError) as error:
        parse_rdata(dns.rdatatype.MX, "10 mail.bücher.example", dns.name.from_text("xn--bcher-kva.example."))
    assert "has no final dot and would become mail.xn--bcher-kva.example.xn--bcher-kva.example." in str(error.value)


@pytest.mark.parametrize(
    ("zone", "rdtype", "written"),
    [
        ("example.com", "CAA", "0 issue example.com"),
        ("example.com", "TXT", "v=spf1 include:example.com example.com"),
        ("example.com", "TXT", '"a" example.com'),
        ("example.com", "HINFO", "PC www.example.com"),
        ("example.com", "URI", "10 1 https://www.example.com"),
        ("example.com", "HTTPS", "1 . dohpath=/.example.com{?dns}"),
        ("example.com", "NAPTR", '100 10 s SIP+D2U !^.*$!www.example.com _sip._udp'),
        ("mx", "CSYNC", "66 3 A NS MX"),
        ("mx", "NSEC", "b A MX"),
        ("aa", "SSHFP", "1 1 " + "aa " * 20),
        ("aaaa", "DNSKEY", "257 3 13 aaaa aaaa"),
        ("10", "MX", "10 mail"),
    ],
)
def test_what_is_no_name_may_end_as_the_zone(zone, rdtype, written):
    assert parse_rdata(dns.rdatatype.from_text(rdtype), written, dns.name.from_text(zone))


@pytest.mark.parametrize(
    ("rdtype", "value"),
    [
        ("CAA", "0 issue ca.example.net; validationmethods=dns-01"),
        ("CAA", '0 issue "ca.example.net" ; account=1'),
        ("CAA", "0 issue ;"),
        ("URI", "10 1 https://www.example.com/;x=1"),
        ("A", "192.0.2.1 ; the old one"),
        ("MX", "10 mail; backup"),
        ("TXT", '"a" ; comment'),
        ("TXT", '"a\\";" "b";c'),
        ("HTTPS", "1 . alpn=h2 ; port=8443"),
        ("TYPE65280", "\\# 1 00 ; 01"),
    ],
)
def test_a_value_is_not_cut_off_where_a_comment_would_begin(rdtype, value):
    with pytest.raises(ValueError) as error:
        parse_rdata(dns.rdatatype.from_text(rdtype), value, ORIGIN)
    assert "has a semicolon outside of double quotes, which would cut off what follows" in str(error.value)


@pytest.mark.parametrize(
    ("rdtype", "value", "expected"),
    [
        ("CAA", '0 issue "ca.example.net; validationmethods=dns-01"', '0 issue "ca.example.net; validationmethods=dns-01"'),
        ("CAA", "0 issue \\;", '0 issue ";"'),
        ("CAA", '0 issue ";"', '0 issue ";"'),
        ("URI", "10 1 https://www.example.com/\\;x=1", '10 1 "https://www.example.com/;x=1"'),
        ("URI", "10 1 https://www.example.com/\\059x=1", '10 1 "https://www.example.com/;x=1"'),
        ("CNAME", "a\\;b", "a\\;b.example.com."),
        ("NAPTR", '10 20 "u" "E2U+sip" "!^.*$!sip:\\"a;b\\"@example.com!" .', '10 20 "u" "E2U+sip" "!^.*$!sip:\\"a;b\\"@example.com!" .'),
        ("HTTPS", '1 . key65280="a;b"', '1 . key65280="a;b"'),
        ("TXT", "v=DKIM1; k=rsa; p=AAAA", '"v=DKIM1; k=rsa; p=AAAA"'),
        ("TXT", '"v=DKIM1; k=rsa;" " p=AAAA"', '"v=DKIM1; k=rsa;" " p=AAAA"'),
        ("TXT", '"a" b\\;c', '"a" "b;c"'),
    ],
)
def test_a_semicolon_in_quotes_or_escaped_is_data(rdtype, value, expected):
    assert parse_rdata(dns.rdatatype.from_text(rdtype), value, ORIGIN) == expected
