# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_dnssec against real servers: what it asks, how it is told, and how it is bounded. signed_worlds.py has the faults."""

from __future__ import annotations

import contextlib
import time
from unittest import mock

import dns.name
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnssec as common_dnssec
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import STATES
from ansible_collections.authoritative.dns.plugins.module_utils.proof.verification import REMEDIES
from ansible_collections.authoritative.dns.plugins.modules import verify_dnssec
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.nsd import NSD, running_nsd
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server
from ansible_collections.authoritative.dns.tests.support.signed_zones import DAY, changed, drop_signature, make_key, sign

NAME = "signed.test"
SECRET = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
RECORDS = """
www A 192.0.2.1
*.wild TXT wild
alias CNAME www
sub NS ns.sub
ns.sub A 192.0.2.9
"""
KEY = make_key(NAME)


@pytest.fixture(scope="module")
def text():
    return sign(NAME, zone_text(NAME, 1, RECORDS), [KEY])


@pytest.fixture(scope="module")
def closed(text):
    """A server that hands the zone to nobody."""
    with running_named({NAME: text}, options="allow-transfer { none; };") as server:
        yield server


@pytest.fixture(scope="module")
def opened(text):
    with running_named({NAME: text, "plain.test": zone_text("plain.test")}, options="allow-transfer { any; };") as server:
        yield server


@pytest.fixture(scope="module")
def parent():
    with running_named({"test": zone_text("test", 1, f"{NAME}. NS ns1.{NAME}.\nns1.{NAME}. A 127.0.0.1\n{NAME}. DS {KEY.ds()}\n")}) as server:
        yield server


def entry(name, server, **more):
    return {"name": name, "address": server.address, "port": server.port, **more}


def look(servers, zone=None, **arguments):
    zones = [{"name": NAME, **(zone or {})}]
    return run_module("verify_dnssec", servers=servers, **{"zones": zones, "detail": "all", **arguments})


def test_everything_that_is_told(opened, closed, parent):
    servers = [entry("ns1", opened, role="primary"), entry("ns2", closed, role="secondary"), entry("above", parent)]
    outcome = look(servers, {"parent_servers": ["above"]}, expect="secure")
    assert not outcome["failed"] and not outcome["changed"]
    first, second, above = outcome["results"]
    key = {"key_tag": KEY.tag, "algorithm": 13, "sep": True, "signs": True}
    assert [first[name] for name in ("server", "role", "state", "source", "dnskeys")] == ["ns1", "primary", "signed", "transfer", [key]]
    assert [second[name] for name in ("server", "role", "state", "source", "dnskeys")] == ["ns2", "secondary", "signed", "questions", [key]]
    assert [above[name] for name in ("server", "role", "state", "ds")] == ["above", "parent", "secure", [KEY.ds().lower()]]
    assert 29.9 < first["days_left"] <= 30 and first["signed_until"] == outcome["summary"]["signed_until"]
    assert outcome["summary"]["states"] == {"signed": 2, "secure": 1} and outcome["msg"] == "all 3 signed zones on servers are as expected"


def test_where_no_transfer_comes_every_record_set_is_asked_for(text):
    bad = changed(text, NAME, lambda zone: drop_signature(zone, "www", "A"))
    with running_named({NAME: bad}, options="allow-transfer { none; };") as server:
        servers = [entry("ns1", server)]
        assert not look(servers)["failed"]  # it knows of no such record set
        declared = {"@": ["NS", "SOA"], "www": ["A", "AAAA"], "sub": "NS", f"alias.{NAME}.": ["CNAME"]}
        outcome = look(servers, {"record_sets": declared})
        assert outcome["failed"] and outcome["results"][0]["findings"][0]["texts"] == ["www.signed.test. A"]
        assert "ns1 (127.0.0.1): signature_missing: www.signed.test. A" in outcome["msg"] and REMEDIES["signature_missing"] in outcome["msg"]
        assert not look(servers, {"record_sets": declared}, levels={"signature_missing": "warning"})["failed"]


def test_what_one_server_transfers_is_asked_of_the_others(text, opened):
    bad = changed(text, NAME, lambda zone: drop_signature(zone, "*.wild", "TXT"))
    with running_named({NAME: bad}, options="allow-transfer { none; };") as server:
        outcome = look([entry("ns1", opened), entry("ns2", server)], report_only=True)
        assert [(result["state"], result["source"]) for result in outcome["results"]] == [("signed", "transfer"), ("signature_missing", "questions")]
        assert outcome["results"][1]["detail"] == "*.wild.signed.test. TXT"
        assert look([entry("ns1", opened), entry("ns2", server)], sample=1)["results"][1]["state"] == "signed"


