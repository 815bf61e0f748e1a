# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out all about one delegation: what the parent says, what the child says. No I/O.

``investigate`` is a generator: it yields lists of Request, is sent the list of what came back, and returns Facts. Many
investigations run side by side in lockstep, so that their questions share round trips; see investigating.py.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import newest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question, Reply
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer

PAYLOAD = 1232
MOST_SERVERS = 40  # addresses of one zone's or parent's servers that are asked
UDP, TCP, AXFR = "udp", "tcp", "axfr"


class Request(NamedTuple):
    """One question for one address. With AXFR, ``question`` is the zone's name, and a word for the outcome comes back."""

    address: str
    question: Any
    transport: str = UDP


class Delegation(NamedTuple):
    """What is to be investigated. ``name_servers``: the declared ones, {name: addresses}, None when not declared.

    ``families``: the IP versions over which servers can be asked.
    """

    zone: Any  # dns.name.Name
    name_servers: Mapping[Any, Sequence[str]] | None = None
    parent_servers: Sequence[str] = ()  # addresses; found with the resolvers when empty
    families: Sequence[int] = (4, 6)


class Referral(NamedTuple):
    """What one server of the parent says about the child. ``problem`` is a word when it says nothing of use."""

    name_servers: frozenset[Any] = frozenset()
    glue: Mapping[Any, frozenset[str]] = {}
    ds: frozenset[str] = frozenset()
    problem: str | None = None


class Child(NamedTuple):
    """What one address of a server of the child says. Each is a Reply or an Answer with a problem."""

    soa: Any
    soa_tcp: Any
    soa_edns: Any
    ns: Any
    dnskey: Any
    cds: Any
    mx: Any
    recursion: Any
    transfer: str
    addresses: Mapping[Any, frozenset[str]]  # of name servers inside the zone, as this server has them; none if it says so


class Facts:
    """All that was found out. Names are dns.name.Name, addresses and DS data text, times seconds since 1970."""

    def __init__(self, wanted: Delegation, now: float = 0.0):
        self.zone = wanted.zone
        self.declared = wanted.name_servers
        self.now = now
        self.parent: Any = None
        self.parent_problem = ""
        self.referrals: dict[str, Referral] = {}  # by the parent server's address
        self.addresses: dict[Any, list[str]] = {}  # of each name server
        self.aliases: dict[Any, Any] = {}  # name → what its CNAME points to
        self.children: dict[tuple[Any, str], Child] = {}  # by name server and address

    @property
    def parent_answers(self) -> bool:
        return any(referral.problem is None for referral in self.referrals.values())

    @property
    def parent_name_servers(self) -> frozenset[Any]:
        return frozenset().union(*(referral.name_servers for referral in self.referrals.values()))

    @property
    def parent_glue(self) -> dict[Any, set[str]]:
        return _union(referral.glue for referral in self.referrals.values())

    @property
    def parent_ds(self) -> frozenset[str]:
        return frozenset().union(*(referral.ds for referral in self.referrals.values()))

    @property
    def soas(self) -> dict[tuple[Any, str], Any]:
        """The SOA of each server of the child that answers for the zone with authority."""
        found = {place: records(child.soa, self.zone, "SOA") for place, child in self.children.items() if is_authoritative(child.soa)}
        return {place: soas[0] for place, soas in found.items() if soas}

    @property
    def newest(self) -> list[Child]:
        """The servers with the newest serial. What these say is what the zone says; the others will."""
        soas = self.soas
        serial = newest(soa.serial for soa in soas.values())
        return [self.children[place] for place, soa in soas.items() if soa.serial == serial]

    @property
    def child_name_servers(self) -> frozenset[Any]:
        return frozenset().union(*(name_servers_in(child.ns, self.zone) for child in self.newest))

    @property
    def child_addresses(self) -> dict[Any, set[str]]:
        return _union(child.addresses for child in self.newest)

    def needs_glue(self, name: Any) -> bool:
        """Whether the parent must give the address, because only the zone itself has it (RFC 9471)."""
        return name.is_subdomain(self.zone)


def _union(mappings: Iterable[Mapping[Any, Iterable[str]]]) -> dict[Any, set[str]]:
    found: dict[Any, set[str]] = {}
    for mapping in mappings:
        for name, addresses in mapping.items():
            found.setdefault(name, set()).update(addresses)
    return found


def is_authoritative(answer: Any) -> bool:
    """Whether this is an authoritative answer without error."""
    return answer.problem is None and answer.rcode == 0 and answer.aa


def records(answer: Any, name: Any, rdtype: str, section: str = "answer") -> list[Any]:
    """The records of this owner and type; none when the answer is none."""
    if answer.problem is not None:
        return []
    return [rdata for rrset in answer.rrsets(rdtype, section) if rrset.name == name for rdata in rrset]


