# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first layer: what an inventory declares, merged with defaults and checked as a whole.

Nothing here knows Ansible or a server's syntax; files and host variables come in through the arguments.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names, reverse, serial_policies, tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import DEFAULT_TTL, SOA_KEYS, Content, build
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUD_GROUP, CLOUDS
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record, parse_records, parse_ttl
from ansible_collections.authoritative.dns.plugins.plugin_utils.validators import check_levels, validate_pointers

SHARED_KEYS = ("primaries", "secondaries", "ttl", "soa", "serial", "allow_query", "tsig", "tls", "labels", "validators")
ZONE_KEYS = ("name", "reverse_network", "forward_zones", "records", "file", *SHARED_KEYS)
ENDPOINT_KEYS = ("address", "port", "name", "key", "tls", "tls_port", "from")
HOST_KEYS = ("host", "from")
CLOUD_KEYS = ("cloud", "host", "from", "key", "addresses", "notify")
TLS_PORT = 853  # RFC 9103 section 7.1
PRIMARIES_GROUP = "dns_primaries"
SECONDARIES_GROUP = "dns_secondaries"
GROUPS = (PRIMARIES_GROUP, SECONDARIES_GROUP, "dns_clients", "dns_strangers", CLOUD_GROUP)


@dataclass(frozen=True)
class Inventory:
    """What the declaration needs to know of an inventory.

    groups: host names by group. addresses: the addresses on which a host serves DNS, for each host that is asked for;
    raises ValueError if one is not an address.
    """

    groups: Mapping[str, Sequence[str]]
    addresses: Callable[[str], tuple[str, ...]]

    @property
    def hosts(self) -> set[str]:
        return {host for hosts in self.groups.values() for host in hosts}


@dataclass(frozen=True)
class Server:
    """One name server of a zone.

    managed: whether it is a host of the inventory, so that this collection configures it. addresses: where it serves, and where its
    transfers come from; of a provider the latter only, networks among them. key: for one that is not, the name of the
    given key that is agreed with it, empty for none on purpose. sources: names of the zone's servers from which this one, a
    secondary, transfers; empty for the zone's primaries. tls: the name in its certificate, None if transfers with one that is not
    managed are not to be encrypted. tls_port: where it hands zones out over TLS (RFC 9103). cloud: the provider that it is, one of
    L(clouds.CLOUDS). carrier: the host that talks to the provider. notify: the addresses that are told of changes, None for the first
    of its own.
    """

    name: str
    addresses: tuple[str, ...]
    managed: bool = True
    port: int = 53
    key: str | None = None
    sources: tuple[str, ...] = ()
    tls: str | None = None
    tls_port: int = TLS_PORT
    cloud: str | None = None
    carrier: str | None = None
    notify: tuple[str, ...] | None = None

    @property
    def transferring_host(self) -> str | None:
        """The host of the inventory that does the server's transfers, if one does."""
        if self.cloud:
            return None if CLOUDS[self.cloud].pulls else self.carrier
        return self.name if self.managed else None


@dataclass(frozen=True)
class Zone:
    """A zone with nothing left to default. name: lower case, without final dot.

    allow_query: networks that may ask, None for the server's own setting. tsig: whether derived keys sign its transfers, or the name
    of the given key that does. tls: whether it is handed out over TLS and in no other way.
    """

    name: str
    primaries: tuple[Server, ...]
    secondaries: tuple[Server, ...]
    content: Content
    serial_policy: str
    allow_query: tuple[str, ...] | None
    labels: Mapping[str, Any] = field(default_factory=dict, compare=False)
    tsig: bool | str = True
    tls: bool = False

    def upstream(self, secondary: Server) -> tuple[Server, ...]:
        """The servers from which a secondary transfers this zone, in the order to try them."""
        if not secondary.sources:
            return self.primaries
        servers = {server.name: server for server in (*self.primaries, *self.secondaries)}
        return tuple(servers[name] for name in secondary.sources)

    @property
    def servers(self) -> tuple[Server, ...]:
        """Those that answer with the zone's own SOA, or should: everybody but providers."""
        return (*self.primaries, *(server for server in self.secondaries if not server.cloud))

    def downstream(self, server: Server) -> tuple[Server, ...]:
        """The secondaries that transfer this zone from a server."""
        return tuple(secondary for secondary in self.secondaries if any(source.name == server.name for source in self.upstream(secondary)))


