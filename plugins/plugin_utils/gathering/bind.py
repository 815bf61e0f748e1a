# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module nameserver_info told of a BIND, as a L(GatheredServer)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import block, label, parse, value, words
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import of_internet
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_options import OF_ZONES, Options
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_views import OF_ZONES as VIEW_OF_ZONES
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_views import RECURSION, View, shared
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.brought import is_brought
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import own_addresses
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import bound_by_includes
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import (
    CHANGE,
    DEFAULT,
    DROPPED,
    KEPT,
    PRIMARY,
    REFUSAL,
    SECONDARY,
    TAKEN,
    GatheredServer,
    Named,
    ServedZone,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import (
    SERVER_LISTS,
    NamedLists,
    Statement,
    by_label,
    key_name,
    written,
)

LOCAL_FILES = ("named.conf", "named.options")
_SOURCES = ("transfer-source", "notify-source", "transfer-source-v6", "notify-source-v6")
_HIDDEN = re.compile(r"\?+")  # what named-checkconf writes in the place of a secret
_REPEATED = ("listen-on", "listen-on-v6")  # options that named takes more than once
_ROLES = {"primary": PRIMARY, "master": PRIMARY, "secondary": SECONDARY, "slave": SECONDARY}
_TAKEN_OF_ZONE = {
    **{name: "its role" for name in ("type", "primaries", "masters")},
    **{name: "its secondaries" for name in ("allow-transfer", "also-notify", "notify")},
    **{"allow-query": "allow_query", "file": "its content", "masterfile-format": "its content", "in-view": ""},
}
# What a zone may do without; the collection's own statements for zones have no place for it.
_NOT_NEEDED = {
    **{name: "the checks of a declaration take its place" for name in ("check-names", "check-mx", "check-integrity", "check-sibling", "check-wildcard")},
    **{name: "the checks of a declaration take its place" for name in ("check-mx-cname", "check-srv-cname", "check-spf", "check-dup-records")},
    **{name: "files are the collection's" for name in ("masterfile-style", "max-zone-ttl", "journal", "max-journal-size", "ixfr-from-differences")},
    **{name: "named's own setting is used" for name in ("zone-statistics", "notify-delay", "request-ixfr", "provide-ixfr", "multi-master", "try-tcp-refresh")},
    "serial-update-method": "the declaration's serial policy takes its place",
}
_OPEN_BY_DEFAULT = ("9.11.", "9.16.", "9.18.")  # whose zones everybody may transfer, unless they say otherwise (BIND 9 ARM, "allow-transfer")
_OFF = {"allow-update": "none", "allow-update-forwarding": "none", "dnssec-policy": "none", "auto-dnssec": "off", "inline-signing": "no"}
# The words of a statement after which a path follows, relative to named's working directory.
_PATHS = {"file", "key-directory", "journal", "dump-file", "statistics-file", "memstatistics-file", "managed-keys-directory", "bindkeys-file"}
_PATHS |= {"secroots-file", "recursing-file", "cache-file", "session-keyfile", "pid-file", "lock-file", "geoip-directory", "tkey-gssapi-keytab"}
_PATHS |= {"cert-file", "key-file", "ca-file", "dhparam-file", "unix", "directory", "new-zones-directory", "zone-directory"}


def server(host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> GatheredServer:
    """What a host serves. facts: of nameserver_info, without secrets. secrets: its tsig_keys with them. layout: of the role nameserver."""
    return _Reader(host, addresses, facts, secrets, layout).read()


def said(named_conf: str) -> set[str]:
    """The options in a configuration that the collection writes, which the host's own may not say again."""
    options = next((block(item) for item in parse(named_conf) if item[0] == "options"), [])
    return {item[0] for item in options} - {"include", *_REPEATED}


class _Reader:
    def __init__(self, host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> None:
        self.facts, self.layout = facts, layout
        self.moves = os.path.normpath(facts["directory"]) != layout.get("working_directory")  # what begins in named's working directory
        self.open_by_default = facts.get("version", "").startswith(_OPEN_BY_DEFAULT)
        self.statements: list[Statement] = facts["configuration"]
        self.lists = NamedLists(self.statements)
        options = next((block(item) for item in self.statements if item[0] == "options"), [])
        self.own = own_addresses(addresses, facts)
        self.options = Options(options, self.lists, self.own, layout)
        self.result = GatheredServer(host, "bind", tuple(addresses), variables=self.options.variables, places=facts["places"])
        self.result.keys = {key["name"]: {"algorithm": str(key["algorithm"]).lower(), "secret": key["secret"]} for key in secrets}
        self.served = {zone_name(zone["name"], zone["view"]): zone for zone in facts["zones"]}
        self.views = [View(item, self.lists) for item in self.statements if item[0] == "view" and of_internet(item)]
        self.inside: dict[str, str] = {}
        self.needing = self._named_by_options()

    def _named_by_options(self) -> set[str]:
        """Zones that an option is about: catalogs and response policies."""
        found: set[str] = set()
        for name in ("response-policy", "catalog-zones"):
            found |= {words(item)[1].rstrip(".").lower() for item in block(self.options.by_name.get(name, [])) if item[0] == "zone"}
        return found

    def read(self) -> GatheredServer:
        self._recursion_in_views(addresses=self.own)
        self._check()
        for statement, (fate, detail) in self.options.outcomes():
            text = f"options, {label(statement)}"
            if fate == KEPT and any(_HIDDEN.fullmatch(word) for word in words(statement)[1:]):
                what_to_do = "where it is needed, write it into nameserver_local_options, with the secret from a vault"
                self.result.find(CHANGE, f"{statement[0]} of options is a secret, which is not read, so it is left out; {what_to_do}", text)
                self.result.end(text, DROPPED, "a secret, which is not read")
            elif fate == KEPT:
                self.result.local_options.append(Named(statement[0], text, written(self._absolute(statement))))
            else:
                self.result.end(text, fate, detail)
        for statement in self.statements:
            self._top(statement)
        for view in self.views:
            self._view(view)
        if self.views:
            self.result.has_local_zones = False  # none can stand beside views
            self.result.views = [{"name": view.name, "match_clients": view.clients} for view in self.views]
            found = shared(self.result.zones, self.inside, [view.name for view in self.views])
            self.result.zones = {zone.name: zone for zone in found}
        return self.result

    def _recursion_in_views(self, addresses: Sequence[str]) -> None:
        """Who recurses is said once for a server: whoever does in one of its views."""
        if not self.views:
            return
        statements, allow_query, unsaid = self.options.statements, self.options.variables["nameserver_allow_query"], self.options.unsaid_query
        seen = [view.recursion(statements, self.lists, addresses, self.layout) for view in self.views]
        recursive = [(own, networks) for own, networks in seen if own.recursive]
        self.options = (recursive or seen)[0][0]
        self.options.statements, self.options.unsaid_query = statements, unsaid  # who may ask in a view is said by its zones
        self.options.lost = [item for own, _networks in seen for item in own.lost]
        self.options.variables["nameserver_allow_query"] = allow_query
        networks = list(dict.fromkeys(item for _own, found in recursive for item in found))
        if networks:
            self.options.variables["nameserver_recursion_networks"] = networks
            self.result.find(CHANGE, f"who recurses is declared for all views together: {', '.join(networks)}", *(view.label for view in self.views))
        self.result.variables = self.options.variables

    def _view(self, view: View) -> None:
        place = f"{view.label}, match-clients"
        self.result.end(view.label, TAKEN, "dns_views")
        if view.beyond:
            wrong = f"says of the view {view.name} what match_clients cannot say: {'; '.join(view.beyond)}; write networks and keys in that list"
            self.result.find(REFUSAL, wrong, place)
        if view.alien:
            labels = [f"{view.label}, {name}" for name in view.alien]
            self.result.find(REFUSAL, f"has in the view {view.name}: {', '.join(view.alien)}; move it to options, or outside of the view", *labels)
        for name in view.by_name:
            if name in RECURSION:
                self.result.end(f"{view.label}, {name}", TAKEN, "nameserver_recursion_networks")
            elif not name.startswith("zone ") and name not in view.alien:
                taken = name == "match-clients" or name in VIEW_OF_ZONES
                detail = "dns_views" if name == "match-clients" else "by each zone" if taken else "named's own setting is used"
                self.result.end(f"{view.label}, {name}", TAKEN if taken else DROPPED, detail)
        for statement in view.zones:
            options = by_label(block(statement))
            if "in-view" in options:
                name = words(statement)[1].rstrip(".").lower()
                self.inside[zone_name(name, view.name)] = words(options["in-view"])[1]
                self.result.end(f"{view.label}, {label(statement)}", TAKEN, f"the zone of the view {words(options['in-view'])[1]}")
            else:
                self._zone(statement, view)

    def _check(self) -> None:
        if self.options.lost:
            wrong = f"recurses for {', '.join(self.options.lost)}, which nameserver_recursion_networks cannot say; list plain networks in allow-recursion"
            self.result.find(REFUSAL, wrong, "options, allow-recursion", "options, allow-query")
        if self.options.port != 53:
            self.result.find(REFUSAL, f"serves at port {self.options.port}, and the collection serves at 53 only", "options, port")
        if self.options.unsaid_query:
            wrong = f"says who may ask with {', '.join(self.options.unsaid_query)}, which nameserver_allow_query cannot say; list plain networks in allow-query"
            self.result.find(REFUSAL, wrong, "options, allow-query")
        if "any" not in self.options.variables["nameserver_listen_on"]:  # else it stays as it is
            for name in set(_SOURCES) & self.options.by_name.keys():
                address = words(self.options.by_name[name])[1]
                if address not in ("*", *self.result.addresses):
                    wrong = f"has {address} as its {name}, which is none of its dns_addresses, and has one of these afterwards; look whether others let that in"
                    self.result.find(CHANGE, wrong, f"options, {name}")
        if not self.facts["running"]:
            self.result.find(CHANGE, "its name server does not run, so that only its files say what it would serve")

    def _top(self, statement: Statement) -> None:
        kind, name = statement[0], label(statement)
        if kind == "options":
            return
        if kind == "zone":
            self._zone(statement)
        elif kind == "key":
            key = self.result.keys.get(key_name(statement[1]))
            text = f'key "{key_name(statement[1])}" {{\n\talgorithm {key["algorithm"]};\n\tsecret "{key["secret"]}";\n}};\n' if key else ""
            self.result.named.append(Named(key_name(statement[1]), name, text, is_key=True))
        elif kind in ("acl", *SERVER_LISTS):
            self.result.named.append(Named(key_name(statement[1]), name, written(statement)))
        elif kind == "view":
            if not of_internet(statement):  # it could stay only where zones are in views
                self.result.find(CHANGE, f"its {name} of class {words(statement)[2]} is left out; the collection hides version.bind and its like", name)
                self.result.end(name, DROPPED, "the collection hides version.bind and its like")
        else:
            self.result.local_config.append(written(self._absolute(statement)))
            self.result.end(name, KEPT, "nameserver_local_config")

    def _absolute(self, statement: Statement) -> Statement:
        """The statement with its paths from the root, wherever named's working directory will be."""
        result: Statement = []
        for before, item in zip(["", *statement], statement):
            if isinstance(item, list):
                result.append([self._absolute(entry) for entry in item])
            elif isinstance(before, str) and before in _PATHS and item.startswith('"') and value(item) != "none":
                result.append(f'"{os.path.join(self.facts["directory"], value(item))}"')
            else:
                result.append(item)
        return result

    # -- zones --------------------------------------------------------------------------------------------------------

    def _zone(self, statement: Statement, view: View | None = None) -> None:
        domain = words(statement)[1].rstrip(".").lower() or "."
        name = zone_name(domain, view.name if view else None)
        fact = self.served.get(name)
        if fact is None:  # of another class than IN
            self.result.local_config.append(written(self._absolute(statement)))
            self.result.end(label(statement), KEPT, "nameserver_local_config")
            return
        content = self.facts.get("contents", {}).get(name, {})
        if is_brought(domain, fact["type"], content.get("text")):
            return self._brought(statement, fact)
        if fact["type"] == "hint":
            return self._hints(statement, fact["file"], view)
        options = by_label(block(statement))
        zone = ServedZone(name, _ROLES.get(fact["type"], ""), fact["where"] or "added by rndc", serial=fact["serial"])
        zone.file = fact["file"] or ""
        zone.kept = self._reason(name, fact["type"], options)
        zone.bound = bound_by_includes(content, zone.file, self.facts["directory"]) if self.moves else ""
        self.result.zones[name] = zone
        self.result.zone_texts[name] = written(self._absolute(self._with_inherited(statement, fact["type"], options)))
        zone.statements = [(key, *self._outcome(key, item, options)) for key, item in options.items()]
        if zone.kept:
            return None
        zone.text, zone.as_it_is, zone.wrong = content.get("text"), content.get("as_it_is", False), content.get("wrong", "")
        self._peers(zone, {**(view.of_zones() if view else {}), **options})
        return None

    def _with_inherited(self, statement: Statement, kind: str, options: Mapping[str, Statement]) -> Statement:
        """The statement of a zone that stays, with what options said for it, or named's defaults did, where the collection's options say something else."""
        if kind not in _ROLES:
            return statement
        defaults = {"notify": ["notify", "yes"], "allow-transfer": ["allow-transfer", [["any"]]]}
        if not self.open_by_default:
            del defaults["allow-transfer"]
        transfers = _ROLES[kind] == SECONDARY
        said = (*OF_ZONES, *(name for name in _SOURCES if transfers or name.startswith("notify")))
        inherited = {**defaults, **{name: item for name, item in self.options.by_name.items() if name in said}}
        if transfers or "update-policy" in options:
            inherited.pop("allow-update", None)
        effective = {**self.options.by_name, **inherited, **options}
        if self.moves and "key-directory" not in effective and ("update-policy" in options or not all(_is_off(key, effective) for key in _OFF)):
            inherited["key-directory"] = ["key-directory", f'"{self.facts["directory"]}"']  # where named looks for keys that it is told no place of
        more = [item for name, item in inherited.items() if name not in options]
        return [[*item, *more] if isinstance(item, list) else item for item in statement]

    def _brought(self, statement: Statement, fact: Mapping[str, Any]) -> None:
        """A zone that a package brings: a recursive server has it without that, any other needs it no more."""
        name = label(statement)
        if fact["type"] == "hint":
            self.result.end(name, DEFAULT, "named knows the root's servers by itself")
        else:
            self.result.end(name, DEFAULT if self.options.recursive else DROPPED, "packages bring it for servers that look names up elsewhere")

    def _hints(self, statement: Statement, file: str, view: View | None) -> None:
        """Hints of a root of one's own: no zone that is served, so that other hosts may have the root itself."""
        name = label(statement)
        if view is None:
            self.result.local_config.append(written(self._absolute(statement)))
            self.result.end(name, KEPT, "nameserver_local_config")
        elif self.options.recursive:
            wrong = f"has in the view {view.name} hints of the root ({file}) that are not the usual ones, or cannot be read, and nothing can stay in a view"
            right = "take them out where the usual root is meant, and transfer a root of your own there instead (type secondary), which is declared"
            self.result.find(REFUSAL, f"{wrong}; {right}", f"{view.label}, {name}")
        else:
            self.result.end(f"{view.label}, {name}", DROPPED, "nobody recurses, so nothing begins at the root")

    def _reason(self, name: str, kind: str, options: Mapping[str, Statement]) -> str:
        """Why a zone cannot be declared, empty if it can."""
        if kind not in _ROLES:
            return f"a zone of type {kind or 'in-view'} is none that is declared"
        if domain_of(name) in self.needing:
            return "an option of named is about it (a catalog or a response policy)"
        inherited = {**{key: item for key, item in self.options.by_name.items() if key in _OFF}, **options}
        if _ROLES[kind] == PRIMARY and ("update-policy" in options or not _is_off("allow-update", inherited)):
            return "its clients update it"
        if not all(_is_off(key, inherited) for key in ("dnssec-policy", "auto-dnssec", "inline-signing")):
            return "the server signs it"
        for key, item in options.items():
            if self._outcome(key, item, options)[0] == KEPT:
                return f"a declaration has no place for its {key}"
        return ""

    def _outcome(self, key: str, statement: Statement, options: Mapping[str, Statement]) -> tuple[str, str]:
        if key == "allow-notify":
            sources, _beyond = self.lists.remotes(options.get("primaries") or options.get("masters") or [])
            expected = {"none", "localhost"} | {remote.address for remote in sources} | {f"key {remote.key}" for remote in sources if remote.key}
            telling, beyond = self.lists.networks(block(statement))
            return (KEPT, "") if beyond or set(telling) - expected else (TAKEN, "its primaries")
        if key in _SOURCES and words(statement)[1] in self.result.addresses:
            return TAKEN, "the host's addresses"
        return _outcome(key, statement)

    def _peers(self, zone: ServedZone, options: Mapping[str, Statement]) -> None:
        effective = {**{key: item for key, item in self.options.by_name.items() if key in ("allow-transfer", "also-notify", "notify")}, **options}
        beyond: list[str] = []
        if zone.role == SECONDARY:
            sources, more = self.lists.remotes(effective.get("primaries") or effective.get("masters") or [])
            zone.sources, beyond = tuple(sources), beyond + more
        if "also-notify" in effective and words(effective.get("notify", ["notify", "yes"]))[1] != "no":
            told, more = self.lists.remotes(effective["also-notify"])
            zone.notify, beyond = tuple(told), beyond + more
        allowed = effective.get("allow-transfer")
        transfer_to, more = self.lists.networks(block(allowed)) if allowed else (["any"] if self.open_by_default else [], [])
        zone.transfer_to, beyond = tuple(transfer_to), beyond + more
        if "transport" in words(allowed or []):
            beyond.append(" ".join(words(allowed or [])))
        if "allow-query" in options:
            asked, more = self.lists.networks(block(options["allow-query"]))
            zone.allow_query, beyond = tuple(item for item in asked if not item.startswith("key ")), beyond + more
            beyond += [item for item in asked if item.startswith("key ")]
        if beyond:
            zone.kept = f"a declaration cannot say {', '.join(beyond)}"


def _is_off(key: str, options: Mapping[str, Statement]) -> bool:
    statement = options.get(key)
    if statement is None:
        return True
    entries = [value(entry[0]) for entry in block(statement)] or words(statement)[1:]
    return entries == [_OFF[key]]


def _outcome(key: str, statement: Statement) -> tuple[str, str]:
    if key in _TAKEN_OF_ZONE:
        return TAKEN, _TAKEN_OF_ZONE[key]
    if key in _OFF and _is_off(key, {key: statement}):
        return DEFAULT, "the collection's zones are not changed by the server"
    if key in _NOT_NEEDED:
        return DROPPED, _NOT_NEEDED[key]
    return KEPT, ""
