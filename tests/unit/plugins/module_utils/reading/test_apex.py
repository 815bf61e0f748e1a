# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.flags
import dns.message
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import apex

ANSWER = dns.message.make_response(dns.message.make_query("a.test", "NS"))
ANSWER.flags |= dns.flags.AA
ANSWER.answer = [dns.rrset.from_text("a.test.", 300, "IN", "NS", "ns1.a.test.", "Ns2.Elsewhere.example.")]
ANSWER.additional = [dns.rrset.from_text("ns1.a.test.", 300, "IN", "A", "192.0.2.1")]
WIRE = ANSWER.to_wire()


def test_names_are_read_with_their_compression():
    assert sorted(apex._records(WIRE)) == [(300, "ns1.a.test."), (300, "ns2.elsewhere.example.")]


@pytest.mark.parametrize("length", range(0, len(WIRE) - 20, 7))
def test_an_answer_that_is_cut_off_or_loops_has_none(length):
    assert apex._records(WIRE[:length]) == []
    assert apex._records(WIRE[:12] + b"\xc0\x0c" * 20) == []


def test_only_copies_that_are_served_and_in_no_file_are_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(apex.served_serials, "messages", lambda _address, zones, *_others: asked.extend(zones) or dict.fromkeys(zones, WIRE))
    zones = [
        {"name": name, "type": kind, "view": view, "serial": serial}
        for name, kind, view, serial in (
            ("a.test", "slave", None, 1),
            ("b.test", "secondary", None, None),
            ("c.test", "secondary", "in", 1),
            ("d.test", "primary", None, 1),
        )
    ]
    zones.append({"name": "e.test", "type": "secondary", "view": None, "serial": 4})
    found = apex.completed({"e.test": {"text": "there", "as_it_is": True}, "a.test": {"wrong": "no file"}}, zones, "127.0.0.1", 53)
    assert asked == ["a.test"] and found["e.test"]["text"] == "there"
    assert sorted(found["a.test"]["text"].splitlines()) == ["a.test. 300 IN NS ns1.a.test.", "a.test. 300 IN NS ns2.elsewhere.example."]
