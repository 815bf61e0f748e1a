# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each server of the zone above leads to a zone's keys, and has the DS records that the zone asks for. For what looks often, and at many zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.delegation_signer import REMOVE, ds_text, is_for
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import of_section
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import CDS, DNSKEY, read_ds
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server, read_name
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question

PAYLOAD = 1232  # bytes; passes every path without being fragmented (RFC 9715)


def look(
    zones: Sequence[Mapping[str, Any]], servers: Mapping[str, Server], ask: Callable[..., list[list[Any]]]
) -> Iterator[tuple[str, str, bool | None, bool | None]]:
    """(zone, server of the zone above, whether its DS records lead to a key at each server of the zone, whether they are those that the zone asks for).

    zones: C(name), C(servers) and C(parent_servers), by names in servers. ask: as L(wire.client.ask), of the jobs alone.

    A key counts that signs the zone's keys. The third is None without a DS, or without a server that answers for the zone; the fourth where the zone has no
    CDS records (RFC 7344). A server of the zone above that gives no answer is left out.
    """
    jobs: dict[str, list[tuple[Any, str]]] = {}
    for zone in zones:
        qname = read_name(zone["name"], "zones")
        for role, types in (("servers", ("DNSKEY", "CDS")), ("parent_servers", ("DS",))):
            for name in zone[role]:
                jobs.setdefault(name, []).extend((qname, rdtype) for rdtype in types)
    asked = ask([(servers[name], [Question(*one, payload=PAYLOAD, dnssec=True) for one in questions]) for name, questions in jobs.items()])
    said = {(name, *one): answer.answer for (name, questions), answers in zip(jobs.items(), asked) for one, answer in zip(questions, answers)}
    for zone in zones:
        qname = read_name(zone["name"], "zones")
        keys = [_signing(said[name, qname, "DNSKEY"], qname) for name in zone["servers"]]
        wanted = {ds_text(cds) for name in zone["servers"] for cds in _records(said[name, qname, "CDS"], qname, CDS)}
        for name in zone["parent_servers"]:
            dses, problem = read_ds(qname, said[name, qname, "DS"], servers[name])
            if problem is None:
                yield zone["name"], name, _leads(qname, dses, [shown for shown in keys if shown is not None]), _as_asked(dses, wanted)


def _records(answer: Any, qname: Any, rdtype: int) -> Sequence[Any]:
    if answer.problem is not None or answer.rcode or not answer.aa:
        return ()
    found = of_section(answer.message.answer).get((qname, dns.rdatatype.RdataType.make(rdtype)))
    return tuple(found.rrset) if found else ()


def _signing(answer: Any, qname: Any) -> Sequence[Any] | None:
    """The keys by which a server has the zone's keys signed, none where it has it unsigned; None where it does not say."""
    if answer.problem is not None or answer.rcode or not answer.aa:
        return None
    found = of_section(answer.message.answer).get((qname, DNSKEY))
    signing = {(signature.key_tag, int(signature.algorithm)) for signature in found.signatures} if found else set()
    return tuple(key for key in found.rrset if (dns.dnssec.key_id(key), int(key.algorithm)) in signing) if found else ()


def _leads(qname: Any, dses: Sequence[Any], keys: Sequence[Sequence[Any]]) -> bool | None:
    return all(any(is_for(qname, ds, key) for ds in dses for key in shown) for shown in keys) if dses and keys else None


def _as_asked(dses: Sequence[Any], wanted: set[str]) -> bool | None:
    """Other digests of the same keys are as good, so that of each that is asked for the key is enough."""
    if not wanted:
        return None
    asked = {tuple(text.split()[:2]) for text in wanted if text.split()[1] != str(REMOVE)}
    return {(str(ds.key_tag), str(int(ds.algorithm))) for ds in dses} == asked
