# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS servers as people have them: what they serve is declared, and a program that can be a primary serves it afterwards."""

from __future__ import annotations

import json

import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, AdoptedPowerDns, adopted_host, gather
from ansible_collections.authoritative.dns.tests.support.adoption_story import (
    PARTNER,
    QUESTIONS,
    SECRET,
    answers,
    transferred,
    until,
    zone,
)
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost
from ansible_collections.authoritative.dns.tests.support.what_is_served import differing, questions_about

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(not PDNS_SERVER, reason="PowerDNS with SQLite is not installed"),
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
]
NS1, NS2, NS3 = "127.0.0.11", "127.0.0.12", "127.0.0.13"
ADDRESSES = [NS1, NS2, NS3, PARTNER]
ODD = 'txt TXT "a;b" "c\\"d" ( "' + "x" * 200 + '" )\n* A 192.0.2.99\nsub NS ns.sub\nns.sub A 192.0.2.53\ncaa CAA 0 issue "ca.test"\nsvc HTTPS 1 . alpn=h2\n'
ZONES = ("fed.test", "native.test")
PRIMARY_COMMANDS = (
    ["load-zone", "fed.test", "{work}/fed.test"],
    ["set-kind", "fed.test", "primary"],
    ["import-tsig-key", "mixed", "hmac-sha256", SECRET],
    ["set-meta", "fed.test", "TSIG-ALLOW-AXFR", "mixed"],
    ["set-meta", "fed.test", "ALSO-NOTIFY", NS2],
    ["set-meta", "fed.test", "SOA-EDIT-API", "DEFAULT"],
    ["load-zone", "native.test", "{work}/native.test"],
    ["set-meta", "native.test", "ALLOW-AXFR-FROM", PARTNER],
)
QUIET = 'options { directory "{work}"; listen-on { {address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; notify-delay 0; '
QUIET += "transfer-source {address}; notify-source {address}; dnssec-validation no; recursion no; empty-zones-enable no; allow-query { any; }; "
SECONDARY = {
    "named.conf": QUIET + f'allow-transfer {{ none; }}; }};\nkey "mixed" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
    f'zone "fed.test" {{ type secondary; primaries {{ {NS1} key mixed; }}; file "fed"; }};\n'
}
FILES = {"fed.test": zone("fed.test", 2026010101, ODD), "native.test": zone("native.test", 7, ODD)}


def primary(root):
    settings = f"primary=yes\nallow-axfr-ips=127.0.0.1\ndefault-ttl=60\nmax-tcp-connections=30\nonly-notify={NS2}\napi=no\nloglevel=4\n"
    return AdoptedPowerDns(root, "ns1", NS1, settings, PRIMARY_COMMANDS, FILES)


def replies(host, questions):
    """Codes and records; what else is in an answer differs from program to program."""
    return {question: answer[0::2][:2] for question, answer in answers(host, questions).items()}


def moved_to_bind(root):
    """A PowerDNS primary and its BIND secondary are read together; BIND serves on both hosts afterwards."""
    said = {}
    (root / "new").mkdir()
    old, second = primary(root / "ns1"), adopted_host(root / "ns2", "ns2", NS2, SECONDARY)
    new = adopted_host(root / "new/ns1", "ns1", NS1, {"named.conf": QUIET + "};\n"})
    hosts = {"ns1": old, "ns2": second}
    try:
        old.start()
        second.start()
        until(lambda: [name for name in ZONES if old.serial(name) is None] + [second.serial("fed.test")] * (second.serial("fed.test") is None))
        content = {name: transferred(old, name, ["mixed"]) for name in ZONES}
        asked = questions_about(content, QUESTIONS)
        before = replies(old, asked)
        refused = gather(root, hosts)
        said["refused"] = (refused.returncode, refused.stdout, (root / "adopted").exists())
        outcome = gather(root, hosts, variables={"ns1": {"gather_software": "bind"}})
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        adopted = Adopted(root / "adopted")
        second_changed = adopted.take_over(second)["changed"]
        old.stop()
        new.start()
        assert adopted.take_over(new, new.text)["changed"] and second_changed
        until(lambda: [name for name in ZONES if new.serial(name) is None])
        said["answers"] = differing(before, replies(new, asked))
        said["content"] = differing(content, {name: transferred(new, name, ["mixed"]) for name in ZONES})
        said["again"] = [adopted.take_over(new, new.text)["changed"], adopted.take_over(second)["changed"]]
        again = gather(root, {"ns1": new, "ns2": second}, "again")
        assert again.returncode == 0, again.stdout + again.stderr
        one, two = adopted.declaration(), Adopted(root / "again").declaration()
        said["moved"] = [
            (name, key)
            for name in {**one.zones, **two.zones}
            for key in ("primaries", "secondaries", "tsig", "allow_query")
            if getattr(one.zones.get(name), key, None) != getattr(two.zones.get(name), key, None)
        ]
    finally:
        for host in (old, second, new):
            if host is old or (host.root / "pid").exists():
                host.stop()
    said["report"] = json.loads((root / "adopted/report.json").read_text())
    return said


