# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones on their way through the checks, and the keys that their declaration may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of, zone_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import reverse
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import DEFAULT_TTL, SOA_KEYS, Content
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import MasterFile
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import check_levels

SHARED_KEYS = (
    *("primaries", "secondaries", "view", "ttl", "name_servers", "soa", "serial", "allow_query"),
    *("tsig", "tls", "dnssec", "delegated", "catalog", "catalog_group", "labels", "validators"),
)
ZONE_KEYS = ("name", "reverse_network", "forward_zones", "records", "file", *SHARED_KEYS)


@dataclass
class Draft:
    """A zone on its way through the checks.

    name: with its view, see L(zone_names). options: its own over the defaults. content: None if its mistakes leave none.
    For a zone of C(dns_zones) records and file are what it declares itself, the file's records among them; content follows from them.
    """

    where: str
    name: str
    options: Mapping[str, Any]
    origin: dns.name.Name | None = None
    ttl: int = DEFAULT_TTL
    network: reverse.Network | None = None
    records: list[Record] = field(default_factory=list)
    file: MasterFile | None = None
    content: Content | None = None

    @property
    def domain(self) -> str:
        return domain_of(self.name)

    @property
    def view(self) -> str | None:
        return view_of(self.name)


def merged_options(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A zone's options over the defaults; its SOA fields and labels over theirs one by one."""
    nested = {key: {**as_mapping(defaults.get(key)), **as_mapping(own.get(key))} for key in ("soa", "labels", "validators")}
    return {**defaults, **own, **nested}


def name_in_view(domain: str, options: Mapping[str, Any]) -> str:
    """The name of a zone with these options. What is no view's name is told by L(check_nested), or where views are looked up."""
    view = options.get("view")
    return zone_name(domain, view) if isinstance(view, str) else domain


def check_mapping(where: str, value: Any, known: Sequence[str]) -> list[Problem]:
    """What is wrong with a mapping that may have the known keys only."""
    if not isinstance(value, Mapping):
        return [Problem(where, f"{value!r} is not a mapping", f"give a mapping with {', '.join(known)}")]
    return [Problem(where, f"the key {key!r} is unknown{did_you_mean(key, known)}", f"known are {', '.join(known)}") for key in value if key not in known]


def check_nested(where: str, options: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the mappings inside a zone's own options, or inside defaults."""
    problems = check_mapping(f"{where}, soa", options["soa"], SOA_KEYS) if options.get("soa") is not None else []
    servers = options.get("name_servers")
    if servers is not None and not (isinstance(servers, str) or (isinstance(servers, list) and all(isinstance(server, str) for server in servers))):
        problems.append(Problem(where, f"name_servers is {servers!r}", "give a list of names with a final dot, such as [ns1.example.com., ns2.example.com.]"))
    if not isinstance(options.get("view", ""), str):
        problems.append(Problem(where, f"view is {options['view']!r}", "name one of dns_views"))
    for wrong in check_levels(options.get("validators") or {}):
        problems.append(Problem(f"{where}, validators", wrong, 'write {ns-count: "off", mx-alias: error}; docs/validators.md lists the rules'))
    if not isinstance(options.get("labels", {}), Mapping):
        problems.append(Problem(where, f"labels is {options['labels']!r}", "give a mapping of names to values of your choice"))
    return problems


def as_mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one: what is wrong with it is told elsewhere."""
    return value if isinstance(value, Mapping) else {}
