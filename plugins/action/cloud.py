# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has each provider's module do what is declared, then asks the provider's name servers whether it is true."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53 import LEFT_OUT
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_mirror import SPEC as ROUTE53_SPEC
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_files import copied_to_host
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_programs import program
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.providers import Duties, absent, duties

MODULES = {"cloudflare": "cloudflare_secondary_zone", "route53": "route53_mirror"}
# A path is for the host to expand.
_ON_THE_HOST = {name: {**rule, "type": "str"} if rule["type"] == "path" else rule for name, rule in ROUTE53_SPEC.items()}
ROUTE53_LEFT_OUT = [f"TYPE{number}" for number in sorted(LEFT_OUT)]
_TABLE = 2000  # results; beyond it only faults travel
_NO_SUCH_PROGRAM = 127  # as a shell says
_KEPT = ("msg", "results", "results_left_out", "servers", "summary")


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "state": {"choices": ["present", "verified", "installed"], "default": "present"},
                **{name: {"type": "dict", "default": {}} for provider in MODULES for name in (provider, f"{provider}_options")},
                "absent": {"type": "dict", "default": {}},
                "families": {"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
                "wait_timeout": {"type": "float", "default": 60.0},
                "program": {"type": "path"},
                "configuration": {"type": "path"},
            }
        )
        task_vars = task_vars or {}
        host = task_vars["inventory_hostname"]
        try:
            declaration = inventory.declared(task_vars, self._templar.template)
            if arguments["state"] == "installed":
                declaration = replace(declaration, selected=None)  # the timer is about all zones, whatever the run is about
            wanted = duties(declaration, host, inventory.own_addresses(task_vars))
            unwanted = absent(declaration, arguments["absent"]) if arguments["state"] == "present" else {}
        except DeclarationError as error:
            raise AnsibleActionFail(error.summary()) from error
        if arguments["state"] == "installed":
            return self._install(wanted.get("route53", Duties()), arguments, task_vars)
        result: dict[str, Any] = {"changed": False, "host": host, "faults": [], "diff": [], "providers": {}}
        failures = []
        for provider in dict.fromkeys([*wanted, *unwanted]):
            options = _options(provider, arguments)
            for state, part in (("present", wanted.get(provider)), ("absent", Duties(zones=unwanted.get(provider, [])))):
                if part is None or not part.zones:
                    continue
                found = self._provide(provider, {**options, "state": state}, part, arguments, task_vars)
                result["changed"] = result["changed"] or (found.get("changed", False) and arguments["state"] == "present")
                difference = found.pop("diff", None) or []
                result["diff"] += difference if isinstance(difference, list) else [difference]
                result["providers"].setdefault(provider, {})[state] = found
                if self._task.check_mode and _waits_for_primary(found):
                    result.setdefault("warnings", []).append(f"What would change at {provider} cannot be told yet. {found['msg']}")
                elif found.get("failed"):
                    failures.append(f"{provider}: {found.get('msg', found)}")
                elif state == "present":
                    self._prove(provider, part, found, options, arguments, task_vars, result)
        if failures:
            result.update(failed=True, msg="\n".join(failures))
        return result

    def _provide(self, provider: str, options: Mapping[str, Any], part: Duties, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """What the provider's module says. To verify is to run it in check mode: what it would change is other than declared."""
        module_arguments = {"wait_timeout": arguments["wait_timeout"], **options, **_module_arguments(provider, part)}
        task = self._task
        if arguments["state"] == "verified":
            self._task = task.copy()
            self._task.check_mode = True
        try:
            found = self._execute_module(module_name=f"authoritative.dns.{MODULES[provider]}", module_args=module_arguments, task_vars=task_vars)
        finally:
            self._task = task
        found.pop("invocation", None)
        return found

    def _install(self, part: Duties, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Two files for a timer: the program that mirrors, and what the module would be given."""
        options = {**_options("route53", arguments), **_module_arguments("route53", part)}
        converted = ArgumentSpecValidator(_ON_THE_HOST).validate(options)
        if converted.error_messages:
            raise AnsibleActionFail(f"route53: {'; '.join(converted.error_messages)}")
        options = {name: converted.validated_parameters[name] for name in options}
        result: dict[str, Any] = {"changed": False}
        for path, content, mode, secret in (
            (arguments["program"], program("cloud.route53_timer"), "0644", False),
            (arguments["configuration"], json.dumps(options, indent=1).encode() + b"\n", "0600", True),
        ):
            copied = copied_to_host(self, content, {"dest": path, "mode": mode}, task_vars, secret)
            if copied.get("failed"):
                return copied
            result["changed"] = result["changed"] or copied.get("changed", False)
        return result

    def _prove(
        self,
        provider: str,
        part: Duties,
        found: Mapping[str, Any],
        options: Mapping[str, Any],
        arguments: Mapping[str, Any],
        task_vars: dict[str, Any],
        result: dict[str, Any],
    ) -> None:
        """Ask the provider's name servers. A dry run of what is not there yet has nobody to ask."""
        told = {zone["name"]: zone for zone in found["zones"]}
        if arguments["state"] == "verified":
            missing = [f"{provider}: {name} is not there as declared" for name, zone in told.items() if zone["changed"]]
            if found["changed"] and not missing:
                missing = [f"{provider}: what zones share in the account, such as access lists, is not there as declared"]
            result["faults"] += missing
        elif self._task.check_mode:
            return
        addresses = self._addresses({name for zone in told.values() for name in zone["name_servers"]}, arguments["families"])
        asked = part.questions(provider, told, addresses)
        for zone in asked["zones"]:
            if not zone["servers"]:
                names = ", ".join(told[zone["name"]]["name_servers"]) or "none"
                result["faults"].append(f"{provider}: no address is known of the name servers for {zone['name']} ({names})")
        asked["zones"] = [zone for zone in asked["zones"] if zone["servers"]]
        if not asked["zones"]:
            return
        declared_from = {zone["name"]: zone["primaries"] for zone in part.zones}
        if provider == "cloudflare":
            key, module = "soa", "verify_soa_serial"
            for zone in asked["zones"]:
                zone["reference"] = declared_from[zone["name"]]
                zone["servers"] = [*zone["reference"], *zone["servers"]]
        else:
            key, module = "records", "verify_records"
            asked["ignore_apex_ns"] = options.get("apex_ns") == "keep"
            for zone in asked["zones"]:
                zone["reference"] = declared_from[zone["name"]][0]
                zone["ignore_types"] = ROUTE53_LEFT_OUT
                # each is told as "owner TYPE", and why
                zone["ignore_record_sets"] = [" ".join(item.split()[:2]) for item in told[zone["name"]]["unsupported"]]
        proved = self._execute_module(
            module_name=f"authoritative.dns.{module}",
            module_args={
                **asked,
                "report_only": True,
                "detail": "all" if sum(len(zone["servers"]) for zone in asked["zones"]) <= _TABLE else "faults",
                "max_results": _TABLE,
                "wait_timeout": arguments["wait_timeout"],
            },
            task_vars=task_vars,
        )
        if proved.get("failed") or "summary" not in proved:
            result["faults"].append(f"{module}: {proved.get('msg', proved)}")
            return
        result[key] = {name: proved[name] for name in _KEPT if name in proved}
        if proved["summary"]["at_fault"]:
            result["faults"].append(f"{module}: {proved['msg']}")

    def _addresses(self, names: Iterable[str], families: Sequence[int]) -> dict[str, list[str]]:
        """Addresses of servers by name, as the host resolves them; those only of IP versions that it has (getent(1), getaddrinfo(3))."""
        found: dict[str, list[str]] = {}
        for name in sorted(names):
            lines: list[str] = []
            for family in families:
                lines += self._low_level_execute_command(f"getent ahostsv{family} -- {shlex.quote(name)}").get("stdout_lines", [])
            addresses = dict.fromkeys(line.split()[0] for line in lines if line.strip())
            found[name] = [address for address in addresses if not address.startswith("::ffff:") and self._has_way(address)]
        return found

    def _has_way(self, address: str) -> bool:
        """Whether the host has a route there. A link-local address of its own is enough for getaddrinfo(3) to give those of IPv6, and leads nowhere."""
        if ":" not in address:
            return True
        return self._low_level_execute_command(f"ip -6 route get {shlex.quote(address)}").get("rc") in (0, _NO_SUCH_PROGRAM)


def _waits_for_primary(found: Mapping[str, Any]) -> bool:
    """Whether nothing but a transfer failed. In a dry run the primary may not know of the key or the zone so far."""
    return bool(found.get("failed") and found.get("errors")) and all(": no transfer from " in error for error in found["errors"])


def _options(provider: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of the provider's module, without what a role's empty defaults leave to the module, or to the environment."""
    return {key: value for key, value in {**arguments[provider], **arguments[f"{provider}_options"]}.items() if value not in (None, "")}


def _module_arguments(provider: str, part: Duties) -> dict[str, Any]:
    names = "primary" if provider == "route53" else "primaries"
    zones = [{names if name == "primaries" else name: value for name, value in zone.items()} for zone in part.zones]
    return {"zones": zones, "primaries": part.primaries, "keys": part.keys}
