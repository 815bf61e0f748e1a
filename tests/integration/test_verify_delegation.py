# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_delegation in a small Internet of real servers: each fault alone, and beside Zonemaster where it is installed."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import tempfile
import time

import dns.dnssec
import dns.name
import dns.rdata
import dns.zone
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.proof.delegation_checks import CHECKS
from ansible_collections.authoritative.dns.plugins.modules import verify_delegation
from ansible_collections.authoritative.dns.tests.support.internet import HINTS, NS1, NS2, TIMERS, Example, in_internet
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks
from cryptography.hazmat.primitives.asymmetric import ec

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root, to have port 53 in a network of its own")

KEY = ec.generate_private_key(ec.SECP256R1())
DNSKEY = dns.dnssec.make_dnskey(KEY.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
DS = dns.dnssec.make_ds(dns.name.from_text("example.test"), DNSKEY, "SHA256").to_text()
OTHER_DS = DS.split(" ")[0] + " 13 2 " + "ab" * 32
LONG_NAMES = [f"a-name-server-with-a-rather-long-name-number-{number}.example" for number in range(13)]


def sign(text):
    """The zone, signed with one key for everything."""
    zone = dns.zone.from_text(text, "example.test.", relativize=False)
    now = datetime.datetime.now(datetime.timezone.utc)
    with zone.writer() as transaction:
        dns.dnssec.sign_zone(zone, transaction, [(KEY, DNSKEY)], inception=now, expiration=now + datetime.timedelta(days=7), add_dnskey=True)
    return zone.to_text(relativize=False)


def soa(mname="ns1", rname="hostmaster", serial=1, timers=TIMERS):
    return f"{mname} {rname} {serial} {timers}"


SAME = (set(), set())

# fault → the world, what we find, and where Zonemaster 4.6 differs: what only we find, and what only it finds
FAULTS = {
    "nothing": (Example(), set(), SAME),
    "one name server": (Example(parent=["ns1"], child=["ns1"], glue={"ns1": NS1}), {"DELEGATION01"}, SAME),
    # its CONNECTIVITY04 came later, and looks at routed prefixes
    "two names, one server": (
        Example(glue={"ns1": NS1, "ns2": NS1}, addresses="".join(f"ns{n} A {NS1[0]}\nns{n} AAAA {NS1[1]}\n" for n in (1, 2))),
        {"DELEGATION02", "CONNECTIVITY04"},
        ({"CONNECTIVITY04"}, set()),
    ),
    "long names": (
        Example(
            parent=["ns1", "ns2", *(f"{name}.test." for name in LONG_NAMES)],
            child=["ns1", "ns2", *(f"{name}.test." for name in LONG_NAMES)],
            glue={"ns1": NS1, "ns2": NS2, **{name.removesuffix(".example"): [f"203.0.113.{n}"] for n, name in enumerate(LONG_NAMES)}},
            addresses=Example.addresses + "".join(f"{name.removesuffix('.example')} A 203.0.113.{n}\n" for n, name in enumerate(LONG_NAMES)),
        ),
        {"DELEGATION03", "CONNECTIVITY01", "CONNECTIVITY02"},
        SAME,
    ),
    # it tells a refusal in every check that got one; we tell it once
    "lame": (Example(serves2=False), {"DELEGATION04"}, (set(), {"BASIC02", "CONNECTIVITY01", "CONNECTIVITY02", "DELEGATION05", "NAMESERVER02"})),
    "silent": (Example(runs2=False), {"CONNECTIVITY01", "CONNECTIVITY02"}, SAME),
    # to it an alias has no address; resolvers follow it
    "alias as name server": (
        Example(child=["ns1", "alias.test."], parent=["ns1", "alias.test."], glue={"ns1": NS1}, above="alias CNAME ns2.example\n"),
        {"DELEGATION05"},
        (set(), {"DELEGATION01", "NAMESERVER06"}),
    ),
    # it takes the name to have no address when the zone has none; we ask the glue, as resolvers do
    "parent has more": (
        Example(parent=["ns1", "ns2", "ns3"], glue={"ns1": NS1, "ns2": NS2, "ns3": ["203.0.113.54"]}),
        {"DELEGATION07", "CONSISTENCY05", "CONNECTIVITY01", "CONNECTIVITY02"},
        ({"CONNECTIVITY01", "CONNECTIVITY02"}, {"DELEGATION05", "NAMESERVER06"}),
    ),
    # it notes that the glue of the missing name server is missing, too
    "zone has more": (
        Example(parent=["ns1"], glue={"ns1": NS1}),
        {"DELEGATION01", "DELEGATION07"},
        (set(), {"CONSISTENCY05"}),
    ),
    # it tells by BASIC02 that there is no delegation
    "not delegated": (Example(parent=[], glue={}), {"BASIC01", "BASIC02"}, ({"BASIC01"}, set())),
    # it ends when BASIC02 fails
    "nobody serves it": (
        Example(parent=["ns2"], glue={"ns2": NS2}, serves2=False),
        {"BASIC02", "DELEGATION01", "DELEGATION04"},
        ({"DELEGATION01", "DELEGATION04"}, set()),
    ),
    "serials": (Example(soa2=soa(serial=2)), {"CONSISTENCY01"}, SAME),
    "rname": (Example(soa2=soa(rname="somebody")), {"CONSISTENCY02"}, SAME),
    "timers": (Example(soa2=soa(timers="14401 3600 1209600 3600")), {"CONSISTENCY03"}, SAME),
    "mname": (Example(soa2=soa(mname="ns2")), {"CONSISTENCY06"}, SAME),
    # it asks the addresses that the zone has, not the glue
    "wrong glue": (
        Example(glue={"ns1": NS1, "ns2": [NS2[0], "2001:db8:2::54"]}),
        {"CONSISTENCY05", "CONNECTIVITY01", "CONNECTIVITY02"},
        ({"CONNECTIVITY01", "CONNECTIVITY02"}, set()),
    ),
    "no glue": (Example(glue={"ns1": NS1}), {"CONSISTENCY05"}, SAME),
    "open transfer": (Example(options="allow-transfer { any; };"), {"NAMESERVER03"}, SAME),
    "unknown name server": (
        Example(parent=["ns1", "ns2", "nowhere.test."], child=["ns1", "ns2", "nowhere.test."]),
        {"NAMESERVER06"},
        SAME,
    ),
    "refresh": (Example(soa=soa(timers="7200 3600 1209600 3600")), {"ZONE02"}, SAME),
    # to it this is of level INFO
    "retry over refresh": (Example(soa=soa(timers="14400 14400 1209600 3600")), {"ZONE03"}, ({"ZONE03"}, set())),
    "retry": (Example(soa=soa(timers="14400 900 1209600 3600")), {"ZONE04"}, SAME),
    "expire": (Example(soa=soa(timers="14400 3600 86400 3600")), {"ZONE05"}, SAME),
    "minimum": (Example(soa=soa(timers="14400 3600 1209600 172800")), {"ZONE06"}, SAME),
    "mname is alias": (Example(soa=soa(mname="alias"), records="alias CNAME ns1\n"), {"ZONE07"}, SAME),
    # to it this is of level INFO
    "mx is alias": (Example(records="alias CNAME ns1\n@ MX 10 alias\n"), {"ZONE08"}, ({"ZONE08"}, set())),
    "signed and known": (Example(sign=sign, ds=[DS]), set(), SAME),
    "signed and unknown": (Example(sign=sign), {"DNSSEC07"}, SAME),
    # to it DNSSEC07 is about both directions
    "known and unsigned": (Example(ds=[DS]), {"DNSSEC11"}, (set(), {"DNSSEC07"})),
    "another DS": (Example(sign=sign, ds=[OTHER_DS]), {"DNSSEC02"}, SAME),
}


def findings(outcome):
    (result,) = outcome["results"]
    return {finding["check"]: finding["text"] for finding in result["findings"] if finding["check"] != "ADDRESS01"}


def look(**arguments):
    arguments = dict({"zones": ["example.test"], "timeout": 0.5, "retries": 1, "report_only": True}, **arguments)
    return lambda: run_module("verify_delegation", **arguments)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault):
    example, expected, _differences = FAULTS[fault]
    found = findings(in_internet(look(), example))
    assert set(found) == expected, found


