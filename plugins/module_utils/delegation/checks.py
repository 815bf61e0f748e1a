# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of a delegation. Each check takes Facts and yields what is wrong; no I/O.

Ids and intent are those of Zonemaster's test cases, so that a finding can be looked up there; the words are ours.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.facts import (
    Facts,
    is_authoritative,
    is_public,
    name_servers_in,
    records,
)
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.registrar import ds_of, signatures_of_keys, signing_keys

LEVELS = ("ignore", "notice", "warning", "error")


class Finding(NamedTuple):
    """One thing that is wrong. level: one of LEVELS."""

    check: str
    level: str
    text: str


class Check(NamedTuple):
    """One check: its default level, what must be true, and where that is written."""

    level: str
    rule: str
    source: str
    find: Callable[[Facts], Iterable[str]]


CHECKS: dict[str, Check] = {}


def check(identity: str, level: str, rule: str, source: str) -> Callable[[Any], Any]:
    def register(find: Callable[[Facts], Iterable[str]]) -> Callable[[Facts], Iterable[str]]:
        CHECKS[identity] = Check(level, rule, source, find)
        return find

    return register


def find_all(facts: Facts, levels: dict[str, str]) -> list[Finding]:
    """The findings of all checks whose level is not ``ignore``, in the order of the checks."""
    return [Finding(identity, levels[identity], text) for identity, rule in CHECKS.items() if levels[identity] != "ignore" for text in rule.find(facts)]


def _text(name: Any) -> str:
    return name.to_text(omit_final_dot=True)


def _list(items: Iterable[Any]) -> str:
    return ", ".join(sorted(item if isinstance(item, str) else _text(item) for item in items)) or "none"


def _place(place: tuple[Any, str]) -> str:
    return f"{_text(place[0])} ({place[1]})"


def _places(facts: Facts, is_it: Callable[[Any], bool]) -> str:
    return ", ".join(_place(place) for place, child in facts.children.items() if is_it(child))


def _soas(facts: Facts) -> dict[str, Any]:
    return {_place(place): soa for place, soa in facts.soas.items()}


def _differing(values: dict[str, Any]) -> Iterator[str]:
    """One text when not all servers say the same: who says what."""
    by_value: dict[Any, list[str]] = {}
    for place, value in values.items():
        by_value.setdefault(value, []).append(place)
    if len(by_value) > 1:
        yield "; ".join(f"{value} at {', '.join(places)}" for value, places in by_value.items())


def _problem(answer: Any) -> str:
    if answer.problem is not None:
        return answer.problem
    rcode = dns.rcode.to_text(answer.rcode)
    return rcode if answer.rcode or answer.aa else f"{rcode} without authority"


@check("BASIC01", "error", "the zone above answers, and delegates the zone", "RFC 1034, section 4.2.1")
def parent_answers(facts: Facts) -> Iterator[str]:
    if not facts.referrals:
        yield facts.parent_problem or "no server of the zone above has an address that can be asked"
    elif not facts.parent_answers:
        problems = ", ".join(f"{referral.problem} at {address}" for address, referral in facts.referrals.items())
        yield f"no server of the zone above answers: {problems}"
    elif not facts.parent_name_servers:
        yield f"the parent does not delegate {_text(facts.zone)}"


@check("BASIC02", "error", "at least one name server answers for the zone", "RFC 1034, section 4.1")
def somebody_answers(facts: Facts) -> Iterator[str]:
    if not facts.soas:
        tried = ", ".join(_place(place) for place in facts.children)
        yield f"nobody answers with authority; asked {tried}" if tried else "no name server's address is known"


@check("DELEGATION01", "error", "there are at least two name servers", "RFC 1034, section 4.1")
def enough_name_servers(facts: Facts) -> Iterator[str]:
    for where, names in (("parent", facts.parent_name_servers), ("zone itself", facts.child_name_servers)):
        if len(names) == 1:
            yield f"the {where} has one name server only, {_list(names)}"


@check("DELEGATION02", "error", "name servers have addresses of their own", "RFC 1912, section 2.8")
def distinct_addresses(facts: Facts) -> Iterator[str]:
    owners: dict[str, list[Any]] = {}
    for name, addresses in facts.addresses.items():
        for address in addresses:
            owners.setdefault(address, []).append(name)
    for address, names in owners.items():
        if len(names) > 1:
            yield f"{address} is the address of {_list(names)}"


@check("DELEGATION03", "warning", "a referral fits into 512 bytes", "RFC 1035, section 2.3.4")
def referral_fits(facts: Facts) -> Iterator[str]:
    names = facts.parent_name_servers
    if not names:
        return
    size = referral_size(facts)
    if size > 512:
        yield f"with {len(names)} name servers a referral takes {size} bytes"


