# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domain names and networks: text to dnspython's values and back."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns

# U-labels in, A-labels out (RFC 5890). IDNA 2008 where the idna library is there, the standard library's 2003 otherwise.
IDNA_CODEC = dns and (dns.name.IDNA_2008_Practical if getattr(dns.name, "have_idna_2008", False) else dns.name.IDNA_2003_Practical)

# What a zone's label may hold. Stricter than the DNS (RFC 2181 section 11), because zone names become
# configuration text and file names; '/' is for classless reverse zones (RFC 2317).
_ZONE_LABEL = re.compile(rb"[a-z0-9_](?:[a-z0-9_/-]*[a-z0-9_])?\Z")

_LABEL = re.compile(r"(?:\\.|[^.\\])+")
_OCTETS = re.compile(r"\\?[^\0-\x7f]+")
_ADDRESS = re.compile(r"((?:[^@\\]|\\.)+)@(.+)\Z", re.DOTALL)
_TRANSPORTS = ("_tcp", "_udp")

_BROADCAST = ipaddress.ip_address("255.255.255.255")

_PLAIN_ZONE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z")
_LONGEST_PLAIN = 200  # characters
_PLAIN_TEXT = re.compile(rb"[A-Za-z0-9_.-]*\Z")


def above(name: str) -> Iterator[str]:
    """The names that a name is below, the nearest first, without the root. name: as zones have it, without a final dot."""
    while "." in name:
        name = name.partition(".")[2]
        yield name


def absolute(text: str, origin: dns.name.Name) -> dns.name.Name:
    """The name that ``text`` means in a zone file with this ``origin``: ``@`` and names without a final dot are relative.

    Raises dns.exception.DNSException or UnicodeError if it is not a domain name.
    """
    return _absolute(text, origin)


@lru_cache(maxsize=65536)
def _absolute(text: str, origin: dns.name.Name) -> dns.name.Name:
    return dns.name.from_text(to_ascii(text, origin), origin)


def declared(text: str, origin: dns.name.Name) -> dns.name.Name:
    """The name that ``text`` means in a declaration, L(absolute) unless its final dot was forgotten. Raises ValueError saying what is wrong."""
    try:
        name = absolute(text, origin)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"is not a domain name ({error})") from error
    if lacks_final_dot(text, origin):
        raise ValueError(without_final_dot(text, origin))
    return name


def lacks_final_dot(text: str, origin: dns.name.Name) -> bool:
    """Whether a name is one such as ``www.example.com`` inside example.com, where it means www.example.com.example.com: nobody wants that."""
    zone = to_text(origin)
    return zone != "." and not text.endswith(".") and f".{to_ascii(text, origin).lower()}".endswith(f".{zone}")


def without_final_dot(text: str, origin: dns.name.Name) -> str:
    """What is wrong with a name that L(lacks_final_dot)."""
    return f"has no final dot and would become {text}.{origin}"


def decode(octets: bytes) -> str:
    """The text of a file. Octets that are not UTF-8 are kept as lone surrogates, and each becomes itself again in L(escaped)."""
    return octets.decode("utf-8", "surrogateescape")


def escaped(text: str) -> str:
    """Text of a master file with every octet beyond ASCII as ``\\DDD`` (RFC 1035 section 5.1), as name servers read it."""
    if text.isascii():
        return text
    return _OCTETS.sub(lambda match: "".join(f"\\{octet:03d}" for octet in match[0].removeprefix("\\").encode("utf-8", "surrogateescape")), text)


def to_ascii(text: str, origin: dns.name.Name) -> str:
    """A name as it is written in ASCII: labels of host names in Unicode as A-labels (RFC 5891).

    The instance of a service, what stands before a name such as ``_ipp._tcp``, stays in UTF-8 (RFC 6763 section 4.1.1).
    Raises dns.exception.DNSException or UnicodeError if a label cannot be one of a host name.
    """
    if text.isascii():
        return text
    labels = _LABEL.findall(text)
    final = "." if text.endswith(".") else ""
    if ".".join(labels) + final != text:
        return escaped(text)  # an empty label, which is told where the name is read
    whole = [label.lower() for label in labels] + ([] if final else [label.decode("latin-1").lower() for label in origin.labels])
    services = (place for place in range(1, len(whole)) if whole[place] in _TRANSPORTS and whole[place - 1].startswith("_"))
    instance = max(next(services, 0) - 1, 0)  # how many labels belong to it
    return ".".join([*map(escaped, labels[:instance]), *map(_a_label, labels[instance:])]) + final


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if "\\" in label or any("\ud800" <= character <= "\udfff" for character in label):
        return escaped(label)  # octets that are no Unicode are no host name to convert
    return IDNA_CODEC.encode(label).decode()


