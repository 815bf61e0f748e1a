# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_soa_serial against real servers, and against a scripted one for what real servers will not do."""

from __future__ import annotations

import contextlib
import itertools
import time

import dns.flags
import dns.message
import dns.rcode
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server, soa_answer

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="


def entry(server, name, role=None, **more):
    return dict({"name": name, "address": server.address, "port": server.port}, **({"role": role} if role else {}), **more)


def states(outcome):
    return {(result["zone"], result["server"]): result["state"] for result in outcome["results"]}


def ask(server, zone="example.com", **arguments):
    """The one result of asking one server with short patience."""
    arguments = dict({"timeout": 0.3, "retries": 1}, **arguments)
    outcome = run_module("verify_soa_serial", servers=[entry(server, "ns")], zones=[zone], detail="all", **arguments)
    assert len(outcome["results"]) == 1
    return outcome["results"][0]


@pytest.fixture(scope="module")
def primary():
    zones = {name: zone_text(name, serial=10) for name in ("example.com", "example.org")}
    with running_named(zones, keys={"check": SECRET}) as server:
        yield server


def test_servers_that_agree_are_in_sync(primary):
    with running_named({"example.com": zone_text("example.com", serial=10)}, address="::1") as secondary:
        outcome = run_module(
            "verify_soa_serial",
            servers=[entry(primary, "ns1", "primary"), entry(secondary, "ns2", "secondary")],
            zones=["example.com", {"name": "example.org", "servers": ["ns1"]}],
            detail="all",
        )
    assert not outcome["failed"] and not outcome["changed"]
    assert outcome["msg"] == "all 3 answers are as expected"
    assert set(states(outcome).values()) == {"in_sync"}
    assert outcome["summary"]["states"] == {"in_sync": 3}
    first = outcome["results"][0]
    assert first["serial"] == first["reference_serial"] == 10 and first["lag"] == 0
    assert first["aa"] is True and first["rcode"] == "NOERROR" and first["rtt_ms"] > 0 and first["transport"] == "udp"


@pytest.mark.parametrize(
    ("serial", "state", "lag"),
    [(7, "behind", 3), (11, "ahead", -1), (2**32 - 1, "behind", 11), (2**31 + 11, "behind", 2**31 - 1), (2**31 + 9, "ahead", 1 - 2**31)],
)
def test_a_difference_is_counted_as_rfc_1982_says(primary, serial, state, lag):
    with running_named({"example.com": zone_text("example.com", serial=serial)}) as secondary:
        servers = [entry(primary, "ns1", "primary"), entry(secondary, "ns2", "secondary")]
        outcome = run_module("verify_soa_serial", servers=servers, zones=["example.com"])
    assert outcome["failed"]
    (result,) = outcome["results"]
    assert (result["state"], result["lag"], result["server"]) == (state, lag, "ns2")
    assert f"example.com at ns2 (127.0.0.1): {state} by {abs(lag)} (serial {serial}, reference 10)" in outcome["msg"]


def test_max_lag_allows_to_be_behind_but_not_ahead(primary):
    zones = {"example.com": zone_text("example.com", serial=8), "example.org": zone_text("example.org", serial=11)}
    with running_named(zones) as secondary:
        servers = [entry(primary, "ns1", "primary"), entry(secondary, "ns2", "secondary")]
        outcome = run_module("verify_soa_serial", servers=servers, zones=list(zones), max_lag=2)
        assert states(outcome) == {("example.org", "ns2"): "ahead"}
        outcome = run_module("verify_soa_serial", servers=servers, zones=list(zones), max_lag=1)
        assert states(outcome) == {("example.com", "ns2"): "behind", ("example.org", "ns2"): "ahead"}


def test_an_expected_serial_counts_more_than_the_primary(primary):
    assert ask(primary, {"name": "example.com", "expected_serial": 12})["state"] == "behind"
    assert ask(primary, {"name": "example.com", "expected_serial": 10})["state"] == "in_sync"


def test_without_a_reference_the_newest_serial_counts(primary):
    with running_named({"example.com": zone_text("example.com", serial=12)}) as other:
        outcome = run_module("verify_soa_serial", servers=[entry(primary, "a"), entry(other, "b")], zones=["example.com"])
    assert states(outcome) == {("example.com", "a"): "behind"}


def test_a_silent_primary_leaves_no_reference(primary):
    with scripted_server() as silent:
        servers = [entry(silent, "ns1", "primary"), entry(primary, "ns2", "secondary")]
        outcome = run_module("verify_soa_serial", servers=servers, zones=["example.com"], timeout=0.2, retries=0)
    assert states(outcome) == {("example.com", "ns1"): "timeout", ("example.com", "ns2"): "no_reference"}


