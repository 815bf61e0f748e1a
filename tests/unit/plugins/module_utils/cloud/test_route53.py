# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct
from types import SimpleNamespace

import dns.name
import dns.rdata
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_mirror import MARK, MAX_COMMENT, SPEC, Run, Zone
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_timer import read_options
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake, Server
from hypothesis import given, settings
from hypothesis import strategies as st

APEX = dns.name.from_text("example.com").to_wire()
A, NS, CNAME, TXT = 1, 2, 5, 16


def record(owner, rdtype, ttl, text):
    """A canonical record, as a transfer brings it."""
    name = dns.name.from_text(owner, dns.name.from_text("example.com")).to_wire().lower()
    rdata = dns.rdata.from_text("IN", rdtype, text, dns.name.root, False)
    return name + struct.pack("!2HI", rdata.rdtype, 1, ttl) + rdata.to_digestable(dns.name.root)


def listed(*entries):
    """Record sets as Route 53 lists them: (name, type, ttl, values)."""
    return route53.read_listing(
        {"Name": name, "Type": rdtype, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]} for name, rdtype, ttl, values in entries
    ).record_sets


# -- names and values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (b"\x03www\x07example\x03com\0", "www.example.com."),
        (b"\x01*\x07example\x03com\0", r"\052.example.com."),
        (b"\x03a/b\x07example\x03com\0", r"a\057b.example.com."),
        (b"\x05a.b_c\x03com\0", r"a\056b_c.com."),
        (b"\x02\xc3\xa4\x03com\0", r"\303\244.com."),
        (b"\0", "."),
    ],
)
def test_names_are_written_with_octal_escapes(wire, text):
    assert route53.name_text(wire) == text
    assert route53.name_wire(text) == wire


def test_names_are_read_whatever_their_case_and_escapes():
    assert route53.name_wire("*.EXAMPLE.com") == route53.name_wire(r"\052.\145xample.com.")


labels = st.binary(min_size=1, max_size=20).map(bytes.lower)


@given(st.lists(labels, max_size=5))
def test_every_name_survives(found):
    wire = b"".join(bytes([len(label)]) + label for label in found) + b"\0"
    assert route53.name_wire(route53.name_text(wire)) == wire


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=3))
def test_every_text_survives(strings):
    wire = b"".join(bytes([len(string)]) + string for string in strings)
    text = route53.value_text(TXT, wire)
    assert text.isascii() and text.isprintable()
    assert route53.value_wire(TXT, text) == wire


@pytest.mark.parametrize(
    ("rdtype", "master_file", "aws"),
    [
        ("TXT", r'"say \"yes\"" "back\\slash" "tab\009"', r'"say \"yes\"" "back\\slash" "tab\011"'),
        ("TXT", r'"\\101 \195"', r'"\\101 \303"'),
        ("PTR", r"a\.b.example.com.", r"a\056b.example.com."),
        ("NAPTR", r'1 2 "u" "E2U+sip" "!^(\\+4)$!sip:\\1@x!" .', r'1 2 "u" "E2U+sip" "!^(\\+4)$!sip:\\1@x!" .'),
        ("CAA", r'0 issue "ca.test; a=\"1\""', r'0 issue "ca.test; a=\"1\""'),
    ],
)
def test_values_have_octal_escapes(rdtype, master_file, aws):
    rdata = dns.rdata.from_text("IN", rdtype, master_file)
    assert route53.value_text(rdata.rdtype, rdata.to_wire()) == aws
    assert route53.value_wire(rdata.rdtype, aws) == rdata.to_wire()


def test_names_in_values_may_lack_the_final_dot_and_differ_in_case():
    content = route53.read_content([record("@", "MX", 300, "10 Mail.example.com."), record("s", "HTTPS", 300, "1 Svc.example.com. port=1")], APEX)
    there = listed(("EXAMPLE.com.", "MX", 300, ["10 MAIL.example.com"]), ("s.example.com.", "HTTPS", 300, ["1 SVC.example.com. port=1"]))
    assert not route53.compare(there, content.record_sets)


def test_a_value_that_cannot_be_read_is_a_difference():
    content = route53.read_content([record("@", "MX", 300, "10 mail.example.com.")], APEX)
    assert len(route53.compare(listed(("example.com.", "MX", 300, ["ten mail"])), content.record_sets).changed) == 1


# -- content -------------------------------------------------------------------------------------------------------------------


def test_what_route_53_cannot_hold_is_named():
    long = " ".join(['"' + "x" * 250 + '"'] * 16)
    found = [record("h", "HINFO", 300, "a b"), record("*.d", "NS", 300, "ns.test."), record("l", "TXT", 300, long), record("w", "A", 300, "192.0.2.1")]
    content = route53.read_content(found, APEX)
    named = ["h.example.com. HINFO", "*.d.example.com. NS (NS of a wildcard)", "l.example.com. TXT (a value of more than 4000 characters)"]
    assert content.unsupported == named
    assert [str(record_set) for record_set in content.record_sets.values()] == ["w.example.com. A"]


