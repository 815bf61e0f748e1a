# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declaration to a serving BIND, NSD or Knot DNS, and what happens when something goes wrong on the way."""

from __future__ import annotations

import errno
import os
import resource
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generation, Generations
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, lying_about, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

OLD = {"example.com": {"www": "192.0.2.1"}, "example.org": {"www": "192.0.2.2"}}
NEW = {"example.com": {"www": "192.0.2.77"}, "example.org": {"www": "192.0.2.2"}}
TOO_LONG = "x" * 70000


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def host(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        yield running


@pytest.fixture
def serving_host(host):
    assert host.bring(OLD)["reloaded"]
    return host


def generations(host):
    return sorted(name for name in os.listdir(host.root / "state") if name.startswith("generation-"))


def assert_whole(host, zones=None):
    """The current generation is complete and as it was written, and nothing lies about."""
    current = Generations(str(host.root / "state"), "root").current()
    assert current.files and current.look() == (set(), set())
    if zones is not None:
        assert generations(host) == [os.readlink(host.current)]
        assert sorted(os.listdir(host.current / "zones")) == sorted(zones)
        assert sorted(os.listdir(host.current)) == sorted(["keys.conf", "manifest.json", host.main, "zones", "zones.conf"])
        assert not lying_about(host.root / "state")
        assert not [name for name in os.listdir(host.root / "etc") if name.startswith(".")]


def assert_serves(host, zones):
    for zone, records in zones.items():
        for owner, value in records.items():
            deadline = time.monotonic() + 5  # NSD 4.12 says that it has read a zone a moment before it answers from it
            while (found := host.ask(f"{owner}.{zone}", "A")) != [value] and host.daemon == "nsd" and time.monotonic() < deadline:
                time.sleep(0.05)
            assert found == [value]


def assert_converges(host, zones):
    host.bring(zones)
    assert_serves(host, zones)
    assert_whole(host, zones)
    before = host.tree()
    assert not host.bring(zones)["changed"]
    assert host.tree() == before


# -- what should happen ---------------------------------------------------------------------------------------------------


def test_the_first_run_serves_and_the_second_changes_nothing(host):
    stock = host.config_file.read_text()
    result = host.bring(OLD)
    assert result["changed"] and result["reloaded"] and result["zones_changed"].keys() == OLD.keys()
    assert_serves(host, OLD)
    assert_whole(host, OLD)
    assert (host.root / f"etc/{host.main}.before-authoritative-dns").read_text() == stock
    before = host.tree()
    again = host.bring(OLD, now=int(time.time()) + 86400 * 3)
    assert not again["changed"] and not again["diff"] and not again["reloaded"]
    assert host.tree() == before
    assert host.serial("example.com") == result["zones_changed"]["example.com"]
    assert host.runs()


def test_the_files_are_readable_by_the_servers_group_and_nobody_else(serving_host):
    for name, (mode, _content, _time) in serving_host.tree().items():
        if name.startswith("state/generation-") and not name.endswith("manifest.json") or name == f"etc/{serving_host.main}":
            assert mode & 0o777 == (0o750 if mode & 0o040000 else 0o640), name


def test_one_changed_record_moves_one_serial_and_restarts_nothing(serving_host):
    host = serving_host
    before = {zone: host.serial(zone) for zone in OLD}
    pid = host.pid
    result = host.bring(NEW)
    assert result["zones_changed"] == {"example.com": before["example.com"] + 1}
    assert result["diff"] == [{"prepared": result["diff"][0]["prepared"]}]
    lines = result["diff"][0]["prepared"].splitlines()
    assert result["diff"][0]["prepared"].endswith("\n")  # Ansible writes what comes next right behind it
    assert lines[0] == "zone example.com" and {"- www 3600 A 192.0.2.1", "+ www 3600 A 192.0.2.77"} < set(lines) and len(lines) == 5
    assert (host.serial("example.com"), host.serial("example.org")) == (before["example.com"] + 1, before["example.org"])
    assert_serves(host, NEW)
    assert host.runs() and host.pid == pid


def test_bind_checks_the_configuration_only_where_it_changed(serving_host, monkeypatch):
    host, run, checks = serving_host, serving_host.run, []
    if host.daemon != "named":
        pytest.skip("the others' checkers read all in one go")

    def watched(command, **limits):
        if "named-checkconf" in command[0] and not {"-p", "-l"} & set(command):  # these ask what the configuration in place has
            checks.append(command[1:-1])
        return run(command, **limits)

    monkeypatch.setattr(host, "run", watched)
    host.bring(NEW)
    assert checks == [["-z"]]
    host.bring({**NEW, "example.net": {"www": "192.0.2.3"}})
    assert checks == [["-z"], [], ["-z"]]
    host.bring(NEW)
    assert checks == [["-z"], [], ["-z"], []]


def test_unchanged_files_are_shared_with_the_generation_before(serving_host):
    inode = (serving_host.current / "zones/example.org").stat().st_ino
    serving_host.bring(NEW)
    assert (serving_host.current / "zones/example.org").stat().st_ino == inode


def test_a_zone_that_is_no_longer_declared_loses_its_stanza_and_its_file(serving_host):
    pid = serving_host.pid
    result = serving_host.bring({"example.com": OLD["example.com"]})
    assert result["zones_removed"] == ["example.org"] and {"prepared": "zone example.org: removed with its file\n"} in result["diff"]
    assert "example.org" not in (serving_host.current / "zones.conf").read_text()
    assert serving_host.serial("example.org") is None
    assert serving_host.runs() and serving_host.pid == pid
    assert_whole(serving_host, ["example.com"])


def test_a_run_lasts_until_removed_zones_are_gone(serving_host, monkeypatch):
    host, run = serving_host, serving_host.run

    def late(command, **limits):
        """As NSD does it: the server says that it will, and does it a moment later."""
        if host.reconfigures not in command:
            return run(command, **limits)
        threading.Timer(0.5, run, [command], limits).start()
        return 0, "", ""

    monkeypatch.setattr(host, "run", late)
    host.bring({"example.com": OLD["example.com"]})
    assert host.serial("example.org") is None


def test_what_was_kept_of_a_secondary_zone_goes_with_it(serving_host):
    serving_host.bring(OLD, secondary=("example.net",))
    kept = serving_host.kept_of("example.net")
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    result = serving_host.bring(OLD)
    assert result["zones_removed"] == ["example.net"] and not [path for path in kept if path.exists()]


def test_a_file_edited_by_hand_is_told_shown_and_replaced_under_a_newer_serial(serving_host):
    host = serving_host
    path = host.current / "zones/example.com"
    edited = int(time.strftime("%Y%m%d99")) + 1000
    path.write_text(path.read_text().replace(str(host.serial("example.com")), str(edited)).replace("192.0.2.1", "192.0.2.9"))
    preview = host.preview(OLD)
    assert preview["edited"] == ["zones/example.com"]
    assert (
        preview["diff"][0]["prepared"].startswith("zone example.com, which was edited by hand\n") and "- www 3600 A 192.0.2.9" in preview["diff"][0]["prepared"]
    )
    assert host.bring(OLD)["zones_changed"] == {"example.com": edited + 1}
    assert_converges(host, OLD)


def test_configuration_edited_by_hand_is_told_shown_and_replaced(serving_host):
    path = serving_host.current / serving_host.main
    path.write_text(path.read_text() + f"{serving_host.comment} mine\n")
    result = serving_host.bring(OLD)
    assert result["edited"] == [serving_host.main] and result["diff"][0]["before"].endswith(" mine\n") and not result["zones_changed"]
    assert_converges(serving_host, OLD)


def test_a_file_removed_by_hand_comes_back(serving_host):
    (serving_host.current / "zones/example.com").unlink()
    assert serving_host.bring(OLD)["zones_changed"].keys() == {"example.com"}
    assert_converges(serving_host, OLD)


def test_the_administrators_own_configuration_is_left_alone_and_in_force(serving_host):
    host = serving_host
    (host.root / "etc/own.zone").write_text("@ 60 SOA a.example. b.example. 5 1 2 3 4\n@ 60 NS ns1.example.\n")
    with host.local_config.open("a") as stream:
        stream.write(host.own_zone(host.root / "etc/own.zone", "own.example"))
    before = host.local_config.read_text()
    host.bring({**NEW, "example.net": {}})
    assert host.serial("own.example") == 5 and host.local_config.read_text() == before


def test_a_stopped_server_finds_everything_when_it_starts(serving_host):
    host = serving_host
    host.stop()
    result = host.bring(NEW)
    assert result["changed"] and not result["reloaded"]
    host.start()
    assert_serves(host, NEW)
    assert_converges(host, NEW)


def test_a_run_about_some_zones_leaves_the_others_alone(serving_host):
    host = serving_host
    both = {"example.com": {"www": "192.0.2.77"}, "example.org": {"www": "192.0.2.88"}}
    result = host.bring(both, select="[?name=='example.com']")
    assert result["zones_changed"].keys() == {"example.com"} and not result["zones_removed"]
    assert_serves(host, NEW)
    assert_whole(host, OLD)
    assert not host.bring(both, select="[?name=='example.com']")["changed"]
    assert_converges(host, both)


@pytest.mark.parametrize("zones", [NEW, {"example.com": OLD["example.com"]}, {**OLD, "example.net": {}}, OLD], ids=["changed", "removed", "new", "same"])
def test_check_mode_writes_nothing_and_says_what_a_run_does(serving_host, zones):
    before = serving_host.tree()
    preview = serving_host.preview(zones)
    assert serving_host.tree() == before
    assert preview == {**serving_host.bring(zones), "reloaded": False}


def test_check_mode_writes_nothing_on_a_fresh_host(host):
    before = host.tree()
    preview = host.preview(OLD)
    assert host.tree() == before
    assert preview == {**host.bring(OLD), "reloaded": False}


def test_a_state_directory_behind_a_symbolic_link_keeps_its_zones(host):
    elsewhere = host.root / "elsewhere"
    elsewhere.mkdir()
    (host.root / "state").symlink_to(elsewhere)
    host.bring(OLD)
    host.bring(NEW)
    assert_serves(host, NEW)
    assert_converges(host, NEW)


# -- what may go wrong ----------------------------------------------------------------------------------------------------


def test_what_the_checker_refuses_is_never_current(serving_host, monkeypatch):
    monkeypatch.setattr("ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata.MAXIMUM_RDATA", 2**20)  # so that BIND counts it first
    monkeypatch.setattr("ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.record_sets.SetSize._MOST", 2**20)
    before, serial = serving_host.tree(), serving_host.serial("example.com")
    with pytest.raises(Refused, match=f"{serving_host.checker} refuses it: .*example.org"):
        serving_host.bring({"example.com": {"www": "192.0.2.77"}, "example.org": {"t": TOO_LONG}})
    assert serving_host.tree() == before
    assert serving_host.serial("example.com") == serial
    assert_converges(serving_host, NEW)


def test_what_the_server_does_not_load_is_rolled_back(serving_host):
    host = serving_host
    serial, entry = host.serial("example.com"), host.config_file.read_text()
    host.ignore_reload("example.com")
    with pytest.raises(Refused, match="the server does not serve example.com.* with the new serial"):
        host.bring({"example.com": {"www": "192.0.2.8"}, "example.org": {"www": "192.0.2.9"}})
    host.ignored = set()
    assert host.config_file.read_text() == entry
    assert_serves(host, OLD)
    assert host.serial("example.com") == serial
    assert_whole(host, OLD)
    # The serial that was out for a moment is not used for other content.
    assert host.bring({**OLD, "example.org": {"www": "192.0.2.10"}})["zones_changed"]["example.org"] == serial + 2
    assert_converges(host, {**OLD, "example.org": {"www": "192.0.2.10"}})


def test_a_server_that_refuses_the_first_configuration_goes_on_with_its_own(host):
    stock = host.config_file.read_text()
    host.refused = {host.reconfigures_first}
    with pytest.raises(Refused, match=f"{host.reconfigures_first}.* fails: refused for a test"):
        host.bring(OLD)
    assert host.config_file.read_text() == stock and not os.path.lexists(host.current) and generations(host) == []
    host.refused = set()
    assert_converges(host, OLD)


def test_a_refused_first_configuration_leaves_none_where_there_was_none(host):
    host.config_file.unlink()
    host.refused = {host.reconfigures_first}
    with pytest.raises(Refused):
        host.bring(OLD)
    assert not host.config_file.exists()
    host.refused = set()
    assert_converges(host, OLD)


def test_a_full_disk_while_staging_changes_nothing(serving_host, monkeypatch):
    host = serving_host
    before, (soft, hard) = host.tree(), resource.getrlimit(resource.RLIMIT_FSIZE)
    big = {"example.com": {f"h{number}": f"192.0.2.{number}" for number in range(200)}, "example.org": {"www": "192.0.2.9"}}
    stage = Generations.stage

    def filling(*arguments):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # no file may grow beyond it
        return stage(*arguments)

    with host.application(big) as application, monkeypatch.context() as patch:
        patch.setattr(Generations, "stage", filling)
        try:
            with pytest.raises(OSError) as error:
                application.apply(os.replace)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.errno == errno.EFBIG
    assert host.tree() == before
    assert_converges(host, big)


@pytest.mark.parametrize("place", ["save", "add"])
def test_a_full_disk_is_told_and_the_old_state_stays(serving_host, monkeypatch, place):
    host = serving_host
    serial = host.serial("example.com")

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Generation, place, full)
        with pytest.raises(OSError, match="No space left on device"):
            host.bring(NEW)
    assert_whole(host)
    assert_serves(host, OLD)
    assert host.serial("example.com") == serial
    assert_converges(host, NEW)


