# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone's content must and should be before any server sees it: one small class a rule.

Every rule has an id, by which a zone can silence it or change its level: ``validators: {ns-count: "off", mx-alias: error}``.
A rule is an error by default where name servers refuse the zone or cannot serve what it says, a warning otherwise. Other people's
zones come as master files that a name server loads already: there what servers load is a warning at most (C(loaded)).
"""

from __future__ import annotations

import ipaddress
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import absolute_text, labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import MAXIMUM_TTL, SOA, Record

ERROR, WARNING, OFF = LEVELS = ("error", "warning", "off")

DAY = 86400
WEEK = 7 * DAY

_ADDRESS_TYPES = frozenset({"A", "AAAA"})
_SIGNATURE_TYPES = frozenset({"RRSIG", "NSEC", "NSEC3"})


class Finding(NamedTuple):
    """One thing that a rule does not like. where: inside the zone, empty for the zone as a whole."""

    where: str
    wrong: str
    right: str


class Standing(Enum):
    """What a zone says of a name that one of its records points to."""

    ELSEWHERE = "outside the zone or delegated: others answer for it"
    ADDRESSED = "has an address"
    ALIAS = "is an alias"
    BARE = "has no address"


def ancestors(owner: str) -> Iterator[str]:
    """The names above a relative one, nearest first, its zone's apex left out: ``a.b.c`` has ``b.c`` and ``c``."""
    labels = labels_of(owner)
    for start in range(1, len(labels)):
        yield ".".join(labels[start:])


class ZoneView:
    """A zone's records, arranged once for all rules. Owners and names inside the zone are relative and in lower case.

    name: without final dot. soa: None while the declaration has none. by_type: records. by_owner: records by type by owner.
    written: the records before they were made canonical.
    """

    def __init__(self, name: str, soa: SOA | None, records: Iterable[Record], written: Iterable[Record] = ()) -> None:
        self.name = name
        self.soa = soa
        self.written = written
        self._suffix = f".{name}." if name != "." else "."
        self._standings: dict[str, Standing] = {}
        self.by_type: dict[str, list[Record]] = defaultdict(list)
        self.by_owner: dict[str, dict[str, list[Record]]] = {}
        for record in records:
            self.by_type[record.type].append(record)
            self.by_owner.setdefault(record.owner.lower(), {}).setdefault(record.type, []).append(record)

    def of_type(self, *types: str) -> Iterator[Record]:
        for rdtype in types:
            if rdtype in self.by_type:
                yield from self.by_type[rdtype]

    @cached_property
    def servers(self) -> list[Record]:
        """The NS records at the apex."""
        return self.by_owner.get("@", {}).get("NS", [])

    @cached_property
    def delegations(self) -> frozenset[str]:
        return frozenset(record.owner.lower() for record in self.of_type("NS") if record.owner != "@")

    @cached_property
    def renamed(self) -> frozenset[str]:
        """The owners of DNAME records."""
        return frozenset(record.owner.lower() for record in self.of_type("DNAME"))

    @cached_property
    def _existing(self) -> frozenset[str]:
        """Every owner and every name between one and the apex (RFC 4592 section 2.2.2: empty non-terminals exist)."""
        return frozenset(name for owner in self.by_owner for name in (owner, *ancestors(owner)))

    def relative(self, name: str) -> str | None:
        """An absolute name as an owner of this zone, None if it lies outside."""
        lower = name.lower()
        if lower == self._suffix[1:] or lower == self._suffix == ".":
            return "@"
        if not lower.endswith(self._suffix):
            return None
        owner = lower[: -len(self._suffix)]
        if (len(owner) - len(owner.rstrip("\\"))) % 2:
            return None  # a\.example.com. is one label, not a name inside example.com
        return owner

    def spelled(self, name: str) -> str:
        """An absolute name inside the zone as an owner, in the letters of who wrote it."""
        return "@" if self.relative(name) == "@" else name[: -len(self._suffix)]

    def standing(self, name: str) -> Standing:
        """What this zone says of an absolute name."""
        known = self._standings.get(name)
        if known is None:
            owner = self.relative(name)
            known = self._standings[name] = Standing.ELSEWHERE if owner is None else self._standing(owner)
        return known

    def _standing(self, owner: str) -> Standing:
        if self.delegations or self.renamed:
            above = ["@", *reversed(list(ancestors(owner)))] if owner != "@" else []
            for name in above:  # the one nearest to the apex counts: what is below it does not exist
                if name in self.delegations:
                    return Standing.ELSEWHERE
                if name in self.renamed:
                    return Standing.ALIAS
            if owner in self.delegations:
                return Standing.ELSEWHERE
        types = self.by_owner.get(owner)
        if types is None:
            types = self._wildcard(owner)
        if "CNAME" in types:
            return Standing.ALIAS
        return Standing.BARE if _ADDRESS_TYPES.isdisjoint(types) else Standing.ADDRESSED

    def _wildcard(self, owner: str) -> Mapping[str, list[Record]]:
        """What a wildcard answers for a name without records (RFC 4592 section 3.3.1)."""
        if not any(name[:1] == "*" for name in self.by_owner) or owner in self._existing:
            return {}
        encloser = next((name for name in ancestors(owner) if name in self._existing), None)
        return self.by_owner.get(f"*.{encloser}" if encloser else "*", {})

    def below(self, owner: str, names: frozenset[str]) -> str | None:
        """The nearest of ``names`` that is above the owner."""
        if owner == "@":
            return None
        return next((name for name in ancestors(owner) if name in names), "@" if "@" in names else None)


