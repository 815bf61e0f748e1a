# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_records against real servers, and against a scripted one for what real servers will not do."""

from __future__ import annotations

import os
import pathlib
import threading

import dns.rrset
import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.nsd import NSD, running_nsd
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="
REPOSITORY = pathlib.Path(__file__).parents[2]
REAL_ZONES = sorted(pathlib.Path(os.environ.get("LAB_REAL_ZONES") or REPOSITORY.parent / "shared/real-zones").glob("*.zone"))
RECORDS = r"""
    @        MX     10 mail
    @        MX     20 Mail2
    @        TXT    "v=spf1 -all"
    WWW      A      192.0.2.1
    www      A      192.0.2.2
    www      AAAA   2001:db8::1
    mail     A      192.0.2.3
    alias    CNAME  www
    away     CNAME  elsewhere.example.
    *.wild   TXT    "any"
    a.b.c    A      192.0.2.4
    big      TXT    "{0}" "{0}" "{0}"
    _x._tcp  SRV    0 5 80 www
    caa      CAA    0 issue "CA.Example"
    unknown  TYPE65280 \# 4 AABBCCDD
    sub      NS     ns.sub
    sub      NS     ns.other.example.
    sub      DS     1 13 2 0011223300112233001122330011223300112233001122330011223300112233
    sub      A      192.0.2.5
    ns.sub   A      192.0.2.6
    plain    NS     ns.plain
    ns.plain A      192.0.2.7
    tree     DNAME  wood.example.
    tree     A      192.0.2.8
""".format("x" * 250)
ZONE = zone_text("example.com", serial=10, records=RECORDS)
# those of RECORDS and zone_text, without SOA, glue and the address at the cut
COMPARED = 20


def entry(server, name, **more):
    return dict({"name": name, "address": server.address, "port": server.port}, **more)


def verify(primary, other, zone="example.com", **arguments):
    """The module's outcome for one zone, on ``other``."""
    arguments = dict({"timeout": 0.5, "retries": 1, "detail": "all", "report_only": True}, **arguments)
    servers = [entry(primary, "ns1", role="primary"), entry(other, "ns2", role="secondary")]
    return run_module("verify_records", servers=servers, zones=[{"name": zone}], **arguments)


def compare(primary, other, **arguments):
    """The one result for example.com on ``other``."""
    outcome = verify(primary, other, **arguments)
    (result,) = outcome["results"]
    return result


@pytest.fixture(scope="module")
def primary():
    with running_named({"example.com": ZONE}) as server:
        yield server


@pytest.fixture(scope="module", params=["named", "nsd"])
def serve(request):
    """Run another server of either program with these zones."""
    if request.param == "nsd" and NSD is None:
        pytest.skip("nsd is not installed")
    return {"named": running_named, "nsd": running_nsd}[request.param]


def test_equal_records_are_the_same_whatever_soa_order_and_case(primary, serve):
    lines = [line.strip() for line in RECORDS.strip().splitlines()]
    other = zone_text("example.com", serial=99, records="\n".join(line.lower() if "CNAME" in line else line for line in reversed(lines)))
    with serve({"example.com": other.replace("hostmaster", "someone")}, address="::1") as secondary:
        outcome = verify(primary, secondary, report_only=False, also_ask=[], timeout=5)  # or a busy machine asks again, and counts more questions
        with_soa = compare(primary, secondary, ignore_types=[])
    assert not outcome["failed"] and not outcome["changed"], outcome["msg"]
    assert outcome["msg"] == "all 1 zones on servers are as expected"
    (result,) = outcome["results"]
    assert (result["state"], result["reference"], result["reference_serial"]) == ("same", "ns1", 10)
    # and a DS that must not be there
    assert result["asked"] == COMPARED + 1 == outcome["summary"]["queries"]
    assert (with_soa["state"], with_soa["comparison"]["missing_count"]) == ("different", 1)
    assert " SOA " in with_soa["comparison"]["missing"][0]


