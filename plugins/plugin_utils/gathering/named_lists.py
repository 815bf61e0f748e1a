# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of networks and of servers in named.conf(5), with the names in them resolved."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import block, label, value, words
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import NETWORK_WORDS, network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import Remote

Statement = list[Any]
SERVER_LISTS = ("primaries", "masters", "remote-servers", "parental-agents")


class NamedLists:
    """The lists that a configuration gives names to: acl(s), and lists of servers. named compares these names without case, its own words among them."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.acls = {words(item)[1].lower(): block(item) for item in statements if item[0] == "acl"}
        self.servers = {words(item)[1].lower(): item for item in statements if item[0] in SERVER_LISTS}
        keys = {words(item)[1].split("/")[0]: key for item in statements if item[0] == "server" for key in _keys(item)}
        self.server_keys: dict[str, str] = keys

    def networks(self, items: Iterable[Statement], seen: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
        """(what a list of who may do something names, what in it cannot be said otherwise). The former is networks, words, and C(key NAME)."""
        found: list[str] = []
        beyond: list[str] = []
        for item in items:
            if isinstance(item[0], list):
                more, others = self.networks(item[0], seen)
                found, beyond = found + more, beyond + others
                continue
            text = value(item[0]).lower()
            if text == "none":  # fits everybody, and lets nobody in
                found.append(text)
                break
            if text == "key" and len(item) > 1:
                found.append(f"key {key_name(item[1])}")
            elif text in NETWORK_WORDS:
                found.append(text)
            elif text in self.acls and text not in seen:
                more, others = self.networks(self.acls[text], seen | {text})
                found, beyond = found + more, beyond + others
            else:
                try:
                    found.append(network_text(text))
                except ValueError:
                    beyond.append(_text([item]))
        return list(dict.fromkeys(found)), list(dict.fromkeys(beyond))

    def lets_in(self, items: Iterable[Statement], address: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an address of the host itself is in such a list, in which the first entry that it fits counts."""
        for item in items:
            excluded, rest = negation(item)
            text = rest[0] if isinstance(rest[0], list) else value(rest[0]).lower()
            if text == "none":
                return excluded
            if isinstance(text, list):
                fits = self.lets_in(text, address, seen)
            elif text in self.acls and text not in seen:
                fits = self.lets_in(self.acls[text], address, seen | {text})
            else:
                fits = text in NETWORK_WORDS or _contains(text, address)
            if fits:
                return not excluded
        return False

    def remotes(self, statement: Statement, seen: frozenset[str] = frozenset()) -> tuple[list[Remote], list[str]]:
        """(the servers in C(primaries), C(also-notify) or a named list of these, what in it cannot be said otherwise)."""
        found: list[Remote] = []
        beyond: list[str] = []
        head = words(statement)
        port = int(head[head.index("port") + 1]) if "port" in head[:-1] else 53
        for item in block(statement):
            text, *options = words(item)
            name = text.lower()
            if name in self.servers and name not in seen:
                more, others = self.remotes(self.servers[name], seen | {name})
                found, beyond = found + more, beyond + others
                continue
            given = dict(zip(options[::2], options[1::2]))
            try:
                address = names.address(text)
            except ValueError:
                beyond.append(_text([item]))
                continue
            if given.keys() - {"key", "port"}:
                beyond.append(_text([item]))
                continue
            key = given.get("key") or self.server_keys.get(address)
            found.append(Remote(address, int(given.get("port", port)), key_name(key) if key else None))
        return list(dict.fromkeys(found)), beyond


def negation(item: Statement) -> tuple[bool, Statement]:
    """(whether an entry of a list excludes, the entry without its exclamation mark)."""
    first = item[0]
    if not isinstance(first, str) or not first.startswith("!"):
        return False, item
    return True, [*([first[1:]] if first[1:] else []), *item[1:]]


def _contains(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in names.network(network)
    except ValueError:
        return False


def key_name(word: str) -> str:
    return value(word).rstrip(".").lower()


def _keys(statement: Statement) -> list[str]:
    for item in block(statement):
        if item[0] == "keys":
            return [value(word) for part in item[1:] for word in ([entry[0] for entry in part] if isinstance(part, list) else [part])]
    return []


def _text(items: Sequence[Any]) -> str:
    return " ".join(" ".join(map(str, words(item))) for item in items)


def written(statement: Statement, depth: int = 0) -> str:
    """A statement as named.conf has it."""
    parts = []
    for item in statement:
        if isinstance(item, list):
            inner = "".join("\t" * (depth + 1) + written(entry, depth + 1) for entry in item)
            parts.append("{\n" + inner + "\t" * depth + "}")
        else:
            parts.append(item)
    return " ".join(parts) + ";\n"


def by_label(items: Iterable[Statement]) -> dict[str, Statement]:
    return {label(item): item for item in items}
