# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary that lost what it had: one run, and its secondaries follow it again."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
SNAPSHOT = ("etc", "state", "work", "own")


def feed(primary, secondary, address):
    records = [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": address}]
    return primary.bring_declared([{"name": ZONE, "records": records, "secondaries": [{"address": secondary.address, "port": secondary.port}]}])


def follow(secondary, primary):
    records = [{"type": "NS", "value": "ns1.example."}]
    item = {"name": ZONE, "records": records, "primaries": [{"address": primary.address, "port": primary.port}], "secondaries": ["ns1"]}
    return secondary.bring_declared([item])


def in_sync(primary, secondary, address, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if primary.serial(ZONE) == secondary.serial(ZONE) and primary.ask(f"www.{ZONE}", "A") == secondary.ask(f"www.{ZONE}", "A") == [address]:
            return True
        time.sleep(0.05)
    return False


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
    shutil.rmtree(primary.root / "state")
    primary.prepare()


def put_a_snapshot_back(primary, snapshot):
    for place in SNAPSHOT:
        shutil.rmtree(primary.root / place)
        shutil.copytree(snapshot / place, primary.root / place, symlinks=True)


@pytest.mark.parametrize("declared", ["192.0.2.4", "192.0.2.5", "192.0.2.1"], ids=["same", "other", "snapshot's"])
@pytest.mark.parametrize("lose", [lose_everything, lose_the_state, put_a_snapshot_back])
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
