# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What C(options) of a named.conf(5) becomes: variables of the role nameserver, what the collection says itself, and what stays the host's own.

named refuses an option that is there twice, so whatever L(software.bind) writes cannot stay; everything else does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import block, label, words
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import EVERY, listen_on, version
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DEFAULT, DROPPED, KEPT, TAKEN
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import NamedLists, Statement, by_label

Outcome = tuple[str, str]  # a fate and its detail
# What L(software.bind) says in any case.
_SAID = {"version": "none", "hostname": "none", "server-id": "none", "minimal-responses": "yes", "minimal-any": "yes", "try-tcp-refresh": "no"}
_RATES = ("serial-query-rate", "transfers-in", "transfers-per-ns", "notify-rate", "startup-notify-rate", "transfers-out", "tcp-clients")
OF_ZONES = ("allow-transfer", "also-notify", "notify", "allow-update", "dnssec-policy", "auto-dnssec", "inline-signing", "masterfile-format")
_NOT_CHANGED = {"auth-nxdomain": "no", "query-source": "address *", "dnssec-enable": "yes"}  # named's own defaults, which configurations repeat


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(names.address(text))
    return False


def without_host(networks: Iterable[str]) -> list[str]:
    """Networks without the host itself, which always may ask."""
    networks = list(networks)
    return [item for item in networks if item != "localhost"] or ["localhost" if networks else "none"]


