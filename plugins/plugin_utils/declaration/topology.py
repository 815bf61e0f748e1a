# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone with its servers: who is primary and secondary, and whether transfers can reach everybody, signed and encrypted as declared; how it is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import catalogs, dnssec, hosts, names, serial_policies
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.endpoints import Endpoints
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import PRIMARIES_GROUP, SECONDARIES_GROUP, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import NETWORK_WORDS, check_networks, network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUD_GROUP, CLOUDS

_ABOUT_SERVERS = ("primaries", "secondaries", "view", "serial", "allow_query", "tsig", "tls", "dnssec", "catalog")  # the options that are read here


@dataclass(frozen=True)
class _Shared:
    """What zones with the same options have in common, as L(Zone) has it."""

    primaries: tuple[Server, ...]
    secondaries: tuple[Server, ...]
    serial_policy: str
    allow_query: tuple[str, ...] | None
    tsig: bool | str
    tls: bool
    catalog: str | None
    dnssec: dnssec.Policy | None


class Topology:
    """Completes drafts to zones. Mistakes and warnings go to findings."""

    def __init__(self, endpoints: Endpoints, policies: Mapping[str, dnssec.Policy], findings: Findings) -> None:
        self.endpoints = endpoints
        self.policies = policies
        self.findings = findings
        self.problem = findings.problem
        self._known: dict[tuple[str | bool | None, ...], _Shared] = {}
        self._together: dict[tuple[Server, ...], None] = {}  # servers of one zone each

    def check_hosts(self) -> None:
        """To be called when all drafts are complete."""
        hosts.check(self._together, self.endpoints.inventory, self.endpoints.keyring, self.endpoints.outside, self.findings)

    def complete(self, draft: Draft) -> Zone | None:
        content, found = draft.content, len(self.findings.problems) + len(self.findings.warnings)
        alike = self._alike(draft)
        shared = self._known.get(alike) or self._complete(draft)
        if content is None:
            return None
        # What is found of one zone is told of each one like it, and a signer looks at the content.
        if shared.dnssec is None and len(self.findings.problems) + len(self.findings.warnings) == found:
            self._known[alike] = shared
        servers, options = (shared.primaries, shared.secondaries), (shared.allow_query, draft.options["labels"], shared.tsig, shared.tls, shared.catalog)
        return Zone(draft.name, *servers, content, shared.serial_policy, *options, dnssec=shared.dnssec)

    @staticmethod
    def _alike(draft: Draft) -> tuple[str | bool | None, ...]:
        """The same for zones of which the same is said here."""
        said = [repr(draft.options[option]) if option in draft.options else None for option in _ABOUT_SERVERS]
        return (*said, _has_serial(draft), draft.content is not None and draft.content.signed)

    def _complete(self, draft: Draft) -> _Shared:
        content = draft.content
        primaries, secondaries = self.endpoints.of_zone(draft)
        if not primaries and draft.options.get("primaries") is None:
            near = did_you_mean(PRIMARIES_GROUP, set(self.endpoints.inventory.groups) - {PRIMARIES_GROUP, SECONDARIES_GROUP})
            self.problem(
                draft.where,
                f"has no primary: the inventory's group {PRIMARIES_GROUP} is missing or empty{near}",
                f"put a host into {PRIMARIES_GROUP}, or give the zone primaries",
            )
        for both in sorted({server.name for server in primaries} & {server.name for server in secondaries}):
            self.problem(draft.where, f"{both} is both its primary and its secondary", "name each server once per zone")
        self._check_sources(draft, primaries, secondaries)
        has_serial = _has_serial(draft)
        if draft.view is not None:
            self._check_view(draft, secondaries)
        signing = self._dnssec(draft, primaries)
        usual = "increment" if signing else "keep"  # what is served is the signer's serial
        policy = "keep" if content is not None and content.signed else draft.options.get("serial", usual if has_serial else "date")
        if policy not in serial_policies.POLICIES:
            known = ", ".join(serial_policies.POLICIES)
            self.problem(draft.where, f"serial {policy!r} is unknown{did_you_mean(policy, serial_policies.POLICIES)}", f"use one of {known}")
        elif policy == "keep" and signing:
            self.problem(draft.where, "serial is 'keep', but the zone is signed, and who signs it moves its serial", "use date, unix or increment")
        elif policy == "keep" and not has_serial:
            self.problem(draft.where, "serial is 'keep', but there is no SOA to keep it from", "use date, unix or increment, or a file with a SOA")
        secondaries = tuple(self._carried(draft, server, primaries) if server.cloud else server for server in secondaries)
        self._together[(*primaries, *secondaries)] = None
        allow_query, signed, encrypted = self._allow_query(draft), self._tsig(draft), self._tls(draft, primaries, secondaries)
        return _Shared(primaries, secondaries, policy, allow_query, signed, encrypted, self._catalog(draft), signing)

    def _check_view(self, draft: Draft, secondaries: tuple[Server, ...]) -> None:
        """What is made for one content of each zone."""
        where = f"is in the view {draft.view}, and"
        if draft.options.get("catalog"):
            self.problem(draft.where, f"{where} a catalog lists a zone once, for all views", "leave catalog out for it")
        if draft.options.get("dnssec", False) is not False:
            self.problem(draft.where, f"{where} zones in views are not signed yet", "write dnssec: false")
        for server in secondaries:
            if server.cloud:
                self.problem(draft.where, f"{where} {server.cloud} has no views", "leave the provider out for it")

    def _carried(self, draft: Draft, server: Server, primaries: tuple[Server, ...]) -> Server:
        """A provider with the host that talks to it: the one that is named, else the first of CLOUD_GROUP, else the first primary."""
        groups = self.endpoints.inventory.groups
        hosts = [server.carrier] if server.carrier else [*groups.get(CLOUD_GROUP, ()), *(item.name for item in primaries if item.managed)]
        if not hosts:
            wrong = f"no host is there to talk to {server.cloud}, as its primaries are not of this inventory"
            self.problem(draft.where, wrong, f"put a host into the group {CLOUD_GROUP}, or name one: {{cloud: {server.cloud}, host: NAME}}")
            return server
        if CLOUDS[server.cloud].pulls:
            self._check_reachable(draft, server, primaries)
        if server.addresses:
            return replace(server, carrier=hosts[0])
        return replace(server, carrier=hosts[0], addresses=self.endpoints.host(hosts[0]).addresses)

    def _check_reachable(self, draft: Draft, server: Server, primaries: tuple[Server, ...]) -> None:
        """A provider out in the internet cannot transfer from a primary that has private addresses only (RFC 1918, RFC 4193)."""
        if server.sources or any(names.is_private(address) for address in server.addresses):
            return
        for primary in primaries:
            if primary.managed and all(names.is_private(address) for address in primary.addresses):
                wrong = f"{server.cloud} cannot transfer from {primary.name}, whose addresses are private: {', '.join(primary.addresses)}"
                right = "list its public address in dns_addresses, or let a public secondary feed the provider (from)"
                self.findings.warning(f"host {primary.name}", wrong, right)

    def _tsig(self, draft: Draft) -> bool | str:
        value = draft.options.get("tsig", True)
        if value is True and "tsig" in draft.options and self.endpoints.keyring.secret is None:
            self.problem(draft.where, "tsig is true, but no dns_tsig_secret is there to derive keys from", "set it, or name a key of dns_tsig_keys")
        return value if isinstance(value, bool) else self.endpoints.given_key(draft.where, "tsig", value) or False

    @staticmethod
    def _catalog(draft: Draft) -> str | None:
        """What it names was looked up already (L(catalogs))."""
        value = draft.options.get("catalog")
        return catalogs.name_of(value) if value else None

    def _tls(self, draft: Draft, primaries: tuple[Server, ...], secondaries: tuple[Server, ...]) -> bool:
        value = draft.options.get("tls", False)
        if not isinstance(value, bool):
            self.problem(draft.where, f"tls is {value!r}", "write true to hand the zone out over TLS only, or false")
            return False
        for server in primaries if value else ():
            if server.tls is None:
                wrong = f"its transfers are to be encrypted, but nothing is said of TLS on its primary {server.name}"
                self.problem(draft.where, wrong, "give that tls: NAME, the name in its certificate")
        for server in secondaries if value else ():
            if server.cloud:
                self.problem(draft.where, f"its transfers are to be encrypted, but {server.cloud} has none over TLS", "leave tls out, or the provider")
        return value

    def _dnssec(self, draft: Draft, primaries: tuple[Server, ...]) -> dnssec.Policy | None:
        """How the zone's primary signs it."""
        value = draft.options.get("dnssec", False)
        if value is False:
            return None
        policy = dnssec.STANDARD if value is True else self.policies.get(value) if isinstance(value, str) else None
        if policy is None:
            known = ", ".join(self.policies)
            wrong = f"dnssec {value!r} is no policy{did_you_mean(value, self.policies)}"
            self.problem(draft.where, wrong, f"write true, false, one of {known}, or declare it in {dnssec.VARIABLE}")
            return None
        if draft.content is not None and draft.content.signed:
            wrong = "is declared with its signatures, and dnssec would have it signed a second time"
            self.problem(draft.where, wrong, "leave the signatures out of its file, or write dnssec: false")
        outside = [server.name for server in primaries if not server.managed]
        if outside:
            wrong = f"its primary {outside[0]} is not of this inventory, and who holds a zone's content signs it"
            self.problem(draft.where, wrong, "have it signed there, and write dnssec: false")
        elif len(primaries) > 1:
            wrong = f"has the primaries {', '.join(server.name for server in primaries)}, and each would sign it with keys of its own"
            self.problem(draft.where, wrong, "let one of them be the primary and the others secondaries, which serve the signed zone as it is")
        if draft.content is not None:
            soa = draft.content.soa
            longest = max(dnssec.longest_ttl(draft.content.body()), soa.ttl)
            if longest > policy.max_zone_ttl:
                wrong = f"has a TTL of {longest} seconds, and the longest that its policy {policy.name} waits for is {policy.max_zone_ttl}"
                self.problem(draft.where, wrong, f"lower the TTL, or use a policy of {dnssec.VARIABLE} with a larger max_zone_ttl")
        return policy

    def _check_sources(self, draft: Draft, primaries: tuple[Server, ...], secondaries: tuple[Server, ...]) -> None:
        """Whether what secondaries transfer from leads to a primary."""
        served = {server.name for server in primaries}
        waiting = {server.name: set(server.sources) for server in secondaries if server.sources}
        served |= {server.name for server in secondaries} - waiting.keys()
        for name, sources in waiting.items():
            for unknown in sorted(sources - served - waiting.keys()):
                self.problem(draft.where, f"{name} is to transfer from {unknown}, which does not serve the zone", "name primaries or other secondaries of it")
        while ready := [name for name, sources in waiting.items() if sources & served]:
            served.update(ready)
            for name in ready:
                del waiting[name]
        if waiting and not any(sources - served - waiting.keys() for sources in waiting.values()):
            self.problem(draft.where, f"{', '.join(sorted(waiting))} transfer from each other only", "let one of them transfer from a primary")

    def _allow_query(self, draft: Draft) -> tuple[str, ...] | None:
        value = draft.options.get("allow_query")
        if value is None:
            return None
        mistakes = list(check_networks(value))
        for wrong in mistakes:
            self.problem(draft.where, f"allow_query: {wrong}", f"list networks such as 192.0.2.0/24, or {', '.join(NETWORK_WORDS)}")
        return None if mistakes else tuple(network_text(item) for item in value)


def _has_serial(draft: Draft) -> bool:
    """Whether the zone brings a SOA of its own."""
    return (draft.file is not None and draft.file.soa is not None) or (draft.content is not None and draft.content.own_serial is not None)
