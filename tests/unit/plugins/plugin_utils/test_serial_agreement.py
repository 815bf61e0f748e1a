# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import Content
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import STANDARD
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.serial_policies import newer
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import (
    Finding,
    NoAgreement,
    SerialGoesBack,
    agreed_serial,
    ahead,
    content_digest,
    missed,
    second_step,
    stuck,
)
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


ANY = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1, TODAY, TODAY + 2**31 - 1, TODAY + 2**31]))


def followed(served, serials):
    """What secondaries have once they were told of a serial, and followed it if it is newer (RFC 1982)."""
    return {name: served if newer(served, serial) else serial for name, serial in serials.items()}


@given(st.sampled_from(["date", "unix", "increment"]), st.lists(ANY, max_size=2), st.lists(ANY, min_size=1, max_size=4), st.booleans())
def test_wherever_servers_are_a_second_run_brings_all_of_them_to_one_serial(policy, primary, others, changed):
    """Whether the content changed before the first run or not."""
    serials = {str(number): serial for number, serial in enumerate(others)}
    findings = [Finding("old" if changed else "new", tuple(primary))]
    for run in range(2):
        agreed = agreed_serial(zone(policy), findings, NOW + run * 86400, serials)
        assert not changed or agreed not in primary or run
        assert (second_step(zone(policy), agreed, serials) is None) == (not stuck(agreed, serials))
        serials, findings = followed(agreed, serials), [Finding("new", (agreed, agreed, agreed))]
    assert set(serials.values()) == {agreed}
    assert agreed_serial(zone(policy), findings, NOW + 2 * 86400, serials) == agreed
    assert ahead({"example.com": agreed}, [{"example.com": serial} for serial in serials.values()]) == set()


@given(st.lists(ANY, min_size=2, max_size=4), st.lists(st.booleans(), min_size=1, max_size=5), st.sets(st.integers(0, 3)))
def test_between_the_steps_no_server_ever_has_other_content_under_the_serial_of_the_primary(serials, changes, lazy):
    """lazy: servers that follow nobody. changes: whether the content changes before each run."""
    primary, content = (None, None), 0
    servers = {str(number): (serial, "from before") for number, serial in enumerate(serials)}
    for changed in changes:
        content += changed
        findings = [Finding("new" if primary[1] == content else "old", primary[:1])] if primary[1] is not None else []
        try:
            primary = agreed_serial(zone("increment"), findings, NOW, {name: serial for name, (serial, _content) in servers.items()}), content
        except NoAgreement:
            continue
        for name, (serial, _content) in servers.items():
            if int(name) not in lazy and newer(primary[0], serial):
                servers[name] = primary
        assert all(other == primary for other in servers.values() if other[0] == primary[0])


def test_where_one_step_reaches_all_it_is_taken():
    """Half the circle apart neither is newer, but the primary need not follow anybody."""
    assert ahead({"example.com": 7}, [{"example.com": 7 + 2**31}]) == {"example.com"}
    assert agreed_serial(zone("increment"), [Finding("new", (7, 7))], NOW, {"ns2": 7 + 2**31}) == 8 + 2**31


def test_a_secondary_missed_what_a_primary_has_and_it_has_an_older_copy_of():
    primaries = [{"older.example": 7, "same.example": 7, "newer.example": 7, "none.example": 7}, {"wrapped.example": 1}]
    own = {"older.example": 6, "same.example": 7, "newer.example": 8, "wrapped.example": 4294967295, "elsewhere.example": 1}
    assert missed(own, primaries) == {"older.example", "wrapped.example"}


def test_the_first_of_two_steps_says_who_follows_to_which_and_what_is_to_be_done():
    others = {"ns2": 7, "ns3": 7 + 2**31}
    first = agreed_serial(zone("increment"), [Finding("new", (7, 7))], NOW, others)
    told = second_step(zone(), first, others)
    follower, waiting = ("ns2", "ns3") if newer(first, 7) else ("ns3", "ns2")
    assert f"served under {first} now, which {follower} can follow to; run authoritative.dns.site once more" in told
    assert f"and {waiting} (at {others[waiting]}) will follow too" in told


def test_a_signer_or_a_file_that_has_the_serial_is_told_both_steps():
    others = {"ns2": 7, "ns3": 7 + 2**31}
    told = "ns3 has serial 2147483655, for which 9 is not newer .*; set the serial in its file to 2147483658, run .*, and when they have it, set it to 9 again"
    with pytest.raises(NoAgreement, match=told):
        agreed_serial(zone("keep", own_serial=9), [], NOW, others)
    signed = replace(zone("increment"), dnssec=STANDARD)
    with pytest.raises(NoAgreement, match="have each of them transfer it whatever its serial is: rndc retransfer, .* or pdns_control retrieve example.com"):
        agreed_serial(signed, [], NOW, others)


def test_a_kept_serial_that_is_to_go_back_is_told_the_way_around():
    """4 instead of 2 was typed; 4173593657 is newer than that, and 2026110008 newer than 4173593657."""
    told = "beyond 4026110007, or .*To come to 2026110008 nevertheless, set it to 4173593657 first, and to 2026110008 when all"
    with pytest.raises(SerialGoesBack, match=told):
        agreed_serial(zone("keep", own_serial=2026110008), [], NOW, {"ns2": 4026110007})
    assert newer(4173593657, 4026110007) and newer(2026110008, 4173593657)


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


@pytest.mark.parametrize("had", ["old", "old-signed", "old-41"])
def test_a_kept_serial_stands_for_no_second_content_whoever_chose_it_before(had):
    with pytest.raises(SerialGoesBack, match="zone example.com: its content changed but its own serial 41 did not"):
        agreed_serial(zone("keep", own_serial=41), [Finding(had, (41, 41))], NOW)
    same = Finding(had.replace("old", "new"), (41, 41))
    assert agreed_serial(zone("keep", own_serial=41), [same], NOW) == 41
    # one that lags behind has other content under another serial
    assert agreed_serial(zone("keep", own_serial=41), [same, Finding(had, (40, 40))], NOW) == 41
