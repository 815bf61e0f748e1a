# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what all servers of a zone and of the zone above said to a state for each of them. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.chain import check_zone
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.delegation_signer import check_cds, check_ds, ds_text
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.denial import check_answer, referral
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding, Findings
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import Sets, SignedSet, of_section
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures, key_text, moment
from ansible_collections.authoritative.dns.plugins.module_utils.proof.soa_serials import name_problem
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server, place
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import NOERROR, NXDOMAIN
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import judge_rcode

SOA, DS, DNSKEY, CDS, CDNSKEY = 6, 43, 48, 59, 60
DAY = 86400  # s
FINDINGS_TOLD = 3
SEP = 0x0001


class Wanted(NamedTuple):
    """What is expected. expect: any, signed or secure. warning, critical: days that signatures must still be good. levels: see L(Findings)."""

    expect: str = "any"
    warning: float = 3.0
    critical: float = 1.0
    levels: Mapping[str, str] = {}


class Question(NamedTuple):
    """A name and a type of the zone, and what came for it: a Reply of wire/question.py, or an Answer with a problem."""

    name: Any
    rdtype: int
    answer: Any

    @property
    def text(self) -> str:
        return f"{self.name.to_text()} {dns.rdatatype.to_text(self.rdtype)}"


class Seen:
    """What one server of the zone said. dnskey and soa are asked for first, further answers only where there are keys."""

    def __init__(self, server: Server, zone: Any, dnskey: Any, soa: Any):
        self.server = server
        self.first = [Question(zone, DNSKEY, dnskey), Question(zone, SOA, soa)]
        self.further: list[Question] = []
        self.transferred: Sets | None = None
        self.not_transferred = ""  # why a transfer that was asked for by name did not come
        self.problem: tuple[str, str] | None = None
        self.keys = SignedSet([], [])
        self.has_signatures = False
        for question in self.first:
            problem = problem_of(question.answer, server.role)
            if problem is not None:
                self.problem = self.problem or (problem[0], f"{dns.rdatatype.to_text(question.rdtype)}{f': {problem[1]}' if problem[1] else ''}")
                continue
            found = of_section(question.answer.message.answer).get((zone, question.rdtype))
            if found is not None and question.rdtype == DNSKEY and found.rrset:
                self.keys = found
            self.has_signatures = self.has_signatures or bool(found is not None and found.signatures)

    @property
    def has_keys(self) -> bool:
        return bool(self.keys.rrset)


class Verdict(NamedTuple):
    """What is true of one server. until: Unix time of the end of the first signature. checked: number of record sets whose signatures were."""

    server: Server
    role: str | None
    state: str
    ok: bool
    detail: str
    findings: Sequence[Mapping[str, Any]] = ()
    keys: Sequence[Mapping[str, Any]] = ()
    ds: Sequence[str] = ()
    until: int | None = None
    checked: int = 0
    source: str | None = None


def problem_of(answer: Any, role: str | None) -> tuple[str, str] | None:
    """State and detail of an answer that says nothing about the zone's content."""
    if answer.problem is not None:
        return name_problem(answer, role)
    if answer.rcode not in (NOERROR, NXDOMAIN):
        return name_problem(judge_rcode(answer.message), role)
    if not answer.aa:
        return "not_authoritative", "answered without AA"
    return None


def judge(zone: Any, servers: Sequence[Seen], parents: Sequence[tuple[Server, Any]], wanted: Wanted, now: int) -> list[Verdict]:
    """One verdict for each server of the zone, then one for each of the zone above. parents: a server, and its answer about the DS."""
    known: dict[Any, Any] = {}
    above = [(server, *read_ds(zone, answer, server)) for server, answer in parents]
    signed = [seen.server for seen in servers if seen.has_keys or seen.has_signatures]
    why = ""
    if signed:
        why = f"{signed[0].place} serves the zone signed"
    elif any(dses for _server, dses, _problem in above):
        why = "the zone above has a DS for it"
    elif wanted.expect != "any":
        why = "it ought to be signed"
    checks = [(seen, Signatures(zone, seen.keys, now, known) if seen.has_keys else None) for seen in servers]
    found = [_judge_server(seen, signatures, why, wanted) for seen, signatures in checks]
    for (seen, signatures), findings in zip(checks, found):
        if signatures is not None:
            findings.add(_check_other_signers(signatures, seen, checks))
    verdicts = [_verdict(seen, signatures, findings, now) for (seen, signatures), findings in zip(checks, found)]
    keys = {seen.server.place: seen.keys for seen in servers if seen.has_keys}
    answered = any(seen.problem is None for seen in servers)
    return verdicts + [_judge_parent(zone, server, dses, problem, keys, answered, wanted) for server, dses, problem in above]