def referral_size(facts: Facts) -> int:
    """Bytes of the referral for the longest name in the zone, with one IPv4 and one IPv6 glue address."""
    zone = facts.zone
    longest = zone
    while True:
        room = min(63, 254 - len(longest.to_wire()))
        if room < 1:
            break
        longest = dns.name.Name((b"x" * room, *longest.labels))
    message = dns.message.make_response(dns.message.make_query(longest, "A"))
    targets = [_text(name) + "." for name in sorted(facts.parent_name_servers)]
    message.authority.append(dns.rrset.from_text(zone, 0, "IN", "NS", *targets))
    glue = facts.parent_glue
    for rdtype, version in (("A", 4), ("AAAA", 6)):
        for name in sorted(glue):
            matching = [address for address in sorted(glue[name]) if ipaddress.ip_address(address).version == version]
            if matching:
                message.additional.append(dns.rrset.from_text(name, 0, "IN", rdtype, matching[0]))
                break
    return len(message.to_wire())


@check("DELEGATION04", "error", "every name server answers with authority, so none is lame", "RFC 1912, section 2.8")
def no_lame_servers(facts: Facts) -> Iterator[str]:
    for place, child in facts.children.items():
        for transport, answer in (("UDP", child.soa), ("TCP", child.soa_tcp)):
            # silence is told by CONNECTIVITY01 and 02
            if answer.problem is None and not is_authoritative(answer):
                yield f"{_place(place)} answers {_problem(answer)} over {transport}"


@check("DELEGATION05", "error", "the name of a name server is no alias", "RFC 2181, section 10.3")
def no_alias_as_name_server(facts: Facts) -> Iterator[str]:
    for name in facts.addresses:
        if name in facts.aliases:
            yield f"{_text(name)} is an alias of {_text(facts.aliases[name])}"


@check("DELEGATION06", "error", "every name server that answers has the SOA", "RFC 1034, section 4.2.1")
def soa_everywhere(facts: Facts) -> Iterator[str]:
    for place, child in facts.children.items():
        if is_authoritative(child.soa) and not records(child.soa, facts.zone, "SOA"):
            yield f"{_place(place)} answers with authority, but without an SOA"


@check("DELEGATION07", "error", "parent and zone name the same name servers, and the declared ones", "RFC 1034, section 4.2.2")
def same_name_servers(facts: Facts) -> Iterator[str]:
    declared = facts.declared and frozenset(facts.declared)
    sides = {"the parent": facts.parent_name_servers, "the zone itself": facts.child_name_servers, "the declaration": declared}
    told = {where: names for where, names in sides.items() if names}  # a side that says nothing is told elsewhere
    for name in sorted(frozenset().union(*told.values())):
        missing = [where for where, names in told.items() if name not in names]
        if missing:
            yield f"{_text(name)} is missing in {' and '.join(missing)}"


@check("CONSISTENCY01", "warning", "all name servers have the same serial", "RFC 1034, section 4.3.5")
def same_serial(facts: Facts) -> Iterator[str]:
    return _differing({place: f"serial {soa.serial}" for place, soa in _soas(facts).items()})


@check("CONSISTENCY02", "notice", "all name servers have the same RNAME", "RFC 1035, section 3.3.13")
def same_rname(facts: Facts) -> Iterator[str]:
    return _differing({place: _text(soa.rname.canonicalize()) for place, soa in _soas(facts).items()})


@check("CONSISTENCY03", "notice", "all name servers have the same SOA timers", "RFC 1035, section 3.3.13")
def same_timers(facts: Facts) -> Iterator[str]:
    return _differing({place: f"{soa.refresh} {soa.retry} {soa.expire} {soa.minimum}" for place, soa in _soas(facts).items()})


@check("CONSISTENCY04", "notice", "all name servers have the same NS records", "RFC 1034, section 4.2.2")
def same_ns_everywhere(facts: Facts) -> Iterator[str]:
    answers = {place: facts.children[place].ns for place in facts.soas}
    return _differing({_place(place): _list(name_servers_in(ns, facts.zone)) for place, ns in answers.items() if is_authoritative(ns)})


@check("CONSISTENCY05", "error", "the parent's glue is what the zone itself has", "RFC 1034, section 4.2.2")
def same_glue(facts: Facts) -> Iterator[str]:
    glue, own = facts.parent_glue, facts.child_addresses
    for name in sorted(name for name in facts.addresses if facts.needs_glue(name)):
        declared = set((facts.declared or {}).get(name, ()))
        sides = {"glue": glue.get(name), "in the zone": own.get(name), "declared": declared or None}
        told = {where: addresses for where, addresses in sides.items() if addresses is not None}
        if any(addresses != other for addresses in told.values() for other in told.values()):
            yield f"{_text(name)} has " + ", ".join(f"{_list(addresses)} ({where})" for where, addresses in told.items())
        if name in facts.parent_name_servers and name not in glue:
            yield f"{_text(name)} is inside the zone and has no glue"


