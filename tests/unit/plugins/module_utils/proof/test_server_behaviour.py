# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replies that the servers of the integration tests do not give."""

from __future__ import annotations

import dns.flags
import dns.name
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.server_behaviour import judge, questions
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to

ZONE = dns.name.from_text("example.com")
OUTSIDE = dns.name.from_text("invalid.")


def state(check, rcode=0, aa=False, answer=(), authority=(), flags=0):
    question = questions(ZONE, OUTSIDE, None)[check]
    reply = reply_to(question.query(1)[0], rcode, aa)
    reply.flags = (reply.flags & ~dns.flags.RA) | flags
    for section, lines in ((reply.answer, answer), (reply.authority, authority)):
        section.extend(dns.rrset.from_text(*line.split(None, 4)) for line in lines)
    return judge(check, question.read(reply.to_wire()), serves=True)[0]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"rcode": 5}, "refused"),
        ({"rcode": 5, "flags": dns.flags.RA}, "offered"),
        ({"answer": ["invalid. 60 IN A 192.0.2.1"]}, "offered"),
        ({"authority": [". 60 IN NS a.root."]}, "refused"),
    ],
)
def test_recursion(how, expected):
    assert state("recursion", **how) == expected


def test_an_answer_for_its_zone_has_authority():
    assert state("udp", aa=True) == "answered"
    assert state("udp") == state("tcp", rcode=5, aa=True) == "not_authoritative"
