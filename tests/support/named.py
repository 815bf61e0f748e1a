# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real BIND on a free loopback port, for the length of a ``with`` block.

    with running_named({"example.com": zone_text("example.com", serial=7)}) as server:
        ask(server.address, server.port)

The server has no way out: recursion, empty zones, trust anchors and NOTIFY are off, and every packet it sends has a
loopback source address.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

NAMED = shutil.which("named") or shutil.which("named", path="/usr/sbin:/usr/local/sbin")


def zone_text(name: str, serial: int = 1, records: str = "", timers: str = "3600 600 1209600 300") -> str:
    """A small valid zone: SOA, one name server with an address inside the zone, and ``records`` (master file lines)."""
    apex = name.rstrip(".") + "."
    return (
        f"$ORIGIN {apex}\n$TTL 300\n"
        f"@ SOA ns1 hostmaster {serial} {timers}\n"
        "@ NS ns1\nns1 A 127.0.0.1\n" + textwrap.dedent(records).strip("\n") + "\n"
    )


def free_port(address: str = "127.0.0.1") -> int:
    """A port of this loopback address that is free for UDP and TCP at this moment, and no connection's later: a server may be stopped and start again."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _attempt in range(50):
        port = random.SystemRandom().randrange(10240, 32768)  # from there on Linux gives ports to connections (ip_local_port_range in ip(7))
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            try:
                for listening in (tcp, udp):
                    listening.bind((address, port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no port of {address} is free for both UDP and TCP")


def has_no_way_out() -> bool:
    """Whether this process is in a network that has loopback and nothing else (see private_network.py)."""
    return [name for _index, name in socket.if_nameindex()] == ["lo"]


@dataclass
class Named:
    """A running server. ``write_zone`` and ``reload`` change what it serves; ``log`` is for failing tests."""

    address: str
    port: int
    directory: pathlib.Path
    process: subprocess.Popen = field(repr=False)

    def log(self) -> str:
        return (self.directory / "named.log").read_text(errors="replace")

    def zone_file(self, name: str) -> pathlib.Path:
        return self.directory / f"{name.rstrip('.')}.zone"

    def write_zone(self, name: str, text: str) -> None:
        self.zone_file(name).write_text(text)

    def reload(self) -> None:
        """Have zones and configuration read again; the change is visible shortly after, so poll for it."""
        self.process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """Stop answering without closing the sockets (what a hanging server looks like)."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)  # or one of its threads may answer once more

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def configuration(
    directory: pathlib.Path,
    address: str,
    port: int,
    zones: Mapping[str, str],
    options: str = "",
    keys: Mapping[str, str] | None = None,
    statements: str = "",
) -> str:
    """The text of named.conf; ``options`` go inside ``options {}``, ``statements`` after everything else."""
    parsed = ipaddress.ip_address(address)
    if not (parsed.is_loopback or has_no_way_out()):
        raise ValueError(f"{address} is not a loopback address: test servers have no way out")
    if "recursion yes" in options and not has_no_way_out():
        raise ValueError("a server with recursion has a way out; run it in a private network")
    listen, deaf, v6 = ("listen-on", "listen-on-v6", "") if parsed.version == 4 else ("listen-on-v6", "listen-on", "-v6")
    text = f"""options {{
    directory "{directory}";
    pid-file none;
    {listen} port {port} {{ {address}; }};
    {deaf} {{ none; }};
    query-source{v6} address {address};
    transfer-source{v6} {address};
    notify-source{v6} {address};
    {"" if "recursion " in options else "recursion no;"}
    empty-zones-enable no;
    dnssec-validation no;
    {"" if "notify " in options else "notify no;"}
    {"" if "allow-transfer " in options else "allow-transfer { any; };"}
    {options}
}};
controls {{ }};
"""
    for name, secret in (keys or {}).items():
        text += f'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'
    for name in zones:
        text += f'zone "{name}" {{ type primary; file "{name.rstrip(".")}.zone"; }};\n'
    return text + statements


@contextlib.contextmanager
def running_named(
    zones: Mapping[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
    port: int | None = None,
    options: str = "",
    keys: Mapping[str, str] | None = None,
    statements: str = "",
    files: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    ready_within: float = 10.0,
) -> Iterator[Named]:
    """Run ``named`` as the primary of ``zones`` ({name: master file text}) and yield it once it answers.

    ``options``: lines inside ``options {}``, such as ``allow-transfer { none; };`` (all may transfer otherwise).
    ``keys``: {TSIG key name: base64 secret}, algorithm hmac-sha256.
    ``statements``: further top-level configuration, such as the stanza of a zone of type secondary.
    ``files``: {name: text} of further files in the server's directory.
    ``arguments``: further ones on the command line.
    """
    if NAMED is None:
        raise FileNotFoundError("named is not installed: install the package bind9 (Debian) or bind (Fedora family)")
    zones = zones or {}
    directory = pathlib.Path(tempfile.mkdtemp(prefix="running-named-"))
    process = None
    try:
        for name, text in zones.items():
            (directory / f"{name.rstrip('.')}.zone").write_text(text)
        for name, text in (files or {}).items():
            (directory / name).write_text(text)
        for _attempt in range(3):  # another process may take the free port first
            chosen = port or free_port(address)
            (directory / "named.conf").write_text(
                configuration(directory, address, chosen, zones, options, keys, statements)
            )
            process = subprocess.Popen(
                [NAMED, "-f", "-n", "1", "-c", str(directory / "named.conf"), "-L", str(directory / "named.log"), *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            server = Named(address, chosen, directory, process)
            if _is_up(server, ready_within):
                break
            server.stop()
        else:
            raise RuntimeError(f"named does not answer on {address} (it listens only on addresses that an interface has):\n{server.log()[-4000:]}")
        yield server
    finally:
        if process is not None and process.poll() is None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _is_up(server: Named, seconds: float) -> bool:
    """Whether the server says that it runs and takes connections; False when the port was taken by somebody else."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            log = server.log()
            if "address in use" in log:
                return False
            if " running\n" in log:
                with socket.create_connection((server.address, server.port), 1):
                    return True
        time.sleep(0.02)
    return False
