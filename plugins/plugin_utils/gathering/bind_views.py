# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a named.conf(5): who sees them, and which of their zones are one zone that all of them share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import block, label, value, words
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, zone_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import NETWORK_WORDS, network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_options import Options
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import ServedZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import NamedLists, Statement, by_label, key_name, negation, written

_ANYBODY = ["match-clients", [["any"]]]
RECURSION = ("recursion", "allow-recursion", "allow-query-cache")
OF_ZONES = ("allow-query", "allow-transfer", "also-notify", "notify")
_NOT_NEEDED = ("additional-from-auth", "additional-from-cache", "auth-nxdomain", "zone-statistics", "check-names", "max-zone-ttl")


class View:
    """A view. name: as it is written. clients: entries of C(match_clients). beyond: what in that list cannot be said in one. alien: statements that belong to
    the whole server, or cannot be declared.
    """

    def __init__(self, statement: Statement, lists: NamedLists) -> None:
        self.name = words(statement)[1]
        self.label = label(statement)
        self.statements = block(statement)
        self.by_name = by_label(self.statements)
        self.clients, self.beyond = clients(lists, block(self.by_name.get("match-clients", _ANYBODY)))
        known = ("match-clients", "zone", *RECURSION, *OF_ZONES, *_NOT_NEEDED)
        self.alien = [label(item) for item in self.statements if item[0] not in known]

    @property
    def zones(self) -> list[Statement]:
        return [item for item in self.statements if item[0] == "zone"]

    def of_zones(self) -> dict[str, Statement]:
        """What it says for those of its zones that say nothing themselves."""
        return {name: item for name, item in self.by_name.items() if name in OF_ZONES}

    def recursion(self, options: Sequence[Statement], lists: NamedLists, addresses: Sequence[str], layout: Mapping[str, object]) -> tuple[Options, list[str]]:
        """The server's options as they are here, and the networks that recurse here: of those that may, who sees this view."""
        own = Options([*options, *(item for item in self.statements if item[0] in (*RECURSION, "allow-query"))], lists, addresses, layout)
        networks = list(own.variables.get("nameserver_recursion_networks", ()))
        if "any" in networks:
            own.lost += [client for client in self.clients if client.startswith("key ")]
            networks = [client for client in self.clients if not client.startswith(("key ", "!"))]
        return own, [item for item in networks if item != "none"]


def clients(lists: NamedLists, items: Sequence[Statement], seen: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """(entries of C(match_clients), the first that matches counts; what cannot be said so). Named lists are resolved."""
    found: list[str] = []
    beyond: list[str] = []
    for number, item in enumerate(items):
        excluded, rest = negation(item)
        text = rest[0] if isinstance(rest[0], list) else value(rest[0])
        inner, more = _entries(lists, text, rest, seen)
        beyond += more
        # Whom a list inside of another one excludes is not excluded by the latter: what follows there may still match.
        if any(entry.startswith("!") for entry in inner) and (excluded or number < len(items) - 1):
            beyond.append(written(item).strip().rstrip(";"))
        found += [f"!{entry}" for entry in inner] if excluded else inner
    return list(dict.fromkeys(found)), list(dict.fromkeys(beyond))


def _entries(lists: NamedLists, text: object, rest: Statement, seen: frozenset[str]) -> tuple[list[str], list[str]]:
    if isinstance(text, list):
        return clients(lists, text, seen)
    name = str(text).lower()
    if name == "key" and len(rest) > 1:
        return [f"key {key_name(rest[1])}"], []
    if name in NETWORK_WORDS:
        return [name], []
    if name in lists.acls and name not in seen:
        return clients(lists, lists.acls[name], seen | {name})
    try:
        return [network_text(text)], []
    except ValueError:
        return [], [str(text)]


def shared(zones: Mapping[str, ServedZone], inside: Mapping[str, str], views: Sequence[str]) -> Iterator[ServedZone]:
    """The zones of a server with views, those in one form that all views have once and without a view.

    zones: by name. inside: {name: view that has it} of zones that are in one view and stand in another (C(in-view)).
    """
    every = dict(zones)
    for name, view in inside.items():
        origin = zones.get(zone_name(domain_of(name), view))
        if origin is not None:
            every[name] = replace(origin, name=name)
    for domain in dict.fromkeys(map(domain_of, every)):
        own = [every[name] for name in (zone_name(domain, view) for view in views) if name in every]
        if len(own) == len(views) and all(_content(zone) == _content(own[0]) for zone in own):
            yield replace(own[0], name=domain)
        else:
            yield from own


def _content(zone: ServedZone) -> ServedZone:
    """What makes a zone, wherever it stands."""
    return replace(zone, name="", where="", statements=[])


def without_transfers(views: Sequence[Mapping[str, Any]], keys: Container[str]) -> list[dict[str, Any]]:
    """Views without what follows from their zones and is written for each server: the keys that sign transfers, and, in the last one, the host itself."""
    found = []
    for view in views:
        entries = [entry for entry in view["match_clients"] if entry.lstrip("!").removeprefix("key ") not in keys]
        entries = entries[: entries.index("any") + 1] if "any" in entries else entries
        if view is views[-1] and entries[-1:] == ["localhost"]:
            entries = entries[:-1]
        found.append({**view, "match_clients": entries or ["none"]})
    return found


def key_names(entries: Iterable[str]) -> set[str]:
    """The keys in a list of clients."""
    return {entry.lstrip("!").removeprefix("key ") for entry in entries if entry.lstrip("!").startswith("key ")}