ZONEMASTER = shutil.which("zonemaster-cli")


def zonemaster():
    """The ids of test cases with a message of level NOTICE or higher, as far as we have a check of that id."""
    with tempfile.NamedTemporaryFile("w", suffix=".hints") as hints:
        hints.write(HINTS)
        hints.flush()
        command = [ZONEMASTER, "--hints", hints.name, "--level", "NOTICE", "--json", "--no-time", "--show-testcase", "--no-progress"]
        run = subprocess.run([*command, "example.test"], capture_output=True, text=True, timeout=180, check=True)
    messages = [message for message in json.loads(run.stdout) if message["tag"] != "NEITHER_DNSKEY_NOR_DS"]
    return sorted({message["testcase"] for message in messages} & set(CHECKS) - {"ADDRESS01"})


@pytest.mark.skipif(ZONEMASTER is None, reason="zonemaster-cli is not installed")
@pytest.mark.parametrize("fault", FAULTS)
def test_zonemaster_finds_the_same(fault):
    example, expected, (only_ours, only_theirs) = FAULTS[fault]
    found = set(in_internet(zonemaster, example, timeout=200))
    assert (expected - found, found - expected) == (only_ours, only_theirs)


def test_the_form_for_the_registrar():
    example = Example(parent=["ns1", "old.nic.test."], glue={"ns1": ["192.0.2.99"]}, sign=sign, ds=[OTHER_DS])
    form = in_internet(look(), example)["results"][0]["registrar"]
    glue = {"ns1.example.test": list(NS1), "ns2.example.test": list(NS2)}
    # the zone's servers cannot be reached through the wrong glue: nothing is known, and nothing made up
    assert form["now"] == {"name_servers": ["ns1.example.test", "old.nic.test"], "glue": {"ns1.example.test": ["192.0.2.99"]}, "ds": [OTHER_DS]}
    assert form["enter"]["name_servers"] == []
    declared = {"name": "example.test", "name_servers": {f"ns{n}.example.test": list(pair) for n, pair in ((1, NS1), (2, NS2))}}
    form = in_internet(look(zones=[declared]), example)["results"][0]["registrar"]
    assert form["enter"] == {"name_servers": ["ns1.example.test", "ns2.example.test"], "glue": glue, "ds": [DS.lower()]}
    assert form["steps"] == [
        "add the name server ns2.example.test",
        "remove the name server old.nic.test",
        f"add the DS {DS.lower()}",
        f"remove the DS {OTHER_DS}",
        "set the glue of ns1.example.test to 192.0.2.53, 2001:db8:1::53 instead of 192.0.2.99",
        "set the glue of ns2.example.test to 203.0.113.53, 2001:db8:2::53",
    ]


