# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question that resolver_info asks, answered by a real name server, by nobody, and by a liar."""
from __future__ import annotations

import os
import socket
import sys
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.modules.resolver_info import Questions
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network

needs_network = pytest.mark.skipif(not can_make_private_networks(), reason="needs root and network namespaces")


def ask(port: int, tries: int = 1) -> dict:
    questions = Questions(["127.0.0.1"], timeout=0.4, tries=tries)
    questions.port = port
    return questions.ask()[0]


@pytest.fixture(scope="module")
def server():
    with running_named({"example.com": zone_text("example.com")}) as named:
        yield named


def test_a_refusal_is_an_answer(server):
    assert ask(server.port) == {"address": "127.0.0.1", "answered": True, "detail": "REFUSED"}


def test_a_server_that_hangs_is_silent_until_it_goes_on(server):
    server.freeze()
    time.sleep(0.1)  # until the signal has reached every thread
    try:
        assert ask(server.port) == {"address": "127.0.0.1", "answered": False, "detail": "no answer"}
    finally:
        server.thaw()
    assert ask(server.port)["answered"]


def test_a_closed_port_is_told_and_takes_no_longer_than_the_tries():
    started = time.monotonic()
    assert ask(free_port(), tries=2) == {"address": "127.0.0.1", "answered": False, "detail": "port closed"}
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "forge",
    [
        lambda question: bytes([question[0] ^ 1]) + question[1:2] + b"\x80\0" + bytes(8),  # another question's answer
        lambda question: question,  # an echo is no answer
        lambda question: question[:2] + b"\x80",  # cut short
        lambda question: b"",
    ],
)
def test_what_is_no_answer_does_not_count(forge):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind(("127.0.0.1", 0))
        liar.settimeout(5)

        def lie():
            question, asker = liar.recvfrom(512)
            liar.sendto(forge(question), asker)

        lying = threading.Thread(target=lie)
        lying.start()
        assert not ask(liar.getsockname()[1])["answered"]
        lying.join()


def look(ask, **arguments):
    """What the module says on a host whose resolver is a BIND that has example.com and nothing else."""

    def asked():
        with running_named({"example.com": zone_text("example.com")}, port=53):
            return run_module("resolver_info", ask=ask, **arguments)

    resolv_conf = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
    return in_private_network(asked, files={"/etc/resolv.conf": resolv_conf, "/etc/nsswitch.conf": "hosts: files dns\n"})


@needs_network
def test_names_are_looked_up_through_the_declared_resolvers_as_programs_do_it():
    found = look(["127.0.0.1"], resolve=["ns1.example.com", "nobody.example.com", "www.example.net", "localhost"])
    # localhost is in /etc/hosts, which is not asked.
    assert found["unresolved"] == ["nobody.example.com", "www.example.net", "localhost"]


@needs_network
def test_through_others_than_the_declared_resolvers_nothing_is_looked_up():
    assert "unresolved" not in look(["127.0.0.2", "127.0.0.1"], resolve=["ns1.example.com"], tries=1, timeout=0.2)


def test_it_tells_all_that_it_takes_to_put_a_file_back(tmp_path):
    plain, link, absent, below = (tmp_path / name for name in ("plain", "link", "absent", "no directory/file"))
    plain.write_bytes(b"nameserver 192.0.2.1\n\xff")
    plain.chmod(0o640)
    link.symlink_to("plain")
    read = run_module("resolver_info", read_files=[str(path) for path in (plain, link, absent, below, tmp_path)])["read_files"]
    owner, group = os.stat(plain).st_uid, os.stat(plain).st_gid
    assert read[str(plain)] == {"kind": "file", "content": "bmFtZXNlcnZlciAxOTIuMC4yLjEK/w==", "owner": owner, "group": group, "mode": "0640"}
    assert read[str(link)] == {"kind": "link", "target": "plain"}
    assert read[str(absent)] == {"kind": "absent", "directory": True}
    assert read[str(below)] == {"kind": "absent", "directory": False}
    assert read[str(tmp_path)] == {"kind": "other"}


def test_tools_that_are_not_there_are_told(tmp_path, monkeypatch):
    program = tmp_path / "dig"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert run_module("resolver_info")["missing_tools"] == []
    monkeypatch.setenv("PATH", str(tmp_path))
    program.chmod(0o644)
    assert run_module("resolver_info")["missing_tools"] == ["dig"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "dns"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not os.path.isdir(os.path.join(path, "dns"))])
    assert run_module("resolver_info")["missing_tools"] == ["dig", "dnspython"]
