# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_delegation in a small Internet of real servers: each fault alone, and beside Zonemaster where it is installed."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import pathlib
import socket
import subprocess
import tempfile
import time
from typing import NamedTuple

import dns.dnssec
import dns.name
import dns.rdata
import dns.zone
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.checks import CHECKS
from ansible_collections.authoritative.dns.plugins.modules import verify_delegation
from ansible_collections.authoritative.dns.tests.support import zonemaster
from ansible_collections.authoritative.dns.tests.support.internet import HINTS, NS1, NS2, TEST_ZONE, TIMERS, Example, in_internet
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks
from cryptography.hazmat.primitives.asymmetric import ec

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root, to have port 53 in a network of its own")

KEY = ec.generate_private_key(ec.SECP256R1())
DNSKEY = dns.dnssec.make_dnskey(KEY.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
DS = dns.dnssec.make_ds(dns.name.from_text("example.test"), DNSKEY, "SHA256").to_text()
OTHER_DS = DS.split(" ")[0] + " 13 2 " + "ab" * 32
COMING_DS = "4711 13 2 " + "cd" * 32
LONG_NAMES = [f"a-name-server-with-a-rather-long-name-number-{number}.example" for number in range(13)]


def sign(text, days=(0, 7)):
    """The zone, signed with one key for everything. days: from when to when from now."""
    zone = dns.zone.from_text(text, "example.test.", relativize=False)
    inception, expiration = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=number) for number in days)
    with zone.writer() as transaction:
        dns.dnssec.sign_zone(zone, transaction, [(KEY, DNSKEY)], inception=inception, expiration=expiration, add_dnskey=True)
    return zone.to_text(relativize=False)


def sign_long_ago(text):
    return sign(text, days=(-9, -2))


def soa(mname="ns1", rname="hostmaster", serial=1, timers=TIMERS):
    return f"{mname} {rname} {serial} {timers}"


class Fault(NamedTuple):
    """A world and the checks that fail in it. What only we or only Zonemaster 4.6 finds there has a reason: ``why``."""

    world: Example
    found: frozenset = frozenset()
    only_here: frozenset = frozenset()
    only_there: frozenset = frozenset()
    why: str = ""


def fault(found="", only_here="", only_there="", why="", **changes):
    return Fault(Example(**changes), *(frozenset(ids.split()) for ids in (found, only_here, only_there)), why)


