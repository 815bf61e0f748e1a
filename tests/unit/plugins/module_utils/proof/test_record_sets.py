# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import dns.message
import dns.name
import dns.rrset
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.record_sets import (
    Found,
    RecordSetQuestion,
    Scope,
    judge,
    record_sets,
    serial_of,
)
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import read_types
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer, NotForUs, Truncated
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to
from hypothesis import given
from hypothesis import strategies as st

ZONE = dns.name.from_text("example.com")
APEX = ZONE.to_wire()
DS = "DS 1 13 2 0011223300112233001122330011223300112233001122330011223300112233"
TEXT = f"""$TTL 300
@ SOA ns1 hostmaster 7 3600 600 1209600 300
@ NS ns1
ns1 A 192.0.2.1
ns1 RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3ton A
alias CNAME ns1
alias NSEC example.com. CNAME NSEC
alias RRSIG CNAME 13 3 300 20300101000000 20200101000000 1 example.com. AAAA
*.wild MX 5 ns1
cut NS ns.cut
cut {DS}
cut A 192.0.2.2
cut NSEC example.com. NS DS
ns.cut A 192.0.2.3
deeper.cut NS ns1
ns.deeper.cut TXT x
tree DNAME elsewhere.
tree TXT y
leaf.tree A 192.0.2.4
treetop A 192.0.2.5
"""
TYPES = read_types(["A", "TXT"], "test")


def sets_of(text=TEXT, **scope):
    return record_sets(read_zone_text(text, ZONE, "content"), APEX, Scope(**scope))


def texts(found):
    return [record_set.text for record_set in found]


def question(name="www.example.com.", rdtype="A", at_cut=False, key=None):
    text = f"{name} 300 {rdtype} {'192.0.2.1' if rdtype == 'A' else 'ns1' if rdtype == 'NS' else DS[3:]}"
    owner = dns.name.from_text(name).to_wire()
    (wanted,) = (found for found in record_sets(read_zone_text(text, ZONE, "content"), APEX, Scope()) if found.owner == owner and found.records)
    return RecordSetQuestion(wanted._replace(at_cut=at_cut), APEX, key)


def reply(asked, answer=(), authority=(), aa=True, rcode=0):
    message = reply_to(asked.query(1)[0], rcode, aa)
    message.answer.extend(dns.rrset.from_text(*line.split(None, 4)[:4], line.split(None, 4)[4]) for line in answer)
    message.authority.extend(dns.rrset.from_text(*line.split(None, 4)[:4], line.split(None, 4)[4]) for line in authority)
    return message.to_wire()


def test_what_is_hidden_or_cannot_be_asked_for_is_left_out():
    assert texts(sets_of()) == [
        "example.com. SOA",
        "example.com. NS",
        "ns1.example.com. A",
        "alias.example.com. CNAME",
        "*.wild.example.com. MX",
        "cut.example.com. NS",
        "cut.example.com. DS",
        "tree.example.com. DNAME",
        "tree.example.com. TXT",
        "treetop.example.com. A",
    ]
    assert [found.text for found in sets_of() if found.at_cut] == ["cut.example.com. NS", "cut.example.com. DS"]


def test_a_dname_at_the_apex_hides_everything_else():
    assert texts(sets_of("@ 300 DNAME elsewhere.\n@ 300 NS a.\nwww 300 A 192.0.2.1\n")) == ["example.com. DNAME", "example.com. NS"]


def test_types_that_only_the_server_may_have():
    absent = [found for found in sets_of(also_types=TYPES) if not found.records]
    assert texts(absent) == [
        "example.com. A",
        "example.com. TXT",
        "ns1.example.com. TXT",
        "*.wild.example.com. A",
        "*.wild.example.com. TXT",
        "tree.example.com. A",
        "treetop.example.com. TXT",
    ]
    unsigned = TEXT.replace(f"cut {DS}\n", "")
    assert "cut.example.com. DS" in texts(found for found in sets_of(unsigned) if not found.records)


