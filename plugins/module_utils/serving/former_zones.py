# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server has from before this collection: of zones that it is to write for the first time, and of those that are somebody else's."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving import condition, served_serials

# Data that consists of names, numbers, addresses, or digits of base16 and base32 (RFC 4648) alone, so that upper and lower case are the same.
_WITHOUT_CASE = {
    "A", "AAAA", "AFSDB", "APL", "CDS", "CNAME", "DNAME", "DS", "EUI48", "EUI64", "KX", "L32", "L64", "LP", "MX",
    "NID", "NS", "NSEC", "NSEC3", "NSEC3PARAM", "PTR", "RP", "RT", "SMIMEA", "SOA", "SRV", "SSHFP", "TLSA", "ZONEMD",
}
_UNKNOWN = "\\#"  # data of any type in base16 (RFC 3597 section 5)
_OF_PARAMETERS = {"SVCB", "HTTPS"}  # whose values may have quotation marks (RFC 9460 section 2.1)


def held(state, zones, answered):
    """{zone: L(Holding)}. answered: those for which the server answers this host. Raises Refused where that cannot be told."""
    return state.software.held(zones, answered, state.lost, _is_plain(state))


def left_out(state):
    """Zones that the host would no longer serve because they were in the first file of somebody else, which is about to be replaced."""
    return set() if state.entry.is_ours() else state.software.left_out(state.payload["config"], _declared(state))


def staying(state):
    """Zones of such a file that go on being somebody else's, in files that are not replaced; without those in views."""
    if state.entry.is_ours():
        return []
    listed = {zone for zone in state.software.listed() if not view_of(zone)}
    return sorted(listed - left_out(state) - {*state.software.brought, *map(domain_of, _declared(state))}) if listed else []


def _declared(state):
    return [*state.payload["zones"], *state.payload["secondary"], *state.payload["members"]]


def records(state, zones):
    """{zone: its records as lines, see L(difference.records_of)} of those of which the server has records."""
    if not state.running or not zones:
        return {}
    answered = condition.serials(state.software, state.payload, [zone for zone in zones if not view_of(zone)], served_serials.seconds_to_ask(zones))
    return {zone: lines(zone, holding.text) for zone, holding in held(state, zones, answered).items() if holding.text}


def folded(line):
    """A line such that equal records have equal ones, whichever program wrote them."""
    owner, ttl, rdtype, data = line.split(" ", 3)
    data = "".join(data.split())
    if rdtype in _OF_PARAMETERS:
        data = data.replace('"', "")
    return owner.lower(), ttl, rdtype, data.lower() if rdtype in _WITHOUT_CASE or data.startswith(_UNKNOWN) else data


def lines(zone, text):
    """The records in a text that has one a line, in full, without class and with owners relative to the zone, as this collection writes them."""
    apex = domain_of(zone).rstrip(".").lower() + "."
    found = []
    for owner, ttl, _class, rdtype, data in (fields for fields in (row.split(None, 4) for row in text.splitlines()) if len(fields) == 5):
        name = owner.lower()
        relative = "@" if name == apex else owner[: -len(apex) - 1] if name.endswith("." + apex) else owner
        found.append(f"{relative} {ttl} {rdtype} {data}")
    return found


def _is_plain(state):
    """Whether the server reads a configuration of this collection that has zones which no view has to itself."""
    return state.entry.is_ours() and not state.lost and any(entry[3] and not view_of(entry[3]["zone"]) for entry in state.current.files.values())
