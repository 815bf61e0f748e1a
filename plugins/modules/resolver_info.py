#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: resolver_info
short_description: Tell which name servers a host asks, and who decides it
version_added: 0.1.0
description:
  - Tells which program decides where this host sends its DNS questions, and the name servers, search domains and options that are in
    force now, whatever the files say that were meant to set them.
  - Can also ask name servers whether they answer this host at all, and whether names are found through them.
options:
  ask:
    description:
      - Addresses of name servers to ask one question each, all at once. A name server that does not answer is told as a warning.
      - The question is for the SOA record of the root, without recursion desired. Any answer counts, also a refusal, as a server that is only
        authoritative gives it.
    type: list
    elements: str
    default: []
  resolve:
    description:
      - Names with an address, of which RV(unresolved) are told. They are looked up as programs do it, through the C library and DNS, and only where
        the host asks exactly the name servers of O(ask), in their order.
    type: list
    elements: str
    default: []
  read_files:
    description: Paths of small files, of which RV(read_files) tells all that it takes to put them back.
    type: list
    elements: path
    default: []
  timeout:
    description: Seconds to wait for an answer to one try.
    type: float
    default: 1.0
  tries:
    description: How often a name server is asked before it counts as silent.
    type: int
    default: 3
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
    description: Needs the C library's F(/etc/resolv.conf), and C(busctl) to see NetworkManager and systemd-resolved.
notes:
  - Needs nothing but Python's standard library.
seealso:
  - module: authoritative.dns.verify_resolution
  - name: resolv.conf(5)
    description: The C library's resolver, its three name servers and its options.
    link: https://man7.org/linux/man-pages/man5/resolv.conf.5.html
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: See which name servers the host asks, and whether two others would answer it
  authoritative.dns.resolver_info:
    ask: [192.0.2.1, 2001:db8::1]
  register: resolver

- name: Show them
  ansible.builtin.debug:
    msg: "{{ resolver.backend }} asks {{ resolver.servers | join(', ') }}"
"""

RETURN = r"""
backend:
  description:
    - Who decides which name servers are asked.
    - V(systemd_resolved) when F(/etc/resolv.conf) leads to a running systemd-resolved, V(networkmanager) when a running NetworkManager writes
      it, V(resolv_conf) when it is a file that nobody known here writes.
  returned: success
  type: str
  sample: networkmanager
networkmanager:
  description: What a running NetworkManager has done with name servers, such as V(default), V(dnsmasq), V(systemd-resolved) or V(none); empty without one.
  returned: success
  type: str
  sample: default
servers:
  description: Addresses of the name servers in the order in which they are asked.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.1, 192.0.2.2]
search:
  description: Search domains. With systemd-resolved those of all links, and without routing domains such as V(~.).
  returned: success
  type: list
  elements: str
  sample: [example.com]
options:
  description: Options of the C library's resolver.
  returned: success
  type: list
  elements: str
  sample: ["timeout:1", "attempts:2"]
links:
  description:
    - Network links for whose domains systemd-resolved asks other name servers than RV(servers). Empty without systemd-resolved.
  returned: success
  type: list
  elements: dict
  sample: [{interface: tun0, servers: [198.51.100.1], domains: [corp.example]}]
asked:
  description: What became of the questions, in the order of O(ask).
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The name server.
      type: str
    answered:
      description: Whether any answer came.
      type: bool
    detail:
      description: The response code as a word, or why there was no answer.
      type: str
  sample: [{address: 192.0.2.1, answered: true, detail: REFUSED}]
unresolved:
  description: Those of O(resolve) for which no address is found.
  returned: when the host asks the name servers of O(ask)
  type: list
  elements: str
  sample: []
read_files:
  description:
    - For each of O(read_files) its C(kind), V(file), V(link), V(other) or V(absent); the C(target) of a link; of a file its C(content) in base64,
      C(owner), C(group) (numbers) and C(mode) (octal digits); of one that is absent whether its C(directory) is there.
  returned: when O(read_files) is given
  type: dict
  sample: {/etc/resolv.conf: {kind: link, target: ../run/systemd/resolve/stub-resolv.conf}}
missing_tools:
  description: Those of V(dig) and V(dnspython), as a library of the Python that runs this module, that the host lacks.
  returned: success
  type: list
  elements: str
  sample: [dig]
