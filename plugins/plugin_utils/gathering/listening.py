# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a server listens, as the role's nameserver_listen_on says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import REFUSAL, GatheredServer

EVERY = {4: "0.0.0.0", 6: "::"}  # stands for all addresses of an IP version


def version(address: str) -> int:
    return 6 if ":" in address else 4


def own_addresses(addresses: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    """The addresses of a host's interfaces; of an IP version of which it told none, those where it serves, some of which a router may translate."""
    found = list(facts.get("addresses", ()))
    known = {version(address) for address in found}
    return [*found, *(address for address in addresses if version(address) not in known)]


def listen_on(listened: Iterable[str], own: Sequence[str]) -> list[str]:
    """The role's list. listened: addresses, and those in EVERY. own: see L(own_addresses)."""
    listened = list(listened)
    if set(EVERY.values()) <= set(listened):
        return ["any"]
    found: list[str] = []
    for address in listened:
        # The role's any would be the other IP version's addresses too, and another program may have these.
        found += [item for item in own if version(item) == version(address)] if address in EVERY.values() else [address]
    return [address for address in dict.fromkeys(found) if address not in ("127.0.0.1", "::1")] or ["127.0.0.1"]


def refuse_port(result: GatheredServer, port: str, statement: str) -> None:
    """Refuse a server at another port than 53. port: empty for that one. statement: that says so."""
    if port not in ("", "53"):
        result.find(REFUSAL, f"serves at port {port}, and the collection serves at 53 only", statement)


def read_address(result: GatheredServer, text: str, port: str, statement: str) -> list[str]:
    """The address at which a server listens, none for what is refused: another port than 53, and what is no address. statement: that says so."""
    refuse_port(result, port, statement)
    try:
        return [names.address(text)]
    except ValueError:
        result.find(REFUSAL, f"listens at {text}, which is no address; write the host's addresses in its place there", statement)
        return []