def name_servers_in(answer: Any, zone: Any) -> frozenset[Any]:
    return frozenset(rdata.target for rdata in records(answer, zone, "NS")) if is_authoritative(answer) else frozenset()


def ds_text(rdata: Any) -> str:
    """A DS or CDS record's data: key tag, algorithm, digest type, and digest in lower case."""
    return f"{rdata.key_tag} {int(rdata.algorithm)} {int(rdata.digest_type)} {rdata.digest.hex()}"


def investigate(wanted: Delegation, resolvers: Sequence[str], outside_name: Any, now: float) -> Generator[list[Request], list[Any], Facts]:
    """All questions about one delegation. ``resolvers``: addresses that answer recursive questions."""
    facts = Facts(wanted, now)
    parent_addresses = list(wanted.parent_servers)
    if not parent_addresses:
        parent_addresses = yield from _find_parent(facts, resolvers)
    yield from _ask_parent(facts, _askable(parent_addresses, wanted.families)[:MOST_SERVERS])
    names = facts.parent_name_servers | frozenset(wanted.name_servers or ())
    # a second time for the name servers, and the addresses, that only the child knows
    for _round in range(2):
        new = sorted(name for name in names if not facts.addresses.get(name))
        yield from _find_addresses(facts, new, resolvers)
        yield from _ask_children(facts, new, outside_name, wanted.families)
        names |= facts.child_name_servers
    yield from _find_aliases(facts, resolvers)
    return facts


def _askable(addresses: Iterable[str], families: Sequence[int]) -> list[str]:
    return [address for address in addresses if ipaddress.ip_address(address).version in families]


def _recursive(resolvers: Sequence[str], name: Any, rdtype: str) -> list[Request]:
    return [Request(resolver, Question(name, rdtype, recursive=True)) for resolver in resolvers]


def _first_answer(answers: Iterable[Reply | Answer]) -> Any:
    """The first resolver's answer that says something; otherwise the first failure."""
    answers = list(answers)
    useful = [answer for answer in answers if answer.problem is None and answer.rcode in (0, 3)]
    return (useful or answers)[0]


def _resolve(resolvers: Sequence[str], questions: Sequence[tuple[Any, str]]) -> Generator[list[Request], list[Any], list[Any]]:
    answers = yield [request for name, rdtype in questions for request in _recursive(resolvers, name, rdtype)]
    step = len(resolvers)
    return [_first_answer(answers[at : at + step]) for at in range(0, len(answers), step)]


def _find_parent(facts: Facts, resolvers: Sequence[str]) -> Generator[list[Request], list[Any], list[str]]:
    """Addresses of the servers of the zone above; sets facts.parent."""
    if facts.zone == dns.name.root:
        facts.parent_problem = "the root has no parent"
        return []
    above = facts.zone.parent()
    (answer,) = yield from _resolve(resolvers, [(above, "SOA")])
    if answer.problem is not None or answer.rcode not in (0, 3):
        what = answer.problem or dns.rcode.to_text(answer.rcode)
        facts.parent_problem = f"the resolvers do not answer for {above}: {what}"
        return []
    # an empty non-terminal or a name inside a zone is answered with that zone's SOA
    owners = [rrset.name for section in ("answer", "authority") for rrset in answer.rrsets("SOA", section)]
    owners = [owner for owner in owners if above.is_subdomain(owner)]
    if not owners:
        facts.parent_problem = f"no zone above {facts.zone} is known to the resolvers"
        return []
    facts.parent = max(owners, key=len)
    (answer,) = yield from _resolve(resolvers, [(facts.parent, "NS")])
    names = sorted(rdata.target for rdata in records(answer, facts.parent, "NS"))
    found = yield from _addresses(names, resolvers)
    addresses = [address for name in names for address in found[name]]
    if not addresses:
        facts.parent_problem = f"no address of the servers of {facts.parent} is known to the resolvers"
    return list(dict.fromkeys(addresses))


def _addresses(names: Sequence[Any], resolvers: Sequence[str]) -> Generator[list[Request], list[Any], dict[Any, list[str]]]:
    """Addresses of names as the resolvers have them, through aliases."""
    questions = [(name, rdtype) for name in names for rdtype in ("A", "AAAA")]
    answers = (yield from _resolve(resolvers, questions)) if questions else []
    found: dict[Any, list[str]] = {name: [] for name in names}
    for (name, rdtype), answer in zip(questions, answers):
        if answer.problem is None:
            found[name] += sorted({rdata.address for rrset in answer.rrsets(rdtype) for rdata in rrset})
    return found


def _ask_parent(facts: Facts, addresses: Sequence[str]) -> Generator[list[Request], list[Any], None]:
    requests = [
        request
        for address in addresses
        for request in (
            Request(address, Question(facts.zone, "NS", payload=PAYLOAD)),
            Request(address, Question(facts.zone, "DS", payload=PAYLOAD)),
        )
    ]
    answers = (yield requests) if requests else []
    for address, ns, ds in zip(addresses, answers[::2], answers[1::2]):
        facts.referrals[address] = read_referral(ns, ds, facts.zone)


