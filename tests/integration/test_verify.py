# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module verify, which looks at everything in one call: against real servers."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from unittest import mock

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnssec as common_dnssec
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text

REPORT = {"report_only": True, "detail": "all"}


@pytest.fixture(scope="module")
def server():
    with running_named({name: zone_text(name, serial=10) for name in ("example.com", "example.org")}) as named:
        yield named


def look(server, expected_serial=10, **more):
    servers = [{"name": "ns1", "address": server.address, "port": server.port}]
    zones = [{"name": name, "servers": ["ns1"]} for name in ("example.com", "example.org")]
    zones[0]["expected_serial"] = expected_serial
    contents = [{"name": zone["name"], "servers": ["ns1"], "content": zone_text(zone["name"], serial=10)} for zone in zones]
    payload = {
        "soa": {"servers": servers, "zones": zones, **REPORT},
        "records": {"servers": servers, "zones": contents, **REPORT},
        "servers": {"servers": [{**servers[0], "zone": "example.com"}], **REPORT},
        **more,
    }
    return run_module("verify", payload=b64encode(zlib.compress(json.dumps(payload).encode())).decode())


def test_one_call_looks_at_everything_that_it_is_given(server):
    outcome = look(server)
    assert not outcome["failed"] and set(outcome) >= {"soa", "records", "servers"} and "transfers" not in outcome
    assert [outcome[name]["summary"]["at_fault"] for name in ("soa", "records")] == [0, 0]
    assert {"udp", "tcp", "recursion"} & {result["check"] for result in outcome["servers"]["results"]}
    assert {(result["zone"], result["state"]) for result in outcome["records"]["results"]} == {("example.com", "same"), ("example.org", "same")}


def test_it_compares_no_content_where_the_serial_is_another(server):
    outcome = look(server, expected_serial=11)
    assert outcome["soa"]["summary"]["at_fault"] == 1
    assert [result["zone"] for result in outcome["records"]["results"]] == ["example.org"]


def test_it_tells_which_library_is_missing_before_it_looks(server):
    signed = {"servers": [{"name": "ns1", "address": server.address, "port": server.port}], "zones": [{"name": "example.com"}]}
    with mock.patch.object(common_dnssec, "CRYPTOGRAPHY_ERROR", "ImportError: No module named 'cryptography'"):
        with mock.patch.object(verification, "look", side_effect=AssertionError("it looked")):
            outcome = look(server, dnssec=signed)
        assert outcome["failed"] and outcome["missing_library"] == "cryptography" and "python3-cryptography" in outcome["msg"]
        assert not look(server)["failed"]  # who checks no signatures does without
    with mock.patch.object(dnspython, "dns", None):
        outcome = look(server)
    assert outcome["failed"] and outcome["missing_library"].startswith("dnspython >= ")


def test_a_mistake_names_what_it_is_about(server):
    outcome = look(server, transfers={"servers": [], "transfers": [{"zone": "example.com", "expect": "perhaps"}]})
    assert outcome["failed"] and outcome["msg"].startswith("transfers: ") and "perhaps" in outcome["msg"]
    assert "missing_library" not in outcome