def test_content_that_is_given_is_what_every_server_is_compared_with(primary, serve):
    other = ZONE.replace("mail     A      192.0.2.3", "mail A 192.0.2.33")
    with serve({"example.com": other}) as secondary:
        servers = [entry(primary, "ns1"), entry(secondary, "ns2", role="secondary")]

        def states(content):
            outcome = run_module("verify_records", servers=servers, zones=[{"name": "example.com", "content": content}], detail="all", report_only=True)
            return [(result["server"], result["state"], result["reference"]) for result in outcome["results"]], outcome

        assert states(ZONE)[0] == [("ns1", "same", None), ("ns2", "different", None)]  # both have the serial 10
        assert states(other)[0] == [("ns1", "different", None), ("ns2", "same", None)]
        outcome = states(ZONE)[1]
    assert outcome["results"][1]["comparison"]["missing"] == ["mail.example.com. 300 IN A 192.0.2.3"]
    assert "What helps against different: provision the server again" in outcome["msg"]


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ({"content": ZONE, "reference": "ns1"}, "zones: example.com: reference and content cannot both be what to compare with"),
        ({"content": "@ 300 A 192.0.2"}, "zones: example.com: content"),
        ({"content": ZONE, "servers": []}, "zones: example.com: no server to compare with its content"),
    ],
)
def test_content_that_cannot_be_is_told(primary, zone, told):
    outcome = run_module("verify_records", servers=[entry(primary, "ns1")], zones=[{"name": "example.com", **zone}])
    assert outcome["failed"] and outcome["msg"].startswith(told), outcome["msg"]


@pytest.mark.parametrize(
    ("line", "instead", "missing", "unexpected"),
    [
        ("www      A      192.0.2.2", "", ["www A 192.0.2.2"], []),
        ("www      A      192.0.2.2", "www A 192.0.2.9", ["www A 192.0.2.2"], ["www A 192.0.2.9"]),
        ("mail     A      192.0.2.3", "", ["mail A 192.0.2.3"], []),
        ("mail     A      192.0.2.3", "mail CNAME www", ["mail A 192.0.2.3"], ["mail CNAME www.example.com."]),
        ("alias    CNAME  www", "alias A 192.0.2.1", ["alias CNAME www.example.com."], []),
        ("a.b.c    A      192.0.2.4", "b.c NS ns.other.example.", ["a.b.c A 192.0.2.4"], ["b.c NS ns.other.example."]),
        ("a.b.c    A      192.0.2.4", "c DNAME other.example.", ["a.b.c A 192.0.2.4"], ["a.b.c CNAME a.b.other.example."]),
        ("*.wild   TXT    \"any\"", "x.wild TXT any", ['*.wild TXT "any"'], []),
        ("sub      NS     ns.other.example.", "", ["sub NS ns.other.example."], []),
        ("sub      DS     1 13", "sub DS 2 13", ["sub DS 1 13 2 "], ["sub DS 2 13 2 "]),
        ("plain    NS     ns.plain", "", ["plain NS ns.plain.example.com."], []),
        ("plain    NS     ns.plain", "plain NS ns.plain\nplain DS 1 13 2 " + "00" * 32, [], ["plain DS 1 13 2 "]),
        ("tree     DNAME  wood.example.", "tree DNAME other.example.", ["tree DNAME wood.example."], ["tree DNAME other.example."]),
        ("alias    CNAME  www", "alias CNAME www\nwww MX 1 mail", [], ["www MX 1 mail.example.com."]),
        ("caa      CAA    0 issue \"CA.Example\"", "", ['caa CAA 0 issue "CA.Example"'], []),
        ("unknown  TYPE65280 \\# 4 AABBCCDD", "", ["unknown TYPE65280 \\# 4 aabbccdd"], []),
    ],
)
def test_a_difference_is_named(primary, serve, line, instead, missing, unexpected):
    assert line in RECORDS
    with serve({"example.com": ZONE.replace(line, instead)}) as secondary:
        result = compare(primary, secondary)
    comparison = result["comparison"]
    assert (result["state"], result["ok"], comparison["equal"]) == ("different", False, False)
    for kind, expected in (("missing", missing), ("unexpected", unexpected)):
        found = comparison[kind]
        assert len(found) == len(expected) == comparison[f"{kind}_count"], found
        for have, want in zip(found, expected):
            assert have.replace(".example.com. 300 IN", "", 1).lower().startswith(want.lower())