def test_a_powerdns_primary_becomes_a_bind_that_serves_the_same(tmp_path):
    said = in_private_network(lambda: moved_to_bind(tmp_path), addresses=ADDRESSES, timeout=200)
    code, output, written = said["refused"]
    assert code == 2 and not written
    assert "host ns1: is the primary of fed.test, native.test (2 zones), and the collection has powerdns as a secondary only: set gather_software" in output
    assert not said["answers"], list(said["answers"].items())[:5]
    assert not said["content"] and not said["moved"] and said["again"] == [False, False]
    zones = said["report"]["zones"]
    assert (zones["fed.test"]["primaries"], zones["fed.test"]["secondaries"], zones["fed.test"]["tsig"]) == (["ns1"], ["ns2"], "mixed")
    assert zones["native.test"]["secondaries"] == [{"address": PARTNER, "key": False}]
    fates = {item["statement"]: item["fate"] for item in said["report"]["statements"] if item["host"] == "ns1"}
    assert fates["settings, launch"] == fates["settings, max-tcp-connections"] == fates["zone fed.test, SOA-EDIT-API"] == "dropped"
    assert fates["settings, allow-axfr-ips"] == fates["zone fed.test, TSIG-ALLOW-AXFR"] == fates["key mixed"] == "taken"
    host = Adopted(tmp_path / "adopted").host_variables["ns1"]
    assert host["nameserver_software"] == "bind" and host["nameserver_listen_on"] == [NS1]


def refused_zones(root):
    """What is said of a signed zone, a catalog, a record that only PowerDNS has, metadata without a place."""
    commands = [
        *PRIMARY_COMMANDS,
        ["secure-zone", "native.test"],
        ["create-zone", "alias.test", "ns1.provider.test"],
        ["add-record", "alias.test", "@", "ALIAS", "www.elsewhere.test"],
        ["create-zone", "script.test", "ns1.provider.test"],
        ["set-meta", "script.test", "LUA-AXFR-SCRIPT", "/etc/powerdns/script.lua"],
        ["create-zone", "auto.test", "ns1.provider.test"],
        ["set-meta", "auto.test", "ALLOW-AXFR-FROM", "AUTO-NS"],
    ]
    host = AdoptedPowerDns(root / "ns1", "ns1", NS1, "primary=yes\n", commands, FILES)
    try:
        host.start()
        first = gather(root, {"ns1": host}, variables={"ns1": {"gather_software": "knot"}})
        for name in ("native.test", "script.test", "auto.test"):
            host.util("delete-zone", name)
        second = gather(root, {"ns1": host}, variables={"ns1": {"gather_software": "knot"}})
        left = sorted(path.name for path in root.iterdir())
    finally:
        host.stop()
    return [(outcome.returncode, outcome.stdout) for outcome in (first, second)], left


def test_what_only_powerdns_can_is_told_and_nothing_is_written(tmp_path):
    (first, second), left = in_private_network(lambda: refused_zones(tmp_path), addresses=ADDRESSES, timeout=200)
    assert first[0] == second[0] == 2 and left == ["inventory.yml", "ns1", "password"]
    assert "- zone native.test: cannot be declared (PowerDNS signs it; let its DS be taken out of the zone above" in first[1]
    assert "- zone script.test: cannot be declared (a declaration has no place for its LUA-AXFR-SCRIPT), and ns1 has no place where it could stay" in first[1]
    assert "- zone auto.test: cannot be declared (a declaration cannot say AUTO-NS in ALLOW-AXFR-FROM" in first[1]
    assert "- zone alias.test (ns1:pdnsutil list-zone alias.test as text), line 3: 'alias.test" in second[1] and "ALIAS" in second[1]
    assert "gather_leave" not in second[1]


WEB = "api=yes\napi-key=known to few\nwebserver=yes\nwebserver-address=0.0.0.0\nwebserver-allow-from=0.0.0.0/0\nwebserver-password=\nloglevel=4\n"


def test_no_secret_of_the_web_server_becomes_one_that_everybody_knows(tmp_path):
    host = AdoptedPowerDns(tmp_path / "ns1", "ns1", NS1, WEB, [], {})
    outcome = in_private_network(lambda: gather(tmp_path, {"ns1": host}), addresses=ADDRESSES, timeout=100)
    host.stop()
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    local = Adopted(tmp_path / "adopted").local("ns1", "pdns.local.conf")
    assert "loglevel=4\n" in local and not any(text in local for text in ("api", "webserver", "?", "known to few"))
    assert "the settings of its web server and API (api, api-key, webserver, webserver-address, webserver-allow-from, webserver-password) are" in outcome.stdout
    assert "known to few" not in outcome.stdout + (tmp_path / "adopted/report.txt").read_text()


def test_all_primaries_of_a_secondary_are_read(tmp_path):
    """pdnsutil calls one otherwise than several."""
    primaries = {"one.test": ["192.0.2.1"], "several.test": ["192.0.2.1", "2001:db8::1", "192.0.2.2:5300"]}
    host = AdoptedPowerDns(tmp_path / "ns1", "ns1", NS1, "", [["create-secondary-zone", zone, *named] for zone, named in primaries.items()], {})
    read = run_module("nameserver_info", software="powerdns", user="root", config_file=str(host.config_file))
    options = [dict((name, values) for name, *values in clause[1]) for clause in read["configuration"] if clause[0] == "zone"]
    assert {one["name"][0]: one["primaries"] for one in options} == {
        "one.test": ["192.0.2.1"],
        "several.test": ["192.0.2.1", "[2001:db8::1]", "192.0.2.2:5300"],
    }
    host.stop()
