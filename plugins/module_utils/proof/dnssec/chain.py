# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what a zone transfer brought signed as a whole, and is its chain of NSEC or NSEC3 records complete? No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec import nsec3
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import Sets, SignedSet, type_list, types_in
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures

NS, SOA, DNAME, DS, RRSIG, NSEC, NSEC3, NSEC3PARAM = 2, 6, 39, 43, 46, 47, 50, 51
AT_CUT = frozenset({DS, NSEC})  # what is the parent's own at a delegation (RFC 4035, section 2.2)


class ZoneView:
    """The names of a zone, sorted into what is its own, what it delegates and what lies below."""

    def __init__(self, zone: Any, sets: Sets):
        self.zone = zone
        self.nsec3s: dict[str, SignedSet] = {}
        self.names: dict[Any, dict[int, SignedSet]] = {}
        for (owner, rdtype), one in sets.items():
            if rdtype == NSEC3:
                self.nsec3s[nsec3.hashed_label(owner)] = one
            else:
                self.names.setdefault(owner, {})[rdtype] = one
        self.cuts = {owner for owner, types in self.names.items() if owner != zone and self._has(types, NS)}
        self._hiding = self.cuts | {owner for owner, types in self.names.items() if self._has(types, DNAME)}
        self.own = sorted(owner for owner, types in self.names.items() if not self.is_hidden(owner) and any(one.rrset for one in types.values()))

    @staticmethod
    def _has(types: dict[int, SignedSet], rdtype: int) -> bool:
        return rdtype in types and bool(types[rdtype].rrset)

    def above(self, owner: Any) -> Iterator[Any]:
        """The names from the parent of this one up to the apex."""
        while owner != self.zone and len(owner) > len(self.zone):
            owner = owner.parent()
            yield owner

    def is_hidden(self, owner: Any) -> bool:
        """Whether a delegation or a DNAME above makes the name none of the zone's own."""
        return any(name in self._hiding for name in self.above(owner))

    def signed_types(self, owner: Any) -> frozenset[int]:
        """The types at one of the zone's own names that have to be signed."""
        present = frozenset(rdtype for rdtype, one in self.names.get(owner, {}).items() if one.rrset)
        return present & AT_CUT if owner in self.cuts else present

    def listed_types(self, owner: Any) -> frozenset[int]:
        """The types that an NSEC or NSEC3 record lists for it, RRSIG apart (RFC 6840, section 5.1 and RFC 5155, section 7.1)."""
        present = frozenset(rdtype for rdtype, one in self.names.get(owner, {}).items() if one.rrset)
        return present & {NS, DS, NSEC} if owner in self.cuts else present


def check_zone(zone: Any, sets: Sets, signatures: Signatures) -> Iterator[Finding]:
    """Everything that a complete transfer tells."""
    view = ZoneView(zone, sets)
    own = set(view.own)
    for owner, types in view.names.items():
        wanted = view.signed_types(owner) if owner in own else frozenset()
        for rdtype, one in types.items():
            if rdtype in wanted:
                yield from signatures.check(one)
            elif one.signatures:
                yield Finding("signature_stray", f"{one.text}: {_why_stray(view, owner, one)}")
    for one in view.nsec3s.values():
        yield from signatures.check(one)
    parameters = view.names.get(zone, {}).get(NSEC3PARAM)
    if parameters is not None and parameters.rrset:
        yield from nsec3.check_iterations([parameters])
        for chain in sorted({nsec3.parameters_of(rdata) for rdata in parameters.rrset if not rdata.flags}):
            yield from _check_nsec3(view, chain)
    elif view.nsec3s:
        yield Finding("chain_broken", "there are NSEC3 records and no NSEC3PARAM record")
    else:
        yield from _check_nsec(view)


def _why_stray(view: ZoneView, owner: Any, one: SignedSet) -> str:
    if not one.rrset:
        return "signed, and not there"
    if owner in view.cuts:
        return "signed at a delegation, where it is not the zone's own"
    return "signed below a delegation, where it is not the zone's own"


