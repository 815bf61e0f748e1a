# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first layer: what an inventory declares, merged with defaults and checked as a whole.

Nothing here knows Ansible or a server's syntax; files and host variables come in through the arguments.
"""
from __future__ import annotations

import difflib
import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.name

from ansible_collections.authoritative.dns.plugins.plugin_utils import names, reverse, serial
from ansible_collections.authoritative.dns.plugins.plugin_utils.problems import DeclarationError, Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.records import (
    SOA,
    Record,
    canonical,
    digest,
    parse_records,
    parse_ttl,
    parse_zone_file,
)

DEFAULT_TTL = 3600
SOA_TIMERS = {"refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300}
SOA_KEYS = ("mname", "rname", "ttl", *SOA_TIMERS)
SHARED_KEYS = ("primaries", "secondaries", "ttl", "soa", "serial", "allow_query")
ZONE_KEYS = ("name", "reverse_network", "forward_zones", "records", "file", "labels", *SHARED_KEYS)
ENDPOINT_KEYS = ("address", "port", "name")
PRIMARIES_GROUP = "dns_primaries"
SECONDARIES_GROUP = "dns_secondaries"
GROUPS = (PRIMARIES_GROUP, SECONDARIES_GROUP, "dns_clients", "dns_strangers")


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
    """One name server of a zone. managed: whether it is a host of the inventory, so that this collection configures it."""

    name: str
    addresses: tuple[str, ...]
    managed: bool = True
    port: int = 53


@dataclass(frozen=True)
class Zone:
    """A zone with nothing left to default. name: lower case, without final dot. records: canonical, without the SOA.

    own_serial: the serial in the zone's own SOA, 0 if the declaration has none.
    allow_query: networks that may ask, None for the server's own setting.
    """

    name: str
    primaries: tuple[Server, ...]
    secondaries: tuple[Server, ...]
    soa: SOA
    records: tuple[Record, ...]
    serial_policy: str
    own_serial: int
    allow_query: tuple[str, ...] | None
    digest: str
    labels: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Declaration:
    """Every declared zone by name, in the order of the declaration."""

    zones: Mapping[str, Zone]


@dataclass
class _Draft:
    """A zone on its way through the checks."""

    where: str
    origin: dns.name.Name
    name: str
    options: Mapping[str, Any]
    ttl: int
    network: reverse.Network | None = None
    records: list[Record] = field(default_factory=list)
    soa: SOA | None = None


def load(zones: Any, defaults: Any, inventory: Inventory, read_file: Callable[[str], str]) -> Declaration:
    """Read, complete and check a declaration.

    zones: the list C(dns_zones). defaults: the mapping C(dns_zone_defaults), SHARED_KEYS for every zone.
    read_file: returns the text of a declared C(file), raises OSError.
    Raises DeclarationError with every mistake in it.
    """
    return _Loader(inventory, read_file).load(zones, defaults)


class _Loader:
    def __init__(self, inventory: Inventory, read_file: Callable[[str], str]) -> None:
        self.inventory = inventory
        self.read_file = read_file
        self.problems: list[Problem] = []
        self._servers: dict[str, Server | None] = {}

    def problem(self, where: str, wrong: str, right: str) -> None:
        self.problems.append(Problem(where, wrong, right))

    def load(self, zones: Any, defaults: Any) -> Declaration:
        self._check_groups()
        defaults = self._mapping("dns_zone_defaults", defaults or {}, SHARED_KEYS)
        drafts: dict[str, _Draft] = {}
        if not isinstance(zones, Sequence) or isinstance(zones, str):
            self.problem("dns_zones", f"{zones!r} is not a list", "declare a list of zones, each with a name")
            zones = []
        for number, item in enumerate(zones, 1):
            draft = self._draft(number, item, defaults)
            if draft is None:
                continue
            if draft.name in drafts:
                self.problem(draft.where, "is declared twice", "declare each zone once; zone names ignore case and a final dot")
                continue
            drafts[draft.name] = draft
        for draft in drafts.values():
            self._read_content(draft)
        self._derive_reverse(drafts)
        result = {name: self._finish(draft) for name, draft in drafts.items()}
        if self.problems:
            raise DeclarationError(self.problems)
        return Declaration({name: zone for name, zone in result.items() if zone is not None})

    def _check_groups(self) -> None:
        """A group whose name is almost one of ours is a typing error that would silently mean nothing."""
        for group in self.inventory.groups:
            near = difflib.get_close_matches(group, GROUPS, n=1, cutoff=0.8)
            if near and group not in GROUPS and near[0] not in self.inventory.groups:
                self.problem(f"group {group}", "is not a group that this collection knows", f"call it {near[0]}")

    # -- one zone at a time -------------------------------------------------------------------------------------------

    def _mapping(self, where: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.problem(where, f"{value!r} is not a mapping", f"give a mapping with {', '.join(known)}")
            return {}
        for key in value:
            if key not in known:
                self.problem(where, f"the key {key!r} is unknown{did_you_mean(key, known)}", f"known are {', '.join(known)}")
        return value

    def _draft(self, number: int, item: Any, defaults: Mapping[str, Any]) -> _Draft | None:
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
        self._mapping(where, item, ZONE_KEYS)
        if network is not None and text != reverse.zone_of(network):
            self.problem(where, f"is not the reverse zone of {network}", f"leave name out, or write {reverse.zone_of(network)}")
        options = {**defaults, **item, "soa": {**_dict(defaults.get("soa")), **_dict(item.get("soa"))}}
        for level in (defaults.get("soa"), item.get("soa")):
            if level is not None:
                self._mapping(f"{where}, soa", level, SOA_KEYS)
        ttl = self._ttl(where, "ttl", options.get("ttl", DEFAULT_TTL))
        return _Draft(where, origin, text, options, ttl, network)

    def _ttl(self, where: str, key: str, value: Any) -> int:
        try:
            return parse_ttl(value)
        except ValueError as error:
            self.problem(where, f"{key}: {error}", "write seconds, or units such as 1h or 1d")
            return DEFAULT_TTL

    def _read_content(self, draft: _Draft) -> None:
        if "file" in draft.options:
            path = draft.options["file"]
            try:
                text = self.read_file(path)
            except (OSError, UnicodeError, TypeError) as error:
                self.problem(draft.where, f"file {path!r} cannot be read ({getattr(error, 'strerror', None) or error})", "give a path relative to the inventory or the playbook, or an absolute one")
            else:
                draft.records, draft.soa, mistakes = parse_zone_file(text, draft.origin, f"{draft.where}, file {path}")
                self.problems.extend(mistakes)
        items = draft.options.get("records", [])
        soa_items = [item for item in items if _dict(item).get("type") == "SOA"] if isinstance(items, list) else []
        if soa_items:
            self.problem(draft.where, "a SOA stands among the records", "set its fields under soa; the serial is the collection's work")
            items = [item for item in items if item not in soa_items]
        records, mistakes = parse_records(items, draft.origin, draft.ttl, draft.where)
        draft.records.extend(records)
        self.problems.extend(mistakes)
        if draft.network is None and "records" not in draft.options and "file" not in draft.options:
            self.problem(draft.where, "has neither records nor a file", "give one of records, file and reverse_network")

    # -- zones together -----------------------------------------------------------------------------------------------

    def _derive_reverse(self, drafts: Mapping[str, _Draft]) -> None:
        """PTR records from forward zones; a declared PTR wins over a derived one."""
        for draft in drafts.values():
            if draft.network is None:
                if "forward_zones" in draft.options:
                    self.problem(draft.where, "has forward_zones but no reverse_network", "give the network whose reverse zone this is")
                continue
            sources = self._forward_zones(draft, drafts)
            declared = {record.owner for record in draft.records if record.type == "PTR"}
            forward = ((source.name, record) for source in sources for record in source.records)
            derived = [record for record in reverse.pointers(draft.network, forward, draft.ttl) if record.owner not in declared]
            feeding = {record.rdata.partition(".")[2] for record in derived}
            if sources and not any(record.owner == "@" and record.type == "NS" for record in draft.records):
                nearest = next((source for source in sources if any(target.endswith(f"{source.name}.") for target in feeding)), sources[0])
                draft.records += [Record("@", draft.ttl, "NS", record.rdata) for record in nearest.records if record.owner == "@" and record.type == "NS"]
                draft.options = {**draft.options, "soa": {"rname": f"hostmaster.{nearest.name}.", **draft.options["soa"]}}
            draft.records += derived

    def _forward_zones(self, draft: _Draft, drafts: Mapping[str, _Draft]) -> list[_Draft]:
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

    def _finish(self, draft: _Draft) -> Zone | None:
        records = canonical(draft.records)
        self._check_content(draft, records)
        primaries = self._servers_of(draft, "primaries", PRIMARIES_GROUP)
        secondaries = self._servers_of(draft, "secondaries", SECONDARIES_GROUP)
        if not primaries and "primaries" not in draft.options:
            near = did_you_mean(PRIMARIES_GROUP, set(self.inventory.groups) - {SECONDARIES_GROUP})
            self.problem(draft.where, f"has no primary: the inventory's group {PRIMARIES_GROUP} is missing or empty{near}", f"put a host into {PRIMARIES_GROUP}, or give the zone primaries")
        for both in sorted({server.name for server in primaries} & {server.name for server in secondaries}):
            self.problem(draft.where, f"{both} is both its primary and its secondary", "name each server once per zone")
        soa = self._soa(draft)
        policy = draft.options.get("serial", "date" if draft.soa is None else "keep")
        if policy not in serial.POLICIES:
            self.problem(draft.where, f"serial {policy!r} is unknown{did_you_mean(policy, serial.POLICIES)}", f"use one of {', '.join(serial.POLICIES)}")
        elif policy == "keep" and draft.soa is None:
            self.problem(draft.where, "serial is 'keep', but there is no SOA to keep it from", "use date, unix or increment, or a file with a SOA")
        allow_query = self._allow_query(draft)
        if soa is None:
            return None
        return Zone(draft.name, primaries, secondaries, soa, records, policy, soa.serial, allow_query, digest(soa, records), draft.options.get("labels") or {})

    def _check_content(self, draft: _Draft, records: Sequence[Record]) -> None:
        """What every server program refuses, told before one does."""
        by_owner: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for record in records:
            by_owner[record.owner.lower()][record.type].append(record.rdata)
        for owner, types in by_owner.items():
            if "CNAME" not in types:
                continue
            others = sorted(set(types) - {"CNAME", "RRSIG", "NSEC"})
            if owner == "@":
                self.problem(draft.where, "has a CNAME at its apex", "use A and AAAA records there; SOA and NS already stand at the apex (RFC 1034 section 3.6.2)")
            elif others:
                self.problem(f"{draft.where}, record {owner} CNAME", f"stands beside {', '.join(others)}", "a name with a CNAME has nothing else (RFC 1034 section 3.6.2)")
            elif len(types["CNAME"]) > 1:
                self.problem(f"{draft.where}, record {owner} CNAME", "has several values", "a CNAME has one value (RFC 2181 section 10.1)")
        servers = by_owner["@"].get("NS", [])
        if not servers and not self.problems:
            self.problem(draft.where, "has no NS record at its apex", "add {name: '@', type: NS, value: [ns1.example.com., ns2.example.com.]}")
        suffix = f".{draft.name}."
        for target in servers:
            if not target.lower().endswith(suffix):
                continue
            types = by_owner.get(target.lower()[: -len(suffix)], {})
            if "CNAME" in types:
                self.problem(f"{draft.where}, record @ NS", f"{target} is an alias", "name servers have addresses of their own (RFC 2181 section 10.3)")
            elif not {"A", "AAAA"} & set(types) and not self._delegated(target.lower()[: -len(suffix)], by_owner):
                self.problem(f"{draft.where}, record @ NS", f"{target} lies inside the zone and has no address", f"add an A or AAAA record for {target[: -len(suffix)]}")

    @staticmethod
    def _delegated(owner: str, by_owner: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether a name lies below a delegation of the zone, or under a wildcard, so that its address is elsewhere."""
        labels = owner.split(".")
        return any("NS" in by_owner.get(".".join(labels[start:]), {}) or {"A", "AAAA"} & set(by_owner.get(".".join(["*", *labels[start + 1:]]), {})) for start in range(len(labels)))

    def _soa(self, draft: _Draft) -> SOA | None:
        declared = draft.options["soa"]
        own = draft.soa
        apex_servers = [record.rdata for record in draft.records if record.owner == "@" and record.type == "NS"]
        timers = {key: self._ttl(f"{draft.where}, soa", key, declared.get(key, getattr(own, key) if own else default)) for key, default in SOA_TIMERS.items()}
        ttl = self._ttl(f"{draft.where}, soa", "ttl", declared.get("ttl", own.ttl if own else draft.ttl))
        mname = declared.get("mname", own.mname if own else next(iter(apex_servers), None))
        rname = declared.get("rname", own.rname if own else "hostmaster")
        if mname is None:
            return None  # no NS record: told already
        try:
            return SOA(ttl, names.absolute(str(mname), draft.origin).to_text(), names.mailbox(str(rname), draft.origin).to_text(), own.serial if own else 0, **timers)
        except (dns.exception.DNSException, UnicodeError) as error:
            self.problem(f"{draft.where}, soa", f"mname {mname!r} or rname {rname!r} is not a name ({error})", "write names such as ns1.example.com. and hostmaster@example.com")
            return None

    def _allow_query(self, draft: _Draft) -> tuple[str, ...] | None:
        value = draft.options.get("allow_query")
        if value is None:
            return None
        mistakes = list(check_networks(value))
        for wrong in mistakes:
            self.problem(draft.where, f"allow_query: {wrong}", f"list networks such as 192.0.2.0/24, or {', '.join(NETWORK_WORDS)}")
        return None if mistakes else tuple(value)

    # -- servers ------------------------------------------------------------------------------------------------------

    def _servers_of(self, draft: _Draft, key: str, default_group: str) -> tuple[Server, ...]:
        declared = draft.options.get(key)
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
        if isinstance(item, Mapping):
            self._mapping(f"{where}, {key}", item, ENDPOINT_KEYS)
            port = item.get("port", 53)
            if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
                self.problem(where, f"{key}: port {port!r} is not a port", "write a number from 1 to 65535")
                return
            try:
                address = names.address(item.get("address"))
            except ValueError:
                self.problem(where, f"{key}: address {item.get('address')!r} is not an address", "write an IPv4 or IPv6 address")
                return
            yield Server(str(item.get("name", address)), (address,), managed=False, port=port)
            return
        if item in self.inventory.hosts:
            server = self._host(item)
            if server:
                yield server
            return
        if item in self.inventory.groups:
            for host in self.inventory.groups[item]:
                yield from self._endpoint(where, key, host)
            return
        try:
            address = names.address(item)
        except ValueError:
            known = sorted(self.inventory.hosts | set(self.inventory.groups))
            self.problem(where, f"{key} names {item!r}, which is no host, group or address{did_you_mean(item, known)}", "name a host or group of the inventory, or give an address")
            return
        yield Server(address, (address,), managed=False)

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
            self._servers[name] = Server(name, addresses) if addresses else None
        return self._servers[name]


NETWORK_WORDS = ("any", "none", "localhost", "localnets")


def check_networks(value: Any) -> Iterable[str]:
    """What is wrong with a list of networks, addresses and NETWORK_WORDS; nothing if it is right."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield f"{value!r} is not a list"
        return
    for item in value:
        if item in NETWORK_WORDS:
            continue
        try:
            ipaddress.ip_network(str(item))
        except ValueError as error:
            yield str(error)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