def _at(record: Record) -> str:
    return f"record {record.owner} {record.type}"


def _target(record: Record) -> str:
    """The name that an NS, CNAME, PTR, MX or SRV record points to: the last field of them all."""
    return record.rdata.rpartition(" ")[2]


class Validator(ABC):
    """One rule.

    id: what ``validators`` calls it. level: error or warning, unless a zone says otherwise. loaded: whether name servers load and serve
    a zone that breaks it, so that it is a warning in zones from master files. source: where the rule comes from.
    summary: what a zone must or should be. example: what breaks this rule and no other, in YAML: a list of records or, without records
    of its own, a zone's options, either with two name servers outside the zone beside it; or all of a zone; or a line of a master file.
    """

    id: str
    level: str = ERROR
    loaded: bool = False
    source: str
    summary: str
    example: str

    @abstractmethod
    def check(self, zone: ZoneView) -> Iterable[Finding]:
        """What is wrong in this zone."""

    def problem(self, zone: str, finding: Finding) -> Problem:
        where = f"zone {zone}, {finding.where}" if finding.where else f"zone {zone}"
        return Problem(where, finding.wrong, f"{finding.right} ({self.source}) [{self.id}]")


# -- name servers -----------------------------------------------------------------------------------------------------


class ApexServers(Validator):
    id = "apex-ns"
    source = "RFC 2181 section 6.1"
    summary = "The apex has NS records."
    example = "{records: [{name: www, type: A, value: 192.0.2.1}]}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if not zone.servers:
            yield Finding("", "has no NS record at its apex", "add {name: '@', type: NS, value: [ns1.example.com., ns2.example.com.]}")


class ServerCount(Validator):
    id = "ns-count"
    level = WARNING
    source = "RFC 1034 section 4.1"
    summary = "At least two name servers serve the zone."
    example = '{records: [{name: "@", type: NS, value: ns1.example.net.}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if len(zone.servers) == 1:
            yield Finding(_at(zone.servers[0]), f"{zone.servers[0].rdata} is the only name server", "add a second one, so that the zone outlives a failure")


class ServerAddresses(Validator):
    id = "ns-glue"
    source = "RFC 1034 section 4.2.1"
    summary = "The zone's name servers inside it have addresses in it."
    example = '{records: [{name: "@", type: NS, value: [ns1, ns2.example.net.]}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.servers:
            if zone.standing(record.rdata) is Standing.BARE:
                yield _without_address(zone, record)


class DelegationAddresses(Validator):
    id = "delegation-glue"
    loaded = True
    source = "RFC 1034 section 4.2.1"
    summary = "Name servers of what the zone delegates have addresses in it if they are inside the zone or inside what is delegated to them."
    example = "[{name: sub, type: NS, value: ns1.sub}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("NS"):
            if record.owner == "@":
                continue
            standing = zone.standing(record.rdata)
            if standing is Standing.BARE:
                yield _without_address(zone, record)
            elif standing is Standing.ELSEWHERE:
                yield from self._check_glue(zone, record)

    def _check_glue(self, zone: ZoneView, record: Record) -> Iterable[Finding]:
        """Only glue that nobody else can give: for servers inside the child zone itself, not for those in a sibling."""
        owner = zone.relative(record.rdata)
        delegated = record.owner.lower()
        if owner is None or (owner != delegated and delegated not in ancestors(owner)):
            return
        if _ADDRESS_TYPES.isdisjoint(zone.by_owner.get(owner, ())):
            right = f"add an A or AAAA record for {zone.spelled(record.rdata)} as glue"
            yield Finding(_at(record), f"{record.rdata} lies inside the delegated zone and has no address here", right)