def read_referral(ns: Any, ds: Any, zone: Any) -> Referral:
    """What a parent's server says. One that serves the child as well answers instead of referring."""
    for answer in (ns, ds):
        if answer.problem is not None:
            return Referral(problem=answer.problem)
        if answer.rcode not in (0, 3):
            return Referral(problem=dns.rcode.to_text(answer.rcode))
    section = "answer" if records(ns, zone, "NS") else "authority"
    names = frozenset(rdata.target for rdata in records(ns, zone, "NS", section))
    glue: dict[Any, set[str]] = {}
    for rdtype in ("A", "AAAA"):
        for rrset in ns.rrsets(rdtype, "additional"):
            if rrset.name in names:
                glue.setdefault(rrset.name, set()).update(rdata.address for rdata in rrset)
    return Referral(
        names,
        {name: frozenset(addresses) for name, addresses in glue.items()},
        frozenset(ds_text(rdata) for rdata in records(ds, zone, "DS")),
    )


def _find_addresses(facts: Facts, names: Sequence[Any], resolvers: Sequence[str]) -> Generator[list[Request], list[Any], None]:
    """Where each name server can be reached: as declared, from glue, from the zone itself, or from the resolvers."""
    zone_servers = [address for _name, address in facts.soas][:1]
    inside = [name for name in names if facts.needs_glue(name)]
    outside = [name for name in names if not facts.needs_glue(name)]
    found = yield from _addresses(outside, resolvers)
    if zone_servers:
        found.update((yield from _addresses(inside, zone_servers)))
    glue = facts.parent_glue
    for name in names:
        declared = (facts.declared or {}).get(name, ())
        facts.addresses[name] = list(dict.fromkeys([*declared, *sorted(glue.get(name, ())), *found.get(name, ())]))


def _ask_children(facts: Facts, names: Sequence[Any], outside_name: Any, families: Sequence[int]) -> Generator[list[Request], list[Any], None]:
    zone = facts.zone
    inside = sorted(name for name in facts.addresses if facts.needs_glue(name))
    places = [(name, address) for name in names for address in _askable(facts.addresses[name], families)][:MOST_SERVERS]
    address_questions = [Question(name, rdtype) for name in inside for rdtype in ("A", "AAAA")]
    requests = []
    for _name, address in places:
        requests += [
            Request(address, Question(zone, "SOA")),
            Request(address, Question(zone, "SOA"), TCP),
            Request(address, Question(zone, "SOA", payload=PAYLOAD)),
            Request(address, Question(zone, "NS")),
            Request(address, Question(zone, "DNSKEY", payload=PAYLOAD, dnssec=True)),
            Request(address, Question(zone, "CDS", payload=PAYLOAD)),
            Request(address, Question(zone, "MX")),
            Request(address, Question(outside_name, "A", recursive=True)),
            Request(address, zone, AXFR),
            *(Request(address, question) for question in address_questions),
        ]
    answers = (yield requests) if requests else []
    step = 9 + len(address_questions)
    for number, place in enumerate(places):
        mine = answers[number * step : (number + 1) * step]
        own: dict[Any, set[str]] = {}
        for question, answer in zip(address_questions, mine[9:]):
            if answer.problem is None and answer.aa and answer.rcode in (0, 3):
                rdtype = dns.rdatatype.to_text(question.rdtype)
                found = {rdata.address for rdata in records(answer, question.name, rdtype)}
                own.setdefault(question.name, set()).update(found)
        child_addresses = {name: frozenset(addresses) for name, addresses in own.items()}
        facts.children[place] = Child(*mine[:9], child_addresses)


def _find_aliases(facts: Facts, resolvers: Sequence[str]) -> Generator[list[Request], list[Any], None]:
    """Which of the names that must not be aliases are one: asked where they are, else at the resolvers."""
    names = set(facts.addresses)
    for child in facts.children.values():
        names.update(rdata.mname for rdata in records(child.soa, facts.zone, "SOA"))
        names.update(rdata.exchange for rdata in records(child.mx, facts.zone, "MX"))
    ordered = sorted(name for name in names if name != dns.name.root)
    own_servers = [address for _name, address in facts.soas][:1]
    requests = []
    for name in ordered:
        places = own_servers if name.is_subdomain(facts.zone) and own_servers else resolvers[:1]
        requests += [Request(place, Question(name, "CNAME", recursive=place not in own_servers)) for place in places]
    answers = (yield requests) if requests else []
    for request, answer in zip(requests, answers):
        for rdata in records(answer, request.question.name, "CNAME"):
            facts.aliases[request.question.name] = rdata.target


def is_public(address: str) -> bool:
    """Whether the address can be reached from everywhere (RFC 6890)."""
    return ipaddress.ip_address(address).is_global
