# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Master files as people and programs write them, and a good deal uglier; the same ones for the same seed.

    files = ugly_zone(7)            # {"zone": b"…", "included": b"…"}: example.com, as RFC 1035 section 5 lets it be written
    text = signed_zone(7, tmp_path) # what dnssec-signzone makes of such a zone, with NSEC or NSEC3

Most files are right; about one in eight has a line that no name server should take.
"""

from __future__ import annotations

import functools
import pathlib
import random
import re
import subprocess

ZONE = "example.com"

_HOSTS = ("ns1", "mail.example.net.", "A.Very.Long.Name.That.Is.Not.Here.example.org.", "www", "x.y", "UPPER", "1", "example.com.", "@", "a-b.c-d.example.net.")
_BLOB = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
_SHA1, _SHA256, _SHA384 = "0123456789abcdef0123456789ABCDEF01234567", "0f" * 32, "Ab" * 48
_SIGNATURE = f"20380119031407 20260101000000 12345 example.com. {_BLOB}"

# Data of every type that a zone may hold, in the forms of their RFCs. HOST stands for a name, TEXT for a character-string, N for a small number.
DATA: dict[str, tuple[str, ...]] = {
    "A": ("192.0.2.N", "10.0.0.N", "\\# 4 C00002 01"),
    "AAAA": ("2001:db8::N", "2001:DB8:0:0:1::N", "::ffff:192.0.2.N", "2001:db8:0:0:0:0:0:N", "::1", "\\# 16 20010db8 00000000 00000000 00000001"),
    "AFSDB": ("1 HOST",),
    "AMTRELAY": ("10 0 1 192.0.2.N", "10 1 2 2001:db8::N", "10 0 3 HOST", "0 0 0 ."),
    "APL": ("1:192.168.32.0/21 !1:192.168.38.0/28", "2:ff00::/8", ""),
    "ATMA": ("\\# 2 0001",),
    "AVC": ("TEXT", "TEXT TEXT"),
    "CAA": ('0 issue "ca.example.net"', '128 issuewild ";"', '0 iodef "mailto:sec@example.com"', "0 issue TEXT"),
    "CDNSKEY": (f"257 3 13 {_BLOB}", "0 3 0 AA=="),
    "CDS": (f"1 13 2 {_SHA256}", "0 0 0 00"),
    "CERT": ("1 0 0 AAECAwQ=", "PKIX 12345 RSASHA256 AAEC AwQ="),
    "CNAME": ("HOST",),
    "CSYNC": ("66 3 A NS AAAA", "0 0 A TYPE65280"),
    "DHCID": ("AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",),
    "DLV": (f"1 13 2 {_SHA256}",),
    "DNAME": ("HOST",),
    "DNSKEY": (f"257 3 13 {_BLOB}", f"256 3 ECDSAP256SHA256 {_BLOB[:40]} {_BLOB[40:]}"),
    "DOA": ("1 2 1 TEXT AAEC",),
    "DS": (f"1 13 2 {_SHA256}", f"12345 ECDSAP256SHA256 1 {_SHA1[:20]} {_SHA1[20:]}", f"1 13 4 {_SHA384}", f"1 13 SHA-256 {_SHA256}"),
    "EUI48": ("00-00-5e-00-53-2a",),
    "EUI64": ("00-00-5e-ef-10-00-00-2a",),
    "GPOS": ("-32.6882 116.8652 10.0",),
    "HINFO": ("PC TEXT", '"a b" TEXT'),
    "HIP": (f"2 200100107B1A74DF365639CC39F1D578 AwEA{_BLOB} HOST", "2 200100107B1A74DF365639CC39F1D578 AwEA"),
    "HTTPS": (
        '1 . alpn="h2,h3" ipv4hint=192.0.2.N',
        "0 HOST",
        "1 HOST port=8443 mandatory=port",
        "16 . key667=hello",
        '1 . alpn=h2 ech="AAAA" ipv6hint=2001:db8::N',
        "1 . alpn=h2 key8",
        "1 . no-default-alpn alpn=h3",
        "3 . dohpath=/q{?dns}",
    ),
    "IPSECKEY": ("10 1 2 192.0.2.N AQID", "10 3 2 HOST AQID", "10 0 2 . AQID", "10 2 2 2001:db8::N AQID"),
    "ISDN": ("TEXT TEXT", "TEXT"),
    "KEY": ("256 3 8 AQID", "512 255 1 AQID"),
    "KX": ("10 HOST",),
    "L32": ("10 10.1.2.N",),
    "L64": ("10 2001:db8:140:1",),
    "LOC": ("52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", "42 21 54 N 71 6 18 W -24m 30m", "52 N 4 E 0m"),
    "LP": ("10 HOST",),
    "MB": ("HOST",),
    "MG": ("HOST",),
    "MINFO": ("HOST HOST",),
    "MR": ("HOST",),
    "MX": ("N HOST", "10 HOST", "0 ."),
    "NAPTR": ('10 20 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .', '1 2 "" "" "" HOST', '1 2 s "x y" "" HOST'),
    "NID": ("10 14:4fff:ff20:ee64", "10 0:0:0:0"),
    "NINFO": ("TEXT",),
    "NS": ("HOST",),
    "NSAP": ("0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",),
    "NSEC": ("HOST A NS RRSIG", "z.example.com. TYPE65280 A", "HOST"),
    "NSEC3": ("1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX RRSIG", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A"),
    "NSEC3PARAM": ("1 0 12 AABBCCDD", "1 0 0 -"),
    "OPENPGPKEY": ("mQ==", _BLOB),
    "PTR": ("HOST",),
    "PX": ("10 HOST HOST",),
    "RKEY": ("0 1 2 AQID",),
    "RP": ("HOST HOST", "HOST ."),
    "RRSIG": (f"A 13 2 3600 {_SIGNATURE}", f"TYPE65280 8 2 60 {_SIGNATURE}", f"A ECDSAP256SHA256 2 3600 2145916800 1767225600 1 . {_BLOB}"),
    "RT": ("10 HOST",),
    "SIG": (f"NXT 5 2 3600 {_SIGNATURE}",),
    "SINK": ("1 2 3 AQID",),
    "SMIMEA": (f"3 1 1 {_SHA256}",),
    "SPF": ("TEXT",),
    "SRV": ("0 5 5060 HOST", "0 0 0 ."),
    "SSHFP": (f"1 1 {_SHA1}", f"4 2 {_SHA256[:32]} {_SHA256[32:]}"),
    "SVCB": ("1 HOST alpn=h2", "0 HOST", "2 . key65280=TEXT"),
    "TA": (f"1 13 2 {_SHA256}",),
    "TALINK": ("HOST HOST",),
    "TLSA": (f"3 1 1 {_SHA256}", f"0 0 0 {_SHA1}"),
    "TXT": ("TEXT", "TEXT TEXT", "TEXT", "v=spf1 -all", '"v=DMARC1; p=none"', "( TEXT )TEXT"),
    "URI": ('10 1 "ftp://ftp.example.net/a b"', "1 2 TEXT"),
    "WKS": ("192.0.2.N TCP SMTP 25 80", "10.0.0.N 17 53"),
    "X25": ("311061700956",),
    "ZONEMD": (f"2018031900 1 1 {_SHA384}",),
    "TYPE65280": ("\\# 3 ( aa bb cc )", "\\# 0"),
    "TYPE1": ("\\# 4 C0000264",),
    "TYPE15": ("\\# 3 000A00", "10 HOST"),
}
# Records that no server takes, or that stand where none may.
WRONG = (
    "w A 192.0.2.256",
    "w A 192.0.2.1 192.0.2.2",
    "w AAAA 2001:db8::12345",
    "w MX mail",
    "w MX 65536 mail",
    "w CNAME",
    "w TXT",
    'w TXT "unfinished',
    f'w TXT "{"x" * 256}"',
    "w ( A 192.0.2.1",
    "w A 192.0.2.1 )",
    "w CH A 192.0.2.1",
    "w NOSUCHTYPE 1",
    "w SSHFP 1 1 zz",
    "w LOC 91 0 0 N 0 0 0 E 0m",
    f"{'l' * 64} A 192.0.2.1",
    f"{'.'.join(['l' * 60] * 5)} A 192.0.2.1",
    "a..b A 192.0.2.1",
    "w \\# 4 c0000201",
    "w TYPE65281 \\# 3 aabb",
    "w TYPE65536 \\# 0",
    "w DS 1 13 2 abcdef",
    "w NSAP 0x",
    "w NSEC3 1 1 12 aabbccdd 2t7b4g4v MX",
    "@ CNAME www",
    "$TTL",
    "$TTL never",
    "$ORIGIN",
    "$NOSUCH directive",
    "$INCLUDE no-such-file",
    "$GENERATE 5-1 w$ A 192.0.2.$",
    "$GENERATE 1-3 w$ A 192.0.2.${",
    "w A 192.0.2.1 trailing",
    "w 4294967296 A 192.0.2.1",
    "w 1h30 A 192.0.2.1",
    "@ SOA ns1 hostmaster 8 3600 600 1209600 300",
    "w HTTPS 1 . alpn=h2 alpn=h3",
    "w HTTPS 1 . mandatory=port",
    "w NID 0",
    "w APL 1:192.168.32.0/33",
)
_GENERATED = (
    "1-3 h$ A 192.0.2.$",
    "0-8/4 g${1,3,x} 60 IN PTR p$.example.net.",
    "1-3 host_$ CNAME www",
    "1-2 m-$ MX 10 mail$.example.net.",
    '1-2 q-$ MX "0 ."',
    '1-2 t$ TXT "text $"',
    "1-2 e$ 60 AAAA 2001:db8::$",
    "1-2 i$ IN 60 A 192.0.2.$",
    "1-2 sub$ NS ns$.example.net.",
    "10-12 ${-10,2,d}.n A 10.0.0.$",
    "1-2 \\$$ TXT literal\\$$",
    "0-2 ${0,2,X} A 10.0.1.$",
    "1-2 ${0,5,n} PTR x.example.net.",
    "1-2 @ TXT t$",
)
_COMMENTS = ("comment", 'quoted " and ( open', ") closed", "\\", "gr\u00fc\u00dfe", "tab\there", "; ; ;", "$ORIGIN nowhere.")
_BYTES = ("caf\udce9", "\udcff\udc80\udcc3")  # that are no UTF-8
# Types that almost nobody has; what reads master files often does not know how their data are written.
_RARE = ("ATMA", "DOA", "MB", "MG", "MINFO", "MR", "NINFO", "RKEY", "SIG", "SINK", "TA", "TALINK", "WKS")
_TIMES = ("", "", "", "60", "1h30m", "0", "2W", "86400", "604800", "1d", "300S")
_OWNERS = (
    "www",
    "WWW",
    "a.b",
    "*.w",
    "_x._tcp",
    "full.example.com.",
    "a\\.b",
    "\\097bc",
    "sp\\032ace",
    "a\\;b",
    '\\"q',
    "sub-domain",
    "10",
    "a_b",
    "xn--bcher-kva",
    "\\$x",
)


class _Zone:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.has_wrong = self.random.random() < 0.125
        self.types = tuple(DATA) if self.random.random() < 0.05 else tuple(rdtype for rdtype in DATA if rdtype not in _RARE)
        self.comments = (*_COMMENTS, *_BYTES) if self.random.random() < 0.1 else _COMMENTS

    # -- parts of a line ----------------------------------------------------------------------------------------------

    def text(self) -> str:
        choose = self.random.choice
        word = choose(("plain", "v=spf1", "a\\;b", 'q\\"q', "\\000\\255", "two\\ words", "back\\\\slash", "x" * 255, "$5", "{a}", "1", "@", "a=b,c", "\\@"))
        inside = choose(
            (
                "",
                "two words",
                "semi;colon",
                "paren(thesis",
                'q\\"uote',
                "\\\\",
                "\\127\\128",
                "y" * 250,
                "k=v; p=none",
                "$GENERATE",
                "gr\u00fc\u00dfe",
                "a\tb",
                "\\065",
            )
        )
        return word if self.random.random() < 0.4 else f'"{inside}"'

    def data(self, rdtype: str) -> str:
        made = self.random.choice(DATA[rdtype])
        made = re.sub(r"\bHOST\b", lambda _match: self.random.choice(_HOSTS), made)
        made = re.sub(r"\bTEXT\b", lambda _match: self.text(), made)
        return re.sub(r"(?<![A-Za-z])N(?![A-Za-z])(?=$|[ ])|(?<=[.:])N\b", lambda _match: str(self.random.randint(1, 250)), made) if rdtype != "LOC" else made

    def blank(self) -> str:
        return self.random.choice((" ", " ", "\t", "  ", "\t \t", " \t"))

    def comment(self) -> str:
        if self.random.random() > 0.25:
            return ""
        return self.random.choice(("", " ", "\t")) + ";" + self.random.choice(("", " ")) + self.random.choice(self.comments)

    def spread(self, data: str) -> str:
        """The data over several lines, in parentheses wherever these may stand."""
        parts = re.findall(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', data)
        if not parts or "(" in parts or self.random.random() > 0.3:
            return data
        begin = self.random.randint(0, len(parts) - 1)
        end = self.random.randint(begin, len(parts) - 1)
        inner = self.random.choice(("\n", "\n\t\t", " ; comment\n ", " ", "\n\n", '; ") \n'))
        opened, closed = self.random.choice((("( ", " )"), ("(", ")"), ("(\n", "\n)"), ("( ( ", " ) )"), (" (\t", ") "), ("( ) ( ", " )")))
        return " ".join(parts[:begin]) + " " + opened + inner.join(parts[begin : end + 1]) + closed + " " + " ".join(parts[end + 1 :])

    # -- lines --------------------------------------------------------------------------------------------------------

    def record(self, rdtype: str) -> str:
        self.count += 1
        alone = rdtype in ("CNAME", "DNAME", "NS", "DS", "NSEC")
        if alone:
            owner = f"{self.random.choice(('alone', 'Alone', 'a-l.one', 'x_'))}{self.count}" if rdtype != "NS" else f"child{self.count}"
        else:
            owner = self.random.choice((*_OWNERS, "", "", "", f"n{self.count}", "@"))
        if rdtype in ("A", "AAAA", "MX") and self.random.random() < 0.7:
            owner = self.random.choice(("www", "WWW", f"host{self.count}", f"{self.count}.a.b", "*", "*.w"))
        times = [self.random.choice(_TIMES), self.random.choice(("", "", "IN", "in"))]
        self.random.shuffle(times)
        head = [owner, *(part for part in times if part), self.random.choice((rdtype, rdtype, rdtype, rdtype.lower()))]
        data = self.spread(self.data(rdtype))
        line = self.blank().join(head) + self.blank() + data
        if alone:  # so that the line below does not stand beside it
            line += f"{self.comment()}\nafter{self.count} TXT x"
        return line + self.comment()

    def directive(self, names: list[str]) -> str:
        kind = self.random.choice(("$TTL", "$ORIGIN", "$INCLUDE", "$GENERATE", "$GENERATE"))
        word = self.random.choice((kind, kind, kind.lower(), kind.title()))
        if kind == "$TTL":
            value = self.random.choice(("300", "1h", "5M", "1w2d", "0"))
        elif kind == "$ORIGIN":
            value = self.random.choice(("sub", "sub.example.com.", "example.com.", "deeper.and.deeper", "@", "UP.example.com."))
        elif kind == "$GENERATE":
            value = self.random.choice(_GENERATED)
        elif names:
            value = self.random.choice(names) + self.random.choice(("", "", " other", " other.example.com.", " example.com."))
        else:
            return ""
        return f"{word}{self.blank()}{value}{self.comment()}"

    def line(self, names: list[str]) -> str:
        drawn = self.random.random()
        if drawn < 0.12:
            return self.directive(names)
        if drawn < 0.2:
            return self.random.choice(("", "   ", "\t", ";", "; a comment", "  ; indented", ";" + self.random.choice(self.comments)))
        common = drawn < 0.6
        types = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "TXT", "SRV") if common else self.types
        return self.record(self.random.choice(types))

    def lines(self, count: int, names: list[str]) -> list[str]:
        return [self.line(names) for _line in range(count)]

    def files(self) -> dict[str, bytes]:
        includes = {name: self.lines(self.random.randint(1, 5), []) for name in ("included", "other-file")[: self.random.randint(0, 2)]}
        body = self.lines(self.random.randint(3, 25), list(includes))
        if self.has_wrong:
            place = self.random.randint(0, len(body))
            body.insert(place, self.random.choice(WRONG))
        texts = {"zone": [*self.head(), *body], **includes}
        return {name: self.written(lines) for name, lines in texts.items()}

    def head(self) -> list[str]:
        soa = self.random.choice(
            (
                "@ SOA ns1 hostmaster 7 3600 600 1209600 300",
                "@ 9 IN SOA ns1 hostmaster ( 7 ; serial\n 1h 10m 2w\n\t5m )",
                "example.com. IN 1d SOA ns1.example.net. host\\.master.example.com. 4294967295 3600 600 1209600 300",
                "@ SOA ( ns1 hostmaster 7 3600 600 1209600 300 )",
                "@ IN SOA ns1 hostmaster (\n7\n3600\n600\n1209600\n300\n)",
            )
        )
        first = self.random.choice(
            ([], ["$TTL 1h"], ["$TTL 300 ; five minutes"], ["; zone", "", "$ORIGIN example.com."], ["$ORIGIN com.", "$TTL 7", "$ORIGIN example"])
        )
        return [*first, soa, self.random.choice(("  NS ns1", "@ NS ns1", "@ IN NS ns1 ; here")), "ns1 A 192.0.2.1"]

    def written(self, lines: list[str]) -> bytes:
        text = "\n".join(lines)
        if self.random.random() < 0.8:
            text += "\n"
        if self.random.random() < 0.15:
            text = text.replace("\n", "\r\n")
        return text.encode(errors="surrogateescape")


def ugly_zone(seed: int) -> dict[str, bytes]:
    """The files of one zone, example.com: ``zone``, and those that it includes."""
    return _Zone(seed).files()


@functools.lru_cache(maxsize=1)
def _keys(directory: pathlib.Path) -> None:
    for flag in ((), ("-f", "KSK")):
        subprocess.run(["dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", *flag, "-K", str(directory), ZONE], check=True, capture_output=True, timeout=30)


def signed_zone(seed: int, directory: pathlib.Path) -> bytes:
    """A zone as dnssec-signzone writes it, in either of its forms. directory: for the keys, which several zones may share."""
    zone = _Zone(seed)
    _keys(directory)
    records = [
        zone.record(zone.random.choice(("A", "AAAA", "MX", "TXT", "SRV", "CAA", "SSHFP", "TLSA", "NS"))) for _record in range(zone.random.randint(3, 15))
    ]
    source = directory / "unsigned"
    source.write_bytes("\n".join(["$TTL 1h", *zone.head(), *records, ""]).encode(errors="surrogateescape"))
    options = zone.random.choice(((), ("-3", "-"), ("-3", "aabb", "-H", "5"), ("-3", "-", "-A"), ("-x",)))
    form = zone.random.choice(((), ("-O", "full")))
    command = ["dnssec-signzone", "-S", "-q", "-K", str(directory), "-o", ZONE, *options, *form, "-f", str(directory / "signed"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=30, cwd=directory)
    return (directory / "signed").read_bytes()
