# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND servers that people configured, in a private network, to be gathered and taken over.

    with running_hosts(root, {"ns1": ("127.0.0.11", {"named.conf": "…"})}) as hosts:
        outcome = gather(root, hosts)

Files may have {etc}, {work} and {address}, which are the host's. A host named with a leading underscore is outside the inventory.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible_collections.authoritative.dns.plugins.action.nameserver import read_settings
from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, SCHEMA
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, KnotHost, NsdHost, ServerHost

PASSWORD = "not a secret"
SOFTWARE = {"named": "bind", "nsd": "nsd", "knot": "knot", "pdns_server": "powerdns"}


class AdoptedHost(BindHost):
    """named with a configuration of its own, at port 53."""

    def __init__(self, root: pathlib.Path, name: str, address: str, files: Mapping[str, str]) -> None:
        self.name, self.address, self.files = name, address, files
        self.addresses = {name: (address,)}
        super().__init__(root)
        self.port = 53

    def prepare(self) -> dict[str, Any]:
        layout = super().prepare()
        (self.root / "etc/options.conf").unlink()
        self.local_config.unlink()
        control = (self.root / "rndc.conf").read_text()
        key, port = control[: control.index("options")], control.split("default-port ")[1].split(";")[0]
        self.text = f'{key}controls {{ inet {self.address} port {port} allow {{ 127.0.0.0/8; }} keys {{ "control"; }}; }};\n'
        for name, text in {**self.files, "control.conf": self.text}.items():
            path = self.root / ("work/" + name.removeprefix("work/") if name.startswith("work/") else "etc/" + name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{etc}", f"{self.root}/etc").replace("{work}", f"{self.root}/work").replace("{address}", self.address))
        with self.config_file.open("a") as stream:
            stream.write(f'include "{self.root}/etc/control.conf";\n')
        return {**layout, "local_config": str(self.root / "etc/own.conf"), "local_options": str(self.root / "etc/own.options")}


class AdoptedNsd(NsdHost):
    """nsd with a configuration of its own, at port 53."""

    def __init__(self, root: pathlib.Path, name: str, address: str, files: Mapping[str, str]) -> None:
        self.name, self.address, self.files = name, address, files
        self.addresses = {name: (address,)}
        super().__init__(root)
        self.port = 53

    def prepare(self) -> dict[str, Any]:
        layout = super().prepare()
        options = [line if not line.startswith("port:") else "port: 53" for line in layout["options"]]
        server = self.stock(options)
        for name, text in self.files.items():
            path = self.root / ("work/" + name.removeprefix("work/") if name.startswith("work/") else "etc/" + name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{server}", server).replace("{etc}", f"{self.root}/etc").replace("{work}", f"{self.root}/work"))
        return {**layout, "options": options}

    def adapted(self, config: dict[str, str]) -> dict[str, str]:
        """Without 127.0.0.1, which the other host of this network has."""
        return {name: text.replace("\tip-address: 127.0.0.1\n", "") for name, text in config.items()}


class AdoptedKnot(KnotHost):
    """knotd with a configuration of its own, at port 53: a file, or a database that is made of it."""

    def __init__(self, root: pathlib.Path, name: str, address: str, files: Mapping[str, str]) -> None:
        self.name, self.address, self.files = name, address, files
        self.addresses = {name: (address,)}
        super().__init__(root)
        self.port = 53

    def prepare(self) -> dict[str, Any]:
        layout = super().prepare()
        server = f'server:\n    rundir: "{self.sockets}"\n    user: "root:root"\n    listen: {self.address}@53\ndatabase:\n    storage: "{self.root}/own"\n'
        for name, text in self.files.items():
            path = self.root / ("work/" + name.removeprefix("work/") if name.startswith("work/") else "etc/" + name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{server}", server).replace("{etc}", f"{self.root}/etc").replace("{work}", f"{self.root}/work"))
        return layout

    def adapted(self, config: dict[str, str]) -> dict[str, str]:
        """Without 127.0.0.1, which the other host of this network has."""
        return {name: text.replace('"127.0.0.1@53", ', "") for name, text in config.items()}


class AdoptedPowerDns:
    """pdns_server with a configuration and a database of its own, at port 53; it can be gathered, and another program takes its place.

    commands: for pdnsutil, each a list of words, with which its administrator made the database.
    """

    daemon = "pdns_server"

    def __init__(self, root: pathlib.Path, name: str, address: str, settings: str, commands: Sequence[Sequence[str]], files: Mapping[str, str]) -> None:
        self.root, self.name, self.address = root, name, address
        self.process: subprocess.Popen | None = None
        self.sockets = tempfile.mkdtemp(prefix="pdns-")
        for directory in ("etc", "work"):
            (root / directory).mkdir(parents=True)
        own = f"launch=gsqlite3\ngsqlite3-database={root}/work/pdns.sqlite3\ngsqlite3-dnssec=yes\nlocal-address={address}\nsocket-dir={self.sockets}\n"
        # It does not ask its makers' servers whether there is a newer version.
        self.config_file.write_text(own + "security-poll-suffix=\nwrite-pid=no\nxfr-cycle-interval=1\n" + settings)
        for path, text in files.items():
            (root / "work" / path).write_text(text)
        with contextlib.closing(sqlite3.connect(root / "work/pdns.sqlite3")) as database, open(SCHEMA, encoding="utf-8") as schema:
            database.executescript(schema.read())
        for command in commands:
            self.util(*command)

    @property
    def config_file(self) -> pathlib.Path:
        return self.root / "etc/pdns.conf"

    def util(self, *words: str) -> str:
        command = ["pdnsutil", f"--config-dir={self.root}/etc", *(word.replace("{work}", f"{self.root}/work") for word in words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, (command, done.stdout + done.stderr)
        return done.stdout

    def start(self) -> None:
        with open(self.root / "log", "ab") as log:
            command = [PDNS_SERVER, f"--config-dir={self.root}/etc", "--guardian=no", "--daemon=no", "--disable-syslog"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while subprocess.run(["pdns_control", f"--socket-dir={self.sockets}", "rping"], capture_output=True, check=False, timeout=20).returncode:
            assert self.process.poll() is None and time.monotonic() < deadline, (self.root / "log").read_text()[-3000:]
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def serial(self, zone: str) -> int | None:
        return served_serials.serials(self.address, [zone], port=53).get(zone)


def adopted_host(root: pathlib.Path, name: str, address: str, files: Mapping[str, str]) -> ServerHost:
    return (AdoptedNsd if "nsd.conf" in files else AdoptedKnot if "knot.conf" in files else AdoptedHost)(root, name, address, files)


@contextlib.contextmanager
def running_hosts(root: pathlib.Path, hosts: Mapping[str, tuple[str, Mapping[str, str]]]) -> Iterator[dict[str, ServerHost]]:
    result = {name: adopted_host(root / name, name, address, files) for name, (address, files) in hosts.items()}
    with contextlib.ExitStack() as stack:
        for host in result.values():
            host.start()
            stack.callback(host.stop)
        yield result


def gather(
    root: pathlib.Path,
    hosts: Mapping[str, ServerHost | AdoptedPowerDns],
    directory: str = "adopted",
    *options: str,
    password: bool = True,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
) -> subprocess.CompletedProcess:
    """The playbook gather on these hosts, whose inventory has nothing but their addresses, and variables by host."""
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    own = {name: host for name, host in hosts.items() if not name.startswith("_")}
    listed = {
        name: {
            "ansible_host": host.address,
            "gather_config_file": str(host.config_file),
            "gather_user": "root",  # what is not started belongs to nobody else
            "nameserver_software": SOFTWARE[host.daemon],
            **(variables or {}).get(name, {}),
        }
        for name, host in own.items()
    }
    (root / "inventory.yml").write_text(yaml.safe_dump({"all": {"vars": common, "hosts": listed}}))
    (root / "password").write_text(PASSWORD)
    command = ["ansible-playbook", "-i", str(root / "inventory.yml"), "authoritative.dns.gather", "-e", f"gather_directory={root / directory}", *options]
    command += ["--vault-password-file", str(root / "password")] if password else []
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=root, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})


class Adopted:
    """What a gathered inventory says, read by Ansible's own reader of files, and the declaration that the collection reads from it."""

    def __init__(self, directory: pathlib.Path, password: str = PASSWORD) -> None:
        self.directory = directory
        self.loader = DataLoader()
        self.loader.set_vault_secrets([("default", VaultSecret(password.encode()))])
        self.groups = {group: list(item["hosts"]) for group, item in self.read("hosts.yml")["all"]["children"].items()}
        hosts = sorted({host for listed in self.groups.values() for host in listed})
        self.host_variables = {host: self.read(f"host_vars/{host}.yml") for host in hosts}

    def read(self, name: str) -> Any:
        return json.loads(json.dumps(self.loader.load_from_file(str(self.directory / name), unsafe=True)))

    def declaration(self) -> Declaration:
        shared = self.read("group_vars/all/dns.yml")
        secrets = self.read("group_vars/all/vault.yml")["vault_dns_tsig_keys"] if (self.directory / "group_vars/all/vault.yml").exists() else {}
        keys = [{**key, "secret": secrets[key["name"]]} for key in shared.get("dns_tsig_keys", [])]
        groups = {"all": list(self.host_variables), **self.groups}
        here = {"hostvars": self.host_variables, "groups": groups, "inventory_dir": str(self.directory)}
        return inventory.declared({**shared, **here, "dns_tsig_keys": keys}, str)

    def local(self, host: str, name: str) -> str:
        content = self.loader.get_real_file(str(self.directory / f"local/{host}/{name}"))
        return pathlib.Path(content).read_text()

    def settings(self, host: str) -> Any:
        variables = self.host_variables[host]
        names = ("listen_on", "allow_query", "recursion_networks", "forwarders", "dnssec_validation")
        given = {name: variables[f"nameserver_{name}"] for name in names if f"nameserver_{name}" in variables}
        files = [path.name for path in (self.directory / "local" / host).iterdir()]
        local = {("local_options" if name.endswith("options") else "local_config"): self.local(host, name) for name in files}
        return read_settings({**given, **local}, variables["dns_addresses"])

    def take_over(self, host: ServerHost, more: str = "") -> dict[str, Any]:
        """What the role does on a host. more: statements of its own that were not gathered from it."""
        settings = self.settings(host.name)
        with host.applying(self.declaration(), replace(settings, local_config=settings.local_config + more)) as application:
            return application.apply(os.replace)