FAULTS = {
    "nothing": fault(),
    "one name server": fault("DELEGATION01", parent=["ns1"], child=["ns1"], glue={"ns1": NS1}),
    "two names, one server": fault(
        "DELEGATION02 CONNECTIVITY04",
        glue={"ns1": NS1, "ns2": NS1},
        addresses="".join(f"ns{n} A {NS1[0]}\nns{n} AAAA {NS1[1]}\n" for n in (1, 2)),
        only_here="CONNECTIVITY04",
        why="Zonemaster asks a service on the Internet for routed prefixes; here /24 and /48 count, the longest that are announced.",
    ),
    "long names": fault(
        "DELEGATION03 CONNECTIVITY01 CONNECTIVITY02",
        parent=["ns1", "ns2", *(f"{name}.test." for name in LONG_NAMES)],
        child=["ns1", "ns2", *(f"{name}.test." for name in LONG_NAMES)],
        glue={"ns1": NS1, "ns2": NS2, **{name.removesuffix(".example"): [f"203.0.113.{n}"] for n, name in enumerate(LONG_NAMES)}},
        addresses=Example.addresses + "".join(f"{name.removesuffix('.example')} A 203.0.113.{n}\n" for n, name in enumerate(LONG_NAMES)),
    ),
    "a server without the zone": fault(
        "DELEGATION04",
        zones2={},
        only_there="BASIC02 CONNECTIVITY01 CONNECTIVITY02 DELEGATION05 NAMESERVER02",
        why="Zonemaster tells a refusal in every test case that got one; here it is told once.",
    ),
    "a server without authority": fault(
        "DELEGATION04",
        arguments2=["-T", "noaa"],
        only_there="CONNECTIVITY01 CONNECTIVITY02",
        why="To Zonemaster an answer without authority is none; here these two are about silence.",
    ),
    "a server with the zone above": fault(
        "DELEGATION06",
        zones2={"test": TEST_ZONE + Example(parent=()).parent_lines() + "example A 192.0.2.80\n"},
        only_there="BASIC02 CONNECTIVITY01 CONNECTIVITY02 NAMESERVER02",
        why="Zonemaster tells a missing SOA in every test case that asked for it; here it is told once.",
    ),
    "a silent server": fault("CONNECTIVITY01 CONNECTIVITY02", runs2=False),
    "no TCP": fault("CONNECTIVITY02", tcp2=False),
    "EDNS ignored": fault(
        "NAMESERVER02",
        arguments2=["-T", "noedns"],
        only_here="NAMESERVER02",
        why="Zonemaster counts FORMERR only; an answer without OPT means no EDNS as well (RFC 6891, section 7).",
    ),
    "EDNS rejected": fault("NAMESERVER02", arguments2=["-T", "ednsformerr"]),
    "recursion": fault("NAMESERVER01", options2="allow-transfer { none; }; recursion yes; allow-recursion { any; };"),
    "open transfer": fault("NAMESERVER03", options="allow-transfer { any; };"),
    "alias as name server": fault(
        "DELEGATION05",
        child=["ns1", "alias.test."],
        parent=["ns1", "alias.test."],
        glue={"ns1": NS1},
        above="alias CNAME ns2.example\n",
        only_there="DELEGATION01 NAMESERVER06",
        why="To Zonemaster an alias has no address; resolvers follow it.",
    ),
    "parent has more": fault(
        "DELEGATION07 CONSISTENCY05 CONNECTIVITY01 CONNECTIVITY02",
        parent=["ns1", "ns2", "ns3"],
        glue={"ns1": NS1, "ns2": NS2, "ns3": ["203.0.113.54"]},
        only_here="CONNECTIVITY01 CONNECTIVITY02",
        only_there="DELEGATION05 NAMESERVER06",
        why="To Zonemaster a name has no address when the zone has none; here the glue is asked, as resolvers do.",
    ),
    "zone has more": fault(
        "DELEGATION01 DELEGATION07",
        parent=["ns1"],
        glue={"ns1": NS1},
        only_there="CONSISTENCY05",
        why="Zonemaster wants glue also for a name server that the parent does not name.",
    ),
    "not delegated": fault("BASIC01 BASIC02", parent=[], glue={}, only_here="BASIC01", why="Zonemaster tells by BASIC02 that there is no delegation."),
    "nobody serves it": fault(
        "BASIC02 DELEGATION01 DELEGATION04",
        parent=["ns2"],
        glue={"ns2": NS2},
        zones2={},
        only_here="DELEGATION01 DELEGATION04",
        why="Zonemaster ends when BASIC02 fails; here all checks are made.",
    ),
    "serials": fault("CONSISTENCY01", soa2=soa(serial=2)),
    "rname": fault("CONSISTENCY02", soa2=soa(rname="somebody")),
    "timers": fault("CONSISTENCY03", soa2=soa(timers="14401 3600 1209600 3600")),
    "NS records": fault("CONSISTENCY04", child2=["ns2"]),
    "wrong glue": fault(
        "CONSISTENCY05 CONNECTIVITY01 CONNECTIVITY02",
        glue={"ns1": NS1, "ns2": [NS2[0], "2001:db8:2::54"]},
        only_here="CONNECTIVITY01 CONNECTIVITY02",
        why="Zonemaster asks the addresses that the zone has; here the glue is asked, as resolvers do.",
    ),
    "no glue": fault("CONSISTENCY05", glue={"ns1": NS1}),
    "mname": fault("CONSISTENCY06", soa2=soa(mname="ns2")),
    "unknown name server": fault("NAMESERVER06", parent=["ns1", "ns2", "nowhere.test."], child=["ns1", "ns2", "nowhere.test."]),
    "refresh": fault("ZONE02", soa=soa(timers="7200 3600 1209600 3600")),
    "retry over refresh": fault("ZONE03", soa=soa(timers="14400 14400 1209600 3600"), only_here="ZONE03", why="To Zonemaster this is of level INFO."),
    "retry": fault("ZONE04", soa=soa(timers="14400 900 1209600 3600")),
    "expire": fault("ZONE05", soa=soa(timers="14400 3600 86400 3600")),
    "minimum": fault("ZONE06", soa=soa(timers="14400 3600 1209600 172800")),
    "mname is alias": fault("ZONE07", soa=soa(mname="alias"), records="alias CNAME ns1\n"),
    "mx is alias": fault("ZONE08", records="alias CNAME ns1\n@ MX 10 alias\n", only_here="ZONE08", why="To Zonemaster this is of level INFO."),
    "signed, DS": fault(sign=sign, ds=[DS]),
    "signed, no DS": fault("DNSSEC07", sign=sign),
    "not signed, DS": fault("DNSSEC11", ds=[DS], only_there="DNSSEC07", why="Zonemaster's DNSSEC07 is about both: keys without DS, and DS without keys."),
    "signed, DS of another key": fault("DNSSEC02", sign=sign, ds=[OTHER_DS]),
    "signed, DS of a key to come": fault(
        sign=sign,
        ds=[DS, COMING_DS],
        only_there="DNSSEC02",
        why="Zonemaster warns of every DS without a key; one that leads to a key is enough (RFC 4035, section 5), as while a key is replaced.",
    ),
    "keys that sign nothing, no DS": fault(
        records=f"@ DNSKEY {DNSKEY}\n",
        only_there="DNSSEC07",
        why="Zonemaster asks for a DS as soon as there is a key; here a key must sign, or the DS would make the zone bogus.",
    ),
    "keys that sign nothing, DS": fault("DNSSEC02", records=f"@ DNSKEY {DNSKEY}\n", ds=[DS]),
    "signatures that expired": fault("DNSSEC02", sign=sign_long_ago, ds=[DS]),
}