def test_report_only_returns_the_data_and_does_not_fail(primary):
    outcome = run_module("verify_soa_serial", servers=[entry(primary, "ns1")], zones=["no.such"], report_only=True, check=True)
    assert not outcome["failed"] and not outcome["changed"] and outcome["summary"]["at_fault"] == 1


def test_a_server_that_does_not_serve_the_zone_refuses(primary):
    assert ask(primary, "no.such")["state"] == "refused"


def test_a_name_inside_a_zone_is_not_a_zone(primary):
    result = ask(primary, "ns1.example.com")
    assert result["state"] == "not_authoritative" and "no SOA" in result["detail"]


def test_a_delegation_is_not_the_zone():
    with running_named({"example.com": zone_text("example.com", records="sub NS ns.sub\nns.sub A 127.0.0.9\n")}) as server:
        result = ask(server, "sub.example.com")
    assert result["state"] == "not_authoritative" and "referral" in result["detail"]


def expiring_secondary(primary, zone):
    return f"""zone "{zone}" {{
        type secondary; primaries {{ {primary.address} port {primary.port}; }}; file "copy"; min-retry-time 1; min-refresh-time 1;
    }};"""


def test_an_expired_secondary_is_named_so():
    """The story of the field: the primary is gone, and the secondary first serves its last copy, then nothing."""
    timers = "1 1 2 300"  # expire two seconds after the last successful refresh
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(running_named({"example.com": zone_text("example.com", 10, timers=timers)}))
        secondary = stack.enter_context(running_named(statements=expiring_secondary(primary, "example.com")))
        servers = [entry(secondary, "ns2", "secondary")]
        arrived = run_module(
            "verify_soa_serial", servers=servers, zones=[{"name": "example.com", "expected_serial": 10}], wait_timeout=10
        )
        assert not arrived["failed"]
        primary.stop()
        deadline = time.monotonic() + 20
        found = {"in_sync"}
        while "expired" not in found and time.monotonic() < deadline:
            found = set(states(run_module("verify_soa_serial", servers=servers, zones=["example.com"], detail="all")).values())
            time.sleep(0.2)
        assert found == {"expired"}, secondary.log()


def test_a_secondary_that_never_got_its_zone_is_expired():
    statements = f'zone "example.com" {{ type secondary; primaries {{ 127.0.0.1 port {free_port()}; }}; file "copy"; }};'
    with running_named(statements=statements) as secondary:
        outcome = run_module("verify_soa_serial", servers=[entry(secondary, "ns2", "secondary")], zones=["example.com"])
        assert states(outcome) == {("example.com", "ns2"): "expired"}
        outcome = run_module("verify_soa_serial", servers=[entry(secondary, "ns2")], zones=["example.com"])
        assert states(outcome) == {("example.com", "ns2"): "servfail"}


def test_a_frozen_server_is_a_timeout_and_a_stopped_one_unreachable(primary):
    with running_named({"example.com": zone_text("example.com", serial=10)}) as server:
        server.freeze()
        assert ask(server)["state"] == "timeout"
        server.thaw()
        assert ask(server)["state"] == "in_sync"
        server.stop()
        result = ask(server)
        assert result["state"] == "unreachable" and result["detail"] == "Connection refused"
        assert ask(server, transport="tcp")["state"] == "unreachable"


def test_waiting_ends_when_the_secondary_has_caught_up(primary):
    with running_named({"example.com": zone_text("example.com", serial=9)}) as secondary:
        servers = [entry(primary, "ns1", "primary"), entry(secondary, "ns2", "secondary")]
        late = run_module("verify_soa_serial", servers=servers, zones=["example.com"], wait_timeout=0.6, wait_interval=0.1)
        assert late["failed"] and late["summary"]["rounds"] > 2
        secondary.write_zone("example.com", zone_text("example.com", serial=10))
        secondary.reload()
        outcome = run_module("verify_soa_serial", servers=servers, zones=["example.com"], wait_timeout=10, wait_interval=0.1)
    assert not outcome["failed"] and outcome["summary"]["elapsed"] < 9


# TSIG


def keyed(server, name="check", secret=SECRET, algorithm="hmac-sha256"):
    return {
        "keys": [{"name": name, "secret": secret, "algorithm": algorithm}],
        "servers": [entry(server, "ns", key=name)],
        "zones": ["example.com"],
        "detail": "all",
    }


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_right_key_is_believed(primary, transport):
    outcome = run_module("verify_soa_serial", transport=transport, **keyed(primary))
    assert set(states(outcome).values()) == {"in_sync"} and SECRET not in str(outcome)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret": OTHER_SECRET}, "another secret or algorithm"),
        ({"name": "unknown"}, "does not know this key"),
        ({"algorithm": "hmac-sha512"}, "BAD"),
    ],
)
def test_a_wrong_key_is_named_so(primary, wrong, reason):
    (result,) = run_module("verify_soa_serial", **keyed(primary, **wrong))["results"]
    assert result["state"] == "wrong_key" and reason in result["detail"]


