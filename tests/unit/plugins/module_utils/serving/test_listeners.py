# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.listeners import Process, holders, processes
from ansible_collections.authoritative.dns.tests.support.named import free_port

KINDS = [(family, kind, host) for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]


@pytest.mark.parametrize(("family", "kind", "address"), KINDS)
@pytest.mark.parametrize("everywhere", [False, True])
def test_who_has_a_port_of_an_address_is_found(family, kind, address, everywhere):
    with socket.socket(family, kind) as link:
        bound = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}[family] if everywhere else address
        link.bind((bound, 0))
        if kind == socket.SOCK_STREAM:
            link.listen()
        port = link.getsockname()[1]
        ((process, told),) = holders([address, "192.0.2.1"], port)
        assert (process.pid, process.name, told) == (os.getpid(), os.path.basename(os.path.realpath(sys.executable)), bound)
        assert holders([address], port, known=[process]) == []
        assert bool(holders(["127.0.0.9"], port)) == everywhere
    assert holders([address], port) == []


@pytest.mark.parametrize(("family", "kind", "address"), KINDS)
def test_whoever_has_a_port_of_one_address_is_in_the_way_of_who_wants_that_of_all(family, kind, address):
    with socket.socket(family, kind) as link:
        link.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            link.listen()
        port = link.getsockname()[1]
        found = {everywhere: [told for _process, told in holders([everywhere], port)] for everywhere in ("0.0.0.0", "::")}
        assert found == {"0.0.0.0": [address] if family == socket.AF_INET else [], "::": [address] if family == socket.AF_INET6 else []}


def test_a_connection_is_nobody_who_listens():
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.connect(("127.0.0.1", port))
        assert holders(["127.0.0.1"], port) == [] and holders(["127.0.0.1"], link.getsockname()[1]) == []


def test_processes_are_known_by_their_programs_file_and_not_when_they_are_gone():
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        try:
            while not (seen := [process for process in processes("sleep") if process.pid == sleeper.pid]):
                assert sleeper.poll() is None
            (found,) = seen
            assert found.words == ["60"] and not found.stopped
            sleeper.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
            assert Process(sleeper.pid).stopped
        finally:
            sleeper.kill()
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert sleeper.pid not in [process.pid for process in processes("sleep")]


@pytest.mark.parametrize(("words", "serves"), [(["-v"], False), (["-u"], True), (["-v", "-"], True)])
def test_who_tells_its_version_is_no_server(tmp_path, words, serves):
    program = shutil.copy(shutil.which("cat"), tmp_path / "named")  # which takes these words, and time
    with subprocess.Popen([program, *words], stdin=subprocess.PIPE) as process:
        try:
            wait_until_it_runs(process.pid, words)
            assert (process.pid in [found.pid for found in processes("named")]) == serves
        finally:
            process.kill()


def wait_until_it_runs(pid, words):
    deadline = time.monotonic() + 10
    while Process(pid).words != words:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_whose_program_has_just_taken_its_place_is_not_taken_for_one_without_arguments():
    """The kernel tells the program's file before it tells the command line."""
    with subprocess.Popen(["sh", "-c", "for n in $(seq 3000); do sleep 0; done"]) as storm:
        seen = []
        while storm.poll() is None:
            seen += [process.words for process in processes("sleep")]
    assert ["0"] in seen and [] not in seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network of its own")
def test_processes_in_the_network_of_a_container_are_not_this_hosts():
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as sleeper:
        try:
            while os.path.basename(os.readlink(f"/proc/{sleeper.pid}/exe")) != "sleep":
                assert sleeper.poll() is None
            assert sleeper.pid not in [process.pid for process in processes("sleep")]
        finally:
            sleeper.kill()


HOLD = """
import ctypes, socket, time
ctypes.CDLL(None).prctl(15, b"holder: child")  # PR_SET_NAME, as NSD calls its processes
link = socket.socket(type=socket.SOCK_DGRAM)
link.bind(("127.0.0.1", 0))
print(link.getsockname()[1], flush=True)
time.sleep(60)
"""
TELL = """
from ansible_collections.authoritative.dns.plugins.module_utils.serving.listeners import holders, processes
own = [process for process in processes({name!r}) if process.pid == {pid}]
print([process.pid for process in own], holders(["127.0.0.1"], {port}, own), holders(["127.0.0.1"], {port}))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights")
def test_a_root_that_may_not_look_into_processes_accuses_nobody_where_its_own_server_runs(tmp_path):
    """So it is in most containers: what other users' processes have open is hidden, CAP_SYS_PTRACE being away."""
    program = shutil.copy2(os.path.realpath("/usr/bin/python3"), tmp_path / "holder")
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)
    with subprocess.Popen(["setpriv", "--reuid=65534", "--clear-groups", program, "-c", HOLD], stdout=subprocess.PIPE, text=True) as holder:
        try:
            port = int(holder.stdout.readline())
            tell = TELL.format(name="holder", pid=holder.pid, port=port)
            command = ["setpriv", "--bounding-set=-sys_ptrace", sys.executable, "-c", tell]
            told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
        finally:
            holder.kill()
    assert told == f"[{holder.pid}] [] [(None, '127.0.0.1')]"