@check("CONSISTENCY06", "notice", "all name servers have the same MNAME", "RFC 1035, section 3.3.13")
def same_mname(facts: Facts) -> Iterator[str]:
    return _differing({place: _text(soa.mname.canonicalize()) for place, soa in _soas(facts).items()})


@check("CONNECTIVITY01", "error", "every name server answers over UDP", "RFC 1035, section 4.2")
def answers_over_udp(facts: Facts) -> Iterator[str]:
    return _silent(facts, "soa", "UDP")


@check("CONNECTIVITY02", "error", "every name server answers over TCP", "RFC 7766, section 5")
def answers_over_tcp(facts: Facts) -> Iterator[str]:
    return _silent(facts, "soa_tcp", "TCP")


def _silent(facts: Facts, field: str, transport: str) -> Iterator[str]:
    for place, child in facts.children.items():
        answer = getattr(child, field)
        if answer.problem is not None:
            yield f"{_place(place)} does not answer over {transport}: {answer.problem}"


@check("CONNECTIVITY04", "notice", "name servers are in more than one network", "RFC 2182, section 3.1")
def several_networks(facts: Facts) -> Iterator[str]:
    # without a routing table: IPv4 networks of /24 and IPv6 networks of /48, the longest prefixes that are announced
    for version, length in ((4, 24), (6, 48)):
        addresses = {address for found in facts.addresses.values() for address in found}
        networks = {ipaddress.ip_network(f"{address}/{length}", strict=False) for address in addresses if ipaddress.ip_address(address).version == version}
        if len(networks) == 1 and len(facts.addresses) > 1:
            yield f"all IPv{version} addresses are in {networks.pop()}"


@check("NAMESERVER01", "error", "no name server offers recursion", "RFC 5358, section 5")
def no_recursion(facts: Facts) -> Iterator[str]:
    places = _places(
        facts,
        lambda child: child.recursion.problem is None and (child.recursion.ra or bool(child.recursion.message.answer)),
    )
    if places:
        yield f"recursion is offered by {places}"


@check("NAMESERVER02", "warning", "every name server supports EDNS", "RFC 6891, section 7")
def supports_edns(facts: Facts) -> Iterator[str]:
    places = _places(
        facts,
        lambda child: child.soa.problem is None and (child.soa_edns.problem is not None or child.soa_edns.message.edns < 0),
    )
    if places:
        yield f"no EDNS at {places}"


@check("NAMESERVER03", "warning", "strangers cannot transfer the zone", "RFC 5936, section 6")
def no_transfer_to_strangers(facts: Facts) -> Iterator[str]:
    places = _places(facts, lambda child: child.transfer == "allowed")
    if places:
        yield f"the zone can be transferred from {places}"


@check("NAMESERVER06", "error", "the names of all name servers have addresses", "RFC 1034, section 4.2.2")
def name_servers_resolve(facts: Facts) -> Iterator[str]:
    for name, addresses in sorted(facts.addresses.items()):
        if not addresses:
            yield f"{_text(name)} has no address"


def _timer(facts: Facts, is_wrong: Callable[[Any], bool], words: Callable[[Any], str]) -> Iterator[str]:
    """One text for each different SOA that is wrong."""
    yield from sorted({words(soa) for soa in _soas(facts).values() if is_wrong(soa)})


@check("ZONE02", "notice", "refresh is at least 14400 s", "RFC 1912, section 2.2")
def refresh_is_long_enough(facts: Facts) -> Iterator[str]:
    return _timer(facts, lambda soa: soa.refresh < 14400, lambda soa: f"refresh is {soa.refresh} s")


@check("ZONE03", "warning", "retry is shorter than refresh", "RFC 1912, section 2.2")
def retry_is_shorter(facts: Facts) -> Iterator[str]:
    return _timer(facts, lambda soa: soa.retry >= soa.refresh, lambda soa: f"retry is {soa.retry} s, refresh {soa.refresh} s")


@check("ZONE04", "notice", "retry is at least 3600 s", "RFC 1912, section 2.2")
def retry_is_long_enough(facts: Facts) -> Iterator[str]:
    return _timer(facts, lambda soa: soa.retry < 3600, lambda soa: f"retry is {soa.retry} s")


