# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declaration from what several servers are configured to serve: who feeds whom, which key is agreed, and where they disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.module_utils.reading.soa import serial_in
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import ALGORITHMS
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_views import key_names as client_keys
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_views import without_transfers
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import (
    CHANGE,
    CONTRADICTION,
    PRIMARY,
    REFUSAL,
    SECONDARY,
    DeclaredZone,
    Finding,
    GatheredServer,
    Remote,
    ServedZone,
)

_OPEN = ("any", "localhost", "localnets", "none")  # words in a list of who may transfer, that name no server


class Topology:
    """servers: by host name. Afterwards zones are declared, and what has to stay is marked in the servers' own zones."""

    def __init__(self, servers: Mapping[str, GatheredServer], leave: Iterable[str] = ()) -> None:
        self.servers = servers
        self.leave = {str(name).rstrip(".").lower() or str(name) for name in leave}  # the root is "."
        self.hosts = {address: host for host, server in servers.items() for address in server.addresses}
        self.zones: dict[str, DeclaredZone] = {}
        self.findings: list[Finding] = [finding for server in servers.values() for finding in server.findings]
        self.open: dict[str, list[str]] = {}  # zones that strangers may transfer, by primary
        self.only_told: dict[str, list[str]] = {}  # zones that a server is told of and may not transfer, by primary
        for name in dict.fromkeys(name for server in servers.values() for name in server.zones):
            self._zone(name, {host: server.zones[name] for host, server in servers.items() if name in server.zones})
        known = {text for server in servers.values() for name in server.zones for text in (name.lower(), domain_of(name))}
        for name in sorted(self.leave - known):
            self._find(REFUSAL, "gather_leave", f"names {name}, a zone that no server has; mend the name, or take it out")
        self.views = self._views()
        self.keys = self._used_keys()
        self._tell_open()

    def _find(self, kind: str, about: str, text: str, *zones: ServedZone) -> None:
        self.findings.append(Finding(kind, about, text, tuple(zone.where for zone in zones)))

    def may_stay(self, name: str) -> bool:
        """Whether a zone could stay in the own configuration of all the hosts that serve it."""
        return all(server.has_local_zones and not server.zones[name].bound for server in self.servers.values() if name in server.zones)

    def _views(self) -> list[dict[str, Any]]:
        """The views of all servers that have some, which are the same for all."""
        signing = {key for zone in self.zones.values() for key in key_names(zone.options)}
        having = {host: without_transfers(server.views, signing) for host, server in self.servers.items() if server.views}
        first = next(iter(having), "")
        for host, views in having.items():
            if views != having[first]:
                text = f"has other views than {first}, or others see them, or in another order"
                self._find(REFUSAL, f"host {host}", f"{text}; a declaration has one list of views for all servers, so make them the same")
            for key in sorted({key for view in views for key in client_keys(view["match_clients"])}):
                algorithm = self.servers[host].keys.get(key, {}).get("algorithm", "none")
                if algorithm not in ALGORITHMS:
                    text = f"the key {key} in match-clients is of the algorithm {algorithm}; give it one of {', '.join(ALGORITHMS)}"
                    self._find(REFUSAL, f"host {host}", text)
        return having.get(first, [])

    def _used_keys(self) -> dict[str, dict[str, Any]]:
        """The TSIG keys that the declared zones name. Others, such as those that command a server, may differ from host to host."""
        result: dict[str, dict[str, Any]] = {}
        first: dict[str, str] = {}
        seen_with = {key for view in self.views for key in client_keys(view["match_clients"])}
        for name in sorted({key for zone in self.zones.values() for key in key_names(zone.options)} | seen_with):
            for host, server in self.servers.items():
                if name in server.keys and result.setdefault(name, server.keys[name]) != server.keys[name]:
                    text = f"is not the same on {first[name]} and {host}; give both the same algorithm and secret, or two names"
                    self._find(REFUSAL, f"key {name}", text)
                elif name in server.keys:
                    first.setdefault(name, host)
        return result

    # -- a zone -------------------------------------------------------------------------------------------------------

    def _zone(self, name: str, served: Mapping[str, ServedZone]) -> None:
        primaries = {host: zone for host, zone in served.items() if zone.role == PRIMARY}
        secondaries = {host: zone for host, zone in served.items() if zone.role == SECONDARY}
        left = self.leave & {name.lower(), domain_of(name)}
        reason = f"{name} is named in gather_leave" if left else next((zone.kept for zone in served.values() if zone.kept), "")
        reason = reason or self._unsafe_key(served) or _without_a_label(name)
        if not reason and not primaries:
            reason = self._without_primary(name, secondaries)
        if reason:
            for host, zone in served.items():
                zone.kept = reason
                if not self.servers[host].has_local_zones:
                    self._find(REFUSAL, f"zone {name}", f"cannot be declared ({reason}), and {host} has no place where it could stay as it is", zone)
                elif zone.bound:
                    self._find(REFUSAL, f"zone {name}", f"has to stay as it is on {host} ({reason}), and would not: {zone.bound}", zone)
            return
        options: dict[str, Any] = {}
        if primaries:
            if not self._content(name, primaries):
                return
            options["primaries"] = list(primaries)
            options["secondaries"] = [self._fed(name, host, zone, primaries, secondaries) for host, zone in secondaries.items()]
            options["secondaries"] += self._outside(name, primaries, secondaries)
            self._shared_key(name, primaries, secondaries, options)
        else:
            sources = dict.fromkeys(remote for zone in secondaries.values() for remote in zone.sources if remote.address not in self.hosts)
            places = Counter((remote.address, remote.port) for remote in sources)
            options["primaries"] = [
                {**_endpoint(remote), **({"name": f"{remote.address} with {remote.key}"} if places[remote.address, remote.port] > 1 and remote.key else {})}
                for remote in sources
            ]
            options["secondaries"] = [self._fed(name, host, zone, {}, secondaries) for host, zone in secondaries.items()]
            options["secondaries"] += self._outside(name, {}, secondaries)
            options["validators"] = {"ns-glue": "off"}
        if view_of(name):
            options["view"] = view_of(name)
        self._who_may_ask(name, {**primaries, **secondaries}, options)
        host, zone = next(iter((primaries or secondaries).items()))
        text = zone.text if primaries else None
        servers = () if primaries else apex_servers(name, next(item.text for item in secondaries.values() if item.text) or "")
        self.zones[name] = DeclaredZone(name, options, text, servers, f"{host}:{zone.file}" + ("" if zone.as_it_is else " as text"))

    def _unsafe_key(self, served: Mapping[str, ServedZone]) -> str:
        for host, zone in served.items():
            for key in _keys_of(zone):
                algorithm = self.servers[host].keys.get(key, {}).get("algorithm", "hmac-sha256")
                if algorithm not in ALGORITHMS:
                    return f"its key {key} is of the algorithm {algorithm}, which the collection does not use"
        return ""

    def _without_primary(self, name: str, secondaries: Mapping[str, ServedZone]) -> str:
        """Why a zone whose primary was not read cannot be declared. Tells what the servers disagree about."""
        for host, zone in secondaries.items():
            for remote in zone.sources:
                owner = self.hosts.get(remote.address)
                if owner and name not in self.servers[owner].zones:
                    self._find(CONTRADICTION, f"zone {name}", f"{host} transfers it from {owner} ({remote.address}), which does not serve it", zone)
        if not any(remote.address not in self.hosts for zone in secondaries.values() for remote in zone.sources):
            return "no primary of it is known"
        if not any(zone.text for zone in secondaries.values()):
            return "no server has a copy of it, from which its NS records could be taken"
        if not any(apex_servers(name, zone.text or "") for zone in secondaries.values() if zone.text):
            return "its copy has no NS records"
        return ""

    def _content(self, name: str, primaries: Mapping[str, ServedZone]) -> bool:
        leave = ", or name the zone in gather_leave to leave it as it is" if self.may_stay(name) else ""
        for host, zone in primaries.items():
            if zone.text is None:
                wrong = f"{zone.wrong or 'has no file'} on {host}; mend it{leave}"
                self._find(REFUSAL, f"zone {name}", wrong, zone)
                return False
        if len({zone.serial for zone in primaries.values()}) > 1 or len({zone.text for zone in primaries.values()}) > 1:
            hosts = ", ".join(f"{host} (serial {zone.serial})" for host, zone in primaries.items())
            text = f"has several primaries with different content: {hosts}; make them equal{leave}"
            self._find(REFUSAL, f"zone {name}", text, *primaries.values())
            return False
        for host, zone in primaries.items():
            declared = serial_in(zone.text or "")
            if declared and zone.serial not in (None, declared[0]):
                text = f"{host} serves it with the serial {zone.serial}, and its file or database, which is declared, has {declared[0]}"
                self._find(CHANGE, f"zone {name}", f"{text} and may have other records: mend that, or have {host} read it, and gather again", zone)
        return True

    # -- its servers --------------------------------------------------------------------------------------------------

    def _fed(self, name: str, host: str, zone: ServedZone, primaries: Mapping[str, ServedZone], secondaries: Mapping[str, ServedZone]) -> Any:
        """A secondary of the inventory, with those from whom it transfers if these are not the primaries."""
        owners = [self.hosts.get(remote.address, remote.address) for remote in zone.sources]
        if primaries and not any(owner in primaries or owner in secondaries for owner in owners):
            who = ", ".join(dict.fromkeys(owners)) or "nobody"
            self._find(CONTRADICTION, f"zone {name}", f"{host} transfers it from {who}, which is no server of it; its primary is {', '.join(primaries)}", zone)
            return host
        strangers = [owner for owner in owners if primaries and owner not in primaries and owner not in secondaries]
        if strangers:
            self._find(CHANGE, f"zone {name}", f"{host} transfers it from {', '.join(strangers)} too, and would not any more", zone)
        for remote in zone.sources:
            owner = self.hosts.get(remote.address, "")
            if owner in primaries and not self._hands_out(primaries[owner], self.servers[host], remote.key):
                signed = f"with the key {remote.key}" if remote.key else "without a key"
                text = f"{owner} does not hand it out to {host}, which asks {signed}"
                self._find(CONTRADICTION, f"zone {name}", text, primaries[owner], zone)
        fed_by = [owner for owner in dict.fromkeys(owners) if owner in secondaries and owner != host]
        direct = any(owner in primaries or owner not in self.servers for owner in owners)
        return {"host": host, "from": fed_by} if fed_by and not direct else host

    @staticmethod
    def _hands_out(primary: ServedZone, secondary: GatheredServer, key: str | None) -> bool:
        if key and f"key {key}" in primary.transfer_to:
            return True
        return any(_has(entry, address) for entry in primary.transfer_to for address in secondary.addresses)

    def _outside(self, name: str, primaries: Mapping[str, ServedZone], secondaries: Mapping[str, ServedZone]) -> list[dict[str, Any]]:
        """Endpoints of the servers that are not of the inventory and that may transfer a zone or are told of it."""
        found: dict[str, dict[str, Any]] = {}
        for host, zone in [*primaries.items(), *secondaries.items()]:
            keys = [entry.removeprefix("key ") for entry in zone.transfer_to if entry.startswith("key ")]
            told = {remote.address: remote for remote in zone.notify}
            allowed = [entry for entry in zone.transfer_to if not entry.startswith("key ") and entry not in _OPEN and "/" not in entry]
            own = {key for other in secondaries.values() for remote in other.sources for key in [remote.key] if key}
            sources = {remote.address for other in secondaries.values() for remote in other.sources}
            for address in dict.fromkeys([*allowed, *told]):
                if address in self.hosts or address in sources or address in found or names.address(address) in ("127.0.0.1", "::1"):
                    continue
                others = [key for key in keys if key not in own]
                remote = told.get(address, Remote(address))
                key = remote.key or (others[0] if len(others) == 1 and address not in allowed else None)
                found[address] = {**_endpoint(Remote(address, remote.port, key)), **({} if host in primaries else {"from": host})}
                if f"key {key}" not in zone.transfer_to and not any(_has(entry, address) for entry in zone.transfer_to):
                    self.only_told.setdefault(f"{host} {address}", []).append(name)
            used = {item.get("key") for item in found.values()} | own
            for key in keys:
                if key not in used:
                    text = f"whoever has the key {key} may transfer it from {host}, and nothing says at which address: name that server under secondaries"
                    self._find(CHANGE, f"zone {name}", text, zone)
            wide = [entry for entry in zone.transfer_to if entry == "any" or "/" in entry or entry == "localnets"]
            if wide:
                self.open.setdefault(f"{host} {', '.join(wide)}", []).append(name)
        return list(found.values())

    def _shared_key(self, name: str, primaries: Mapping[str, ServedZone], secondaries: Mapping[str, ServedZone], options: dict[str, Any]) -> None:
        """The key with which the inventory's own servers transfer a zone; a declaration has one for all of them."""
        used = [remote.key for zone in secondaries.values() for remote in zone.sources if self.hosts.get(remote.address) in (primaries | secondaries)]
        chosen = Counter(key for key in used if key).most_common(1)
        if not chosen:
            return
        options["tsig"] = chosen[0][0]
        if len(set(used)) > 1:
            said = ", ".join(sorted({str(key or "none") for key in used}))
            self._find(CHANGE, f"zone {name}", f"its secondaries use different keys ({said}), and all would use {options['tsig']}", *secondaries.values())

    def _who_may_ask(self, name: str, zones: Mapping[str, ServedZone], options: dict[str, Any]) -> None:
        """Networks besides the zone's servers and each host itself, which always may; not said again where it is the server's own setting."""
        peers = {address for host in zones for address in self.servers[host].addresses} | {"localhost"}
        peers |= {item["address"] for item in (*options["primaries"], *options["secondaries"]) if isinstance(item, dict) and "address" in item}
        said, asking = {}, set()
        for host, zone in zones.items():
            usual = self.servers[host].variables["nameserver_allow_query"]
            networks = tuple(usual) if zone.allow_query is None else tuple(item for item in zone.allow_query if item not in peers) or ("none",)
            asking.add(frozenset(networks))
            if set(networks) != set(usual):
                said[host] = networks
        if said:
            options["allow_query"] = list(next(iter(said.values())))
        if said and len(asking) > 1:
            text = f"its servers let different networks ask; {', '.join(options['allow_query'])} is declared"
            self._find(CONTRADICTION, f"zone {name}", text, *zones.values())

    def _tell_open(self) -> None:
        """Tell once for each server what strangers may transfer from it today and not afterwards, and what others may afterwards and not today."""
        closed = "{} may transfer {} from it, and nobody could any more but the declared servers: name those that have to under secondaries"
        opened = "{} is only told of changes of {}, and could transfer them from it afterwards as any secondary: take it out of secondaries where it must not"
        for places, text in ((self.open, closed), (self.only_told, opened)):
            for place, zones in places.items():
                host, who = place.split(" ", 1)
                shown = ", ".join([*zones[:5], *["…"] * (len(zones) > 5)])
                self._find(CHANGE, f"host {host}", text.format(who, f"{shown} ({len(zones)} zones)"))


