# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an inventory that declares what was gathered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import PRIMARIES_GROUP, SECONDARIES_GROUP
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import PRIMARY, DeclaredZone, GatheredServer

HEADER = "# Gathered by authoritative.dns from running servers, and yours from now on.\n"
ZONES = "zones"
_UNSET = {"tsig": False, "allow_query": None}  # how a zone says that it has not what most have
VIEWS = "views"
VAULT = "group_vars/all/vault.yml"
_TEMPLATE = ("{{", "{%", "{#")  # what a text has that Ansible takes for a template


class Template(str):
    """A text that Ansible is to take for a template. Any other that could be one came from a host, and is marked so that it never does."""


def directories(zones: Iterable[DeclaredZone]) -> dict[str, list[DeclaredZone]]:
    """Zones by the directory that they are in: one for each view, and one for all others."""
    found: dict[str, list[DeclaredZone]] = {ZONES: []}
    for zone in zones:
        view = view_of(zone.name)
        found.setdefault(f"{VIEWS}/{view}" if view else ZONES, []).append(zone)
    return found


def path_of(zone: str) -> str:
    """Of a zone's files, without what their names end in."""
    view = view_of(zone)
    return f"{f'{VIEWS}/{view}' if view else ZONES}/{zone_stem(domain_of(zone))}"


def zone_files(zones: Iterable[DeclaredZone]) -> dict[str, str]:
    """Directories of zones, with the options of most of them in C(_defaults.yaml) and those of the others beside them."""
    return {name: text for directory, own in directories(zones).items() for name, text in _directory(directory, own).items()}


def _directory(directory: str, zones: Sequence[DeclaredZone]) -> dict[str, str]:
    counted = Counter(json.dumps(_shareable(zone.options), sort_keys=True) for zone in zones)
    common = json.loads(counted.most_common(1)[0][0]) if zones else {}
    result = {f"{directory}/_defaults.yaml": HEADER + dumped(common)}
    for zone in zones:
        stem = f"{directory}/{zone_stem(domain_of(zone.name))}"
        own: dict[str, Any] = {key: value for key, value in zone.options.items() if key not in common or common[key] != value}
        own |= {key: _UNSET[key] for key in common.keys() - zone.options.keys()}
        if zone.text is None:
            own["records"] = [{"name": "@", "type": "NS", "value": list(zone.servers)}]
        else:
            result[f"{stem}.zone"] = zone.text
        if own:
            result[f"{stem}.yaml"] = HEADER + dumped(own)
    return result


def zone_stem(zone: str) -> str:
    """The name of a zone's file, as L(names.zone_of_file_name) reads it."""
    return "%2E" if zone == "." else zone.replace("/", "%2F")


def _shareable(options: Mapping[str, Any]) -> dict[str, Any]:
    """Without what defaults and a zone's own options add up to."""
    return {key: value for key, value in options.items() if key != "validators"}


def hosts_file(servers: Mapping[str, GatheredServer]) -> str:
    groups: dict[str, dict[str, Any]] = {PRIMARIES_GROUP: {}, SECONDARIES_GROUP: {}}
    for host, server in servers.items():
        declared = [zone for zone in server.zones.values() if not zone.kept]
        is_primary = any(zone.role == PRIMARY for zone in declared)
        if is_primary:
            groups[PRIMARIES_GROUP][host] = {}
        if not is_primary or any(zone.role != PRIMARY for zone in declared):
            groups[SECONDARIES_GROUP][host] = {}
    return HEADER + variables_file({"all": {"children": {group: {"hosts": hosts} for group, hosts in groups.items() if hosts}}})


def host_file(server: GatheredServer, connection: Mapping[str, Any], local: Sequence[str]) -> str:
    """The variables of a host. connection: how Ansible reaches it. local: the files of the host's own configuration in the inventory."""
    variables = {**connection, "dns_addresses": list(server.addresses), "nameserver_software": server.software, **server.variables}
    for name, file in zip(("nameserver_local_config", "nameserver_local_options"), local):
        variables[name] = Template("{{ lookup('ansible.builtin.file', inventory_dir ~ " + json.dumps("/" + file) + ") }}")
    return HEADER + variables_file(variables)


def keys_files(keys: Mapping[str, Mapping[str, Any]], places: Sequence[str] = (ZONES,), views: Sequence[Mapping[str, Any]] = ()) -> dict[str, str]:
    """What is the same for all hosts, and the secrets. places: L(directories) of zones. views: as dns_views has them."""
    secrets = {name: Template("{{ vault_dns_tsig_keys[" + json.dumps(name) + "] }}") for name in keys}
    listed = [{"name": name, "algorithm": key["algorithm"], "secret": secrets[name]} for name, key in keys.items()]
    shared = {"dns_zone_directories": list(places), **({"dns_tsig_keys": listed} if listed else {}), **({"dns_views": list(views)} if views else {})}
    result = {"group_vars/all/dns.yml": HEADER + variables_file(shared)}
    if keys:
        result[VAULT] = HEADER + variables_file({"vault_dns_tsig_keys": {name: key["secret"] for name, key in keys.items()}})
    return result


def dumped(value: Any, dumper: type[yaml.SafeDumper] | None = None) -> str:
    return yaml.dump(value, Dumper=dumper or _Dumper, sort_keys=False, allow_unicode=True, width=150)


def variables_file(variables: Any) -> str:
    """What Ansible reads, with templates in it that are of class L(Template), and no others."""
    return dumped(variables, _VariablesDumper)


class _Dumper(yaml.SafeDumper):
    """Lists of words on a line, as people write them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _flow_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, (str, int)) for item in data) and len(data) < 10
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)


_Dumper.add_representer(list, _flow_list)


class _VariablesDumper(_Dumper):
    """Of what Ansible makes a template of."""


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    if any(mark in data for mark in _TEMPLATE):
        return dumper.represent_scalar("!unsafe", data, style='"')
    return dumper.represent_str(data)


_VariablesDumper.add_representer(str, _text)
_VariablesDumper.add_representer(Template, lambda dumper, data: dumper.represent_str(str(data)))
