# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the declaration meets Ansible: variables and files, read at the rim so that everything behind it is pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory


def declared(task_vars: Mapping[str, Any], template: Callable[[Any], Any]) -> Declaration:
    """The declaration as the variables of one host give it. Raises DeclarationError.

    template: turns one string with a template into its value. The zone list itself never goes through it as a whole:
    templating a list costs seconds per thousand zones.
    """
    if dns is None:
        wrong = "has no dnspython, which reads the declaration"
        raise DeclarationError([Problem("the controller's Python", wrong, "install dnspython 2.6 or newer beside ansible-core")])
    defaults = _resolved(task_vars.get("dns_zone_defaults", {}), template)
    select = _resolved(task_vars.get("dns_zone_select"), template)
    return load(
        _resolved(task_vars.get("dns_zones", []), template),
        defaults,
        inventory_of(task_vars),
        lambda path: _read(path, task_vars),
        _directories(_resolved(task_vars.get("dns_zone_directories", []), template), defaults, task_vars),
        select,
        _keys(task_vars, template),
    )


def _keys(task_vars: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """What is declared about TSIG keys. The playbook rotate_tsig says in C(__dns_tsig_generations) which step it is at."""
    keys = {key: _resolved(task_vars.get(f"dns_tsig_{key}"), template) for key in ("secret", "generations", "algorithm", "keys")}
    step = _resolved(task_vars.get("__dns_tsig_generations"), template)
    return keys if step is None else {**keys, "generations": step}


def _directories(paths: Any, defaults: Any, task_vars: Mapping[str, Any]) -> list[tuple[Draft, list[Problem]]]:
    """The zones of every declared directory with their mistakes."""
    result: list[tuple[Draft, list[Problem]]] = []
    for path in [paths] if isinstance(paths, str) else paths:
        try:
            result += read_directory(_find(path, task_vars), defaults if isinstance(defaults, Mapping) else {})
        except OSError as error:
            raise DeclarationError(
                [Problem(f"dns_zone_directories: {path}", f"cannot be read ({error.strerror})", "give a directory, relative to the inventory or the playbook")]
            ) from error
    return result


def inventory_of(task_vars: Mapping[str, Any]) -> Inventory:
    """Groups and addresses of the inventory's hosts."""
    hostvars = task_vars["hostvars"]
    return Inventory(task_vars["groups"], lambda host: host_addresses(hostvars[host]))


def host_addresses(variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a host serves DNS: C(dns_addresses), or C(ansible_host) if that is an address, or its default addresses if facts are known.

    Raises ValueError if C(dns_addresses) holds something else.
    """
    listed = variables.get("dns_addresses")
    if listed is not None:
        result = []
        for item in listed if isinstance(listed, (list, tuple)) else [listed]:
            try:
                result.append(names.address(str(item)))
            except ValueError as error:
                raise ValueError(f"dns_addresses: {item!r} is not an address") from error
        return tuple(dict.fromkeys(result))
    try:
        return (names.address(str(variables.get("ansible_host"))),)
    except ValueError:
        facts = variables.get("ansible_facts") or {}
        return tuple(facts[key]["address"] for key in ("default_ipv4", "default_ipv6") if facts.get(key, {}).get("address"))


def _resolved(value: Any, template: Callable[[Any], Any]) -> Any:
    """The value with its templates filled in, string by string."""
    if isinstance(value, str):
        return template(value) if "{{" in value or "{%" in value else value
    if isinstance(value, Mapping):
        return {key: _resolved(item, template) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(item, template) for item in value]
    return value


def _read(path: str, task_vars: Mapping[str, Any]) -> str:
    with open(_find(path, task_vars), "rb") as stream:
        return names.decode(stream.read())


def _find(path: str, task_vars: Mapping[str, Any]) -> str:
    """Where a declared path is: relative to the inventory, else to the playbook."""
    roots = [root for root in (task_vars.get("inventory_dir"), task_vars.get("playbook_dir")) if root]
    candidates = [os.path.join(root, path) for root in roots if not os.path.isabs(path)] or [path]
    return next((candidate for candidate in candidates if os.path.exists(candidate)), candidates[0])
