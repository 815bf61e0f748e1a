# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with PowerDNS on loopback that this collection's own code configures, without Ansible around it.

    with powerdns_host(tmp_path) as host:
        host.bring({"example.com": primary})
        host.start()

The server has no way out: it does not recurse, does not ask for newer versions (the rendered configuration is its only one), and
all servers that it is told of are on loopback.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dns.message
import dns.query
import dns.rcode
from ansible_collections.authoritative.dns.plugins.action.nameserver import ActionModule, as_consumer
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.powerdns import PowerDNS
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.named import free_port

ADDRESS = "127.0.0.2"
SCHEMA = next(
    (
        path
        for path in ("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql", "/usr/share/doc/pdns-backend-sqlite/schema.sqlite3.sql")
        if os.path.exists(path)
    ),
    None,
)
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
PDNS_SERVER = shutil.which("pdns_server", path=_PATH) if SCHEMA else None


class PowerDNSHost:
    """name: ns2, a secondary of primaries that are told with each zone."""

    name = "ns2"
    daemon = "pdns_server"
    address = ADDRESS
    limit = 60.0  # seconds for a command

    @staticmethod
    def capabilities() -> Any:
        """What the version that is installed can do."""
        return powerdns.CAPABILITIES.of(PowerDNSHost.version())

    @staticmethod
    def version() -> str:
        return re.search(r"Server (\d+(?:\.\d+)+)", "".join(processes.run([PDNS_SERVER, "--version"])[1:])).group(1)

    def __init__(self, root: pathlib.Path, account: str = "root") -> None:
        self.root = root
        self.account = account
        self.port = free_port(ADDRESS)
        self.sockets = tempfile.mkdtemp(prefix="pdns-")  # a path in the tests' directory may be too long for a socket
        self.repair = False
        self.local_config = ""  # settings of the inventory's own, instead of the file in etc
        self.restarts = 0
        self.commands: list[list[str]] = []  # that pdns_control was given
        self.layout = {
            "config_file": str(root / "etc/pdns.conf"),
            "local_config": str(root / "etc/pdns.local.conf"),
            "state_directory": str(root / "state"),
            "database": str(root / "database/pdns.sqlite3"),
            "schema": SCHEMA,
            "user": account,
            "group": account,
            "service": "pdns",
        }
        (root / "etc").mkdir(parents=True)
        (root / "etc/pdns.local.conf").write_text(f"local-port={self.port}\nsocket-dir={self.sockets}\nwrite-pid=no\nloglevel=6\n")
        self.process: subprocess.Popen | None = None
        if account != "root":
            self._give()

    def _give(self) -> None:
        """Owners and modes as Debian's packages have them. root has to be a place that everybody can reach."""
        self.root.chmod(0o755)
        (self.root / "lib").mkdir()
        self.layout["database"] = str(self.root / "lib/database/pdns.sqlite3")
        for path in (self.root / "lib", self.sockets):
            shutil.chown(path, self.account, self.account)
        (self.root / "lib").chmod(0o755)

    @property
    def current(self) -> pathlib.Path:
        return self.root / "state/current"

    # -- the server ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        with open(self.root / "pdns.log", "ab") as log:
            self.process = subprocess.Popen(
                [PDNS_SERVER, f"--config-dir={self.root}/etc", "--guardian=no", "--daemon=no", "--disable-syslog"],
                stdout=log,
                stderr=log,
                user=self.account,
                group=self.account,
                extra_groups=[],
            )
        self.wait_for(lambda: self.process.poll() is not None or self.run(["pdns_control", "rping"])[0] == 0)

    def freeze(self) -> None:
        """Have the daemon hang, without closing its sockets."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.thaw()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def wait_for(self, condition: Any, seconds: float = 60.0) -> float:
        """How long it took until condition() was true."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                raise AssertionError(f"not within {seconds} s; the log ends\n{(self.root / 'pdns.log').read_text()[-3000:]}")
            time.sleep(0.02)
        return time.monotonic() - started

    def run(self, command: list[str], **limits: Any) -> tuple[int, str, str]:
        """processes.run for the code under test; pdns_control and systemctl find this server."""
        program = os.path.basename(command[0])
        if program == "systemctl":
            if command[1] == "is-active":
                return 3, "", ""  # its process says whether it runs
            if command[1] == "show":
                return 0, "0\n", ""
            assert command[1:] == ["restart", "pdns"]
            self.restarts += 1
            self.stop()
            self.start()
            return (0, "", "") if self.process.poll() is None else (1, "", "it ended at once")
        if program == "pdns_control":
            self.commands.append(command[1:])
            command = [command[0], f"--socket-dir={self.sockets}", *command[1:]]
        limits.setdefault("seconds", self.limit)
        return processes.run(command, **limits)

    @property
    def software(self) -> PowerDNS:
        def find(program: str) -> str | None:
            return "/bin/systemctl" if program == "systemctl" else shutil.which(program, path=_PATH)

        return PowerDNS(self.run, find, self.layout)

    def ask(self, name: str, rdtype: str = "SOA") -> dns.message.Message:
        return dns.query.udp(dns.message.make_query(name, rdtype), ADDRESS, port=self.port, timeout=5)

    def serial(self, zone: str) -> int | None:
        """None where the server does not serve the zone."""
        answer = self.ask(zone)
        return answer.answer[0][0].serial if answer.rcode() == dns.rcode.NOERROR and answer.answer else None

    def select(self, query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.layout["database"], isolation_level=None)) as database:
            return database.execute(query).fetchall()

    # -- what Ansible would do ----------------------------------------------------------------------------------------

    def application(
        self,
        zones: Mapping[str, Mapping[str, Any] | Sequence[Mapping[str, Any]]],
        keys: Sequence[Mapping[str, str]] = (),
        secondaries: Sequence[Any] = (),
        select: str | None = None,
    ) -> Application:
        """The application of zones, {zone: its primary, or a list of them}; secondaries: those that this host feeds."""
        items = [
            {
                "name": name,
                "primaries": [primaries] if isinstance(primaries, Mapping) else list(primaries),
                "secondaries": ["ns2", *secondaries],
                "records": [{"type": "NS", "value": "ns1.example."}],
            }
            for name, primaries in zones.items()
        ]
        inventory = Inventory({"all": [self.name]}, {self.name: (ADDRESS,)}.__getitem__)
        return self.application_of(load(items, {}, inventory, str, select=select, keys={"keys": list(keys)}))

    def application_of(self, declaration: Declaration) -> Application:
        """The application of what a declaration says of this host."""
        host_plan = plan(declaration, self.name, (ADDRESS,))
        settings = Settings(listen_on=(ADDRESS,), allow_query=("any",), local_config=self.local_config)
        host_plan = as_consumer(host_plan, powerdns, self.capabilities(), settings)
        payload = ActionModule._payload(host_plan, declaration.selected, powerdns, powerdns.Layout(**self.layout), settings)
        payload["port"], payload["repair"] = self.port, self.repair
        payload["seen"] = Application(self.software, self.layout, json.loads(json.dumps(payload))).compare(int(time.time()))["differing"]["seen"]
        return Application(self.software, self.layout, json.loads(json.dumps(payload)))

    def bring(self, zones: Mapping[str, Any], *arguments: Any, **named_arguments: Any) -> dict[str, Any]:
        """Make the host serve these zones; what the module would return."""
        return self.application(zones, *arguments, **named_arguments).apply(functools.partial(os.replace))


@contextlib.contextmanager
def powerdns_host(root: pathlib.Path, account: str = "root", kind: type[PowerDNSHost] = PowerDNSHost) -> Iterator[PowerDNSHost]:
    """account: the daemon's user and group."""
    host = kind(root, account)
    try:
        yield host
    finally:
        host.stop()
        shutil.rmtree(host.sockets, ignore_errors=True)
