# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a running BIND on loopback that this collection's own code configures, without Ansible around it.

    with bind_host(tmp_path) as host:
        host.bring({"example.com": {"www": "192.0.2.1"}})
        host.serial("example.com")

It starts with a configuration such as a distribution ships. The server has no way out, see L(named).
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

import dns.message
import dns.query
from ansible_collections.authoritative.dns.plugins.action.nameserver import ActionModule, texts
from ansible_collections.authoritative.dns.plugins.module_utils import serving
from ansible_collections.authoritative.dns.plugins.module_utils.apply import Application
from ansible_collections.authoritative.dns.plugins.module_utils.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import Inventory, load
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan import only, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.named import NAMED, Named, _is_up, free_port

ADDRESS = "127.0.0.1"
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class BindHost:
    """name: ns1, its own primary; peers are hosts on other loopback addresses that nobody runs."""

    name = "ns1"
    addresses = {"ns1": (ADDRESS,), "ns2": ("127.0.0.2",)}

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.port = free_port(ADDRESS)
        self.control_port = next(port for port in iter(lambda: free_port(ADDRESS), None) if port != self.port)
        self.refused: set[str] = set()  # rndc commands that fail without being sent
        self.ignored: set[tuple[str, ...]] = set()  # those that succeed without being sent, with their arguments
        self.layout = {
            "config_file": str(root / "etc/named.conf"),
            "local_config": str(root / "etc/local.conf"),
            "local_options": str(root / "etc/options.conf"),
            "working_directory": str(root / "work"),
            "state_directory": str(root / "state"),
            "secondary_directory": "",
            "user": "root",
            "group": "root",
            "service": "named",
        }
        for directory in ("etc", "work"):
            (root / directory).mkdir(parents=True)
        secret = base64.b64encode(os.urandom(32)).decode()
        key = f'key "control" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'
        self.local_config.write_text(key + f'controls {{ inet {ADDRESS} port {self.control_port} allow {{ {ADDRESS}; }} keys {{ "control"; }}; }};\n')
        self.local_options.write_text(f"port {self.port};\npid-file none;\nsession-keyfile none;\n")
        (root / "rndc.conf").write_text(key + f'options {{ default-key "control"; default-server {ADDRESS}; default-port {self.control_port}; }};\n')
        self.config_file.write_text(
            f'options {{ directory "{root}/work"; listen-on {{ {ADDRESS}; }}; listen-on-v6 {{ none; }}; recursion no; empty-zones-enable no;'
            f' dnssec-validation no; notify no; include "{self.local_options}"; }};\ninclude "{self.local_config}";\n'
        )
        self.server: Named | None = None

    @property
    def config_file(self) -> pathlib.Path:
        return pathlib.Path(self.layout["config_file"])

    @property
    def local_config(self) -> pathlib.Path:
        return pathlib.Path(self.layout["local_config"])

    @property
    def local_options(self) -> pathlib.Path:
        return pathlib.Path(self.layout["local_options"])

    @property
    def current(self) -> pathlib.Path:
        return self.root / "state/current"

    # -- the server ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        process = subprocess.Popen(
            [NAMED, "-f", "-n", "1", "-c", str(self.config_file), "-L", str(self.root / "named.log")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.server = Named(ADDRESS, self.port, self.root, process)
        if not _is_up(self.server, 10):
            raise RuntimeError(f"named does not start:\n{self.server.log()[-4000:]}")

    def run(self, command: list[str]) -> tuple[int, str, str]:
        """What AnsibleModule.run_command is for the code under test; rndc finds this server."""
        if os.path.basename(command[0]) == "rndc":
            if command[1] in self.refused:
                return 1, "", "refused for a test"
            if tuple(command[1:]) in self.ignored:
                return 0, "", ""
            command = [command[0], "-c", str(self.root / "rndc.conf"), *command[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def ask(self, name: str, rdtype: str) -> list[str]:
        answer = dns.query.udp(dns.message.make_query(name, rdtype), ADDRESS, port=self.port, timeout=5)
        return sorted(item.to_text() for rrset in answer.answer for item in rrset)

    def serial(self, zone: str) -> int | None:
        return serving.serials(ADDRESS, [zone], port=self.port).get(zone)

    # -- what Ansible would do ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def application(
        self, zones: Mapping[str, Mapping[str, str]], *, secondary: tuple[str, ...] = (), select: str | None = None, now: int | None = None
    ) -> Iterator[Application]:
        """The application of zones, {zone: {name: IPv4 address or text}}, after the comparison told which are to be written."""
        servers = {"type": "NS", "value": "ns1.example."}
        items: list[dict[str, Any]] = [
            {"name": name, "records": [servers, *({"name": owner, "type": _type_of(value), "value": value} for owner, value in records.items())]}
            for name, records in zones.items()
        ]
        items += [{"name": name, "primaries": ["ns2"], "secondaries": ["ns1"], "records": [servers]} for name in secondary]
        groups = {"all": list(self.addresses), "dns_primaries": [self.name]}
        declaration = load(items, {}, Inventory(groups, self.addresses.__getitem__), str, select=select)
        host_plan = plan(declaration, self.name, self.addresses[self.name])
        settings = Settings(listen_on=(ADDRESS,), allow_query=("any",))
        payload = ActionModule._payload(host_plan, declaration.selected, bind, bind.Layout(**self.layout), settings)
        software = Bind(self.run, functools.partial(shutil.which, path=_PATH), self.layout)
        original, serving.serials = serving.serials, functools.partial(serving.serials, port=self.port)
        try:
            comparison = Application(software, self.layout, json.loads(json.dumps(payload))).compare(now or int(time.time()))
            found = [{"host": self.name, "differing": json.dumps(comparison["differing"])}]
            payload["texts"] = texts(only(host_plan, declaration.selected), self.name, found)
            yield Application(software, self.layout, json.loads(json.dumps(payload)))
        finally:
            serving.serials = original

    def bring(self, zones: Mapping[str, Mapping[str, str]], **arguments: Any) -> dict[str, Any]:
        """Make the host serve these zones; what the module would return."""
        with self.application(zones, **arguments) as application:
            return application.apply(os.replace)

    def preview(self, zones: Mapping[str, Mapping[str, str]], **arguments: Any) -> dict[str, Any]:
        with self.application(zones, **arguments) as application:
            return application.preview()

    def tree(self) -> dict[str, tuple[Any, ...]]:
        """Everything that the collection may write: type, mode, content and time of each file."""
        result = {}
        for place in ("etc", "state", "work"):
            for path in [self.root / place, *sorted((self.root / place).rglob("*"))]:
                if path.exists() or path.is_symlink():
                    status = path.lstat()
                    content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
                    result[str(path.relative_to(self.root))] = (status.st_mode, content, status.st_mtime_ns if path.is_file() else None)
        return result


def _type_of(value: str) -> str:
    return "A" if value.startswith("192.") else "TXT"


@contextlib.contextmanager
def bind_host(root: pathlib.Path) -> Iterator[BindHost]:
    host = BindHost(root)
    try:
        host.start()
        yield host
    finally:
        if host.server is not None and host.server.process.poll() is None:
            host.server.stop()
