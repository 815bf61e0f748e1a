# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the adapters of all server software share, and the interface that each of them is.

An adapter is a module of this package, named after the program, with

- ``Layout``: a dataclass of the paths and names in which distributions differ; the role's ``vars/software`` files fill it.
- ``CAPABILITIES``: what the program can do, see L(Capabilities).
- ``entry(layout, settings) -> str``: the program's own first configuration file, nothing but the way to the current generation.
- ``render(plan, layout, settings) -> dict[str, str]``: the configuration files of one generation by name. Those that differ from
  zone to zone are made of L(Blocks). Secrets stand in files of their own, whose names are in ``SECRET_FILES``.

Its other half runs on the managed host: C(plugins/module_utils/software/<program>.py).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, PrimaryZone, SecondaryZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.views import misled


@dataclass(frozen=True)
class Settings:
    """A server's own settings, the same for all its zones. Networks as in the declaration.

    listen_on: own addresses, or ``any``. recursion_networks: who may recurse; none makes the server authoritative only.
    tls_certificate, tls_key: files on the host with which it hands zones out over TLS. tls_ca: file with the certificates of those
    that issued its primaries' certificates. local_config, local_options: the administrator's own statements in the program's syntax, outside
    and inside of its options; instead of the files on the host that hold them, which are not read then. Empty to read those.
    """

    listen_on: Sequence[str] = ("any",)
    allow_query: Sequence[str] = ("localhost", "localnets")
    recursion_networks: Sequence[str] = ()
    forwarders: Sequence[str] = ()
    dnssec_validation: str = "auto"
    tls_certificate: str = ""
    tls_key: str = ""
    tls_ca: str = ""
    local_config: str = ""
    local_options: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a program can do. name: as its makers write it.

    primary: hold a zone's content. signs: sign it. recursion: look names up elsewhere. query_networks: limit who may ask. localnets: know the networks
    of the host's interfaces. offers_tls: hand zones out over TLS, and in no other way. takes_tls: transfer over TLS, and only from whom
    a certificate proves to be the one that is meant. one_key: knows one key for all the servers from which it transfers a zone, and one
    for all those that transfer it. local_text: which of local_config and local_options it takes. without_types: record types that it cannot
    serve, as rdata.type_of names them, of the oldest version that a supported distribution has.

    catalogs: learn from catalog zones (RFC 9432) which zones to transfer; others get a stanza for each. one_catalog: from one of them only.
    views: have several contents of one zone, and show each to those who may see it (split horizon).
    listens_by_address: takes the addresses that the host has one by one, and does without those that another program has.

    oldest: the first version that understands what is written. since: of features that came later, the first version that has each.
    """

    name: str
    oldest: tuple[int, ...] = ()
    primary: bool = True
    signs: bool = False
    recursion: bool = False
    query_networks: bool = False
    localnets: bool = False
    offers_tls: bool = False
    takes_tls: bool = False
    one_key: bool = False
    local_text: frozenset[str] = frozenset()
    without_types: frozenset[str] = frozenset()
    catalogs: bool = False
    one_catalog: bool = False
    views: bool = False
    listens_by_address: bool = False
    since: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def of(self, version: str) -> Capabilities:
        """Those of one version, as a package manager writes it; what a distribution adds to a version changes none of them."""
        numbers = version_numbers(version)
        lost = {feature: False for feature, first in self.since.items() if numbers < first}
        return replace(self, name=f"{self.name} {dotted(numbers)}", **lost)

    def first_with(self, feature: str) -> str:
        """Which version has a feature that this one lacks, for people; nothing where none has it."""
        return f", which {self.name.rpartition(' ')[0]} {dotted(self.since[feature])} can" if feature in self.since else ""


def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a package's version: no epoch, and nothing that a distribution adds. Raises ValueError if there are none."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    if not found:
        raise ValueError(f"{version!r} is no version")
    return tuple(int(number) for number in found.group(1).split("."))


def dotted(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))


def too_old(capabilities: Capabilities, version: str, host: str) -> list[Problem]:
    """Whether a version is older than what this collection writes for."""
    if version_numbers(version) >= capabilities.oldest:
        return []
    wrong = f"has {capabilities.name} {dotted(version_numbers(version))}, or would get it, but needs {dotted(capabilities.oldest)} or newer"
    return [Problem(f"host {host}", wrong, "use a newer release of the distribution, or other software here")]


def beyond(capabilities: Capabilities, plan: Plan, settings: Settings) -> list[Problem]:
    """What a host is to do that its program cannot."""
    where, name = f"host {plan.host}", capabilities.name
    problems = []
    if settings.recursion_networks and not capabilities.recursion:
        problems.append(Problem(where, f"{name} answers for its own zones only, it does not recurse", "leave nameserver_recursion_networks empty, or use bind"))
    if plan.primary and not capabilities.primary:
        zones = ", ".join(list(plan.primary)[:5])
        problems.append(Problem(where, f"{name} is supported as a secondary only, but this host is the primary of {zones}", "use bind, nsd or knot here"))
    signed = [zone for zone, primary in plan.primary.items() if primary.zone.dnssec]
    if signed and capabilities.primary and not capabilities.signs:
        wrong = f"{name} is the primary of {', '.join(signed[:5])}, which dnssec has signed, and it does not sign"
        right = "let a host with bind or knot be the primary, hidden if you like, and this one its secondary, or write dnssec: false"
        problems.append(Problem(where, wrong, right))
    served_zones = (*plan.primary.values(), *plan.secondary.values())
    may_ask = {zone.name: settings.allow_query if zone.allow_query is None else zone.allow_query for zone in (served.zone for served in served_zones)}
    if plan.views:
        problems += _with_views(capabilities, plan, signed)
    limited = [name for name, networks in may_ask.items() if "any" not in networks]
    if limited and not capabilities.query_networks:
        problems.append(
            Problem(
                where,
                f"{name} answers whoever asks, but allow_query limits who may ask for {', '.join(limited[:5])}",
                "write nameserver_allow_query (or the zone's allow_query): [any], and let a firewall limit who may ask",
            )
        )
    elif not capabilities.localnets and (near := [zone for zone in limited if "localnets" in may_ask[zone]]):
        problems.append(
            Problem(
                where,
                f"{name} does not know which networks are localnets, which may ask for {', '.join(near[:5])}",
                "list the networks in nameserver_allow_query (or the zone's allow_query), such as [192.0.2.0/24], or write [any]",
            )
        )
    for own in ("local_config", "local_options"):
        if getattr(settings, own) and own not in capabilities.local_text:
            wrong = f"{name} takes no nameserver_{own} from the inventory"
            problems.append(Problem(where, wrong, "leave it empty, and write your statements into nameserver_local_config or the local file on the host"))
    problems += _without_tls(capabilities, plan, settings)
    for secondary in plan.secondary.values() if capabilities.one_key else ():
        for peers, role in (secondary.transfer_from, "from which it transfers it"), (secondary.transfer_to, "that transfer it from there"):
            if len({used_key(peer) for peer in peers}) > 1:
                what = f"{name} on {plan.host} knows one key for all the servers {role}, but these have several"
                problems.append(Problem(f"zone {secondary.zone.name}", what, "name one key of dns_tsig_keys in the zone's tsig, or one server"))
    for served in (*plan.primary.values(), *plan.secondary.values()) if capabilities.without_types else ():
        types = {record.type for record in served.zone.content.records}
        for kind in sorted(types & capabilities.without_types):
            called = dns.rdatatype.to_text(dns.rdatatype.from_text(kind))  # some are written by their number
            what = f"{name} on {plan.host} cannot serve records of type {called}"
            problems.append(Problem(f"zone {served.zone.name}", what, "leave them out, or use other software there"))
    return problems


def _with_views(capabilities: Capabilities, plan: Plan, signed: Sequence[str]) -> list[Problem]:
    """Why a host cannot have the views that its zones are in. signed: zones that it signs."""
    where = f"host {plan.host}"
    in_views = [name for name in (*plan.primary, *plan.secondary) if view_of(name)]
    if not capabilities.views:
        wrong = f"{capabilities.name} has no views, and is to serve {', '.join(in_views[:5])}"
        return [Problem(where, wrong, "use bind here, or let other servers have the zones that are in views")]
    if signed:
        wrong = f"signs {', '.join(signed[:5])}, and a server that has views, as for {', '.join(in_views[:5])}, does not sign yet"
        return [Problem(where, wrong, "write dnssec: false, or let another server be the primary of one of them")]
    return misled(plan)


def _without_tls(capabilities: Capabilities, plan: Plan, settings: Settings) -> list[Problem]:
    """Why a host cannot encrypt the transfers that it should."""
    where = f"host {plan.host}"
    problems = []
    if plan.offers_tls and not capabilities.offers_tls:
        wrong = f"{capabilities.name} cannot hand zones out over TLS and in no other way{capabilities.first_with('offers_tls')}"
        problems.append(Problem(where, wrong, "leave tls out of the zones that others transfer from it, or use bind there"))
    if plan.takes_tls and not capabilities.takes_tls:
        wrong = f"{capabilities.name} cannot transfer over TLS from whom an authority's certificate proves to be the one that is meant"
        wrong += capabilities.first_with("takes_tls")
        problems.append(Problem(where, wrong, "leave tls out of the zones that it transfers, or use bind or nsd there"))
    if problems:
        return problems
    if plan.offers_tls and not (settings.tls_certificate and settings.tls_key):
        wrong = "hands zones out over TLS, but has no certificate"
        problems.append(Problem(where, wrong, "set nameserver_tls_certificate and nameserver_tls_key, or nameserver_tls_authority"))
    if plan.takes_tls and not settings.tls_ca:
        wrong = "transfers over TLS, but does not know whose certificates to trust"
        problems.append(Problem(where, wrong, "set nameserver_tls_ca, or nameserver_tls_authority"))
    return problems


@dataclass
class Blocks:
    """A configuration file made of blocks, each under a comment that names it, so that the managed host can tell them apart.

    Zones have a block each. What several of them share has blocks too, named after its content: a list keeps its name whatever other
    zones there are. comment: what begins a comment.
    """

    comment: str = "#"
    shared: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)

    def share(self, name: str, text: str) -> str:
        """Enter what several zones need, once; returns its name."""
        self.shared.setdefault(name, text)
        return name

    def text(self) -> str:
        shared = (f"{self.comment} shared {name}\n{text}" for name, text in self.shared.items())
        zones = (f"{self.comment} zone {name}\n{text}" for name, text in sorted(self.zones.items()))
        return "".join([*shared, *zones])


def key_blocks(plan: Plan, text: Callable[[Key], str], comment: str = "#") -> Blocks:
    """The file of the keys that a host needs. text: what the program's configuration says of one."""
    return Blocks(comment, {key.name: text(key) for key in plan.keys})


