# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module nameserver_info told of a Knot DNS, as a L(GatheredServer)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.reading.knot_conf import label, option, plain
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import listen_on, own_addresses, read_address
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import content_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import (
    CHANGE,
    DEFAULT,
    DROPPED,
    KEPT,
    REFUSAL,
    SECONDARY,
    TAKEN,
    GatheredServer,
    Named,
    Remote,
    ServedZone,
)

LOCAL_FILES = ("knot.conf",)
Clause = list[Any]
_OWN_OF_SERVER = {
    **{name: "the collection hides it" for name in ("version", "identity", "nsid")},
    **{name: "the distribution's is used" for name in ("rundir", "user", "pidfile")},
}
_NAMED = ("remote", "remotes", "acl", "template", "policy", "submission", "keystore")  # what others use by its name
_TAKEN_OF_ZONE = {
    **{name: "its servers" for name in ("master", "notify", "acl")},
    **{"domain": "its name", "file": "its content", "storage": "its content", "template": "what the template says"},
}
_OFF = {"dnssec-signing": "off", "dnssec-validation": "off", "catalog-role": "none", "generate-zonemd": "none", "zonemd-generate": "none"}
_NOT_NEEDED = {
    **{name: "files are the collection's" for name in ("zonefile-sync", "zonefile-load", "journal-content", "journal-max-usage", "journal-max-depth")},
    **{name: "Knot DNS's own setting is used" for name in ("provide-ixfr", "ixfr-by-one", "ixfr-from-axfr", "ixfr-benign", "zone-max-size", "max-zone-size")},
    **{name: "Knot DNS's own setting is used" for name in ("adjust-threads", "refresh-min-interval", "refresh-max-interval", "retry-min-interval")},
    **{name: "Knot DNS's own setting is used" for name in ("retry-max-interval", "expire-min-interval", "expire-max-interval", "master-pin-tolerance")},
    **{name: "nothing is signed" for name in ("dnssec-policy", "ds-push")},
    "semantic-checks": "the checks of a declaration take its place",
    "serial-policy": "the declaration's serial policy takes its place",
    "comment": "a remark",
}
_MODULES = ("global-module", "module")
_RATES = "mod-rrl/"


