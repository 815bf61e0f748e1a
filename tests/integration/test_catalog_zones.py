# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secondaries that learn of zones from a catalog (RFC 9432), with every program that can as its primary and as its consumer."""

from __future__ import annotations

import base64
import contextlib
import os
import time

import dns.message
import dns.query
import dns.rcode
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

CATALOG = "catalog.example"
CONSUMERS = [kind for kind in INSTALLED if kind.controller.CAPABILITIES.catalogs]
KEY = {"name": "pair.example.", "secret": base64.b64encode(os.urandom(32)).decode()}
ADDRESS = "127.0.0.1"

pytestmark = pytest.mark.skipif(not CONSUMERS, reason="no program is installed that learns from catalogs")


class Pair:
    """A primary and a secondary of all zones, each of which is outside of the other's inventory."""

    def __init__(self, primary, consumer):
        self.primary, self.consumer = primary, consumer

    def declaration(self, host, zones, catalogs=({"name": CATALOG},), select=None):
        other = self.consumer if host is self.primary else self.primary
        outside = {"name": "other", "address": other.address, "port": other.port, "key": KEY["name"]}
        primaries, secondaries = (["ns1"], [outside]) if host is self.primary else ([outside], ["ns1"])
        items = [
            {"name": name, "records": [{"type": "NS", "value": "ns1.elsewhere.test."}, {"name": "www", "type": "A", "value": address}], **more}
            for name, (address, more) in zones.items()
        ]
        inventory = Inventory({"all": ["ns1"]}, {"ns1": (host.address,)}.__getitem__)
        defaults = {"primaries": primaries, "secondaries": secondaries, "catalog": CATALOG}
        return load(items, defaults, inventory, str, keys={"keys": [KEY]}, catalog_zones=list(catalogs), select=select)

    def bring(self, zones, **more):
        """Both to what is declared; what each of them says."""
        found = []
        for host in (self.primary, self.consumer):
            with host.applying(self.declaration(host, zones, **more)) as application:
                found.append(application.apply(os.replace))
        return found


@pytest.fixture(params=[(primary, consumer) for consumer in CONSUMERS for primary in INSTALLED], ids=lambda pair: f"{pair[0].daemon}-to-{pair[1].daemon}")
def pair(request, tmp_path):
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(running_host(kind, tmp_path / role)) for kind, role in zip(request.param, ("primary", "consumer"))]
        yield Pair(*hosts)


def zones(*numbers, **more):
    return {f"zone{number}.test": (f"192.0.2.{number}", more) for number in numbers}


def answer(host, name):
    """Its code, and the addresses in it."""
    found = dns.query.udp(dns.message.make_query(name, "A"), host.address, port=host.port, timeout=5)
    return dns.rcode.to_text(found.rcode()), sorted(item.to_text() for rrset in found.answer for item in rrset)


def wait_for(look, expected, seconds=60.0):
    deadline = time.monotonic() + seconds
    while (found := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == expected


def test_secondaries_learn_of_zones_and_forget_them(pair):
    pair.bring(zones(1, 2))
    for number in (1, 2):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test"), ("NOERROR", [f"192.0.2.{number}"]))
    assert "zone1.test" not in (pair.consumer.current / "zones.conf").read_text()
    # Nothing is left to do, and a further zone is none of the consumer's host's business.
    assert [found["changed"] for found in pair.bring(zones(1, 2))] == [False, False]
    assert [found["changed"] for found in pair.bring(zones(1, 2, 3))] == [True, False]
    wait_for(lambda: answer(pair.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))
    # Content follows as that of any other zone.
    pair.bring({**zones(1, 3), "zone2.test": ("192.0.2.22", {})})
    wait_for(lambda: answer(pair.consumer, "www.zone2.test"), ("NOERROR", ["192.0.2.22"]))
    removed = pair.bring(zones(2, 3))
    assert removed[0]["zones_removed"] == ["zone1.test"]
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "REFUSED")
    assert answer(pair.consumer, "www.zone3.test")[0] == "NOERROR"
    pair.bring(zones(1, 2, 3))
    wait_for(lambda: answer(pair.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))


def test_members_are_served_after_a_restart_without_their_primary(pair):
    pair.bring(zones(1, 2))
    for number in (1, 2):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test")[0], "NOERROR")
    pair.primary.stop()
    pair.consumer.stop()
    pair.consumer.start()
    for number in (1, 2):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test"), ("NOERROR", [f"192.0.2.{number}"]))


def test_zones_with_a_stanza_move_into_a_catalog_and_back(pair):
    alone = zones(1, 2, catalog=None)
    pair.bring(alone)
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "NOERROR")
    moved = pair.bring(zones(1, 2))
    assert moved[1]["changed"] and moved[1]["zones_removed"] == []
    for number in (1, 2):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test"), ("NOERROR", [f"192.0.2.{number}"]))
    assert not any(path.exists() for path in pair.consumer.kept_of("zone1.test") if path.name == "zone1.test")
    pair.bring(alone, catalogs=())
    for number in (1, 2):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test"), ("NOERROR", [f"192.0.2.{number}"]))
    assert "zone1.test" in (pair.consumer.current / "zones.conf").read_text()


def test_a_run_about_some_zones_takes_their_catalog_along(pair):
    pair.bring(zones(1))
    pair.bring({**zones(1), **zones(2)}, select="[?name=='zone2.test']")
    wait_for(lambda: answer(pair.consumer, "www.zone2.test"), ("NOERROR", ["192.0.2.2"]))
    assert answer(pair.consumer, "www.zone1.test")[0] == "NOERROR"
