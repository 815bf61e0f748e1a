# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What named says of zones over its control channel is what it tells rndc, and rndc is asked where the channel cannot be used."""

from __future__ import annotations

import base64
import os

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind, bind_control
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed")
VIEWS = [{"name": "internal", "match_clients": ["127.0.0.2"]}, {"name": "external"}]
NS = {"type": "NS", "value": "ns1.example."}
ZONES = [{"name": f"z{number}.test", "view": view, "records": [NS]} for number in range(20) for view in ("internal", "external")]
PLACES = [(f"z{number}.test", "IN", view) for number in range(20) for view in ("internal", "external")]
STRANGE = [("z1.test",), ("nowhere.test", "IN", "internal"), ("z1.test", "IN", "no-such-view"), ("broken.test", "IN", "internal")]


@pytest.fixture
def host(tmp_path):
    with running_host(BindHost, tmp_path / "host") as running:
        yield running


class Counting:
    """A software adapter whose processes are counted."""

    def __init__(self, host):
        self.host, self.commands = host, []

    def find(self, name):
        return self.host.find(name)

    def run(self, command):
        self.commands.append([os.path.basename(command[0]), *command[1:]])
        return self.host.run(command)

    def processes_of(self, program):
        return [words for words in self.commands if words[0] == program]


def test_it_says_of_every_zone_what_it_tells_rndc(host):
    host.bring_declared(ZONES, views=VIEWS)
    with open(host.current / "view-internal.conf", "a", encoding="utf-8") as stream:
        stream.write('zone "broken.test" { type primary; file "nowhere"; };\n')
    assert host.run([host.find("rndc"), "reconfig"])[0] == 0
    counting = Counting(host)
    found = {place: said for place, *said in bind_control.statuses(counting, [*PLACES, *STRANGE])}
    assert not counting.processes_of("rndc")
    for place in [*PLACES, *STRANGE]:
        code, out, err = host.run([host.find("rndc"), "zonestatus", *place])
        there, said = found[place]
        assert there == (not code), place
        if there:
            assert said.splitlines() == out.splitlines()
        else:
            assert set(said.split()) <= set(err.split()), (said, err)
    assert all(found[place][0] for place in PLACES) and not any(found[place][0] for place in STRANGE)


def test_rndc_is_asked_where_the_channel_refuses_the_key_and_says_why(host):
    host.bring_declared(ZONES[:2], views=VIEWS)
    host.lose_control()
    counting = Counting(host)
    found = list(bind_control.statuses(counting, PLACES[:2]))
    assert len(counting.processes_of("rndc")) == 2 and not any(there for _place, there, _said in found)
    with pytest.raises(Refused, match="rndc zonestatus says rndc: "):
        host.software(processes.run, host.find, host.layout)._statuses(PLACES[:1])


def test_of_a_server_that_hangs_rndc_asks_once_and_not_for_every_zone(host, monkeypatch):
    host.bring_declared(ZONES[:2], views=VIEWS)
    monkeypatch.setattr(bind_control, "_PATIENCE", 0.5)
    monkeypatch.setattr(host, "limit", 1.0)
    commands = []

    def run(command, **limits):
        commands.append(command)
        return host.run(command, **limits)

    software = host.software(run, host.find, host.layout)
    host.freeze()
    try:
        with pytest.raises(Refused, match="rndc zonestatus says "):
            software._statuses(PLACES)
    finally:
        host.thaw()
    assert len([command for command in commands if "zonestatus" in command]) == 1


def test_an_answer_that_somebody_else_signed_is_none(host):
    host.bring_declared(ZONES[:2], views=VIEWS)
    address, port, algorithm, secret = bind_control._reached(Counting(host))
    with bind_control._Channel(address, port, algorithm, secret) as channel:
        real = channel._signature
        channel._signature = lambda body: real(body) if b"_rpl" not in body else base64.b64encode(b"x" * 32).ljust(88, b"\0")
        with pytest.raises(bind_control._Failed):
            channel.carry_out("zonestatus z1.test IN internal")


def test_the_number_of_processes_does_not_depend_on_the_number_of_zones(host, monkeypatch):
    commands = []
    run = type(host).run
    monkeypatch.setattr(type(host), "run", lambda self, command, **limits: (commands.append(" ".join(command)), run(self, command, **limits))[1])
    host.bring_declared(ZONES, views=VIEWS)
    few = len([command for command in commands if "zonestatus" in command])
    commands.clear()
    host.bring_declared([{**zone, "records": [NS, {"name": "www", "type": "A", "value": "192.0.2.1"}]} for zone in ZONES], views=VIEWS)
    changed = len([command for command in commands if "zonestatus" in command])
    assert few == changed == 0


def test_it_is_told_to_ask_for_more_zones_than_rndc_could_tell_it_one_by_one(host, monkeypatch):
    monkeypatch.setattr(bind, "_REFRESH_AT_MOST", 2)
    zones = [f"z{number}.test" for number in range(20)]
    host.bring({}, secondary=zones)
    counting = Counting(host)
    software = host.software(counting.run, host.find, host.layout)
    software.refresh(zones)
    assert all(f"received control channel command 'refresh {zone}'" in host.log() for zone in zones)
    assert not counting.processes_of("rndc")
    host.lose_control()
    software.refresh(zones)
    assert [words[-2:] for words in counting.processes_of("rndc")] == [["refresh", zone] for zone in zones[:2]]