@dataclass(frozen=True)
class Declaration:
    """Every declared zone by name, in the order of the declaration. selected: those that this run is about, None for all.

    keyring: the keys that sign transfers. warnings: what should be otherwise and is served all the same.
    """

    zones: Mapping[str, Zone]
    selected: frozenset[str] | None = None
    warnings: tuple[Problem, ...] = ()
    keyring: tsig.Keyring = field(default_factory=tsig.Keyring)

    @property
    def selected_zones(self) -> Mapping[str, Zone]:
        return self.zones if self.selected is None else {name: zone for name, zone in self.zones.items() if name in self.selected}


@dataclass
class Draft:
    """A zone on its way through the checks. options: its own over the defaults. content: None if its mistakes leave none.

    For a zone of C(dns_zones) records and soa are what it declares itself; content follows from them.
    """

    where: str
    name: str
    options: Mapping[str, Any]
    origin: dns.name.Name | None = None
    ttl: int = DEFAULT_TTL
    network: reverse.Network | None = None
    records: list[Record] = field(default_factory=list)
    soa: SOA | None = None
    content: Content | None = None


def load(
    zones: Any,
    defaults: Any,
    inventory: Inventory,
    read_file: Callable[[str], str],
    files: Iterable[tuple[Draft, list[Problem]]] = (),
    select: str | None = None,
    keys: Mapping[str, Any] | None = None,
) -> Declaration:
    """Read, complete and check a declaration.

    zones: the list C(dns_zones). defaults: the mapping C(dns_zone_defaults), SHARED_KEYS for every zone.
    read_file: returns the text of a declared C(file), raises OSError. files: zones that were read from directories already.
    select: the JMESPath expression C(dns_zone_select). keys: the arguments of L(tsig.read), from the variables C(dns_tsig_*).
    Raises DeclarationError with every mistake in it.
    """
    return _Loader(inventory, read_file, keys or {}).load(zones, defaults, files, select)


