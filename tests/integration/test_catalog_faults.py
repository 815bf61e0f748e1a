# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogs that are broken, and members that a consumer's administrator has too: what becomes of members, with every program that learns."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time

import dns.message
import dns.query
import dns.rcode
import pytest
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import (
    CATALOG,
    CONSUMERS,
    PowerDNSConsumer,
    answer,
    membership,
    membership_faults,
    pair_with_users,
    wait_for,
    zones,
)
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="servers take users of their own where root starts them"),
    pytest.mark.skipif(not BindHost.find("named"), reason="BIND is not installed, which serves the catalogs here"),
]
SERVED = {f"www.zone{number}.test": ("NOERROR", [f"192.0.2.{number}"]) for number in (1, 2)}
HALF_READ = ("nsd", "two zones in one node")  # which serves what comes before the node
REFUSED = dict.fromkeys(SERVED, ("REFUSED", []))
# What is wrong with a catalog, as a change of its text: RFC 9432 section 5.1.
BROKEN = {
    "another version": ('"2"', '"3"'),
    "no version": (r"version 0 IN TXT .*\n", ""),
    "two zones in one node": (r"(\S+ 0 IN PTR )zone1\.test\.\n", r"\g<0>\1zone3.test.\n"),
}
AFTER_A_RESTART = {"named": REFUSED, "nsd": REFUSED, "knot": SERVED, "pdns_server": SERVED}


@pytest.fixture(params=CONSUMERS, ids=lambda kind: kind.daemon)
def pair(request):
    with pair_with_users(BindHost, request.param) as found:
        yield found


def answers(host):
    return {name: answer(host, name) for name in SERVED}


def asked(host, name):
    """The serial of a zone, None where the host does not tell."""
    found = dns.query.udp(dns.message.make_query(name, "SOA"), host.address, port=host.port, timeout=5)
    return found.answer[0][0].serial if found.answer else None


def edit(host, old, new):
    """Have a primary serve its catalog with something else in it, under a newer serial, which is returned."""
    path = host.current / "zones" / CATALOG
    serial = asked(host, CATALOG) + 1000
    text = re.sub(r"( SOA \S+ \S+ )\d+", rf"\g<1>{serial}", path.read_text(), count=1)
    changed = re.sub(old, new, text)
    assert changed != text
    path.write_text(changed)
    assert host.run([host.find("rndc"), "reload", CATALOG])[0] == 0
    wait_for(lambda: asked(host, CATALOG), serial)
    return serial


def has_heard(host, serial):
    """Knot DNS, which answers no question about a catalog that it learns from, says so in its log, and so does PowerDNS, which goes on looking at it."""
    if host.daemon == "knot":
        return f"[{CATALOG}.] failed to process catalog zone" in host.log()
    if host.daemon == "pdns_server":
        return f"zone committed with serial {serial}" in (host.root / "pdns.log").read_text()
    return asked(host, CATALOG) == serial


@pytest.mark.parametrize("fault", BROKEN)
def test_no_member_vanishes_because_of_a_broken_catalog_and_a_run_mends_it(pair, fault):
    pair.bring(zones(1, 2))
    wait_for(lambda: answers(pair.consumer), SERVED)
    serial = edit(pair.primary, *BROKEN[fault])
    wait_for(lambda: has_heard(pair.consumer, serial), True)
    assert answers(pair.consumer) == SERVED
    pair.consumer.write()
    pair.consumer.stop()
    pair.consumer.start()
    served = {**SERVED, "www.zone1.test": ("REFUSED", [])} if (pair.consumer.daemon, fault) == HALF_READ else AFTER_A_RESTART[pair.consumer.daemon]
    wait_for(lambda: answers(pair.consumer), served)
    found = membership(pair.consumer, zones(1, 2))
    assert membership_faults(found) == {(name.removeprefix("www."), "not_learned") for name, (code, _addresses) in served.items() if code == "REFUSED"}
    assert ("What helps against not_learned: see that the primaries serve the declared catalog" in found["msg"]) == (served != SERVED)
    assert pair.bring(zones(1, 2), hosts=[pair.primary])[0]["edited"] == [f"zones/{CATALOG}"]
    wait_for(lambda: answers(pair.consumer), SERVED)


@pytest.fixture
def with_powerdns():
    if PowerDNSConsumer not in CONSUMERS:
        pytest.skip("PowerDNS is not installed, or learns from no catalog")
    with pair_with_users(BindHost, PowerDNSConsumer) as found:
        yield found


def tries(pair):
    """How often the consumer looked again at its catalog."""
    return len(pair.consumer.select("SELECT 1 FROM domainmetadata WHERE kind = 'X-AUTHORITATIVE-DNS-TRIED'"))