def content_name(prefix: str, items: Iterable[str]) -> str:
    """A name that says what is in a list."""
    return f"{prefix}-{hashlib.sha256(' '.join(items).encode()).hexdigest()[:12]}"


_MANY_RECORDS = 10000  # about a third of a megabyte to transfer whole


def sends_differences(primary: PrimaryZone) -> bool:
    """Whether secondaries of a zone are to get what changed in it (IXFR, RFC 1995) where they would get all of it by default.

    Then the server compares each text with the one before, which costs memory and time: worth it for a large zone that others transfer from
    here. Zones that it signs have a journal in any case.
    """
    return primary.zone.dnssec is None and bool(primary.transfer_to) and primary.zone.content.count >= _MANY_RECORDS


def used_key(peer: Peer) -> str | None:
    """The name of the key that signs what is sent to a peer."""
    return peer.keys[0].name if peer.keys else None


# The rest of ``localhost``, besides a host's own addresses.
LOOPBACK = ("127.0.0.1", "::1")


def askers(plan: Plan, zone: PrimaryZone | SecondaryZone, settings: Settings) -> tuple[str, ...] | None:
    """The networks that may ask for a zone, in plain numbers, for programs that know no words for them; None for anybody.

    The host itself always may, and so may the servers that transfer the zone: they ask for its SOA first.
    """
    declared = settings.allow_query if zone.zone.allow_query is None else zone.zone.allow_query
    if "any" in declared:
        return None
    networks = (network for network in declared if network not in ("none", "localhost", "localnets"))
    return tuple(dict.fromkeys([*networks, *LOOPBACK, *plan.addresses, *(peer.address for peer in zone.transfer_to)]))


