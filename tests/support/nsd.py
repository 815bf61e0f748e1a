# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real NSD on a free loopback port, for the length of a ``with`` block. It has no way out: NSD never recurses."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ansible_collections.authoritative.dns.tests.support.named import free_port

NSD = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin:/usr/local/sbin")


class Nsd(NamedTuple):
    address: str
    port: int


@contextlib.contextmanager
def running_nsd(
    zones: Mapping[str, str], *, address: str = "127.0.0.1", keys: Mapping[str, str] | None = None, zone_options: str = ""
) -> Iterator[Nsd]:
    """Run ``nsd`` with ``zones`` ({name: master file text, or None for a zone that was never transferred}).

    ``keys``: {TSIG key name: base64 secret}, algorithm hmac-sha256. ``zone_options``: lines of every zone's clause, such
    as ``provide-xfr: 127.0.0.1 NOKEY``.
    """
    if NSD is None:
        raise FileNotFoundError("nsd is not installed: install the package nsd")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="running-nsd-"))
    port = free_port(address)
    text = f"""server:
  ip-address: {address}@{port}
  server-count: 1
  username: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: ""
  xfrdfile: "{directory}/xfrd.state"
  xfrdir: "{directory}"
  zonelistfile: "{directory}/zone.list"
  logfile: "{directory}/log"
remote-control:
  control-enable: no
"""
    for name, secret in (keys or {}).items():
        text += f'key:\n  name: "{name}"\n  algorithm: hmac-sha256\n  secret: "{secret}"\n'
    for name, zone in zones.items():
        text += f'zone:\n  name: "{name}"\n  zonefile: "{name}.zone"\n{zone_options}\n'
        if zone is not None:
            (directory / f"{name}.zone").write_text(zone)
    (directory / "nsd.conf").write_text(text)
    process = subprocess.Popen([NSD, "-d", "-c", str(directory / "nsd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nsd does not answer:\n{(directory / 'log').read_text()}")
            with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
                break
            time.sleep(0.02)
        yield Nsd(address, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(directory, ignore_errors=True)
