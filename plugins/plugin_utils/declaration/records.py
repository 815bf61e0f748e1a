# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a zone: from a declaration or a master file to one canonical form, and from there to text.

The canonical form is a sorted tuple of L(Record), one per resource record, every name in it absolute but the owner,
which is relative to the zone. Two zones have the same content exactly if these tuples are equal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import IDNA_CODEC, absolute, labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean, shown

MAXIMUM_TTL = 2**31 - 1  # RFC 2181 section 8
MAXIMUM_RDATA = 65535  # octets; RDLENGTH has 16 bits (RFC 1035 section 3.2.1)
RECORD_KEYS = ("name", "type", "value", "ttl")

_STRING_TYPES = frozenset({"TXT", "SPF"})  # values are free text: quoted and split into character-strings of 255 octets
_QUESTION_TYPES = frozenset({"ANY", "AXFR", "IXFR", "MAILA", "MAILB", "OPT", "TKEY", "TSIG", "NONE"})
_NAME_VALUED = frozenset({"NS", "CNAME", "DNAME", "PTR", "MX", "SRV", "KX", "AFSDB", "RT", "NSAP-PTR"})
_TTL_UNITS = re.compile(r"(?:\d+[wdhms])+\Z", re.IGNORECASE)


class Record(NamedTuple):
    """One resource record. owner: relative to the zone, ``@`` at its apex. ttl: seconds. rdata: presentation format."""

    owner: str
    ttl: int
    type: str
    rdata: str

    def __str__(self) -> str:
        return f"{self.owner} {self.ttl} {self.type} {self.rdata}"


class SOA(NamedTuple):
    """The fields of a SOA record (RFC 1035 section 3.3.13); times in seconds; names absolute text."""

    ttl: int
    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int

    def record(self, serial: int) -> Record:
        return Record("@", self.ttl, "SOA", f"{self.mname} {self.rname} {serial} {self.refresh} {self.retry} {self.expire} {self.minimum}")


