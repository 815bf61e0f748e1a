# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Master files of others, brought to a running BIND, NSD or Knot DNS: what is transferred from there is what BIND reads in the files."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import dns.message
import dns.name
import dns.query
import dns.rdata
import dns.rdatatype
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, NsdHost, running_host

PATH = "/usr/bin:/usr/sbin:/usr/local/sbin:/bin:/sbin"
COMPILER, SIGNER, KEYGEN = (shutil.which(program, path=PATH) for program in ("named-compilezone", "dnssec-signzone", "dnssec-keygen"))
REPOSITORY = pathlib.Path(__file__).parents[2]
REAL_ZONES = sorted(pathlib.Path(os.environ.get("LAB_REAL_ZONES") or REPOSITORY.parent / "shared/real-zones").glob("*.zone"))
SECONDARY = "127.0.0.3"  # where nobody runs, and transfers are asked for from

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(not COMPILER, reason="named-compilezone is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

# A ~ at the beginning of a line stands for a tab.
UGLY = rb"""; octets of any kind: \xfc""" + b"\xfc\xff\x80" + rb"""
$TTL 1h30m
@ SOA ns1.example.net. root\.of.example.net. ( 2026010203 ; serial
~1h 10m 4294967295 ; expires in 136 years
~5m )
~IN NS ns1.example.net.
~NS NS2.Example.ORG.
 ( MX 10
   mail )
mail 300 A 192.0.2.1
MAIL IN 60 A 192.0.2.2
mail 60 AAAA 2001:db8::1
www	CNAME	mail
WWW CNAME MAIL.ugly.example.
text 7 TXT "a;b" c\;d "\"q\"" "\000\200" """ + b'"\xfc" \xc3\xbc' + rb"""
text TXT other
$ORIGIN sub
@ NS ns.elsewhere.example.
a\.dot.ugly.example. TXT "a dot in a label"
$ORIGIN ugly.example.
$INCLUDE included in.cluded
after TXT "after"
$GENERATE 1-3 host_$ A 192.0.2.$
$GENERATE 10-12/2 ${0,3,n}.rev 60 IN PTR host_${-9}
$GENERATE 1-2 mx$ MX "$ mail"
$GENERATE 1-2 txt$ TXT "text $"
https HTTPS 1 . alpn=h2 key8 dohpath="/q{?dns}" key667=
https 5 HTTPS 0 _x.example.net.
svcb SVCB 1 mail mandatory=key65280,alpn alpn=h3 key65280="\000\255;\""
hip HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9 rvs.example.net.
rare AMTRELAY 10 0 1 192.0.2.1
rare NINFO "x"
rare X25 "311061700956"
rare ISDN "150862028003217" "004"
rare WKS 192.0.2.1 6 25
rare GPOS "-32.6882" "116.8652" "10.0"
rare NSAP 0x47000580005a0000000001e133ffffff00016100
nid NID 10 0:0:0:0
nid L64 10 2001:db8:1:0
signed 60 RRSIG A 13 3 60 20330101000000 20260101000000 1 ugly.example. AAAA
signed 90 RRSIG TXT 13 3 90 20330101000000 20260101000000 1 ugly.example. AAAA
secure NS ns.elsewhere.example.
secure DS 1 13 SHA-256 ( 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
  0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f )
B""" + b"\xc3\xbc" + rb"""ro._ipp._tcp SRV 0 0 631 mail
_ipp._tcp PTR B""" + b"\xc3\xbc" + rb"""ro._ipp._tcp
*.wild TXT "wild"
unknown TYPE65281 \# 3 ( aa bb
 cc )
opaque A \# 4 c0000263
"quoted" TXT a"b"c
last TXT "no end of line\
after all" """
UGLY = UGLY.replace(b"\n~", b"\n\t")
INCLUDED = b"@ TXT included\r\nx\t60 A 192.0.2.9\r\n\tAAAA 2001:db8::9\r\n; \r\n"
PLAIN = b"""$TTL 300
@ SOA ns1.example.net. hostmaster 5 3600 600 1209600 300
@ 3600 NS ns1.example.net.
@ NS ns2.example.net.
www A 192.0.2.1
*.w TXT x
sub NS ns.sub
ns.sub A 192.0.2.2
"""


def sign(directory, zone, *options):
    """A zone as dnssec-signzone signs it."""
    directory.mkdir()
    (directory / "plain").write_bytes(PLAIN)
    for flags in ([], ["-f", "KSK"]):
        subprocess.run([KEYGEN, "-q", "-a", "ECDSAP256SHA256", *flags, zone], cwd=directory, check=True, timeout=20, capture_output=True)
    command = [SIGNER, "-S", "-o", zone, "-f", "signed", *options, "plain"]
    subprocess.run(command, cwd=directory, check=True, timeout=20, capture_output=True)
    return directory / "signed"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """{zone: path of its master file}."""
    root = tmp_path_factory.mktemp("zones")
    (root / "ugly").write_bytes(UGLY)
    (root / "included").write_bytes(INCLUDED)
    zones = {"ugly.example": root / "ugly", **{path.stem: path for path in REAL_ZONES}}
    if SIGNER and KEYGEN:
        zones["nsec.example"] = sign(root / "nsec", "nsec.example")
        zones["nsec3.example"] = sign(root / "nsec3", "nsec3.example", "-3", "aabb", "-H", "0")
    return zones


def record(owner, ttl, rdtype, rdata):
    return str(owner).lower(), ttl, dns.rdatatype.to_text(rdtype), rdata.to_digestable(dns.name.root)


def compiled(zone, path):
    """The records that named-compilezone finds in a file."""
    command = [COMPILER, "-i", "none", "-k", "ignore", "-f", "text", "-F", "text", "-s", "full", "-o", "-", zone, path.name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=path.parent)
    assert run.returncode == 0, run.stdout + run.stderr
    found = set()
    for line in run.stdout.splitlines():
        if line and not line.startswith(";"):
            owner, ttl, _rdclass, rdtype, data = line.split(None, 4)
            if rdtype in ("NID", "L64"):  # dnspython wants all four digits of each group
                data = f"{data.split()[0]} {':'.join(group.zfill(4) for group in data.split()[1].split(':'))}"
            found.add(record(owner, int(ttl), dns.rdatatype.from_text(rdtype), dns.rdata.from_text("IN", rdtype, data, dns.name.root, relativize=False)))
    return found


def transferred(host, zone):
    """The records that a server hands out."""
    found = set()
    for message in dns.query.xfr(host.address, zone, port=host.port, source=SECONDARY, relativize=False, lifetime=20):
        found |= {record(rrset.name, rrset.ttl, rrset.rdtype, rdata) for rrset in message.answer for rdata in rrset}
    return found


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_what_is_transferred_is_what_bind_reads_in_the_file(tmp_path, kind, files):
    groups = {"all": ["ns1", "ns2"], "dns_primaries": ["ns1"]}
    if kind is NsdHost:  # which takes 31 bits of a SOA's times since 4.10
        ugly = files["ugly.example"].with_name("ugly-31")
        ugly.write_bytes(UGLY.replace(b" 4294967295 ", b" 2147483647 "))
        files = {**files, "ugly.example": ugly}
    with running_host(kind, tmp_path / "host") as host:
        items = [{"name": zone, "file": str(path), "secondaries": [{"address": SECONDARY}]} for zone, path in files.items()]
        declaration = load(items, {}, Inventory(groups, host.addresses.__getitem__), lambda path: names.decode(pathlib.Path(path).read_bytes()))
        with host.applying(declaration) as application:
            assert application.apply(os.replace)["reloaded"]
        for zone, path in files.items():
            expected = compiled(zone, path)
            found = transferred(host, zone)
            assert found == expected, (zone, sorted(expected - found), sorted(found - expected))
        with host.applying(declaration) as application:
            assert not application.apply(os.replace)["changed"]