def test_what_is_to_be_ignored_is():
    ignoring = sets_of(ignore_types=read_types(["SOA", "A", "DS", "DNAME"], "test"), ignore_apex_ns=True, also_types=TYPES)
    assert texts(found for found in ignoring if found.records) == [
        "alias.example.com. CNAME",
        "*.wild.example.com. MX",
        "cut.example.com. NS",
        "tree.example.com. TXT",
    ]
    assert {found.text.split()[1] for found in ignoring if not found.records} == {"TXT"}
    # delegations hide what they hide, whether or not they are compared
    assert "ns.cut.example.com. A" not in texts(sets_of(ignore_types=read_types(["NS"], "test")))


@pytest.mark.parametrize("sample", [1, 3, 10, 100])
def test_a_sample_is_spread_evenly(sample):
    text = "".join(f"h{number:03} 300 A 192.0.2.1\n" for number in range(100))
    found = texts(sets_of(text, sample=sample))
    assert found == [f"h{number * 100 // sample:03}.example.com. A" for number in range(sample)]
    assert texts(sets_of(text, sample=101)) == texts(sets_of(text))
    assert len(sets_of(text, sample=sample, also_types=TYPES)) == 2 * sample


def test_the_root_is_a_zone():
    text = ". 300 SOA a. b. 1 2 3 4 5\n. 300 NS a.\na. 300 A 192.0.2.1\ncom. 300 NS x.com.\nx.com. 300 A 192.0.2.1\n"
    records = read_zone_text(text, dns.name.root, "content")
    assert texts(record_sets(records, b"\0", Scope())) == [". SOA", ". NS", "a. A", "com. NS", "com. DS"]


def test_the_query_is_what_dnspython_would_send():
    wire, mac = question().query(4711)
    assert mac == b""
    assert wire == dns.message.make_query("www.example.com.", "A", flags=0, id=4711).to_wire()


def test_an_answer_is_the_records_of_the_name():
    asked = question()
    lines = ["WWW.example.com. 300 IN A 192.0.2.1", "www.example.com. 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA"]
    assert asked.read(reply(asked, lines)) == Found(asked.wanted.records)
    assert asked.read(reply(asked, rcode=3)) == asked.read(reply(asked)) == Found(frozenset())
    alias = asked.read(reply(asked, ["www.example.com. 300 IN CNAME ns1.example.com.", "ns1.example.com. 300 IN A 192.0.2.1"]))
    assert [record[:21] for record in alias.records] == [asked.wanted.owner + b"\0\5\0\1"]


SOA = "300 IN SOA a. b. 1 2 3 4 5"


@pytest.mark.parametrize(
    ("how", "state"),
    [
        ({"answer": ["www.example.com. 300 IN A 192.0.2.1"], "aa": False}, "not_authoritative"),
        ({"answer": ["www.example.com. 300 IN A 192.0.2.1"], "authority": ["www.example.com. 300 IN NS a."], "aa": False}, "not_authoritative"),
        ({"aa": False}, "not_authoritative"),
        ({"authority": ["com. 300 IN NS a."], "aa": False}, "not_authoritative"),
        ({"authority": ["example.com. 300 IN NS a."], "aa": False}, "not_authoritative"),
        ({"authority": ["www.example.com. 300 IN NS a."], "aa": False}, None),
        ({"authority": [f"com. {SOA}"], "rcode": 3}, "not_authoritative"),
        ({"authority": [f"example.com. {SOA}"], "rcode": 3}, None),
        ({"authority": [f"www.example.com. {SOA}"]}, None),
        ({"rcode": 2}, "servfail"),
        ({"rcode": 5}, "refused"),
        ({"rcode": 9}, "not_authoritative"),
        ({"rcode": 4}, "error"),
    ],
)
def test_an_answer_that_is_none_has_a_state(how, state):
    asked = question()
    assert asked.read(reply(asked, **how)).problem == state


