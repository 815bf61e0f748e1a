# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One zone of many: BIND and Knot DNS are told of it, and read their configuration of all others not again. What is declared is there after a restart too."""

from __future__ import annotations

import os
import pathlib
import signal

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

MANY = [{"name": f"zone{number}.test", "records": [{"type": "NS", "value": "ns1.example."}]} for number in range(1200)]
BEFORE = {"changed.example": ("192.0.2.1", {}), "removed.example": ("192.0.2.2", {})}
AFTER = {"changed.example": ("192.0.2.11", {}), "added.example": ("192.0.2.3", {})}
OTHERWISE = {**AFTER, "changed.example": ("192.0.2.12", {"allow_query": ["any"]})}
NAMES = ("changed.example", "removed.example", "added.example")


def zones(declared):
    records = {"type": "NS", "value": "ns1.example."}
    few = [{"name": name, "records": [records, {"name": "www", "type": "A", "value": value}], **more} for name, (value, more) in declared.items()]
    return [*MANY, *few]


def served(host):
    return {name: found[0] for name in NAMES if (found := host.ask(f"www.{name}", "A"))}


def expected(declared):
    return {name: value for name, (value, _more) in declared.items()}


def start_again(host):
    host.signal(signal.SIGKILL)
    host.start()


def brought(kind, place):
    with running_host(kind, place) as host:
        host.bring_declared(zones(BEFORE))
        assert served(host) == expected(BEFORE)
        yield host


@pytest.fixture(params=[kind for kind in INSTALLED if kind in (BindHost, KnotHost)], ids=lambda kind: kind.daemon)
def host(request, tmp_path):
    yield from brought(request.param, tmp_path / "host")


@pytest.fixture
def bind_host(tmp_path):
    yield from brought(BindHost, tmp_path / "host")


def test_a_zone_that_comes_or_goes_costs_no_reading_of_all(host):
    host.refused = {host.reconfigures}
    assert host.bring_declared(zones(AFTER))["changed"]
    assert served(host) == expected(AFTER)
    for declared in (BEFORE, AFTER, BEFORE, AFTER):  # what was told once can be told again
        host.bring_declared(zones(declared))
        assert served(host) == expected(declared)
    assert not host.bring_declared(zones(AFTER))["changed"]
    start_again(host)
    assert served(host) == expected(AFTER)
    assert not host.bring_declared(zones(AFTER))["changed"]
    host.bring_declared(zones(BEFORE))
    host.refused = set()
    host.software(host.run, str, host.layout).command(host.reconfigures)
    assert served(host) == expected(BEFORE)


def test_a_zone_whose_configuration_changes_costs_bind_no_reading_of_all(bind_host):
    bind_host.refused = {"reconfig"}
    for declared in (OTHERWISE, AFTER):
        bind_host.bring_declared(zones(declared))
        assert served(bind_host) == expected(declared)
    start_again(bind_host)
    assert served(bind_host) == expected(AFTER)


def test_a_zone_that_was_never_transferred_becomes_the_hosts_own_and_goes_back(bind_host):
    nowhere = {"primaries": [{"address": "127.0.0.9"}], "secondaries": ["ns1"]}
    secondary = {**BEFORE, "changed.example": ("192.0.2.1", nowhere)}
    for _time in range(2):
        bind_host.bring_declared(zones(secondary))
        assert served(bind_host) == {"removed.example": "192.0.2.2"}
        bind_host.bring_declared(zones(BEFORE))
        assert served(bind_host) == expected(BEFORE)
    start_again(bind_host)
    assert served(bind_host) == expected(BEFORE)


def test_to_look_whether_named_has_a_new_zone_already_costs_no_reading_of_all(bind_host, monkeypatch):
    given, run = [], bind_host.run

    def noted(command, **limits):
        given.append(command)
        return run(command, **limits)

    monkeypatch.setattr(bind_host, "run", noted)
    bind_host.bring_declared(zones(AFTER))
    assert served(bind_host) == expected(AFTER)
    assert given and not [command for command in given if os.path.basename(command[0]) == "named-checkconf" and {"-p", "-l"} & set(command)]


def test_whatever_happens_before_it_was_told_a_restart_has_what_is_declared(host):
    with host.declared(zones(AFTER)) as application:
        take = application.software.take
        application.software.take = lambda files, changed: (take(files, changed), host.signal(signal.SIGKILL), host.stop())
        application._roll_back = lambda *_arguments: None  # killed as well
        with pytest.raises(Refused):
            application.apply(os.replace)
    host.start()
    assert served(host) == expected(AFTER)
    host.bring_declared(zones(AFTER))
    assert served(host) == expected(AFTER)