def test_a_key_opens_the_transfer_and_signs_questions(text):
    keys = [{"name": "transfer", "secret": SECRET}]
    with running_named({NAME: text}, options="allow-transfer { key transfer; };", keys={"transfer": SECRET}) as server:
        assert look([entry("ns1", server)])["results"][0]["source"] == "questions"
        assert look([entry("ns1", server, key="transfer")], keys=keys)["results"][0]["source"] == "transfer"
        by_zone = {"transfers": [{"server": "ns1", "key": "transfer"}]}
        assert look([entry("ns1", server)], by_zone, keys=keys)["results"][0]["source"] == "transfer"
        refused = look([entry("ns1", server)], {"transfers": [{"server": "ns1"}]})
        assert (refused["results"][0]["state"], refused["failed"]) == ("not_transferred", False)
        assert f"{NAME} at ns1 (127.0.0.1): not_transferred: refused: REFUSED" in str(refused["warnings"])
        assert look([entry("ns1", server, key="transfer")], {"transfers": []}, keys=keys)["results"][0]["source"] == "questions"


def test_an_unsigned_zone_is_a_state(opened, parent):
    servers = [entry("ns1", opened), entry("above", parent)]
    plain = {"name": "plain.test", "parent_servers": ["above"]}
    outcome = look(servers, plain)
    assert not outcome["failed"] and [result["state"] for result in outcome["results"]] == ["unsigned", "insecure"]
    assert outcome["summary"]["queries"] == 3
    outcome = look(servers, {**plain, "expect": "signed"})
    assert outcome["failed"] and [(result["state"], result["ok"]) for result in outcome["results"]] == [("unsigned", False), ("insecure", True)]
    outcome = look(servers, plain, expect="secure")
    assert [(result["state"], result["ok"]) for result in outcome["results"]] == [("unsigned", False), ("ds_missing", False)]


def test_a_server_of_the_zone_alone_is_no_server_of_the_zone_above(opened, closed):
    outcome = look([entry("ns1", opened), entry("above", closed)], {"parent_servers": ["above"]}, report_only=True)
    assert (outcome["results"][1]["state"], outcome["results"][1]["detail"]) == ("not_authoritative", "it has the zone itself, and not the one above")


@pytest.mark.skipif(NSD is None, reason="nsd is not installed")
@pytest.mark.parametrize("options", [{}, {"nsec3": True}, {"nsec3": True, "opt_out": True}], ids=["NSEC", "NSEC3", "opt-out"])
def test_another_makers_server(options):
    with running_nsd({NAME: sign(NAME, zone_text(NAME, 1, RECORDS), [KEY], **options)}) as server:
        declared = {"www": ["A"], "any.wild": ["TXT", "A"], "sub": ["NS"], "nothing": ["A"]}
        outcome = look([entry("ns1", server)], {"record_sets": declared, "transfers": []})
        assert not outcome["failed"], outcome["msg"]
        assert outcome["results"][0]["state"] == "signed"


def test_silence_and_refusals_have_the_words_of_the_other_modules(opened):
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(scripted_server())
        refusing = stack.enter_context(scripted_server(udp=lambda query: [reply_to(query, rcode=5).to_wire()]))
        failing = stack.enter_context(scripted_server(udp=lambda query: [reply_to(query, rcode=2).to_wire()]))
        caching = stack.enter_context(scripted_server(udp=lambda query: [reply_to(query, aa=False).to_wire()]))
        servers = [entry("silent", silent), entry("refusing", refusing), entry("failing", failing, role="secondary"), entry("caching", caching)]
        outcome = look([*servers, entry("gone", opened, port=1)], report_only=True, timeout=0.2, retries=0)
        assert {result["server"]: result["state"] for result in outcome["results"]} == {
            "silent": "timeout",
            "refusing": "refused",
            "failing": "expired",
            "caching": "not_authoritative",
            "gone": "unreachable",
        }
        above = look([*servers, entry("ns1", opened)], {"servers": ["silent"], "parent_servers": ["refusing", "ns1"]}, report_only=True, timeout=0.2, retries=0)
        assert [result["state"] for result in above["results"]] == ["timeout", "refused", "not_authoritative"]


def test_a_ds_that_nothing_can_be_held_against(parent):
    with scripted_server() as silent:
        outcome = look([entry("ns1", silent), entry("above", parent)], {"parent_servers": ["above"]}, report_only=True, timeout=0.2, retries=0)
        assert [result["state"] for result in outcome["results"]] == ["timeout", "no_reference"]


def test_it_waits_until_all_is_as_expected(text):
    with running_named({NAME: zone_text(NAME, 1, RECORDS)}, options="allow-transfer { none; };") as server:
        assert look([entry("ns1", server)], expect="signed")["failed"]
        server.write_zone(NAME, text.replace(" 1 3600 600", " 1 3600 600"))
        server.reload()
        outcome = look([entry("ns1", server)], expect="signed", wait_timeout=20, wait_interval=0.1)
        assert not outcome["failed"], outcome["msg"]


