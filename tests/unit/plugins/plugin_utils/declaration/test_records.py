# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: what is declared is what BIND reads, in one canonical form."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess

import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import quote_strings
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import (
    SOA,
    body_text,
    canonical,
    digest,
    parse_records,
    parse_ttl,
    records_of,
    zone_text,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

COMPILER = shutil.which("named-compilezone", path="/usr/bin:/usr/sbin:/usr/local/sbin:/bin:/sbin")
ORIGIN = dns.name.from_text("example.com.")
HEAD = SOA(300, "ns1.example.net.", "hostmaster.example.com.", 0, 3600, 600, 1209600, 300)

LABELS = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,10}", fullmatch=True)
OWNERS = st.one_of(
    st.just("@"), LABELS, st.tuples(st.just("*"), LABELS).map(".".join), st.tuples(LABELS, LABELS).map(".".join), LABELS.map("{}.example.com.".format)
)
HOSTS = st.one_of(LABELS, LABELS.map("{}.example.net.".format))
SMALL = st.integers(0, 65535)
# Text with what means something in a master file; a first quote would make it character-strings.
FREE_TEXT = st.one_of(st.text(max_size=600), st.text('"\\;()$@ \n\t\0a', max_size=600)).filter(lambda text: not text.startswith('"'))
VALUES = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(str),
    "MX": st.tuples(SMALL, HOSTS).map("{0[0]} {0[1]}".format),
    "SRV": st.tuples(SMALL, SMALL, SMALL, HOSTS).map("{0[0]} {0[1]} {0[2]} {0[3]}".format),
    "PTR": HOSTS,
    "TXT": FREE_TEXT,
    "CAA": st.tuples(st.sampled_from(["issue", "iodef"]), st.from_regex(r"[a-z0-9.;= ]{0,40}", fullmatch=True)).map('0 {0[0]} "{0[1]}"'.format),
    "TLSA": st.binary(min_size=32, max_size=32).map(bytes.hex).map("3 1 1 {}".format),
    "SSHFP": st.binary(min_size=20, max_size=20).map(bytes.hex).map("1 1 {}".format),
    "TYPE65280": st.binary(min_size=1, max_size=64).map(lambda data: f"\\# {len(data)} {data.hex()}"),
}
RECORDS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda rdtype: st.fixed_dictionaries({"name": OWNERS, "type": st.just(rdtype), "value": VALUES[rdtype]}, optional={"ttl": st.integers(0, 2**31 - 1)})
)
LISTS = st.lists(RECORDS, max_size=12).map(lambda items: [{"name": "@", "type": "NS", "value": "ns1.example.net."}, *items])


def parsed(items):
    records, problems = parse_records(items, ORIGIN, 3600, "zone example.com")
    assert not problems, problems
    return records


def rrsets(text):
    zone = dns.zone.from_text(text, ORIGIN, relativize=False, check_origin=False)
    return {(name, rdataset.rdtype, rdataset.ttl, frozenset(rdata.to_digestable() for rdata in rdataset)) for name, rdataset in zone.iterate_rdatasets()}


@pytest.mark.skipif(COMPILER is None, reason="named-compilezone is not installed")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(LISTS)
def test_bind_reads_what_was_declared(tmp_path, items):
    records = parsed(items)
    compiled = compile_zone(tmp_path, canonical(records))
    assert compiled == compile_zone(tmp_path, records)  # in the order of the declaration, which matters to BIND where times differ
    data = {}
    for record in records:
        key = dns.name.from_text(record.owner, ORIGIN), dns.rdatatype.from_text(record.type)
        data.setdefault(key, set()).add(dns.rdata.from_text("IN", record.type, record.rdata, ORIGIN, relativize=False).to_digestable())
    assert {(name, rdtype): found for name, rdtype, _ttl, found in compiled if rdtype != dns.rdatatype.SOA} == data


def compile_zone(directory, records):
    """What named-compilezone makes of records."""
    source, target = directory / "source", directory / "target"
    source.write_text(zone_text("example.com", HEAD, body_text(records), 7))
    command = [COMPILER, "-q", "-i", "none", "-k", "ignore", "-f", "text", "-F", "text", "-o", target, "example.com", source]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return rrsets(target.read_text())


@settings(max_examples=50)
@given(LISTS, st.randoms(use_true_random=False))
def test_the_canonical_form_knows_no_order_and_is_its_own(items, generator):
    records = [record._replace(ttl=60) for record in parsed(items)]  # of several times of one set, order chooses
    form = canonical(records)
    shuffled = random.Random(generator.random()).sample(records, len(records))
    assert canonical([*shuffled, *records]) == form == canonical(form)
    assert form[0].owner == "@" and form[0].type == "NS"
    assert tuple(records_of(body_text(form))) == form


@settings(max_examples=50)
@given(LISTS, LISTS)
def test_the_digest_is_the_contents(items, others):
    one, other = canonical(parsed(items)), canonical(parsed(others))
    assert (digest(HEAD, body_text(one)) == digest(HEAD, body_text(other))) == (one == other)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["ttl", "mname", "refresh", "minimum"]))
