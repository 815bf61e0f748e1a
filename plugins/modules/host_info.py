#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Tell what of a host's packages, services, files and firewall is as a role wants it
version_added: 0.1.0
description:
  - Answers in one question what otherwise takes one task for each. A role that asks first has nothing more to do on a host where all is as it should be.
  - Looks and never changes anything.
options:
  distribution:
    description:
      - Whether to gather C(ansible_facts) about the distribution, and nothing else that C(ansible.builtin.setup) would. To bring that module to a host
        takes longer than all that is asked here.
    type: bool
    default: false
  packages:
    description: Names of packages, of which RV(missing_packages) are told.
    type: list
    elements: str
    default: []
  version_of:
    description: Name of a package, of which RV(version) is told.
    type: str
  services:
    description: Names of systemd's units, of which RV(services) tells the state. V(.service) may be left out.
    type: list
    elements: str
    default: []
  files:
    description: Paths, of which RV(missing_files) are told.
    type: list
    elements: path
    default: []
  readable_files:
    description: Paths of files that a service has to read, whether they are there or not, of which RV(forbidden_files) are told.
    type: list
    elements: path
    default: []
  apparmor_profile:
    description: The name, in C(/etc/apparmor.d), of the profile of that service's program.
    type: str
  apparmor_readable:
    description: What the profile lets the program read, as patterns such as V(/etc/bind/**), for a host where its package is not installed yet.
    type: list
    elements: str
    default: []
  firewall_addresses:
    description:
      - Addresses of this host. RV(firewall.zones) are the firewalld zones of the interfaces that have them; an interface without a zone of its own is
        in the default zone, and so is all where no interface has any of them.
    type: list
    elements: str
    default: []
  firewall_zones:
    description: firewalld zones to look at, whatever O(firewall_addresses) says.
    type: list
    elements: str
    default: []
  firewall_services:
    description: Services of firewalld, of which RV(firewall.closed) tells where they may not pass.
    type: list
    elements: str
    default: []
  firewall_ports:
    description: Ports such as V(853/tcp), likewise.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: The module never changes anything.
  diff_mode:
    support: none
    description: There is nothing to compare.
  platform:
    platforms: linux
    support: full
    description: Asks C(dpkg-query) or C(rpm), C(apt-cache) or C(dnf), C(systemctl), and firewalld through C(busctl), whichever are there.
notes:
  - Needs nothing but Python's standard library.
seealso:
  - name: firewalld.dbus(5)
    description: How firewalld is asked.
    link: https://firewalld.org/documentation/man-pages/firewalld.dbus.html
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Ask which distribution this is
  authoritative.dns.host_info:
    distribution: true
  when: ansible_facts.os_family is not defined

- name: See what a name server's host has
  authoritative.dns.host_info:
    packages: [bind9, bind9-utils]
    version_of: bind9
    services: [named, nsd]
    files: [/etc/bind/named.conf.local]
    firewall_addresses: [192.0.2.1, 2001:db8::1]
    firewall_services: [dns]
  register: host

- name: Install what is missing
  ansible.builtin.package:
    name: "{{ host.missing_packages }}"
  when: host.missing_packages | length > 0
"""

RETURN = r"""
ansible_facts:
  description: What C(ansible.builtin.setup) finds with C(gather_subset) V(distribution), by the same means.
  returned: when O(distribution)
  type: dict
  contains:
    os_family:
      description: The family of distributions.
      type: str
      sample: Debian
    distribution:
      description: The distribution.
      type: str
      sample: Debian
    distribution_version:
      description: Its version.
      type: str
      sample: "13.1"
    distribution_major_version:
      description: The first part of its version.
      type: str
      sample: "13"
missing_packages:
  description: Those of O(packages) that are not installed, in their order. All of them where no package manager is known.
  returned: success
  type: list
  elements: str
  sample: [bind9-utils]
version:
  description:
    - The version of O(version_of) that is installed, or else the newest of the package manager's repositories; empty where neither is known.
  returned: when O(version_of) is given
  type: str
  sample: "1:9.18.33-1~deb12u2"
complete:
  description: Whether nothing is missing, forbidden or closed of what was asked for, and firewalld runs, if that was asked.
  returned: success
  type: bool
services:
  description: For each of O(services), as it was given, what systemd says. Both are false where there is no such unit, or no systemd.
  returned: success
  type: dict
  sample: {named: {running: true, enabled: true}, nsd: {running: false, enabled: false}}
missing_files:
  description: Those of O(files) that are not there.
  returned: success
  type: list
  elements: str
  sample: []
forbidden_files:
  description: Those of O(readable_files) that AppArmor does not let the program read, as far as O(apparmor_profile) is in force.
  returned: success
  type: list
  elements: str
  sample: [/etc/letsencrypt/live/ns1/privkey.pem]
firewall:
  description: What firewalld lets pass.
  returned: when O(firewall_services) or O(firewall_ports) are given
  type: dict
  contains:
    state:
      description: V(running), V(stopped) where it is installed and does not run, or V(absent).
      type: str
    zones:
      description: The zones that were looked at; none unless it is running.
      type: list
      elements: str
    closed:
      description: Those of O(firewall_services) and O(firewall_ports) that may not pass in all of these zones both now and after a restart.
      type: list
      elements: str
  sample: {state: running, zones: [public], closed: []}
"""

import ipaddress
import json
import os
import re
import shutil
from collections.abc import Iterable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.serving import apparmor

LISTS = ("packages", "services", "firewall_addresses", "firewall_zones", "firewall_services", "firewall_ports")
BUS = "org.fedoraproject.FirewallD1"
BUS_PATH = "/org/fedoraproject/FirewallD1"


def unit_name(service: str) -> str:
    return service if "." in service else f"{service}.service"


def parse_units(output: str, services: Iterable[str]) -> dict[str, dict[str, bool]]:
    """The states of services, from what ``systemctl show`` says of them: a paragraph for each, in their order."""
    paragraphs = [dict(line.partition("=")[::2] for line in paragraph.splitlines()) for paragraph in output.strip().split("\n\n")]
    states = {}
    for number, service in enumerate(services):
        said = paragraphs[number] if number < len(paragraphs) else {}
        states[service] = {
            "running": said.get("ActiveState") in ("active", "activating", "reloading"),
            "enabled": said.get("UnitFileState") in ("enabled", "alias", "static", "indirect", "generated"),
        }
    return states


def interfaces_of(addresses: Iterable[str], listing: list[dict]) -> list[str]:
    """The interfaces that have one of these addresses, however written, from what ``ip -json address`` lists."""
    wanted = {plain_address(address) for address in addresses}
    having = [link["ifname"] for link in listing if "ifname" in link and wanted & {plain_address(entry.get("local")) for entry in link.get("addr_info", ())}]
    return list(dict.fromkeys(having))


def plain_address(text: object) -> object:
    """An address as it compares; what is none stays what it is."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return text


class Host:
    """What can be asked on this host."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module

    def ask(self, *command: str) -> tuple[int, str]:
        """A command's return code and what it printed; 127 where there is no such program."""
        program = self.module.get_bin_path(command[0])
        if program is None:
            return 127, ""
        returncode, output, _errors = self.module.run_command([program, *command[1:]], environ_update={"LC_ALL": "C"})
        return returncode, output

    def missing_packages(self, packages: list[str]) -> list[str]:
        """Those that are in no database of packages: a host of one kind may have the other's program too."""
        queries = (("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n"), ("rpm", "--query", "--queryformat=installed %{NAME}\\n"))
        for query in queries:
            if packages:
                listed = self.ask(*query, *packages)[1].splitlines()
                packages = [name for name in packages if f"installed {name}" not in listed]
        return packages

    def version(self, package: str) -> str:
        _code, output = self.ask("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}\\n", package)
        if output.startswith("installed "):
            return output.split()[1]
        code, output = self.ask("rpm", "--query", "--queryformat=%{VERSION}", package)
        if code == 0:
            return output.strip()
        code, output = self.ask("apt-cache", "policy", package)
        if code != 127:
            return "".join(re.findall(r"^ *Candidate: ([0-9]\S*)", output, re.MULTILINE)[:1])
        code, output = self.ask("dnf", "--quiet", "repoquery", "--latest-limit=1", "--queryformat=%{version}", package)
        return output.strip() if code == 0 else ""

    def services(self, services: list[str]) -> dict[str, dict[str, bool]]:
        if not services:
            return {}
        _code, output = self.ask("systemctl", "show", "--property=ActiveState,UnitFileState", *map(unit_name, services))
        return parse_units(output, services)

    # --- firewalld ---------------------------------------------------------------------------------------------------

    def firewalld(self, path: str, interface: str, method: str, *arguments: str) -> object:
        """What a method of firewalld returns, None where it fails: "not enabled" and "no such zone" are such failures."""
        signature = ["s" * len(arguments)] if arguments else []
        code, output = self.ask("busctl", "--auto-start=no", "--json=short", "call", BUS, path, interface, method, *signature, *arguments)
        return json.loads(output)["data"][0] if code == 0 else None

    def firewall(self, addresses: list[str], zones: list[str], wanted: list[tuple[str, str]]) -> dict[str, object]:
        default = self.firewalld(BUS_PATH, BUS, "getDefaultZone")
        if default is None:
            return {"state": "stopped" if shutil.which("firewall-cmd") else "absent", "zones": [], "closed": []}
        if not zones:
            code, output = self.ask("ip", "-json", "address", "show")
            interfaces = interfaces_of(addresses, json.loads(output) if code == 0 else [])
            found = [self.firewalld(BUS_PATH, f"{BUS}.zone", "getZoneOfInterface", interface) for interface in interfaces]
            zones = list(dict.fromkeys(zone or default for zone in found)) or [default]
        closed = [what for method, what in wanted if not all(self.passes(zone, method, what) for zone in zones)]
        return {"state": "running", "zones": zones, "closed": closed}

    def passes(self, zone: str, method: str, what: str) -> bool:
        """Whether it may pass now, and after a restart."""
        arguments = what.split("/")
        path = self.firewalld(f"{BUS_PATH}/config", f"{BUS}.config", "getZoneByName", zone)
        return bool(
            path and self.firewalld(BUS_PATH, f"{BUS}.zone", method, zone, *arguments) and self.firewalld(path, f"{BUS}.config.zone", method, *arguments)
        )


def distribution(module: AnsibleModule) -> dict[str, str]:
    """The facts about it."""
    # Here and not above: few calls ask for it.
    from ansible.module_utils.facts.system.distribution import DistributionFactCollector

    return DistributionFactCollector().collect(module=module)


def main() -> None:
    options = {name: {"type": "list", "elements": "str", "default": []} for name in (*LISTS, "apparmor_readable")}
    paths = {name: {"type": "list", "elements": "path", "default": []} for name in ("files", "readable_files")}
    words = {name: {"type": "str"} for name in ("version_of", "apparmor_profile")}
    module = AnsibleModule({"distribution": {"type": "bool", "default": False}, **options, **paths, **words}, supports_check_mode=True)
    params = module.params
    host = Host(module)
    wanted = [("queryService", name) for name in params["firewall_services"]] + [("queryPort", port) for port in params["firewall_ports"]]
    found = {
        "missing_packages": host.missing_packages(params["packages"]),
        "services": host.services(params["services"]),
        "missing_files": [path for path in params["files"] if not os.path.lexists(path)],
        "forbidden_files": [],
    }
    if params["distribution"]:
        found["ansible_facts"] = distribution(module)
    if params["apparmor_profile"]:
        found["forbidden_files"] = apparmor.forbidden(params["readable_files"], params["apparmor_profile"], params["apparmor_readable"])
    if params["version_of"]:
        found["version"] = host.version(params["version_of"])
    if wanted:
        found["firewall"] = host.firewall(params["firewall_addresses"], params["firewall_zones"], wanted)
    firewall = found.get("firewall", {"state": "running", "closed": []})
    lacking = [*found["missing_packages"], *found["missing_files"], *found["forbidden_files"], *firewall["closed"]]
    module.exit_json(changed=False, complete=not lacking and firewall["state"] == "running", **found)


if __name__ == "__main__":
    main()