def test_a_zone_is_signed_when_it_has_signatures_or_keys_and_not_by_a_delegation():
    key = record("@", "DNSKEY", 300, "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==")
    delegation = record("sub", "DS", 300, "1 13 2 " + "00" * 32)
    assert route53.is_signed([delegation, key]) and not route53.is_signed([delegation])


def test_foreign_record_sets_say_of_what_kind_they_are():
    plain = {"Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    kinds = {
        "alias": {"AliasTarget": {}, "Type": "A"},
        "weighted": dict(plain, SetIdentifier="x", Weight=0),
        "by latency": dict(plain, SetIdentifier="x", Region="eu-west-1"),
        "by location": dict(plain, SetIdentifier="x", GeoLocation={}),
        "one of several answers": dict(plain, SetIdentifier="x", MultiValueAnswer=True),
        "of a traffic policy": dict(plain, TrafficPolicyInstanceId="x"),
    }
    for kind, entry in kinds.items():
        entry = dict({"AliasTarget": {"DNSName": "x."}} if kind == "alias" else {}, **{k: v for k, v in entry.items() if k != "AliasTarget"})
        listing = route53.read_listing([dict(entry, Name="w.example.com.")])
        assert (list(listing.foreign.values()), listing.record_sets) == ([f"w.example.com. A ({kind})"], {})


@pytest.mark.parametrize(("wanted", "conflict"), [(A, True), (CNAME, True), (TXT, False)])
def test_a_foreign_address_is_in_the_way_of_an_address_and_of_an_alias(wanted, conflict):
    owner = route53.name_wire("w.example.com")
    assert bool(route53.conflicts({(owner, wanted): None}, {(owner, A, None): "w"})) is conflict


# -- differences and requests ------------------------------------------------------------------------------------------------------

owners = st.sampled_from([APEX] + [route53.name_wire(f"{label}.example.com") for label in ("a", "b", "c", r"\052", "x.y", "y")])


def record_set(owner, rdtype, ttl, numbers):
    if rdtype == A:
        values = {bytes([192, 0, 2, number]) for number in numbers}
    elif rdtype == TXT:
        values = {bytes([number % 200]) + b"x" * (number % 200) for number in numbers}
    else:
        values = {b"\x01" + bytes([97 + min(numbers) % 20]) + b"\x04test\0"}
    return route53.RecordSet(owner, rdtype, ttl, frozenset(values), tuple(sorted(route53.value_text(rdtype, value) for value in values)))


@st.composite
def contents(draw):
    """Record sets of a zone in which a CNAME is alone."""
    found = {}
    for owner in draw(st.sets(owners)):
        types = {A, TXT} if owner == APEX else draw(st.sampled_from([{A}, {TXT}, {A, TXT}, {CNAME}]))
        for rdtype in types:
            numbers = draw(st.sets(st.integers(0, 255), min_size=1, max_size=8))
            found[(owner, rdtype)] = record_set(owner, rdtype, draw(st.sampled_from([60, 300])), numbers)
    return found


def applied(before, batch):
    """What Route 53 makes of a request, or an assertion about what it refuses."""
    after = dict(before)
    for change in batch:
        key = (change.record_set.owner, change.record_set.rdtype)
        assert (key in after) is not (change.action == "CREATE") or change.action == "UPSERT"
        if change.action == "DELETE":
            assert after.pop(key).same_as(change.record_set)
        else:
            after[key] = change.record_set
    for owner, rdtype in after:
        assert rdtype != CNAME or sum(other == owner for other, _type in after) == 1
    return after


@settings(deadline=None)
@given(contents(), contents(), st.integers(9, 60), st.integers(4000, 9000))
def test_the_requests_lead_to_what_is_wanted_within_the_limits(before, wanted, elements, characters):
    limits = route53.MAX_ELEMENTS, route53.MAX_CHARACTERS
    route53.MAX_ELEMENTS, route53.MAX_CHARACTERS = elements * 2, characters  # small, or no zone of an example would be large
    try:
        batches = route53.batches(route53.compare(before, wanted), APEX)
    finally:
        route53.MAX_ELEMENTS, route53.MAX_CHARACTERS = limits
    state, owners_before = dict(before), []
    for batch in batches:
        assert sum(len(change.record_set.texts) * (1 + (change.action == "UPSERT")) for change in batch) <= elements * 2
        assert sum(len(text) * (1 + (change.action == "UPSERT")) for change in batch for text in change.record_set.texts) <= characters
        assert batch
        owners_before += {change.record_set.owner for change in batch}
        state = applied(state, batch)
    assert state.keys() == wanted.keys() and all(state[key].same_as(wanted[key]) for key in wanted)
    assert not route53.compare(state, wanted)
    for owner in {owner for owner in owners_before if owners_before.count(owner) > 1}:
        size = route53._size(change for batch in batches for change in batch if change.record_set.owner == owner)
        assert size[0] > elements * 2 or size[1] > characters, "it could have happened at once"