def test_a_delegation_answers_with_a_referral():
    name_servers = question("cut.example.com.", "NS", at_cut=True)
    lines = ["cut.example.com. 300 IN NS ns1.example.com."]
    assert name_servers.read(reply(name_servers, authority=lines, aa=False)) == Found(name_servers.wanted.records)
    # the zone below is there, too: what the zone above has cannot be seen
    assert name_servers.read(reply(name_servers, lines)) == Found(None)
    assert name_servers.read(reply(name_servers, rcode=3)) == Found(frozenset())
    signer = question("cut.example.com.", "DS", at_cut=True)
    assert signer.read(reply(signer, authority=lines, aa=False)) == Found(frozenset())
    # a delegation that only the server has
    (record,) = question().read(reply(question(), authority=["www.example.com. 300 IN NS a."], aa=False)).records
    assert record.endswith(b"\1a\0")


def test_other_messages_are_not_for_us():
    asked = question()
    good = reply(asked, ["www.example.com. 300 IN A 192.0.2.1"])
    for other in (question("ftp.example.com."), RecordSetQuestion(asked.wanted._replace(rdtype=28), APEX)):
        with pytest.raises(NotForUs):
            other.read(good)
    for broken in (b"", good[:11], asked.query(1)[0], good[:2] + b"\xac" + good[3:]):
        with pytest.raises(NotForUs):
            asked.read(broken)
    with pytest.raises(Truncated):
        asked.read(good[:2] + b"\x86" + good[3:])
    assert asked.read(good[:-1]).problem == "malformed"
    refused = good[:3] + b"\5\0\0\0\0\0\0\0\0"
    assert asked.read(refused).problem == "refused"  # an error may come without its question
    with pytest.raises(NotForUs):
        asked.read(good[:3] + b"\0\0\0\0\0\0\0\0\0")


@given(st.data())
def test_whatever_comes_has_a_meaning(data):
    asked = question(key=data.draw(st.sampled_from([None, dns.tsig.Key("check.", b"secret")])))
    wire = reply(asked, ["www.example.com. 300 IN MX 5 ns1.example.com."], ["cut.example.com. 300 IN NS ns1.example.com."])
    for at, removed, inserted in data.draw(st.lists(st.tuples(st.integers(0, len(wire)), st.integers(0, 4), st.binary(max_size=4)), max_size=6)):
        wire = wire[:at] + inserted + wire[at + removed :]
    with contextlib.suppress(NotForUs, Truncated):
        assert isinstance(asked.read(wire, b"x" * 32), (Found, Answer))


def test_one_difference_counts_more_than_many_silences():
    wanted = sets_of()
    good = [Found(record_set.records) for record_set in wanted]
    silence = Answer(problem="timeout", detail="no answer")
    assert judge(wanted, good).state == "same"
    assert judge(wanted, good[:-1] + [silence]).state == "timeout"
    verdict = judge(wanted, [Found(frozenset())] + [silence] * (len(wanted) - 1))
    assert verdict.state == "different" and not verdict.ok
    assert verdict.detail.endswith("9 of 10 questions without a good answer (9 timeout), first example.com. NS: no answer")
    assert judge(wanted, [Answer(problem="servfail")] * 10, "secondary").state == "expired"
    assert judge([], []).state == "not_asked" and not judge([], []).ok


def test_a_record_set_with_another_ttl_is_not_missing():
    wanted = sets_of()
    other = [Found(record_set.records) for record_set in sets_of(TEXT.replace("$TTL 300", "$TTL 60"))]
    verdict = judge(wanted, other)
    assert (verdict.state, verdict.comparison.equal, verdict.ttl_count) == ("different", True, 10)
    assert verdict.ttl[0] == "example.com. SOA: 60, expected 300"
    assert judge(wanted, other, ignore_ttl=True).ok


def test_the_serial_is_read():
    records = list(read_zone_text(TEXT, ZONE, "content"))
    assert serial_of(records) == 7 and serial_of(records[1:]) is None