def test_what_it_was_told_is_taken_back(host):
    with host.declared(zones(AFTER)) as application:

        def refuse(*_arguments):
            del application.acceptance.wait_until_known  # on the way back it is as it is
            assert served(host) == expected(AFTER)
            raise Refused("for a test")

        application.acceptance.wait_until_known = refuse
        with pytest.raises(Refused, match="for a test"):
            application.apply(os.replace)
        assert application.reached == "What was there before is in place again, and the server serves it."
    assert served(host) == expected(BEFORE)
    start_again(host)
    assert served(host) == expected(BEFORE)


def test_many_at_once_are_read_from_the_configuration(host):
    host.refused = {"addzone", "conf-begin"}
    host.bring_declared(zones({**BEFORE, **{f"added{number}.example": ("192.0.2.3", {}) for number in range(10)}}))
    assert host.ask("www.added9.example", "A") == ["192.0.2.3"]


@pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed")
def test_to_have_many_zones_checked_costs_no_reading_of_all_for_some(tmp_path, monkeypatch):
    with running_host(KnotHost, tmp_path / "host") as host:
        run, read = host.run, []

        def counting(command, **limits):
            if "zone-check" in command:
                text = (pathlib.Path(command[command.index("--config") + 1]).parent / "check-zones.conf").read_text()
                read.append((text.count("# zone "), len(command[command.index("zone-check") + 1 :])))
            return run(command, **limits)

        monkeypatch.setattr(host, "run", counting)
        host.bring_declared(zones(BEFORE))
        assert served(host) == expected(BEFORE)
        assert sum(asked for _there, asked in read) == len(MANY) + len(BEFORE)
        assert all(there == asked for there, asked in read)


@pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed")
def test_what_was_there_before_is_checked_in_few_goes(tmp_path, monkeypatch):
    with running_host(KnotHost, tmp_path / "host") as host:
        names = [f"own{number}.example" for number in range(100)]
        for name in names:
            content = "www A no address\n" if name == "own42.example" else "@ SOA ns1 h 1 1 1 1 1\n@ NS ns1.example.\n"
            (host.root / f"own/{name}").write_text(f"$TTL 300\n{content}")
        own = host.root / "own/knot.conf"
        own.write_text("zone:\n" + "".join(f"  - domain: {name}\n    file: {host.root}/own/{name}\n" for name in names))
        run, asked = host.run, []
        monkeypatch.setattr(host, "run", lambda command, **limits: asked.append(command) or run(command, **limits))
        assert host.software(host.run, str, host.layout).check_original(str(own), dict.fromkeys(names, "")) == ["own42.example"]
        assert len(asked) < 20


@pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed")
def test_a_transaction_that_a_killed_run_left_is_ended(tmp_path):
    with running_host(KnotHost, tmp_path / "host") as host:
        few = zones(BEFORE)[len(MANY) :]
        host.bring_declared(few)
        host.software(host.run, str, host.layout).command("conf-begin")
        host.bring_declared([*few, *zones(AFTER)[-1:]])
        assert served(host) == {**expected(BEFORE), "added.example": "192.0.2.3"}


def test_a_zone_that_somebody_added_by_hand_is_told_before_named_would_not_start_with_it(bind_host):
    host = bind_host
    path = host.root / "own/added.example"
    path.write_text("$TTL 300\n@ SOA ns1 h 1 1 1 1 1\n@ NS ns1.example.\nwww A 192.0.2.99\n")
    assert host.run([host.control, "addzone", "added.example", f'{{ type primary; file "{path}"; }};'])[0] == 0
    with pytest.raises(Refused, match="rndc addzone added added.example, which is declared: .* take it out with rndc delzone"):
        host.bring_declared(zones(AFTER))
    assert served(host) == {**expected(BEFORE), "added.example": "192.0.2.99"}
    # Beside others that somebody added, named reads its configuration: its notes about them have to stay.
    host.bring_declared(zones({**BEFORE, "other.example": ("192.0.2.4", {})}))
    assert host.ask("www.other.example", "A") == ["192.0.2.4"]
    start_again(host)
    assert served(host)["added.example"] == "192.0.2.99"


def test_the_administrators_word_about_new_zones_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(bind, "_MANY_ZONES", 1)
    with running_host(BindHost, tmp_path / "host") as host:
        with host.options.open("a") as options:
            options.write("allow-new-zones yes;\n")
        for declared in (BEFORE, AFTER):
            host.bring_declared(zones(declared)[len(MANY) :])
            assert served(host) == expected(declared)
        start_again(host)
        assert served(host) == expected(AFTER)
