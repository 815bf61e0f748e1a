# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the DS records of a zone below change in a declared zone above, and when they stay as they are."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.delegation_signers import agreed, with_signers

OLD, NEW, ELSE = ("1 13 2 " + "aa" * 32, "2 13 2 " + "bb" * 32, "3 13 2 " + "cc" * 32)
NAME = "sub.example"


def decided(there, wanted, shown=(OLD, NEW), lacking=None, *, ending=False, others=None):
    looked = {"ds": list(there), "shown": list(shown), "lacking": lacking or {}, "other_ttl": False}
    signer = {"demanded": {NAME: {"ds": list(wanted), "ending": ending}}} if wanted is not None else {}
    signers, changed, kept = agreed({"above": {"delegations": {"example": {NAME: looked}}}, "signer": signer, **(others or {})}, "above")
    assert bool(changed) == (signers["example"][NAME] != list(there))
    return signers["example"][NAME], kept


@pytest.mark.parametrize(
    ("there", "wanted", "options", "becomes", "told"),
    [
        ([], [NEW], {}, [NEW], None),
        ([OLD], [NEW], {}, [NEW], None),
        ([OLD], [OLD, NEW], {}, [OLD, NEW], None),  # as Knot DNS rolls
        ([OLD, NEW], [NEW], {}, [NEW], None),
        ([OLD], [OLD], {"lacking": {"ns2": None}}, [OLD], None),  # nothing is to change
        ([OLD], [NEW], {"lacking": {"ns3": None, "ns2": None}}, [OLD], "ns2, ns3 gave no answer about its keys"),
        ([OLD], [NEW], {"shown": [OLD], "lacking": {"ns2": 1}}, [OLD], "ns2 does not show its key 2 yet"),
        ([], [NEW], {"shown": []}, [], "none of its servers shows its key 2 yet"),
        ([OLD], [], {}, [OLD], None),  # keys that are lost, or new
        ([OLD], [], {"ending": True}, [], None),
        ([OLD], [OLD], {"ending": True}, [OLD], None),  # its signer is not that far
        ([OLD], None, {}, [OLD], None),  # it was not asked
    ],
)
def test_a_ds_changes_where_all_that_is_needed_was_seen(there, wanted, options, becomes, told):
    records, kept = decided(there, wanted, **options)
    assert records == becomes
    assert (told is None and not kept) or (told in kept[0] and f"the DS records of {NAME} stay as they are ({'; '.join(there) or 'none'})" in kept[0])


def test_all_primaries_of_a_zone_come_to_the_same():
    def seen(there, lacking):
        return {"delegations": {"example": {NAME: {"ds": there, "shown": [NEW], "lacking": lacking, "other_ttl": False}}}}

    found = {"a": seen([OLD], {}), "b": seen([], {"ns2": None}), "signer": {"demanded": {NAME: {"ds": [NEW], "ending": False}}}}
    assert [agreed(found, host)[:2] for host in "ab"] == [({"example": {NAME: [NEW]}}, {"example"})] * 2
    assert agreed(found, "signer") == ({}, set(), [])


def test_another_ttl_is_a_change_of_the_zone_above():
    seen = {"ds": [OLD], "shown": [OLD], "lacking": {"ns2": None}, "other_ttl": True}
    assert agreed({"above": {"delegations": {"example": {NAME: seen}}}}, "above") == ({"example": {NAME: [OLD]}}, {"example"}, [])


def test_the_ttl_is_no_longer_than_the_signer_waits_for_it():
    records = [{"type": "NS", "value": "ns.example.net."}]
    zones = [
        {"name": "example", "records": records},
        {"name": NAME, "records": records, "dnssec": "short"},
        {"name": "x.example", "records": records, "dnssec": True},
    ]
    inventory = Inventory({"dns_primaries": ["ns1"]}, {"ns1": ("192.0.2.1",)}.__getitem__)
    declaration = load(zones, {}, inventory, str, policies={"short": {"parent_ds_ttl": "10m"}})
    zone = declaration.zones["example"]
    found = with_signers(zone, {NAME: [NEW], "x.example": [OLD]}, declaration)
    assert [str(record) for record in found.content.records if record.type == "DS"] == [f"sub 600 DS {NEW}", f"x 3600 DS {OLD}"]
    assert found.content.digest != zone.content.digest and with_signers(zone, {NAME: []}, declaration) == zone
