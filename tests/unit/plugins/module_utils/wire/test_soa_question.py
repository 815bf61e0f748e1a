# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question, Reply
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import (
    Answer,
    NotForUs,
    SignedSoaQuestion,
    SoaQuestion,
    Truncated,
    read_soa,
)
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, soa_answer
from hypothesis import given
from hypothesis import strategies as st

NAME = dns.name.from_text("example.com")
WIRE_NAME = NAME.to_wire()
KEY = dns.tsig.Key("check.", b"secret")
STATES = {None, "not_authoritative", "refused", "servfail", "expired", "wrong_key", "bad_time", "malformed", "error"}
LABELS = st.binary(min_size=1, max_size=20)


def good_answer(serial=7, **how):
    query, mac = SoaQuestion(WIRE_NAME).query(4711)
    return soa_answer(query, serial, **how), mac


def mutations(wire):
    """Answers that are nearly right: bytes changed, cut off, inserted."""
    edits = st.lists(st.tuples(st.integers(0, len(wire)), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=6)

    def apply(changes):
        broken = wire
        for at, removed, inserted in changes:
            broken = broken[:at] + inserted + broken[at + removed :]
        return broken

    return edits.map(apply)


def test_the_query_is_what_dnspython_would_send():
    wire, mac = SoaQuestion(WIRE_NAME).query(4711)
    assert mac == b""
    assert wire == dns.message.make_query(NAME, "SOA", flags=0, id=4711).to_wire()


@given(st.integers(0, 2**32 - 1), st.lists(LABELS, max_size=5))
def test_the_lean_reader_reads_what_dnspython_reads(serial, labels):
    name = dns.name.Name([*labels, b""])
    question = SoaQuestion(name.to_wire())
    wire, _mac = question.query(1)
    answer = soa_answer(wire, serial)
    assert question.read(answer) == read_soa(answer, name) == Answer(serial, True, 0)


@given(mutations(good_answer()[0]))
def test_the_lean_reader_never_says_more_than_dnspython(wire):
    """On a broken answer both agree, or the lean reader has left it to dnspython."""

    def reading(read):
        try:
            return read()
        except (NotForUs, Truncated) as error:
            return type(error)

    lean = reading(lambda: SoaQuestion(WIRE_NAME).read(wire))
    full = reading(lambda: read_soa(wire, NAME))
    if isinstance(full, Answer) and full.problem == "malformed" and lean != full:
        # dnspython refuses what is behind the SOA, or in its names; the serial is where it belongs all the same
        assert lean.problem is None and lean.aa and lean.rcode == 0
    else:
        assert lean == full


def test_an_answer_cut_off_anywhere_says_nothing():
    wire, _mac = good_answer()
    for end in range(len(wire)):
        with contextlib.suppress(NotForUs):
            assert SoaQuestion(WIRE_NAME).read(wire[:end]).problem == "malformed"


@given(st.binary(max_size=200) | mutations(good_answer()[0]))
def test_nothing_but_the_declared_exceptions(wire):
    signed = SignedSoaQuestion(WIRE_NAME, KEY)
    _query, mac = signed.query(1)
    for read in (
        lambda: SoaQuestion(WIRE_NAME).read(wire),
        lambda: signed.read(wire, mac),
        lambda: Question(NAME, "SOA").read(wire),
        lambda: Question(NAME, "SOA", key=KEY).read(wire, mac),
    ):
        try:
            answer = read()
        except (NotForUs, Truncated):
            continue
        assert answer.problem in STATES
        assert isinstance(answer, (Answer, Reply))


@given(mutations(good_answer()[0]))
def test_a_signed_question_believes_no_unsigned_serial(wire):
    signed = SignedSoaQuestion(WIRE_NAME, KEY)
    _query, mac = signed.query(4711)
    try:
        answer = signed.read(wire, mac)
    except (NotForUs, Truncated):
        return
    assert answer.problem is not None


def test_a_signed_answer_is_verified():
    signed = SignedSoaQuestion(WIRE_NAME, KEY)
    wire, mac = signed.query(4711)
    reply = reply_to(wire)
    reply.answer.extend(dns.message.from_wire(good_answer(9)[0]).answer)
    reply.use_tsig(KEY)
    reply.request_mac = mac
    answer = reply.to_wire()
    assert signed.read(answer, mac) == Answer(9, True, 0)
    assert signed.read(answer, b"x" * 32).problem == "wrong_key"
    tampered = answer.replace((9).to_bytes(4, "big"), (8).to_bytes(4, "big"), 1)
    assert tampered != answer and signed.read(tampered, mac).problem == "wrong_key"


@pytest.mark.parametrize(
    ("rcode", "problem"),
    [(2, "servfail"), (3, "not_authoritative"), (5, "refused"), (9, "not_authoritative"), (1, "error"), (4, "error")],
)
def test_rcodes(rcode, problem):
    query, _mac = SoaQuestion(WIRE_NAME).query(1)
    assert SoaQuestion(WIRE_NAME).read(reply_to(query, rcode).to_wire()).problem == problem


def test_notauth_without_a_signature_is_about_the_key():
    query, mac = SignedSoaQuestion(WIRE_NAME, KEY).query(1)
    wire = reply_to(query, dns.rcode.NOTAUTH).to_wire()
    answer = SignedSoaQuestion(WIRE_NAME, KEY).read(wire, mac)
    assert answer.problem == "wrong_key" and "does not know this key" in answer.detail


def test_an_extended_error_says_expired():
    dns_edns = pytest.importorskip("dns.edns")
    question = Question(NAME, "SOA", payload=1232)
    reply = reply_to(question.query(1)[0], dns.rcode.SERVFAIL)
    reply.use_edns(0, 0, 1232, options=[dns_edns.GenericOption(15, (24).to_bytes(2, "big"))])
    assert SoaQuestion(WIRE_NAME).read(reply.to_wire()).problem == "expired"