def merged_options(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A zone's options over the defaults; its SOA fields and labels over theirs one by one."""
    nested = {key: {**_dict(defaults.get(key)), **_dict(own.get(key))} for key in ("soa", "labels", "validators")}
    return {**defaults, **own, **nested}


def check_mapping(where: str, value: Any, known: Sequence[str]) -> list[Problem]:
    """What is wrong with a mapping that may have the known keys only."""
    if not isinstance(value, Mapping):
        return [Problem(where, f"{value!r} is not a mapping", f"give a mapping with {', '.join(known)}")]
    return [Problem(where, f"the key {key!r} is unknown{did_you_mean(key, known)}", f"known are {', '.join(known)}") for key in value if key not in known]


def check_nested(where: str, options: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the mappings inside a zone's own options, or inside defaults."""
    problems = check_mapping(f"{where}, soa", options["soa"], SOA_KEYS) if options.get("soa") is not None else []
    for wrong in check_levels(options.get("validators") or {}):
        problems.append(Problem(f"{where}, validators", wrong, 'write {ns-count: "off", mx-alias: error}; docs/validators.md lists the rules'))
    if not isinstance(options.get("labels", {}), Mapping):
        problems.append(Problem(where, f"labels is {options['labels']!r}", "give a mapping of names to values of your choice"))
    return problems


class _Loader:
    def __init__(self, inventory: Inventory, read_file: Callable[[str], str], keys: Mapping[str, Any]) -> None:
        self.inventory = inventory
        self.read_file = read_file
        self.keyring, self.problems = tsig.read(**keys)
        self.warnings: list[Problem] = []
        self._servers: dict[str, Server | None] = {}
        self._resolved: dict[tuple[str, str, bool], tuple[Server, ...]] = {}

    def problem(self, where: str, wrong: str, right: str) -> None:
        self.problems.append(Problem(where, wrong, right))

    def load(self, zones: Any, defaults: Any, files: Iterable[tuple[Draft, list[Problem]]], select: str | None) -> Declaration:
        self._check_groups()
        defaults = self._checked("dns_zone_defaults", defaults or {}, SHARED_KEYS)
        drafts: dict[str, Draft] = {}
        if not isinstance(zones, Sequence) or isinstance(zones, str):
            self.problem("dns_zones", f"{zones!r} is not a list", "declare a list of zones, each with a name")
            zones = []
        for number, item in enumerate(zones, 1):
            draft = self._draft(number, item, defaults)
            if draft is not None and self._enter(draft, drafts):
                self._read_content(draft)
        for draft, mistakes in files:
            self.problems += mistakes
            self._enter(draft, drafts)
        pointer_warnings = self._check_pointers(drafts, self._derive_reverse(drafts))
        result = {name: self._finish(draft) for name, draft in drafts.items()}
        if self.problems:
            raise DeclarationError(self.problems)
        zones_by_name = {name: zone for name, zone in result.items() if zone is not None}
        warnings = [warning for zone in zones_by_name.values() for warning in zone.content.warnings]
        declaration = Declaration(zones_by_name, warnings=tuple(dict.fromkeys([*warnings, *pointer_warnings, *self.warnings])), keyring=self.keyring)
        return replace(declaration, selected=selected(declaration, select)) if select else declaration

    def _enter(self, draft: Draft, drafts: dict[str, Draft]) -> bool:
        if draft.name in drafts:
            self.problem(
                draft.where, f"is declared twice (also as {drafts[draft.name].where})", "declare each zone once; zone names ignore case and a final dot"
            )
            return False
        drafts[draft.name] = draft
        return True

    def _checked(self, where: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
        self.problems += check_mapping(where, value, known)
        if not isinstance(value, Mapping):
            return {}
        self.problems += check_nested(where, value)
        return value

    def _check_groups(self) -> None:
        """A group whose name is almost one of ours is a typing error that would silently mean nothing."""
        for group in self.inventory.groups:
            near = difflib.get_close_matches(group, GROUPS, n=1, cutoff=0.8)
            if near and group not in GROUPS and near[0] not in self.inventory.groups:
                self.problem(f"group {group}", "is not a group that this collection knows", f"call it {near[0]}")

    # -- one zone at a time -------------------------------------------------------------------------------------------

    def _draft(self, number: int, item: Any, defaults: Mapping[str, Any]) -> Draft | None:
        where = f"zone {number} of dns_zones"
        if not isinstance(item, Mapping):
            self.problem(where, f"{item!r} is not a zone", "write {name: example.com, records: […]}")
            return None
        network = None
        name = item.get("name")
        if "reverse_network" in item:
            try:
                network = names.network(item["reverse_network"])
                name = name if name is not None else reverse.zone_of(network)
            except ValueError as error:
                self.problem(where, f"reverse_network {item['reverse_network']!r}: {error}", "write a network such as 192.0.2.0/24 or 2001:db8::/64")
                return None
        try:
            origin = names.zone_name(name)
        except ValueError as error:
            self.problem(where, f"name {name!r} {error}", "write a domain name such as example.com")
            return None
        text = names.to_text(origin)
        where = f"zone {text}"
        self._checked(where, item, ZONE_KEYS)
        if network is not None and text != reverse.zone_of(network):
            self.problem(where, f"is not the reverse zone of {network}", f"leave name out, or write {reverse.zone_of(network)}")
        options = merged_options(defaults, item)
        return Draft(where, text, options, origin, self._ttl(where, "ttl", options.get("ttl", DEFAULT_TTL)), network)

    def _ttl(self, where: str, key: str, value: Any) -> int:
        try:
            return parse_ttl(value)
        except ValueError as error:
            self.problem(where, f"{key}: {error}", "write seconds, or units such as 1h or 1d")
            return DEFAULT_TTL

    def _read_content(self, draft: Draft) -> None:
        before = len(self.problems)
        if "file" in draft.options:
            path = draft.options["file"]
            try:
                text = self.read_file(path)
            except (OSError, UnicodeError, TypeError) as error:
                self.problem(
                    draft.where,
                    f"file {path!r} cannot be read ({getattr(error, 'strerror', None) or error})",
                    "give a path relative to the inventory or the playbook, or an absolute one",
                )
            else:
                draft.records, draft.soa, mistakes = parse_zone_file(text, draft.origin, f"{draft.where}, file {path}", path, self.read_file)
                self.problems.extend(mistakes)
        items = draft.options.get("records", [])
        soa_items = [item for item in items if str(_dict(item).get("type")).upper() in ("SOA", "TYPE6")] if isinstance(items, list) else []
        if soa_items:
            self.problem(draft.where, "a SOA stands among the records", "set its fields under soa; the serial is the collection's work")
            items = [item for item in items if item not in soa_items]
        records, mistakes = parse_records(items, draft.origin, draft.ttl, draft.where)
        draft.records.extend(records)
        self.problems.extend(mistakes)
        if draft.network is not None:
            return  # it is complete when the forward zones are
        if "records" not in draft.options and "file" not in draft.options:
            self.problem(draft.where, "has neither records nor a file", "give one of records, file and reverse_network")
        elif draft.records or len(self.problems) == before:
            self._build(draft)

    def _build(self, draft: Draft) -> None:
        draft.content, mistakes = build(draft.where, draft.origin, draft.ttl, draft.options, draft.soa, draft.records, "file" in draft.options)
        self.problems += mistakes

    # -- zones together -----------------------------------------------------------------------------------------------

    def _derive_reverse(self, drafts: Mapping[str, Draft]) -> list[tuple[str, Record]]:
        """PTR records from forward zones; a declared PTR wins over a derived one. Returns the declared ones, each with its zone's name."""
        for draft in drafts.values():
            if draft.network is None and "forward_zones" in draft.options:
                self.problem(draft.where, "has forward_zones but no reverse_network", "give the network whose reverse zone this is")
        reverse_drafts = [draft for draft in drafts.values() if draft.network is not None]
        if not reverse_drafts:
            return []
        result = []
        addresses = reverse.Addresses((draft.name, record) for draft in drafts.values() if draft.content for record in draft.content.addresses)
        for draft in reverse_drafts:
            sources = [source for source in self._forward_zones(draft, drafts) if source.content is not None]
            declared = [record for record in draft.records if record.type == "PTR"]
            result += [(draft.name, record) for record in declared]
            taken = {record.owner.lower() for record in declared}
            found = reverse.pointers(draft.network, addresses, {source.name for source in sources}, draft.ttl)
            derived = [(source, record) for source, record in found if record.owner not in taken]
            if sources and not any(record.owner == "@" and record.type == "NS" for record in draft.records):
                feeding = {source for source, _record in derived}
                nearest = next((source for source in sources if source.name in feeding), sources[0])
                draft.records += [Record("@", draft.ttl, "NS", server) for server in nearest.content.apex_servers]
                draft.options = {**draft.options, "soa": {"rname": f"hostmaster.{nearest.name}.", **draft.options["soa"]}}
            draft.records += [record for _source, record in derived]
            self._build(draft)
        return result

    def _check_pointers(self, drafts: Mapping[str, Draft], pointers: Sequence[tuple[str, Record]]) -> list[Problem]:
        """Declared PTR records against the addresses of the same declaration; derived ones agree by themselves."""
        if not pointers:
            return []
        forward = ((draft.name, record) for draft in drafts.values() if draft.content for record in draft.content.addresses)
        errors, warnings = validate_pointers(forward, pointers, lambda name: drafts[name].options["validators"])
        self.problems += errors
        return warnings

    def _forward_zones(self, draft: Draft, drafts: Mapping[str, Draft]) -> list[Draft]:
        chosen = draft.options.get("forward_zones")
        if chosen is None:
            return [other for other in drafts.values() if other.network is None]
        result = []
        for name in chosen if isinstance(chosen, list) else [chosen]:
            other = drafts.get(str(name).rstrip(".").lower())
            if other is None:
                self.problem(draft.where, f"forward_zones names {name!r}, which is not declared{did_you_mean(name, drafts)}", "name zones of dns_zones")
            else:
                result.append(other)
        return result

    # -- completion ---------------------------------------------------------------------------------------------------

    def _finish(self, draft: Draft) -> Zone | None:
        content = draft.content
        primaries = self._servers_of(draft, "primaries", PRIMARIES_GROUP)
        secondaries = self._servers_of(draft, "secondaries", SECONDARIES_GROUP)
        if not primaries and "primaries" not in draft.options:
            near = did_you_mean(PRIMARIES_GROUP, set(self.inventory.groups) - {PRIMARIES_GROUP, SECONDARIES_GROUP})
            self.problem(
                draft.where,
                f"has no primary: the inventory's group {PRIMARIES_GROUP} is missing or empty{near}",
                f"put a host into {PRIMARIES_GROUP}, or give the zone primaries",
            )
        for both in sorted({server.name for server in primaries} & {server.name for server in secondaries}):
            self.problem(draft.where, f"{both} is both its primary and its secondary", "name each server once per zone")
        self._check_sources(draft, primaries, secondaries)
        has_serial = draft.soa is not None or (content is not None and content.own_serial is not None)
        policy = draft.options.get("serial", "keep" if has_serial else "date")
        if policy not in serial_policies.POLICIES:
            known = ", ".join(serial_policies.POLICIES)
            self.problem(draft.where, f"serial {policy!r} is unknown{did_you_mean(policy, serial_policies.POLICIES)}", f"use one of {known}")
        elif policy == "keep" and not has_serial:
            self.problem(draft.where, "serial is 'keep', but there is no SOA to keep it from", "use date, unix or increment, or a file with a SOA")
        secondaries = tuple(self._carried(draft, server, primaries) if server.cloud else server for server in secondaries)
        allow_query, signed, encrypted = self._allow_query(draft), self._tsig(draft), self._tls(draft, primaries, secondaries)
        if content is None:
            return None
        return Zone(draft.name, primaries, secondaries, content, policy, allow_query, draft.options["labels"], signed, encrypted)

    def _carried(self, draft: Draft, server: Server, primaries: tuple[Server, ...]) -> Server:
        """A provider with the host that talks to it: the one that is named, else the first of CLOUD_GROUP, else the first primary."""
        hosts = [server.carrier] if server.carrier else [*self.inventory.groups.get(CLOUD_GROUP, ()), *(item.name for item in primaries if item.managed)]
        if not hosts:
            wrong = f"no host is there to talk to {server.cloud}, as its primaries are not of this inventory"
            self.problem(draft.where, wrong, f"put a host into the group {CLOUD_GROUP}, or name one: {{cloud: {server.cloud}, host: NAME}}")
            return server
        if CLOUDS[server.cloud].pulls:
            self._check_reachable(draft, server, primaries)
        if server.addresses:
            return replace(server, carrier=hosts[0])
        host = self._host(hosts[0])
        return replace(server, carrier=hosts[0], addresses=host.addresses if host else ())

    def _check_reachable(self, draft: Draft, server: Server, primaries: tuple[Server, ...]) -> None:
        """A provider out in the internet cannot transfer from a primary that has private addresses only (RFC 1918, RFC 4193)."""
        if server.sources or any(names.is_private(address) for address in server.addresses):
            return
        for primary in primaries:
            if primary.managed and all(names.is_private(address) for address in primary.addresses):
                wrong = f"{server.cloud} cannot transfer from {primary.name}, whose addresses are private: {', '.join(primary.addresses)}"
                right = "list its public address in dns_addresses, or let a public secondary feed the provider (from)"
                self.warnings.append(Problem(f"host {primary.name}", wrong, right))

    def _tsig(self, draft: Draft) -> bool | str:
        value = draft.options.get("tsig", True)
        if value is True and "tsig" in draft.options and self.keyring.secret is None:
            self.problem(draft.where, "tsig is true, but no dns_tsig_secret is there to derive keys from", "set it, or name a key of dns_tsig_keys")
        return value if isinstance(value, bool) else self._given_key(draft.where, "tsig", value) or False

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

    def _given_key(self, where: str, key: str, value: Any) -> str | None:
        """The name of a key of the keyring, None if there is no such key."""
        name = tsig.key_name(value)
        if name in self.keyring.given:
            return name
        near = did_you_mean(value, self.keyring.given)
        self.problem(where, f"{key} names {value!r}, which is not in dns_tsig_keys{near}", "declare it there with its secret")
        return None

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

    # -- servers ------------------------------------------------------------------------------------------------------

    def _servers_of(self, draft: Draft, key: str, default_group: str) -> tuple[Server, ...]:
        declared = draft.options.get(key)
        memo = (key, repr(declared), key in draft.options)
        if memo in self._resolved:
            return self._resolved[memo]
        before = len(self.problems)
        result = self._resolve(draft, key, declared, default_group)
        if len(self.problems) == before:
            self._resolved[memo] = result
        return result

    def _resolve(self, draft: Draft, key: str, declared: Any, default_group: str) -> tuple[Server, ...]:
        if declared is None:
            declared = [default_group] if self.inventory.groups.get(default_group) else []
        if isinstance(declared, (str, Mapping)):
            declared = [declared]
        if not isinstance(declared, Sequence) or (key == "primaries" and key in draft.options and not declared):
            self.problem(draft.where, f"{key} is {declared!r}", "list inventory hosts, groups, or endpoints such as {address: 192.0.2.1}")
            return ()
        found: dict[str, Server] = {}
        for item in declared:
            for server in self._endpoint(draft.where, key, item):
                found.setdefault(server.name, server)
        return tuple(found.values())

    def _endpoint(self, where: str, key: str, item: Any) -> Iterable[Server]:
        if isinstance(item, Mapping) and "from" in item:
            yield from self._fed_by(where, key, item)
            return
        if isinstance(item, Mapping) and "cloud" in item:
            yield from self._provider(where, key, item)
            return
        if isinstance(item, Mapping) and "host" in item:
            self.problems += check_mapping(f"{where}, {key}", item, HOST_KEYS)
            yield from self._endpoint(where, key, str(item["host"]))
            return
        if isinstance(item, Mapping):
            self.problems += check_mapping(f"{where}, {key}", item, ENDPOINT_KEYS)
            ports = {"port": item.get("port", 53), "tls_port": item.get("tls_port", TLS_PORT)}
            for what, port in ports.items():
                if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
                    self.problem(where, f"{key}: {what} {port!r} is not a port", "write a number from 1 to 65535")
                    return
            port = ports["port"]
            try:
                address = names.address(item.get("address"))
            except ValueError:
                self.problem(where, f"{key}: address {item.get('address')!r} is not an address", "write an IPv4 or IPv6 address")
                return
            if port == 53 and self._is_own(where, key, address):
                return
            name = str(item.get("name", address if port == 53 else f"{address} port {port}"))
            tls = item.get("tls")
            try:
                tls = tls if tls is None else names.to_text(names.zone_name(tls))
            except ValueError as error:
                self.problem(where, f"{key}: tls {tls!r} {error}", "write the name in the server's certificate")
                return
            agreed = self._key_of(f"{where}, {key} {name}", item)
            yield Server(name, (address,), managed=False, port=port, key=agreed, tls=tls, tls_port=ports["tls_port"])
            return
        if isinstance(item, str) and item in self.inventory.hosts:
            server = self._host(item)
            if server:
                yield server
            return
        if isinstance(item, str) and item in self.inventory.groups:
            for host in self.inventory.groups[item]:
                yield from self._endpoint(where, key, host)
            return
        try:
            address = names.address(item)
        except ValueError:
            known = sorted(self.inventory.hosts | set(self.inventory.groups))
            self.problem(
                where,
                f"{key} names {item!r}, which is no host, group or address{did_you_mean(item, known)}",
                "name a host or group of the inventory, or give an address",
            )
            return
        if not self._is_own(where, key, address):
            yield Server(address, (address,), managed=False)

    def _provider(self, where: str, key: str, item: Mapping[str, Any]) -> Iterable[Server]:
        """A provider as a secondary. Which host talks to it may depend on the zone's primaries, see L(_carried)."""
        provider = item["cloud"]
        if key != "secondaries":
            self.problem(where, f"{key} names the provider {provider!r}, which cannot be one of them here", "list it under secondaries")
            return
        if provider not in CLOUDS:
            self.problem(where, f"{key}: the cloud {provider!r} is unknown{did_you_mean(provider, CLOUDS)}", f"write one of {', '.join(CLOUDS)}")
            return
        self.problems += check_mapping(f"{where}, {key}", item, CLOUD_KEYS)
        carrier = item.get("host")
        if carrier is not None and carrier not in self.inventory.hosts:
            near = did_you_mean(carrier, self.inventory.hosts)
            self.problem(where, f"{key}: {carrier!r}, which is to talk to {provider}, is no host of the inventory{near}", "name one that can reach it")
            return
        usual = CLOUDS[provider]
        lists = [self._networks_of(where, key, name, item.get(name), default) for name, default in (("addresses", usual.addresses), ("notify", usual.notify))]
        agreed = None if item.get("key") is None else self._key_of(f"{where}, {key} {provider}", item)
        yield Server(provider, lists[0], managed=False, key=agreed, cloud=provider, carrier=carrier, notify=lists[1])

    def _networks_of(self, where: str, key: str, name: str, value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
        """A provider's addresses; networks only where transfers come from, since nobody can be told at a network."""
        if value is None:
            return default
        read = names.address if name == "notify" else network_text
        result = []
        for item in value if isinstance(value, (list, tuple)) else [value]:
            try:
                result.append(read(item if item not in NETWORK_WORDS else None))
            except ValueError:
                self.problem(where, f"{key}: {name} has {item!r}", f"list the provider's addresses{'' if name == 'notify' else ' or networks'}")
        return tuple(result)

    def _is_own(self, where: str, key: str, address: str) -> bool:
        """Whether an address belongs to a host that this collection configures: then it would be planned as somebody else's server."""
        host = self._own_addresses.get(address)
        if host is not None:
            self.problem(where, f"{key} gives {address}, which is an address of the host {host}", f"name the host: {host}")
        return host is not None

    @cached_property
    def _own_addresses(self) -> Mapping[str, str]:
        """Hosts by address; those without a usable one are told where they serve."""
        result: dict[str, str] = {}
        for group in (PRIMARIES_GROUP, SECONDARIES_GROUP):
            for host in self.inventory.groups.get(group, ()):
                with contextlib.suppress(ValueError):
                    result.update(dict.fromkeys(self.inventory.addresses(host), host))
        return result

    def _fed_by(self, where: str, key: str, item: Mapping[str, Any]) -> Iterable[Server]:
        """The servers of an entry that says from whom they transfer."""
        if key != "secondaries":
            self.problem(where, f"{key} says from whom a server transfers, but a primary transfers from nobody", "leave from out, or make it a secondary")
            return
        sources: list[str] = []
        for source in item["from"] if isinstance(item["from"], (list, tuple)) else [item["from"]]:
            sources += [server.name for server in self._endpoint(where, f"{key}, from", source)]
        for server in self._endpoint(where, key, {name: value for name, value in item.items() if name != "from"}):
            yield replace(server, sources=tuple(dict.fromkeys(sources)))

    def _key_of(self, where: str, item: Mapping[str, Any]) -> str | None:
        """The key that is agreed with a server that this collection does not configure."""
        value = item.get("key")
        if value is None:
            if self.keyring.secret is not None:
                self.warnings.append(Problem(where, "nothing signs the transfers with it", "give it the key of dns_tsig_keys that is agreed, or key: false"))
            return None
        return "" if value is False else self._given_key(where, "key", value)

    def _host(self, name: str) -> Server | None:
        """An inventory host as a server; its mistakes are told once, however many zones it serves."""
        if name not in self._servers:
            try:
                addresses = self.inventory.addresses(name)
            except ValueError as error:
                self.problem(f"host {name}", str(error), "list the host's own addresses in its dns_addresses")
                addresses = ()
            else:
                if not addresses:
                    self.problem(f"host {name}", "has no known address", "set dns_addresses for it, or make ansible_host an address")
            self._servers[name] = Server(name, addresses, tls=name.lower()) if addresses else None
        return self._servers[name]


def selected(declaration: Declaration, expression: str) -> frozenset[str]:
    """Names of the zones that a JMESPath expression selects from the list of all zones.

    Each is C({name, primaries, secondaries, labels, records, serial}) with host names and the number of records. The
    expression returns zones or their names. Raises DeclarationError.
    """
    where = "dns_zone_select"
    example = "write a JMESPath expression such as [?labels.site=='berlin'] or [?ends_with(name, '.example.com')]"
    try:
        import jmespath
        import jmespath.exceptions
    except ImportError as error:
        raise DeclarationError([Problem(where, "needs the Python library jmespath on the controller", "install jmespath")]) from error
    facts = [
        {
            "name": zone.name,
            "primaries": [server.name for server in zone.primaries],
            "secondaries": [server.name for server in zone.secondaries],
            "labels": dict(zone.labels),
            "records": zone.content.count,
            "serial": zone.serial_policy,
        }
        for zone in declaration.zones.values()
    ]
    try:
        found = jmespath.search(expression, facts)
    except (jmespath.exceptions.JMESPathError, TypeError) as error:
        raise DeclarationError([Problem(where, f"{expression!r} is not an expression ({str(error).splitlines()[0]})", example)]) from error
    chosen = {item.get("name") if isinstance(item, dict) else item for item in found} if isinstance(found, list) else {None}
    if not chosen <= set(declaration.zones):
        raise DeclarationError([Problem(where, f"{expression!r} gives something else than zones", example)])
    if not chosen:
        raise DeclarationError([Problem(where, f"{expression!r} selects none of the {len(facts)} zones", example)])
    return frozenset(chosen)


NETWORK_WORDS = ("any", "none", "localhost", "localnets")


def check_networks(value: Any) -> Iterable[str]:
    """What is wrong with a list of networks, addresses and NETWORK_WORDS; nothing if it is right."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield f"{value!r} is not a list"
        return
    for item in value:
        try:
            network_text(item)
        except ValueError as error:
            yield str(error)


def network_text(item: Any) -> str:
    """One of NETWORK_WORDS, an address, or a network with its prefix length, the one notation that every server knows. Raises ValueError."""
    if item in NETWORK_WORDS:
        return item
    network = names.network(item)
    return str(network.network_address if network.num_addresses == 1 else network)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
