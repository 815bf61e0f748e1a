# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.soa_serials import Zone, judge, judge_zone, read_zones
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake, Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer
from hypothesis import given
from hypothesis import strategies as st

SERVERS = {
    "ns1": Server("ns1", "192.0.2.1", 53, "primary"),
    "ns2": Server("ns2", "192.0.2.2", 53, "secondary"),
    "ns3": Server("ns3", "192.0.2.3", 53, "secondary"),
}
TIMEOUT = Answer(problem="timeout")


def states(zone, answers, max_lag=0):
    return {server.name: verdict.state for server, verdict in judge_zone(zone, SERVERS, answers, max_lag)}


def zone(**fields):
    (found,) = read_zones([dict({"name": "example.com"}, **fields)], SERVERS)
    return found


def test_defaults():
    assert zone() == Zone("example.com", b"\7example\3com\0", ("ns1", "ns2", "ns3"), ("ns1",), None)
    assert zone(servers=["ns2"]).reference == ()
    assert read_zones(["example.com"], SERVERS) == [zone()]


def test_the_primary_counts_even_when_secondaries_are_newer():
    found = states(zone(), {"ns1": Answer(5, True, 0), "ns2": Answer(6, True, 0), "ns3": Answer(5, True, 0)})
    assert found == {"ns1": "in_sync", "ns2": "ahead", "ns3": "in_sync"}


def test_of_several_reference_servers_the_newest_counts():
    both = zone(reference=["ns1", "ns2"])
    found = states(both, {"ns1": Answer(5, True, 0), "ns2": Answer(6, True, 0), "ns3": Answer(6, True, 0)})
    assert found == {"ns1": "behind", "ns2": "in_sync", "ns3": "in_sync"}


def test_a_serial_without_authority_is_no_reference():
    answers = {"ns1": Answer(5, False, 0, "not_authoritative"), "ns2": Answer(5, True, 0), "ns3": TIMEOUT}
    assert states(zone(), answers) == {"ns1": "not_authoritative", "ns2": "no_reference", "ns3": "timeout"}


def test_servfail_of_a_secondary_means_expired():
    servfail = Answer(None, False, 2, "servfail")
    assert judge(servfail, "secondary", 5).state == "expired"
    assert judge(servfail, "primary", 5).state == judge(servfail, None, 5).state == "servfail"


ANSWERS = st.one_of(
    st.builds(Answer, st.integers(0, 2**32 - 1), st.just(True), st.just(0)),
    st.sampled_from([TIMEOUT, Answer(None, None, 2, "servfail"), Answer(3, False, 0, "not_authoritative")]),
)


@given(st.fixed_dictionaries({name: ANSWERS for name in SERVERS}), st.integers(0, 2**31), st.none() | st.integers(0, 2**32 - 1))
def test_every_server_has_a_verdict_and_ok_means_what_it_says(answers, max_lag, expected_serial):
    verdicts = judge_zone(zone(expected_serial=expected_serial), SERVERS, answers, max_lag)
    assert [server.name for server, _verdict in verdicts] == list(SERVERS)
    for server, verdict in verdicts:
        answer = answers[server.name]
        if verdict.ok:
            assert answer.problem is None and verdict.reference_serial is not None
            assert 0 <= verdict.lag <= max_lag and (answer.serial + verdict.lag) % 2**32 == verdict.reference_serial
        if expected_serial is not None and answer == Answer(expected_serial, True, 0):
            assert verdict.state == "in_sync"
        if answer.problem:
            assert not verdict.ok


@pytest.mark.parametrize("serial", [-1, 2**32, "x", True, 1.5j])
def test_serials_that_cannot_be(serial):
    with pytest.raises(Exception, match="is not a serial"):
        zone(expected_serial=serial)


def test_serials_half_the_circle_apart_are_behind_whatever_lag_is_allowed():
    verdict = judge(Answer(2**31 + 5, True, 0), None, 5, max_lag=2**31)
    assert (verdict.state, verdict.ok, verdict.lag) == ("behind", False, 2**31)
    assert judge(Answer(5, True, 0), None, 5).ok


def test_a_reference_is_one_of_the_zones_servers():
    with pytest.raises(Mistake, match="zones: example.com: the reference ns2 is not among the zone's servers"):
        zone(servers=["ns1"], reference="ns2")