def parse_ttl(value: object) -> int:
    """Seconds from an integer, or from text such as ``3600`` or ``1h30m``. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"{value!r} is not a time")
    text = str(value)
    if not text.isdigit() and not _TTL_UNITS.match(text):
        raise ValueError(f"{value!r} is not a time")
    seconds = (
        int(text)
        if text.isdigit()
        else sum(
            int(number) * {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}[unit.lower()]
            for number, unit in re.findall(r"(\d+)([wdhms])", text, re.IGNORECASE)
        )
    )
    if seconds > MAXIMUM_TTL:
        raise ValueError(f"{value!r} is more than {MAXIMUM_TTL} seconds")
    return seconds


def quote_strings(text: str) -> str:
    """Free text as character-strings (RFC 1035 section 5.1), split after at most 255 octets each."""
    octets = text.encode()
    chunks = [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]
    return " ".join('"' + "".join(_escaped(octet) for octet in chunk) + '"' for chunk in chunks)


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def parse_records(items: Any, origin: dns.name.Name, default_ttl: int, where: str) -> tuple[list[Record], list[Problem]]:
    """Records of a declaration (a list of ``{name, type, value, ttl}``) and the mistakes in it.

    ``value`` is one value or a list of values in the presentation format of master files, where names without a final dot
    are relative to the zone; TXT takes free text of any length. ``name`` is ``@`` if left out.
    """
    records: list[Record] = []
    problems: list[Problem] = []
    if not isinstance(items, Sequence) or isinstance(items, str):
        return records, [Problem(where, f"records is {items!r}", "make it a list of {name, type, value}")]
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            problems.append(Problem(f"{where}, record {number}", f"{item!r} is not a record", "write {name: www, type: A, value: 192.0.2.1}"))
            continue
        label = f"{where}, record {item.get('name', '@')} {item.get('type', '')}".rstrip()
        mistakes = _parse_record(item, origin, default_ttl, label, records)
        problems.extend(mistakes)
    return records, problems


def _parse_record(item: Mapping[str, Any], origin: dns.name.Name, default_ttl: int, where: str, records: list[Record]) -> list[Problem]:
    """Append the records of one item; return its mistakes."""
    problems = [
        Problem(where, f"the key {key!r} is unknown{did_you_mean(key, RECORD_KEYS)}", f"a record has {', '.join(RECORD_KEYS)}")
        for key in item
        if key not in RECORD_KEYS
    ]
    try:
        owner = parse_owner(item.get("name", "@"), origin)
    except ValueError as error:
        problems.append(Problem(where, f"name {item.get('name')!r} {error}", "write '@', a name relative to the zone, or a full name with a final dot"))
        owner = None
    try:
        ttl = parse_ttl(item.get("ttl", default_ttl))
    except ValueError as error:
        problems.append(Problem(where, f"ttl: {error}", "write seconds, or units such as 1h or 1d"))
        ttl = default_ttl
    try:
        rdtype = parse_type(item.get("type"))
    except ValueError as error:
        problems.append(Problem(where, f"type {item.get('type')!r} {error}", "write a record type such as A, AAAA, CNAME, MX, NS, SRV, TXT"))
        return problems
    value = item.get("value")
    if value is None or value == []:
        problems.append(Problem(where, "value is missing", "give one value or a list of values"))
        return problems
    for one in value if isinstance(value, (list, tuple)) else [value]:
        try:
            rdata = parse_rdata(rdtype, one, origin)
        except ValueError as error:
            problems.append(Problem(where, f"value {shown(one)} {error}", _example_of(rdtype)))
            continue
        if owner is not None:
            records.append(Record(owner, ttl, dns.rdatatype.to_text(rdtype), rdata))
    return problems


def parse_owner(text: object, origin: dns.name.Name) -> str:
    """An owner name relative to its zone. Raises ValueError saying what is wrong."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)  # the 50 of a reverse zone
    if not isinstance(text, str) or not text:
        raise ValueError("is not a name")
    try:
        name = absolute(text, origin)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"is not a domain name ({error})") from error
    if not name.is_subdomain(origin):
        raise ValueError(f"is outside the zone {origin}")
    _refuse_forgotten_dot(text, origin)
    return name.relativize(origin).to_text()


def _refuse_forgotten_dot(text: str, origin: dns.name.Name) -> None:
    """``www.example.com`` inside example.com means www.example.com.example.com: nobody wants that."""
    zone = origin.to_text(omit_final_dot=True)
    if zone != "." and not text.endswith(".") and (text.lower() == zone or text.lower().endswith("." + zone)):
        raise ValueError(f"has no final dot and would become {text}.{origin}")


def parse_type(text: object) -> dns.rdatatype.RdataType:
    """A data type by name, or TYPEnnn (RFC 3597). Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("is missing" if text is None else "is not a record type")
    try:
        rdtype = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError("is unknown" + did_you_mean(text.upper(), [member.name for member in dns.rdatatype.RdataType])) from error
    if dns.rdatatype.to_text(rdtype) in _QUESTION_TYPES:
        raise ValueError("is for questions and messages, not for zones")
    return rdtype


def parse_rdata(rdtype: dns.rdatatype.RdataType, value: object, origin: dns.name.Name) -> str:
    """Data in presentation format, checked and with absolute names. Raises ValueError saying what is wrong."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("is not text")
    text = str(value)
    type_text = dns.rdatatype.to_text(rdtype)
    if type_text in _STRING_TYPES:
        if not text.startswith('"'):
            text = quote_strings(text)
    elif not text.strip():
        raise ValueError("is empty")
    elif any(character in text for character in "\n\r"):
        raise ValueError("spans several lines")
    if type_text in _NAME_VALUED:
        _refuse_forgotten_dot(text.split()[-1], origin)
    try:
        # The tokenizer is built here because only it can be told the IDNA codec in every dnspython 2.x.
        tokens = dns.tokenizer.Tokenizer(text, idna_codec=IDNA_CODEC)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, tokens, origin, relativize=False)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise ValueError(f"is not {'an' if type_text[0] in 'AIO' else 'a'} {type_text} value ({error})") from error
    return rdata_text(rdata)


