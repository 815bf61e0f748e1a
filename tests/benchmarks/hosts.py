# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name server hosts made of Linux namespaces, so that the role runs as it is, without images, systemd or a network.

Each host has a network namespace with an address on a bridge that leads nowhere else, and a mount namespace where /etc, /var
and /run are its own: overlays in memory, gone with the host. Everything else is the machine's, so what the role installs
must be there, and the command systemctl. Ansible reaches a host by the local connection and an interpreter that enters its namespaces. A script in the
place of systemctl starts the name server and tells of it.

The caller needs root and namespaces of its own (``unshare --mount --net --pid --fork --kill-child --mount-proc``): whatever
becomes of it, the kernel then ends every host with it.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import re
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BRIDGE = "bench"
CONTROLLER = "192.0.2.254"  # documentation addresses (RFC 5737): nobody routes them

# What named starts with, before the role comes: no zones and no way to ask anybody.
_NO_ZONES = """options {{
    directory "{directory}";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    empty-zones-enable no;
    dnssec-validation no;
}};
"""


@dataclass(frozen=True)
class Program:
    """A name server's. command: with which it stays in the foreground; status: which succeeds while it takes commands, None if it takes none yet."""

    command: str
    status: str | None
    needs: str = ""  # commands beforehand


def program(software: str, address: str) -> Program:
    """How a program is started that Debian packages, or for BIND anybody. software: as the role's C(nameserver_software)."""
    if software == "bind":
        account, first = user(), configuration()
        text = shlex.quote(_NO_ZONES.format(directory=account.pw_dir, address=address))
        needs = f"mkdir /run/named && chown {account.pw_name} /run/named && rndc-confgen -a -u {account.pw_name} && printf %s {text} > {first}"
        return Program(f"named -g -u {account.pw_name} -c {first}", "rndc status", needs)
    # As their packages leave them: without a zone, Knot DNS without an address. NSD would listen on all of them, and takes no commands before the role comes.
    return {
        "knot": Program("knotd -c /etc/knot/knot.conf", "knotc status", "install -d -o knot -g knot /run/knot"),
        "nsd": Program("nsd -d -c /etc/nsd/nsd.conf", None, "install -d -o nsd -g nsd /run/nsd"),
    }[software]


# What the collection asks systemd for. Nobody looks after a process that ended here, so that it stays a zombie.
_SYSTEMCTL = """#!/bin/sh
exec < /dev/null
process=$(cat /run/process 2> /dev/null)
runs() {{ [ -n "$process" ] && awk '/^State:/ {{ exit $2 == "Z" }}' "/proc/$process/status" 2> /dev/null; }}
case $1 in
  restart)
    if runs; then kill "$process"; while runs; do sleep 0.02; done; fi
    setsid {command} >> {log} 2>&1 &
    echo $! > /run/process ;;
  stop) if runs; then kill -KILL "$process"; while runs; do sleep 0.02; done; fi ;;
  is-active) runs ;;
  show) echo "${{process:-0}}" ;;
  *) echo "$1 is not played" >&2; exit 1 ;;
esac
"""


class Host:
    """One host. Use ``hosts`` to make some."""

    def __init__(self, name: str, address: str, directory: pathlib.Path, software: str = "bind"):
        self.name = name
        self.address = address
        self.directory = directory
        self.python = directory / "python"
        self.log = directory / "log"
        self._program = program(software, address)
        self._holder: subprocess.Popen | None = None

    def start(self) -> None:
        """Bring the host up and start its name server without zones. Raises RuntimeError with its log if it does not run."""
        self.directory.mkdir()
        self._holder = holder = subprocess.Popen(["unshare", "--mount", "--net", "--propagation", "private", "sleep", "infinity"])
        self._enter = ["nsenter", f"--target={holder.pid}", "--mount", "--net"]
        _until(lambda: _network_of(holder.pid) != _network_of(os.getpid()), 10, f"{self.name} has no namespace of its own")
        self._private_files()
        self._network(holder.pid)
        self.python.write_text(f'#!/bin/sh\nexec {" ".join(self._enter)} /usr/bin/python3 "$@"\n')
        self.python.chmod(0o755)
        self._serve()

    def run(self, *command: str) -> str:
        """Run a command on the host and return what it says. Raises CalledProcessError."""
        return subprocess.run([*self._enter, *command], check=True, capture_output=True, text=True, timeout=60, env={"PATH": PATH}).stdout

    def processor_time(self) -> float:
        """Seconds of processors that its processes have had, those that have ended not counted."""
        mine, ticks = os.readlink(f"/proc/{self._holder.pid}/ns/mnt"), 0
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(process / "ns/mnt") == mine:
                    ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        if self._holder is None:
            return
        with contextlib.suppress(subprocess.SubprocessError):
            self.run("systemctl", "stop")
        self._holder.kill()
        self._holder.wait(10)
        subprocess.run(["ip", "link", "delete", f"to-{self.name}"], check=False, capture_output=True)

    def _private_files(self) -> None:
        memory = self.directory / "memory"
        memory.mkdir()
        commands = [f"mount -t tmpfs tmpfs {memory}"]
        for name in ("etc", "var"):
            upper, work = memory / name, memory / f".{name}"
            commands += [f"mkdir {upper} {work}", f"mount -t overlay overlay -o lowerdir=/{name},upperdir={upper},workdir={work} /{name}"]
        script = self.directory / "systemctl"
        script.write_text(_SYSTEMCTL.format(command=self._program.command, log=self.log))
        script.chmod(0o755)
        commands += ["mount -t tmpfs tmpfs /run", f"mount --bind {script} /usr/bin/systemctl"]
        self.run("sh", "-ec", "\n".join(commands))

    def _network(self, holder: int) -> None:
        outside = f"to-{self.name}"
        _call("ip", "link", "add", "name", outside, "type", "veth", "peer", "name", "eth0", "netns", str(holder))
        _call("ip", "link", "set", outside, "master", BRIDGE, "up")
        for command in ("link set lo up", "link set eth0 up", f"address add {self.address}/24 dev eth0"):
            self.run("ip", *command.split())

    def _serve(self) -> None:
        if self._program.needs:
            self.run("sh", "-ec", self._program.needs)
        self.run("systemctl", "restart")
        _until(self._takes_commands, 10, f"no name server runs on {self.name}", self.log)

    def _takes_commands(self) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run(*(self._program.status or "systemctl is-active").split())
            return True
        return False


@contextlib.contextmanager
def hosts(addresses: Mapping[str, str], directory: pathlib.Path, software: str = "bind") -> Iterator[dict[str, Host]]:
    """Hosts by name, up for the length of the ``with`` block. addresses: IPv4 by name; directory: an empty one of theirs."""
    made = {name: Host(name, address, directory / name, software) for name, address in addresses.items()}
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