def _without_address(zone: ZoneView, record: Record) -> Finding:
    target = _target(record)
    return Finding(_at(record), f"{target} lies inside the zone and has no address", f"add an A or AAAA record for {zone.spelled(target)}")


class _NoAlias(Validator):
    """Names that records of ``type`` point to are not aliases."""

    type: str
    what: str

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return zone.of_type(self.type)

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in self.pointing(zone):
            target = _target(record)
            if zone.standing(target) is Standing.ALIAS:
                yield Finding(_at(record), f"{target} is an alias", f"name the host itself: {self.what} have addresses of their own")


class ServerAlias(_NoAlias):
    id = "ns-alias"
    source = "RFC 2181 section 10.3"
    summary = "The zone's name servers are not aliases (CNAME, or below a DNAME)."
    example = '{records: [{name: "@", type: NS, value: [dns, ns2.example.net.]}, {name: dns, type: CNAME, value: ns.example.net.}]}'
    type = "NS"
    what = "name servers"

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return zone.servers


class DelegationAlias(_NoAlias):
    id = "delegation-alias"
    loaded = True
    source = "RFC 2181 section 10.3"
    summary = "Name servers of what the zone delegates are not aliases."
    example = "[{name: sub, type: NS, value: dns}, {name: dns, type: CNAME, value: ns.example.net.}]"
    type = "NS"
    what = "name servers"

    def pointing(self, zone: ZoneView) -> Iterable[Record]:
        return (record for record in zone.of_type("NS") if record.owner != "@")


class ServerNetworks(Validator):
    id = "ns-networks"
    level = WARNING
    source = "RFC 2182 section 3.1"
    summary = "Name servers whose addresses the zone has are not all in one network (IPv4 /24, IPv6 /64)."
    example = '{records: [{name: "@", type: NS, value: [ns1, ns2]}, {name: ns1, type: A, value: 192.0.2.1}, {name: ns2, type: A, value: 192.0.2.2}]}'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if len(zone.servers) < 2:
            return
        networks: list[set[bytes]] = []
        for server in zone.servers:
            owner = zone.relative(server.rdata)
            types = zone.by_owner.get(owner, {}) if owner else {}
            if _ADDRESS_TYPES.isdisjoint(types):
                return  # its address is not known here
            version4 = {inet_pton(AF_INET, record.rdata)[:3] for record in types.get("A", ())}
            version6 = {inet_pton(AF_INET6, record.rdata)[:8] for record in types.get("AAAA", ())}
            networks.append(version4 | version6)
        used = set.union(*networks)
        one_a_version = len(used) == len({len(network) for network in used})
        if one_a_version and set.intersection(*networks):
            yield Finding("record @ NS", "all name servers are in one network", "put one into another network and place, so that the zone outlives a failure")


class WildcardDelegation(Validator):
    id = "wildcard-ns"
    source = "RFC 4592 section 4.2"
    summary = "No wildcard is delegated."
    example = '[{name: "*", type: NS, value: ns.example.net.}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("NS"):
            if record.owner == "*" or record.owner.startswith("*."):
                yield Finding(_at(record), "delegates a wildcard", "delegate each name, or answer for the wildcard in this zone")


class SignerApex(Validator):
    id = "apex-ds"
    source = "RFC 4035 section 2.4"
    summary = "The apex has no DS records."
    example = "[{type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if "DS" in zone.by_owner.get("@", ()):
            yield Finding("record @ DS", "stands at the apex", "give it to the parent zone")


class SignerDelegation(Validator):
    id = "ds-delegation"
    loaded = True
    source = "RFC 4035 section 2.4"
    summary = "DS records below the apex stand only where the zone delegates."
    example = "[{name: sub, type: DS, value: 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("DS"):
            if record.owner != "@" and record.owner.lower() not in zone.delegations:
                yield Finding(_at(record), "stands where nothing is delegated", f"add the NS records of {record.owner}, or remove the DS")


# -- aliases ----------------------------------------------------------------------------------------------------------


class ApexAlias(Validator):
    id = "apex-cname"
    source = "RFC 1034 section 3.6.2"
    summary = "The apex is not an alias."
    example = '[{name: "@", type: CNAME, value: www.example.net.}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if "CNAME" in zone.by_type and "CNAME" in zone.by_owner.get("@", ()):
            yield Finding("", "has a CNAME at its apex", "use A and AAAA records there; SOA and NS already stand at the apex")