def test_what_only_goes_away_goes_last_and_the_apex_after_what_comes():
    before = {(owner, A): record_set(owner, A, 60, {1}) for owner in (route53.name_wire("gone.example.com"), route53.name_wire("swap.example.com"))}
    swap = route53.name_wire("swap.example.com")
    wanted = {
        (APEX, NS): record_set(APEX, NS, 60, {1}),
        (swap, CNAME): record_set(swap, CNAME, 60, {1}),
        (route53.name_wire("new.example.com"), A): record_set(route53.name_wire("new.example.com"), A, 60, {1}),
    }
    (batch,) = route53.batches(route53.compare(before, wanted), APEX)
    assert [f"{change.action} {change.record_set}" for change in batch] == [
        "CREATE new.example.com. A",
        "DELETE swap.example.com. A",
        "CREATE swap.example.com. CNAME",
        "CREATE example.com. NS",
        "DELETE gone.example.com. A",
    ]


def test_a_name_that_is_too_large_for_a_request_is_named():
    owner = route53.name_wire("big.example.com")
    values = [bytes([10, 0, number >> 8, number & 255]) for number in range(1001)]
    big = route53.RecordSet(owner, A, 60, frozenset(values), tuple(route53.value_text(A, value) for value in values))
    with pytest.raises(route53.TooLarge, match=r"^big\.example\.com\. changes 1001 values"):
        route53.batches(route53.compare({}, {(owner, A): big}), APEX)


def texts(owner, rdtype, count, length):
    """A record set of so many values, which are not looked at, of so many characters."""
    return route53.RecordSet(owner, rdtype, 60, frozenset(range(count)), ("x" * length,) * count)


def test_what_is_too_much_for_a_request_is_divided_by_type_and_a_cname_is_alone():
    owner = route53.name_wire("big.example.com")
    there = {(owner, rdtype): texts(owner, rdtype, 80, 250) for rdtype in (TXT, 257)}
    gone = route53.batches(route53.compare(there, {}), APEX)
    assert [[f"{change.action} {change.record_set}" for change in batch] for batch in gone] == [
        ["DELETE big.example.com. TXT"],
        ["DELETE big.example.com. CAA"],
    ]
    moved = route53.batches(route53.compare({(owner, TXT): there[owner, TXT]}, {(owner, 257): there[owner, 257]}), APEX)
    assert [change.action for batch in moved for change in batch] == ["CREATE", "DELETE"]
    alias = {(owner, CNAME): record_set(owner, CNAME, 60, {1})}
    for before, after in ((there, alias), (alias, there)):
        with pytest.raises(route53.TooLarge, match=r"^big\.example\.com\. changes 161 values"):
            route53.batches(route53.compare(before, after), APEX)


# -- the timer's configuration ---------------------------------------------------------------------------------------------------------


def test_a_configuration_gets_the_defaults_of_the_module():
    options = read_options({"zones": [{"name": "example.com"}], "wait_timeout": 5}, SPEC, "mirror.json")
    assert (options["apex_ns"], options["wait_timeout"], options["zones"][0]["primary"], options["keys"]) == ("declared", 5, None, [])


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "mirror.json: zones is missing"),
        ([], "mirror.json is of the type list; it has to be dict"),
        ({"zones": [{"nme": "x"}]}, "mirror.json: zones, entry 1: unknown nme; known: name"),
        ({"zones": [], "wait": "yes"}, "mirror.json: wait is of the type str; it has to be bool"),
        ({"zones": [], "wait_timeout": True}, "mirror.json: wait_timeout is of the type bool; it has to be float"),
        ({"zones": [], "signed": "maybe"}, "mirror.json: signed is 'maybe'; it has to be refuse or strip"),
        ({"zones": [], "keys": [{"name": "k"}]}, "mirror.json: keys, entry 1: secret is missing"),
    ],
)
def test_mistakes_in_a_configuration_are_named(configuration, message):
    with pytest.raises(Mistake) as raised:
        read_options(configuration, SPEC, "mirror.json")
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["example.com", ".".join(["n" * 60] * 4)])
def test_the_comment_of_a_change_is_one_that_route_53_takes(name):
    comments = []
    run = Run.__new__(Run)
    run.client = SimpleNamespace(change=lambda _id, _batch, comment: comments.append(comment))
    run.result, run.pending = {"serial": 2**32 - 1, "changed": False, "change_ids": []}, []
    zone = Zone(name, None, APEX, [], None, "declared")
    run._apply(zone, SimpleNamespace(id="Z1"), route53.compare({}, {(APEX, A): record_set(APEX, A, 300, [1])}))
    (comment,) = comments
    assert len(comment) <= MAX_COMMENT and f"authoritative.dns: serial 4294967295 of {name}".startswith(comment)


@pytest.mark.parametrize("name", ["ns1/192.0.2.1 with agreed", "n" * 300])
def test_the_comment_is_one_that_route_53_takes_and_by_which_the_zone_is_known(name):
    comment = Zone("example.com", None, APEX, [Server(name, "192.0.2.1", 53)], None, "declared").comment
    assert comment.startswith(MARK) and len(comment) <= MAX_COMMENT and (MARK + name).startswith(comment)