class Options:
    """The options of one server. variables: of the role, afterwards. lost: networks that recurse today and cannot be declared.
    unsaid_query: those that may ask, and cannot.

    addresses: the host's own, see L(listening.own_addresses). layout: of the role, what the distribution's package has in it.
    """

    def __init__(self, statements: Sequence[Statement], lists: NamedLists, addresses: Sequence[str], layout: Mapping[str, Any]) -> None:
        self.statements = statements
        self.by_name = by_label(statements)
        self.lists = lists
        self.addresses = addresses
        self.layout = layout
        self.variables: dict[str, Any] = {}
        self.lost: list[str] = []
        self.port = int(self._word("port", "53"))
        self._recursion()
        self._listen()
        allowed, self.unsaid_query = lists.networks(block(self.by_name["allow-query"])) if "allow-query" in self.by_name else (["any"], [])
        self.unsaid_query += [item for item in allowed if item.startswith("key ")]
        self.variables["nameserver_allow_query"] = without_host(item for item in allowed if not item.startswith("key "))

    def _word(self, name: str, default: str) -> str:
        return words(self.by_name[name])[1] if name in self.by_name else default

    def _recursion(self) -> None:
        """Who recurses: what named falls back to for C(allow-recursion) (BIND 9 ARM), nobody where recursion is off."""
        chosen = next((name for name in ("allow-recursion", "allow-query-cache", "allow-query") if name in self.by_name), None)
        networks, beyond = self.lists.networks(block(self.by_name[chosen])) if chosen else (["localnets", "localhost"], [])
        if self._word("recursion", "yes") not in ("yes", "true", "1"):
            networks, beyond = [], []
        self.lost = beyond + [item for item in networks if item.startswith("key ")]
        networks = [item for item in networks if item not in ("none", *self.lost)]
        self.recursive = bool(networks or self.lost)
        self.plain_forwarding = False
        if not networks:
            return
        self.variables["nameserver_recursion_networks"] = without_host(networks)
        self.variables["nameserver_dnssec_validation"] = self._word("dnssec-validation", "auto")
        forwarders = [words(item) for item in block(self.by_name.get("forwarders", []))]
        only = self._word("forward", "first") == "only" and "port" not in words(self.by_name.get("forwarders", []))
        self.plain_forwarding = bool(forwarders) and only and all(len(item) == 1 for item in forwarders)
        if self.plain_forwarding:
            self.variables["nameserver_forwarders"] = [item[0] for item in forwarders]

    def _listen(self) -> None:
        """Where named listens at port 53; what it does at other ports stays the host's own."""
        found: list[str] = []
        for number, name in ((4, "listen-on"), (6, "listen-on-v6")):
            statements = [item for item in self.statements if label(item) == name]
            for item in statements or [[name, [["any"]]]]:
                found += self._listened(block(item), number) if self._is_plain(item) else []
        self.variables["nameserver_listen_on"] = listen_on(found, self.addresses)

    def _listened(self, items: Sequence[Statement], number: int) -> list[str]:
        """The addresses of an IP version in a list: those that it names, and those of the host's that it means."""
        entries, beyond = self.lists.networks(items)
        if not beyond and "none" not in entries and {"any", "localhost", "localnets"} & {*entries}:
            return [EVERY[number]]
        own = (address for address in self.addresses if version(address) == number)
        return [address for address in (*filter(_is_address, entries), *own) if self.lists.lets_in(items, address)]

    def _is_plain(self, statement: Statement) -> bool:
        head = words(statement)[1:]
        return all(name == "port" for name in head[::2]) and all(text == str(self.port) for text in head[1::2])

    # -- what becomes of each statement -------------------------------------------------------------------------------

    def outcomes(self) -> Iterator[tuple[Statement, Outcome]]:
        """Every statement of options with what becomes of it."""
        shipped = {text.split()[0]: text for text in self.layout.get("options", ())}
        for statement in self.statements:
            name = label(statement)
            handler: Callable[[Statement], Outcome] | None = getattr(self, "_of_" + name.replace("-", "_"), None)
            if handler is not None:
                yield statement, handler(statement)
            elif name in shipped:
                same = shipped[name].split()[1:] == [word for word in statement[1:] if isinstance(word, str)]
                yield statement, (DEFAULT, "as the distribution has it") if same else (DROPPED, f"where the distribution has it: {shipped[name]}")
            elif name in _SAID:
                yield statement, self._said(statement, _SAID[name])
            elif name in _RATES:
                yield statement, (DROPPED, "the collection sets it in proportion to the number of zones")
            elif name in OF_ZONES:
                yield statement, (TAKEN, "by each zone")
            elif " ".join(words(statement)[1:]) == _NOT_CHANGED.get(name):
                yield statement, (DEFAULT, "what named does anyway")
            else:
                yield statement, (KEPT, "nameserver_local_options")

    def _said(self, statement: Statement, said: str) -> Outcome:
        value = (words(statement) + [""])[1]
        return (DEFAULT, f"{said}, as the collection says") if value == said else (DROPPED, f"the collection says {said}")

    def _of_directory(self, _statement: Statement) -> Outcome:
        return DROPPED, f"the collection's is {self.layout.get('working_directory', 'the distributions own')}; paths that stay are absolute"

    def _of_listen_on(self, statement: Statement) -> Outcome:
        return (TAKEN, "nameserver_listen_on") if self._is_plain(statement) else (KEPT, "nameserver_local_options")

    _of_listen_on_v6 = _of_listen_on

    def _of_port(self, _statement: Statement) -> Outcome:
        return (DEFAULT, "53") if self.port == 53 else (DROPPED, "the collection serves at port 53")

    def _of_allow_query(self, _statement: Statement) -> Outcome:
        return TAKEN, "nameserver_allow_query"

    def _of_recursion(self, statement: Statement) -> Outcome:
        return (TAKEN, "nameserver_recursion_networks") if self.recursive else (DEFAULT, "nobody recurses")

    _of_allow_recursion = _of_recursion

    def _of_allow_query_cache(self, _statement: Statement) -> Outcome:
        if not self.recursive:
            return DEFAULT, "there is no cache"
        same = self.lists.networks(block(self.by_name["allow-query-cache"])) == self.lists.networks(block(self.by_name.get("allow-recursion", [])))
        return (TAKEN, "nameserver_recursion_networks") if same or "allow-recursion" not in self.by_name else (DROPPED, "the same as for recursion")

    def _of_forwarders(self, statement: Statement) -> Outcome:
        if self.plain_forwarding:
            return TAKEN, "nameserver_forwarders"
        return (KEPT, "nameserver_local_options") if self.recursive and block(statement) else (DROPPED, "nobody recurses, so nothing is forwarded")

    def _of_forward(self, statement: Statement) -> Outcome:
        return self._of_forwarders(self.by_name.get("forwarders", statement))

    def _of_dnssec_validation(self, _statement: Statement) -> Outcome:
        return (TAKEN, "nameserver_dnssec_validation") if self.recursive else (DEFAULT, "nobody recurses, so there is nothing to validate")

    def _of_empty_zones_enable(self, statement: Statement) -> Outcome:
        return (KEPT, "nameserver_local_options") if self.recursive else self._said(statement, "no")

    def _of_rate_limit(self, _statement: Statement) -> Outcome:
        return (KEPT, "nameserver_local_options") if self.recursive else (DROPPED, "the collection limits an authoritative server to 200 a second")

    def _of_allow_new_zones(self, _statement: Statement) -> Outcome:
        return DROPPED, "what rndc addzone added is declared now, and would be there twice"

    _of_new_zones_directory = _of_allow_new_zones