def test_a_fault_is_told_with_its_zone_server_and_records(primary, serve):
    other = ZONE.replace("192.0.2.1\n", "192.0.2.9\n").replace("mail     A ", "mail 60 A ")
    with serve({"example.com": other}) as secondary:
        outcome = verify(primary, secondary, report_only=False)
        assert compare(primary, secondary, ignore_ttl=True, ignore_types=["SOA", "A"])["ok"]
    assert outcome["failed"]
    assert outcome["results"][0]["comparison"]["ttl"] == ["mail.example.com. A: 60, expected 300"]
    assert outcome["msg"].splitlines()[1] == (
        "- example.com at ns2 (127.0.0.1): different: 1 missing, first www.example.com. 300 IN A 192.0.2.1; "
        "1 unexpected, first www.example.com. 300 IN A 192.0.2.9; 1 with another TTL, first mail.example.com. A: 60, expected 300"
    )


def test_only_the_ttl_differs(primary, serve):
    with serve({"example.com": ZONE.replace("$TTL 300", "$TTL 60")}) as secondary:
        result = compare(primary, secondary)
        ignoring = compare(primary, secondary, ignore_ttl=True)
    assert result["state"] == "different"
    assert (result["comparison"]["missing_count"], result["comparison"]["ttl_count"]) == (0, COMPARED)
    assert ignoring["state"] == "same"


def test_other_name_servers_at_the_apex_may_be_ignored_and_those_at_a_cut_not(primary, serve):
    with serve({"example.com": ZONE.replace("@ NS ns1", "@ NS ns1\n@ NS ns.provider.example.")}) as secondary:
        result = compare(primary, secondary)
        assert compare(primary, secondary, ignore_apex_ns=True)["ok"]
    assert result["comparison"]["unexpected"] == ["example.com. 300 IN NS ns.provider.example."]
    with serve({"example.com": ZONE.replace("ns.other.example.", "ns.third.example.")}) as secondary:
        assert compare(primary, secondary, ignore_apex_ns=True)["state"] == "different"


def test_options_of_a_zone_count_more(primary, serve):
    with serve({"example.com": ZONE.replace("$TTL 300", "$TTL 60")}) as secondary:
        zones = [{"name": "example.com", "reference": "b", "servers": ["a"], "ignore_ttl": ttl} for ttl in (True, False)]
        servers = [entry(secondary, "a", role="primary"), entry(primary, "b")]
        outcome = run_module("verify_records", servers=servers, zones=zones, ignore_ttl=False, detail="all", report_only=True)
    assert [result["state"] for result in outcome["results"]] == ["same", "different"]


def test_a_record_set_may_be_ignored_and_others_of_its_type_not(primary, serve):
    servers = [entry(primary, "a", role="primary")]

    def state(other, ignored):
        with serve({"example.com": other}) as secondary:
            zones = [{"name": "example.com", "ignore_record_sets": ignored}]
            outcome = run_module("verify_records", servers=[*servers, entry(secondary, "b")], zones=zones, detail="all", report_only=True)
        return outcome["results"][0]["state"]

    without = ZONE.replace('big      TXT', 'other    TXT')
    assert [state(without, ignored) for ignored in ([], ["big.Example.com. TXT"], ["big TXT"])] == ["different", "same", "same"]
    assert state(without.replace("spf1 -all", "spf1 +all"), ["big TXT"]) == "different"


def test_each_server_is_judged_by_its_own_answers(serve):
    names = ["example.com", "one.test", "two.test"]
    zones = {name: zone_text(name) if name.endswith("test") else ZONE for name in names}
    differing = dict(zones, **{"two.test": zone_text("two.test", records="@ MX 1 ns1")})
    with running_named(zones) as whole, serve(zones) as equal, serve(differing, address="::1") as other:
        servers = [entry(whole, "a", role="primary"), entry(equal, "b"), entry(other, "c")]
        outcome = run_module("verify_records", servers=servers, zones=[{"name": name} for name in names], detail="all", report_only=True)
    found = [(result["zone"], result["server"], result["state"]) for result in outcome["results"]]
    assert found == [(name, server, "different" if (name, server) == ("two.test", "c") else "same") for name in names for server in "bc"]


def test_a_zone_below_hides_the_delegation_to_it(primary):
    zones = {"example.com": ZONE, "sub.example.com": zone_text("sub.example.com")}
    with running_named(zones) as secondary:
        result = compare(primary, secondary)
    assert (result["state"], result["hidden"]) == ("same", 1)


