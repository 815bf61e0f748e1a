# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module nameserver_info told of an NSD, as a L(GatheredServer)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.reading.clauses import label, option
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import listen_on, own_addresses, read_address, refuse_port
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import bound_by_includes, content_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import (
    CHANGE,
    DEFAULT,
    DROPPED,
    KEPT,
    TAKEN,
    GatheredServer,
    Named,
    Remote,
    ServedZone,
)

LOCAL_FILES = ("nsd.conf",)
Clause = list[Any]
# What L(software.nsd) says in any case.
_SAID = {"hide-version": "yes", "hide-identity": "yes", "minimal-responses": "yes", "refuse-any": "yes", "rrl-ratelimit": "200", "rrl-slip": "1"}
_SAID |= {"ip-freebind": "yes", "database": "", "zonefiles-write": "10", "log-only-syslog": "yes"}
_OWN = {
    "zonesdir": "paths that stay are absolute",
    "zonelistfile": "what nsd-control addzone added is declared now",
    "identity": "the collection hides it",
    "version": "the collection hides it",
    "nsid": "the collection hides it",
    "pidfile": "systemd knows the process",
    "xfrdfile": "what NSD notes of zones that it transfers is the collection's configuration's, or this one's",
}
_TAKEN_OF_ZONE = {
    **{name: "its servers" for name in ("request-xfr", "allow-notify", "provide-xfr", "notify")},
    **{"name": "its name", "zonefile": "its content", "allow-query": "allow_query", "include-pattern": "what the pattern says"},
}
_NOT_NEEDED = {
    **{name: "NSD's own setting is used" for name in ("notify-retry", "zonestats", "multi-primary-check", "multi-master-check", "allow-axfr-fallback")},
    **{name: "NSD's own setting is used" for name in ("store-ixfr", "create-ixfr", "ixfr-size", "ixfr-number", "max-refresh-time", "min-refresh-time")},
    **{name: "NSD's own setting is used" for name in ("max-retry-time", "min-retry-time", "min-expire-time")},
}
# Files and directories, relative to zonesdir, but for those of zones.
_PATHS = {"logfile", "xfrdir", "tls-service-key", "tls-service-pem", "tls-service-ocsp", "tls-cert-bundle", "cookie-secret-file", "client-cert", "client-key"}
_PATHS |= {"dnstap-socket-path", "dnstap-tls-cert-bundle", "dnstap-tls-client-key-file", "dnstap-tls-client-cert-file"}


