# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer, TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import canonical_records
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, soa
from hypothesis import given
from hypothesis import strategies as st

ZONE = dns.name.from_text("example.com")
KEY = dns.tsig.Key("transfer.", b"secret")


def answer(transfer, *records):
    reply = reply_to(transfer.query)
    reply.answer.extend(records)
    return reply.to_wire()


def host(number):
    return dns.rrset.from_text(f"h{number}.example.com.", 300, "IN", "A", "192.0.2.1")


def feed_all(transfer, messages):
    for number, wire in enumerate(messages, 1):
        if transfer.feed(wire):
            assert number == len(messages)
    return transfer


def test_the_query_is_what_dnspython_would_send():
    transfer = Transfer(ZONE)
    query = dns.message.from_wire(transfer.query)
    assert query.question[0].to_text() == "example.com. IN AXFR"
    incremental = dns.message.from_wire(Transfer(ZONE, serial=7).query)
    assert incremental.question[0].to_text() == "example.com. IN IXFR"
    assert incremental.authority[0][0].serial == 7


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_a_transfer_in_any_number_of_messages(sizes):
    transfer = Transfer(ZONE)
    records = [soa(ZONE, 7), *(host(number) for number in range(sum(sizes))), soa(ZONE, 7)]
    messages, at = [], 0
    for size in sizes:
        messages.append(answer(transfer, *records[at : at + size]))
        at += size
    messages.append(answer(transfer, *records[at:]))
    feed_all(transfer, messages)
    assert (transfer.done, transfer.records, transfer.serial) == (True, sum(sizes) + 1, 7)
    assert transfer.size == sum(map(len, messages)) and transfer.message_count == len(messages)
    assert len(set(canonical_records(transfer.messages, ZONE))) == transfer.records


