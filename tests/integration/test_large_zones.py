# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One record of a large zone: its secondaries get that, and not the zone (IXFR), whatever becomes of the primary meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.tests.support.counting_relay import counting_relay
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "large.example"
RECORDS = 10000
PAIRS = [(primary, BindHost) for primary in INSTALLED] + [(BindHost, secondary) for secondary in INSTALLED if secondary is not BindHost]


class Pair:
    """A primary and a secondary that transfers through a relay, which counts."""

    def __init__(self, primary, secondary, relay):
        self.primary, self.secondary, self.relay = primary, secondary, relay

    def declared(self, address: str, records: int = RECORDS):
        hosts = "".join(f"h{number} A 10.0.{number // 256}.{number % 256}\n" for number in range(records))
        text = f"$TTL 3600\n@ NS ns1.example.\nwww A {address}\n{hosts}"
        return [{"name": ZONE, "file": text, "secondaries": [{"address": self.secondary.address, "port": self.secondary.port}]}]

    def bring(self, address: str, **options):
        return self.primary.bring_declared(self.declared(address, **options))

    def follow(self):
        source = {"address": self.relay.address, "port": self.relay.port}
        self.secondary.bring_declared([{"name": ZONE, "records": [{"type": "NS", "value": "ns1.example."}], "primaries": [source], "secondaries": ["ns1"]}])

    def until_in_sync(self, address: str):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.secondary.serial(ZONE) == self.primary.serial(ZONE) and self.secondary.ask(f"www.{ZONE}", "A") == [address]:
                return
            time.sleep(0.05)
        raise AssertionError(f"the secondary does not follow: {self.secondary.log()[-2000:]}")

    def transferred(self, address: str) -> int:
        """Octets that came to bring a change to the secondary."""
        self.relay.octets = 0
        self.bring(address)
        self.until_in_sync(address)
        return self.relay.octets


def pair_of(request, tmp_path):
    with contextlib.ExitStack() as stack:
        primary, secondary = (stack.enter_context(running_host(kind, tmp_path / role)) for kind, role in zip(request.param, ("primary", "secondary")))
        pair = Pair(primary, secondary, stack.enter_context(counting_relay(primary.address, primary.port)))
        pair.bring("192.0.2.1")
        pair.follow()
        pair.until_in_sync("192.0.2.1")
        pair.whole = pair.relay.octets
        yield pair


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0].daemon}-to-{pair[1].daemon}")
def pair(request, tmp_path):
    yield from pair_of(request, tmp_path)


@pytest.fixture(params=PAIRS[: len(INSTALLED)], ids=lambda pair: pair[0].daemon)
def primary_of(request, tmp_path):
    yield from pair_of(request, tmp_path)


def test_one_record_of_a_large_zone_does_not_transfer_the_zone(pair):
    assert pair.whole > 20 * RECORDS
    for number in range(2, 4):
        assert pair.transferred(f"192.0.2.{number}") < pair.whole / 100
    assert not pair.bring("192.0.2.3")["changed"]


def test_a_primary_starts_again_whatever_it_was_told_while_it_was_away(primary_of):
    primary = primary_of.primary
    primary_of.transferred("192.0.2.2")
    primary.signal(signal.SIGKILL)
    primary.start()
    assert primary.ask(f"www.{ZONE}", "A") == ["192.0.2.2"]
    primary.stop()
    primary_of.bring("192.0.2.3")
    primary.start()
    assert primary.ask(f"www.{ZONE}", "A") == ["192.0.2.3"]
    assert primary_of.transferred("192.0.2.4") > 0


def test_a_change_that_is_taken_back_is_followed(primary_of):
    """The server has read the new text when the run fails: it takes the former one only under a serial beyond that."""
    primary = primary_of.primary
    before = primary.serial(ZONE)
    with primary.declared(primary_of.declared("192.0.2.2")) as application:
        wait = application.acceptance.wait_until_known

        def refuse(*arguments):
            wait(*arguments)
            raise Refused("for a test")

        application.acceptance.wait_until_known = refuse
        with pytest.raises(Refused, match="for a test"):
            application.apply(os.replace)
        assert application.reached == "What was there before is in place again, and the server serves it."
    assert primary.serial(ZONE) in (before, before + 2)
    assert primary.ask(f"www.{ZONE}", "A") == ["192.0.2.1"]
    assert primary_of.transferred("192.0.2.3") > 0
    primary.stop()
    primary.start()
    assert primary.ask(f"www.{ZONE}", "A") == ["192.0.2.3"]


def test_a_zone_becomes_large_and_small_again(primary_of):
    for number, records in enumerate((10, RECORDS, 10, RECORDS), 2):
        primary_of.bring(f"192.0.2.{number}", records=records)
        primary_of.until_in_sync(f"192.0.2.{number}")
    primary_of.primary.stop()
    primary_of.primary.start()
    assert primary_of.primary.ask(f"www.{ZONE}", "A") == ["192.0.2.5"]
    assert not primary_of.bring("192.0.2.5")["changed"]