def _judge_server(seen: Seen, signatures: Signatures | None, why: str, wanted: Wanted) -> Findings:
    findings = Findings(wanted.levels)
    if seen.problem is not None:
        findings.add([Finding(*seen.problem)])
    elif signatures is None:
        if seen.has_signatures:
            findings.add([Finding("no_dnskey", "the zone is signed, and has no DNSKEY record")])
        elif why:
            findings.add([Finding("unsigned", why)])
    if signatures is None or seen.problem is not None:
        return findings
    findings.add(signatures.check_keys())
    asked = {}
    for question in seen.first + seen.further:
        problem = problem_of(question.answer, seen.server.role)
        if problem is not None and not (question.answer.problem is None and referral(question.answer, signatures.zone) is not None):
            findings.add([Finding(problem[0], f"{question.text}{f': {problem[1]}' if problem[1] else ''}")])
            continue
        findings.add(check_answer(question.name, question.rdtype, question.answer, signatures))
        asked[question.rdtype] = of_section(question.answer.message.answer).get((signatures.zone, question.rdtype), SignedSet([], [])).rrset
    if seen.transferred is not None:
        findings.add(check_zone(signatures.zone, seen.transferred, signatures))
    if seen.not_transferred:
        findings.add([Finding("not_transferred", seen.not_transferred)])
    findings.add(check_cds(signatures.zone, asked.get(CDS, ()), asked.get(CDNSKEY, ()), seen.keys.rrset))
    if signatures.until is not None:
        left = (signatures.until - signatures.now) / DAY
        if left < max(wanted.warning, wanted.critical):
            level = "error" if left < wanted.critical else None
            findings.add([Finding("signature_expiring", f"the first signature ends on {moment(signatures.until)}, in {left:.1f} days", level)])
    return findings


def _check_other_signers(signatures: Signatures, seen: Seen, checks: Sequence[tuple[Seen, Signatures | None]]) -> Iterator[Finding]:
    """A resolver may take the keys from this server and records from another one."""
    for other, by_other in checks:
        if by_other is None or other is seen:
            continue
        for tag, algorithm in sorted(by_other.signers - signatures.keys.keys()):
            yield Finding("keys_differ", f"{other.server.place} signs by {key_text(tag, algorithm)}, which is not among the DNSKEY records here")


def _verdict(seen: Seen, signatures: Signatures | None, findings: Findings, now: int) -> Verdict:
    told = findings.told
    state = told[0]["state"] if told else "signed" if signatures else "unsigned"
    signing = signatures.signers if signatures else set()
    keys = [
        {
            "key_tag": dns.dnssec.key_id(key),
            "algorithm": int(key.algorithm),
            "sep": bool(key.flags & SEP),
            "signs": (dns.dnssec.key_id(key), int(key.algorithm)) in signing,
        }
        for key in seen.keys.rrset
    ]
    return Verdict(
        seen.server,
        seen.server.role,
        state,
        findings.ok,
        _detail(told),
        told,
        keys,
        (),
        signatures.until if signatures else None,
        signatures.checked if signatures else 0,
        None if signatures is None else "transfer" if seen.transferred is not None else "questions",
    )


def _detail(told: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for number, kind in enumerate(told[:FINDINGS_TOLD]):
        more = f" (and {kind['count'] - 1} more)" if kind["count"] > 1 else ""
        parts.append(f"{kind['state'] + ' ' if number else ''}{kind['texts'][0]}{more}")
    return "; ".join(parts)


def read_ds(zone: Any, answer: Any, server: Server) -> tuple[list[Any], tuple[str, str] | None]:
    """The DS records that a server of the zone above has, and what is wrong with its answer."""
    problem = problem_of(answer, None)
    if problem is not None:
        return [], problem
    found = of_section(answer.message.answer).get((zone, DS))
    if found is not None and found.rrset:
        return list(found.rrset), None
    if any(rrset.rdtype == SOA and rrset.name == zone for rrset in answer.message.authority):
        return [], ("not_authoritative", "it has the zone itself, and not the one above")
    return [], None


def _judge_parent(
    zone: Any, server: Server, dses: list[Any], problem: tuple[str, str] | None, keys: Mapping[str, SignedSet], answered: bool, wanted: Wanted
) -> Verdict:
    findings = Findings(wanted.levels)
    state = "secure" if dses else "insecure"
    if problem is not None:
        findings.add([Finding(*problem)])
    elif not dses and wanted.expect == "secure":
        findings.add([Finding("ds_missing", "there is no DS")])
    elif dses and not keys and not answered:
        findings.add([Finding("no_reference", "no server of the zone says which keys it has")])
    elif dses:
        findings.add(check_ds(zone, dses, keys))
    told = findings.told
    if told:
        state = told[0]["state"]
    return Verdict(server, "parent", state, findings.ok, _detail(told), told, ds=[ds_text(ds) for ds in dses])


def describe(result: Mapping[str, Any]) -> str:
    """One result as a line of a message."""
    parent = " (zone above)" if result["role"] == "parent" else ""
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{result['zone']} at {place(result)}{parent}: {result['state']}{detail}"
