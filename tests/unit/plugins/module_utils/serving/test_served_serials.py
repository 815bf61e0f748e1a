# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of all kinds: only an authoritative one to the very question is believed."""

from __future__ import annotations

import struct

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.served_serials import _data, question, serial_in
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, soa, soa_answer
from hypothesis import example, given
from hypothesis import strategies as st

QUERY = question("example.com", 4711)
GOOD = soa_answer(QUERY, serial=2026112101)
SERIALS = st.integers(0, 2**32 - 1)


@given(st.integers(0, 65535), st.lists(st.from_regex(r"[a-z0-9_/-]{1,63}", fullmatch=True), max_size=3))
def test_a_question_is_what_dnspython_reads_as_one(identifier, labels):
    zone = ".".join(labels) or "."
    message = dns.message.from_wire(question(zone, identifier))
    assert message.id == identifier and message.flags == 0 and len(message.question) == 1
    assert message.question[0].to_text() == f"{dns.name.from_text(zone)} IN SOA"


@pytest.mark.parametrize(("zone", "first"), [("bücher.test", b"b\xc3\xbccher"), ("b\udcfccher.test", b"b\xfccher")])
def test_a_name_that_is_not_ascii_is_asked_for_as_a_server_has_read_it(zone, first):
    """In UTF-8, or in another encoding, which Python shows so."""
    (asked,) = dns.message.from_wire(question(zone, 1)).question
    assert asked.name.labels == (first, b"test", b"")


@given(SERIALS, st.sampled_from(["example.com", "EXAMPLE.com", "."]))
def test_the_serial_of_an_authoritative_answer(serial, zone):
    query = question(zone, 1)
    answer = soa_answer(query, serial=serial)
    assert serial_in(answer, query) == serial
    owner, data = query[12:-4], answer[len(query) :]
    spelled_out = answer[: len(query)] + owner + data.removeprefix(b"\xc0\x0c").removeprefix(owner)
    assert serial_in(spelled_out, query) == serial  # the owner's name without compression


def owned(owner):
    """GOOD with other octets for the owner of its SOA."""
    return GOOD[: len(QUERY)] + owner + GOOD[len(QUERY) + 2 :]


@pytest.mark.parametrize(
    "owner",
    [b"\7EXAMPLE\xc0\x14", b"\7eXample\3com\0", b"\7example\3COM\0", b"\7Example\3com\xc0\x18", b"\7Example\3Com\xc0\x18"],
    ids=["but for the last label", "in full", "its last label alone", "but for the root", "but for the root, all of it"],
)
def test_a_server_may_have_the_name_in_another_case_and_compresses_what_is_the_same(owner):
    assert serial_in(owned(owner), QUERY) == 2026112101


def other_owner():
    reply = reply_to(QUERY)
    reply.answer.append(soa("com.", 1))
    return reply.to_wire()


def alias():
    reply = reply_to(QUERY)
    reply.answer.append(dns.rrset.from_text("example.com.", 1, "IN", "CNAME", "example.net."))
    reply.answer.append(soa("example.net.", 1))
    return reply.to_wire()


def in_authority():
    reply = reply_to(QUERY)
    reply.authority.append(soa("com.", 1))
    return reply.to_wire()


NOT_BELIEVED = {
    "another identifier": soa_answer(question("example.com", 4712)),
    "another zone": soa_answer(question("example.org", 4711)),
    "a longer zone": soa_answer(question("example.com.example.com", 4711)),
    "not authoritative": soa_answer(QUERY, aa=False),
    "refused": reply_to(QUERY, rcode=5).to_wire(),
    "refused, with an answer": soa_answer(QUERY, rcode=5),
    "no answer": reply_to(QUERY).to_wire(),
    "in the authority section": in_authority(),
    "an alias": alias(),
    "of another owner": other_owner(),
    "of another owner, half compressed": owned(b"\7ANOTHER\xc0\x14"),
    "of a name below": owned(b"\3WWW\xc0\x0c"),
    "of a name that points to itself": owned(struct.pack("!H", 0xC000 | len(QUERY))),
    "of a name that points ahead": owned(struct.pack("!H", 0xC000 | len(QUERY) + 2)),
    "of a name that comes back to itself": owned(b"\7Example" + struct.pack("!H", 0xC000 | len(QUERY))),
    "the question itself": QUERY,
    "a header alone": GOOD[:12],
    "nothing": b"",
    "data shorter than an SOA": GOOD[: len(QUERY) + 10] + struct.pack("!H", 4) + b"\0\0\0\7",
    "data that is cut off": GOOD[:-1],
}


@pytest.mark.parametrize("answer", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_what_is_not_believed(answer):
    assert serial_in(GOOD, QUERY) == 2026112101
    assert serial_in(answer, QUERY) is None


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(GOOD[: len(QUERY)].__add__)))
@example(GOOD[: len(QUERY)] + b"\x40" * 500)
def test_garbage_raises_nothing(answer):
    assert serial_in(answer, QUERY) is None or answer[: len(QUERY)] == GOOD[: len(QUERY)]


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_wrong_octet_raises_nothing_and_changes_no_more_than_the_serial(position, octet):
    answer = GOOD[:position] + bytes([octet]) + GOOD[position + 1 :]
    found = serial_in(answer, QUERY)
    if position < 2 or 12 <= position < len(QUERY):
        assert found is None or answer.lower() == GOOD.lower()
    elif not len(GOOD) - 20 <= position < len(GOOD) - 16:
        assert found in (None, 2026112101)


@given(st.integers(0, len(GOOD) - 1))
def test_an_answer_that_is_cut_off_is_none(length):
    assert serial_in(GOOD[:length], QUERY) is None


def ds_answer(*texts, flags=dns.flags.AA, rdtype="DS"):
    query = question("example.com", 4711, 43)
    reply = dns.message.make_response(dns.message.from_wire(query))
    reply.flags |= flags
    for text in texts:
        reply.answer.append(dns.rrset.from_text("example.com.", 60, "IN", rdtype, text))
    return query, reply.to_wire()


DS = "1 13 2 " + "ab" * 32


def test_the_data_of_records_as_the_wire_has_it():
    rdata = struct.pack("!HBB", 1, 13, 2) + b"\xab" * 32
    query, answer = ds_answer(DS, "2 13 2 " + "cd" * 32)
    assert _data(answer, query)[0] == rdata and len(_data(answer, query)) == 2
    assert _data(ds_answer()[1], query) == [] == _data(ds_answer("example.net.", rdtype="CNAME")[1], query)
    for wrong in (0, dns.flags.AA | dns.flags.TC):
        assert _data(ds_answer(DS, flags=wrong)[1], query) is None
    for length in range(len(query), len(answer)):
        assert _data(answer[:length], query) is None