def test_the_deadline_is_kept(opened):
    with scripted_server() as silent:
        started = time.monotonic()
        outcome = look([entry("silent", silent), entry("ns1", opened)], report_only=True, deadline=1, timeout=30)
        assert time.monotonic() - started < 8
        assert {result["state"] for result in outcome["results"]} == {"not_asked"}


def test_many_zones_are_one_call():
    names = [f"z{number}.test" for number in range(450)]
    made = {}
    key = make_key("z0.test")
    for name in names:
        own = key._replace(zone=dns.name.from_text(name))
        made[name] = made[name] = sign(name, zone_text(name, 1, "www A 192.0.2.1"), [own]) if name == "z0.test" else zone_text(name)
    with running_named(made, options="allow-transfer { any; };") as server:
        outcome = run_module("verify_dnssec", servers=[entry("ns1", server)], zones=[{"name": name} for name in names], detail="summary")
    assert outcome["summary"]["states"] == {"signed": 1, "unsigned": 449}
    assert outcome["summary"]["queries"] == 2 * 450 + 4


@pytest.mark.parametrize(
    ("zone", "arguments", "text"),
    [
        ({"name": "a..b"}, {}, "zones: a..b: 'a..b' is not a domain name"),
        ({"servers": ["ns9"]}, {}, "zones: signed.test: servers: ns9 not in servers; known: ns1"),
        ({"parent_servers": ["ns9"]}, {}, "zones: signed.test: parent_servers: ns9 not in servers; known: ns1"),
        ({"parent_servers": ["ns1"]}, {}, "zones: signed.test: no server to ask"),
        ({"transfers": [{"server": "ns9"}]}, {}, "zones: signed.test: transfers: ns9 not in servers; known: ns1"),
        ({"transfers": [{"server": "ns1", "key": "k"}]}, {}, "zones: signed.test: transfers: the key k is not in keys; known: none"),
        ({"expect": "secure"}, {}, "zones: signed.test: expect is secure, and no server of the zone above is known; name some in parent_servers"),
        ({"record_sets": {"www": ["NONSENSE"]}}, {}, "zones: signed.test: record_sets: 'NONSENSE' is not a record type"),
        ({"record_sets": {"www.other.test.": ["A"]}}, {}, "zones: signed.test: record_sets: www.other.test. is not in the zone"),
        ({"record_sets": {"a..b": ["A"]}}, {}, "zones: signed.test: record_sets: 'a..b' is not a domain name"),
        ({}, {"levels": {"signature_lost": "error"}}, "levels: unknown signature_lost; known: no_dnskey"),
        ({}, {"levels": {"ds_weak": "fatal"}}, "levels: ds_weak has 'fatal', which is not one of ignore, notice, warning, error"),
    ],
)
def test_mistakes_are_named(zone, arguments, text):
    outcome = look([{"name": "ns1", "address": "127.0.0.1"}], zone, **arguments)
    assert outcome["failed"] and text in outcome["msg"], outcome["msg"]


def test_what_is_missing_on_the_host_is_named():
    with mock.patch.object(common_dnssec, "CRYPTOGRAPHY_ERROR", "ImportError: No module named 'cryptography'"):
        outcome = look([{"name": "ns1", "address": "127.0.0.1"}])
    assert outcome["failed"] and "cryptography" in outcome["msg"] and "python3-cryptography" in outcome["msg"]


def test_every_state_is_documented_and_faults_have_a_remedy():
    text = " ".join(yaml.safe_load(verify_dnssec.RETURN)["results"]["contains"]["state"]["description"])
    assert [state for state in STATES if f"V({state})" not in text] == []
    assert [state for state, level in STATES.items() if level == "error" and state not in REMEDIES] == []


@pytest.mark.parametrize(("hours", "level"), [(12, "error"), (48, "warning"), (120, None)])
def test_how_long_signatures_must_be_good_is_an_option(hours, level):
    def levels(**options):
        outcome = look([entry("ns1", server)], **options)
        (result,) = outcome["results"]
        assert (outcome["failed"], result["state"]) == (not result["ok"], "signature_expiring" if result["findings"] else "signed")
        return [finding["level"] for finding in result["findings"]]

    with running_named({NAME: sign(NAME, zone_text(NAME), [KEY], end=hours * DAY / 24)}) as server:
        assert levels() == ([level] if level else [])
        assert levels(warning_days=0, critical_days=0) == []
        assert levels(critical_days=10) == ["error"]
        assert levels(zones=[{"name": NAME, "warning_days": 0, "critical_days": 0}], critical_days=10) == []
        assert levels(zones=[{"name": NAME, "critical_days": 10}]) == ["error"]