class AliasAlone(Validator):
    id = "cname-alone"
    source = "RFC 1034 section 3.6.2"
    summary = "An alias has no other records."
    example = "[{name: www, type: CNAME, value: www.example.net.}, {name: www, type: A, value: 192.0.2.1}]"

    _BESIDE = frozenset({"CNAME", "RRSIG", "NSEC", "KEY"})  # RFC 2181 section 10.1, RFC 4034 section 2.5

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner in dict.fromkeys(record.owner.lower() for record in zone.of_type("CNAME")):
            others = sorted(zone.by_owner[owner].keys() - self._BESIDE)
            if others and owner != "@":
                yield Finding(f"record {owner} CNAME", f"stands beside {', '.join(others)}", "a name with a CNAME has nothing else")


class _Single(Validator):
    """One record of ``type`` a name."""

    type: str

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if self.type not in zone.by_type or len(zone.by_type[self.type]) == 1:
            return
        for owner in dict.fromkeys(record.owner.lower() for record in zone.by_type[self.type]):
            records = zone.by_owner[owner][self.type]
            if len(records) > 1:
                values = ", ".join(record.rdata for record in records)
                yield Finding(f"record {owner} {self.type}", f"has several values: {values}", f"a {self.type} has one value")


class SingleAlias(_Single):
    id = "cname-single"
    source = "RFC 2181 section 10.1"
    summary = "An alias points to one name."
    example = "[{name: www, type: CNAME, value: [a.example.net., b.example.net.]}]"
    type = "CNAME"


class SingleRenaming(_Single):
    id = "dname-single"
    source = "RFC 6672 section 2.4"
    summary = "A DNAME points to one name."
    example = "[{name: old, type: DNAME, value: [a.example.net., b.example.net.]}]"
    type = "DNAME"


class Occluded(Validator):
    id = "occluded"
    loaded = True
    source = "RFC 1034 section 4.2.1, RFC 6672 section 2.4"
    summary = "There are no records that a delegation or a DNAME hides: beside and below a delegation only its DS and glue, below a DNAME nothing."
    example = "[{name: sub, type: NS, value: ns.example.net.}, {name: www.sub, type: A, value: 192.0.2.1}]"

    _AT_DELEGATION = frozenset({"NS", "DS"}) | _SIGNATURE_TYPES

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if not zone.delegations and not zone.renamed:
            return
        glue = {zone.relative(record.rdata) for record in zone.of_type("NS")}
        for owner, types in zone.by_owner.items():
            renamed = zone.below(owner, zone.renamed)
            delegated = zone.below(owner, zone.delegations)
            for rdtype, records in types.items():
                if renamed and rdtype not in _SIGNATURE_TYPES:
                    yield Finding(_at(records[0]), f"is hidden by the DNAME at {renamed}", "move it to where the DNAME points, or remove it")
                elif rdtype in _ADDRESS_TYPES and owner in glue:
                    continue
                elif delegated:
                    yield Finding(_at(records[0]), f"is hidden by the delegation of {delegated}", f"move it to the zone {delegated}.{zone.name}, or remove it")
                elif owner in zone.delegations and rdtype not in self._AT_DELEGATION:
                    yield Finding(_at(records[0]), f"is hidden by the delegation of {owner}", f"move it to the zone {owner}.{zone.name}, or remove it")


# -- the SOA record ---------------------------------------------------------------------------------------------------


class Timers(Validator):
    id = "soa-timers"
    loaded = True
    source = "RFC 1912 section 2.2"
    summary = "The SOA's retry is shorter than its refresh, and a secondary can retry before its copy expires."
    example = "{soa: {refresh: 3600, retry: 3600}}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        soa = zone.soa
        if soa is None:
            return
        if soa.retry >= soa.refresh:
            yield Finding("soa", f"retry {soa.retry} is not less than refresh {soa.refresh}", "make retry a fraction of refresh, such as 600 of 3600")
        if soa.retry == 0:
            yield Finding("soa", "retry is 0", "give the seconds until a secondary asks again, such as 600")
        together = soa.refresh + soa.retry
        if soa.expire <= together:
            yield Finding("soa", f"expire {soa.expire} is not more than refresh and retry together, {together}", "make expire one to four weeks: 1209600")


