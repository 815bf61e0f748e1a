# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views (split horizon): who sees which zones, from the variable C(dns_views)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import check_mapping
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import NETWORK_WORDS, network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, did_you_mean

VARIABLE = "dns_views"
_KEYS = ("name", "match_clients")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,48}[A-Za-z0-9])?\Z")  # it becomes part of file names, and of names of keys
_CLIENT = re.compile(r"(?P<excluded>!\s*)?(?:key\s+\"?(?P<key>[^\s\"]+)\"?|(?P<network>\S+))\Z")
_RIGHT = f"list networks such as 192.0.2.0/24, {', '.join(NETWORK_WORDS)}, or 'key NAME', each with '!' before it to exclude it"


@dataclass(frozen=True)
class Client:
    """Whom one entry of C(match_clients) is about: who asks from a network (or one of NETWORK_WORDS), or with a key. excluded: it does not see the view."""

    network: str | None = None
    key: tsig.Key | None = None
    excluded: bool = False


@dataclass(frozen=True)
class View:
    """Who sees it: whom the first matching entry of match_clients does not exclude."""

    name: str
    match_clients: tuple[Client, ...]

    def takes(self, address: str, key: str | None = None) -> bool:
        """Whether a question from an address, signed with the key of that name or with none, is answered here.

        Raises LookupError where that depends on the host's interfaces.
        """
        return next((not client.excluded for client in self.match_clients if _matches(client, address, key)), False)


def _matches(client: Client, address: str, key: str | None) -> bool:
    if client.key is not None:
        return client.key.name == key
    if client.network == "localnets":
        raise LookupError("localnets")
    if client.network == "localhost":
        return ipaddress.ip_interface(address).ip.is_loopback
    if client.network in ("any", "none"):
        return client.network == "any"
    network = ipaddress.ip_network(str(client.network))
    return ipaddress.ip_interface(address).ip in network


def seen(views: Sequence[View], address: str, key: str | None = None) -> View | None:
    """The first view that takes a question, None if none does. Raises LookupError as L(View.takes)."""
    return next((view for view in views if view.takes(address, key)), None)


def read(value: Any, keyring: tsig.Keyring, findings: Findings) -> dict[str, View]:
    """The declared views by name, in their order. value: the list C(dns_views). Mistakes go to findings."""
    found: dict[str, View] = {}
    if not isinstance(value or [], Sequence) or isinstance(value, str):
        findings.problem(VARIABLE, f"{value!r} is not a list", "write [{name: internal, match_clients: [192.0.2.0/24]}, {name: external}]")
        return {}
    for number, item in enumerate(value or [], 1):
        where = f"view {number} of {VARIABLE}"
        mistakes = check_mapping(where, item, _KEYS)
        findings.problems += mistakes
        if mistakes:
            continue
        name = item.get("name")
        if not isinstance(name, str) or not NAME.match(name):
            findings.problem(where, f"the name {name!r} is not one that a view can have", "write letters, digits, - and _, such as internal")
            continue
        alike = next((other for other in found if tsig.label(other) == tsig.label(name)), None)
        if alike:
            findings.problem(f"view {name}", f"is declared twice (also as {alike})", "give each view a name of its own; names ignore case here")
            continue
        found[name] = View(name, _clients(f"view {name}", item.get("match_clients", ["any"]), keyring, findings))
    _find_hidden(found, findings)
    return found


def _clients(where: str, value: Any, keyring: tsig.Keyring, findings: Findings) -> tuple[Client, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        findings.problem(where, f"match_clients: {value!r} is not a list", _RIGHT)
        return ()
    if not value:
        findings.problem(where, "match_clients is empty, so that nobody sees it", _RIGHT)
    clients = []
    for item in value:
        read_item = _CLIENT.match(item) if isinstance(item, str) else None
        try:
            if read_item is None:
                raise ValueError(f"{item!r} is no network and no key")
            excluded = bool(read_item["excluded"])
            key = _key(read_item["key"], keyring) if read_item["key"] else None
            clients.append(Client(None if key else network_text(read_item["network"]), key, excluded))
        except ValueError as error:
            findings.problem(where, f"match_clients: {error}", _RIGHT)
    return tuple(clients)


def _key(name: str, keyring: tsig.Keyring) -> tsig.Key:
    known = keyring.given
    found = known.get(tsig.key_name(name) or "")
    if found is None:
        raise ValueError(f"there is no key {name!r} in dns_tsig_keys{did_you_mean(name, known)}")
    return found


def _find_hidden(views: Mapping[str, View], findings: Findings) -> None:
    """A view behind one that everybody sees is seen by nobody."""
    everybody = None
    for view in views.values():
        if everybody:
            right = f"declare {everybody} last in {VARIABLE}, as the first that matches counts"
            findings.warning(f"view {view.name}", f"is behind {everybody}, which everybody sees", right)
        elif not view.match_clients or view.match_clients[0] == Client("any"):
            everybody = view.name