@pytest.mark.parametrize("skew", [-600, 600])
def test_clocks_that_differ_are_named_so(primary, monkeypatch, skew):
    """Only the time in the question's signature is shifted; a real server judges it."""
    real_sign = dns.tsig.sign

    def skewed_sign(wire, key, rdata, time=None, *arguments, **named):
        return real_sign(wire, key, rdata, int(time) + skew, *arguments, **named)

    monkeypatch.setattr(dns.tsig, "sign", skewed_sign)
    (result,) = run_module("verify_soa_serial", **keyed(primary))["results"]
    assert result["state"] == "bad_time"


def test_an_unsigned_answer_to_a_signed_question_is_not_believed():
    with scripted_server(udp=lambda query: [soa_answer(query, 10)]) as server:
        (result,) = run_module("verify_soa_serial", **keyed(server))["results"]
    assert result["state"] == "wrong_key" and "not signed" in result["detail"] and result["serial"] is None


# What real servers will not do


def test_answers_with_another_id_or_question_are_ignored():
    def script(query):
        yield bytes([query[0] ^ 1]) + soa_answer(query, 66)[1:]
        yield soa_answer(query, 66).replace(b"\7example\3com", b"\7exemple\3com")
        yield query  # our own question, sent back
        yield b"\0"
        yield soa_answer(query, 10)

    with scripted_server(udp=script) as server:
        result = ask(server)
    assert (result["state"], result["serial"]) == ("in_sync", 10)


def test_a_truncated_answer_is_asked_for_over_tcp():
    def truncated(query):
        reply = reply_to(query)
        reply.flags |= dns.flags.TC
        yield reply.to_wire()

    with scripted_server(udp=truncated, tcp=lambda query: [soa_answer(query, 10)]) as server:
        result = ask(server)
        assert (result["state"], result["transport"]) == ("in_sync", "tcp")
    with scripted_server(udp=truncated, tcp=truncated) as server:
        assert ask(server)["state"] == "malformed"


def test_a_lost_packet_is_asked_for_again():
    count = itertools.count()
    with scripted_server(udp=lambda query: [soa_answer(query, 10)] if next(count) else []) as server:
        result = ask(server)
    assert (result["state"], result["tries"]) == ("in_sync", 2)
    first, second = server.queries
    assert first[:2] != second[:2] and first[2:] == second[2:]


def test_a_late_answer_to_the_first_try_counts():
    first = []

    def script(query):
        if first:
            yield soa_answer(first[0], 10)
        first.append(query)

    with scripted_server(udp=script) as server:
        result = ask(server)
    assert result["state"] == "in_sync"


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda query: soa_answer(query, 10, aa=False), "not_authoritative"),
        (lambda query: soa_answer(query, 10)[:-9], "malformed"),
        (lambda query: query[:2] + b"\x84\0" + bytes([0, 1, 0, 9, 0, 0, 0, 0]) + b"\xff" * 40, "malformed"),
        (lambda query: query[:2] + b"\x84\0" + b"\0" * 8, "malformed"),
        (lambda query: reply_to(query).to_wire(), "not_authoritative"),
        (lambda query: reply_to(query, dns.rcode.NXDOMAIN).to_wire(), "not_authoritative"),
        (lambda query: reply_to(query, dns.rcode.FORMERR).to_wire(), "error"),
        (lambda query: query[:2] + b"\x84\5" + b"\0" * 8, "refused"),
    ],
)
def test_odd_answers_have_a_state(make, state):
    with scripted_server(udp=lambda query: [make(query)]) as server:
        assert ask(server)["state"] == state


def test_an_answer_with_two_soa_records_is_not_trusted():
    def script(query):
        wire = soa_answer(query, 10)
        record = wire[len(query) :]
        yield wire[:6] + b"\0\2" + wire[8:] + record.replace(b"\0\0\0\x0a", b"\0\0\0\x0b", 1)

    with scripted_server(udp=script) as server:
        assert ask(server)["state"] == "malformed"


def test_over_tcp_a_closed_connection_is_opened_again():
    seen = set()

    def script(query):
        if len(seen) % 3 and query[2:] not in seen:
            seen.add(query[2:])
            raise EOFError
        seen.add(query[2:])
        yield soa_answer(query, 10)

    with scripted_server(tcp=script) as server:
        outcome = run_module(
            "verify_soa_serial", servers=[entry(server, "ns")], zones=[f"z{n}.test" for n in range(20)], transport="tcp"
        )
    assert not outcome["failed"]


