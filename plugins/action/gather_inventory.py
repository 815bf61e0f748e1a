# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one inventory of what several servers told, and writes it, all of it or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import VaultLib
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.action.nameserver import SOFTWARE as RENDERERS
from ansible_collections.authoritative.dns.plugins.action.nameserver import read_settings
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import bind, inventory_files, knot, nsd, other_software, pointers, powerdns, report
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import local_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import CHANGE, REFUSAL, Finding, GatheredServer
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Plan, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.views import misled
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind as bind_software

SOFTWARE = {"bind": bind, "nsd": nsd, "knot": knot, "powerdns": powerdns}
_PRIMARIES = [name for name, software in RENDERERS.items() if software.CAPABILITIES.primary]
_MOST = 50  # lines of a failure; the report has all
# How Ansible reaches a host: variables, and what the names of others begin with.
_CONNECTION = {"host", "port", "user", "connection", "timeout", "python_interpreter", "pipelining", "private_key_file", "host_key_checking", "become"}
_CONNECTION |= {"remote_tmp", "async_dir", "system_tmpdirs", "common_remote_group", "control_path", "control_path_dir", "sshpass_prompt"}
_CONNECTIONS = ("become_", "doas_", "docker_", "lxd_", "paramiko_", "podman_", "scp_", "sftp_", "shell_", "ssh_", "su_", "sudo_")
_SECRET = ("_pass", "_password", "_passphrase", "_private_key")  # how the name of one ends that is a secret


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, arguments = self.validate_argument_spec(
            {
                "directory": {"type": "path", "required": True},
                "hosts": {"type": "list", "elements": "str", "required": True},
                "leave": {"type": "list", "elements": "str", "default": []},
                "clear_text": {"type": "bool", "default": False},
                "pointers": {"type": "bool", "default": False},
            }
        )
        directory = os.path.abspath(arguments["directory"])
        refuse_existing(directory)
        servers = {host: _gathered(host, task_vars["hostvars"][host]) for host in _plain(arguments["hosts"])}
        topology = Topology(servers, arguments["leave"])
        _refuse(topology.findings)
        with staged(directory, self._task.check_mode) as place:
            files = self._files(topology, place, task_vars, arguments)
            write(place, files)
        return {
            "changed": True,
            "directory": directory,
            "zones": len(topology.zones),
            "kept": sorted({name for server in servers.values() for name, zone in server.zones.items() if zone.kept}),
            "findings": [f"{finding.kind}: {finding}" for finding in topology.findings],
            "files": sorted(files),
        }

    def _files(self, topology: Topology, place: str, task_vars: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, str]:
        """Every file by its path in the inventory."""
        zones = inventory_files.zone_files(topology.zones.values())
        including = [zone for zone in topology.zones.values() if zone.includes]
        refuse([f"zone {zone.name} ({zone.origin}) includes a file, which would be one of this controller's" for zone in including])
        write(place, zones)
        declaration = self._declared(topology, place)
        files, secret = dict(zones), []
        for host, server in topology.servers.items():
            host_plan = plan(declaration, host, server.addresses)
            _refuse([Finding(REFUSAL, problem.where, f"{problem.wrong}; {problem.right}") for problem in (misled(host_plan) if host_plan.views else ())])
            keys = [key.name for key in host_plan.keys]
            outside, inside, has_secrets = local_files(server, keys, _said(server, host_plan, _plain(task_vars["hostvars"][host].get("__nameserver_layout"))))
            local = [f"local/{host}/{name}" for name in SOFTWARE[server.software].LOCAL_FILES]
            comment = "//" if server.software == "bind" else "#"
            for name, text in zip(local, (outside, inside)):
                files[name] = f"{comment} Gathered from {host} by authoritative.dns, and yours: what stays as it was.\n{text}"
            secret += local[:1] if has_secrets else []
            files[f"host_vars/{host}.yml"] = inventory_files.host_file(server, _connection(task_vars["hostvars"][host]), local)
        files.update(inventory_files.keys_files(topology.keys, list(inventory_files.directories(topology.zones.values())), topology.views))
        files["hosts.yml"] = inventory_files.hosts_file(topology.servers)
        secret += [inventory_files.VAULT] if inventory_files.VAULT in files else []
        for name in secret:
            files[name] = self._encrypted(name, files[name], arguments["clear_text"])
        known = {name for name, zone in topology.zones.items() if zone.text is not None and view_of(name) is None}
        found = (topology.servers, topology.zones, topology.findings, list(pointers.compared(declaration, known)) if arguments["pointers"] else [])
        files["report.txt"], files["report.json"] = report.as_text(*found), json.dumps(report.as_json(*found), indent=1)
        return files

    def _declared(self, topology: Topology, place: str) -> Declaration:
        """What the files in place declare, read as any inventory is. Fails with what is wrong with them."""
        hosts = {host: {"dns_addresses": list(server.addresses)} for host, server in topology.servers.items()}
        variables = {
            "hostvars": hosts,
            "groups": {"all": list(hosts)},
            "inventory_dir": place,
            "dns_zone_directories": list(inventory_files.directories(topology.zones.values())),
            "dns_views": topology.views,
            "dns_tsig_keys": [{"name": name, **key} for name, key in topology.keys.items()],
        }
        try:
            return inventory.declared(variables, str)
        except DeclarationError as error:
            # A zone with options of its own is told by the file that has these.
            origins = {f"({place}/{inventory_files.path_of(name)}.{kind})": zone for name, zone in topology.zones.items() for kind in ("zone", "yaml")}
            findings = []
            for problem in error.problems:
                file = next((text for text in origins if text in problem.where), None)
                where = problem.where.replace(file, f"({origins[file].origin})") if file else problem.where
                leave = "; or name the zone in gather_leave to leave it as it is" if not file or topology.may_stay(origins[file].name) else ""
                findings.append(Finding(REFUSAL, where, f"{problem.wrong}; {problem.right}{leave}"))
            _refuse(findings)
            raise

    def _encrypted(self, name: str, text: str, clear_text: bool) -> str:
        secrets = getattr(getattr(self._loader, "_vault", None), "secrets", None)
        if not secrets:
            if clear_text:
                return text
            raise AnsibleActionFail(
                f"Nothing was written: {name} would have secrets in clear text; give a vault's password (--vault-id or --ask-vault-pass), or set "
                f"gather_clear_text to true"
            )
        try:
            return VaultLib(secrets).encrypt(text, secrets[0][1], secrets[0][0] if secrets[0][0] != "default" else None).decode()
        except AnsibleError as error:
            raise AnsibleActionFail(f"Nothing was written: {name} cannot be encrypted ({error})") from error