class TimerRanges(Validator):
    id = "soa-timer-ranges"
    level = WARNING
    source = "RFC 1912 section 2.2, RFC 2308 section 5, RIPE-203"
    summary = "The SOA's refresh is 20 minutes to one day, expire one week to 1000 hours, minimum at most one day."
    example = "{soa: {expire: 86400}}"

    _RANGES = (("refresh", 1200, DAY), ("expire", WEEK, 3600000), ("minimum", 0, DAY))

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        for field, least, most in self._RANGES:
            seconds = getattr(zone.soa, field)
            if not least <= seconds <= most:
                yield Finding("soa", f"{field} is {seconds}", f"use {least} to {most} seconds")


class PrimaryName(Validator):
    id = "soa-mname"
    level = WARNING
    source = "RFC 1035 section 3.3.13"
    summary = "The SOA's MNAME names a server; it may be a hidden one."
    example = "{soa: {mname: .}}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        mname = zone.soa.mname
        if mname == ".":
            yield Finding("soa", "mname is the root", "name the primary; NOTIFY and updates look for it there")
        elif zone.standing(mname) is Standing.ALIAS:
            yield Finding("soa", f"mname {mname} is an alias", "name the primary's host itself")


class ResponsibleName(Validator):
    id = "soa-rname"
    level = WARNING
    source = "RFC 2142 section 7, RFC 1912 section 2.2"
    summary = "The SOA's RNAME is a mailbox that can exist: a local part, a dot for the at sign, and a domain that takes mail."
    example = "{soa: {rname: hostmaster.}}"

    _NO_MAIL = (".in-addr.arpa.", ".ip6.arpa.")

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        rname = zone.soa.rname
        local, *domain = labels_of(rname) or [""]
        right = "write a mailbox that somebody reads, such as hostmaster@example.com"
        if not domain:
            yield Finding("soa", f"rname {rname} has no domain", right)
        elif "@" in local:
            yield Finding("soa", f"rname {rname} has an at sign in its first label", "in a SOA the at sign is a dot: hostmaster.example.com.")
        elif rname.lower().endswith(self._NO_MAIL):
            yield Finding("soa", f"rname {rname} is in a reverse zone, where no mail goes", right)


# -- mail and services ------------------------------------------------------------------------------------------------


class MailAlias(_NoAlias):
    id = "mx-alias"
    level = WARNING
    source = "RFC 2181 section 10.3"
    summary = "Mail servers are not aliases."
    example = '[{name: "@", type: MX, value: 10 mail}, {name: mail, type: CNAME, value: mail.example.net.}]'
    type = "MX"
    what = "mail servers"


class ServiceAlias(_NoAlias):
    id = "srv-alias"
    level = WARNING
    source = "RFC 2782"
    summary = "Hosts of services are not aliases."
    example = "[{name: _sip._udp, type: SRV, value: 0 0 5060 sip}, {name: sip, type: CNAME, value: sip.example.net.}]"
    type = "SRV"
    what = "hosts of services"


class _Addressed(Validator):
    """Names inside the zone that records of ``type`` point to have addresses."""

    type: str
    level = WARNING

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type(self.type):
            target = _target(record)
            if target != "." and zone.standing(target) is Standing.BARE:
                yield _without_address(zone, record)


class MailAddress(_Addressed):
    id = "mx-address"
    source = "RFC 5321 section 5.1"
    summary = "Mail servers inside the zone have addresses."
    example = '[{name: "@", type: MX, value: 10 mail}]'
    type = "MX"


class ServiceAddress(_Addressed):
    id = "srv-address"
    source = "RFC 2782"
    summary = "Hosts of services inside the zone have addresses."
    example = "[{name: _sip._udp, type: SRV, value: 0 0 5060 sip}]"
    type = "SRV"


class NullMail(Validator):
    id = "null-mx"
    level = WARNING
    source = "RFC 7505 section 3"
    summary = "An MX that says there is no mail has no other MX beside it."
    example = '[{name: "@", type: MX, value: [0 ., 10 mail.example.net.]}]'

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for record in zone.of_type("MX"):
            if record.rdata.endswith(" .") and len(zone.by_owner[record.owner.lower()]["MX"]) > 1:
                yield Finding(_at(record), f"{record.rdata} says that there is no mail, and others stand beside it", "keep either it or the others")


class SenderPolicy(Validator):
    id = "spf-single"
    level = WARNING
    source = "RFC 7208 section 4.5"
    summary = "A name has at most one SPF policy."
    example = '[{name: "@", type: TXT, value: [v=spf1 mx -all, v=spf1 a -all]}]'

    _POLICY = re.compile(r'"v=spf1[ "]', re.IGNORECASE)

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        count: dict[str, int] = defaultdict(int)
        for record in zone.of_type("TXT"):
            if self._POLICY.match(record.rdata):
                count[record.owner.lower()] += 1
        for owner, policies in count.items():
            if policies > 1:
                yield Finding(f"record {owner} TXT", f"has {policies} SPF policies, so that none is valid", "merge them into one text that starts with v=spf1")