def _check_nsec(view: ZoneView) -> Iterator[Finding]:
    for owner, types in view.names.items():
        if NSEC in types and types[NSEC].rrset and view.is_hidden(owner):
            yield Finding("chain_broken", f"{owner.to_text()} has an NSEC record below a delegation")
    for number, owner in enumerate(view.own):
        following = view.own[(number + 1) % len(view.own)]
        found = view.names[owner].get(NSEC)
        if found is None or not found.rrset:
            yield Finding("chain_broken", f"{owner.to_text()} has no NSEC record")
            continue
        if len(found.rrset) > 1:
            yield Finding("chain_broken", f"{owner.to_text()} has {len(found.rrset)} NSEC records")
        rdata = found.rrset[0]
        if rdata.next != following:
            yield Finding("chain_broken", f"the NSEC record of {owner.to_text()} leads to {rdata.next.to_text()} instead of {following.to_text()}")
        yield from _check_types(f"the NSEC record of {owner.to_text()}", types_in(rdata.windows), view.listed_types(owner) | {RRSIG})


def _check_types(what: str, listed: frozenset[int], present: frozenset[int]) -> Iterator[Finding]:
    if listed != present:
        parts = [f"denies {type_list(present - listed)}"] if present - listed else []
        parts += [f"lists {type_list(listed - present)}, which is not there"] if listed - present else []
        yield Finding("chain_broken", f"{what} {' and '.join(parts)}")


def _check_nsec3(view: ZoneView, chain: nsec3.Parameters) -> Iterator[Finding]:
    if chain.algorithm != nsec3.SHA1:
        yield Finding("chain_broken", f"NSEC3 hash algorithm {chain.algorithm} is not defined")
        return
    found = {hashed: one.rrset[0] for hashed, one in view.nsec3s.items() if one.rrset and nsec3.parameters_of(one.rrset[0]) == chain}
    if not found:
        yield Finding("chain_broken", "the NSEC3PARAM record announces a chain of which there is no NSEC3 record")
        return
    order = sorted(found)
    names: dict[str, Any] = {}
    for owner in view.own:
        for name in (owner, *view.above(owner)):  # names between that have no records are in the chain too
            names.setdefault(chain.hash(name), name)
    for number, hashed in enumerate(order):
        rdata, following = found[hashed], order[(number + 1) % len(order)]
        if nsec3.next_hash(rdata) != following:
            yield Finding("chain_broken", f"the NSEC3 record {hashed} leads to {nsec3.next_hash(rdata)} instead of {following}")
        if hashed not in names:
            yield Finding("chain_broken", f"the NSEC3 record {hashed} is for no name of the zone")
    may_skip = _skipped_by_opt_out(view)
    for hashed, owner in names.items():
        if hashed in found:
            types = view.listed_types(owner)
            signed = view.signed_types(owner)
            yield from _check_types(f"the NSEC3 record of {owner.to_text()}", types_in(found[hashed].windows), types | ({RRSIG} if signed else set()))
        elif not (owner in may_skip and _is_opted_out(hashed, order, found)):
            yield Finding("chain_broken", f"{owner.to_text()} has no NSEC3 record")


def _skipped_by_opt_out(view: ZoneView) -> set[Any]:
    """Delegations without DS, and names without records that only lead to such (RFC 5155, section 7.1)."""
    insecure = {owner for owner in view.cuts if DS not in view.signed_types(owner)}
    needed = {name for owner in view.own if owner not in insecure for name in (owner, *view.above(owner))}
    return {name for owner in insecure for name in (owner, *view.above(owner))} - needed


def _is_opted_out(hashed: str, order: list[str], found: dict[str, Any]) -> bool:
    return any(nsec3.covers(owner, order[(number + 1) % len(order)], hashed) and found[owner].flags & nsec3.OPT_OUT for number, owner in enumerate(order))
