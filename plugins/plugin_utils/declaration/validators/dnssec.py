# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the records of DNSSEC."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    Place,
    ZoneView,
    place_of,
)


class SignerApex(Validator):
    id = "apex-ds"
    source = "RFC 4035 section 2.4"
    summary = "The apex has no DS records."
    example = "[{type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if "DS" in zone.by_owner.get("@", ()):
            yield Finding(Place("@", "DS"), "stands at the apex", "give it to the parent zone")


class SignerDelegation(Validator):
    id = "ds-delegation"
    loaded = True
    source = "RFC 4035 section 2.4"
    summary = "DS records below the apex stand only where the zone delegates."
    example = "[{name: sub, type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("DS"):
            if record.owner != "@" and record.owner.lower() not in zone.delegations:
                yield Finding(place_of(record), "stands where nothing is delegated", f"add the NS records of {record.owner}, or remove the DS")