def test_a_server_of_the_zone_above_is_not_authoritative(primary, serve):
    with serve({"com": zone_text("com")}) as above:
        assert compare(primary, above)["state"] == "not_authoritative"
    with serve({"com": zone_text("com", records="example NS ns1.example\nns1.example A 192.0.2.1")}) as above:
        assert compare(primary, above)["state"] == "not_authoritative"


def test_a_server_without_the_zone_refuses(primary, serve):
    with serve({"example.org": zone_text("example.org")}) as other:
        result = compare(primary, other)
    assert (result["state"], result["ok"], result["comparison"]["equal"]) == ("refused", False, True)
    assert "first example.com. " in result["detail"]


def test_a_secondary_without_a_copy(primary):
    statements = f'zone "example.com" {{ type secondary; primaries {{ 127.0.0.1 port {free_port()}; }}; file "copy"; }};'
    with running_named(statements=statements) as secondary:
        assert compare(primary, secondary)["state"] == "expired"


def test_silence_and_a_stopped_server(primary):
    with scripted_server() as silent:
        outcome = verify(primary, silent, timeout=0.1)
        assert outcome["summary"]["elapsed"] < 2
    assert outcome["results"][0]["state"] == "timeout"
    with running_named({"example.com": ZONE}) as stopped:
        stopped.stop()
        assert compare(primary, stopped)["state"] == "unreachable"


def test_without_a_transfer_there_is_no_verdict(primary):
    with running_named({"example.com": ZONE}, options="allow-transfer { none; };") as closed:
        result = compare(closed, primary)
        assert compare(primary, closed)["state"] == "same"
    assert (result["state"], result["ok"], result["comparison"]) == ("no_reference", False, None)
    assert result["detail"].startswith("ns1 (127.0.0.1 port ") and result["detail"].endswith("refused: REFUSED")


@pytest.mark.parametrize(("secret", "state"), [(SECRET, "same"), (OTHER_SECRET, "wrong_key")])
def test_questions_are_signed(primary, serve, secret, state):
    with serve({"example.com": ZONE}, keys={"check": SECRET}) as secondary:
        servers = [entry(primary, "ns1", role="primary"), entry(secondary, "ns2", key="check")]
        keys = [{"name": "check", "secret": secret}]
        outcome = run_module("verify_records", keys=keys, servers=servers, zones=[{"name": "example.com"}], detail="all", report_only=True)
    assert outcome["results"][0]["state"] == state


def test_the_reference_is_transferred_with_its_key():
    keys = [{"name": "check", "secret": SECRET}]
    with running_named({"example.com": ZONE}, keys={"check": SECRET}, options='allow-transfer { key "check"; };') as server:
        servers = [entry(server, "signed", key="check"), entry(server, "unsigned")]
        outcome = run_module(
            "verify_records",
            keys=keys,
            servers=servers,
            zones=[{"name": "example.com", "reference": name} for name in ("signed", "unsigned")],
            detail="all",
            report_only=True,
        )
    assert [result["state"] for result in outcome["results"]] == ["same", "no_reference"]


def test_what_is_not_signed_proves_nothing(primary):
    """Neither an answer nor the denial of one."""

    def script(query):
        yield reply_to(query, rcode=3).to_wire()

    with scripted_server(udp=script) as scripted:
        servers = [entry(primary, "ns1", role="primary"), entry(scripted, "ns2", key="check")]
        keys = [{"name": "check", "secret": SECRET}]
        outcome = run_module("verify_records", keys=keys, servers=servers, zones=[{"name": "example.com"}], detail="all", report_only=True)
    assert outcome["results"][0]["state"] == "wrong_key"


def test_an_answer_without_authority_is_not_believed(primary):
    def script(query):
        reply = reply_to(query, aa=False)
        reply.answer.append(dns.rrset.from_text(reply.question[0].name, 300, "IN", "A", "192.0.2.3"))
        yield reply.to_wire()

    with scripted_server(udp=script) as cache:
        assert compare(primary, cache)["state"] == "not_authoritative"