"""

import base64
import errno
import importlib.util
import ipaddress
import json
import os
import secrets
import selectors
import socket
import stat
import struct
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolv_conf import (
    GLIBC_MAXIMUM_SERVERS,
    RESOLV_CONF,
    RESOLVED_STUBS,
    parse_resolv_conf,
)

RESOLVED_DIRECTORY = "/run/systemd/resolve/"
RESOLVED_UPLINKS = "/run/systemd/resolve/resolv.conf"
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH"}


def parse_resolved(dns: list, fallback: list, domains: list, interface_name) -> dict:
    """What systemd-resolved does, from its D-Bus properties DNS, FallbackDNS and Domains (org.freedesktop.resolve1(5)).

    A link's number is 0 for what is configured for the whole system. ``interface_name`` turns another number into a name.
    """
    servers: dict[int, list[str]] = {}
    for link, _family, octets in dns:
        servers.setdefault(link, []).append(str(ipaddress.ip_address(bytes(octets))))
    names: dict[int, list[str]] = {}
    for link, name, _route_only in domains:
        names.setdefault(link, []).append(name)
    everywhere = servers.pop(0, [])
    of_links = [address for link in sorted(servers) for address in servers[link]]
    of_fallback = [str(ipaddress.ip_address(bytes(octets))) for _link, _family, octets in fallback]
    return {
        "servers": everywhere or of_links or of_fallback,
        "search": list(dict.fromkeys(name for _link, name, route_only in domains if not route_only)),
        "links": [
            {"interface": interface_name(link), "servers": servers[link], "domains": names[link]}
            for link in sorted(servers)
            if everywhere and link in names
        ],
    }


def choose_backend(resolv_conf_target: str, servers: list[str], networkmanager: tuple[str, str] | None) -> str:
    """Who decides which name servers are asked.

    resolv_conf_target: /etc/resolv.conf with symbolic links followed.
    servers: the name servers in it.
    networkmanager: the properties Mode and RcManager of NetworkManager's DNS manager, None where it does not run.
    """
    if resolv_conf_target.startswith(RESOLVED_DIRECTORY) or (servers and set(servers) <= RESOLVED_STUBS):
        return "systemd_resolved"
    if networkmanager is not None:
        mode, writes = networkmanager
        # NetworkManager leaves a link to somebody else's file alone, unless it is told to follow links.
        reaches_it = resolv_conf_target == RESOLV_CONF or resolv_conf_target.startswith("/run/NetworkManager/") or writes != "symlink"
        if mode != "none" and writes != "unmanaged" and reaches_it:
            return "networkmanager"
    return "resolv_conf"


def read_file(path: str) -> dict[str, object]:
    """What it takes to put back what is at a path. Raises OSError where it may not be read."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {"kind": "absent", "directory": os.path.isdir(os.path.dirname(path))}
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "target": os.readlink(path)}
    if not stat.S_ISREG(found.st_mode):
        return {"kind": "other"}
    with open(path, "rb") as stream:
        content = base64.b64encode(stream.read()).decode()
    return {"kind": "file", "content": content, "owner": found.st_uid, "group": found.st_gid, "mode": f"{stat.S_IMODE(found.st_mode):04o}"}


class Questions:
    """The same small question to several name servers at once, over UDP."""

    port = 53

    def __init__(self, addresses: list[str], timeout: float, tries: int) -> None:
        self.details: dict[str, str] = dict.fromkeys(addresses, "no answer")
        self.answered: set[str] = set()
        self.timeout = timeout
        self.tries = tries

    def ask(self) -> list[dict]:
        with selectors.DefaultSelector() as waiting:
            try:
                for _try in range(self.tries):
                    for address in self.details:
                        if address not in self.answered:
                            self._send(address, waiting)
                    self._receive(waiting)
            finally:
                for key in list(waiting.get_map().values()):
                    key.fileobj.close()
        return [{"address": address, "answered": address in self.answered, "detail": detail} for address, detail in self.details.items()]

    def _send(self, address: str, waiting: selectors.BaseSelector) -> None:
        number = secrets.randbelow(65536)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            asking = socket.socket(family, socket.SOCK_DGRAM)
        except OSError as error:
            self.details[address] = os.strerror(error.errno)
            return
        waiting.register(asking, selectors.EVENT_READ, (address, number))
        asking.setblocking(False)
        try:
            asking.connect((address, self.port))  # connected, so that the kernel tells of a closed port
            asking.send(struct.pack("!6H", number, 0, 1, 0, 0, 0) + b"\0" + struct.pack("!2H", 6, 1))
        except OSError as error:
            self._fail(address, asking, waiting, error)

    def _receive(self, waiting: selectors.BaseSelector) -> None:
        until = time.monotonic() + self.timeout
        while len(self.answered) < len(self.details) and (left := until - time.monotonic()) > 0:
            for key, _events in waiting.select(left):
                address, number = key.data
                try:
                    answer = key.fileobj.recv(65535)
                except OSError as error:
                    self._fail(address, key.fileobj, waiting, error)
                    continue
                if len(answer) >= 12 and struct.unpack_from("!H", answer)[0] == number and answer[2] & 0x80:
                    self.answered.add(address)
                    self.details[address] = RCODES.get(answer[3] & 0x0F, f"RCODE{answer[3] & 0x0F}")

    def _fail(self, address: str, asking: socket.socket, waiting: selectors.BaseSelector, error: OSError) -> None:
        if address not in self.answered:
            self.details[address] = "port closed" if error.errno == errno.ECONNREFUSED else os.strerror(error.errno)
        waiting.unregister(asking)
        asking.close()


