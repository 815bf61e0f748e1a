# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones as they came over the wire: master files of them, and the names in a catalog zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import canonical_order, to_text

_OF_SIGNERS = ("RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY")
_VERSIONS = ('"1"', '"2"')


class NotTakenOver(ValueError):
    """The zone cannot be declared. The text says why, and what would be right."""


def zone_text(zone: str, records: Iterable[bytes], origin: str) -> str:
    """The master file of a zone: its SOA record first, then canonical order. records: in canonical form. origin: from where, for the remark.

    Raises NotTakenOver for a zone that its server signs.
    """
    lines = [to_text(record).split(None, 4) for record in sorted(records, key=canonical_order)]
    if any(kind in _OF_SIGNERS for _owner, _ttl, _class, kind, *_rdata in lines):
        raise NotTakenOver(
            "is signed, and without its keys nobody else can sign it so; transfer it from where it is not signed yet, or bring its keys too "
            "(docs/signed-zones.md)"
        )
    soa = [line for line in lines if line[3] == "SOA"]
    remark = f"; {zone}, transferred from {origin} by authoritative.dns\n"
    return remark + "".join(" ".join(line) + "\n" for line in (*soa, *(line for line in lines if line[3] != "SOA")))


def members(catalog: str, records: Iterable[bytes]) -> Sequence[str]:
    """The zones in a catalog zone (RFC 9432 section 4.1), without the final dot, sorted. Raises NotTakenOver for what is none."""
    lines = [to_text(record).split(None, 4) for record in records]
    apex = catalog.rstrip(".").lower() + "."
    version = [line[4] for line in lines if line[0] == f"version.{apex}" and line[3] == "TXT"]
    if len(version) != 1 or version[0] not in _VERSIONS:
        raise NotTakenOver("is no catalog zone, for its version record does not say 1 or 2; name zones in gather_zones instead")
    found = {line[4].rstrip(".").lower() for line in lines if line[3] == "PTR" and line[0].partition(".")[2] == f"zones.{apex}"}
    return sorted(found)