def findings(outcome):
    """{id: text}. All worlds have addresses for documentation, which test_addresses_for_documentation_are_not_public is about."""
    (result,) = outcome["results"]
    return {finding["check"]: finding["text"] for finding in result["findings"] if finding["check"] != "ADDRESS01"}


def look(**arguments):
    arguments = dict({"zones": ["example.test"], "timeout": 0.5, "retries": 1, "report_only": True}, **arguments)
    return lambda: run_module("verify_delegation", **arguments)


# --- beside Zonemaster ------------------------------------------------------------------------------------------------


def ask_zonemaster():
    """The ids of test cases with a message of level NOTICE or higher, of those that we have a check for."""
    patience = {"timeout": 1, "retry": 1, "retrans": 1}
    profile = {"resolver": {"defaults": patience}, "test_cases": [identity.lower() for identity in CHECKS]}
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (("hints", HINTS), ("profile", json.dumps(profile))):
            pathlib.Path(directory, name).write_text(content)
        options = ["--hints", f"{directory}/hints", "--profile", f"{directory}/profile", "--level", "NOTICE", "--json", "--show-testcase"]
        run = subprocess.run(["zonemaster-cli", *options, "--no-time", "--no-progress", "example.test"], capture_output=True, text=True, timeout=60, check=True)
    # that a zone is not signed is a choice, and no finding here
    messages = [message for message in json.loads(run.stdout) if message["tag"] != "NEITHER_DNSKEY_NOR_DS"]
    return {message["testcase"] for message in messages} & set(CHECKS)


@functools.cache
def judged(name):
    """What we find, and what Zonemaster finds, in the same world at the same time."""
    return in_internet(lambda: (look()(), ask_zonemaster() if zonemaster.engine() == "4.6" else None), FAULTS[name].world)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_nothing_else(name):
    found = findings(judged(name)[0])
    assert set(found) == FAULTS[name].found, found


@pytest.mark.skipif(zonemaster.engine() is None, reason="zonemaster-cli is not installed (Debian and Ubuntu have a package of that name)")
@pytest.mark.skipif(zonemaster.engine() not in (None, "4.6"), reason=f"the differences are those to Zonemaster 4.6, this is {zonemaster.engine()}")
@pytest.mark.parametrize("name", FAULTS)
def test_zonemaster_finds_the_same(name):
    ours, theirs = set(findings(judged(name)[0])), judged(name)[1] - {"ADDRESS01"}
    assert (ours - theirs, theirs - ours) == (FAULTS[name].only_here, FAULTS[name].only_there)


def test_addresses_for_documentation_are_not_public():
    ours, theirs = judged("nothing")
    (result,) = ours["results"]
    texts = {finding["text"] for finding in result["findings"]}
    assert texts == {f"ns{n}.example.test has {', '.join(sorted(pair))}, which cannot be reached from everywhere" for n, pair in ((1, NS1), (2, NS2))}
    assert theirs in (None, {"ADDRESS01"})


def test_the_documentation_has_all_differences():
    rows = [
        f"| {name} | {' '.join(sorted(case.only_here)) or '-'} | {' '.join(sorted(case.only_there)) or '-'} | {case.why} |"
        for name, case in FAULTS.items()
        if case.only_here or case.only_there
    ]
    text = (pathlib.Path(__file__).parents[2] / "docs" / "delegation.md").read_text(encoding="utf-8")
    table = text.partition("## Beside Zonemaster\n")[2]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == rows, "\n".join(rows)


