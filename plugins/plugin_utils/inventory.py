# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the declaration meets Ansible: variables and files, read at the rim so that everything behind it is pure."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.collector import uncollected
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import PRIMARIES_GROUP, SECONDARIES_GROUP, Declaration, Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.declared_files import DeclaredFiles
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory

_SHOWN = 20
_WAITING = ("linear", "debug", "mitogen_linear")


@uncollected()
def declared(task_vars: Mapping[str, Any], template: Callable[[Any], Any]) -> Declaration:
    """The declaration as the variables of one host give it. Raises DeclarationError.

    template: turns one string with a template into its value. The zone list itself never goes through it as a whole:
    templating a list costs seconds per thousand zones.
    """
    if dns is None:
        wrong = "has no dnspython, which reads the declaration"
        raise DeclarationError([Problem("the controller's Python", wrong, "install dnspython 2.6 or newer beside ansible-core")])
    promoted = _resolved(task_vars.get("dns_promoted"), template) or None
    if promoted is None:
        return _loaded(task_vars, template)
    try:
        declaration = _loaded(task_vars, template, promoted)
    except DeclarationError as error:
        raise _because_of(promoted, error, task_vars, template) from error
    return replace(declaration, warnings=(*declaration.warnings, *_not_moved(declaration, promoted)))


def _loaded(task_vars: Mapping[str, Any], template: Callable[[Any], Any], promoted: str | None = None) -> Declaration:
    """The declaration, with a host in the place of the primaries where one is promoted. Raises DeclarationError."""
    defaults = _resolved(task_vars.get("dns_zone_defaults", {}), template)
    select = _resolved(task_vars.get("dns_zone_select"), template)
    files = DeclaredFiles(lambda path: _find(path, task_vars), os.path.abspath(str(task_vars.get("inventory_dir") or task_vars.get("playbook_dir") or "")))
    return load(
        _resolved(task_vars.get("dns_zones", []), template),
        defaults,
        inventory_of(task_vars, promoted),
        files.read,
        _directories(_resolved(task_vars.get("dns_zone_directories", []), template), defaults, task_vars),
        select,
        _keys(task_vars, template),
        files.fill,
        _resolved(task_vars.get("dns_catalogs", []), template),
        _resolved(task_vars.get("dns_dnssec_policies"), template),
        _resolved(task_vars.get("dns_views"), template),
    )


def _because_of(promoted: str, error: DeclarationError, task_vars: Mapping[str, Any], template: Callable[[Any], Any]) -> DeclarationError:
    """The same mistakes; of those that are none as long as nobody is promoted, each says so."""
    anyway: list[Problem] = []
    try:
        _loaded(task_vars, template)
    except DeclarationError as other:
        anyway = other.problems
    said = f"with dns_promoted: {promoted}, "
    return DeclarationError(item if item in anyway or item.where == "dns_promoted" else replace(item, wrong=said + item.wrong) for item in error.problems)


def _not_moved(declaration: Declaration, promoted: str) -> list[Problem]:
    """Zones that name other primaries themselves, and so do not follow the host that took the place of all."""
    zones = [zone for zone in declaration.zones.values() if promoted not in {server.name for server in zone.primaries}]
    right = f"leave them to the group {PRIMARIES_GROUP} if they are to follow it, or write {promoted} among them"
    return [Problem(f"zone {zone.name}", "names its primaries itself, so that dns_promoted does not change them", right) for zone in zones]


def _keys(task_vars: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """What is declared about TSIG keys. The playbook rotate_tsig says in C(__dns_tsig_generations) what a step of it is to bring."""
    keys = {key: _resolved(task_vars.get(f"dns_tsig_{key}"), template) for key in ("secret", "generations", "algorithm", "keys")}
    step = _resolved(task_vars.get("__dns_tsig_generations"), template)
    return keys if step is None else {**keys, "generations": step}


def _directories(paths: Any, defaults: Any, task_vars: Mapping[str, Any]) -> list[tuple[Draft, list[Problem]]]:
    """The zones of every declared directory with their mistakes."""
    where, right = "dns_zone_directories", "give a directory, or a list of them, relative to the inventory or the playbook"
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, Sequence):
        raise DeclarationError([Problem(where, f"{paths!r} is not a list", right)])
    wrong = [Problem(where, f"{path!r} is not a path", right) for path in paths if not isinstance(path, str)]
    if wrong:
        raise DeclarationError(wrong)
    result: list[tuple[Draft, list[Problem]]] = []
    for path in paths:
        try:
            result += read_directory(_find(path, task_vars), defaults if isinstance(defaults, Mapping) else {})
        except OSError as error:
            raise DeclarationError([Problem(f"{where}: {path}", f"cannot be read ({error.strerror})", right)]) from error
    return result


def inventory_of(task_vars: Mapping[str, Any], promoted: str | None = None) -> Inventory:
    """Groups and addresses of the inventory's hosts. promoted: the one that is primary now. Raises DeclarationError if it cannot be."""
    hostvars, groups = task_vars["hostvars"], task_vars["groups"]
    if promoted is not None:
        groups = {**dict.fromkeys(servers_now(groups, promoted), ()), **groups}  # zones may name either, though the inventory has it no longer
    return Inventory(groups, lambda host: host_addresses(hostvars[host]), promoted)