# -- every record -----------------------------------------------------------------------------------------------------


class TtlRange(Validator):
    id = "ttl-range"
    loaded = True
    source = "RFC 2181 section 8"
    summary = f"A TTL is 0 to {MAXIMUM_TTL} seconds; more is served as 0."
    example = "www 2147483648 A 192.0.2.1"  # no declaration can say it, a master file can

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        yield from _check_ttls(zone, MAXIMUM_TTL, 2**32, f"use 0 to {MAXIMUM_TTL} seconds")


class TtlCap(Validator):
    id = "ttl-cap"
    level = WARNING
    source = "RFC 8767 section 4"
    summary = "A TTL is at most one week; resolvers cap what is longer."
    example = "[{name: www, type: A, value: 192.0.2.1, ttl: 2w}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        yield from _check_ttls(zone, WEEK, MAXIMUM_TTL, f"use at most {WEEK} seconds")


def _check_ttls(zone: ZoneView, above: int, most: int, right: str) -> Iterable[Finding]:
    if zone.soa is not None and above < zone.soa.ttl <= most:
        yield Finding("soa", f"ttl is {zone.soa.ttl}", right)
    for owner, types in zone.by_owner.items():
        for rdtype, (record, *_others) in types.items():  # one TTL an RRset
            if above < record.ttl <= most:
                yield Finding(f"record {owner} {rdtype}", f"ttl is {record.ttl}", right)


class TtlEqual(Validator):
    id = "ttl-equal"
    level = WARNING
    source = "RFC 2181 section 5.2"
    summary = "Records of one name and type have one TTL; the lowest is served."
    example = "[{name: www, type: A, value: 192.0.2.1, ttl: 60}, {name: www, type: A, value: 192.0.2.2, ttl: 300}]"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        times: dict[tuple[str, str], set[int]] = defaultdict(set)
        for record in zone.written:
            times[record.owner.lower(), record.type].add(record.ttl)
        for (owner, rdtype), found in times.items():
            if len(found) > 1:
                yield Finding(f"record {owner} {rdtype}", f"has the TTLs {', '.join(map(str, sorted(found)))}", "give all of its values the same")


class CrowdedNames(Validator):
    id = "name-crowded"
    source = "BIND's max-records-per-type and max-types-per-name"
    summary = "A name has at most 100 records of one type, and records of at most 100 types; a server with more has to be told so."
    example = "$GENERATE 1-101 www A 192.0.2.$"

    _MOST = 100

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        for owner, types in zone.by_owner.items():
            if len(types) > self._MOST:
                yield Finding(f"record {owner}", f"has records of {len(types)} types", f"use at most {self._MOST} types for a name")
            for rdtype, records in types.items():
                if len(records) > self._MOST:
                    yield Finding(f"record {owner} {rdtype}", f"has {len(records)} values", f"give at most {self._MOST} values to a name and type")