# --- the registrar ----------------------------------------------------------------------------------------------------


DECLARED = {"name": "example.test", "name_servers": {"ns1.example.test": list(NS1), "ns2.example.test": list(NS2)}}
GLUE = {"ns1.example.test": list(NS1), "ns2.example.test": list(NS2)}


def registrar(example, **arguments):
    return in_internet(look(**arguments), example)["results"][0]["registrar"]


def test_the_form_for_the_registrar():
    form = registrar(Example(parent=["ns1", "old.nic.test."], glue={"ns1": ["192.0.2.99"]}, sign=sign, ds=[OTHER_DS]), zones=[DECLARED])
    assert form["now"] == {"name_servers": ["ns1.example.test", "old.nic.test"], "glue": {"ns1.example.test": ["192.0.2.99"]}, "ds": [OTHER_DS]}
    assert form["enter"] == {"name_servers": ["ns1.example.test", "ns2.example.test"], "glue": GLUE, "ds": [DS.lower()]}
    assert form["steps"] == [
        "add the name server ns2.example.test",
        "remove the name server old.nic.test",
        f"add the DS {DS.lower()}",
        f"remove the DS {OTHER_DS}",
        "set the glue of ns1.example.test to 192.0.2.53, 2001:db8:1::53 instead of 192.0.2.99",
        "set the glue of ns2.example.test to 203.0.113.53, 2001:db8:2::53",
    ]


def test_what_nobody_says_is_not_removed():
    form = registrar(Example(parent=["ns1"], glue={"ns1": ["192.0.2.99"]}, sign=sign, ds=[DS]))
    assert form["now"] == {"name_servers": ["ns1.example.test"], "glue": {"ns1.example.test": ["192.0.2.99"]}, "ds": [DS.lower()]}
    assert form["enter"] == {"name_servers": None, "glue": None, "ds": None}
    assert form["steps"] == [
        "find out the name servers: neither the zone's servers nor name_servers of this module say which",
        "leave the DS as it is: no server says which keys sign the zone",
    ]
    assert registrar(Example(records=f"@ DNSKEY {DNSKEY}\n", ds=[DS]))["steps"] == form["steps"][1:]


def test_what_is_there_now_is_not_made_up():
    zone = dict(DECLARED, parent_servers=["198.51.100.9"])
    form = registrar(Example(sign=sign, ds=[DS]), zones=[zone])
    assert form["enter"] == {"name_servers": list(GLUE), "glue": GLUE, "ds": [DS.lower()]}
    assert form["now"] == {"name_servers": None, "glue": None, "ds": None}
    assert form["steps"] == ["find out what is there now: no server of the zone above answers"]


def test_a_name_server_without_any_address_is_asked_for():
    form = registrar(Example(), zones=[{"name": "example.test", "name_servers": ["ns1.example.test", "ns3.example.test"]}])
    assert form["enter"]["glue"] == {"ns1.example.test": list(NS1), "ns3.example.test": []}
    assert form["steps"] == [
        "add the name server ns3.example.test",
        "remove the name server ns2.example.test",
        f"remove the glue of ns2.example.test: {', '.join(NS2)}",
        "find out the addresses of ns3.example.test, which needs glue",
    ]


def test_the_newest_copy_of_the_zone_counts():
    stale = {"test": TEST_ZONE + "* A 192.0.2.80\n"}  # answers with authority, and not for this zone
    assert registrar(Example(zones2=stale))["steps"] == []
    moved = Example(addresses=Example.addresses.replace(NS1[0], "192.0.2.99"), soa=soa(serial=2))
    old = Example().zone(soa(), ["ns1", "ns2", "old.nic.test."])
    assert registrar(dataclasses.replace(moved, zones2={"example.test": old}))["steps"] == [
        f"set the glue of ns1.example.test to 192.0.2.99, {NS1[1]} instead of {', '.join(NS1)}"
    ]


@pytest.mark.parametrize(
    ("cds", "steps"),
    [
        (DS, []),
        (COMING_DS, [f"add the DS {COMING_DS}", f"remove the DS {DS.lower()}"]),
        ("0 0 0 00", [f"remove the DS {DS.lower()}"]),
    ],
    ids=["no other", "another", "none"],
)
def test_the_zone_asks_for_its_ds(cds, steps):
    assert registrar(Example(sign=sign, ds=[DS], records=f"@ CDS {cds}\n"))["steps"] == steps


