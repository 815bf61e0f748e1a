# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a function in a network of its own that has loopback and nothing else, with files in /etc of its own.

    found = in_private_network(look, files={"/etc/resolv.conf": "nameserver 127.0.0.1\n"}, addresses=["127.0.0.2"])

Needs root; what it changes is seen by the function only, and gone afterwards.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000


def can_make_private_networks() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "--net", "--mount", "true"], check=False, capture_output=True).returncode == 0


def in_private_network(
    function: Callable[[], Any], files: Mapping[str, str] | None = None, addresses: Sequence[str] = (), timeout: float = 60.0
) -> Any:
    """What ``function`` returns (anything that can be pickled). Raises what it raises, as text.

    files: {path that exists: content seen instead}. addresses: what loopback gets besides 127.0.0.1 and ::1.
    """
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, function, dict(files or {}), list(addresses)))
    process.start()
    theirs.close()
    try:
        if not mine.poll(timeout):
            raise TimeoutError(f"nothing came out of the private network in {timeout:g} s")
        error, result = mine.recv()
        process.join(10)  # it ends by itself, and writes which lines it reached
    finally:
        process.kill()
        process.join()
    if error:
        raise AssertionError(error)
    return result


def _run(pipe: Any, function: Callable[[], Any], files: dict[str, str], addresses: list[str]) -> None:
    try:
        _enter(files, addresses)
        pipe.send((None, function()))
    except BaseException as error:
        pipe.send((f"{type(error).__name__}: {error}", None))


def _enter(files: dict[str, str], addresses: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot make a private network")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in addresses:
        more = ["nodad"] if ":" in address else []
        subprocess.run(["ip", "address", "add", f"{address}/{128 if more else 32}", "dev", "lo", *more], check=True)
    for path, content in files.items():
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(content)
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, path], check=True)
        os.unlink(file.name)
