# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of this host there are, and which of them have a port: what Linux tells in /proc, see proc(5).

In many containers root may not look into other users' processes (CAP_SYS_PTRACE): their programs' files, networks and sockets are hidden.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pwd
import re
import sys
import time

_TABLES = {"udp": "07", "udp6": "07", "tcp": "0A", "tcp6": "0A"}  # the state of a socket that takes what comes to it
_LOOKS = 10  # at a command line
_SOCKET = re.compile(r"socket:\[(\d+)\]")
# Command lines with which a program tells its version and ends.
_TELL_VERSION = {"named": (["-v"], ["-V"]), "nsd": (["-v"],), "knotd": (["-V"], ["--version"]), "pdns_server": (["--version"],)}


class Process:
    """One process. name: of its program; words: its command line, without the program; state, parent: as proc_pid_stat(5) has them."""

    def __init__(self, pid):
        self.words = os.fsdecode(_command_line(pid)).rstrip("\0").split("\0")[1:]
        status = _read(f"/proc/{pid}/stat")
        self.pid = pid
        self.name = _program(pid)
        self.state, self.parent = status[status.rindex(")") + 2], int(status[status.rindex(")") + 4 :].split()[0])

    @property
    def stopped(self):
        """Whether a signal stopped it, until another one lets it go on."""
        return self.state in "Tt"

    @property
    def user(self):
        """The name of the account whose rights it has, None for one without a name."""
        with contextlib.suppress(KeyError, OSError):
            return pwd.getpwuid(os.stat(f"/proc/{self.pid}").st_uid).pw_name
        return None

    def __str__(self):
        return f"{self.name} (process {self.pid})"


def processes(name):
    """The processes of programs of this name that are in the network of this one, and so not in a container's own."""
    here = os.stat("/proc/self/ns/net").st_ino
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):  # it has ended
            if _program(pid) == name and _network(pid, here) == here:
                process = Process(pid)
                # Those that only wait for their parent, or tell their version and end, are no servers.
                found += [process] if process.state not in "ZX" and process.words not in _TELL_VERSION.get(name, ()) else []
    return found


def holders(addresses, port, known=()):
    """Who takes questions at a port of one of these addresses, or of all: [(its process, None if that cannot be seen, address)].

    addresses: 0.0.0.0 and :: stand for all of their family: one socket for all of them needs that nobody has the port of any.
    known: processes that are not looked for among all others; what they hold is not told. Where what they hold is hidden, what nobody is seen to
    hold is taken for theirs.
    """
    wanted = {ipaddress.ip_address(address) for address in addresses}
    sockets = {}
    for table, state in _TABLES.items():
        with contextlib.suppress(OSError):  # no IPv6
            for line in _read(f"/proc/self/net/{table}").splitlines()[1:]:
                fields = line.split()
                address, number = fields[1].split(":")
                if int(number, 16) == port and fields[3] == state:
                    local = _address(address)
                    if any(local == one or local.is_unspecified or one.is_unspecified and one.version == local.version for one in wanted):
                        sockets[fields[9]] = str(local)
    hidden = False
    for process in known if sockets else ():
        for inode in _sockets(process.pid) & sockets.keys():
            del sockets[inode]
        hidden = hidden or _is_hidden(process.pid)
    found = {}
    for pid in _pids() if sockets else ():
        for inode in _sockets(pid) & sockets.keys():
            with contextlib.suppress(OSError):
                found[inode] = Process(pid)
    # Processes that share a socket, as a program's and its children's, are told by one of them.
    told = {(process.pid if process else None, sockets[inode]): process for inode in sockets for process in [found.get(inode)] if process or not hidden}
    return [(process, address) for (_pid, address), process in sorted(told.items(), key=lambda item: str(item[0]))]


def taking(port):
    """Addresses of this host at which somebody takes questions at a port over UDP, without those of other interfaces' scope; loopback first."""
    found = set()
    for table in ("udp", "udp6"):
        with contextlib.suppress(OSError):  # no IPv6
            for line in _read(f"/proc/self/net/{table}").splitlines()[1:]:
                fields = line.split()
                address, number = fields[1].split(":")
                if int(number, 16) == port and fields[3] == _TABLES[table]:
                    local = _address(address)
                    found.add(ipaddress.ip_address("127.0.0.1" if local.version == 4 else "::1") if local.is_unspecified else local)
    return [str(address) for address in sorted(found, key=lambda address: (not address.is_loopback, address.version, address)) if not address.is_link_local]


def _command_line(pid):
    """A program that takes a process over has none for a moment, and one that has ended for good."""
    for _look in range(_LOOKS):
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            line = stream.read()
        if line:
            return line
        time.sleep(0.005)
    raise ProcessLookupError(f"process {pid} has no command line")


def _pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _program(pid):
    """Its name as a file, also of one that was replaced meanwhile, whatever the process calls itself; where that is hidden, as it was called.

    What it calls itself may be anything, such as C(nsd: xfrd).
    """
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)"))
    except PermissionError:
        called = _read(f"/proc/{pid}/cmdline").partition("\0")[0]
        return os.path.basename(called) or _read(f"/proc/{pid}/comm")


def _network(pid, here):
    """The number of its network's namespace; where that is hidden, the one of this process."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except PermissionError:
        return here


def _is_hidden(pid):
    try:
        os.readlink(f"/proc/{pid}/exe")
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _sockets(pid):
    inodes = set()
    with contextlib.suppress(OSError):
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                match = _SOCKET.fullmatch(os.readlink(f"/proc/{pid}/fd/{entry}"))
                if match:
                    inodes.add(match.group(1))
    return inodes


def _address(text):
    """An address of a table: words of four bytes, each in the machine's order."""
    raw = bytes.fromhex(text)
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    address = ipaddress.ip_address(raw)
    return getattr(address, "ipv4_mapped", None) or address


def _read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read().rstrip("\n")
