# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import dns.message
import dns.name
import dns.rdataset
import dns.rrset
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import (
    Selection,
    canonical_order,
    canonical_records,
    check_zonemd,
    compare,
    read_zone_text,
    to_text,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake
from hypothesis import given, settings
from hypothesis import strategies as st

ZONE = dns.name.from_text("Example.COM")
TEXT = r"""
$TTL 300
@        SOA   Ns1 Hostmaster 7 3600 600 1209600 300
@        NS    Ns1
@        MX    10 Mail.Example.COM.
ns1      A     192.0.2.1
         AAAA  2001:db8::1
WWW 60   CNAME Ns1
p        PTR   Ns1
srv      SRV   1 2 3 Target
naptr    NAPTR 10 20 "U" "SIP+D2U" "!^.*$!sip:x@y!" Replacement
rp       RP    Mbox Txt
afs      AFSDB 1 Host
kx       KX    1 Host
px       PX    1 Map822 Mapx400
rt       RT    1 Host
d        DNAME Elsewhere.Example.
txt      TXT   "MiXed" "\000\255"
caa      CAA   0 issue "CA.Example"
tlsa     TLSA  3 1 0 00112233
sshfp    SSHFP 4 2 0011223300112233001122330011223300112233001122330011223300112233
svc      HTTPS 1 . alpn=h2
ds       DS    1 13 2 0011223300112233001122330011223300112233001122330011223300112233
hinfo    HINFO "Cpu" "Os"
rrsig    RRSIG A 13 3 300 20300101000000 20200101000000 1 Signer.Example.COM. AAAA
nsec     NSEC  Next.Example.COM. A RRSIG
unknown  TYPE65280 \# 4 AABBCCDD
*.wild   A     192.0.2.2
"""


def transfer_messages(zone_text, per_message=3):
    """The zone as messages of a transfer, with dnspython's name compression."""
    zone = dns.zone.from_text(zone_text, ZONE, relativize=False)
    rrsets = [dns.rrset.from_rdata(name, ttl, rdata) for name, ttl, rdata in zone.iterate_rdatas()]
    rrsets.sort(key=lambda rrset: rrset.rdtype != dns.rdatatype.SOA)
    rrsets.append(rrsets[0])
    for at in range(0, len(rrsets), per_message):
        message = dns.message.make_response(dns.message.make_query(ZONE, "AXFR"))
        message.answer.extend(rrsets[at : at + per_message])
        yield message.to_wire()


def test_a_transfer_and_its_master_file_are_the_same_records():
    transferred = set(canonical_records(transfer_messages(TEXT), ZONE))
    assert transferred == set(read_zone_text(TEXT, ZONE, "content"))
    assert len(transferred) == len(TEXT.strip().splitlines()) - 1


def test_canonical_form_is_dnspythons():
    zone = dns.zone.from_text(TEXT, ZONE, relativize=False)
    expected = set()
    for name, ttl, rdata in zone.iterate_rdatas():
        head = rdata.rdtype.to_bytes(2, "big") + b"\0\1" + ttl.to_bytes(4, "big")
        expected.add(name.canonicalize().to_wire() + head + rdata.to_digestable())
    assert set(canonical_records(transfer_messages(TEXT), ZONE)) == expected


@settings(max_examples=20)
@given(st.permutations(TEXT.strip().splitlines()[6:-1]), st.integers(1, 30))
def test_order_and_message_size_do_not_matter(lines, per_message):
    lines = [line if line[0] != " " else "ns1" + line for line in lines]
    text = "\n".join([*TEXT.strip().splitlines()[:6], *lines])
    found = canonical_records(transfer_messages(text, per_message), ZONE)
    assert compare(set(read_zone_text(text, ZONE, "content")), found).equal


def test_the_zone_may_be_the_root():
    text = ". 300 SOA a. b. 1 2 3 4 5\n. 300 NS a.\na. 300 A 192.0.2.1\n"
    root = dns.name.root
    zone = dns.zone.from_text(text, root, relativize=False)
    message = dns.message.make_response(dns.message.make_query(root, "AXFR"))
    message.answer.extend(dns.rrset.from_rdata(name, ttl, rdata) for name, ttl, rdata in zone.iterate_rdatas())
    assert set(canonical_records([message.to_wire()], root)) == set(read_zone_text(text, root, "content"))


def test_differences_are_sorted_counted_and_limited():
    wanted = set(read_zone_text("".join(f"h{n} 5 A 192.0.2.1\n" for n in range(30)), ZONE, "content"))
    comparison = compare(wanted, read_zone_text("h3 5 A 192.0.2.1\nh5 6 A 192.0.2.1\nx 5 A 192.0.2.1", ZONE, "content"))
    assert (comparison.missing_count, comparison.unexpected_count, comparison.equal) == (29, 2, False)
    assert comparison.missing[:3] == [f"h{n}.example.com. 5 IN A 192.0.2.1" for n in (0, 1, 10)]
    assert len(comparison.missing) == 10
    assert comparison.unexpected == ["h5.example.com. 6 IN A 192.0.2.1", "x.example.com. 5 IN A 192.0.2.1"]


def test_selection():
    records = list(read_zone_text(TEXT, ZONE, "content"))
    assert list(Selection().apply(records)) == records
    without = [to_text(record) for record in Selection(frozenset([16, 6]), True).apply(records)]
    assert len(without) == len(records) - 2 and all(" 0 IN " in text for text in without)
    (soa,) = [to_text(record) for record in Selection(ignore_serial=True).apply(records) if " SOA " in to_text(record)]
    assert soa == "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 0 3600 600 1209600 300"


def test_invalid_rdata_is_shown_all_the_same():
    assert to_text(b"\1a\0\0\1\0\1\0\0\0\5xyz") == "a. 5 IN A \\# 3 78797a"


def test_canonical_order_is_rfc_4034s():
    names = ["example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", r"\001.z.example.", "*.z.example."]
    wires = [dns.name.from_text(name).canonicalize().to_wire() + b"\0\1\0\1\0\0\0\0" for name in [*names, r"\200.z.example."]]
    assert sorted(reversed(wires), key=canonical_order) == wires


@pytest.mark.parametrize("algorithm", [dns.zone.DigestHashAlgorithm.SHA384, dns.zone.DigestHashAlgorithm.SHA512])
def test_zonemd_agrees_with_dnspython(algorithm):
    zone = dns.zone.from_text(TEXT, ZONE)
    zone.replace_rdataset("@", dns.rdataset.from_rdata(300, zone.compute_digest(algorithm)))
    text = zone.to_text(relativize=False)
    records = list(read_zone_text(text, ZONE, "content"))
    assert check_zonemd(records, ZONE) == "verified"
    assert check_zonemd(records + records[:3], ZONE) == "verified"  # duplicates count once
    assert check_zonemd(records[:-1], ZONE) == "mismatch"
    changed = list(read_zone_text(text.replace("192.0.2.2", "192.0.2.3"), ZONE, "content"))
    assert check_zonemd(changed, ZONE) == "mismatch"
    assert check_zonemd(list(read_zone_text(TEXT, ZONE, "content")), ZONE) == "absent"


# RFC 8976, appendix A.1
SIMPLE_ZONE = """
example.      86400  IN  SOA     ns1 admin 2018031900 (1800 900 604800 86400)
              86400  IN  NS      ns1
              86400  IN  NS      ns2
              86400  IN  ZONEMD  2018031900 1 1 (c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c)
ns1           3600   IN  A       203.0.113.63
ns2           3600   IN  AAAA    2001:db8::63
"""


def test_zonemd_of_the_rfc():
    zone = dns.name.from_text("example")
    assert check_zonemd(list(read_zone_text(SIMPLE_ZONE, zone, "content")), zone) == "verified"
    unknown = SIMPLE_ZONE.replace("2018031900 1 1", "2018031900 240 1")
    assert check_zonemd(list(read_zone_text(unknown, zone, "content")), zone) == "unsupported"
    other_serial = SIMPLE_ZONE.replace("2018031900 1 1", "2018031899 1 1")
    assert check_zonemd(list(read_zone_text(other_serial, zone, "content")), zone) == "mismatch"


@pytest.mark.parametrize("text", ["www A nonsense", "www", "$INCLUDE /etc/hostname", '"', "www 1 NOPE x", "@ SOA ( 1"])
def test_text_that_is_no_zone(text):
    with pytest.raises(Mistake, match="content cannot be read as a zone"):
        read_zone_text(text, ZONE, "content")


@given(st.text(max_size=80))
def test_no_other_error_for_any_text(text):
    try:
        read_zone_text(text, ZONE, "content")
    except Mistake as mistake:
        assert str(mistake).startswith("content cannot be read as a zone")


def test_a_file_is_read_like_a_text():
    assert list(read_zone_text(io.StringIO(TEXT), ZONE, "file")) == list(read_zone_text(TEXT, ZONE, "content"))
