# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary that lost what it had: one run, and its secondaries follow it again."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, NsdHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
SNAPSHOT = ("etc", "state", "work", "own")


def feed(primary, secondary, address, now=None, **options):
    records = [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": address}]
    item = {"name": ZONE, "secondaries": [{"address": secondary.address, "port": secondary.port}], **({} if "file" in options else {"records": records})}
    return primary.bring_declared([{**item, **options}], now=now)


def copy_of(primary):
    records = [{"type": "NS", "value": "ns1.example."}]
    return {"name": ZONE, "records": records, "primaries": [{"address": primary.address, "port": primary.port}], "secondaries": ["ns1"]}


def follow(secondary, primary):
    return secondary.bring_declared([copy_of(primary)])


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def in_sync(primary, secondary, address, seconds=20):
    def answers_agree():
        return primary.ask(f"www.{ZONE}", "A") == secondary.ask(f"www.{ZONE}", "A") == [address]

    return until(lambda: primary.serial(ZONE) == secondary.serial(ZONE) and answers_agree(), seconds)


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def pair(request, tmp_path):
    """A primary whose zone changed three times, with a snapshot of it from before, and its secondary."""
    with running_host(request.param, tmp_path / "primary") as primary, running_host(BindHost, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1")
        follow(secondary, primary)
        for place in SNAPSHOT:
            shutil.copytree(primary.root / place, tmp_path / "snapshot" / place, symlinks=True)
        for number in range(2, 5):
            feed(primary, secondary, f"192.0.2.{number}")
            assert in_sync(primary, secondary, f"192.0.2.{number}")
        yield primary, secondary


def lose_everything(primary, _snapshot):
    """As with a new machine: nothing but what the distribution ships."""
    for place in SNAPSHOT:
        shutil.rmtree(primary.root / place)
        (primary.root / place).mkdir()
    primary.prepare()


def lose_the_state(primary, _snapshot):
    """And what named it: as with a disk of its own."""
    shutil.rmtree(primary.root / "state")
    primary.prepare()


def lose_the_state_alone(primary, _snapshot):
    shutil.rmtree(primary.root / "state")


def put_a_snapshot_back(primary, snapshot):
    for place in SNAPSHOT:
        shutil.rmtree(primary.root / place)
        shutil.copytree(snapshot / place, primary.root / place, symlinks=True)


def truncate_the_zone_files(primary, _snapshot):
    for path in primary.current.rglob(f"*{ZONE}*"):
        if path.is_file():
            path.write_bytes(b"")


@pytest.mark.parametrize("declared", ["192.0.2.4", "192.0.2.5", "192.0.2.1"], ids=["same", "other", "snapshot's"])
@pytest.mark.parametrize("lose", [lose_everything, lose_the_state, put_a_snapshot_back, truncate_the_zone_files])
def test_after_a_loss_one_run_and_all_servers_have_what_is_declared(pair, tmp_path, lose, declared):
    primary, secondary = pair
    before = secondary.serial(ZONE)
    primary.stop()
    lose(primary, tmp_path / "snapshot")
    primary.start()
    feed(primary, secondary, declared)
    assert in_sync(primary, secondary, declared)
    assert secondary.serial(ZONE) == before + 1
    assert not feed(primary, secondary, declared)["changed"]


@pytest.mark.parametrize("lose", [lose_the_state_alone, truncate_the_zone_files])
def test_what_is_lost_under_a_running_primary_is_repaired_in_one_run(pair, tmp_path, lose):
    primary, secondary = pair
    lose(primary, tmp_path / "snapshot")
    feed(primary, secondary, "192.0.2.4")
    assert in_sync(primary, secondary, "192.0.2.4")
    feed(primary, secondary, "192.0.2.5")
    assert in_sync(primary, secondary, "192.0.2.5")
    assert not feed(primary, secondary, "192.0.2.5")["changed"]


def test_a_primary_that_cannot_start_without_its_state_is_repaired_in_one_run(pair):
    primary, secondary = pair
    primary.stop()
    lose_the_state_alone(primary, None)
    feed(primary, secondary, "192.0.2.5")
    primary.start()  # which the role does
    assert in_sync(primary, secondary, "192.0.2.5")
    assert not feed(primary, secondary, "192.0.2.5")["changed"]


def test_a_secondary_follows_its_primary_at_once_when_that_is_back_from_a_loss_of_power(tmp_path):
    """Its questions were answered by nobody and its connections refused, as by a host that is off."""
    zones = [ZONE, "example.net"]

    def bring(host, address, **options):
        records = [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": address}]
        host.bring_declared([{"name": zone, "records": records, **options} for zone in zones])

    with running_host(BindHost, tmp_path / "primary") as primary, running_host(BindHost, tmp_path / "secondary") as secondary:
        to = [{"address": secondary.address, "port": secondary.port}]
        bring(primary, "192.0.2.1", secondaries=to)
        bring(secondary, "192.0.2.1", primaries=[{"address": primary.address, "port": primary.port}], secondaries=["ns1"])
        assert until(lambda: None not in [secondary.serial(zone) for zone in zones])
        primary.stop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind((primary.address, primary.port))
            for zone in zones:
                secondary.run(["rndc", "refresh", zone])
            until(lambda: secondary.log().count("retry limit for primary") >= 2 * len(zones), 75)  # with each of its addresses; BIND 9.20 says it otherwise
            time.sleep(0.5)  # in which it may go on over TCP
        primary.start()
        bring(primary, "192.0.2.2", secondaries=to)
        assert until(lambda: [secondary.serial(zone) for zone in zones] == [primary.serial(zone) for zone in zones], 60)


def lose_the_copies(secondary):
    for path in secondary.kept_of(ZONE):
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("lose", [lose_the_copies, functools.partial(lose_everything, _snapshot=None)], ids=["copies", "everything"])
def test_a_secondary_that_lost_its_copies_has_them_again(pair, lose):
    primary, secondary = pair
    secondary.stop()
    lose(secondary)
    secondary.start()
    follow(secondary, primary)
    assert in_sync(primary, secondary, "192.0.2.4")
    assert not follow(secondary, primary)["changed"]


def test_a_secondary_that_was_made_anew_without_its_primary_follows_it_when_it_is_back(pair):
    primary, secondary = pair
    primary.stop()
    secondary.stop()
    lose_everything(secondary, None)
    secondary.start()
    follow(secondary, primary)
    assert secondary.serial(ZONE) is None
    primary.start()
    feed(primary, secondary, "192.0.2.4")
    follow(secondary, primary)
    assert in_sync(primary, secondary, "192.0.2.4", seconds=60)
    assert not follow(secondary, primary)["changed"]


def stop(host):
    host.stop()


def stop_after_a_while(host):
    """As it is once the server has written what it has."""
    host.write()
    host.stop()


def lose_power(host):
    host.lose_power()


@pytest.mark.parametrize("end", [stop, stop_after_a_while, lose_power])
@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_what_a_stopped_secondary_has_on_disk_counts_as_what_it_will_serve(kind, tmp_path, end):
    with running_host(BindHost, tmp_path / "primary") as primary, running_host(kind, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1")
        follow(secondary, primary)
        for number in (2, 3):  # the first as a whole, the others as differences
            feed(primary, secondary, f"192.0.2.{number}")
            assert in_sync(primary, secondary, f"192.0.2.{number}")
        end(secondary)
        with secondary.declared([copy_of(primary)]) as application:
            kept = application.compare(1)["differing"]["transferred"].get(ZONE)
        primary.stop()
        secondary.start()
        assert secondary.serial(ZONE) == kept
        assert kept or (kind.daemon, end) in (("nsd", stop), ("nsd", lose_power))  # which writes once an hour, and keeps no copy before


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_stopped_secondary_becomes_the_primary_and_goes_on_beyond_its_own_copy(kind, tmp_path):
    with running_host(BindHost, tmp_path / "old") as old, running_host(kind, tmp_path / "new") as new:
        feed(old, new, "192.0.2.1", serial="increment")
        follow(new, old)
        assert in_sync(old, new, "192.0.2.1")
        feed(old, new, "192.0.2.2", serial="increment")
        assert in_sync(old, new, "192.0.2.2")
        stop_after_a_while(new)
        old.stop()
        assert feed(new, old, "192.0.2.2", serial="increment")["zones_changed"] == {ZONE: 3}


@contextlib.contextmanager
def not_told(kind, tmp_path):
    """A primary, and its secondary that did not run when the primary changed."""
    with running_host(BindHost, tmp_path / "primary") as primary, running_host(kind, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1")
        follow(secondary, primary)
        assert in_sync(primary, secondary, "192.0.2.1")
        stop_after_a_while(secondary)
        feed(primary, secondary, "192.0.2.2")
        time.sleep(1)  # its NOTIFY reaches nobody
        secondary.start()
        yield primary, secondary


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_secondary_that_was_started_asks_for_what_changed_while_it_was_stopped(kind, tmp_path):
    with not_told(kind, tmp_path) as (primary, secondary):
        with secondary.declared([copy_of(primary)]) as application:
            application.refresh()
        assert in_sync(primary, secondary, "192.0.2.2")


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_secondary_asks_for_what_a_comparison_found_it_was_not_told_of(kind, tmp_path):
    with not_told(kind, tmp_path) as (primary, secondary):
        with secondary.declared([copy_of(primary)]) as application:
            application.payload["missed"] = [ZONE]
            assert not application.apply(os.replace)["changed"]
        assert in_sync(primary, secondary, "192.0.2.2")


@pytest.mark.parametrize("kind", [kind for kind in INSTALLED if kind.reconfigures_first == "restart"], ids=lambda kind: kind.daemon)
def test_a_secondary_that_a_run_restarts_asks_for_what_it_was_not_told_of_meanwhile(kind, tmp_path):
    with not_told(kind, tmp_path) as (primary, secondary):
        lose_the_state_alone(secondary, None)
        follow(secondary, primary)
        assert in_sync(primary, secondary, "192.0.2.2")


def test_both_are_made_anew(pair):
    for host in pair:
        host.stop()
        lose_everything(host, None)
        host.start()
    primary, secondary = pair
    feed(primary, secondary, "192.0.2.4")
    follow(secondary, primary)
    assert in_sync(primary, secondary, "192.0.2.4")


def test_a_clock_that_is_a_year_behind_takes_no_serial_back(pair):
    primary, secondary = pair
    before = secondary.serial(ZONE)
    primary.stop()
    lose_everything(primary, None)
    primary.start()
    feed(primary, secondary, "192.0.2.4", now=int(time.time()) - 365 * 86400)
    assert in_sync(primary, secondary, "192.0.2.4")
    assert secondary.serial(ZONE) == before + 1


@pytest.mark.parametrize("policy", ["date", "unix", "increment"])
def test_the_highest_serial_is_followed_by_a_newer_one_after_a_loss_as_well(pair, policy):
    primary, secondary = pair
    feed(primary, secondary, "192.0.2.4", serial="increment")
    for number, serial in enumerate((4042434349, 4294967295)):  # in two steps of less than 2^31
        text = f"$TTL 300\n@ SOA ns1.example. h.example. {serial} 1 2 3 4\n@ NS ns1.example.\nwww A 192.0.2.{10 + number}\n"
        feed(primary, secondary, "", file=text)
        assert in_sync(primary, secondary, f"192.0.2.{10 + number}")
    assert secondary.serial(ZONE) == 4294967295
    primary.stop()
    lose_everything(primary, None)
    primary.start()
    feed(primary, secondary, "192.0.2.4", serial=policy)
    assert in_sync(primary, secondary, "192.0.2.4")
    assert secondary.serial(ZONE) < 2**31
    assert not feed(primary, secondary, "192.0.2.4", serial=policy)["changed"]


@pytest.mark.parametrize("lost", [True, False], ids=["rebuilt", "alive"])
@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_servers_that_no_serial_is_newer_for_at_once_are_brought_together_by_a_second_run(kind, tmp_path, lost):
    def lose_primary():
        primary.stop()
        lose_everything(primary, None)
        primary.start()

    with (
        running_host(kind, tmp_path / "primary") as primary,
        running_host(BindHost, tmp_path / "one") as one,
        running_host(BindHost, tmp_path / "other") as other,
    ):
        for secondary, serial, forget in (other, 7 + 2**31, True), (one, 7, lost):
            text = f"$TTL 300\n@ SOA ns1.example. h.example. {serial} 3600 600 86400 300\n@ NS ns1.example.\nwww A 192.0.2.{serial % 250}\n"
            feed(primary, secondary, "", file=text)
            follow(secondary, primary)
            assert until(lambda secondary=secondary, serial=serial: secondary.serial(ZONE) == serial)
            if forget:
                lose_primary()
        both = {"secondaries": [{"address": host.address, "port": host.port} for host in (one, other)], "serial": "increment"}
        step = feed(primary, one, "192.0.2.4", **both)["zones_changed"][ZONE]
        assert until(lambda: step in (one.serial(ZONE), other.serial(ZONE)))
        assert {one.serial(ZONE), other.serial(ZONE)} < {step, 7, 7 + 2**31}
        feed(primary, one, "192.0.2.4", **both)
        assert in_sync(primary, one, "192.0.2.4") and in_sync(primary, other, "192.0.2.4")
        assert not feed(primary, one, "192.0.2.4", **both)["changed"]


@pytest.mark.parametrize("alive", [False, True], ids=["dead", "alive"])
def test_a_secondary_takes_the_place_of_its_primary_and_the_old_one_follows_it(pair, alive):
    old, new = pair
    before = new.serial(ZONE)
    if not alive:
        old.stop()
    assert feed(new, old, "192.0.2.4")["zones_changed"] == {ZONE: before + 1}
    assert new.ask(f"www.{ZONE}", "A") == ["192.0.2.4"]
    if not alive:
        old.start()
    assert old.serial(ZONE) == before  # as it comes back: with what it had
    follow(old, new)
    assert in_sync(new, old, "192.0.2.4")
    feed(new, old, "192.0.2.5")
    assert in_sync(new, old, "192.0.2.5")
    assert not feed(new, old, "192.0.2.5")["changed"] and not follow(old, new)["changed"]


def test_a_zone_that_comes_back_goes_on_where_it_was(pair):
    primary, secondary = pair
    before = secondary.serial(ZONE)
    assert primary.bring_declared([])["zones_removed"] == [ZONE]
    secondary.freeze()  # or it would be asked
    assert feed(primary, secondary, "192.0.2.9")["zones_changed"] == {ZONE: before + 1}
    secondary.thaw()
    assert in_sync(primary, secondary, "192.0.2.9")


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_secondary_asks_again_for_what_it_never_got(kind, tmp_path):
    """Its primary was down when it was made, tells nobody that it is back, and the run has nothing to change."""
    port = free_port("127.0.0.1")
    item = {"name": ZONE, "records": [{"type": "NS", "value": "ns1.example."}], "primaries": [{"address": "127.0.0.1", "port": port}], "secondaries": ["ns1"]}
    with running_host(kind, tmp_path / "secondary") as secondary:
        secondary.bring_declared([item])
        time.sleep(3)  # it asks more and more seldom
        text = "$TTL 60\n@ SOA ns1 hostmaster 7 3600 600 86400 60\n@ NS ns1.example.\nwww A 192.0.2.7\n"
        with running_named({ZONE: text}, port=port, options="allow-transfer { any; };"):
            began = time.monotonic()
            with secondary.declared([item]) as application:
                assert not application.compare(1)["agrees"] or secondary.serial(ZONE) == 7  # by luck
                assert not application.apply(os.replace)["changed"]

            def agrees():
                with secondary.declared([item]) as application:
                    return application.compare(1)["agrees"] and secondary.serial(ZONE) == 7

            assert until(agrees, began + 10 - time.monotonic())


@contextlib.contextmanager
def secondary_of_a_stranger(kind, root):
    """One that has a zone with serial 7, and what is declared of that."""
    port = free_port("127.0.0.1")
    item = {"name": ZONE, "records": [{"type": "NS", "value": "ns1.example."}], "primaries": [{"address": "127.0.0.1", "port": port}], "secondaries": ["ns1"]}
    text = "$TTL 60\n@ SOA ns1 hostmaster 7 3600 600 86400 60\n@ NS ns1.example.\nwww A 192.0.2.7\n"
    with running_named({ZONE: text}, port=port, options="allow-transfer { any; };"), running_host(kind, root) as secondary:
        secondary.bring_declared([item])
        assert until(lambda: secondary.serial(ZONE) == 7)
        yield secondary, item


def lose_copies(secondary):
    for path in secondary.kept_of(ZONE):
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_secondary_that_was_stopped_while_it_asked_gets_what_it_has_not_written_yet(kind, tmp_path):
    with secondary_of_a_stranger(kind, tmp_path) as (secondary, item):
        for _start in range(2):  # of which the first has it ask
            with secondary.declared([item]) as application:
                application.refresh()
            secondary.stop()
            lose_copies(secondary)
            secondary.start()
        with secondary.declared([item]) as application:
            application.refresh()
        assert until(lambda: secondary.serial(ZONE) == 7, 10)


@pytest.mark.skipif(NsdHost not in INSTALLED, reason="NSD is not installed")
def test_a_secondary_that_is_started_again_for_what_is_put_back_gets_what_it_has_not_written_yet(tmp_path):
    with secondary_of_a_stranger(NsdHost, tmp_path) as (secondary, item):
        settings = Settings(listen_on=(secondary.address,), allow_query=("any",), local_config=f"{secondary.comment} mine\n")
        with secondary.declared([item], settings=settings) as application:
            restart = application.software.restart

            def restart_while_it_asks():
                lose_copies(secondary)
                application.software.refresh([ZONE])
                restart()

            def refuse(*_arguments):
                application.software.restart = restart_while_it_asks
                raise Refused("for a test")

            application.acceptance.wait_until_served = refuse
            with pytest.raises(Refused, match="for a test"):
                application.apply(os.replace)
        assert until(lambda: secondary.serial(ZONE) == 7, 10)


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_secondary_that_was_stopped_before_it_wrote_a_change_follows_it_once_it_is_started(kind, tmp_path):
    with running_host(BindHost, tmp_path / "primary") as primary, running_host(kind, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1", now=1795910400)  # of that day the last octets of serials are such that NSD 4.6 mistakes them
        follow(secondary, primary)
        assert in_sync(primary, secondary, "192.0.2.1")
        secondary.write()
        kept = {path: path.read_bytes() for path in secondary.kept_of(ZONE) if path.exists()}
        feed(primary, secondary, "192.0.2.2", now=1795910400)
        assert in_sync(primary, secondary, "192.0.2.2")
        secondary.stop()
        lose_copies(secondary)
        for path, content in kept.items():
            path.write_bytes(content)
        secondary.start()
        with secondary.declared([copy_of(primary)]) as application:
            application.refresh()
        assert in_sync(primary, secondary, "192.0.2.2", 10)