def test_two_runs_at_once_come_one_after_the_other(serving_host, monkeypatch):
    host = serving_host
    other = {"example.com": {"www": "192.0.2.55"}, "example.org": OLD["example.org"]}
    inside, allowed = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        check = host.software.check

        def slow(*arguments):
            os.write(inside[1], b"x")
            os.read(allowed[0], 1)
            check(*arguments)

        monkeypatch.setattr(host.software, "check", slow)
        try:
            host.bring(NEW)
        finally:
            os._exit(0)
    with host.application(other) as application:
        os.read(inside[0], 1)  # the first run holds the lock now, after the second one compared
        letter = os.fork()
        if not letter:
            time.sleep(0.3)
            os.write(allowed[1], b"x")
            os._exit(0)
        with pytest.raises(Refused, match="another run changed .* run again"):
            application.apply(os.replace)
    os.waitpid(pid, 0)
    os.waitpid(letter, 0)
    assert_serves(host, NEW)
    assert_converges(host, other)


def test_a_plan_for_what_a_host_had_before_another_run_is_refused(serving_host):
    host = serving_host
    with host.application({**OLD, "example.org": {"www": "192.0.2.55"}}) as older:
        host.bring(NEW)
        # A process of its own that starts after the other run ended, as the module's is when two controllers compared at the same time.
        with pytest.raises(Refused, match="another run changed this host's name server after this one compared it; run again"):
            Application(older.software, host.layout, older.payload).apply(os.replace)
    assert_serves(host, NEW)
    assert_converges(host, NEW)