def rdata_text(rdata: dns.rdata.Rdata) -> str:
    """Presentation format. Raises ValueError if the data are too long for any message."""
    text = rdata.to_text()
    if len(text) > MAXIMUM_RDATA // 16:  # of the densest texts, lists of ``::``, each stands for 16 octets
        octets = len(rdata.to_wire())
        if octets > MAXIMUM_RDATA:
            raise ValueError(f"has {octets} octets, more than the {MAXIMUM_RDATA} that a record holds")
    return text


def _example_of(rdtype: dns.rdatatype.RdataType) -> str:
    examples = {
        "A": "write an IPv4 address such as 192.0.2.1",
        "AAAA": "write an IPv6 address such as 2001:db8::1",
        "MX": "write a preference and a name such as '10 mail.example.com.'",
        "NS": "write a name with a final dot, such as ns1.example.com.",
        "CNAME": "write a name with a final dot, such as www.example.com.",
        "PTR": "write a name with a final dot, such as www.example.com.",
        "SRV": "write priority, weight, port and a name such as '0 5 5060 sip.example.com.'",
        "CAA": "write flags, tag and value such as '0 issue \"ca.example.net\"'",
        "TXT": "write the text itself, or character-strings that are all in double quotes",
    }
    type_text = dns.rdatatype.to_text(rdtype)
    return examples.get(type_text, f"write it as in a master file, every part of {type_text} in order")


def canonical(records: Iterable[Record]) -> tuple[Record, ...]:
    """Sorted and without duplicates; the apex first; one TTL per RRset, the lowest (RFC 2181 section 5.2); one spelling per owner."""
    ttls: dict[tuple[str, str], int] = {}
    spelled: dict[str, str] = {}
    values: set[tuple[str, str, str]] = set()
    for owner, ttl, rdtype, rdata in records:
        name = owner.lower()
        rrset = (name, rdtype)
        ttls[rrset] = min(ttl, ttls.get(rrset, ttl))
        spelled[name] = min(owner, spelled.get(name, owner))
        values.add((name, rdtype, rdata))
    ranks = {name: (name != "@", labels_of(name)[::-1]) for name in spelled}
    ordered = sorted(values, key=lambda value: (ranks[value[0]], value[1] != "NS", value[1], value[2]))
    return tuple(Record(spelled[name], ttls[name, rdtype], rdtype, rdata) for name, rdtype, rdata in ordered)


def body_text(records: Iterable[Record]) -> str:
    """The records, canonical, as lines of a master file below the SOA: owners relative, all other names absolute."""
    return "".join(f"{record.owner} {record.ttl} IN {record.type} {record.rdata}\n" for record in records)


def records_of(body: str) -> list[Record]:
    """The inverse of L(body_text)."""
    parts = (line.split(" ", 4) for line in body.splitlines())
    return [Record(owner, int(ttl), rdtype, rdata) for owner, ttl, _rdclass, rdtype, rdata in parts]


def zone_text(zone: str, soa: SOA, body: str, serial: int) -> str:
    """A master file: a record a line, the SOA first."""
    head = f"; {zone}: managed by authoritative.dns; what is edited here is shown and replaced at the next run\n$ORIGIN {zone.rstrip('.')}.\n"
    return head + body_text([soa.record(serial)]) + body


def digest(soa: SOA, body: str) -> str:
    """Identifies a zone's content, the serial apart: 32 hexadecimal digits."""
    return hashlib.sha256(f"{soa.record(0)}\n{body}".encode()).hexdigest()[:32]
