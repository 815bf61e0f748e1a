# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name server hosts made of Linux namespaces, so that the role runs as it is, without images, systemd or a network.

Each host has a network namespace with an address on a bridge that leads nowhere else, and a mount namespace where /etc, /var
and /run are its own: overlays in memory, gone with the host. Everything else is the machine's, so what the role installs
must be there. Ansible reaches a host by the local connection and an interpreter that enters its namespaces.

The caller needs root and namespaces of its own (``unshare --mount --net --pid --fork --kill-child --mount-proc``): whatever
becomes of it, the kernel then ends every host with it.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import re
import subprocess
import time
from collections.abc import Iterator, Mapping

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BRIDGE = "bench"
CONTROLLER = "192.0.2.254"  # documentation addresses (RFC 5737): nobody routes them

# What named starts with, before the role comes: no zones and no way to ask anybody.
_NOTHING = """options {{
    directory "{directory}";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    empty-zones-enable no;
    dnssec-validation no;
}};
"""


class Host:
    """One host. Use ``hosts`` to make some."""

    def __init__(self, name: str, address: str, directory: pathlib.Path):
        self.name = name
        self.address = address
        self.directory = directory
        self.python = directory / "python"
        self.log = directory / "named.log"
        self._processes: list[subprocess.Popen] = []

    def start(self) -> None:
        """Bring the host up and start its name server without zones. Raises RuntimeError with named's log if it does not run."""
        self.directory.mkdir()
        holder = subprocess.Popen(["unshare", "--mount", "--net", "--propagation", "private", "sleep", "infinity"])
        self._processes.append(holder)
        self._enter = ["nsenter", f"--target={holder.pid}", "--mount", "--net"]
        _until(lambda: _network_of(holder.pid) != _network_of(os.getpid()), 10, f"{self.name} has no namespace of its own")
        self._private_files()
        self._network(holder.pid)
        self.python.write_text(f'#!/bin/sh\nexec {" ".join(self._enter)} /usr/bin/python3 "$@"\n')
        self.python.chmod(0o755)
        self._named()

    def run(self, *command: str) -> str:
        """Run a command on the host and return what it says. Raises CalledProcessError."""
        return subprocess.run([*self._enter, *command], check=True, capture_output=True, text=True, timeout=60, env={"PATH": PATH}).stdout

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait(10)
        subprocess.run(["ip", "link", "delete", f"to-{self.name}"], check=False, capture_output=True)

    def _private_files(self) -> None:
        memory = self.directory / "memory"
        memory.mkdir()
        commands = [f"mount -t tmpfs tmpfs {memory}"]
        for name in ("etc", "var"):
            upper, work = memory / name, memory / f".{name}"
            commands += [f"mkdir {upper} {work}", f"mount -t overlay overlay -o lowerdir=/{name},upperdir={upper},workdir={work} /{name}"]
        commands += ["mount -t tmpfs tmpfs /run", f"mkdir /run/named && chown {user().pw_name} /run/named"]
        self.run("sh", "-ec", "\n".join(commands))

    def _network(self, holder: int) -> None:
        outside = f"to-{self.name}"
        _call("ip", "link", "add", "name", outside, "type", "veth", "peer", "name", "eth0", "netns", str(holder))
        _call("ip", "link", "set", outside, "master", BRIDGE, "up")
        for command in ("link set lo up", "link set eth0 up", f"address add {self.address}/24 dev eth0"):
            self.run("ip", *command.split())

    def _named(self) -> None:
        account, config = user(), configuration()
        self.run("rndc-confgen", "-a", "-u", account.pw_name)
        self.run("sh", "-ec", 'printf %s "$2" > "$1"', "sh", config, _NOTHING.format(directory=account.pw_dir, address=self.address))
        with self.log.open("w") as log:
            command = [*self._enter, "named", "-g", "-u", account.pw_name, "-c", config]
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": PATH}))
        _until(self._answers, 10, f"named does not run on {self.name}", self.log)

    def _answers(self) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run("rndc", "status")
            return True
        return False


@contextlib.contextmanager
def hosts(addresses: Mapping[str, str], directory: pathlib.Path) -> Iterator[dict[str, Host]]:
    """Hosts by name, up for the length of the ``with`` block. addresses: IPv4 by name; directory: an empty one of theirs."""
    made = {name: Host(name, address, directory / name) for name, address in addresses.items()}
    try:
        for host in made.values():
            host.start()
        yield made
    finally:
        for host in made.values():
            host.stop()


def bridge() -> None:
    """The network that the hosts share, with the caller on it; once per network namespace."""
    _call("ip", "link", "set", "lo", "up")
    _call("ip", "link", "add", "name", BRIDGE, "type", "bridge")
    _call("ip", "address", "add", f"{CONTROLLER}/24", "dev", BRIDGE)
    _call("ip", "link", "set", BRIDGE, "up")


def user() -> pwd.struct_passwd:
    """Who named runs as: Debian's user, or everybody else's."""
    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    return users.get("bind") or users["named"]


def configuration() -> str:
    """What named reads first."""
    about = subprocess.run(["named", "-V"], check=True, capture_output=True, text=True, env={"PATH": PATH}).stdout
    return re.search(r"named configuration:\s*(\S+)", about)[1]


def _call(*command: str) -> None:
    subprocess.run(command, check=True, timeout=30)


def _network_of(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/net")


def _until(condition, seconds: float, otherwise: str, log: pathlib.Path | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise + (f":\n{log.read_text()[-3000:]}" if log else ""))
        time.sleep(0.02)
