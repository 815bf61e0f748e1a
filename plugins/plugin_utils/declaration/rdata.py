# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types and data of records: from what people write to one presentation format that every supported name server reads."""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Iterator
from functools import lru_cache

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import (
    IDNA_CODEC,
    escaped,
    lacks_final_dot,
    to_ascii,
    to_text,
    without_final_dot,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import did_you_mean, made_by_yaml

MAXIMUM_RDATA = 65535  # octets; RDLENGTH has 16 bits (RFC 1035 section 3.2.1)

_STRING_TYPES = frozenset({"TXT", "SPF"})  # values are free text: quoted and split into character-strings of 255 octets
_QUESTION_TYPES = frozenset({"ANY", "AXFR", "IXFR", "MAILA", "MAILB", "OPT", "TKEY", "TSIG", "NONE"})
_NAMELESS = frozenset({"TXT", "SPF", "HINFO", "CAA", "URI", "X25", "ISDN", "GPOS", "AVC", "NINFO", "RESINFO", "WALLET"})  # whose words are text
# Types by number that NSD 4.6, Knot DNS 3.2 or BIND 9.18 does not know by name, or not in the form of dnspython: written as RFC 3597 has
# them, which all read.
_OPAQUE = frozenset({3, 4, 7, 8, 9, 10, 11, 19, 20, 22, 23, 24, 26, 27, 30, 38, 55, 56, 66, 67, 68, 103, 258, 260, 261, 262, 32768, 32769})
_PARAMETERS = ("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint")  # by number, those of RFC 9460 itself
_BITMAPS = {"NSEC": 1, "NSEC3": 5, "CSYNC": 2}  # how many fields stand before a list of types
_DIGESTS = {"SHA-1": "1", "SHA1": "1", "SHA-256": "2", "SHA256": "2", "GOST": "3", "SHA-384": "4", "SHA384": "4"}
_HASH = 20  # octets of SHA-1, the one hash of NSEC3 (RFC 5155 section 11)
_OF_NAMES_ALONE = {"MB": 1, "MG": 1, "MR": 1, "MINFO": 2}  # how many (RFC 1035 section 3.3)
_MOMENT = re.compile(r"(?<=\s)\d{14}(?=\s)")
_FIELD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_COMMENTED = re.compile(r'(?:[^"\\;]|\\.|"(?:[^"\\]|\\.)*")*;', re.DOTALL)  # up to a semicolon that is neither quoted nor escaped
_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}\Z")


def quote_strings(text: str) -> str:
    """Free text as character-strings (RFC 1035 section 5.1), split after at most 255 octets each."""
    octets = text.encode()
    chunks = [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]
    return " ".join('"' + "".join(_escaped(octet) for octet in chunk) + '"' for chunk in chunks)


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def parse_type(text: object) -> dns.rdatatype.RdataType:
    """A data type by name, or TYPEnnn (RFC 3597). Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("is missing" if text is None else "is not a record type")
    try:
        rdtype = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError("is unknown" + did_you_mean(text.upper(), [member.name for member in dns.rdatatype.RdataType])) from error
    if is_question(rdtype):
        raise ValueError("is for questions and messages, not for zones")
    return rdtype


@lru_cache(maxsize=256)
def is_question(rdtype: dns.rdatatype.RdataType) -> bool:
    """Whether a type is for questions and messages, and no zone has it."""
    return dns.rdatatype.to_text(rdtype) in _QUESTION_TYPES or dns.rdatatype.is_metatype(rdtype)


def parse_rdata(rdtype: dns.rdatatype.RdataType, value: object, origin: dns.name.Name) -> str:
    """Data of a declaration in presentation format, checked and with absolute names. Raises ValueError saying what is wrong."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(made_by_yaml(value) or "is not text")
    text = str(value)
    type_text = dns.rdatatype.to_text(rdtype)
    if type_text in _STRING_TYPES:
        if not text.startswith('"'):
            text = quote_strings(text)
    elif not text.strip():
        raise ValueError("is empty")
    elif any(character in text for character in "\n\r"):
        raise ValueError("spans several lines")
    if ";" in text and _COMMENTED.match(text):  # nobody means a comment here, and what it hides may be a restriction, as in CAA
        raise ValueError("has a semicolon outside of double quotes, which would cut off what follows")
    try:
        if not text.isascii():
            text = _FIELD.sub(lambda field: field_in_ascii(rdtype, field[0], origin), text)
        rdata = read_rdata(rdtype, text, origin)
    except ValueError as error:
        raise ValueError(f"is not {'an' if type_text[0] in 'AIO' else 'a'} {type_text} value ({error})") from error
    for field in _FIELD.finditer(text) if to_text(origin) in text.lower() else ():
        # Which fields are names, reading tells, whatever the type: with the zone behind them they mean the same.
        if lacks_final_dot(field[0], origin) and _means(rdata, rdtype, f"{text[: field.end()]}.{origin}{text[field.end() :]}", origin):
            raise ValueError(without_final_dot(field[0], origin))
    return rdata