@pytest.mark.parametrize(
    ("ours", "records", "expected"),
    [
        (7, [7], {"up_to_date": True, "incremental": False, "records": 1}),
        (8, [7], {"up_to_date": True, "incremental": False, "records": 1}),
        (5, [7, "h", 7], {"up_to_date": False, "incremental": False, "records": 2}),
        (5, [7, 5, "h", 7, "h", 7], {"up_to_date": False, "incremental": True, "records": 5}),
        (5, [7, 5, 6, 6, "h", 7, 7], {"up_to_date": False, "incremental": True, "records": 6}),
        (5, [7, 5, "h", 6, "h", 6, "h", 7, "h", 7], {"up_to_date": False, "incremental": True, "records": 9}),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_ixfr(ours, records, expected, together):
    transfer = Transfer(ZONE, serial=ours)
    rrsets = [host(number) if item == "h" else soa(ZONE, item) for number, item in enumerate(records)]
    wires = [_uncollapsed(transfer, rrsets)] if together else [answer(transfer, rrset) for rrset in rrsets]
    feed_all(transfer, wires)
    assert transfer.done and {name: getattr(transfer, name) for name in expected} == expected


def _uncollapsed(transfer, rrsets):
    """dnspython would put records of one name and type together: keep their order."""
    wire = dns.message.from_wire(transfer.query).question[0].to_wire
    head = answer(transfer, *rrsets[:1])
    records = b"".join(rrset[0] and _record(rrset) for rrset in rrsets[1:])
    assert wire
    return head[:6] + len(rrsets).to_bytes(2, "big") + head[8:] + records


def _record(rrset):
    rdata = rrset[0].to_wire()
    head = rrset.rdtype.to_bytes(2, "big") + b"\0\1" + rrset.ttl.to_bytes(4, "big") + len(rdata).to_bytes(2, "big")
    return rrset.name.to_wire() + head + rdata


def test_records_are_limited():
    transfer = Transfer(ZONE, max_records=3)
    with pytest.raises(TransferError, match="too_large: more than 3 records"):
        transfer.feed(answer(transfer, soa(ZONE, 1), host(1), host(2), host(3)))


def signed_messages(transfer, count, unsigned=()):
    """A transfer in ``count`` messages, all signed but those whose numbers are ``unsigned``."""
    context = None
    messages = []
    for number in range(count):
        reply = reply_to(transfer.query)
        records = [host(number)]
        if number == 0:
            records.insert(0, soa(ZONE, 1))
        if number == count - 1:
            records.append(soa(ZONE, 1))
        reply.answer.extend(records)
        if number in unsigned:
            wire = reply.to_wire()
            context.update(wire)
        else:
            reply.use_tsig(KEY)
            reply.request_mac = transfer._mac
            wire = reply.to_wire(multi=True, tsig_ctx=context)
            context = reply.tsig_ctx
        messages.append(wire)
    return messages


def test_signatures_run_through_all_messages():
    transfer = Transfer(ZONE, key=KEY)
    assert feed_all(transfer, signed_messages(transfer, 4)).done
    transfer = Transfer(ZONE, key=KEY)
    assert feed_all(transfer, signed_messages(transfer, 6, unsigned=(1, 2, 4))).done


@pytest.mark.parametrize(
    "spoil",
    [
        lambda messages: [messages[0], messages[2], messages[1], messages[3]],
        lambda messages: [messages[0], messages[2], messages[3]],
        lambda messages: [messages[0], messages[1].replace(b"\xc0\0\2\1", b"\xc0\0\2\2"), *messages[2:]],
        lambda messages: messages[1:],
    ],
)
def test_a_signed_transfer_that_was_touched_is_not_believed(spoil):
    transfer = Transfer(ZONE, key=KEY)
    messages = spoil(signed_messages(transfer, 4))
    with pytest.raises(TransferError) as caught:
        feed_all(transfer, messages)
    assert caught.value.state in ("wrong_key", "malformed")
    assert not (transfer.done and caught.value.state == "allowed")


def test_the_last_message_must_be_signed():
    transfer = Transfer(ZONE, key=KEY)
    with pytest.raises(TransferError, match="the last message is not signed"):
        feed_all(transfer, signed_messages(transfer, 3, unsigned=(2,)))


def test_a_hundred_unsigned_messages_are_too_many():
    transfer = Transfer(ZONE, key=KEY)
    with pytest.raises(TransferError, match="more than 99 unsigned"):
        feed_all(transfer, signed_messages(transfer, 120, unsigned=range(1, 119)))


@given(st.data())
def test_nothing_but_transfer_errors(data):
    transfer = Transfer(ZONE, serial=data.draw(st.none() | st.just(5)), key=data.draw(st.none() | st.just(KEY)))
    good = answer(transfer, soa(ZONE, 7), host(1), host(2), soa(ZONE, 7))
    wire = data.draw(st.binary(max_size=100) | _mutations(good))
    try:
        transfer.feed(wire)
        list(canonical_records([wire], ZONE))
    except TransferError as error:
        assert error.state and str(error)


def _mutations(wire):
    edits = st.lists(st.tuples(st.integers(4, len(wire)), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=6)

    def apply(changes):
        broken = wire
        for at, removed, inserted in changes:
            broken = broken[:at] + inserted + broken[at + removed :]
        return broken

    return edits.map(apply)


def test_a_truncated_message_and_records_behind_the_end_are_malformed():
    transfer = Transfer(ZONE)
    reply = reply_to(transfer.query)
    reply.flags |= dns.flags.TC
    with pytest.raises(TransferError, match="malformed: a truncated message over TCP"):
        transfer.feed(reply.to_wire())
    with pytest.raises(TransferError, match="malformed: records after the SOA that closes the transfer"):
        Transfer.feed(transfer, answer(transfer, soa(ZONE, 1), host(1), soa("EXAMPLE.com.", 1), host(2)))


def test_an_error_need_not_be_signed():
    transfer = Transfer(ZONE, key=KEY)
    with pytest.raises(TransferError, match="refused: REFUSED") as caught:
        transfer.feed(reply_to(transfer.query, dns.rcode.REFUSED).to_wire())
    assert (caught.value.state, caught.value.rcode) == ("refused", 5)
