# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for mail and services."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.targets import Addressed, NoAlias
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    Place,
    ZoneView,
    place_of,
)


class MailAlias(NoAlias):
    id = "mx-alias"
    level = WARNING
    source = "RFC 2181 section 10.3"
    summary = "Mail servers are not aliases."
    example = '[{name: "@", type: MX, value: 10 mail}, {name: mail, type: CNAME, value: mail.example.net.}]'
    type = "MX"
    what = "mail servers"


class ServiceAlias(NoAlias):
    id = "srv-alias"
    level = WARNING
    source = "RFC 2782"
    summary = "Hosts of services are not aliases."
    example = "[{name: _sip._udp, type: SRV, value: 0 0 5060 sip}, {name: sip, type: CNAME, value: sip.example.net.}]"
    type = "SRV"
    what = "hosts of services"


class MailAddress(Addressed):
    id = "mx-address"
    source = "RFC 5321 section 5.1"
    summary = "Mail servers inside the zone have addresses."
    example = '[{name: "@", type: MX, value: 10 mail}]'
    type = "MX"


class ServiceAddress(Addressed):
    id = "srv-address"
    source = "RFC 2782"
    summary = "Hosts of services inside the zone have addresses."
    example = "[{name: _sip._udp, type: SRV, value: 0 0 5060 sip}]"
    type = "SRV"


class NullMail(Validator):
    id = "null-mx"
    level = WARNING
    source = "RFC 7505 section 3"
    summary = "An MX that says there is no mail has no other MX beside it."
    example = '[{name: "@", type: MX, value: [0 ., 10 mail.example.net.]}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("MX"):
            if record.rdata.endswith(" .") and len(zone.by_owner[record.owner.lower()]["MX"]) > 1:
                yield Finding(place_of(record), f"{record.rdata} says that there is no mail, and others stand beside it", "keep either it or the others")


class SenderPolicy(Validator):
    id = "spf-single"
    level = WARNING
    source = "RFC 7208 section 4.5"
    summary = "A name has at most one SPF policy."
    example = '[{name: "@", type: TXT, value: [v=spf1 mx -all, v=spf1 a -all]}]'

    _POLICY = re.compile(r'"v=spf1[ "]', re.IGNORECASE)

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        count: dict[str, int] = defaultdict(int)
        for record in zone.of_type("TXT"):
            if self._POLICY.match(record.rdata):
                count[record.owner.lower()] += 1
        for owner, policies in count.items():
            if policies > 1:
                yield Finding(Place(owner, "TXT"), f"has {policies} SPF policies, so that none is valid", "merge them into one text that starts with v=spf1")