def server(host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> GatheredServer:
    """What a host serves; the arguments are those of L(bind.server)."""
    return _Reader(host, addresses, facts, secrets, layout).read()


class _Reader:
    def __init__(self, host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> None:
        self.facts, self.layout = facts, layout
        self.result = GatheredServer(host, "knot", tuple(addresses), places=facts["places"])
        self.result.keys = {key["name"]: {"algorithm": str(key["algorithm"]).lower(), "secret": key["secret"]} for key in secrets}
        self.result.variables["nameserver_allow_query"] = ["any"]
        self.clauses: list[Clause] = facts["configuration"]
        self.by_name = {(clause[0], str(option(clause, "id"))): clause for clause in self.clauses}
        self.served = {zone["name"]: zone for zone in facts["zones"]}
        self.database = next((clause for clause in self.clauses if clause[0] == "database"), ["database", []])
        self.lets_the_told_transfer = any(option(clause, "automatic-acl") == "on" for clause in self.clauses if clause[0] == "server")
        self.listened: list[str] = []

    def read(self) -> GatheredServer:
        if not self.facts["running"]:
            self.result.find(CHANGE, "its name server does not run, so that only its files say what it would serve")
        for clause in self.clauses:
            self._clause(clause)
        self.result.variables["nameserver_listen_on"] = listen_on(self.listened, own_addresses(self.result.addresses, self.facts))
        return self.result

    def _clause(self, clause: Clause) -> None:
        section, name = clause[0], label(clause)
        if section == "zone":
            self._zone(clause)
        elif section == "key":
            key = plain(option(clause, "id"))
            known = self.result.keys.get(key, {})
            lines = [["id", option(clause, "id")], ["algorithm", known.get("algorithm", "")], ["secret", known.get("secret", "")]]
            self.result.named.append(Named(key, name, written(["key", lines]), is_key=True))
        elif section == "template" and option(clause, "id") == "default":
            self.result.end(name, TAKEN, "what it says stands in its zones")
        elif section in _NAMED or section.startswith("mod-"):
            used = f"{section}/" if section.startswith("mod-") else ""  # how others name it
            self.result.named.append(Named(f"{used}{option(clause, 'id')}", name, written([section, self.result.told(name, clause[1])])))
        elif section in ("server", "log", "database", "control"):
            self._host_settings(clause)
        else:
            self.result.local_config.append(written([section, self.result.told(name, clause[1])]))
            self.result.end(name, KEPT, "nameserver_local_config")

    def _host_settings(self, clause: Clause) -> None:
        """What is one for the whole program: the collection writes some of it, and a further section adds to that."""
        section, kept = clause[0], []
        if section == "log" and option(clause, "target") == "syslog":
            self.result.end(label(clause), DROPPED, "the collection has the system's log get what is of interest")
            return
        for item in clause[1]:
            statement = f"{label(clause)}, {item[0]}"
            if section == "server" and item[0] == "listen":
                self._listen(item)
                self.result.end(statement, TAKEN, "nameserver_listen_on")
            elif section == "server" and item[0] in _OWN_OF_SERVER:
                self.result.end(statement, DROPPED, _OWN_OF_SERVER[item[0]])
            elif section == "control":
                self.result.end(statement, DROPPED, "the distribution's is used")
            elif section == "database" and item[0] == "storage":
                self._storage(statement, item[1])
            else:
                kept.append(item)
                self.result.end(statement, KEPT, "nameserver_local_config")
        if kept:
            self.result.local_config.append(written([section, kept]))

    def _listen(self, item: Sequence[str]) -> None:
        for text in item[1:]:
            address, _at, port = text.partition("@")
            if address.startswith("/"):
                self.result.find(REFUSAL, f"listens at the socket {address}, and the collection at addresses only", "server, listen")
                continue
            self.listened += read_address(self.result, address, port, "server, listen")

    def _storage(self, statement: str, path: str) -> None:
        own = self.layout.get("storage", path)
        signed = [zone["name"] for zone in self.facts["zones"] if zone["signed"]]
        if os.path.normpath(path) == own:
            self.result.end(statement, DEFAULT, f"{own}, as the collection says")
            return
        self.result.end(statement, DROPPED, f"the collection's is {own}")
        if signed:
            text = f"has the keys of {', '.join(signed[:5])} below {path}, and the collection has them below {own}; move them there first"
            self.result.find(REFUSAL, text, statement)

    def _bound_by_journal(self, zone: ServedZone, clause: Clause, changes: bool) -> str:
        """What is wrong with keeping a zone, changes of which are in knotd's journal alone, where that will be elsewhere; empty if nothing is.

        changes: whether it changes on this host, or its file is not known to be what is served.
        """
        path, name = option(self.database, "storage"), option(self.database, "journal-db") or "journal"
        own = self.layout.get("storage", path)
        in_file = option(clause, "zonefile-load") != "none" and (not changes or (option(clause, "zonefile-sync") or "0") == "0")
        if path is None or os.path.normpath(path) == own or name.startswith("/") or zone.role == SECONDARY or in_file:
            return ""
        return f"changes of it are in the journal below {path}, and the collection has journals below {own}; stop knotd, and move its databases there first"

    # -- zones --------------------------------------------------------------------------------------------------------

    def _zone(self, clause: Clause) -> None:
        name = plain(option(clause, "domain"))
        clause = [clause[0], [[item[0], *map(self._module, item[1:])] if item[0] in _MODULES else item for item in clause[1]]]
        fact = self.served[name]
        zone = ServedZone(name, fact["type"], fact["where"] or "in the configuration database", serial=fact["serial"], file=fact["file"] or "")
        self.result.zones[name] = zone
        # Without its template: the collection has one of the name that all zones have without a word.
        lines = [["file", zone.file] if item[0] == "file" else item for item in clause[1] if item[0] not in ("template", "storage", *_MODULES)]
        lines += [] if option(clause, "file") else [["file", zone.file]]
        # Modules for all queries can stand in that template alone, and work in a zone just as well.
        modules = [module for module in _modules(clause, "global-module") if not module.startswith(_RATES)]
        own = _modules(clause, "module")
        modules += [module for module in own if module not in modules] if not all(module.startswith(_RATES) for module in own) else []
        lines += [["module", *modules]] if modules else []
        self.result.zone_texts[name] = written(["zone", lines])
        for item in clause[1]:
            zone.statements.append((item[0], *self._outcome(zone, item)))
        content = self.facts.get("contents", {}).get(name, {})
        is_served = self.facts["running"] and fact["serial"] is not None and content.get("as_it_is", False)
        zone.bound = self._bound_by_journal(zone, clause, not is_served or fact["signed"] or self._is_updated(clause))
        if any("default" in item[1:] for item in clause[1] if item[0] == "catalog-template"):
            zone.bound = "its members have the template default, which is the collection's own afterwards; give them one of another name"
        zone.text, zone.as_it_is, zone.wrong = content_of(content, default_ttl=True)
        beyond = self._peers(zone, clause)
        if beyond and not zone.kept:
            zone.kept = f"a declaration cannot say {', '.join(beyond)}"

    def _is_updated(self, clause: Clause) -> bool:
        """Whether clients may update a zone."""
        rules = [self.by_name.get(("acl", name), ["acl", []]) for item in clause[1] if item[0] == "acl" for name in item[1:]]
        return any(item[0] == "action" and "update" in item[1:] for rule in rules for item in rule[1])

    def _module(self, name: str) -> str:
        """A module with the identifier of its section, which is C(default) where it is not said."""
        return f"{name}/default" if (name, "default") in self.by_name else name

    def _outcome(self, zone: ServedZone, item: Sequence[str]) -> tuple[str, str]:
        """What becomes of an option of a zone; one that has no place keeps the zone as it is."""
        key = item[0]
        if key in _TAKEN_OF_ZONE:
            return TAKEN, _TAKEN_OF_ZONE[key]
        if key in _OFF and item[1:] == [_OFF[key]]:
            return DEFAULT, "the collection's zones are not changed by the server"
        if key == "dnssec-signing":
            zone.kept = "the server signs it"
        elif key in _MODULES:
            others = [module for module in item[1:] if not module.startswith((_RATES, "mod-queryacl/"))]
            if not others:
                asking = any(not module.startswith(_RATES) for module in item[1:])
                return (TAKEN, "allow_query") if asking else (DROPPED, "the collection limits answers to 200 a second")
            zone.kept = zone.kept or f"a declaration has no place for its module {', '.join(others)}"
        elif key in _NOT_NEEDED:
            return DROPPED, _NOT_NEEDED[key]
        else:
            zone.kept = zone.kept or f"a declaration has no place for its {key}"
        return KEPT, zone.kept

    def _peers(self, zone: ServedZone, clause: Clause) -> list[str]:
        """Fills in who feeds a zone, who may transfer it, who is told and who may ask; returns what cannot be said otherwise."""
        options = {item[0]: item[1:] for item in clause[1]}
        sources, beyond = self._remotes(options.get("master", ()))
        told, more = self._remotes(options.get("notify", ()))
        beyond += more
        allowed: list[str] = []
        known: list[Remote] = []
        for name in options.get("acl", ()):
            more, entries, remotes = self._acl(zone, name)
            beyond, allowed, known = beyond + more, allowed + entries, known + remotes
        if self.lets_the_told_transfer:
            allowed += [f"key {remote.key}" if remote.key else remote.address for remote in told]
        zone.sources, zone.transfer_to = tuple(sources), tuple(dict.fromkeys(allowed))
        zone.notify = tuple({remote.address: remote for remote in (*known, *told)}.values())
        asking: dict[tuple[str, ...], str] = {}
        for module in _modules(clause):
            if module.startswith("mod-queryacl/"):
                networks = self._askers(self.by_name.get(("mod-queryacl", module.split("/", 1)[1])))
                if networks:
                    asking.setdefault(networks, module)
                else:
                    beyond.append("its mod-queryacl")
        if len(asking) > 1:
            beyond.append(f"{' and '.join(asking.values())} together")  # which lets those ask whom each of them lets
        zone.allow_query = next(iter(asking), None)
        return beyond

    def _remotes(self, names_given: Sequence[str]) -> tuple[list[Remote], list[str]]:
        """Servers by the names of their sections; all addresses of one are one server's, of which the first counts."""
        found, beyond = [], []
        for name in self._single(names_given):
            clause = self.by_name.get(("remote", name))
            others = [item[0] for item in clause[1] if item[0] not in ("id", "address", "key") and not self._is_own_source(item)] if clause else ["remote"]
            if clause is None or others or not option(clause, "address"):
                beyond.append(f"{', '.join(others)} of remote {name}")
                continue
            key = option(clause, "key")
            for text in next(item for item in clause[1] if item[0] == "address")[1:]:
                address, _at, port = text.partition("@")
                if address.startswith("/"):
                    beyond.append(f"the socket {address} of remote {name}")
                else:
                    found.append(Remote(names.address(address), int(port or 53), plain(key) if key else None))
        return found, beyond

    def _is_own_source(self, item: Sequence[str]) -> bool:
        return item[0] == "via" and all(text.partition("@")[0] in self.result.addresses for text in item[1:])

    def _single(self, names_given: Sequence[str]) -> list[str]:
        """Names of remotes, with those that a group of them stands for."""
        result = []
        for name in names_given:
            group = self.by_name.get(("remotes", name))
            result += next((item[1:] for item in group[1] if item[0] == "remote"), []) if group else [name]
        return result

    def _acl(self, zone: ServedZone, name: str) -> tuple[list[str], list[str], list[Remote]]:
        """(what a declaration cannot say, who may transfer, servers that it names) of one access rule."""
        clause = self.by_name.get(("acl", name))
        options = {item[0]: item[1:] for item in clause[1]} if clause else {}
        actions = options.get("action", [])
        if clause is None or options.get("deny", ["off"]) != ["off"] or not actions:
            return [f"acl {name}"], [], []
        if "update" in actions:
            zone.kept = zone.kept or "its clients update it"
            return [], [], []
        if "transfer" not in actions:
            return [], [], []  # who may notify is who feeds it
        others = [key for key in options if key not in ("id", "address", "key", "action", "deny", "remote", "comment")]
        if others:
            return [f"{', '.join(others)} of acl {name}"], [], []
        remotes, beyond = self._remotes(options.get("remote", ()))
        keys = [plain(key) for key in options.get("key", ())]
        addresses = options.get("address", [])
        if any("-" in address for address in addresses):
            return [f"a range of addresses of acl {name}"], [], []
        entries = [f"key {key}" for key in keys] or [network_text(address) for address in addresses]
        named = [Remote(names.address(address), 53, keys[0] if keys else None) for address in addresses if "/" not in address]
        entries += [f"key {remote.key}" if remote.key else remote.address for remote in remotes]
        return beyond, entries or ["any"], [*named, *remotes]

    @staticmethod
    def _askers(clause: Clause | None) -> tuple[str, ...]:
        """Who may ask, by a module that asks for nothing but addresses; nobody where it asks for something else."""
        options = {item[0]: item[1:] for item in clause[1]} if clause else {}
        if set(options) - {"id", "address"} or any("-" in address for address in options.get("address", [])) or not options.get("address"):
            return ()
        found = [network_text(address) for address in options["address"]]
        words = {"127.0.0.1": "localhost", "::1": "localhost", "127.0.0.0/8": "localhost", "0.0.0.0/0": "any", "::/0": "any"}
        return tuple(dict.fromkeys(words.get(network, network) for network in found))


def _modules(clause: Clause, *kinds: str) -> list[str]:
    """The modules of a zone that are in options of these kinds, of all kinds if none is given."""
    return list(dict.fromkeys(module for item in clause[1] if item[0] in (kinds or _MODULES) for module in item[1:]))


def written(clause: Clause) -> str:
    """A clause as knot.conf has it. A section of several items begins each with its identifier."""
    lines = [f"{item[0]}: {_value(item[1:])}" for item in clause[1]]
    if clause[1] and clause[1][0][0] in ("id", "domain", "target"):
        return f"{clause[0]}:\n  - " + "\n    ".join(lines) + "\n"
    return f"{clause[0]}:\n" + "".join(f"    {line}\n" for line in lines)


def _value(values: Sequence[str]) -> str:
    quoted = ['"' + value.replace('"', '\\"') + '"' for value in values]
    return quoted[0] if len(quoted) == 1 else "[" + ", ".join(quoted) + "]"
