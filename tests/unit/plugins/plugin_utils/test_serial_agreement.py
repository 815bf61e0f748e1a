# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501 -- a case a line
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import Content
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.serial_policies import newer
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import Finding, NoAgreement, SerialGoesBack, agreed_serial, content_digest
from hypothesis import given
from hypothesis import strategies as st

NOW = 1795219200  # 2026-11-21
TODAY = 2026112101


def zone(policy="date", digest="new", own_serial=None):
    soa = SOA(300, "ns1.example.net.", "hostmaster.example.com.", own_serial or 0, 1, 2, 3, 4)
    return Zone("example.com", (), (), Content(soa, own_serial, digest, 0, (), (), str), policy, None)


# Serials near to each other: only then is one of them the newest (RFC 1982 section 3.2).
SERIALS = st.integers(TODAY - 3, TODAY + 3)
FINDINGS = st.lists(st.builds(Finding, st.sampled_from([None, "old", "new"]), st.lists(SERIALS, max_size=3).map(tuple)), max_size=4)


@given(st.sampled_from(["date", "unix", "increment"]), FINDINGS, st.randoms())
def test_every_primary_gets_the_same_serial_and_the_second_run_keeps_it(policy, findings, generator):
    agreed = agreed_serial(zone(policy), findings, NOW)
    shuffled = list(findings)
    generator.shuffle(shuffled)
    assert agreed_serial(zone(policy), shuffled, NOW) == agreed
    # Served under it, the same content keeps it, whatever the day.
    served = [Finding("new", (agreed, agreed, agreed)) for _finding in findings or [None]]
    assert agreed_serial(zone(policy), served, NOW + 86400) == agreed


@given(st.sampled_from(["date", "unix", "increment"]), FINDINGS)
def test_other_content_never_goes_out_under_a_serial_that_was_used(policy, findings):
    agreed = agreed_serial(zone(policy), findings, NOW)
    used = {serial for finding in findings if finding.digest != "new" for serial in finding.serials}
    assert agreed not in used
    assert all(newer(agreed, serial) for finding in findings for serial in finding.serials if serial != agreed)


@pytest.mark.parametrize(
    ("findings", "serial"),
    [
        ([], TODAY),
        ([Finding(None, ())], TODAY),
        ([Finding("old", (2026112001,))], TODAY),
        ([Finding("old", (TODAY,))], TODAY + 1),
        ([Finding("new", (2026112001,))], 2026112001),
        ([Finding("new", (2026112001,)), Finding(None, ())], 2026112001),  # a primary that is new joins
        ([Finding("new", (2026112001,)), Finding("old", (2026112001,))], TODAY),  # two contents under one serial
        ([Finding(None, (TODAY + 5,))], TODAY + 6),  # edited by hand, or served before this collection came
        ([Finding("new", (TODAY, TODAY + 1))], TODAY + 1),  # a serial that was out and rolled back is not used for other content
    ],
)
def test_the_serial_that_follows_from_what_is_there(findings, serial):
    assert agreed_serial(zone(), findings, NOW) == serial


@given(st.sampled_from(["date", "unix", "increment"]), FINDINGS, st.lists(SERIALS, max_size=3))
def test_no_server_has_a_newer_copy_than_the_primaries_get(policy, findings, others):
    agreed = agreed_serial(zone(policy), findings, NOW, dict(enumerate(others)))
    assert all(agreed == serial or newer(agreed, serial) for serial in others)
    served = [Finding("new", (agreed, agreed, agreed)) for _finding in findings or [None]]
    assert agreed_serial(zone(policy), served, NOW + 86400, dict(enumerate(others))) == agreed


@pytest.mark.parametrize("policy", ["date", "unix", "increment"])
def test_serials_wrap_around(policy):
    assert newer(agreed_serial(zone(policy), [Finding("old", (2,))], NOW, {"c": 4294967295}), 2)
    assert newer(agreed_serial(zone(policy), [], NOW, {"c": 4294967295}), 4294967295)


def test_serials_for_which_no_serial_is_newer_are_told_with_the_way_out():
    told = r"zone example.com: a has serial 1, for which 3000000001 is not newer, .* serve it under 2147483648 \(serial: keep\)"
    with pytest.raises(NoAgreement, match=told):
        agreed_serial(zone("increment"), [Finding("old", (1,))], NOW, {"a": 1, "b": 1500000000, "c": 3000000000})


def test_a_kept_serial_that_another_server_is_beyond_says_by_whom_and_what_to_raise_it_to():
    told = "its own serial 41 is older than 44, which is served already by ns2, so secondaries would ignore it; raise the serial in its file beyond 44, or"
    with pytest.raises(SerialGoesBack, match=told):
        agreed_serial(zone("keep", own_serial=41), [], NOW, {"ns2": 44, "ns3": 43})


def test_a_kept_serial_is_part_of_what_is_to_be_served():
    kept = zone("keep", own_serial=41)
    assert content_digest(kept) == "new-41" != content_digest(zone("keep", own_serial=42))
    assert content_digest(zone(own_serial=41)) == content_digest(zone())
    assert agreed_serial(kept, [], NOW) == agreed_serial(kept, [Finding("new-41", (41,))], NOW) == agreed_serial(kept, [Finding("old-40", (40,))], NOW) == 41


def test_a_kept_serial_that_secondaries_would_ignore_is_refused():
    with pytest.raises(SerialGoesBack, match="zone example.com: its own serial 41 is older than 42.*raise the serial in its file"):
        agreed_serial(zone("keep", own_serial=41), [Finding("old-42", (42,))], NOW)
    with pytest.raises(SerialGoesBack, match="zone example.com: its content changed but its own serial 41 did not"):
        agreed_serial(zone("keep", own_serial=41), [Finding("old-41", (41,))], NOW)