def test_waiting_ends_when_the_servers_have_it(primary):
    with running_named({"example.com": ZONE.replace("192.0.2.4", "192.0.2.44")}) as secondary:

        def mend():
            secondary.write_zone("example.com", ZONE.replace(" 10 3600", " 11 3600"))
            secondary.reload()

        timer = threading.Timer(0.7, mend)
        timer.start()
        outcome = verify(primary, secondary, wait_timeout=10, wait_interval=0.2)
        timer.join()
    assert outcome["results"][0]["state"] == "same" and outcome["summary"]["rounds"] > 1
    assert 0.6 < outcome["summary"]["elapsed"] < 8


def test_waiting_takes_no_longer_than_it_may(primary):
    with running_named({"example.com": ZONE.replace("192.0.2.4", "192.0.2.44")}) as secondary:
        outcome = verify(primary, secondary, wait_timeout=1, wait_interval=0.3)
    assert outcome["results"][0]["state"] == "different" and 0.6 < outcome["summary"]["elapsed"] < 2


def test_a_sample_is_spread_over_the_zone():
    """A fault in every part of the zone is found, and few questions are put."""
    zone = zone_text("big.test", records="".join(f"h{number:04} A 192.0.2.1\n" for number in range(2000)))
    other = zone.replace("0 A 192.0.2.1", "0 A 192.0.2.2")
    with running_named({"big.test": zone}) as primary, running_named({"big.test": other}) as secondary:
        whole = verify(primary, secondary, "big.test", also_ask=[])
        sample = verify(primary, secondary, "big.test", also_ask=[], sample=200)
    assert whole["results"][0]["comparison"]["missing_count"] == 200
    assert (whole["summary"]["queries"], sample["summary"]["queries"]) == (2002, 200)
    assert sample["results"][0]["state"] == "different"


def test_thousands_of_record_sets_are_asked_for_in_seconds():
    zone = zone_text("big.test", records="".join(f"h{number:04} A 192.0.2.1\n" for number in range(5000)))
    with running_named({"big.test": zone}) as primary, running_named({"big.test": zone}) as secondary:
        outcome = verify(primary, secondary, "big.test", timeout=2)
    assert outcome["results"][0]["state"] == "same"
    assert outcome["summary"]["queries"] >= 4 * 5000 and outcome["summary"]["elapsed"] < 20


@pytest.mark.parametrize(
    "path", REAL_ZONES or [pytest.param(None, marks=pytest.mark.skip(reason="no real zones, see LAB_REAL_ZONES"))], ids=lambda path: path and path.name
)
def test_real_zones_are_the_same_on_another_program(serve, path):
    name = path.name[: -len(".zone")]
    text = path.read_text()
    with running_named({name: text}) as primary, serve({name: text}) as secondary:
        (result,) = verify(primary, secondary, name)["results"]
    assert result["state"] == "same" and result["asked"] > 20, result["detail"]


@pytest.mark.parametrize(
    ("zone", "arguments", "text"),
    [
        ({}, {}, "zones: a.test: no reference; name the server to compare with, or give a server the role primary"),
        ({"reference": "x"}, {}, "zones: a.test: x not in servers; known: one"),
        ({"reference": "one"}, {}, "zones: a.test: no server to compare with one"),
        ({"reference": "one", "servers": ["x"]}, {}, "x not in servers"),
        ({"reference": "one", "servers": ["one"], "ignore_types": ["NOPE"]}, {}, "zones: a.test: ignore_types: 'NOPE' is not a record type"),
        ({"reference": "one", "servers": ["one"]}, {"also_ask": ["NOPE"]}, "also_ask: 'NOPE' is not a record type"),
        ({"reference": "one", "servers": ["one"]}, {"sample": -1}, "sample: -1 is too small"),
        *(
            ({"reference": "one", "servers": ["one"], "ignore_record_sets": [wrong]}, {}, f"ignore_record_sets: {wrong!r} is not an owner and a type")
            for wrong in ("www", "www A IN", "w..w A")
        ),
        ({"reference": "one", "servers": ["one"], "ignore_record_sets": ["www NOPE"]}, {}, "ignore_record_sets: 'NOPE' is not a record type"),
        ({"name": "a..test"}, {}, "zones: a..test: 'a..test' is not a domain name"),
    ],
)
def test_mistakes_are_named(zone, arguments, text):
    servers = [{"name": "one", "address": "::1", "port": 9}]
    outcome = run_module("verify_records", servers=servers, zones=[dict({"name": "a.test"}, **zone)], **arguments)
    assert outcome["failed"] and text in outcome["msg"], outcome["msg"]