def _means(rdata: str, rdtype: dns.rdatatype.RdataType, text: str, origin: dns.name.Name) -> bool:
    try:
        return read_rdata(rdtype, text, origin) == rdata
    except ValueError:
        return False


def field_in_ascii(rdtype: dns.rdatatype.RdataType, field: str, origin: dns.name.Name) -> str:
    """A field of presentation format in ASCII: octets of text and of service parameters as ``\\DDD``, names as names.to_ascii has them."""
    if field.isascii():
        return field
    if '"' in field or "=" in field or dns.rdatatype.to_text(rdtype) in _NAMELESS:
        return escaped(field)
    try:
        return to_ascii(field, origin)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{field} is not a domain name: {error}") from error


def read_rdata(rdtype: dns.rdatatype.RdataType, text: str, origin: dns.name.Name) -> str:
    """Data in the one presentation format. text: as a master file has it, in ASCII. Raises ValueError saying what is wrong."""
    type_text = dns.rdatatype.to_text(rdtype)
    try:
        # The tokenizer is built here because only it can be told the IDNA codec in every dnspython 2.x.
        tokens = dns.tokenizer.Tokenizer(_accepted(type_text, text, origin), idna_codec=IDNA_CODEC)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, tokens, origin, relativize=False)
        return rdata_text(rdata)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise ValueError(_explained(type_text, text, error)) from error


def _explained(type_text: str, text: str, error: Exception) -> str:
    """What dnspython says without the names of its classes; for addresses, of which it says nothing, what they are not."""
    if type_text in ("A", "AAAA") and text.strip() and not text.startswith("\\#"):
        kind = "IPv4" if type_text == "A" else "IPv6"
        other = "AAAA" if ":" in text else "A" if _IPV4.match(text) else ""
        return f"{text} is not an {kind} address" + (f", but its type may be {other}" if other not in ("", type_text) else "")
    return re.sub(r"^caught exception <class '[^']*'>: ", "", str(error)) or type(error).__name__


def _accepted(type_text: str, text: str, origin: dns.name.Name) -> str:
    """Presentation format that BIND reads and dnspython does not, in words of both."""
    if "\n" in text or "\r" in text:
        text = text.replace("\\\n", "\\010").replace("\r", "\\013")
    if type_text in ("DS", "CDS", "DLV"):
        fields = text.split()
        if len(fields) > 3:
            return " ".join([*fields[:2], _DIGESTS.get(fields[2].upper(), fields[2]), *fields[3:]])
    elif type_text in ("NID", "L64"):
        fields = text.split()
        if len(fields) == 2:
            return f"{fields[0]} {':'.join(group.zfill(4) for group in fields[1].split(':'))}"
    elif type_text in ("SVCB", "HTTPS"):
        return re.sub(r"(\skey\d+)=(?=\s|\Z)", r"\1", text, flags=re.IGNORECASE)
    elif type_text == "RRSIG":
        return _MOMENT.sub(lambda match: str(calendar.timegm(time.strptime(match[0], "%Y%m%d%H%M%S")) % 2**32), text)  # RFC 4034 section 3.1.5
    elif type_text in _OF_NAMES_ALONE and not text.startswith("\\#"):
        fields = text.split()
        if len(fields) == _OF_NAMES_ALONE[type_text]:
            octets = b"".join(dns.name.from_text(field, origin).to_wire() for field in fields)
            return f"\\# {len(octets)} {octets.hex()}"
    return text


