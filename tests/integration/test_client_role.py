# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role client on this host, with the C library's resolver, in a network and with an /etc of its own: what is there after runs that fail or are killed."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import threading
import time

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root and network namespaces")

RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
KEPT = pathlib.Path("/etc/resolv.conf.before-authoritative-dns")
BEFORE = "# the one of before\nnameserver 127.0.0.7\n"
UNRESOLVABLE = {"client_verify_names": ["pc1.example.com"]}  # by servers that refuse everything
SILENT = {"client_resolvers": ["127.0.0.8"]}
ON_TRIAL = "not seen to resolve names"


def of_its_own(directory, function):
    """What function returns where /etc is a copy, and two name servers answer."""

    def run():
        for command in (["mount", "-t", "tmpfs", "none", directory], ["cp", "-a", "/etc/.", directory], ["mount", "--bind", directory, "/etc"]):
            subprocess.run(command, check=True)
        RESOLV_CONF.unlink(missing_ok=True)
        RESOLV_CONF.write_text(BEFORE)
        threading.Thread(target=_refuse, args=(["127.0.0.1", "127.0.0.7"],), daemon=True).start()
        return function()

    return in_private_network(run, timeout=300)


def _refuse(addresses):
    sockets = []
    for address in addresses:
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((address, 53))
    while True:
        for readable in select.select(sockets, [], [])[0]:
            question, who = readable.recvfrom(4096)
            readable.sendto(question[:2] + b"\x81\x05" + question[4:], who)


class Client:
    def __init__(self, directory):
        self.directory = directory
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": ["authoritative.dns.client"]}
        (directory / "play.yml").write_text(yaml.safe_dump([play]))

    def begin(self, variables, *options, **arguments):
        given = {"client_resolvers": ["127.0.0.1"], "client_tools": False, "client_backend": "resolv_conf", **variables}
        given["ansible_python_interpreter"] = "{{ ansible_playbook_python }}"
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "true"}
        command = ["ansible-playbook", "-i", "localhost,", "play.yml", "-e", json.dumps(given), *options]
        return subprocess.Popen(
            command, cwd=self.directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, **arguments
        )

    def run(self, variables, *options):
        """Whether it succeeded, and what it said."""
        process = self.begin(variables, *options)
        output, _errors = process.communicate(timeout=120)
        return process.returncode == 0, " ".join(output.split())

    def killed(self, variables):
        """A run that is killed when the file was written."""
        process = self.begin(variables)
        before, until = RESOLV_CONF.read_text(), time.monotonic() + 60
        while RESOLV_CONF.read_text() == before and time.monotonic() < until:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)  # what a worker has begun it ends
        return RESOLV_CONF.read_text()


@pytest.fixture
def client(tmp_path):
    (tmp_path / "etc").mkdir()
    return Client(tmp_path)


def test_a_run_that_is_killed_loses_nothing(client):
    def story():
        yield "written", client.killed(UNRESOLVABLE)
        yield "again", client.run(UNRESOLVABLE)
        yield "back", RESOLV_CONF.read_text()

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    assert "nameserver 127.0.0.1\n" in found["written"]
    done, output = found["again"]
    assert not done and "nobody finds pc1.example.com" in output and "What was there before is back, the host asks 127.0.0.7." in output, output
    assert found["back"] == BEFORE


def test_a_run_that_is_killed_loses_nothing_where_no_declared_resolver_answers_any_more(client):
    def story():
        yield "written", client.killed(UNRESOLVABLE)
        yield "again", client.run(SILENT)
        yield "back", RESOLV_CONF.read_text()
        yield "refused", client.run(SILENT)

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    assert "nameserver 127.0.0.1\n" in found["written"]
    done, output = found["again"]
    assert not done and "No declared resolver answers" in output and "What was there before is back, the host asks 127.0.0.7." in output, output
    assert found["back"] == BEFORE
    assert not found["refused"][0] and "Nothing was changed. No declared resolver answers" in found["refused"][1], found["refused"][1]


def test_what_is_kept_is_what_was_there_last_and_nothing_of_the_role(client):
    def story():
        yield "first", client.run({})
        ours = RESOLV_CONF.read_text()
        RESOLV_CONF.write_text("".join(line for line in ours.splitlines(keepends=True) if "Written by the role" not in line))
        yield "earlier version", client.run({})
        yield "kept", KEPT.read_text()
        RESOLV_CONF.unlink()
        yield "nothing there", client.run({})
        yield "nothing kept", not KEPT.exists()

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    assert found["first"][0] and found["earlier version"][0] and found["nothing there"][0], found
    assert found["kept"] == BEFORE and found["nothing kept"]