def _refuse(findings: Iterable[Finding]) -> None:
    refuse([str(finding) for finding in findings if finding.kind == REFUSAL])


def refuse(reasons: Sequence[str]) -> None:
    """Fail with reasons to write nothing, if there are any."""
    if reasons:
        more = [f"- … and {len(reasons) - _MOST} more"] if len(reasons) > _MOST else []
        raise AnsibleActionFail("\n".join(["Nothing was written:", *(f"- {reason}" for reason in reasons[:_MOST]), *more]))


def refuse_existing(directory: str) -> None:
    if os.path.lexists(directory):
        raise AnsibleActionFail(f"{directory} is there already, and nothing is overwritten; name a directory that is not there, or move it away")


@contextlib.contextmanager
def staged(directory: str, check_mode: bool) -> Iterator[str]:
    """A place beside a directory that becomes that directory at the end, unless something fails or nothing may change."""
    directory = os.path.abspath(directory)
    refuse_existing(directory)
    try:
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        place = tempfile.mkdtemp(prefix=".gather-", dir=os.path.dirname(directory))
    except OSError as error:
        raise AnsibleActionFail(f"{directory} cannot be written ({error.strerror}: {error.filename}); name a directory below one that is yours") from error
    try:
        yield place
        if not check_mode:
            os.rename(place, directory)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _gathered(host: str, variables: Mapping[str, Any]) -> GatheredServer:
    facts = json.loads(zlib.decompress(b64decode(variables["__gather_configuration"]["packed"])))
    try:
        addresses = _plain(inventory.host_addresses(variables))
    except ValueError as error:
        raise AnsibleActionFail(f"host {host}: {error}") from error
    addresses = addresses or [address for address in facts["addresses"] if not address.startswith("fe80:")]
    if not addresses:
        raise AnsibleActionFail(f"host {host} has no known address; set dns_addresses for it, or make ansible_host an address")
    secrets, layout = _plain(variables["__gather_keys"]["tsig_keys"]), _plain(variables.get("__nameserver_layout") or {})
    server = SOFTWARE[facts["software"]].server(host, addresses, facts, secrets, layout)
    refuse([f"host {host}: {problem}" for problem in server.impossible_zones()])
    wanted = _plain(variables.get("gather_software"))
    if wanted is not None and wanted not in SOFTWARE:
        raise AnsibleActionFail(f"host {host}: gather_software is {wanted}, which is none of {', '.join(SOFTWARE)}")
    other_software.settle(server, wanted, _PRIMARIES)
    secret = sorted(name for name in variables if name.startswith("ansible_") and name.endswith(_SECRET))
    if secret:
        text = f"{', '.join(secret)}, with which Ansible reaches it, is not written: give it in a vault of its own, or with --ask-pass and the like"
        server.find(CHANGE, text)
    return server


def _said(server: GatheredServer, host_plan: Plan, layout: Mapping[str, Any] | None) -> set[str]:
    """The options that the collection will say for a host itself."""
    if not server.local_options or not layout:
        return set()
    settings = read_settings({name.removeprefix("nameserver_"): value for name, value in server.variables.items()}, server.addresses)
    return bind.said(bind_software.render(host_plan, bind_software.Layout(**layout), settings)["named.conf"])


def _connection(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables with which Ansible reaches a host, without secrets; facts, such as ansible_ssh_host_key_rsa_public, have names like theirs."""
    facts = variables.get("ansible_facts", {})
    names = {name.removeprefix("ansible_") for name in variables if name.startswith("ansible_") and not name.endswith(_SECRET)}
    written = sorted(name for name in names.difference(facts) if name in _CONNECTION or name.startswith(_CONNECTIONS))
    return _plain({f"ansible_{name}": variables[f"ansible_{name}"] for name in written})


def _plain(value: Any) -> Any:
    """The same without what Ansible attaches to values, which YAML could not write."""
    return json.loads(json.dumps(value))


def write(directory: str, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = os.path.join(directory, name)
        if os.path.relpath(path, directory).startswith(os.pardir):
            raise AnsibleActionFail(f"Nothing was written: {name} would be outside of the directory")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        if name.startswith(("local/", "group_vars/")):
            os.chmod(path, 0o600)