@check("ZONE05", "warning", "expire is at least 604800 s and longer than refresh", "RFC 1912, section 2.2")
def expire_is_long_enough(facts: Facts) -> Iterator[str]:
    return _timer(
        facts,
        lambda soa: soa.expire < 604800 or soa.expire < soa.refresh,
        lambda soa: f"expire is {soa.expire} s, refresh {soa.refresh} s",
    )


@check("ZONE06", "notice", "the SOA minimum is between 300 and 86400 s", "RFC 2308, section 4")
def minimum_is_sane(facts: Facts) -> Iterator[str]:
    return _timer(facts, lambda soa: not 300 <= soa.minimum <= 86400, lambda soa: f"minimum is {soa.minimum} s")


@check("ZONE07", "notice", "MNAME is no alias", "RFC 1912, section 2.2")
def mname_is_no_alias(facts: Facts) -> Iterator[str]:
    for name in sorted({soa.mname for soa in _soas(facts).values()}):
        if name in facts.aliases:
            yield f"MNAME {_text(name)} is an alias of {_text(facts.aliases[name])}"


@check("ZONE08", "warning", "an MX does not point to an alias", "RFC 2181, section 10.3")
def mx_is_no_alias(facts: Facts) -> Iterator[str]:
    exchanges = {rdata.exchange for child in facts.children.values() for rdata in records(child.mx, facts.zone, "MX")}
    for name in sorted(exchanges):
        if name in facts.aliases:
            yield f"MX {_text(name)} is an alias of {_text(facts.aliases[name])}"


@check("ZONE10", "error", "there is exactly one SOA", "RFC 1034, section 4.2.1")
def one_soa(facts: Facts) -> Iterator[str]:
    for place, child in facts.children.items():
        count = len(records(child.soa, facts.zone, "SOA"))
        if count > 1:
            yield f"{_place(place)} has {count} SOA records"


@check("ADDRESS01", "error", "name servers have public addresses", "RFC 6890")
def public_addresses(facts: Facts) -> Iterator[str]:
    for name, addresses in facts.addresses.items():
        private = [address for address in addresses if not is_public(address)]
        if private:
            yield f"{_text(name)} has {_list(private)}, which cannot be reached from everywhere"


@check("DNSSEC02", "error", "a DS of the parent leads to a key that signs the zone's keys now", "RFC 4035, section 5")
def ds_leads_to_the_keys(facts: Facts) -> Iterator[str]:
    for place, child in facts.children.items():
        keys = records(child.dnskey, facts.zone, "DNSKEY")
        if not keys or not is_authoritative(child.dnskey):
            continue  # DNSSEC11 tells
        signatures = signatures_of_keys(child, facts.zone)
        problems = [_ds_problem(text, keys, signatures, facts) for text in sorted(facts.parent_ds)]
        # one that leads there is enough: others may be for a key to come or one that went
        if problems and all(problems):
            yield from (f"{problem} at {_place(place)}" for problem in problems)


def _ds_problem(text: str, keys: Iterable[Any], signatures: Iterable[Any], facts: Facts) -> str:
    """Why nobody can get from this DS to the zone's keys; empty when one can, or when its digest is not known here."""
    tag, algorithm, digest_type, _digest = text.split()
    candidates = {ds_of(facts.zone, key, int(digest_type)) for key in keys}
    if None in candidates:
        return ""
    if text not in candidates:
        return f"DS {tag} has no key"
    its_own = [rdata for rdata in signatures if (rdata.key_tag, rdata.algorithm) == (int(tag), int(algorithm))]
    if not its_own:
        return f"the key of DS {tag} does not sign the keys"
    if not any(rdata.inception <= facts.now <= rdata.expiration for rdata in its_own):
        times = " and ".join(f"from {_time(rdata.inception)} to {_time(rdata.expiration)}" for rdata in its_own)
        return f"the key of DS {tag} signs the keys only {times}"
    return ""


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


@check("DNSSEC07", "warning", "a signed zone has a DS at the parent", "RFC 4035, section 2.4")
def signed_zone_has_ds(facts: Facts) -> Iterator[str]:
    if facts.parent_answers and not facts.parent_ds and any(signing_keys(child, facts.zone) for child in facts.newest):
        yield "the zone is signed and the parent has no DS, so nobody validates it"


@check("DNSSEC11", "error", "a zone with a DS at the parent is signed", "RFC 4035, section 2.4")
def ds_means_signed(facts: Facts) -> Iterator[str]:
    if not facts.parent_ds:
        return
    for place in facts.soas:
        answer = facts.children[place].dnskey
        if not records(answer, facts.zone, "DNSKEY"):
            what = "has no DNSKEY" if is_authoritative(answer) else f"does not tell its DNSKEY: {_problem(answer)}"
            yield f"the parent has a DS and {_place(place)} {what}"
