# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record sets with the signatures over them, wherever they came from. No I/O."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import owner_end


class SignedSet(NamedTuple):
    """A record set (dns.rrset.RRset) and the RRSIG records over it; the set is empty where only signatures came."""

    rrset: Any
    signatures: list[Any]

    @property
    def text(self) -> str:
        return f"{self.rrset.name.to_text()} {dns.rdatatype.to_text(self.rrset.rdtype)}"


Sets = Mapping[tuple[Any, int], SignedSet]  # by owner (dns.name.Name, which ignores case) and type


def of_transfer(records: Iterable[bytes]) -> dict[tuple[Any, int], SignedSet]:
    """The sets among canonical records (transfer/records.py). Raises what dnspython raises for data that its type cannot have."""
    return _grouped(_read(records))


def of_section(rrsets: Iterable[Any]) -> dict[tuple[Any, int], SignedSet]:
    """The sets in a section of a message."""
    return _grouped((rrset.name, rrset.ttl, rdata) for rrset in rrsets if rrset.rdclass == dns.rdataclass.IN for rdata in rrset)


def _read(records: Iterable[bytes]) -> Iterator[tuple[Any, int, Any]]:
    owners: dict[bytes, Any] = {}
    for record in records:
        at = owner_end(record)
        owner = owners.get(record[:at])
        if owner is None:
            owner = owners[record[:at]] = dns.name.from_wire(record, 0)[0]
        rdtype, rdclass, ttl = struct.unpack_from("!2HI", record, at)
        yield owner, ttl, dns.rdata.from_wire(rdclass, rdtype, record, at + 8, len(record) - at - 8)


def _grouped(records: Iterable[tuple[Any, int, Any]]) -> dict[tuple[Any, int], SignedSet]:
    sets: dict[tuple[Any, int], SignedSet] = {}
    for owner, ttl, rdata in records:
        is_signature = rdata.rdtype == dns.rdatatype.RRSIG
        rdtype = rdata.type_covered if is_signature else rdata.rdtype
        known = sets.get((owner, rdtype))
        if known is None:
            known = sets[owner, rdtype] = SignedSet(dns.rrset.RRset(owner, dns.rdataclass.IN, rdtype), [])
        if is_signature:
            known.signatures.append(rdata)
        else:
            known.rrset.add(rdata, ttl)
    return sets


def types_in(bitmap: Iterable[tuple[int, bytes]]) -> frozenset[int]:
    """The types that an NSEC or NSEC3 record lists (RFC 4034, section 4.1.2); ``bitmap`` is its field ``windows``."""
    return frozenset(
        window * 256 + index * 8 + bit for window, octets in bitmap for index, octet in enumerate(octets) for bit in range(8) if octet & (0x80 >> bit)
    )


def type_list(types: Iterable[int]) -> str:
    return " ".join(dns.rdatatype.to_text(rdtype) for rdtype in sorted(types)) or "nothing"