def test_a_zone_that_is_not_delegated_yet():
    declared = {"name": "example.test", "name_servers": {"ns1.example.test": list(NS1), "ns2.example.test": list(NS2)}}
    outcome = in_internet(look(zones=[declared]), Example(parent=[], glue={}))
    assert set(findings(outcome)) == {"BASIC01"}
    form = outcome["results"][0]["registrar"]
    assert form["now"] == {"name_servers": [], "glue": {}, "ds": []}
    assert form["steps"][:2] == ["add the name server ns1.example.test", "add the name server ns2.example.test"]


def test_when_all_is_entered_there_is_nothing_to_do():
    outcome = in_internet(look(report_only=False, levels={"ADDRESS01": "ignore"}, check=True), Example(sign=sign, ds=[DS]))
    assert not outcome["failed"] and not outcome["changed"]
    (result,) = outcome["results"]
    assert (result["state"], result["parent"], result["registrar"]["steps"]) == ("in_order", "test.", [])
    assert result["registrar"]["enter"] == result["registrar"]["now"]


def test_levels_decide_what_fails():
    def inside():
        levels = {"ADDRESS01": "ignore"}
        return [
            run_module("verify_delegation", zones=["example.test"], levels=levels)["failed"],
            run_module("verify_delegation", zones=["example.test"], levels=levels, fail_level="warning")["failed"],
            run_module("verify_delegation", zones=["example.test"], levels={**levels, "CONSISTENCY01": "error"})["msg"],
            run_module("verify_delegation", checks=["BASIC01", "CONSISTENCY01"], zones=["example.test"])["results"][0]["findings"],
        ]

    default, strict, message, selected = in_internet(inside, Example(soa2=soa(serial=2)))
    assert (default, strict) == (False, True)
    assert message == (
        "1 of 1 zones are not as expected (1 error)\n- example.test: CONSISTENCY01 error: serial 1 at ns1.example.test (192.0.2.53), "
        "ns1.example.test (2001:db8:1::53); serial 2 at ns2.example.test (2001:db8:2::53), ns2.example.test (203.0.113.53)"
    )
    assert [(finding["check"], finding["level"], finding["source"]) for finding in selected] == [
        ("CONSISTENCY01", "warning", "RFC 1034, section 4.3.5")
    ]