class HostNames(Validator):
    id = "host-name"
    source = "RFC 1123 section 2.1, BIND's check-names"
    summary = "Hosts have names of letters, digits and hyphens: owners of A, AAAA and MX, and the targets of MX, NS, SRV and reverse PTR."
    example = "[{name: file_server, type: A, value: 192.0.2.1}]"

    _HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+\Z", re.IGNORECASE)
    _OWNER_TYPES = ("A", "AAAA", "MX")
    # With the field of the presentation format that is a host's name.
    _TARGETS = (("NS", 0), ("MX", 1), ("SRV", 3), ("AFSDB", 1), ("RT", 1), ("SVCB", 1), ("HTTPS", 1))
    _RIGHT = "use letters, digits and inner hyphens; underscores are for records that are no hosts"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        is_host = self._HOST.match
        apex = f"{zone.name}." if zone.name != "." else ""
        plain_apex = not apex or is_host(apex)
        for rdtype in self._OWNER_TYPES:
            for record in zone.by_type.get(rdtype, ()):
                owner = record.owner
                if plain_apex and (owner in ("@", "*") or owner.isalnum() and owner.isascii()):
                    continue
                name = apex if owner in ("@", "*") else f"{owner.removeprefix('*.')}.{apex}"
                if not is_host(name) and not self._tolerated(name.lower(), rdtype):
                    yield Finding(_at(record), f"{name} is not a host's name", self._RIGHT)
        for rdtype, field in self._TARGETS:
            for record in zone.by_type.get(rdtype, ()):
                target = record.rdata.split(" ", field + 1)[field]
                if not is_host(target) and target != ".":
                    yield Finding(_at(record), f"{target} is not a host's name", self._RIGHT)
        if zone.soa is not None:
            if zone.soa.mname != "." and not is_host(zone.soa.mname):
                yield Finding("soa", f"mname {zone.soa.mname} is not a host's name", self._RIGHT)
            domain = "".join(f"{label}." for label in labels_of(zone.soa.rname)[1:])
            if domain and not is_host(domain):
                yield Finding("soa", f"the domain of rname {zone.soa.rname} is not a host's name", self._RIGHT)
        if apex.endswith((".in-addr.arpa.", ".ip6.arpa.")):
            for record in zone.by_type.get("PTR", ()):
                if not is_host(record.rdata) and record.rdata != "." and not record.owner.lower().endswith("._dns-sd._udp"):
                    yield Finding(_at(record), f"{record.rdata} is not a host's name", self._RIGHT)

    def _tolerated(self, name: str, rdtype: str) -> bool:
        """Active Directory's global catalogue, and the names that SPF's ``exists`` asks for."""
        if rdtype in _ADDRESS_TYPES and name.startswith("gc._msdcs.") and self._HOST.match(name[len("gc._msdcs.") :]):
            return True
        return rdtype == "A" and not {"_spf", "_spf_rate", "_spf_verify"}.isdisjoint(labels_of(name))


# -- zones together ---------------------------------------------------------------------------------------------------


class PointerAgreement(Validator):
    id = "ptr-forward"
    level = WARNING
    source = "RFC 1912 section 2.1"
    summary = "A PTR record points to a name that has the address, where this declaration holds both zones."
    example = ""  # takes two zones

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        return ()  # nothing to say of one zone alone

    def check_pointers(self, forward: Iterable[tuple[str, Record]], reverse: Iterable[tuple[str, Record]]) -> Iterable[tuple[str, Finding]]:
        """Pairs of a reverse zone and what is wrong in it. forward, reverse: pairs of a zone's name and a record of it."""
        zones: set[str] = set()
        delegated: set[str] = set()
        addresses: dict[str, set[str]] = defaultdict(set)
        for zone, record in forward:
            zones.add(absolute_text("@", zone))
            name = absolute_text(record.owner.lower(), zone)
            if record.type in _ADDRESS_TYPES:
                addresses[name].add(record.rdata)
            elif record.type == "NS" and record.owner != "@":
                delegated.add(name)
        for zone, record in reverse:
            if record.type != "PTR":
                continue
            address = _address_of(record.owner, zone)
            target = record.rdata.lower()
            if address is None or address in addresses.get(target, ()) or not self._declared(target, zones, delegated):
                continue
            parents = (f"*.{parent}" for parent in ancestors(target.rstrip(".")))
            if any(address in addresses.get(f"{wildcard}.", ()) for wildcard in parents):
                continue
            kind = "AAAA" if ":" in address else "A"
            yield zone, Finding(_at(record), f"{record.rdata} has no {kind} record {address}", "add it there, or point to the name that has this address")

    @staticmethod
    def _declared(target: str, zones: set[str], delegated: set[str]) -> bool:
        """Whether one of these zones, and no zone below it, answers for a name."""
        for name in (target, *(f"{parent}." for parent in ancestors(target.rstrip("."))), "."):
            if name in zones:
                return True
            if name in delegated:
                return False
        return False


def _address_of(owner: str, zone: str) -> str | None:
    """The address that a name of a reverse zone stands for (RFC 1035 section 3.5, RFC 2317, RFC 3596 section 2.5), None if it is none."""
    labels = labels_of(zone if owner == "@" else f"{owner}.{zone}")[::-1]
    try:
        if labels[:2] == ["arpa", "in-addr"]:
            octets = labels[2:]
            if len(octets) == 5 and not octets[3].isdigit():
                del octets[3]  # the classless zone's own label, such as 0/25
            return str(ipaddress.IPv4Address(".".join(octets)))
        if labels[:2] == ["arpa", "ip6"] and len(labels) == 34:
            return str(ipaddress.IPv6Address(int("".join(labels[2:]), 16)))
    except ValueError:
        pass
    return None


# -- all of them ------------------------------------------------------------------------------------------------------