def labels_of(text: str) -> list[str]:
    """The labels of a name in presentation format, where ``\\.`` is a dot inside a label; the root has none."""
    return _LABEL.findall(text) if "\\" in text else [label for label in text.split(".") if label]


def zone_name(text: object) -> dns.name.Name:
    """A zone's name, with or without a final dot, in lower case. Raises ValueError saying what is wrong."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("is not a name")
    if len(text) < _LONGEST_PLAIN and _PLAIN_ZONE.match(text):  # most are; there are tens of thousands
        return dns.name.Name([*text.encode().split(b"."), b""])
    try:
        name = dns.name.from_text(text, dns.name.root, idna_codec=IDNA_CODEC).canonicalize()
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"is not a domain name ({error})") from error
    for label in name.labels[:-1]:
        if not _ZONE_LABEL.match(label):
            raise ValueError(f"has the label {label.decode('latin-1')!r}, which no zone name may have")
    return name


def to_text(name: dns.name.Name) -> str:
    """The name without its final dot; the root is ``.``."""
    labels = name.labels[:-1] if name.is_absolute() else ()
    plain = b".".join(labels)
    if labels and plain.count(b".") == len(labels) - 1 and _PLAIN_TEXT.match(plain):
        return plain.decode()  # what dnspython makes of it too, in less time
    return name.to_text(omit_final_dot=True) if name != dns.name.root else "."


def absolute_text(owner: str, zone: str) -> str:
    """An owner name relative to a zone (``@`` at its apex, the zone without final dot) as an absolute name."""
    if zone == ".":
        return "." if owner == "@" else f"{owner}."
    return f"{zone}." if owner == "@" else f"{owner}.{zone}."


def zone_of_file_name(stem: str) -> str:
    """The zone that a readable L(zone_file_name) stands for."""
    return stem.replace("%2F", "/").replace("%2E", ".")


def mailbox(text: str, origin: dns.name.Name) -> dns.name.Name:
    """SOA RNAME from a mail address or a domain name (RFC 1035 section 8: dots in the local part are escaped). ``\\@`` is no address' at sign.

    Raises ValueError saying what is wrong.
    """
    match = _ADDRESS.match(text)
    if not match:
        return declared(text, origin)
    try:
        return dns.name.Name((match[1].encode(),) + dns.name.from_text(match[2], dns.name.root, idna_codec=IDNA_CODEC).labels)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"is not a mail address ({error})") from error


def network(text: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An IPv4 or IPv6 network or address. Raises ValueError; host bits must be zero, so that typing errors are found."""
    if not isinstance(text, str) or "%" in text:
        raise ValueError(f"{text!r} is not a network")
    return ipaddress.ip_network(text)


def address(text: object) -> str:
    """An IPv4 or IPv6 address in its canonical text. Raises ValueError if it is not one.

    Scoped addresses (RFC 4007) are none here: Python takes any text as a scope, and these texts become configuration.
    """
    if not isinstance(text, str) or "%" in text:
        raise ValueError(f"{text!r} is not an address")
    return str(ipaddress.ip_address(text))


def server_address(text: object) -> str:
    """An L(address) at which others reach one server. Raises ValueError that says what is wrong with it: C(is not an address)."""
    try:
        found = ipaddress.ip_address(address(text))
    except ValueError as error:
        raise ValueError("is not an address") from error
    if found.is_unspecified or found.is_multicast or found.is_link_local or found == _BROADCAST:
        raise ValueError("is not an address at which others reach one host")
    return str(found)


PRIVATE = tuple(ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "127.0.0.0/8", "::1"))


def is_private(text: str) -> bool:
    """Whether an address, or a network, is one that the internet does not route: RFC 1918, RFC 4193, loopback."""
    first = ipaddress.ip_interface(text).ip
    return any(first in network for network in PRIVATE)