def removed_in_vain(pair, pause, seconds=5.0):
    """Whether the consumer failed to remove a member, because something else is being entered in its database as long as that takes.

    Where that meets one of its rounds, every ten seconds, it waits with everything. pause: seconds before, with which two attempts meet no two rounds.
    """
    log = pair.consumer.root / "pdns.log"
    pair.bring(zones(1, 2))
    wait_for(lambda: answers(pair.consumer), SERVED)
    time.sleep(pause)
    read, deadline = len(log.read_text()), time.monotonic() + seconds
    with contextlib.closing(sqlite3.connect(pair.consumer.layout["database"], isolation_level=None)) as another_transfer:
        another_transfer.execute("BEGIN IMMEDIATE")
        pair.bring(zones(2), hosts=[pair.primary])
        while not (failed := "Catalog-Zone update failed" in log.read_text()[read:]) and time.monotonic() < deadline:
            time.sleep(0.05)
        another_transfer.execute("ROLLBACK")
    return failed


def test_what_powerdns_could_not_make_of_a_catalog_beside_another_transfer_it_makes_of_it_later(with_powerdns):
    pair = with_powerdns
    if not any(removed_in_vain(pair, attempt) for attempt in range(12)):
        assert not pair.consumer.version().startswith("4.7.")
        pytest.skip("this version waited for the other transfer each time, and made of the catalog what it could not before")
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "REFUSED")
    wait_for(lambda: asked(pair.consumer, CATALOG), asked(pair.primary, CATALOG))
    assert 1 <= tries(pair) <= 5
    pair.bring(zones(1, 2))
    wait_for(lambda: answers(pair.consumer), SERVED)
    assert tries(pair) <= 5  # and none without need


def has_given_up(host):
    """Whether a server has no copy of its catalog any more. Of Knot DNS whether it looked in vain: with it, and with PowerDNS, no catalog expires."""
    if host.daemon == "knot":
        return f"[{CATALOG}.] refresh, failed (no usable master)" in host.log()
    found = dns.query.udp(dns.message.make_query(CATALOG, "SOA"), host.address, port=host.port, timeout=5)
    return host.daemon == "pdns_server" or found.rcode() == dns.rcode.SERVFAIL


def test_members_outlive_an_expired_catalog_and_new_ones_come_once_its_primary_is_back(pair):
    if pair.consumer.daemon == "named":
        with open(pair.consumer.layout["local_options"], "a", encoding="utf-8") as stream:
            stream.write("min-refresh-time 1; min-retry-time 1;\n")
    pair.bring(zones(1, 2))
    wait_for(lambda: answers(pair.consumer), SERVED)
    serial = edit(pair.primary, r"( SOA \S+ \S+ \d+) .*", r"\1 1 1 4 60")
    wait_for(lambda: asked(pair.consumer, CATALOG) == serial or pair.consumer.daemon == "knot", True)
    pair.consumer.write()
    pair.primary.stop()
    wait_for(lambda: has_given_up(pair.consumer), True)
    assert answers(pair.consumer) == SERVED
    assert not membership_faults(membership(pair.consumer, zones(1, 2), 0.0))
    pair.consumer.stop()
    pair.consumer.start()
    wait_for(lambda: answers(pair.consumer), SERVED)
    pair.primary.start()
    pair.bring(zones(1, 2, 3))
    wait_for(lambda: answer(pair.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))
    assert answers(pair.consumer) == SERVED


def test_what_a_consumers_administrator_has_himself_is_served_as_he_says(pair):
    if pair.consumer.daemon == "pdns_server":
        pytest.skip("its database is the collection's alone")
    own = pair.consumer.root / "own.zone"
    own.write_text("@ 60 IN SOA ns. host. 7 60 60 60 60\n@ 60 IN NS ns.elsewhere.test.\nwww 60 IN A 192.0.2.77\n")
    own.chmod(0o644)
    with pair.consumer.local_config.open("a") as stream:
        stream.write(pair.consumer.own_zone(own, "zone1.test"))
    pair.bring(zones(1, 2))
    expected = {**SERVED, "www.zone1.test": ("NOERROR", ["192.0.2.77"])}
    wait_for(lambda: answers(pair.consumer), expected)
    assert membership_faults(membership(pair.consumer, zones(1, 2), 0.0)) == {("zone1.test", "not_learned")}
    assert [found["changed"] for found in pair.bring(zones(1, 2))] == [False, False]
    pair.bring({**zones(1), "zone2.test": ("192.0.2.22", {})}, hosts=[pair.primary])
    wait_for(lambda: answers(pair.consumer), {**expected, "www.zone2.test": ("NOERROR", ["192.0.2.22"])})