def sources(plan: Plan, settings: Settings) -> dict[int, list[str]]:
    """The addresses from which a host may ask and tell others, by IP version: those that they know it by, as far as it listens on them.

    Without one of them the choice is the system's. So it is where the host listens on any address, because it may be known by one that a
    router translates.
    """
    found: dict[int, list[str]] = {4: [], 6: []}
    for address in plan.addresses:
        if address in settings.listen_on:
            found[version(address)].append(address)
    return found


def source_for(candidates: Sequence[str], peer: str) -> str | None:
    """Of several own addresses of one IP version the one that has most in common with a peer's (RFC 6724 section 5, rule 8)."""

    def unlike(address: str) -> int:
        return int(ipaddress.ip_address(address)) ^ int(ipaddress.ip_interface(peer).ip)

    return min(candidates, key=lambda address: unlike(address).bit_length(), default=None)


def version(address: str) -> int:
    """4 or 6, of an address or a network."""
    return ipaddress.ip_interface(address).version


def own_addresses(settings: Settings) -> list[str]:
    """The addresses to listen on: loopback too, of the families that the host has; for ``any`` those that stand for all."""
    if "any" in settings.listen_on:
        return ["0.0.0.0", "::"]
    version6 = ["::1"] if any(":" in address for address in settings.listen_on) else []
    return list(dict.fromkeys(["127.0.0.1", *version6, *settings.listen_on]))


def needed_addresses(capabilities: Capabilities, plan: Plan, settings: Settings) -> list[str]:
    """Where nobody else may listen: the program would not start, or not be who is asked."""
    if "any" not in settings.listen_on:
        return list(settings.listen_on)
    return ["127.0.0.1", *plan.addresses] if capabilities.listens_by_address else own_addresses(settings)
