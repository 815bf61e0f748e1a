# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does an answer prove what it says: the signatures in it, and that a name or a type is not there? No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec import nsec3
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet, of_section, types_in
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures

NS, CNAME, SOA, DNAME, DS, NSEC, NSEC3 = 2, 5, 6, 39, 43, 47, 50
PROOFS = (NSEC, NSEC3)
NXDOMAIN = 3


def check_answer(name: Any, rdtype: int, reply: Any, signatures: Signatures) -> Iterator[Finding]:
    """What is wrong with a server's answer (question.Reply) for a name and type of the zone."""
    zone = signatures.zone
    what = f"{name.to_text()} {dns.rdatatype.to_text(rdtype)}"
    answer = {key: one for key, one in of_section(reply.message.answer).items() if key[0].is_subdomain(zone)}
    authority = of_section(reply.message.authority)
    made = {owner for owner, covered in answer if covered == DNAME}  # a CNAME that follows from a DNAME is not signed
    for (owner, covered), one in answer.items():
        if covered == CNAME and not one.signatures and any(owner.is_subdomain(above) and owner != above for above in made):
            continue
        yield from signatures.check(one)
    proofs = [one for (owner, covered), one in authority.items() if covered in PROOFS and owner.is_subdomain(zone)]
    for (owner, covered), one in authority.items():
        if (covered in (SOA, DS, *PROOFS) or (one.signatures and covered != NS)) and owner.is_subdomain(zone):
            yield from signatures.check(one)
    yield from nsec3.check_iterations(one for one in proofs if one.rrset.rdtype == NSEC3)
    wild = [signature.labels for one in answer.values() if one.rrset for signature in one.signatures if signature.labels < _labels(one.rrset.name)]
    if wild:
        problem = _no_closer(name, min(wild), proofs)
        if problem:
            yield Finding("denial_wrong", f"{what} comes from a wildcard: {problem}")
    if any(one.rrset for one in answer.values()):
        return
    if reply.rcode == NXDOMAIN:
        problem = _no_name(name, proofs, zone)
        if problem:
            yield Finding("denial_wrong", f"{what} is said not to exist: {problem}")
        return
    cut = referral(reply, zone)
    if cut is None:
        problem = _no_type(name, rdtype, proofs, zone)
        if problem:
            yield Finding("denial_wrong", f"{what} is said not to exist: {problem}")
    elif not ((cut, DS) in authority and authority[cut, DS].rrset):
        problem = _no_type(cut, DS, proofs, zone)
        if problem:
            yield Finding("denial_wrong", f"{cut.to_text()} is said to be delegated without a DS: {problem}")


def referral(reply: Any, zone: Any) -> Any:
    """The name to whose servers this answer refers, None for any other answer. It has no AA (RFC 1034, section 4.3.2)."""
    if reply.rcode or reply.message.answer or reply.aa:
        return None
    return next((rrset.name for rrset in reply.rrsets("NS", "authority") if rrset.name != zone and rrset.name.is_subdomain(zone)), None)


def _labels(name: Any) -> int:
    """As an RRSIG record counts them (RFC 4034, section 3.1.3)."""
    return len(name) - 1 - (1 if name.is_wild() else 0)


def _ancestor(name: Any, labels: int) -> Any:
    """The end of the name with so many labels, the root apart."""
    return name.split(labels + 1)[1]


class _Nsec:
    """Proofs by NSEC records (RFC 4035, section 3.1.3)."""

    def __init__(self, proofs: Iterable[SignedSet]):
        self.records = {one.rrset.name: one.rrset[0] for one in proofs if one.rrset and one.rrset.rdtype == NSEC}

    def covering(self, name: Any) -> Any:
        """The owner of the record that says that there is no such name."""
        for owner, rdata in self.records.items():
            inside = owner < name < rdata.next if owner < rdata.next else owner < name
            if not inside:
                continue
            listed = types_in(rdata.windows)
            if name.is_subdomain(owner) and (DNAME in listed or (NS in listed and SOA not in listed)):
                continue  # of a zone above, which knows nothing about names down here (RFC 6840, section 4.1)
            return owner
        return None

    def closest_encloser(self, name: Any) -> Any:
        owner = self.covering(name)
        return max((_common(name, other) for other in (owner, self.records[owner].next)), key=len)


def _common(one: Any, other: Any) -> Any:
    return one.split(one.fullcompare(other)[2])[1]