def rdata_text(rdata: dns.rdata.Rdata) -> str:
    """Presentation format that every supported server reads. Raises ValueError if the data are too long for any message, or too short."""
    type_text = dns.rdatatype.to_text(rdata.rdtype)
    _check_lengths(type_text, rdata)
    if rdata.rdtype in _OPAQUE:
        octets = rdata.to_wire()
        text = f"\\# {len(octets)} {octets.hex()}".rstrip()
    elif type_text in ("SVCB", "HTTPS"):
        text = " ".join([str(rdata.priority), rdata.target.to_text(), *_parameters(rdata)])
    else:
        text = rdata.to_text()
        if type_text in _BITMAPS:
            fields = text.split(" ")
            before = _BITMAPS[type_text]
            if type_text == "NSEC" and len(fields) == before:
                raise ValueError("an NSEC record lists at least one type")
            text = " ".join([*fields[:before], *map(_known_type, fields[before:])])
        elif type_text == "RRSIG":
            covered, rest = text.split(" ", 1)
            text = f"{_known_type(covered)} {rest}"
    if len(text) > MAXIMUM_RDATA // 16:  # of the densest texts, lists of ``::``, each stands for 16 octets
        octets = rdata.to_wire()
        if len(octets) > MAXIMUM_RDATA:
            raise ValueError(f"it has {len(octets)} octets, more than the {MAXIMUM_RDATA} that a record holds")
    return text


def rdata_size(type_text: str, text: str) -> int:
    """Octets of data in presentation format, names not compressed."""
    return len(_wire(type_text, text))


def opaque(type_text: str, text: str) -> str:
    """Data in presentation format as RFC 3597 has them, whatever their type."""
    octets = _wire(type_text, text)
    return f"\\# {len(octets)} {octets.hex()}".rstrip()


def _wire(type_text: str, text: str) -> bytes:
    return dns.rdata.from_text(dns.rdataclass.IN, type_text, text, dns.name.root, relativize=False).to_wire()


def _check_lengths(type_text: str, rdata: dns.rdata.Rdata) -> None:
    """Lengths that name servers demand and dnspython does not. Raises ValueError."""
    if type_text == "NSEC3" and rdata.algorithm == 1 and len(rdata.next) != _HASH:
        raise ValueError(f"the next hashed owner name has {len(rdata.next)} octets, not the {_HASH} of SHA-1")
    if type_text == "NSAP" and not rdata.to_wire():
        raise ValueError("an NSAP address has at least one octet")


def type_of(rdtype: dns.rdatatype.RdataType) -> str:
    """A type's name, or ``TYPEnnn`` (RFC 3597 section 5) if some supported server does not know the name."""
    return f"TYPE{int(rdtype)}" if rdtype in _OPAQUE else dns.rdatatype.to_text(rdtype)


def _known_type(text: str) -> str:
    return type_of(dns.rdatatype.from_text(text))


def _parameters(rdata: dns.rdata.Rdata) -> Iterator[str]:
    """Service parameters in ascending order; what RFC 9460 does not define itself as ``keyNNNNN`` (section 2.1)."""
    for key in sorted(rdata.params):
        value = rdata.params[key]
        name = _parameter_name(key)
        if value is None:
            yield name
        elif key == 0:
            yield f'mandatory="{",".join(map(_parameter_name, value.keys))}"'
        elif key < len(_PARAMETERS):
            yield f"{name}={value.to_text()}"
        else:
            yield f'{name}="{"".join(map(_escaped, _parameter_octets(value)))}"'


def _parameter_name(key: int) -> str:
    return _PARAMETERS[key] if key < len(_PARAMETERS) else f"key{int(key)}"


def _parameter_octets(value: object) -> bytes:
    stream = io.BytesIO()
    value.to_wire(stream)
    return stream.getvalue()


def example_of(rdtype: dns.rdatatype.RdataType) -> str:
    examples = {
        "A": "write an IPv4 address such as 192.0.2.1",
        "AAAA": "write an IPv6 address such as 2001:db8::1",
        "MX": "write a preference and a name such as '10 mail.example.com.'",
        "NS": "write a name with a final dot, such as ns1.example.com.",
        "CNAME": "write a name with a final dot, such as www.example.com.",
        "PTR": "write a name with a final dot, such as www.example.com.",
        "SRV": "write priority, weight, port and a name such as '0 5 5060 sip.example.com.'",
        "CAA": "write flags, tag and value such as '0 issue \"ca.example.net\"'",
        "URI": "write priority, weight and target such as '10 1 \"https://www.example.com/\"'",
        "TXT": "write the text itself, or character-strings that are all in double quotes",
    }
    type_text = dns.rdatatype.to_text(rdtype)
    return examples.get(type_text, f"write it as in a master file, every part of {type_text} in order, and whole names with a final dot")
