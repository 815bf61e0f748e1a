# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of the verification modules with a server program that words its answers differently: NSD."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.nsd import NSD, running_nsd

pytestmark = pytest.mark.skipif(NSD is None, reason="nsd is not installed")

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="
ZONE = zone_text("example.com", serial=10, records="www A 192.0.2.1\nalias CNAME WWW\n")


def entry(server, name, **more):
    return dict({"name": name, "address": server.address, "port": server.port}, **more)


@pytest.fixture(scope="module")
def nsd():
    # the second zone is a secondary whose primary does not exist
    options = f"  provide-xfr: 127.0.0.1 transfer\n  request-xfr: 127.0.0.1@{free_port()} NOKEY"
    with running_nsd({"example.com": ZONE, "never.test": None}, keys={"transfer": SECRET}, zone_options=options) as server:
        yield server


def test_serials(nsd):
    with running_named({"example.com": zone_text("example.com", serial=12)}) as primary:
        servers = [entry(primary, "ns1", role="primary"), entry(nsd, "ns2", role="secondary")]
        zones = ["example.com", {"name": "never.test", "servers": ["ns2"]}, {"name": "absent.test", "servers": ["ns2"]}]
        outcome = run_module("verify_soa_serial", servers=servers, zones=zones)
    found = {result["zone"]: (result["state"], result["lag"]) for result in outcome["results"]}
    assert found == {"example.com": ("behind", 2), "never.test": ("expired", None), "absent.test": ("refused", None)}


@pytest.mark.parametrize(("secret", "state"), [(SECRET, "in_sync"), (OTHER_SECRET, "wrong_key")])
def test_keys(nsd, secret, state):
    keys = [{"name": "transfer", "secret": secret}]
    outcome = run_module("verify_soa_serial", keys=keys, servers=[entry(nsd, "ns", key="transfer")], zones=["example.com"], detail="all")
    assert outcome["results"][0]["state"] == state


def test_transfers(nsd):
    keys = [{"name": "transfer", "secret": SECRET}]
    transfers = [
        {"zone": "example.com", "content": ZONE},
        {"zone": "example.com", "key": "", "expect": "refused"},
        {"zone": "absent.test", "key": "", "expect": "refused"},
    ]
    outcome = run_module("verify_zone_transfer", keys=keys, servers=[entry(nsd, "ns", key="transfer")], transfers=transfers, detail="all")
    allowed, refused, absent = outcome["results"]
    assert (allowed["state"], allowed["comparison"]["equal"]) == ("allowed", True)
    assert (refused["state"], refused["serves_zone"]) == ("refused", True)
    assert (absent["state"], absent["ok"]) == ("not_authoritative", False)


def test_behaviour(nsd):
    outcome = run_module("verify_server", servers=[entry(nsd, "ns", zone="example.com")], report_only=True, detail="all")
    assert {result["check"]: result["state"] for result in outcome["results"]} == {
        "udp": "answered",
        "tcp": "answered",
        "edns": "supported",
        "recursion": "refused",
        "version": "disclosed",
    }
