# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declared zone says of the declared zones below it: their NS records, glue (RFC 1034 section 4.2.1, RFC 9471), and which DS follow from their keys.

What is written in the zone above itself wins: nothing is added to it, and nothing taken away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import ADDRESS_TYPES, ancestors

OPTION = "delegated"


def nearest_above(name: str, zones: Mapping[str, object]) -> str | None:
    """The nearest of these zones that a name is below, the root among them."""
    return next((above for above in (*names.above(name), ".") if above in zones and above != name), None)


def of_declared(drafts: Mapping[str, Draft], findings: Findings) -> dict[str, list[str]]:
    """The zones that a declared zone above delegates by itself, by the name of that. Not of those in views, which may have one on one side alone."""
    found: dict[str, list[str]] = defaultdict(list)
    everywhere = {name: draft for name, draft in drafts.items() if draft.view is None}
    for name, draft in drafts.items():
        wanted = draft.options.get(OPTION, True)
        if not isinstance(wanted, bool):
            findings.problem(draft.where, f"{OPTION} is {wanted!r}", "write true to have a declared zone above delegate it, or false")
        above = nearest_above(name, everywhere) if wanted is True and name in everywhere else None
        if above is not None:
            found[above].append(name)
    return found


def complete(zones: Mapping[str, Zone], below: Mapping[str, Sequence[str]], findings: Findings) -> dict[str, Zone]:
    """The zones, with what follows from those below them. below: see L(of_declared). Warnings about what does not follow go to findings."""
    result = dict(zones)
    for above, children in below.items():
        zone = zones.get(above)
        if zone is not None and not zone.content.signed and any(server.managed for server in zone.primaries):
            result[above] = _Above(zone, zones, findings).delegating([zones[name] for name in children if name in zones])
    return result


class _Above:
    """A zone with what it says itself."""

    def __init__(self, zone: Zone, zones: Mapping[str, Zone], findings: Findings) -> None:
        self.zone, self.zones, self.findings = zone, zones, findings
        self.suffix = "." + zone.name.lstrip(".")  # of names below it, without a final dot
        self.types: dict[str, set[str]] = defaultdict(set)
        for record in zone.content.records:
            self.types[record.owner.lower()].add(record.type)
        self.cuts = {owner for owner, types in self.types.items() if owner != "@" and not types.isdisjoint(("NS", "DNAME"))}

    def delegating(self, children: Sequence[Zone]) -> Zone:
        servers = {server.rstrip(".").lower() for child in children for server in child.content.apex_servers}
        occupied: dict[str, str] = {}  # names at or above what the zone says itself and a delegation would hide
        for owner, types in self.types.items():
            if types - {"DS"} - (ADDRESS_TYPES if self._absolute(owner) in servers else set()):
                occupied.update((name, owner) for name in (owner, *ancestors(owner)))
        new: dict[tuple[str, str, str], Record] = {}
        signed: list[str] = []
        for child in children:
            owner = self._relative(child.name)
            if not self.cuts.isdisjoint(ancestors(owner)):
                continue  # that name is somebody else's to delegate
            written = "NS" in self.types.get(owner, ())
            if not written:
                why = self._why_not(child, owner, occupied)
                if why:
                    self.findings.warning(f"zone {self.zone.name}", f"does not delegate {child.name}, which is declared too: {why[0]}", why[1])
                    continue
                new.update(((record.owner, record.type, record.rdata), record) for record in self._delegation(child, owner))
            if child.dnssec and "DS" not in self.types.get(owner, ()):
                signed.append(child.name)
        if signed and self.zone.serial_policy == "keep":
            wrong = f"keeps the serial of its file, so that the DS records of {', '.join(signed)} do not follow here"
            self.findings.warning(f"zone {self.zone.name}", wrong, "let its serial be increment, or write the DS records yourself")
            signed = []
        content = self.zone.content.extended(new.values()) if new else self.zone.content
        return replace(self.zone, content=content, signed_delegations=tuple(signed))

    def _why_not(self, child: Zone, owner: str, occupied: Mapping[str, str]) -> tuple[str, str] | None:
        """What is in the way of a delegation, and what would be right."""
        by_hand = f"write its NS records there yourself, or {OPTION}: false for {child.name}"
        if self.zone.serial_policy == "keep":
            return "it keeps the serial of its file, which would not move with it", f"{by_hand}, or let serial be increment"
        if owner in occupied:
            return f"it has records of {occupied[owner]}, which that would hide", f"move them to {child.name}, or {by_hand}"
        for server in child.content.apex_servers:
            name = server.rstrip(".").lower()
            if self._is_own(name) and not self._has_address(name):
                return f"its name server {server} has no address here", f"add its address, or {by_hand}"
            if self._of(name) is child and not self._addresses(child, name):
                return f"its name server {server} has no address in it", f"add its address there, or {by_hand}"
        return None

    def _delegation(self, child: Zone, owner: str) -> Iterator[Record]:
        ttl = self.zone.content.soa.ttl
        for server in child.content.apex_servers:
            yield Record(owner, ttl, "NS", server)
            name = server.rstrip(".").lower()
            holder = self._of(name)
            if holder is not None and holder is not self.zone and ADDRESS_TYPES.isdisjoint(self.types.get(self._relative(name), ())):
                yield from (Record(self._relative(name), ttl, address.type, address.rdata) for address in self._addresses(holder, name))

    def _of(self, name: str) -> Zone | None:
        """The declared zone that has a name, if it is this zone or one below it."""
        if self.zone.name not in (".", name) and not name.endswith(self.suffix):
            return None
        holder = name if name in self.zones else nearest_above(name, self.zones)
        return self.zones[holder] if holder is not None else None

    def _is_own(self, name: str) -> bool:
        return self._of(name) is self.zone and self.cuts.isdisjoint((owner := self._relative(name), *ancestors(owner)))

    def _has_address(self, name: str) -> bool:
        """A wildcard may be one; where it is not, the server's own checker says so."""
        return not ADDRESS_TYPES.isdisjoint(self.types.get(self._relative(name), ())) or any(owner.startswith("*") for owner in self.types)

    @staticmethod
    def _addresses(holder: Zone, name: str) -> list[Record]:
        return [record for record in holder.content.addresses if names.absolute_text(record.owner, holder.name).rstrip(".").lower() == name]

    def _relative(self, name: str) -> str:
        return "@" if name == self.zone.name else name if self.zone.name == "." else name[: -len(self.suffix)]

    def _absolute(self, owner: str) -> str:
        return names.absolute_text(owner, self.zone.name).rstrip(".").lower()
