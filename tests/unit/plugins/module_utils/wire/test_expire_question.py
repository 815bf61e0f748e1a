# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer says of a server's copy; written by dnspython, read by us."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.expire_question import Copy, CopyQuestion
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import NotForUs, Truncated
from hypothesis import given
from hypothesis import strategies as st

NAME = dns.name.from_text("example.com.")
SOA = "ns1.example.com. hostmaster.example.com. 7 3600 600 1209600 300"
SIGNATURE = "SOA 13 2 300 {ends} 20260101000000 4711 example.com. c2ln"


def answer_to(question, signatures=(), remaining=None, compress=True, extra=()):
    """A message as a server would send it."""
    query = dns.message.from_wire(question.query(99)[0])
    message = dns.message.make_response(query)
    message.flags |= dns.flags.AA
    message.answer.append(dns.rrset.from_text(NAME, 300, "IN", "SOA", SOA))
    if signatures:
        message.answer.append(dns.rrset.from_text(NAME, 300, "IN", "RRSIG", *(SIGNATURE.format(ends=ends) for ends in signatures)))
    message.authority.append(dns.rrset.from_text(NAME, 300, "IN", "NS", "ns1.example.com."))
    message.additional.append(dns.rrset.from_text("ns1.example.com.", 300, "IN", "A", "192.0.2.1"))
    options = list(extra)
    if remaining is not None:
        options.append(dns.edns.GenericOption(9, remaining.to_bytes(4, "big")))
    message.use_edns(0, dns.flags.DO, 1232, options=options)
    return message.to_wire(origin=None if compress else dns.name.root)


@pytest.fixture
def question():
    return CopyQuestion(NAME.to_wire())


def test_the_question_is_one_that_dnspython_reads(question):
    wire, mac = question.query(99)
    message = dns.message.from_wire(wire)
    assert (message.id, message.flags, mac) == (99, 0, b"")
    assert message.question[0].to_text() == "example.com. IN SOA"
    assert (message.edns, message.ednsflags & dns.flags.DO, message.payload) == (0, dns.flags.DO, 1232)
    assert [(int(option.otype), option.to_wire()) for option in message.options] == [(9, b"")]


def test_what_an_unsigned_copy_says(question):
    assert question.read(answer_to(question)) == Copy(7, True, 0, expire=1209600)
    cookie = dns.edns.GenericOption(10, b"12345678")
    assert question.read(answer_to(question, remaining=1234, extra=[cookie])) == Copy(7, True, 0, expire=1209600, remaining=1234)


def test_the_signature_that_ends_first_counts_also_beyond_2106(question):
    found = question.read(answer_to(question, signatures=["20260301000000", "20260201000000"]))
    assert found.signed_until == 1769904000 and found.serial == 7 and found.signed_by == (4711,)
    found = question.read(answer_to(question, signatures=["20260201000000", "20270201000000"]))
    assert found.signed_until == 1769904000
    assert question.read(answer_to(question, signatures=["10", str(2**32 - 10)])).signed_until == 2**32 - 10


def test_an_error_stays_the_error_that_it_is(question):
    message = dns.message.make_response(dns.message.from_wire(question.query(99)[0]))
    message.set_rcode(dns.rcode.REFUSED)
    assert question.read(message.to_wire()).problem == "refused"


def test_an_answer_that_ends_too_early_keeps_its_serial(question):
    whole = answer_to(question, remaining=5)
    found = [question.read(whole[:length]) for length in range(60, len(whole))]
    assert Copy(7, True, 0) in found and {one.serial for one in found} == {None, 7}
    assert all(one.problem == "malformed" for one in found if one.serial is None)


@given(st.data())
def test_no_answer_upsets_it(data):
    question = CopyQuestion(NAME.to_wire())
    wire = bytearray(answer_to(question, signatures=["20260301000000"], remaining=5))
    for _change in range(data.draw(st.integers(0, 5))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(wire)))
    for message in (bytes(wire), bytes(wire[:cut])):
        try:
            found = question.read(message)
        except (NotForUs, Truncated):
            continue
        assert found.problem is not None or found.serial is not None
