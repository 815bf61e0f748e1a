# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server that hangs, takes no commands, reads other files or is another one: a run says so, and changes nothing that it cannot prove."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import condition, listeners
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.named import NAMED, free_port, running_named
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

OLD = {"example.com": {"www": "192.0.2.1"}, "example.org": {"www": "192.0.2.2"}}
NEW = {"example.com": {"www": "192.0.2.77"}, "example.org": {"www": "192.0.2.2"}}
RUNS_THAT_HANG = 17  # for each program; all but the first go on after a moment


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def host(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        running.bring(OLD)
        yield running


def assert_converges(host, zones):
    host.bring(zones)
    expected, deadline = {records["www"] for records in zones.values()}, time.monotonic() + 10
    # A process of NSD that is about to end may still answer while the next one does already.
    while (served := {host.ask(f"www.{zone}", "A")[0] for zone in zones}) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert served == expected
    assert not host.bring(zones)["changed"]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common._PATIENCE", 0.5)


def test_a_server_that_takes_no_commands_is_not_taken_for_a_stopped_one(host, impatient):
    before, serial = host.tree(), host.serial("example.com")
    host.lose_control()
    told = rf"{host.software.daemon} runs and takes no commands: {host.control} \w+ says \S.*see to it that it does, or stop it"
    for work in host.bring, host.preview:
        with pytest.raises(Refused, match=told):
            work(NEW)
    assert host.tree() == before and host.serial("example.com") == serial
    host.stop()  # which is the other way out
    host.mend_control()
    host.start()
    assert_converges(host, NEW)


@contextlib.contextmanager
def starting_again_and_again(host, command):
    """The program, which is killed after half a second each time."""
    again = f"while :; do timeout --signal=KILL 0.5 {shlex.join(command)} -p {free_port('127.0.0.1')}; done"
    with subprocess.Popen(["bash", "-c", again], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as trying:
        try:
            while not any(str(host.config_file) in process.words for process in listeners.processes(host.software.daemon)):
                time.sleep(0.01)
            yield
        finally:
            os.killpg(trying.pid, signal.SIGKILL)


@pytest.mark.parametrize("systemd", [True, False])
@pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed")
def test_a_server_that_starts_again_and_again_is_not_taken_for_one_that_runs(tmp_path, impatient, systemd):
    """As systemd does with a PowerDNS that its package starts without a backend: what a run brings is what it lacks."""
    with running_host(BindHost, tmp_path) as host:
        host.bring(OLD)
        host.lose_control()
        host.stop()
        host.systemd = systemd
        with starting_again_and_again(host, host.command()):
            assert host.preview(NEW)["changed"]


def test_a_server_that_hangs_is_not_taken_for_a_stopped_one_and_what_was_to_be_loaded_still_is(host):
    (host.root / "state/reload-pending").touch()
    before = host.tree()
    host.freeze()
    started = time.monotonic()
    with pytest.raises(Refused, match=rf"{host.software.daemon} runs and takes no commands: {host.software.daemon} \(process \d+\) is stopped by a signal"):
        host.bring(NEW)
    assert host.tree() == before and time.monotonic() - started < 5
    host.thaw()
    assert host.ask("www.example.com", "A") == ["192.0.2.1"]
    assert host.bring(OLD)["reloaded"] and not (host.root / "state/reload-pending").exists()
    assert_converges(host, NEW)


def test_what_a_running_server_missed_is_found_and_loaded(host, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(condition, "runs", lambda state: False)  # as earlier versions did where it took no commands
        assert not host.bring(NEW)["reloaded"]
    assert host.ask("www.example.com", "A") == ["192.0.2.1"]
    assert host.preview(NEW)["changed"]
    assert host.bring(NEW)["reloaded"] and host.ask("www.example.com", "A") == ["192.0.2.77"]
    assert not host.bring(NEW)["changed"]


@pytest.mark.skipif(NAMED is None, reason="named is not installed")
def test_another_program_on_the_port_is_told_even_where_nothing_is_to_change(host):
    host.stop()
    with running_named({}, port=host.port) as other:
        how = f" with -c {other.directory}/named.conf, and not with {host.config_file}" if isinstance(host, BindHost) else ""
        told = rf"named \(process {other.process.pid}\){re.escape(how)} has port {host.port} of 127\.0\.0\.1, which {host.daemon} needs\. Stop and disable it"
        for zones in OLD, NEW:
            with pytest.raises(Refused, match=told):
                host.bring(zones)
    host.start()
    assert_converges(host, NEW)


def test_who_has_the_port_of_one_address_is_in_the_way_of_a_server_that_takes_all_with_one_socket(host):
    """As systemd-resolved has 127.0.0.53. named takes address by address, and does without that one."""
    everywhere = Settings(listen_on=("any",), allow_query=("any",))
    before = host.tree()
    with socket.create_server(("127.0.0.53", host.port)):
        if isinstance(host, BindHost):
            assert host.preview(OLD, settings=everywhere)["changed"]
        else:
            told = rf" \(process {os.getpid()}\) has port {host.port} of 127\.0\.0\.53, which {host.daemon} needs.* any in nameserver_listen_on"
            with pytest.raises(Refused, match=told):
                host.preview(OLD, settings=everywhere)
        assert not host.preview(OLD)["changed"]
    assert host.preview(OLD, settings=everywhere)["changed"]
    assert host.tree() == before


def test_of_several_addresses_the_one_that_another_program_has_may_be_left_out(host):
    with socket.create_server(("127.0.0.8", host.port)):
        told = rf"has port {host.port} of 127\.0\.0\.8, which {host.daemon} needs\..* or list only other addresses in nameserver_listen_on"
        with pytest.raises(Refused, match=told):
            host.preview(OLD, settings=Settings(listen_on=("127.0.0.8", "127.0.0.1"), allow_query=("any",)))


@pytest.mark.parametrize("listens", [True, False])
def test_a_service_that_starts_the_program_with_another_configuration_is_told(host, impatient, monkeypatch, listens):
    if not listens and not isinstance(host, BindHost):
        pytest.skip("the others always listen")
    host.stop()
    elsewhere = host.root / "elsewhere.conf"
    nowhere = "options { listen-on { none; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };"
    elsewhere.write_text(host.config_file.read_text() if listens else nowhere)
    properly = host.command()
    command = [str(elsewhere) if word == str(host.config_file) else word for word in properly]
    monkeypatch.setattr(host, "command", lambda: command)
    monkeypatch.setattr(host, "is_up", lambda: bool(host.runs() and time.sleep(0.5) is None))
    host.start()
    before = host.tree()
    with pytest.raises(Refused, match=rf"{host.software.daemon} \(process \d+\) (runs )?with \S+ {elsewhere}, and not with {host.config_file}"):
        host.bring(NEW)
    if not listens:  # nor does it help that somebody tries to start it properly beside the service
        host.lose_control()
        before = host.tree()
        with starting_again_and_again(host, command=properly), pytest.raises(Refused, match=rf"runs with \S+ {elsewhere}"):
            host.bring(NEW)
    assert host.tree() == before


def test_a_secondary_that_the_server_never_heard_of_is_noticed(host):
    host.ignored = {tuple(host.reconfigures.split())}
    told = "the server read its configuration and does not know example.net; its log says why"
    with host.application(OLD, secondary=("example.net",)) as application, pytest.raises(Refused, match=told):
        application.apply(os.replace)
    assert application.reached == "What was there before is in place again, and the server serves it."
    host.ignored = set()
    assert host.bring(OLD, secondary=("example.net",))["reloaded"]


@pytest.mark.parametrize("starts", [True, False])
def test_what_is_said_after_a_failure_is_what_was_seen(host, monkeypatch, starts):
    run, other = host.run, {**OLD, "example.com": {"www": "192.0.2.8"}}

    def deadly(command, **limits):
        """The command kills the server."""
        if {"reload", "zone-reload"} & set(command) and host.runs():
            host.stop()
            return 1, "", "the server went away"
        return run(command, **limits)

    with host.application(other) as application:
        monkeypatch.setattr(host, "run", deadly)
        application.software.run = deadly
        host.refused = set() if starts else {"restart"}
        with pytest.raises(Refused, match="the server went away"):
            application.apply(os.replace)
    host.refused = set()
    monkeypatch.setattr(host, "run", run)
    if starts:  # what the new state ended is started with the one before
        assert application.reached == "What was there before is in place again, and the server serves it."
        assert host.ask("www.example.com", "A") == [OLD["example.com"]["www"]]
    else:
        told = f"What was there before is in place again, but the server did not take it: systemctl restart {host.daemon} fails: refused for a test."
        assert application.reached == told
        host.start()
    assert_converges(host, other)


def test_a_secondary_that_does_not_run_any_more_is_not_said_to_serve(host, monkeypatch):
    """Nothing that it has is in a file whose serial it could be asked for."""
    run = host.run
    host.bring({}, secondary=("example.net",))

    def deadly(command, **limits):
        """Whatever has it read its configuration kills it."""
        if {*host.reconfigures.split()} & set(command) and host.runs():
            host.stop()
            return 1, "", "the server went away"
        return run(command, **limits)

    with host.application({}, secondary=("example.net", "example.edu")) as application:
        monkeypatch.setattr(host, "run", deadly)
        application.software.run = deadly
        host.refused = {"restart"}
        with pytest.raises(Refused, match="the server went away"):
            application.apply(os.replace)
    host.refused = set()
    assert application.reached.startswith("What was there before is in place again, but the server did not take it: ")
    assert (host.root / "state/reload-pending").exists()


def test_runs_with_a_server_that_hangs_at_any_moment_end_in_old_or_new_and_say_which(host, tmp_path):
    generator, serving, told = random.Random(host.daemon), "192.0.2.1", tmp_path / "told"
    host.limit = 2.0
    for number in range(RUNS_THAT_HANG):
        wanted = f"192.0.2.{100 + number}"
        told.write_text("died")
        child = os.fork()
        if not child:
            try:
                with host.application({**OLD, "example.com": {"www": wanted}}) as application:
                    told.write_text(application.reached)
                    try:
                        application.apply(os.replace)
                        told.write_text("done")
                    except Refused:
                        told.write_text(application.reached)
            except Refused:
                told.write_text("Nothing was changed.")
            finally:
                os._exit(0)
        time.sleep(generator.uniform(0, 0.6))
        started = time.monotonic()
        host.freeze()
        if number % RUNS_THAT_HANG:
            time.sleep(0.3)
            host.thaw()
        os.waitpid(child, 0)
        assert time.monotonic() - started < 40
        host.thaw()
        outcome, answer = told.read_text(), host.ask("www.example.com", "A")[0]
        if outcome == "done":
            assert answer == wanted
        elif outcome.startswith(("Nothing was changed.", "What was there before is in place again, and the server serves it")):
            assert answer == serving
        else:
            assert re.search("did not take it|does not serve example.com", outcome) and answer in (serving, wanted)
        serving = answer
    assert_converges(host, NEW)


def test_a_zone_that_needs_long_to_load_is_waited_for(host, monkeypatch):
    """The server takes longer than for small zones, as with millions of records; here it is told late."""
    run, late = host.run, []
    large = {**OLD, "example.com": {f"h{number}": "192.0.2.77" for number in range(60000)}}

    def slow(command, **limits):
        if {"reload", "zone-reload"} & set(command) and "example.com" in command:
            late.append(threading.Timer(11.5, run, [command], limits))
            late[-1].start()
            return 0, "", ""
        return run(command, **limits)

    monkeypatch.setattr(host, "run", slow)
    assert host.bring(large)["reloaded"] and len(late) == 1
    assert host.ask("h59999.example.com", "A") == ["192.0.2.77"]