VALIDATORS: Mapping[str, Validator] = {
    validator.id: validator
    for validator in (
        ApexServers(),
        ServerCount(),
        ServerAddresses(),
        DelegationAddresses(),
        ServerAlias(),
        DelegationAlias(),
        ServerNetworks(),
        WildcardDelegation(),
        SignerApex(),
        SignerDelegation(),
        ApexAlias(),
        AliasAlone(),
        SingleAlias(),
        SingleRenaming(),
        Occluded(),
        Timers(),
        TimerRanges(),
        PrimaryName(),
        ResponsibleName(),
        MailAlias(),
        MailAddress(),
        NullMail(),
        SenderPolicy(),
        ServiceAlias(),
        ServiceAddress(),
        TtlRange(),
        TtlCap(),
        TtlEqual(),
        CrowdedNames(),
        HostNames(),
        PointerAgreement(),
    )
}

Levels = Mapping[str, Any]


def level_of(validator: Validator, levels: Levels, from_file: bool = False) -> str:
    """The level of a rule for a zone. YAML reads a bare ``off`` as false. from_file: whether the zone comes from a master file."""
    level = levels.get(validator.id, WARNING if from_file and validator.loaded else validator.level)
    return OFF if level is False else level


def validate(
    zone: str, soa: SOA | None, records: Sequence[Record], levels: Levels, from_file: bool = False, written: Sequence[Record] = ()
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about one zone.

    zone: its name without final dot. soa: None while the declaration has none. records: canonical, without the SOA.
    levels: what the zone says of rules by their id, as checked by L(check_levels). from_file: whether it comes from a master file.
    written: the records before they were made canonical.
    """
    view = ZoneView(zone, soa, records, written)
    problems: dict[str, list[Problem]] = {ERROR: [], WARNING: []}
    for validator in VALIDATORS.values():
        level = level_of(validator, levels, from_file)
        if level != OFF:
            for finding in validator.check(view):
                problems[level].append(validator.problem(zone, finding))
    return problems[ERROR], problems[WARNING]


def validate_pointers(
    forward: Iterable[tuple[str, Record]], reverse: Iterable[tuple[str, Record]], levels_of: Callable[[str], Levels]
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about PTR records against the address records of the same declaration.

    forward, reverse: pairs of a zone's name without final dot and a record of it. levels_of: the levels of a reverse zone.
    """
    validator = VALIDATORS[PointerAgreement.id]
    problems: dict[str, list[Problem]] = {ERROR: [], WARNING: [], OFF: []}
    for zone, finding in validator.check_pointers(forward, reverse):
        problems[level_of(validator, levels_of(zone))].append(validator.problem(zone, finding))
    return problems[ERROR], problems[WARNING]


def check_levels(value: Any) -> Iterable[str]:
    """What is wrong with the option ``validators``; nothing if it is right."""
    if not isinstance(value, Mapping):
        yield f"{value!r} is not a mapping of ids to levels"
        return
    for name, level in value.items():
        if name not in VALIDATORS:
            yield f"{name!r} is unknown{did_you_mean(name, VALIDATORS)}"
        if level is not False and level not in LEVELS:
            yield f"the level {level!r} of {name} is unknown{did_you_mean(level, LEVELS)}"


def documentation() -> str:
    """docs/validators.md."""
    lines = [
        "# What is checked before any server is touched",
        "",
        "Every zone is checked against these rules when the declaration is read. An error stops the run, a warning is shown.",
        "A zone that comes from a master file was loaded by some name server before: rules that name servers put up with are warnings there.",
        "What cannot be carried is an error with the number of its line, whatever the rules say: names outside the zone, another class than IN,",
        "a second SOA, data of more than 65,535 octets, and types whose data dnspython reads in RFC 3597's form alone.",
        "A zone, or `dns_zone_defaults` for all zones, changes the level of a rule or silences it:",
        "",
        "```yaml fragment",
        "dns_zones:",
        "  - name: example.com",
        '    validators: {ns-count: "off", mx-alias: error}',
        "```",
        "",
        "Each example breaks that one rule alone, in a zone with two name servers outside it unless it has records under `records`.",
        "This page is written by `python -m ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators`.",
        "",
        "| id | level | rule | source | refused example |",
        "|---|---|---|---|---|",
    ]
    for validator in VALIDATORS.values():
        example = f"`{validator.example}`" if validator.example else ""
        level = f"{validator.level}; in master files {WARNING}" if validator.loaded else validator.level
        lines.append(f"| `{validator.id}` | {level} | {validator.summary} | {validator.source} | {example} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(documentation(), end="")