def test_a_key_that_does_not_sign_is_not_entered():
    coming = dns.dnssec.make_dnskey(ec.generate_private_key(ec.SECP256R1()).public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
    example = Example(sign=sign, ds=[DS], records=f"@ DNSKEY {coming}\n")
    assert registrar(example)["steps"] == []


def test_a_zone_that_is_not_delegated_yet():
    outcome = in_internet(look(zones=[DECLARED]), Example(parent=[], glue={}))
    assert set(findings(outcome)) == {"BASIC01"}
    form = outcome["results"][0]["registrar"]
    assert form["now"] == {"name_servers": [], "glue": {}, "ds": []}
    assert form["steps"] == [
        "add the name server ns1.example.test",
        "add the name server ns2.example.test",
        "set the glue of ns1.example.test to 192.0.2.53, 2001:db8:1::53",
        "set the glue of ns2.example.test to 203.0.113.53, 2001:db8:2::53",
    ]


def test_when_all_is_entered_there_is_nothing_to_do():
    written_otherwise = {name: [address.upper().replace("::", ":0:0::") for address in addresses] for name, addresses in GLUE.items()}
    declared = {"name": "example.test", "name_servers": written_otherwise}
    outcome = in_internet(look(zones=[declared], report_only=False, levels={"ADDRESS01": "ignore"}, check=True), Example(sign=sign, ds=[DS]))
    assert not outcome["failed"] and not outcome["changed"]
    (result,) = outcome["results"]
    assert (result["state"], result["parent"], result["registrar"]["steps"]) == ("in_order", "test.", [])
    assert result["registrar"]["enter"] == result["registrar"]["now"]


def test_parent_and_zone_must_have_what_is_declared():
    declared = {"ns1.example.test": ["192.0.2.99"], "ns2.example.test": [], "ns3.nic.test": []}
    found = findings(in_internet(look(zones=[{"name": "example.test", "name_servers": declared}]), Example(above="ns3.nic A 203.0.113.53\n")))
    assert found["DELEGATION07"] == "ns3.nic.test is missing in the parent and the zone itself"
    assert found["CONSISTENCY05"] == ("ns1.example.test has 192.0.2.53, 2001:db8:1::53 (glue), 192.0.2.53, 2001:db8:1::53 (in the zone), 192.0.2.99 (declared)")


# --- how it is asked --------------------------------------------------------------------------------------------------


def test_only_the_families_that_the_host_can_use_are_asked():
    example = Example(glue={"ns1": NS1, "ns2": [NS2[0], "2001:db8:2::54"]})
    assert set(findings(in_internet(look(families=[4]), example))) == {"CONSISTENCY05"}
    found = findings(in_internet(look(families=[6]), example))
    assert found["BASIC01"] == "no server of the zone above has an address that can be asked"
    assert found["BASIC02"] == "no name server's address is known"


def test_a_silent_server_of_the_zone_above_is_none_of_ours():
    def ask(*parents):
        zone = {"name": "example.test", "parent_servers": list(parents)}
        return findings(in_internet(look(zones=[zone])))

    assert ask("198.51.100.9", "198.51.100.2") == {}
    assert ask("198.51.100.9")["BASIC01"] == "no server of the zone above answers: unreachable at 198.51.100.9"


def test_the_deadline_is_kept():
    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind((NS2[0], 53))
            started = time.monotonic()
            return findings(look(timeout=20, deadline=1)()), time.monotonic() - started

    found, seconds = in_internet(ask, Example(runs2=False, parent=["ns2"], glue={"ns2": [NS2[0]]}))
    assert found["BASIC02"] == "nobody answers with authority; asked ns2.example.test (203.0.113.53)"
    assert seconds < 10


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
    assert [(finding["check"], finding["level"], finding["source"]) for finding in selected] == [("CONSISTENCY01", "warning", "RFC 1034, section 4.3.5")]


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
        ({"zones": [{"name": "a", "name_servers": {"ns1": 7}}]}, "zones: a: name_servers: ns1: 7 is neither an IPv4 nor an IPv6 address"),
        ({"zones": [{"name": "a", "name_servers": [{"ns1": []}]}]}, "zones: a: name_servers: {'ns1': []} is not a domain name"),
        ({"zones": [{"name": "a", "name_servers": []}]}, "zones: a: name_servers is empty; name the zone's name servers, or leave it out"),
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