def test_of_a_hundred_controllers_at_once_each_wins_or_is_told(tmp_path):
    with running_host(INSTALLED[0], tmp_path / "host") as host:
        host.bring(OLD)
        serial = host.serial("example.com")
        told = tmp_path / "told"

        def controller(number):
            try:
                with host.application({**OLD, "example.com": {"www": f"192.0.2.{number}"}}) as compared:
                    time.sleep(number % 7 / 10)
                    Application(compared.software, host.layout, compared.payload).apply(os.replace)
                outcome = "won"
            except Refused as error:
                outcome = str(error)
            with told.open("a") as stream:
                stream.write(f"{number} {outcome}\n")

        started, running = time.monotonic(), []
        for number in range(101, 201):
            pid = os.fork()
            if not pid:
                try:
                    controller(number)
                finally:
                    os._exit(0)
            running.append(pid)
        for pid in running:
            os.waitpid(pid, 0)
        assert time.monotonic() - started < 120
        outcomes = dict(line.split(" ", 1) for line in told.read_text().splitlines())
        winners = [number for number, outcome in outcomes.items() if outcome == "won"]
        assert len(outcomes) == 100 and winners
        refusal = "another run changed this host's name server after this one compared it; run again"
        assert set(outcomes.values()) <= {"won", refusal}
        # Each winner moved the serial of the one before it, and the last one's content is what is served.
        assert host.serial("example.com") == serial + len(winners)
        assert host.ask("www.example.com", "A")[0].removeprefix("192.0.2.") in winners
        assert_whole(host, OLD)
