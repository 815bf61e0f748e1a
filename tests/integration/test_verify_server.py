# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_server against real servers, and against a scripted one for what real servers will not do."""

from __future__ import annotations

import socket

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server, soa_answer

ZONES = {"example.com": zone_text("example.com")}


def checks(server, zone="example.com", **arguments):
    """{check: result} of one server."""
    entry = {"name": "ns", "address": server.address, "port": server.port, "zone": zone}
    arguments = dict({"timeout": 0.3, "retries": 0, "detail": "all", "report_only": True}, **arguments)
    outcome = run_module("verify_server", servers=[entry], **arguments)
    assert not outcome["failed"], outcome["msg"]
    return {result["check"]: result for result in outcome["results"]}


def states(found):
    return {check: result["state"] for check, result in found.items()}


def test_a_well_kept_server():
    with running_named(ZONES, options="version none;") as server:
        found = checks(server, check=True)
    assert states(found) == {"udp": "answered", "tcp": "answered", "edns": "supported", "recursion": "refused", "version": "hidden"}
    assert all(result["ok"] and result["rtt_ms"] > 0 for result in found.values())


def test_a_version_that_is_told():
    with running_named(ZONES) as server:
        version = checks(server)["version"]
    assert version["state"] == "disclosed" and not version["ok"] and version["detail"].startswith("9.")


def test_a_version_that_many_ask_for_at_once():
    question = dns.message.make_query("version.bind", "TXT", "CH").to_wire()
    with running_named(ZONES, options="version none;") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as others:
        for _question in range(60):
            others.sendto(question, (server.address, server.port))
        assert states(checks(server))["version"] == "hidden"


@pytest.mark.parametrize(("transport", "asked"), [("tcp", 1), ("udp", 2)])
def test_a_version_is_asked_where_many_may_ask(transport, asked):
    """Over UDP it costs the others' answers, so only where TCP has none."""

    def version(query):
        yield reply_to(query, dns.rcode.REFUSED).to_wire()

    with scripted_server(**{transport: version}) as server:
        assert checks(server)["version"]["state"] == "hidden"
        questions = [dns.message.from_wire(query).question[0] for query in server.queries]
    assert len([question for question in questions if question.rdclass == dns.rdataclass.CH]) == asked


def test_a_zone_that_is_not_served():
    with running_named(ZONES) as server:
        found = checks(server, zone="example.org")
        assert states(found)["udp"] == states(found)["tcp"] == "not_authoritative"
        assert states(checks(server, zone=None))["udp"] == "answered"


def test_recursion_that_is_offered():
    """No resolver is started: it could ask others. RA alone tells."""

    def script(query):
        reply = reply_to(query, dns.rcode.SERVFAIL)
        reply.flags |= dns.flags.RA
        yield reply.to_wire()

    def answering(query):
        reply = reply_to(query)
        reply.answer.append(dns.rrset.from_text(reply.question[0].name, 1, "IN", "A", "192.0.2.1"))
        yield reply.to_wire()

    with scripted_server(udp=script) as server:
        recursion = checks(server)["recursion"]
        assert (recursion["state"], recursion["ok"]) == ("offered", False)
        assert checks(server, checks={"recursion": "offered"})["recursion"]["ok"]
        assert "recursion" not in checks(server, recursive=["ns"])
        entry = {"name": "ns", "address": server.address, "port": server.port}
        wrong = run_module("verify_server", servers=[entry], recursive=["ns1"])
        assert wrong["failed"] and wrong["msg"] == "recursive: ns1 is not among the servers; give names of these"
    with scripted_server(udp=answering) as server:
        assert checks(server)["recursion"]["detail"] == "NOERROR with an answer"
    asked = [dns.message.from_wire(query) for query in server.queries]
    assert [message.question[0].name.to_text() for message in asked if message.flags & dns.flags.RD] == ["invalid."]


def test_edns_that_is_not_supported():
    def script(query):
        reply = reply_to(query)
        reply.use_edns(False)
        yield reply.to_wire()

    with scripted_server(udp=script) as server:
        edns = checks(server)["edns"]
    assert (edns["state"], edns["detail"]) == ("unsupported", "NOERROR without EDNS to a question with it")


def test_a_server_without_tcp_or_udp():
    with scripted_server(udp=lambda query: [soa_answer(query)]) as server:
        assert states(checks(server))["tcp"] == "timeout"
    with scripted_server(tcp=lambda query: [soa_answer(query)]) as server:
        found = checks(server)
    assert states(found)["udp"] == "timeout" and states(found)["tcp"] == "answered"


def test_checks_can_be_left_out():
    with running_named(ZONES) as server:
        found = checks(server, checks={"version": "any", "edns": "any"}, report_only=False)
    assert list(found) == ["udp", "tcp", "recursion"]


def test_faults_are_named():
    with running_named(ZONES) as server:
        outcome = run_module("verify_server", servers=[{"name": "ns1", "address": server.address, "port": server.port}])
    assert outcome["failed"]
    first, second = outcome["msg"].splitlines()
    assert first == "1 of 5 checks are not as expected (1 disclosed)"
    assert second.startswith("- ns1 (127.0.0.1): version disclosed, expected hidden: 9.")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"outside_name": "a..b"}, "outside_name: 'a..b' is not a domain name"),
        ({"servers": [{"address": "::1", "zone": "a..b"}]}, "servers: ::1: 'a..b' is not a domain name"),
        ({"retries": -1}, "retries: -1 is too small"),
    ],
)
def test_mistakes_are_named(arguments, text):
    outcome = run_module("verify_server", **dict({"servers": [{"address": "::1", "port": 9}]}, **arguments))
    assert outcome["failed"] and text in outcome["msg"]