def test_a_server_that_closes_every_tcp_connection_is_an_error():
    def script(query):
        yield from ()
        raise EOFError

    with scripted_server(tcp=script) as server:
        assert ask(server, transport="tcp")["state"] == "error"


def test_a_server_that_is_silent_over_tcp_is_not_asked_for_everything():
    with scripted_server() as silent:
        outcome = run_module(
            "verify_soa_serial", servers=[entry(silent, "ns")], zones=[f"z{n}.test" for n in range(400)], transport="tcp", timeout=0.1, detail="all"
        )
    assert outcome["summary"]["states"] == {"timeout": 400} and outcome["summary"]["elapsed"] < 3
    assert "not asked: no answer to 4 questions before it" in outcome["results"][-1]["detail"]
    assert outcome["summary"]["queries"] < 40


# Many zones


def test_a_dead_server_does_not_hold_up_the_others():
    zones = [f"z{number}.test" for number in range(500)]
    with scripted_server(udp=lambda query: [soa_answer(query, 10)]) as server, scripted_server() as silent:
        started = time.monotonic()
        outcome = run_module(
            "verify_soa_serial", servers=[entry(server, "ns1"), entry(silent, "ns2")], zones=zones, timeout=1, retries=1
        )
        elapsed = time.monotonic() - started
    assert outcome["summary"]["states"] == {"in_sync": 500, "timeout": 500}
    assert elapsed < 15
    # no flood: ten lines for people and one about what helps, fifty results for programs, and the rest counted
    assert outcome["msg"].startswith("500 of 1000 answers are not as expected (500 timeout)\n- z0.test at ns2 (127.0.0.1): timeout")
    assert len(outcome["msg"].splitlines()) == 13
    assert len(outcome["results"]) == 50 and outcome["results_left_out"] == 450
    assert [server["states"] for server in outcome["servers"]] == [{"in_sync": 500}, {"timeout": 500}]


def test_under_loss_nothing_is_called_a_timeout_that_answers():
    """Every third packet is lost, and the receive buffer is what it is."""
    count = itertools.count()
    with scripted_server(udp=lambda query: [soa_answer(query, 10)] if next(count) % 3 else []) as server:
        outcome = run_module(
            "verify_soa_serial",
            servers=[entry(server, "ns")],
            zones=[f"z{number}.test" for number in range(400)],
            timeout=0.3,
            retries=8,
        )
    assert not outcome["failed"] and outcome["summary"]["retries"] > 100


def test_the_deadline_is_kept():
    with scripted_server() as silent:
        started = time.monotonic()
        outcome = run_module("verify_soa_serial", servers=[entry(silent, "ns")], zones=["example.com"], timeout=30, deadline=0.5)
        assert time.monotonic() - started < 2
        assert states(outcome) == {("example.com", "ns"): "timeout"}
        zones = [f"z{number}.test" for number in range(200)]
        outcome = run_module("verify_soa_serial", servers=[entry(silent, "ns")], zones=zones, timeout=30, deadline=0.5)
    assert set(outcome["summary"]["states"]) == {"timeout", "not_asked"}


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"servers": [{"address": "ns1.example.com"}]}, "servers: ns1.example.com has the address 'ns1.example.com', which is neither"),
        ({"servers": []}, "servers: the list is empty"),
        ({"servers": [{"address": "::1"}, {"address": "::1"}]}, "servers: ::1 is given twice"),
        ({"servers": [{"address": "::1", "port": 70000}]}, "a port is between 1 and 65535"),
        ({"servers": [{"address": "::1", "key": "k"}]}, "servers: ::1: the key k is not in keys; known: none"),
        ({"keys": [{"name": "k", "secret": "?"}]}, "keys: the secret of k is not base64"),
        ({"zones": [{"name": "a.test", "servers": ["x"]}]}, "zones: a.test: x not in servers; known: ::1"),
        ({"zones": [{"name": "a.test", "reference": ["x"]}]}, "zones: a.test: x not in servers"),
        ({"zones": [{"name": "a.test", "serial": 1}]}, "zones: a.test: unknown serial; known: name, servers"),
        ({"zones": [{"name": "a.test", "expected_serial": 2**32}]}, "a serial is between 0 and 4294967295"),
        ({"zones": ["a..test"]}, "zones: entry 1: 'a..test' is not a domain name"),
        ({"zones": [["a.test"]]}, "zones: entry 1 is neither a name nor a dictionary"),
        ({"timeout": 0}, "timeout: 0.0 is too small"),
    ],
)
def test_mistakes_are_named(arguments, message):
    outcome = run_module("verify_soa_serial", **dict({"servers": [{"address": "::1"}], "zones": ["a.test"]}, **arguments))
    assert outcome["failed"] and message in outcome["msg"]
