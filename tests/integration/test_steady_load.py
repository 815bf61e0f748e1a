# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No client notices a change: while a hundred zones change, every question gets one answer, the old one or the new one."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host
from ansible_collections.authoritative.dns.tests.support.steady_load import steady_load

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

NAMES = [f"zone{number:03}.example" for number in range(100)]
VALUES = [f"192.0.2.{number}" for number in range(1, 5)]
EXPECTED = {f"www.{name}": VALUES for name in NAMES}
BEFORE = AFTER = 0.3  # seconds of asking around the change
ENOUGH = 500  # questions


def version(number, names=NAMES):
    return {name: {"www": VALUES[number]} for name in names}


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def host(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        running.bring(version(0))
        yield running


def asked_during(host, *changes):
    with steady_load(host.address, host.port, EXPECTED) as load:
        time.sleep(BEFORE)
        for change in changes:
            change()
        time.sleep(AFTER)
        deadline = time.monotonic() + 30
        while load.asked <= ENOUGH and time.monotonic() < deadline:  # a busy machine asks more slowly
            time.sleep(0.1)
    assert load.asked > ENOUGH
    return load


def test_a_hundred_zones_change_and_nobody_notices(host):
    load = asked_during(host, lambda: host.bring(version(1)), lambda: host.bring(version(2)))
    assert load.faults() == [] and set(load.seen.values()) == {VALUES[2]}


def test_zones_come_and_go_and_nobody_notices(host):
    more = {f"more{number}.example": {"www": "192.0.2.9"} for number in range(20)}
    load = asked_during(host, lambda: host.bring({**version(1), **more}), lambda: host.bring(version(1)))
    assert load.faults() == [] and set(load.seen.values()) == {VALUES[1]}


# -- that this would notice -------------------------------------------------------------------------------------------


def test_a_restart_would_be_noticed(host):
    def restarted():
        host.stop()
        host.start()

    assert asked_during(host, restarted).lost


def test_what_goes_back_or_is_gone_would_be_noticed(host):
    host.bring(version(2))
    load = asked_during(host, lambda: host.bring(version(0)), lambda: host.bring(version(3, NAMES[1:])))
    assert f"www.{NAMES[0]}: 192.0.2.1 after 192.0.2.3" in load.wrong
    assert any(text.startswith(f"www.{NAMES[0]}: REFUSED") for text in load.wrong) and not any("192.0.2.4 after" in text for text in load.wrong)
