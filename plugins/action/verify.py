# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives what one host must see from the declaration, and has the verification modules look, all in one call."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.large_arguments import LargeArguments
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import server_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import Expectations, expectations
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import signatures_expected

CHECKS = ("serials", "catalogs", "contents", "transfers", "servers", "dnssec")
_TABLE = 2000  # results; beyond it only faults, at most as many, and counts travel
# Seconds within which a server gives what it just took in every answer. It may still answer from a process that has the former content (NSD does),
# and BIND hands out no zone while as many others look at it as it serves at once.
_SETTLED = 3.0
_SAMPLE = 500  # record sets of one zone, spread evenly over it
_KEPT = ("msg", "results", "results_left_out", "servers", "summary")


class ActionModule(LargeArguments):
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "checks": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": list(CHECKS)},
                "families": {"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
                "transfers": {"type": "int", "default": 20},
                "contents": {"type": "int", "default": 20},
                "wait_timeout": {"type": "float", "default": 30.0},
                "tls_ca": {"type": "str"},
                "parent_servers": {"type": "dict", "default": {}},
                "without": {"type": "list", "elements": "str", "default": []},
            }
        )
        task_vars = task_vars or {}
        host = task_vars["inventory_hostname"]
        try:
            declaration = inventory.declared(task_vars, self._templar.template)
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        parents = read_parents(arguments["parent_servers"], declaration)
        if self._task.check_mode:  # a dry run has changed nothing, so servers cannot have what it would have given them
            arguments["checks"] = [check for check in arguments["checks"] if check not in ("contents", "catalogs")]
        own = own_addresses(declaration, task_vars)
        expected = expectations(declaration, host, arguments["families"], arguments["transfers"], arguments["contents"], own)
        signed = signatures_expected(declaration, host, arguments["families"], parents)
        result: dict[str, Any] = {"changed": False, "host": host, "faults": [], "warnings": [], **_unproven(expected)}
        if arguments["without"]:
            result["alone"] = alone(expected, arguments["without"])
        calls = _calls(expected, signed, arguments, _recursive(expected, task_vars))
        if not calls:
            return result
        payload = json.dumps({key: module_arguments for key, _module, module_arguments in calls}, separators=(",", ":"))
        carried = {"payload": b64encode(zlib.compress(payload.encode(), 6)).decode()}
        found = self._execute_module(module_name="authoritative.dns.verify", module_args=carried, task_vars=task_vars)
        if found.get("failed") or not any(key in found for key, _module, _arguments in calls):
            found.pop("invocation", None)
            return found
        result["warnings"] += found.get("warnings", [])
        for key, module, _arguments in calls:
            if key not in found:
                continue
            result["warnings"] += found[key].get("warnings", [])
            result[key] = {name: found[key][name] for name in _KEPT if name in found[key]}
            if found[key]["summary"]["at_fault"]:
                result["faults"].append(f"{module}: {found[key]['msg']}")
        return result


def read_parents(given: Any, declaration: Declaration) -> dict[str, list[str]]:
    """Addresses by zone, of the mapping that is given. Raises AnsibleActionFail for what is neither."""
    if not isinstance(given, Mapping):
        raise AnsibleActionFail(f"parent_servers: {given!r} is not a mapping; write {{example.com: [192.0.2.53]}}, with addresses of servers of the zone above")
    found = {}
    for zone, addresses in given.items():
        name = str(zone).rstrip(".").lower()
        if name not in declaration.zones:
            raise AnsibleActionFail(f"parent_servers: {zone} is not declared{did_you_mean(name, declaration.zones)}; name zones of the declaration")
        try:
            found[name] = [names.address(str(address)) for address in (addresses if isinstance(addresses, list) else [addresses])]
        except ValueError as error:
            raise AnsibleActionFail(f"parent_servers: {zone} has {addresses!r} ({error}); give addresses of servers of the zone above") from error
    return found


def own_addresses(declaration: Declaration, task_vars: Mapping[str, Any]) -> tuple[str, ...]:
    """Those by which the host of these variables sees views. Raises AnsibleActionFail."""
    try:
        return inventory.host_addresses(task_vars["hostvars"][task_vars["inventory_hostname"]]) if declaration.views else ()
    except ValueError as error:
        raise AnsibleActionFail(f"host {task_vars['inventory_hostname']}: {error}") from error


def alone(expected: Expectations, addresses: Collection[str]) -> list[str]:
    """Zones that nobody serves but servers at these addresses."""
    gone = {server["name"] for server in expected.servers if server["address"] in addresses}
    return [zone["name"] for zone in expected.zones if zone["servers"] and gone.issuperset(zone["servers"])]


def _unproven(expected: Expectations) -> dict[str, Any]:
    return {"unproven": [list(pair) for pair in expected.unproven]} if expected.unproven else {}


def _recursive(expected: Expectations, task_vars: Mapping[str, Any]) -> list[str]:
    """Servers that may look names up for this host, since they are declared to do so for somebody; strangers are to be refused all the same."""
    if task_vars["inventory_hostname"] in task_vars["groups"].get("dns_strangers", ()):
        return []
    servers = [entry["name"] for entry in expected.own_servers]
    return [name for name in servers if task_vars["hostvars"][server_of(name)].get("nameserver_recursion_networks")]


def _calls(expected: Expectations, signed: dict[str, Any], arguments: dict[str, Any], recursive: Sequence[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Result name, module and arguments of each call. recursive: see L(_recursive)."""
    common = {"report_only": True, "max_results": _TABLE}
    settled = {"wait_timeout": min(_SETTLED, arguments["wait_timeout"])}
    encrypted = [{**server, "tls_ca": arguments.get("tls_ca")} for server in expected.encrypted]
    calls = [
        (
            "serials",
            (
                "soa",
                "verify_soa_serial",
                {"servers": expected.servers, "zones": expected.zones, "keys": expected.keys, "wait_timeout": arguments["wait_timeout"]},
            ),
            sum(len(zone["servers"]) for zone in expected.zones),
        ),
        (
            "catalogs",
            ("catalogs", "verify", {**expected.learned, "wait_timeout": arguments["wait_timeout"]}),
            len(expected.learned.get("catalogs", ())) and sum(len(catalog["members"]) for catalog in expected.learned["catalogs"]) + 1,
        ),
        (
            "contents",
            ("records", "verify_records", {"servers": expected.servers, "zones": expected.contents, "keys": expected.keys, "sample": _SAMPLE, **settled}),
            sum(len(zone["servers"]) for zone in expected.contents),
        ),
        (
            "transfers",
            ("transfers", "verify_zone_transfer", {"servers": expected.servers + encrypted, "transfers": expected.transfers, "keys": expected.keys, **settled}),
            sum(len(transfer["servers"]) for transfer in expected.transfers),
        ),
        ("servers", ("servers", "verify_server", {"servers": expected.own_servers, "recursive": recursive}), len(expected.own_servers)),
        (
            "dnssec",
            ("dnssec", "verify_dnssec", {**signed, **settled}),
            sum(len(zone["servers"]) + len(zone["parent_servers"]) for zone in signed["zones"]),
        ),
    ]
    return [
        (key, module, {**common, **module_arguments, "detail": "all" if count <= _TABLE else "faults"})
        for check, (key, module, module_arguments), count in calls
        if check in arguments["checks"] and count
    ]
