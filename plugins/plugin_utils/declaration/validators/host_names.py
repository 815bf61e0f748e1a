# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for names of hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    ADDRESS_TYPES,
    SOA_RECORD,
    ZoneView,
    place_of,
)


class HostNames(Validator):
    id = "host-name"
    loaded = True
    source = "RFC 1123 section 2.1, BIND's check-names"
    summary = "Hosts have names of letters, digits and hyphens: owners of A, AAAA and MX, and the targets of MX, NS, SRV and reverse PTR."
    example = "[{name: file_server, type: A, value: 192.0.2.1}]"

    _HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+\Z", re.IGNORECASE)
    _OWNER_TYPES = ("A", "AAAA", "MX")
    # With the field of the presentation format that is a host's name.
    _TARGETS = (("NS", 0), ("MX", 1), ("SRV", 3), ("AFSDB", 1), ("RT", 1), ("SVCB", 1), ("HTTPS", 1))
    _SERVICE_TYPES = ("SVCB", "HTTPS")
    _RIGHT = "use letters, digits and inner hyphens; underscores are for records that are no hosts"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        is_host = self._HOST.match
        apex = f"{zone.name}." if zone.name != "." else ""
        plain_apex = not apex or is_host(apex)
        for rdtype in self._OWNER_TYPES:
            for record in zone.by_type.get(rdtype, ()):
                owner = record.owner
                if plain_apex and (owner in ("@", "*") or owner.isalnum() and owner.isascii()):
                    continue
                name = apex if owner in ("@", "*") else f"{owner.removeprefix('*.')}.{apex}"
                if not is_host(name) and not self._tolerated(name.lower(), rdtype):
                    yield Finding(place_of(record), f"{name} is not a host's name", self._RIGHT)
        for rdtype, field in self._TARGETS:
            for record in zone.by_type.get(rdtype, ()):
                target = record.rdata.split(" ", field + 1)[field]
                if rdtype in self._SERVICE_TYPES and record.rdata.startswith("0 "):
                    continue  # AliasMode: an owner of such records, and no host (RFC 9460 section 2.4.2)
                if not is_host(target) and target != ".":
                    yield Finding(place_of(record), f"{target} is not a host's name", self._RIGHT)
        if zone.soa is not None:
            if zone.soa.mname != "." and not is_host(zone.soa.mname):
                yield Finding(SOA_RECORD, f"mname {zone.soa.mname} is not a host's name", self._RIGHT)
            domain = "".join(f"{label}." for label in labels_of(zone.soa.rname)[1:])
            if domain and not is_host(domain):
                yield Finding(SOA_RECORD, f"the domain of rname {zone.soa.rname} is not a host's name", self._RIGHT)
        if apex.endswith((".in-addr.arpa.", ".ip6.arpa.")):
            for record in zone.by_type.get("PTR", ()):
                if not is_host(record.rdata) and record.rdata != "." and not record.owner.lower().endswith("._dns-sd._udp"):
                    yield Finding(place_of(record), f"{record.rdata} is not a host's name", self._RIGHT)

    def _tolerated(self, name: str, rdtype: str) -> bool:
        """Active Directory's global catalogue, and the names that SPF's ``exists`` asks for."""
        if rdtype in ADDRESS_TYPES and name.startswith("gc._msdcs.") and self._HOST.match(name[len("gc._msdcs.") :]):
            return True
        return rdtype == "A" and not {"_spf", "_spf_rate", "_spf_verify"}.isdisjoint(labels_of(name))
