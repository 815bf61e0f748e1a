# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of the hosts that serve zones only when all zones are known: each is provisioned, and is reached at addresses and
by keys that nobody else has."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import PRIMARIES_GROUP, SECONDARIES_GROUP, Inventory, Server
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUD_GROUP


def check(
    together: Collection[tuple[Server, ...]], inventory: Inventory, keyring: tsig.Keyring, outside: Mapping[str, tuple[str, str]], findings: Findings
) -> None:
    """Tell what is wrong with hosts.

    together: servers of one zone each, with every server somewhere. outside: the addresses given for servers that are no hosts, each with what
    names it, as the first two words of a mistake.
    """
    hosts = {server.name: server for servers in together for server in servers if server.managed}
    owners = _owners(hosts.values(), findings)
    for host in (*inventory.groups.get(PRIMARIES_GROUP, ()), *inventory.groups.get(SECONDARIES_GROUP, ())) if outside else ():
        with contextlib.suppress(ValueError):  # of one that serves no zone
            owners = {**dict.fromkeys(inventory.addresses(host), host), **owners}
    for address, (where, key) in outside.items():
        if address in owners:  # or the host would be planned as somebody else's server
            findings.problem(where, f"{key} gives {address}, which is an address of the host {owners[address]}", f"name the host: {owners[address]}")
    _check_loopback(together, findings)
    if keyring.secret is not None:
        _check_keys(dict.fromkeys(server.name for servers in together for server in servers if server.managed or server.cloud), findings)
    carriers = {server.carrier: server.cloud for servers in together for server in servers if server.cloud and server.carrier}
    _check_groups(hosts, "serves zones", (PRIMARIES_GROUP, SECONDARIES_GROUP), inventory, findings)
    for carrier, cloud in carriers.items():
        _check_groups([carrier], f"talks to {cloud}", (PRIMARIES_GROUP, SECONDARIES_GROUP, CLOUD_GROUP), inventory, findings)


def _check_groups(hosts: Iterable[str], does: str, groups: Sequence[str], inventory: Inventory, findings: Findings) -> None:
    """Playbooks go to hosts by their groups; others are for people's own plays."""
    listed = {host for group in groups for host in inventory.groups.get(group, ())}
    for host in hosts:
        if host not in listed:
            wrong = f"{does}, and is in none of {', '.join(groups)}, so that this collection's playbooks leave it out"
            findings.warning(f"host {host}", wrong, "put it into one of them, or let a play of your own see to it")


def _owners(hosts: Iterable[Server], findings: Findings) -> dict[str, str]:
    """The host that has an address, by address."""
    found: dict[str, str] = {}
    for host in hosts:
        for address in host.addresses:
            other = found.setdefault(address, host.name)
            if other != host.name:
                findings.problem(f"host {host.name}", f"has the address {address}, and {other} has it too", "list each host's own in its dns_addresses")
    return found


def _check_keys(names: Iterable[str], findings: Findings) -> None:
    """A pair's key follows from the names of the two, as L(tsig.label) writes them."""
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(tsig.label(name), name)
        if other != name:
            wrong = f"has the TSIG keys of {other}, as names of keys have {tsig.label(name)} for both"
            findings.problem(f"host {name}", wrong, "call one of them something else in the inventory")


def _check_loopback(together: Iterable[tuple[Server, ...]], findings: Findings) -> None:
    """A host that is known by loopback addresses only is reached by no other machine."""
    cut_off: dict[str, tuple[Server, str]] = {}  # those that are, by name, with one that does not reach them
    for servers in together:
        local = [server for server in servers if server.addresses and all(ipaddress.ip_interface(address).is_loopback for address in server.addresses)]
        elsewhere = next((server.name for server in servers if server.addresses and not server.cloud and server not in local), None)
        for server in local:
            if server.managed and elsewhere is not None:
                cut_off.setdefault(server.name, (server, elsewhere))
    for name, (server, elsewhere) in cut_off.items():
        wrong = f"is known by {', '.join(server.addresses)} only, where {elsewhere} does not reach it"
        findings.warning(f"host {name}", wrong, "list an address of its network in its dns_addresses")
