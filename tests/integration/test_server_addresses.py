# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers with several addresses: from which one a host asks and tells, and from which ones it takes NOTIFY."""

from __future__ import annotations

import base64
import contextlib
import os
import pathlib
import time

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.tsigkeyring
import pytest
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
NS = {"type": "NS", "value": "ns1.example."}
KEY = {"name": "ns1-ns2", "secret": base64.b64encode(os.urandom(32)).decode()}
# Loopback has both, so that the system would have each ask the other from the other's address, which is nobody's secondary.
FEEDING, FED = "198.51.100.9", "198.51.100.1"


def at(kind, address):
    return type(kind.__name__, (kind,), {"address": address, "addresses": {"ns1": (address,), "ns2": ("198.51.100.77",)}})


def within(seconds, condition, *hosts):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "\n".join([f"not within {seconds} s", *(host.log()[-2500:] for host in hosts)])
        time.sleep(0.02)


def ids(value):
    return value.daemon


def zone(*addresses, **more):
    return {"name": ZONE, "records": [NS, *({"name": "www", "type": "A", "value": address} for address in addresses)], **more}


@pytest.mark.skipif(not can_make_private_networks(), reason="needs a network namespace")
@pytest.mark.parametrize("kind", INSTALLED, ids=ids)
def test_a_host_asks_and_tells_from_the_address_that_its_peers_know(kind, tmp_path):
    root = pathlib.Path(tmp_path)

    def look():
        with running_host(at(kind, FEEDING), root / "primary") as primary, running_host(at(kind, FED), root / "secondary") as secondary:

            def feed(*addresses):
                primary.bring_declared([zone(*addresses, primaries=["ns1"], secondaries=[{"address": FED, "port": secondary.port}])])

            feed("192.0.2.1")
            secondary.bring_declared([zone(primaries=[{"address": FEEDING, "port": primary.port}], secondaries=["ns1"])])
            within(10, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)
            feed("192.0.2.77")  # the SOA's refresh would take an hour
            within(3, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)
            return secondary.ask(f"www.{ZONE}", "A")

    assert in_private_network(look, addresses=[FEEDING, FED]) == ["192.0.2.77"]


def notify(host, source, key=None):
    """The code of the answer to a NOTIFY, None if there is none."""
    message = dns.message.make_query(ZONE, "SOA")
    message.flags = dns.flags.AA | dns.opcode.to_flags(dns.opcode.NOTIFY)
    if key:
        message.use_tsig(dns.tsigkeyring.from_text({key["name"]: key["secret"]}), keyname=f"{key['name']}.", algorithm="hmac-sha256")
    try:
        return dns.query.udp(message, host.address, port=host.port, source=source, timeout=2, ignore_unexpected=True).rcode()
    except dns.exception.Timeout:
        return None


@contextlib.contextmanager
def fed(kind, root, keys=(), **declared):
    """A secondary that has the zone. declared: what it knows of its primary besides address and port."""
    with running_host(kind, root / "primary") as primary, running_host(kind, root / "host") as host:
        key = {"key": keys[0]["name"]} if keys else {}
        secondary = {"address": "127.0.0.2", "addresses": ["127.0.0.0/8"], "port": 5399, "notify": [], **key}
        primary.bring_declared([zone(primaries=["ns1"], secondaries=[secondary])], keys=keys)
        source = {"address": primary.address, "port": primary.port, **key, **declared}
        host.bring_declared([zone(primaries=[source], secondaries=["ns1"])], keys=keys)
        within(10, lambda: host.serial(ZONE) == primary.serial(ZONE), primary, host)
        yield host


@pytest.mark.parametrize("kind", INSTALLED, ids=ids)
def test_notify_is_taken_from_who_has_the_key_wherever_it_comes_from(kind, tmp_path):
    with fed(kind, tmp_path, [KEY]) as host:
        assert notify(host, "127.0.0.3", KEY) == dns.rcode.NOERROR
        assert notify(host, "127.0.0.3") != dns.rcode.NOERROR


@pytest.mark.parametrize("kind", INSTALLED, ids=ids)
def test_notify_is_taken_from_all_addresses_of_a_primary(kind, tmp_path):
    with fed(kind, tmp_path, addresses=["127.0.0.16/29"]) as host:
        assert [notify(host, source) == dns.rcode.NOERROR for source in ("127.0.0.1", "127.0.0.17", "127.0.0.3")] == [True, True, False]


@pytest.mark.parametrize("kind", INSTALLED, ids=ids)
def test_a_secondary_may_transfer_from_another_address_than_it_answers_on(kind, tmp_path):
    with running_host(kind, tmp_path / "host") as host:
        secondary = {"address": "127.0.0.2", "addresses": ["127.0.0.16/29"], "port": 5399}
        host.bring_declared([zone("192.0.2.1", primaries=["ns1"], secondaries=[secondary])])
        for source, allowed in (("127.0.0.17", True), ("127.0.0.2", False)):
            query = dns.message.make_query(ZONE, "AXFR")
            answer = dns.query.tcp(query, host.address, port=host.port, source=source, timeout=5)
            assert (answer.rcode() == dns.rcode.NOERROR) == allowed
