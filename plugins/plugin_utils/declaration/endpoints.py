# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who serves a zone: hosts and groups of the inventory, servers outside, and providers, as a declaration names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names, tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft, check_mapping
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import PRIMARIES_GROUP, SECONDARIES_GROUP, TLS_PORT, Inventory, Server
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import NETWORK_WORDS, network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.promotion import secondaries_now
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUDS, check_id

ENDPOINT_KEYS = ("address", "addresses", "notify", "answers", "port", "name", "key", "tls", "tls_port", "from")
HOST_KEYS = ("host", "from")
CLOUD_KEYS = ("cloud", "host", "from", "key", "addresses", "notify", "hosted_zone_id")


class Endpoints:
    """Reads what zones say of their servers. Mistakes and warnings go to findings."""

    def __init__(self, inventory: Inventory, keyring: tsig.Keyring, findings: Findings) -> None:
        self.inventory = inventory
        self.keyring = keyring
        self.findings = findings
        self.problem = findings.problem
        self.outside: dict[str, tuple[str, str]] = {}  # addresses of servers that are no hosts of the inventory, and what names them first
        self._servers: dict[str, Server] = {}
        self._resolved: dict[tuple[str, str, bool], tuple[Server, ...]] = {}

    def of_zone(self, draft: Draft) -> tuple[tuple[Server, ...], tuple[Server, ...]]:
        """The zone's primaries and its secondaries. One that leaves either to its group follows the host that was promoted."""
        primaries, secondaries = self._list(draft, "primaries", PRIMARIES_GROUP), self._list(draft, "secondaries", SECONDARIES_GROUP)
        promoted = self.inventory.promoted
        if promoted is None or promoted not in {server.name for server in primaries}:
            return primaries, secondaries
        if not (_names(draft.options.get("primaries"), PRIMARIES_GROUP) or _names(draft.options.get("secondaries"), SECONDARIES_GROUP)):
            return primaries, secondaries
        former = [self.host(name) for name in self.inventory.groups.get(PRIMARIES_GROUP, ())]
        return primaries, secondaries_now(primaries, secondaries, promoted, former)

    def _list(self, draft: Draft, key: str, default_group: str) -> tuple[Server, ...]:
        declared = draft.options.get(key)
        memo = (key, repr(declared), key in draft.options)
        if memo in self._resolved:
            return self._resolved[memo]
        before = len(self.findings.problems)
        result = self._resolve(draft, key, declared, default_group)
        if len(self.findings.problems) == before:
            self._resolved[memo] = result
        return result

    def _resolve(self, draft: Draft, key: str, declared: Any, default_group: str) -> tuple[Server, ...]:
        if declared is None:
            return tuple(self.host(name) for name in self._members(key, default_group))
        if isinstance(declared, (str, Mapping)):
            declared = [declared]
        if not isinstance(declared, Sequence) or (key == "primaries" and not declared):
            self.problem(draft.where, f"{key} is {declared!r}", "list inventory hosts, groups, or endpoints such as {address: 192.0.2.1}")
            return ()
        before = len(self.findings.problems)
        found: dict[str, Server] = {}
        named: set[str] = set()  # those with an entry of their own, which says more than a group's
        for item in declared:
            alone = not self._is_group(item)
            for server in self._endpoint(draft.where, key, item):
                known = found.get(server.name, server)
                if known != server and alone == (server.name in named):
                    wrong, right = f"{key} says two things of {server.name}", "say all of it in one entry, and give servers that differ names that differ"
                    self.problem(draft.where, wrong, right)
                if alone or server.name not in named:
                    found[server.name] = server
                if alone:
                    named.add(server.name)
        if key == "primaries" and not found and len(self.findings.problems) == before:
            self.problem(draft.where, f"{key} is {declared!r}, where no host is", "put a host into the group, or name another primary")
        return tuple(found.values())

    def _members(self, key: str, group: str) -> Sequence[str]:
        """The hosts of a group, as an entry under this key means it."""
        if self.inventory.promoted is not None and (key, group) == ("primaries", PRIMARIES_GROUP):
            return (self.inventory.promoted,)
        return self.inventory.groups.get(group, ())

    def _is_group(self, item: Any) -> bool:
        """Whether an entry names a group of the inventory."""
        name = _host_of(item)
        return isinstance(name, str) and name in self.inventory.groups and name not in self.inventory.hosts

    def _endpoint(self, where: str, key: str, item: Any) -> Iterable[Server]:
        if isinstance(item, Mapping) and "from" in item:
            yield from self._fed_by(where, key, item)
            return
        if isinstance(item, Mapping) and "cloud" in item:
            yield from self._provider(where, key, item)
            return
        if isinstance(item, Mapping) and "host" in item:
            self.findings.problems += check_mapping(f"{where}, {key}", item, HOST_KEYS)
            yield from self._endpoint(where, key, str(item["host"]))
            return
        if isinstance(item, Mapping):
            yield from self._outside(where, key, item)
            return
        if isinstance(item, str) and item in self.inventory.hosts:
            yield self.host(item)
            return
        if self._is_group(item):
            if not self._members(key, item):
                self.findings.warning(where, f"{key} names the group {item}, where no host is", "put a host into it, or leave it out")
            for host in self._members(key, item):
                yield self.host(host)
            return
        try:
            names.address(item)
        except ValueError:
            known = sorted(self.inventory.hosts | set(self.inventory.groups))
            self.problem(
                where,
                f"{key} names {item!r}, which is no host, group or address{did_you_mean(item, known)}",
                "name a host or group of the inventory, or give an address",
            )
            return
        for address in self._served(where, key, {"address": item}):
            self.outside.setdefault(address, (where, key))
            yield Server(address, (address,), managed=False)

    def _outside(self, where: str, key: str, item: Mapping[str, Any]) -> Iterable[Server]:
        """A server that is no host of the inventory."""
        before = len(self.findings.problems)
        self.findings.problems += check_mapping(f"{where}, {key}", item, ENDPOINT_KEYS)
        ports = {"port": item.get("port", 53), "tls_port": item.get("tls_port", TLS_PORT)}
        for what, port in ports.items():
            if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
                self.problem(where, f"{key}: {what} {port!r} is not a port", "write a number from 1 to 65535")
        origins = self._networks_of(where, key, "addresses", item["addresses"], ()) if "addresses" in item else None
        told = self._networks_of(where, key, "notify", item["notify"], ()) if "notify" in item else None
        served = self._served(where, key, item, origins)
        answers = item.get("answers", True)
        if not isinstance(answers, bool):
            self.problem(where, f"{key}: answers is {answers!r}", "write false for a server that nobody can ask, or leave it out")
        try:
            tls = None if item.get("tls") is None else names.to_text(names.zone_name(item["tls"]))
        except ValueError as error:
            self.problem(where, f"{key}: tls {item['tls']!r} {error}", "write the name in the server's certificate")
        if len(self.findings.problems) > before:
            return
        port = ports["port"]
        for address in served if port == 53 else ():
            self.outside.setdefault(address, (where, key))
        name = str(item.get("name", served[0] if port == 53 else f"{served[0]} port {port}"))
        agreed = self._key_of(f"{where}, {key} {name}", item)
        yield Server(name, served, False, port, agreed, tls=tls, tls_port=ports["tls_port"], notify=told, origins=origins, answers=answers)

    def _served(self, where: str, key: str, item: Mapping[str, Any], origins: Sequence[str] | None = None) -> tuple[str, ...]:
        """Where a server outside can be asked and told; without a word the addresses from which its transfers come."""
        if item.get("address") is None and origins:
            served = tuple(origin for origin in origins if "/" not in origin)
            if not served:
                self.problem(where, f"{key}: addresses has networks only, {', '.join(origins)}", "say with address where the server itself is")
            return served
        served = []
        for address in item["address"] if isinstance(item.get("address"), (list, tuple)) and item["address"] else [item.get("address")]:
            try:
                served.append(names.server_address(address))
            except ValueError as error:
                self.problem(where, f"{key}: address {address!r} {error}", "write an IPv4 or IPv6 address of the server's own")
        return tuple(dict.fromkeys(served))

    def _provider(self, where: str, key: str, item: Mapping[str, Any]) -> Iterable[Server]:
        """A provider as a secondary. Which host talks to it may depend on the zone's primaries, see L(_carried)."""
        provider = item["cloud"]
        if key != "secondaries":
            self.problem(where, f"{key} names the provider {provider!r}, which cannot be one of them here", "list it under secondaries")
            return
        if not isinstance(provider, str) or provider not in CLOUDS:
            self.problem(where, f"{key}: the cloud {provider!r} is unknown{did_you_mean(provider, CLOUDS)}", f"write one of {', '.join(CLOUDS)}")
            return
        known = [name for name in CLOUD_KEYS if name != "hosted_zone_id" or CLOUDS[provider].has_ids]
        self.findings.problems += check_mapping(f"{where}, {key}", item, known) + check_id(f"{where}, {key}", item.get("hosted_zone_id"))
        carrier = item.get("host")
        if carrier is not None and not (isinstance(carrier, str) and carrier in self.inventory.hosts):
            near = did_you_mean(carrier, self.inventory.hosts)
            self.problem(where, f"{key}: {carrier!r}, which is to talk to {provider}, is no host of the inventory{near}", "name one that can reach it")
            return
        usual = CLOUDS[provider]
        lists = [self._networks_of(where, key, name, item.get(name), default) for name, default in (("addresses", usual.addresses), ("notify", usual.notify))]
        agreed = None if item.get("key") is None else self._key_of(f"{where}, {key} {provider}", item)
        said = {"cloud": provider, "carrier": carrier, "hosted_zone_id": item.get("hosted_zone_id"), "notify": lists[1]}
        yield Server(provider, lists[0], managed=False, key=agreed, answers=False, **said)

    def _networks_of(self, where: str, key: str, name: str, value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
        """Addresses of a server outside; networks only where transfers come from, since nobody can be asked or told at a network."""
        if value is None:
            return default
        result = []
        for item in value if isinstance(value, (list, tuple)) else [value]:
            try:
                text = network_text(item if item not in NETWORK_WORDS else None) if name == "addresses" else item
                result.append(text if name == "addresses" and "/" in text else names.server_address(text))
            except ValueError:
                self.problem(where, f"{key}: {name} has {item!r}", f"list the server's addresses{' or networks' if name == 'addresses' else ''}")
        return tuple(result)

    def _fed_by(self, where: str, key: str, item: Mapping[str, Any]) -> Iterable[Server]:
        """The servers of an entry that says from whom they transfer."""
        if key != "secondaries":
            self.problem(where, f"{key} says from whom a server transfers, but a primary transfers from nobody", "leave from out, or make it a secondary")
            return
        sources: list[str] = []
        before = len(self.findings.problems)
        for source in item["from"] if isinstance(item["from"], (list, tuple)) else [item["from"]]:
            sources += [server.name for server in self._endpoint(where, f"{key}, from", source)]
        if not sources and len(self.findings.problems) == before:
            self.problem(where, f"{key}: from is {item['from']!r}, where no server is", "name those to transfer from, or leave from out for the primaries")
        for server in self._endpoint(where, key, {name: value for name, value in item.items() if name != "from"}):
            yield replace(server, sources=tuple(dict.fromkeys(sources)))

    def _key_of(self, where: str, item: Mapping[str, Any]) -> str | None:
        """The key that is agreed with a server that this collection does not configure."""
        value = item.get("key")
        if value is None:
            if self.keyring.secret is not None:
                self.findings.warning(where, "nothing signs the transfers with it", "give it the key of dns_tsig_keys that is agreed, or key: false")
            return None
        return "" if value is False else self.given_key(where, "key", value)

    def host(self, name: str) -> Server:
        """An inventory host as a server, without addresses if it has a mistake, which is told once, however many zones it serves."""
        if name not in self._servers:
            try:
                addresses = self.inventory.addresses(name)
            except ValueError as error:
                self.problem(f"host {name}", str(error), "list the host's own addresses in its dns_addresses")
                addresses = ()
            else:
                if not addresses:
                    self.problem(f"host {name}", "has no known address", "set dns_addresses for it, or make ansible_host an address")
            self._servers[name] = Server(name, addresses, tls=name.lower())
        return self._servers[name]

    def given_key(self, where: str, key: str, value: Any) -> str | None:
        """The name of a key of the keyring, None if there is no such key."""
        name = tsig.key_name(value)
        if name in self.keyring.given:
            return name
        near = did_you_mean(value, self.keyring.given)
        self.problem(where, f"{key} names {value!r}, which is not in dns_tsig_keys{near}", "declare it there with its secret")
        return None


def _host_of(item: Any) -> Any:
    """The host or the group that an entry names, or what else it is."""
    return item.get("host") if isinstance(item, Mapping) and "cloud" not in item else item


def _names(declared: Any, group: str) -> bool:
    """Whether servers are left to a group: nothing is said of them, or an entry names it."""
    return declared is None or group in [_host_of(item) for item in (declared if isinstance(declared, (list, tuple)) else [declared])]