def test_many_zones_share_round_trips():
    def inside():
        return run_module("verify_delegation", zones=[f"z{n}.test" for n in range(300)], report_only=True)

    outcome = in_internet(inside)
    assert outcome["summary"]["findings"]["error"] == 600 and outcome["summary"]["elapsed"] < 10


def test_without_a_resolver_the_parent_is_unknown():
    started = time.monotonic()
    outcome = in_internet(look(resolvers=["198.51.100.9"]))
    assert "the resolvers do not answer for test.: unreachable" in findings(outcome)["BASIC01"]
    outcome = in_internet(look(resolvers=["198.51.100.9"], zones=[{"name": "example.test", "parent_servers": ["198.51.100.2"]}]))
    assert set(findings(outcome)) == set()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"zones": ["a..b"]}, "zones: a..b: 'a..b' is not a domain name"),
        ({"zones": [7]}, "zones: entry 1 is neither a name nor a dictionary"),
        ({"zones": [{"name": "a", "nameservers": []}]}, "zones: a: unknown nameservers; known: name, name_servers, parent_servers"),
        ({"zones": [{"name": "a", "name_servers": "ns1"}]}, "zones: a: name_servers is neither a list of names nor a dictionary"),
        ({"zones": [{"name": "a", "name_servers": {"ns1": "x"}}]}, "zones: a: name_servers: ns1: 'x' is neither an IPv4 nor an IPv6 address"),
        ({"resolvers": ["x"]}, "resolvers: 'x' is neither"),
        ({"checks": ["ZONE99"]}, "checks: unknown ZONE99; known: BASIC01"),
        ({"levels": {"ZONE99": "error"}}, "levels: unknown ZONE99"),
        ({"levels": {"ZONE02": "fatal"}}, "levels: ZONE02 has 'fatal', which is not one of ignore, notice, warning, error"),
    ],
)
def test_mistakes_are_named(arguments, text):
    outcome = run_module("verify_delegation", **dict({"zones": ["a.test"]}, **arguments))
    assert outcome["failed"] and text in outcome["msg"], outcome["msg"]


def test_the_documentation_names_every_check():
    description = yaml.safe_load(verify_delegation.DOCUMENTATION)["options"]["checks"]["description"]
    assert description[1:] == [f"V({identity}) ({check.level}), {check.rule}." for identity, check in CHECKS.items()]
