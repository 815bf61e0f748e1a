# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_resolution with the C library's resolver, in a network of its own where port 53 is ours.

systemd-resolved is tested on a host that runs it, by the molecule scenario `client`.
"""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.scripted import scripted_server

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root, to have port 53 in a network of its own")

ZONE = zone_text("example.com", records="pc1 A 192.0.2.50\npc1 A 192.0.2.51\n@ MX 10 Mail\nalias CNAME pc1\nv6 AAAA 2001:db8::1\n")
OPTIONS = "options timeout:1 attempts:2\n"
FIRST_SILENT = "nameserver 127.0.0.2\nnameserver 127.0.0.1\n" + OPTIONS


def resolve(names, resolv_conf="nameserver 127.0.0.1\n" + OPTIONS, **arguments):
    """verify_resolution beside a BIND on 127.0.0.1 and a silent server on 127.0.0.2, both on port 53."""

    def look():
        with running_named({"example.com": ZONE}, port=53), scripted_server(address="127.0.0.2", port=53):
            return run_module("verify_resolution", names=names, **arguments)

    files = {"/etc/resolv.conf": resolv_conf, "/etc/nsswitch.conf": "hosts: files dns\n"}
    return in_private_network(look, files=files, addresses=["127.0.0.2"])


def test_answers_of_all_kinds():
    outcome = resolve(
        [
            "pc1.example.com",
            {"name": "pc1.example.com", "expect": ["192.0.2.51", "192.0.2.50"]},
            {"name": "alias.example.com", "expect": ["192.0.2.51", "192.0.2.50"]},
            {"name": "v6.example.com", "type": "AAAA", "expect": "2001:DB8:0::1"},
            {"name": "example.com", "type": "MX", "expect": ["10 mail.example.com."]},
            {"name": "nix.example.com", "expect_state": "not_found"},
            {"name": "nix.example.com", "type": "TXT", "expect_state": "not_found"},
            {"name": "pc1.example.com", "type": "TXT", "expect_state": "not_found"},
        ],
        expected_resolvers=["127.0.0.1"],
        max_elapsed=1,
        check=True,
    )
    assert not outcome["failed"] and not outcome["changed"], outcome["msg"]
    assert [result["state"] for result in outcome["results"]] == ["answered"] * 5 + ["not_found", "not_found", "no_data"]
    assert {result["answered_by"] for result in outcome["results"]} == {"127.0.0.1"}
    assert outcome["results"][0]["answers"] == ["192.0.2.50", "192.0.2.51"]
    assert (outcome["resolvers"], outcome["resolver_source"]) == (["127.0.0.1"], "resolv_conf")


def test_the_second_resolver_answers_when_the_first_is_silent():
    outcome = resolve(["pc1.example.com", {"name": "example.com", "type": "MX"}], FIRST_SILENT)
    assert not outcome["failed"]
    for result in outcome["results"]:
        assert 0.9 < result["elapsed"] < 2.5
        assert result["answered_by"] == "127.0.0.1"
        assert [resolver["state"] for resolver in result["resolvers"]] == ["timeout", "answered"]


def test_slow_is_a_fault():
    outcome = resolve(["pc1.example.com"], FIRST_SILENT, max_elapsed=0.5)
    assert outcome["failed"] and outcome["results"][0]["state"] == "slow"
    assert outcome["msg"].startswith("1 of 1 lookups are not as expected (1 slow)\n- pc1.example.com A: slow after 1.")


def test_what_is_not_as_expected():
    outcome = resolve(
        [
            {"name": "pc1.example.com", "expect": ["192.0.2.50"]},
            {"name": "pc1.example.com", "expect_state": "not_found"},
            "nix.example.com",
        ],
        expected_resolvers=["127.0.0.2", "127.0.0.1"],
        report_only=True,
    )
    assert not outcome["failed"] and outcome["summary"]["at_fault"] == 4
    assert [result["state"] for result in outcome["results"]] == ["unexpected_answer", "answered", "not_found", "unexpected_resolvers"]
    assert outcome["results"][0]["detail"] == "192.0.2.50, 192.0.2.51, expected 192.0.2.50"
    assert "the host asks 127.0.0.1, expected 127.0.0.2, 127.0.0.1" in outcome["msg"]


def test_nobody_answers():
    outcome = resolve(["pc1.example.com", {"name": "example.com", "type": "MX"}], "nameserver 127.0.0.2\n" + OPTIONS)
    assert [result["state"] for result in outcome["results"]] == ["failed", "failed"]
    assert [result["answered_by"] for result in outcome["results"]] == [None, None]


def test_a_lookup_that_hangs_is_given_up():
    outcome = resolve(["pc1.example.com"], "nameserver 127.0.0.2\noptions timeout:20\n", timeout=0.5)
    assert outcome["results"][0]["state"] == "timeout" and outcome["results"][0]["elapsed"] < 2
    outcome = resolve(["pc1.example.com", "pc2.example.com"], "nameserver 127.0.0.2\noptions timeout:20\n", deadline=0.5)
    assert [result["state"] for result in outcome["results"]] == ["timeout", "not_asked"]


def test_a_resolver_that_refuses_is_passed_over():
    outcome = resolve(["www.example.org"])
    assert outcome["results"][0]["state"] == "failed"
    assert outcome["results"][0]["resolvers"][0]["state"] == "refused"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([{"name": "a..b"}], "'a..b' is not a domain name"),
        ([{"name": "a", "type": "NOPE"}], "names: a: type 'NOPE' is not a record type"),
        ([{"name": "a", "expect": ["nonsense"]}], "names: a: expect 'nonsense' is not A data"),
        ([{"name": "a", "expect_state": "yes"}], "expect_state 'yes' is not one of answered, not_found"),
        ([{"name": "a", "expects": "1.2.3.4"}], "names: a: unknown expects"),
        ([7], "names: entry 1 is neither a name nor a dictionary"),
    ],
)
def test_mistakes_are_named(names, text):
    outcome = run_module("verify_resolution", names=names)
    assert outcome["failed"] and text in outcome["msg"]