def server(host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> GatheredServer:
    """What a host serves; the arguments are those of L(bind.server)."""
    result = GatheredServer(host, "nsd", tuple(addresses), places=facts["places"])
    result.keys = {key["name"]: {"algorithm": str(key["algorithm"]).lower(), "secret": key["secret"]} for key in secrets}
    result.variables["nameserver_allow_query"] = ["any"]
    if not facts["running"]:
        text = "its name server does not run, so that only its files say what it would serve"
        result.find(CHANGE, text)
    shipped = {text.split(":")[0] for text in layout.get("options", ())}
    listened: list[str] = []
    served = {zone["name"]: zone for zone in facts["zones"]}
    moves = any(option(clause, "zonesdir") is not None for clause in facts["configuration"] if clause[0] == "server")
    # A catalog stays, and its members' groups may name any pattern.
    consumes = any(option(clause, "catalog") == "consumer" for clause in facts["configuration"] if clause[0] == "zone")
    for clause in (_absolute(clause, facts["directory"]) for clause in facts["configuration"]):
        name = label(clause)
        if clause[0] == "server":
            listened += _options(result, clause, shipped)
        elif clause[0] == "zone":
            _zone(result, clause, facts, served, moves)
        elif clause[0] == "key":
            key = (option(clause, "name") or "").rstrip(".").lower()
            known = result.keys.get(key, {})
            lines = [["name", key], ["algorithm", known.get("algorithm", "")], ["secret", known.get("secret", "")]]
            result.named.append(Named(key, name, written(["key", lines]), is_key=True))
        elif clause[0] == "pattern" and consumes:
            lines = [["zonefile", os.path.join(facts["directory"], item[1])] if item[0] == "zonefile" else _with_key(item) for item in clause[1]]
            result.local_config.append(written(["pattern", lines]))
            result.end(name, KEPT, "nameserver_local_config")
        elif clause[0] in ("pattern", "remote-control"):
            detail = "what it says stands in its zones" if clause[0] == "pattern" else f"the collection's is {layout.get('control_socket', 'its own')}"
            result.end(name, TAKEN if clause[0] == "pattern" else DROPPED, detail)
        else:
            result.local_config.append(written([clause[0], result.told(name, clause[1])]))
            result.end(name, KEPT, "nameserver_local_config")
    result.variables["nameserver_listen_on"] = listen_on(listened, own_addresses(addresses, facts)) if listened else ["any"]
    return result


def _absolute(clause: Clause, directory: str) -> Clause:
    """The clause with its paths from the root, wherever nsd's working directory will be."""
    return [clause[0], [[item[0], os.path.join(directory, item[1])] if item[0] in _PATHS and item[1] else item for item in clause[1]]]


def _options(result: GatheredServer, clause: Clause, shipped: set[str]) -> list[str]:
    """The addresses of the clause C(server). Whatever the collection says too, a second such clause comes over it."""
    listened, kept = [], []
    for item in result.told("server", clause[1]):
        name, value, statement = item[0], " ".join(item[1:]), f"server, {item[0]}"
        if name == "ip-address":
            address, _at, port = item[1].partition("@")
            listened += read_address(result, address, port, statement)
            more = [word.partition("=")[0] for word in item[2:] if "=" in word and word != "bindtodevice=no"]
            if more:
                result.find(CHANGE, f"what ip-address says of {address} besides is left out: {', '.join(more)}", statement)
            result.end(statement, TAKEN, "nameserver_listen_on")
        elif name == "port":
            refuse_port(result, value, statement)
            result.end(statement, DEFAULT, "53")
        elif name in _OWN:
            result.end(statement, DROPPED, _OWN[name])
        elif name in shipped or _SAID.get(name) == value:
            result.end(statement, DEFAULT, f"{value}, as the collection says")
        elif name in _SAID:
            result.end(statement, DROPPED, f"the collection says {_SAID[name]}")
        else:
            kept.append(item)
            result.end(statement, KEPT, "nameserver_local_config")
    if kept:
        result.local_config.append(written(["server", kept]))
    return listened


def _zone(result: GatheredServer, clause: Clause, facts: Mapping[str, Any], served: Mapping[str, Any], moves: bool) -> None:
    """served: the facts of each zone. moves: whether the server will work in another directory."""
    name = (option(clause, "name") or "").rstrip(".").lower() or "."
    fact = served[name]
    zone = ServedZone(name, fact["type"], fact["where"] or "added by nsd-control", serial=fact["serial"], file=fact["file"] or "")
    result.zones[name] = zone
    lines = [["zonefile", zone.file] if item[0] == "zonefile" else _with_key(item) for item in clause[1]]
    result.zone_texts[name] = written(["zone", lines])
    for item in {item[0]: item for item in clause[1]}.values():
        fate, detail = (TAKEN, _TAKEN_OF_ZONE[item[0]]) if item[0] in _TAKEN_OF_ZONE else (DROPPED, _NOT_NEEDED.get(item[0], ""))
        if item[0] == "outgoing-interface" and all(other[1] in result.addresses for other in clause[1] if other[0] == item[0]):
            fate, detail = TAKEN, "the host's addresses"
        zone.statements.append((item[0], fate, detail))
        if not detail:
            zone.kept = f"a declaration has no place for its {item[0]}"
    content = facts.get("contents", {}).get(name, {})
    zone.text, zone.as_it_is, zone.wrong = content_of(content, _has_default_ttl(facts.get("version", "")))
    if option(clause, "catalog-producer-zone"):
        zone.bound = "nsd-control makes it a member of a catalog, which no zone of the configuration can be; let dns_catalogs declare that"
    elif moves:
        zone.bound = bound_by_includes(content, zone.file, facts["directory"])
    beyond = _peers(zone, clause)
    if beyond and not zone.kept:
        zone.kept = f"a declaration cannot say {', '.join(beyond)}"


def _has_default_ttl(version: str) -> bool:
    """Before 4.10, which reads zones with another parser."""
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return len(numbers) == 2 and numbers < [4, 10]


def _with_key(item: Sequence[str]) -> list[str]:
    """An option with the name of its key as it is declared: NSD finds a key by the text of its name."""
    if item[0] not in ("request-xfr", "allow-notify", "provide-xfr", "notify", "allow-query") or item[-1] in ("NOKEY", "BLOCKED"):
        return list(item)
    return [*item[:-1], item[-1].rstrip(".").lower()]


def _peers(zone: ServedZone, clause: Clause) -> list[str]:
    """Fills in who feeds a zone, who may transfer it, who is told and who may ask; returns what cannot be said otherwise."""
    beyond: list[str] = []
    sources, told, known, allowed, asking = [], [], [], [], []
    for item in clause[1]:
        kind, values = item[0], [value for value in item[1:] if value not in ("AXFR", "UDP")]
        if kind not in ("request-xfr", "notify", "provide-xfr", "allow-query"):
            continue
        try:
            address, key = _spec(values)
        except ValueError:
            beyond.append(" ".join(item))
            continue
        host, _at, port = address.partition("@")
        if kind in ("request-xfr", "notify"):
            (sources if kind == "request-xfr" else told).append(Remote(names.address(host), int(port or 53), key))
        elif kind == "provide-xfr":
            allowed.append(f"key {key}" if key else network_text(host))
            known += [Remote(names.address(host), 53, key)] if "/" not in host else []
        elif key:  # of a list of who may ask, a declaration has networks only
            beyond.append(" ".join(item))
        else:
            network = network_text(host)
            asking.append("localhost" if network in ("127.0.0.1", "::1") else "any" if network in ("0.0.0.0/0", "::/0") else network)
    zone.sources, zone.transfer_to = tuple(sources), tuple(dict.fromkeys(allowed))
    zone.notify = tuple({remote.address: remote for remote in (*known, *told)}.values())
    zone.allow_query = tuple(dict.fromkeys(asking)) or None
    return beyond


def _spec(values: Sequence[str]) -> tuple[str, str | None]:
    """(address or network, key) of an access control list. Raises ValueError for what is refused, ranges, masks, and TLS."""
    if len(values) != 2 or values[1] == "BLOCKED" or any(mark in values[0] for mark in "&-"):
        raise ValueError
    network_text(values[0].partition("@")[0])
    return values[0], None if values[1] == "NOKEY" else values[1].rstrip(".").lower()


def written(clause: Clause) -> str:
    """A clause as nsd.conf has it."""
    single = ("provide-xfr", "request-xfr", "notify", "allow-notify", "allow-query", "outgoing-interface", "ip-address")
    lines = [f"\t{item[0]}: " + (" ".join(item[1:]) if item[0] in single else f'"{" ".join(item[1:])}"') for item in clause[1]]
    return f"{clause[0]}:\n" + "".join(f"{line}\n" for line in lines)