def test_the_digest_leaves_out_the_serial_and_nothing_else(serial, key):
    assert digest(HEAD._replace(serial=serial), "") == digest(HEAD, "")
    assert digest(HEAD._replace(**{key: "ns2.example.net." if key == "mname" else 1}), "") != digest(HEAD, "")


def test_records_of_one_name_and_type_have_the_first_of_their_times():
    times = [60, 30, 90]
    items = [{"name": "www", "type": "A", "value": f"192.0.2.{ttl}", "ttl": ttl} for ttl in times]
    assert {record.ttl for record in canonical(parsed(items))} == {60}


def test_an_owner_has_one_spelling_and_one_time_however_it_was_written():
    items = [{"name": name, "type": "A", "value": f"192.0.2.{number}", "ttl": 60 * number} for number, name in enumerate(["www", "WWW", "Www"], 1)]
    assert canonical(parsed(items)) == canonical(parsed([{**item, "name": "WWW", "ttl": 180} for item in items]))


def test_signatures_of_several_types_have_times_of_their_own():
    signatures = [("SOA", 3600), ("NS", 86400), ("NSEC3PARAM", 0)]
    items = [{"type": "RRSIG", "value": f"{of} 13 2 {ttl} 20330101000000 20260101000000 1 @ AAAA", "ttl": ttl} for of, ttl in signatures]
    assert {(record.rdata.split()[0], record.ttl) for record in canonical(parsed(items))} == set(signatures)


def test_names_are_sorted_by_their_labels_and_an_escaped_dot_parts_none():
    items = [{"name": name, "type": "TXT", "value": "x"} for name in ("b.a", "a\\.a", "a", "z", "c.b.a", "a.b", "@")]
    assert [record.owner for record in canonical(parsed(items))] == ["@", "a", "b.a", "c.b.a", "a\\.a", "a.b", "z"]


@pytest.mark.parametrize("octets", [65000, 65279, 65280, 70000])
def test_data_that_no_record_holds_are_refused_by_name(octets):
    _records, problems = parse_records([{"name": "t", "type": "TXT", "value": "x" * octets}], ORIGIN, 60, "zone example.com")
    if octets < 65280:  # and 256 octets for the lengths of as many strings
        assert not problems
    else:
        assert problems[0].where == "zone example.com, record t TXT" and len(problems[0].wrong) < 250
        assert problems[0].wrong.endswith(f"(it has {octets + -(-octets // 255)} octets, more than the 65535 that a record holds)")


@settings(max_examples=50)
@given(LISTS)
def test_a_zone_file_read_again_is_the_same_zone(items):
    records = canonical(parsed(items))
    file = parse_zone_file(zone_text("example.com", HEAD, body_text(records), 7), ORIGIN, "zone example.com")
    again, soa, problems = file.records, file.soa, file.problems
    assert not problems and soa == HEAD._replace(serial=7)
    assert canonical(again) == records


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.text(), st.text('"\\;\n\0é', max_size=5000), st.integers(0, 6000).map("x".__mul__)))
@example("x" * 255)
@example("x" * 256)
@example('"' * 4000)
@example("é" * 128)  # a character may lie across two strings
def test_free_text_is_quoted_so_that_nothing_is_lost(text):
    rdata = dns.rdata.from_text("IN", "TXT", quote_strings(text))
    assert b"".join(rdata.strings) == text.encode()
    assert all(0 < len(string) <= 255 for string in rdata.strings) or not text
    assert quote_strings(text).isascii() and quote_strings(text).isprintable()


def test_character_strings_are_kept_apart_as_declared():
    assert [record.rdata for record in parsed([{"name": "@", "type": "TXT", "value": ['"a" "b c"', "d e", ""]}])] == ['"a" "b c"', '"d e"', '""']


@pytest.mark.parametrize(("value", "seconds"), [(0, 0), ("0", 0), (3600, 3600), ("1h30m", 5400), ("1W2d", 777600), (2**31 - 1, 2**31 - 1)])
def test_times_are_seconds_or_have_units(value, seconds):
    assert parse_ttl(value) == seconds


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.text("0123456789wdhms-. ", max_size=12)))
@example("²")
@example("9" * 5000)
def test_a_time_is_told_or_refused(value):
    with contextlib.suppress(ValueError):
        assert 0 <= parse_ttl(value) < 2**31


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.lists(
        st.one_of(
            ANYTHING,
            st.fixed_dictionaries(
                {}, optional={"name": ANYTHING, "type": st.one_of(ANYTHING, st.sampled_from(sorted(VALUES))), "value": ANYTHING, "ttl": ANYTHING}
            ),
        )
    )
)
@example([{"name": "a", "type": "TXT", "value": "\ud800"}])
def test_whatever_stands_for_records_gives_records_or_messages(items):
    records, problems = parse_records(items, ORIGIN, 3600, "zone example.com")
    assert all(problem.where.startswith("zone example.com, record") and problem.right for problem in problems)
    assert len(body_text(records).splitlines()) == len(records)