def servers_now(groups: Mapping[str, Sequence[str]], promoted: str | None = None) -> dict[str, list[str]]:
    """The hosts of the two groups of servers, with the promoted one in the place of all primaries, which are secondaries then. Raises DeclarationError."""
    primaries, secondaries = (list(groups.get(group, ())) for group in (PRIMARIES_GROUP, SECONDARIES_GROUP))
    if promoted is not None:
        servers = list(dict.fromkeys([*primaries, *secondaries]))
        if promoted not in servers:
            right = f"name one of the hosts of {PRIMARIES_GROUP} and {SECONDARIES_GROUP}: {', '.join(servers) or 'there is none'}"
            raise DeclarationError([Problem("dns_promoted", f"{promoted!r} is no such host", right)])
        primaries, secondaries = [promoted], [host for host in servers if host != promoted]
    return {PRIMARIES_GROUP: primaries, SECONDARIES_GROUP: secondaries}


def host_addresses(variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a host serves DNS: C(dns_addresses), or C(ansible_host) if that is an address, or its default addresses if facts are known.

    Without C(ansible_host) its name in the inventory is where Ansible reaches it, and so may be the address.

    Raises ValueError if C(dns_addresses) holds something else.
    """
    listed = variables.get("dns_addresses")
    if listed is not None:
        result = []
        for item in listed if isinstance(listed, (list, tuple)) else [listed]:
            try:
                result.append(names.server_address(str(item)))
            except ValueError as error:
                raise ValueError(f"dns_addresses: {item!r} {error}") from error
        return tuple(dict.fromkeys(result))
    facts = variables.get("ansible_facts") or {}
    reached = variables.get("ansible_host", variables.get("inventory_hostname"))
    for found in ([reached], [facts.get(key, {}).get("address") for key in ("default_ipv4", "default_ipv6")]):
        usable = []
        for item in found:
            with contextlib.suppress(ValueError):
                usable.append(names.server_address(str(item)))
        if usable:
            return tuple(usable)
    return ()


def own_addresses(task_vars: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the host of these variables serves DNS. Raises DeclarationError."""
    host = task_vars["inventory_hostname"]
    try:
        return host_addresses(task_vars["hostvars"][host])
    except ValueError as error:
        raise DeclarationError([Problem(f"host {host}", str(error), "list the host's own addresses in its dns_addresses")]) from error


def _resolved(value: Any, template: Callable[[Any], Any]) -> Any:
    """The value with its templates filled in, string by string."""
    if isinstance(value, str):
        return template(value) if "{{" in value or "{%" in value else value
    if isinstance(value, Mapping):
        return {key: _resolved(item, template) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(item, template) for item in value]
    return value


def beside_inventory(path: str, inventory_dir: str | None) -> str:
    """Where on the controller a path is that a variable gives and a task uses: relative to the inventory, with the user's directory as modules know it.

    Raises ValueError where it is relative and the inventory is in no directory.
    """
    path = os.path.expanduser(os.path.expandvars(path))
    if not path or os.path.isabs(path):
        return path
    if not os.path.isabs(inventory_dir or ""):  # Ansible says "None" where hosts are listed on the command line
        raise ValueError(f"{path!r} is relative to the inventory, which is in no directory")
    return os.path.join(inventory_dir or "", path)


def authority_problems(path: str, task_vars: Mapping[str, Any]) -> list[Problem]:
    """What keeps the path of an authority from being the same one for all name servers that have one: these trust no other."""
    hostvars, servers = task_vars["hostvars"], servers_now(task_vars["groups"])
    others = [host for host in (*servers[PRIMARIES_GROUP], *servers[SECONDARIES_GROUP]) if hostvars[host].get("nameserver_tls_authority")]
    hosts = dict.fromkeys([task_vars["inventory_hostname"], *others])
    where, right = "nameserver_tls_authority", "give an absolute path"
    try:
        places = sorted({beside_inventory(path, hostvars[host].get("inventory_dir")) for host in hosts})
    except ValueError as error:
        return [Problem(where, str(error), right)]
    wrong = f"{path!r} is relative to the inventory, and those of the name servers are in several directories: it would be {' and '.join(places)}"
    return [Problem(where, wrong, f"{right}, so that all have one authority")] if len(places) > 1 else []


def _find(path: str, task_vars: Mapping[str, Any]) -> str:
    """Where a declared path is: relative to the inventory, else to the playbook."""
    roots = [root for root in (task_vars.get("inventory_dir"), task_vars.get("playbook_dir")) if root]
    candidates = [os.path.join(root, path) for root in roots if not os.path.isabs(path)] or [path]
    return next((candidate for candidate in candidates if os.path.exists(candidate)), candidates[0])


def check_strategy(strategy: str, task_vars: Mapping[str, Any]) -> None:
    """Raises DeclarationError where no host waits for the others, as only the strategy linear has them do.

    Serials are agreed where all hosts are compared before the first one changes.
    """
    if strategy.rpartition(".")[2] not in _WAITING and len(task_vars.get("ansible_play_hosts_all", [])) > 1:
        said = f"with {strategy} servers change before others are asked which serials they have"
        raise DeclarationError([Problem("strategy", said, "provision name servers with the strategy linear (of the play, ANSIBLE_STRATEGY or ansible.cfg)")])


def told_once(warnings: Sequence[Problem], task_vars: Mapping[str, Any]) -> list[str]:
    """The first of the warnings and how many more there are, on one host of the play only."""
    if task_vars.get("inventory_hostname") != next(iter(task_vars.get("ansible_play_hosts", [])), None):
        return []
    more = len(warnings) - _SHOWN
    return [str(warning) for warning in warnings[:_SHOWN]] + ([f"… and {more} more warnings about the DNS declaration"] if more > 0 else [])