def test_what_is_there_before_the_role_is_kept_and_what_it_wrote_last_comes_back(client):
    def story():
        yield "foreseen", client.run({}, "--check", "--diff")
        yield "first", client.run({})
        yield "ours", RESOLV_CONF.read_text()
        yield "kept", KEPT.read_text()
        yield "same", client.run({})
        yield "other", client.run({"client_timeout": 2, **UNRESOLVABLE})
        yield "back", RESOLV_CONF.read_text()

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    done, output = found["foreseen"]
    assert done and "+nameserver 127.0.0.1" in output and ON_TRIAL not in output, output
    assert found["first"][0] and "nameserver 127.0.0.1\n" in found["ours"] and ON_TRIAL not in found["ours"], found["first"]
    assert found["kept"] == BEFORE
    assert found["same"][0] and "changed=0" in found["same"][1], found["same"]
    done, output = found["other"]
    assert not done and "The old configuration is back, the host asks 127.0.0.1 as before." in output, output
    assert found["back"] == found["ours"]


def test_a_link_comes_back_after_a_run_that_is_killed(client):
    def story():
        RESOLV_CONF.rename("/etc/resolv.elsewhere")
        RESOLV_CONF.symlink_to("resolv.elsewhere")
        yield "written", client.killed(UNRESOLVABLE)
        yield "again", client.run(UNRESOLVABLE)
        yield "back", (os.readlink(RESOLV_CONF) if RESOLV_CONF.is_symlink() else None)
        yield "target", pathlib.Path("/etc/resolv.elsewhere").read_text()

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    assert "nameserver 127.0.0.1\n" in found["written"] and not found["again"][0]
    assert (found["back"], found["target"]) == ("resolv.elsewhere", BEFORE), found["again"]


@pytest.mark.parametrize("asks", ["dnsmasq", "unbound", "default"])
def test_networkmanager_that_has_another_program_ask_is_told_before_anything_is_changed(client, asks):
    busctl = client.directory / "bin/busctl"
    busctl.parent.mkdir()
    answers = "".join(json.dumps({"type": "s", "data": word}) + "\\n" for word in (asks, "symlink"))
    busctl.write_text(f"#!/bin/sh\ncase $* in *NetworkManager*) printf '{answers}' ;; *) exit 1 ;; esac\n")
    busctl.chmod(0o755)

    def story():
        os.environ["PATH"] = f"{busctl.parent}:{os.environ['PATH']}"
        yield "foreseen", client.run({"client_backend": "auto"}, "--check")
        yield "written", pathlib.Path("/etc/NetworkManager/conf.d/zz-authoritative-dns.conf").exists()

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    done, output = found["foreseen"]
    refused = asks != "default"
    assert (f"Nothing was changed. NetworkManager has {asks} ask for this host, which keeps no order" in output) == refused and not (done and refused), output
    assert not found["written"]


def test_what_the_command_line_gives_as_text_is_a_list_or_a_number(client):
    texts = {"client_search_domains": "Example.com,bücher.example", "client_resolver_options": "ndots:2", "client_timeout": "2", "client_attempts": "3"}
    texts = {**texts, "client_resolvers": "127.0.0.7,127.0.0.1", "client_tools": "no"}

    def story():
        yield "written", client.run(texts)
        yield "file", RESOLV_CONF.read_text()
        yield "refused", client.run({**texts, "client_verify_names": "pc1.example.com"})
        yield "mistakes", client.run({**texts, "client_search_domains": ["a b", "c"], "client_timeout": "31", "client_resolver_options": "rotate"})

    found = of_its_own(str(client.directory / "etc"), lambda: dict(story()))
    assert found["written"][0], found["written"][1]
    lines = [line for line in found["file"].splitlines() if not line.startswith("#")]
    said = ["search example.com xn--bcher-kva.example", "nameserver 127.0.0.7", "nameserver 127.0.0.1", "options timeout:2 attempts:3 ndots:2"]
    assert lines == said
    assert not found["refused"][0] and "through the declared resolvers nobody finds pc1.example.com." in found["refused"][1], found["refused"][1]
    done, output = found["mistakes"]
    for part in ("which these are not: \"a b\".", "not rotate: \"rotate\".", "client_timeout is 31; it can be 1 to 30 seconds."):
        assert not done and part in output.replace("\\", ""), output
