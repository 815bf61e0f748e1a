# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for what means something in one notation and nothing in another: it is served as it stands."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import ZoneView, place_of


class AtSigns(Validator):
    id = "name-at-sign"
    level = WARNING
    source = "RFC 1035 section 5.1"
    summary = "No label is an at sign: it means the zone only where it stands alone."
    example = '[{name: "_sip._tls.@", type: TXT, value: x}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner, types in zone.by_owner.items():
            if "\\@" in owner and "\\@" in (labels := labels_of(owner)):
                meant = ".".join(label for label in labels if label != "\\@") or "@"
                first = [records[0] for records in types.values()][0]
                yield Finding(place_of(first), "has a label that is an at sign", f"write {meant}, which is relative to the zone")


class TextEscapes(Validator):
    id = "txt-escape"
    level = WARNING
    source = "RFC 7208 section 3.3, RFC 6376 section 3.6.1, RFC 7489 section 6.1"
    summary = "No TXT record has a backslash before a semicolon or a quotation mark, left over from the escapes of another notation."
    example = "[{name: _dmarc, type: TXT, value: 'v=DMARC1\\; p=none'}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("TXT", "SPF"):
            if "\\\\;" in record.rdata or '\\\\\\"' in record.rdata:
                right = "write the text as it is to be served: plain text needs no escapes, and in a master file one backslash is enough"
                yield Finding(place_of(record), "is served with a backslash before a semicolon or a quotation mark", right)