def _endpoint(remote: Remote) -> dict[str, Any]:
    result: dict[str, Any] = {"address": remote.address}
    if remote.port != 53:
        result["port"] = remote.port
    return {**result, "key": remote.key or False}  # or the key of the inventory's own servers would be used


def _without_a_label(name: str) -> str:
    """Why a zone stays whose name has other octets than ASCII's, as servers take them: declared it would be another one, with an A-label (RFC 5890)."""
    domain = domain_of(name)
    return "" if domain.isascii() else f"its name is no A-label, and a declaration would mean {names.zone_name(domain).to_text(omit_final_dot=True)}"


def key_names(options: Mapping[str, Any]) -> set[str]:
    """The keys that a zone's options name."""
    endpoints = [item for item in (*options["primaries"], *options["secondaries"]) if isinstance(item, dict)]
    return {str(name) for name in [options.get("tsig"), *(item.get("key") for item in endpoints)] if name}


def _keys_of(zone: ServedZone) -> set[str]:
    keys = {remote.key for remote in (*zone.sources, *zone.notify) if remote.key}
    return keys | {entry.removeprefix("key ") for entry in zone.transfer_to if entry.startswith("key ")}


def _has(entry: str, address: str) -> bool:
    if entry in ("any", "localnets"):
        return True
    try:
        return names.network(address).subnet_of(names.network(entry))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return False


def apex_servers(name: str, text: str) -> list[str]:
    """The NS records of a zone's apex in its master file, in an order that does not depend on it: servers rotate what they answer."""
    origin = dns.name.from_text(domain_of(name))
    return sorted(record.rdata for record in parse_zone_file(text, origin, f"zone {name}").records if record.owner == "@" and record.type == "NS")