class Host:
    """What can be read on this host, without waking a service that sleeps."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.busctl = module.get_bin_path("busctl")

    def properties(self, service: str, path: str, interface: str, names: list[str]) -> list | None:
        """Values of D-Bus properties, or None where the service does not run."""
        if self.busctl is None:
            return None
        returncode, output, _errors = self.module.run_command(
            [self.busctl, "--auto-start=no", "--json=short", "get-property", service, path, interface, *names],
            environ_update={"LC_ALL": "C"},
        )
        if returncode != 0:
            return None
        return [json.loads(line)["data"] for line in output.splitlines()]

    def resolved(self) -> dict:
        values = self.properties(
            "org.freedesktop.resolve1",
            "/org/freedesktop/resolve1",
            "org.freedesktop.resolve1.Manager",
            ["DNS", "FallbackDNS", "Domains"],
        )
        # Freshly installed it can run without having reached the bus; then its own list of all name servers must do.
        return parse_resolved(*values, interface_name) if values else {**read_resolv_conf(RESOLVED_UPLINKS), "links": []}

    def unresolved(self, names: list[str]) -> list[str]:
        """Those of the names for which the C library finds no address in DNS."""
        getent = self.module.get_bin_path("getent", required=True) if names else ""
        return [name for name in names if self.module.run_command([getent, "--service=hosts:dns", "ahosts", name])[0]]

    def missing_tools(self) -> list[str]:
        there = {"dig": self.module.get_bin_path("dig"), "dnspython": importlib.util.find_spec("dns")}
        return [name for name, found in there.items() if not found]

    def networkmanager(self) -> tuple[str, str] | None:
        values = self.properties(
            "org.freedesktop.NetworkManager",
            "/org/freedesktop/NetworkManager/DnsManager",
            "org.freedesktop.NetworkManager.DnsManager",
            ["Mode", "RcManager"],
        )
        return None if values is None else (values[0], values[1])


def interface_name(link: int) -> str:
    try:
        return socket.if_indextoname(link)
    except OSError:  # gone since
        return str(link)


def read_resolv_conf(path: str) -> dict[str, list[str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return parse_resolv_conf(file.read())
    except FileNotFoundError:
        return parse_resolv_conf("")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ask": {"type": "list", "elements": "str", "default": []},
            "resolve": {"type": "list", "elements": "str", "default": []},
            "read_files": {"type": "list", "elements": "path", "default": []},
            "timeout": {"type": "float", "default": 1.0},
            "tries": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    try:
        addresses = [str(ipaddress.ip_address(address)) for address in module.params["ask"]]
    except ValueError as error:
        module.fail_json(msg=f"ask: {error}; give IPv4 or IPv6 addresses")

    host = Host(module)
    result = {"links": [], **read_resolv_conf(RESOLV_CONF)}
    networkmanager = host.networkmanager()
    result["networkmanager"] = networkmanager[0] if networkmanager else ""
    result["backend"] = choose_backend(os.path.realpath(RESOLV_CONF), result["servers"], networkmanager)
    if result["backend"] == "systemd_resolved":
        result.update(host.resolved())
    else:
        result["servers"] = result["servers"][:GLIBC_MAXIMUM_SERVERS]
    result["asked"] = Questions(addresses, module.params["timeout"], module.params["tries"]).ask()
    for question in result["asked"]:
        if not question["answered"]:
            module.warn(f"The name server {question['address']} does not answer this host: {question['detail']}.")
    if result["servers"] == addresses:
        result["unresolved"] = host.unresolved(module.params["resolve"])
    if module.params["read_files"]:
        try:
            result["read_files"] = {path: read_file(path) for path in module.params["read_files"]}
        except OSError as error:
            module.fail_json(msg=f"read_files: {error.filename} cannot be read: {error.strerror}")
    result["missing_tools"] = host.missing_tools()
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
