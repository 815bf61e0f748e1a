# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that packages bring to every BIND, for the names that RFC 6303 and RFC 1912 section 4.1 want answered there, and the root's hints."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file

ROOT = "."
_HELD = ("primary", "master")
_NAMES = {"localhost", "localhost.localdomain", "0.in-addr.arpa", "127.in-addr.arpa", "255.in-addr.arpa", "0.0.127.in-addr.arpa"}
_NAMES |= {"1.0.0.127.in-addr.arpa", "0." * 32 + "ip6.arpa", "1." + "0." * 31 + "ip6.arpa"}
_LOOPBACK = {("A", "127.0.0.1"), ("AAAA", "::1"), ("PTR", "localhost.")}
_ROOT_SERVERS = {f"{letter}.root-servers.net." for letter in "abcdefghijklm"}
_ROOT_ADDRESSES = {"198.41.0.4", "192.33.4.12", "192.203.230.10", "192.5.5.241", "192.112.36.4", "192.36.148.17", "193.0.14.129"}  # that never changed


def is_brought(domain: str, kind: str, text: str | None) -> bool:
    """Whether a zone of such a name says what packages have it say, too. kind: its type in named.conf. text: its content, None if there is none.

    No package brings what is transferred, of which more than the apex may not have been read.
    """
    if text is None or not (kind == "hint" if domain == ROOT else domain in _NAMES and kind in _HELD):
        return False
    records = [(record.type, record.rdata.lower()) for record in parse_zone_file(text, dns.name.from_text(domain), f"zone {domain}").records]
    servers = {data for rdtype, data in records if rdtype == "NS"}
    if domain == ROOT:  # a network may have a root of its own
        return servers <= _ROOT_SERVERS and any(data in _ROOT_ADDRESSES for _rdtype, data in records)
    return all(record in _LOOPBACK or record[0] in ("SOA", "NS") for record in records)