class _Nsec3:
    """Proofs by NSEC3 records (RFC 5155, section 8)."""

    def __init__(self, proofs: Iterable[SignedSet], zone: Any):
        self.zone = zone
        self.records: dict[str, Any] = {}
        self.parameters: nsec3.Parameters | None = None
        for one in proofs:
            if one.rrset and one.rrset.rdtype == NSEC3:
                rdata = one.rrset[0]
                self.parameters = self.parameters or nsec3.parameters_of(rdata)
                if nsec3.parameters_of(rdata) == self.parameters and rdata.algorithm == nsec3.SHA1:
                    self.records[nsec3.hashed_label(one.rrset.name)] = rdata

    def matching(self, name: Any) -> Any:
        return self.records.get(self.parameters.hash(name)) if self.parameters else None

    def covering(self, name: Any) -> Any:
        if not self.parameters:
            return None
        hashed = self.parameters.hash(name)
        return next((rdata for owner, rdata in self.records.items() if nsec3.covers(owner, nsec3.next_hash(rdata), hashed)), None)

    def closest_encloser(self, name: Any) -> tuple[Any, Any] | None:
        """The closest name above that exists, and the record that says that the next one down does not."""
        following = name
        while following != self.zone:
            above = following.parent()
            if self.matching(above) is not None:
                covering = self.covering(following)
                return (above, covering) if covering is not None else None
            following = above
        return None


def _wildcard(above: Any) -> Any:
    return dns.name.from_text("*", above)


def _no_name(name: Any, proofs: list[SignedSet], zone: Any) -> str | None:
    """What is missing in the proof that there is neither the name nor a wildcard for it."""
    if not proofs:
        return "no NSEC or NSEC3 record proves it"
    nsec = _Nsec(proofs)
    if nsec.records:
        if nsec.covering(name) is None:
            return "no NSEC record denies it"
        wildcard = _wildcard(nsec.closest_encloser(name))
        return None if nsec.covering(wildcard) is not None else f"no NSEC record denies {wildcard.to_text()}"
    hashed = _Nsec3(proofs, zone)
    found = hashed.closest_encloser(name)
    if found is None:
        return "the NSEC3 records do not deny it"
    wildcard = _wildcard(found[0])
    return None if hashed.covering(wildcard) is not None else f"no NSEC3 record denies {wildcard.to_text()}"


def _no_type(name: Any, rdtype: int, proofs: list[SignedSet], zone: Any) -> str | None:
    """What is missing in the proof that the name has no such records."""
    if not proofs:
        return "no NSEC or NSEC3 record proves it"
    nsec = _Nsec(proofs)
    if nsec.records:
        if name in nsec.records:
            return _listed(nsec.records[name], rdtype)
        owner = nsec.covering(name)
        if owner is None:
            return "no NSEC record denies it"
        if nsec.records[owner].next.is_subdomain(name):
            return None  # the name has no records and is there because of one below
        wildcard = _wildcard(nsec.closest_encloser(name))
        if wildcard in nsec.records:
            return _listed(nsec.records[wildcard], rdtype)
        return f"there is no NSEC record of {wildcard.to_text()}"
    hashed = _Nsec3(proofs, zone)
    matching = hashed.matching(name)
    if matching is not None:
        return _listed(matching, rdtype)
    found = hashed.closest_encloser(name)
    if found is None:
        return "the NSEC3 records do not deny it"
    above, covering = found
    if rdtype == DS and covering.flags & nsec3.OPT_OUT:
        return None
    matching = hashed.matching(_wildcard(above))
    return _listed(matching, rdtype) if matching is not None else "no NSEC3 record is for it"


def _listed(rdata: Any, rdtype: int) -> str | None:
    listed = types_in(rdata.windows)
    if rdtype in listed or CNAME in listed:
        return f"its own {dns.rdatatype.to_text(rdata.rdtype)} record lists {dns.rdatatype.to_text(rdtype if rdtype in listed else CNAME)}"
    return None


def _no_closer(name: Any, labels: int, proofs: list[SignedSet]) -> str | None:
    """What is missing in the proof that nothing closer than the wildcard matches (RFC 4035, section 5.3.4; RFC 5155, section 8.8)."""
    nsec = _Nsec(proofs)
    if nsec.records:
        return None if nsec.covering(name) is not None else "no NSEC record denies the name itself"
    hashed = _Nsec3(proofs, None)
    return None if hashed.covering(_ancestor(name, labels + 1)) is not None else "no NSEC or NSEC3 record denies the name itself"
