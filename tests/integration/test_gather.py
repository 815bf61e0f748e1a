# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as people have them, gathered into an inventory and taken over with it: nothing that they answer changes."""

from __future__ import annotations

import json
import stat

import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, gather, running_hosts
from ansible_collections.authoritative.dns.tests.support.adoption_story import PARTNER, SECRET, story, zone
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, KnotHost, NsdHost

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network")

NS1, NS2, OUTSIDE = "127.0.0.11", "127.0.0.12", "127.0.0.21"
ADDRESSES = [NS1, NS2, OUTSIDE, PARTNER]
KEY = f'key "hoster-transfer." {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
QUIET = "listen-on { {address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; "
QUIET += "notify-delay 0; transfer-source {address}; notify-source {address}; "
# Data that each program prints in a way of its own: digits, names and values of parameters.
PRINTED = "sub NS ns.elsewhere.test.\nsub DS 1 13 2 " + "0f" * 32 + "\ntls TLSA 3 1 1 " + "ab" * 32 + "\nssh SSHFP 4 2 " + "cd" * 32
PRINTED += "\nrp RP Host.Master.test. .\nsvc HTTPS 1 . alpn=h2 port=8443 ipv4hint=192.0.2.80\nown TYPE65280 \\# 3 aabbcc\n"
AUTHORITATIVE = 'options { directory "{work}"; ' + QUIET + "recursion no; empty-zones-enable no; dnssec-validation no; allow-query { any; }; "


def hosters_pair():
    """40 zones in a Debian tree, one list of secondaries by name, a key in an include, lists of masters, a zone that only customers may ask."""
    domains = [f"customer{number}.test" for number in range(40)]
    stanza = 'zone "{}" {{\n\ttype master;\n\tfile "{{etc}}/zones/db.{}";\n'
    stanza += "\tallow-transfer {{ key hoster-transfer; }};\n\talso-notify {{ secondaries; }};\n}};\n"
    fed = 'zone "{}" {{ type slave; masters {{ primary; }}; file "db.{}"; }};\n'
    return {
        "ns1": (
            NS1,
            {
                "named.conf": 'include "{etc}/named.conf.options";\ninclude "{etc}/named.conf.local";\n',
                "named.conf.options": AUTHORITATIVE
                + 'version "nobody knows"; rate-limit { responses-per-second 50; }; max-udp-size 1232; auth-nxdomain no; };\n'
                'logging { channel own { file "own.log" size 1m; severity info; }; category xfer-out { own; }; };\n',
                "named.conf.local": 'include "{etc}/keys.conf";\nacl customers { 10.0.0.0/8; 127.0.0.0/8; };\n'
                f"masters secondaries {{ {NS2} key hoster-transfer; }};\n"
                + "".join(stanza.format(name, name) for name in domains)
                + 'zone "intern.test" { type master; file "{etc}/zones/db.intern"; allow-query { customers; }; allow-transfer { key hoster-transfer; }; '
                "also-notify { secondaries; }; check-names ignore; };\n",
                "keys.conf": KEY,
                "zones/db.intern": zone("intern.test", 5),
                **{f"zones/db.{name}": zone(name, 2026010100 + number, "$GENERATE 1-9 host$ A 192.0.2.$\n") for number, name in enumerate(domains)},
            },
        ),
        "ns2": (
            NS2,
            {
                "named.conf": AUTHORITATIVE
                + "allow-transfer { none; }; notify no; };\n"
                + KEY.replace("hoster-transfer.", "Hoster-Transfer")
                + f"masters primary {{ {NS1} key Hoster-Transfer; }};\nacl customers {{ 10.0.0.0/8; 127.0.0.0/8; }};\n"
                + "".join(fed.format(name, name) for name in domains)
                + 'zone "intern.test" { type slave; masters { primary; }; file "db.intern"; allow-query { customers; }; };\n',
            },
        ),
    }


def office():
    """One server for an office: resolves for the LAN through forwarders, with a zone that DHCP updates, reverse zones, a response policy."""
    return {
        "ns1": (
            NS1,
            {
                "named.conf": 'options { directory "{work}"; ' + QUIET + f"allow-query {{ lan; }}; allow-recursion {{ lan; }}; forwarders {{ {OUTSIDE}; }}; "
                f'allow-transfer {{ {PARTNER}; }}; dnssec-validation no; response-policy {{ zone "rpz.office"; }}; }};\n'
                "acl lan { 127.0.0.0/8; 10.1.0.0/16; };\n" + f'key "dhcp" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
                'zone "office.test" { type primary; file "office"; };\n'
                'zone "2.0.192.in-addr.arpa" { type primary; file "reverse"; };\n'
                'zone "dhcp.office.test" { type primary; file "dhcp"; allow-update { key "dhcp"; }; };\n'
                'zone "rpz.office" { type primary; file "rpz"; allow-query { localhost; }; };\n'
                f'zone "forwarded.test" {{ type forward; forward only; forwarders {{ {OUTSIDE}; }}; }};\n',
                "work/office": zone("office.test", 12, "*.wild A 192.0.2.77\n_sip._tcp SRV 0 5 5060 mail\n"),
                "work/reverse": zone("2.0.192.in-addr.arpa", 3, "$GENERATE 1-200 $ PTR host-$.office.test.\n"),
                "work/dhcp": zone("dhcp.office.test", 9),
                "work/rpz": "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\nbad.test CNAME .\n",
            },
        ),
        "_forwarder": (
            OUTSIDE,
            {"named.conf": AUTHORITATIVE + '};\nzone "forwarded.test" { type master; file "f"; };\n', "work/f": zone("forwarded.test", 1)},
        ),
    }


def fed_from_outside():
    """A pair of secondaries of somebody else, one of which feeds a third party, and zones that rndc addzone would have added."""
    return {
        "_theirs": (
            OUTSIDE,
            {
                "named.conf": AUTHORITATIVE + "};\n" + KEY + 'zone "theirs.test" { type master; file "t"; allow-transfer { key hoster-transfer; }; '
                f"also-notify {{ {NS1} key hoster-transfer; }}; }};\n",
                "work/t": zone("theirs.test", 77, 'big TXT "' + "x" * 200 + '"\n'),
            },
        ),
        "ns1": (
            NS1,
            {
                "named.conf": AUTHORITATIVE
                + "allow-new-zones yes; allow-transfer { none; }; };\n"
                + KEY
                + f"server {OUTSIDE} {{ keys {{ hoster-transfer; }}; }};\n"
                f'zone "theirs.test" {{ type secondary; primaries {{ {OUTSIDE}; }}; file "theirs"; allow-transfer {{ {PARTNER}; {NS2}; }}; }};\n'
                'zone "own.test" { type primary; file "own"; };\n',
                "work/own": zone("own.test", 4),
                "work/_default.nzf": 'zone "added.test" { type primary; file "added"; };\n',
                "work/added": zone("added.test", 6),
            },
        ),
        "ns2": (
            NS2,
            {
                "named.conf": AUTHORITATIVE + "allow-transfer { none; }; notify no; };\n"
                f'zone "theirs.test" {{ type secondary; primaries {{ {NS1}; }}; file "theirs"; }};\n',
            },
        ),
    }


NSD_KEY = f'key:\n\tname: "mixed."\n\talgorithm: hmac-sha256\n\tsecret: "{SECRET}"\n'


def mixed():
    """BIND feeds NSD with a key, and NSD is the primary of two more, one of which has a statement that no declaration has."""
    key = f'key "mixed" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
    return {
        "ns1": (
            NS1,
            {
                "named.conf": AUTHORITATIVE
                + "allow-transfer { none; }; };\n"
                + key
                + f'zone "first.test" {{ type primary; file "first"; allow-transfer {{ key mixed; }}; also-notify {{ {NS2} key mixed; }}; }};\n',
                "work/first": zone("first.test", 21),
            },
        ),
        "ns2": (
            NS2,
            {
                "nsd.conf": '{server}\tserver-count: 2\n\tzonesdir: "{work}"\n' + NSD_KEY + f"pattern:\n\tname: fed\n\trequest-xfr: AXFR {NS1} mixed.\n"
                f'\tallow-notify: {NS1} mixed.\n\tzonefile: "%s.copy"\n'
                "zone:\n\tname: first.test\n\tinclude-pattern: fed\n"
                f"pattern:\n\tname: own\n\tzonefile: %s.own\n\tprovide-xfr: {PARTNER} mixed.\nzone:\n\tname: second.test\n\tinclude-pattern: own\n"
                f"zone:\n\tname: third.test\n\tzonefile: third\n\tprovide-xfr: {PARTNER} mixed.\n\toutgoing-interface: {OUTSIDE}\n",
                "work/second.test.own": zone("second.test", 22),
                "work/third": zone("third.test", 23),
            },
        ),
    }


def knots_pair():
    """Knot DNS is the primary of some zones for BIND, with templates, a list of remotes and a zone with a module of its own; BIND feeds it another one."""
    key = f'key "mixed" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
    fed = 'zone "{}" {{ type slave; masters {{ ' + NS1 + ' key mixed; }}; file "{}"; }};\n'
    return {
        "ns1": (
            NS1,
            {
                "knot.conf": "{server}" + f"server:\n    tcp-workers: 2\nlog:\n  - target: {{work}}/log\n    any: info\n"
                f"key:\n  - id: mixed\n    algorithm: hmac-sha256\n    secret: {SECRET}\n"
                f"remote:\n  - id: second\n    address: {NS2}\n    key: mixed\n  - id: partner\n    address: {PARTNER}@53\n"
                f"acl:\n  - id: second\n    address: {NS2}\n    key: [mixed]\n    action: [transfer, notify]\n"
                f"  - id: partner\n    address: {PARTNER}\n    action: transfer\n"
                "mod-queryacl:\n  - id: near\n    address: [10.0.0.0/8, 127.0.0.0/8]\n"
                "mod-rrl:\n  - id: slow\n    rate-limit: 200\n    whitelist: 127.0.0.0/8\n"
                'template:\n  - id: default\n    storage: {work}\n    file: "%s.zone"\n'
                "    global-module: mod-rrl/slow\n    semantic-checks: on\n"
                "  - id: shared\n    storage: {work}\n    notify: [second, partner]\n    acl: [second, partner]\ninclude: zones.conf\n",
                "zones.conf": "zone:\n  - domain: first.test\n    template: shared\n    file: first # relative\n"
                "  - domain: Second.test.\n    template: shared\n    comment: ours\n  - domain: near.test\n    module: mod-queryacl/near\n"
                "  - domain: counted.test\n    module: mod-stats\n  - domain: fed.test\n    master: second\n    acl: second\n    file: fed\n",
                "work/first": zone("first.test", 21, "$ORIGIN sub.first.test.\n$TTL 60\na A 192.0.2.5\n"),
                "work/second.test.zone": zone("second.test", 22, PRINTED),
                "work/near.test.zone": zone("near.test", 23),
                "work/counted.test.zone": zone("counted.test", 24),
            },
        ),
        "ns2": (
            NS2,
            {
                "named.conf": AUTHORITATIVE
                + "allow-transfer { none; }; notify explicit; };\n"
                + key
                + fed.format("first.test", "first")
                + fed.format("second.test", "second").replace(' file "second";', "")
                + f'zone "fed.test" {{ type primary; file "fed"; allow-transfer {{ key mixed; }}; also-notify {{ {NS1} key mixed; }}; }};\n',
                "work/fed": zone("fed.test", 25, PRINTED),
            },
        ),
    }


def test_a_hosters_pair_is_one_declaration(tmp_path):
    names = [f"customer{number}.test" for number in range(40)]
    zones = dict.fromkeys(("ns1", "ns2"), [*names, "intern.test"])
    questions = [(f"{owner}{name}", kind) for name in names[::4] for owner, kind in (("www.", "A"), ("", "MX"), ("host7.", "A"), ("none.", "A"), ("", "SOA"))]
    questions += [("www.intern.test", "A"), ("elsewhere.test", "A"), ("version.bind", "TXT")]
    found = in_private_network(lambda: story(tmp_path, hosters_pair(), zones, questions), addresses=ADDRESSES, timeout=500)
    found.hold()
    report = found.report
    assert {json.dumps([zone["primaries"], zone["secondaries"], zone["tsig"]]) for zone in report["zones"].values()} == {
        '[["ns1"], ["ns2"], "hoster-transfer"]'
    }
    assert len(report["zones"]) == 41 and not report["findings"]
    fates = {(item["host"], item["statement"]): item["fate"] for item in report["statements"]}
    assert fates["ns1", "logging"] == "kept" and fates["ns1", "options, version"] == "dropped" and fates["ns1", "options, max-udp-size"] == "kept"
    assert fates["ns1", "key hoster-transfer"] == "taken" and fates["ns1", "zone intern.test, check-names"] == "dropped"
    where = {item["statement"]: item["where"] for item in report["statements"] if item["host"] == "ns1"}
    assert where["zone customer3.test, file"] == f"{tmp_path}/ns1/etc/named.conf.local:{3 + 1 + 6 * 3 + 2}"
    text = (tmp_path / "adopted/zones/customer3.test.zone").read_text()
    assert text == (tmp_path / "ns1/etc/zones/db.customer3.test").read_text()
    secret = tmp_path / "adopted/group_vars/all/vault.yml"
    assert SECRET not in "".join(path.read_text() for path in (tmp_path / "adopted").rglob("*") if path.is_file())
    assert secret.read_text().startswith("$ANSIBLE_VAULT;") and stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_an_office_goes_on_resolving_and_keeps_what_cannot_be_declared(tmp_path):
    zones = {"ns1": ["office.test", "2.0.192.in-addr.arpa", "dhcp.office.test"]}
    questions = [(f"{owner}.office.test", "A") for owner in ("www", "mail", "a.wild", "none", "www.dhcp")] + [("17.2.0.192.in-addr.arpa", "PTR")]
    questions += [("www.forwarded.test", "A"), ("bad.test", "A"), ("www.office.test", "AAAA"), ("_sip._tcp.office.test", "SRV")]
    found = in_private_network(lambda: story(tmp_path, office(), zones, questions, ["-e", "gather_pointers=true"]), addresses=ADDRESSES, timeout=500)
    found.hold()
    report = found.report
    assert set(report["zones"]) == {"office.test", "2.0.192.in-addr.arpa"}
    reverse = report["pointers"]["2.0.192.in-addr.arpa"]
    assert (reverse["network"], reverse["same"]) == ("192.0.2.0/24", 0)
    differing = {item["owner"]: (item["is_now"], item["would_be"]) for item in reverse["differing"]}
    assert len(differing) == 200 and differing["80"] == (["host-80.office.test."], ["www.office.test."]) and differing["81"] == (["host-81.office.test."], [])
    reasons = {item["statement"]: item["detail"] for item in report["statements"] if item["fate"] == "kept" and item["statement"].startswith("zone ")}
    assert reasons["zone dhcp.office.test"].endswith("its clients update it")
    assert reasons["zone rpz.office"].endswith("an option of named is about it (a catalog or a response policy)")
    assert reasons["zone forwarded.test"].endswith("a zone of type forward is none that is declared")
    host = Adopted(tmp_path / "adopted").host_variables["ns1"]
    assert host["nameserver_recursion_networks"] == ["127.0.0.0/8", "10.1.0.0/16"] and host["nameserver_allow_query"] == ["127.0.0.0/8", "10.1.0.0/16"]
    assert {json.dumps(zone["secondaries"]) for zone in report["zones"].values()} == {json.dumps([{"address": PARTNER, "key": False}])}
    assert 'secret "' + SECRET not in "".join(path.read_text() for path in (tmp_path / "adopted").rglob("*") if path.is_file())


def test_zones_of_others_are_transferred_as_before(tmp_path):
    zones = {"ns1": ["theirs.test", "own.test", "added.test"], "ns2": ["theirs.test"]}
    questions = [(f"{owner}{name}", kind) for name in ("theirs.test", "own.test", "added.test") for owner, kind in (("www.", "A"), ("", "NS"), ("big.", "TXT"))]
    questions = [("www.own.test", "A"), *questions]
    found = in_private_network(lambda: story(tmp_path, fed_from_outside(), zones, questions), addresses=ADDRESSES, timeout=500)
    found.hold()
    report = found.report
    theirs = report["zones"]["theirs.test"]
    assert theirs["primaries"] == [{"address": OUTSIDE, "key": "hoster-transfer"}]
    assert theirs["secondaries"] == ["ns1", {"host": "ns2", "from": ["ns1"]}, {"address": PARTNER, "key": False, "from": "ns1"}]
    assert set(report["zones"]) == {"theirs.test", "own.test", "added.test"}


@pytest.mark.skipif(NsdHost not in INSTALLED, reason="NSD is not installed")
def test_servers_of_two_makers_are_one_declaration(tmp_path):
    zones = {"ns1": ["first.test"], "ns2": ["first.test", "second.test", "third.test"]}
    questions = [(f"{owner}{name}", kind) for name in ("first.test", "second.test") for owner, kind in (("www.", "A"), ("", "MX"), ("none.", "A"))]
    found = in_private_network(lambda: story(tmp_path, mixed(), zones, questions), addresses=ADDRESSES, timeout=500)
    found.hold()
    report = found.report
    assert {name: (zone["primaries"], zone["secondaries"]) for name, zone in report["zones"].items()} == {
        "first.test": (["ns1"], ["ns2"]),
        "second.test": (["ns2"], [{"address": PARTNER, "key": "mixed"}]),
    }
    assert not report["findings"]
    fates = {(item["host"], item["statement"]): (item["fate"], item["detail"]) for item in report["statements"]}
    assert fates["ns2", "zone third.test"] == ("kept", "nameserver_local_config, because a declaration has no place for its outgoing-interface")
    assert fates["ns2", "server, server-count"][0] == "kept" and fates["ns2", "pattern fed"][0] == "taken"


@pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed")
def test_a_knot_dns_and_a_bind_that_feed_each_other_are_one_declaration(tmp_path):
    zones = {"ns1": ["first.test", "second.test", "near.test", "counted.test", "fed.test"], "ns2": ["first.test", "second.test", "fed.test"]}
    questions = [(f"{owner}{name}", kind) for name in ("first.test", "second.test", "fed.test") for owner, kind in (("www.", "A"), ("", "MX"), ("none.", "A"))]
    questions += [("a.sub.first.test", "A"), ("www.near.test", "A"), ("www.counted.test", "A"), ("none.counted.test", "A"), ("elsewhere.test", "A")]
    found = in_private_network(lambda: story(tmp_path, knots_pair(), zones, questions, loaded=["ns2"]), addresses=ADDRESSES, timeout=500)
    found.hold()
    report = found.report
    partner = {"address": PARTNER, "key": False}
    assert {name: (zone["primaries"], zone["secondaries"]) for name, zone in report["zones"].items()} == {
        "first.test": (["ns1"], ["ns2", partner]),
        "second.test": (["ns1"], ["ns2", partner]),
        "near.test": (["ns1"], []),
        "fed.test": (["ns2"], ["ns1"]),
    }
    assert report["zones"]["near.test"]["allow_query"] == ["10.0.0.0/8"] and not report["findings"]
    fates = {(item["host"], item["statement"]): (item["fate"], item["detail"]) for item in report["statements"]}
    assert fates["ns1", "zone counted.test"] == ("kept", "nameserver_local_config, because a declaration has no place for its module mod-stats")
    assert fates["ns1", "server, tcp-workers"][0] == "kept" and fates["ns1", "template default"][0] == fates["ns1", "remote second"][0] == "taken"
    assert fates["ns1", "zone second.test, comment"] == ("dropped", "a remark") and fates["ns1", "key mixed"][0] == "taken"
    where = {item["statement"]: item["where"] for item in report["statements"] if item["host"] == "ns1"}
    assert where["zone first.test, file"] == f"{tmp_path}/ns1/etc/zones.conf:4"
    assert (tmp_path / "adopted/zones/first.test.zone").read_text() == (tmp_path / "ns1/work/first").read_text()


def refusals(root):
    """What the playbook says of a server with several faults, and of keys without a vault; what these runs left."""
    recursing = AUTHORITATIVE.replace("recursion no", "recursion yes; allow-recursion { !10.0.0.1; 10.0.0.0/8; }")
    faulty = 'zone "gone.test" { type master; file "gone"; };\nzone "a.test" { type master; file "a"; };\n'
    fed = f'zone "b.test" {{ type slave; masters {{ {OUTSIDE} key hoster-transfer; }}; file "b"; }};\n'
    files = {"work/a": zone("a.test", 1, "www A 192.0.2.300\n"), "work/b": zone("b.test", 3)}
    said = {}
    with running_hosts(root, {"ns1": (NS1, {"named.conf": recursing + "};\n" + faulty, **files})}) as hosts:

        def ask(name, text, *arguments, **others):
            start = text.replace("{work}", f"{root}/ns1/work").replace("{address}", NS1)
            hosts["ns1"].config_file.write_text(start + f'include "{root}/ns1/etc/control.conf";\n')
            outcome = gather(root, hosts, *arguments, **others)
            said[name] = (outcome.returncode, outcome.stdout + outcome.stderr)

        ask("server", recursing + "};\n" + faulty)
        ask("content", AUTHORITATIVE + "};\n" + faulty, "adopted", "-e", "gather_leave=gone.test")
        ask("no password", AUTHORITATIVE + "};\n" + KEY + fed, password=False)
        left = sorted(path.name for path in root.iterdir())
        ask("clear text", AUTHORITATIVE + "};\n" + KEY + fed, "clear", "-e", "gather_clear_text=true", password=False)
        ask("there already", AUTHORITATIVE + "};\n" + KEY + fed, "clear")
        ask("below a file", AUTHORITATIVE + "};\n" + KEY + fed, "password/below")
    return said, left


def test_what_cannot_be_declared_is_told_and_nothing_is_written(tmp_path):
    said, left = in_private_network(lambda: refusals(tmp_path), addresses=ADDRESSES, timeout=500)
    host = tmp_path / "ns1"
    assert [code for code, _output in said.values()] == [2, 2, 2, 0, 2, 2]
    assert "- host ns1: recurses for !10.0.0.1/32, which nameserver_recursion_networks cannot say" in said["server"][1]
    assert f"- zone gone.test: {host}/work/gone cannot be read (No such file or directory) on ns1; mend it, or name the zone" in said["server"][1]
    assert f"- zone a.test (ns1:{host}/work/a), line 11: 'www A 192.0.2.300' cannot be read" in said["content"][1]
    assert "local/ns1/named.conf would have secrets in clear text" in said["no password"][1]
    assert left == ["inventory.yml", "ns1", "password"]
    assert SECRET in (tmp_path / "clear/group_vars/all/vault.yml").read_text()
    assert f"{tmp_path}/clear is there already, and nothing is overwritten" in said["there already"][1]
    assert "Read configuration" not in said["there already"][1]
    assert f"{tmp_path}/password/below cannot be written (File exists: {tmp_path}/password)" in said["below a file"][1]
    assert SECRET not in "".join(output for _code, output in said.values())


FED, PARTNERS = {"address": PARTNER, "key": "mixed"}, [{"address": PARTNER, "key": False}, {"address": NS2, "key": "mixed"}]
ALONE = {
    "nsd": (
        NsdHost,
        mixed,
        "ns2",
        {"first.test": ([{"address": NS1, "key": "mixed"}], ["ns2"]), "second.test": (["ns2"], [FED])},
        ["first.test", "second.test", "third.test"],
    ),
    "bind": (
        KnotHost,
        knots_pair,
        "ns2",
        {
            **dict.fromkeys(("first.test", "second.test"), ([{"address": NS1, "key": "mixed"}], ["ns2"])),
            "fed.test": (["ns2"], [{"address": NS1, "key": "mixed"}]),
        },
        ["first.test", "second.test", "fed.test"],
    ),
    "knot": (
        KnotHost,
        knots_pair,
        "ns1",
        {
            "first.test": (["ns1"], PARTNERS),
            "second.test": (["ns1"], PARTNERS),
            "near.test": (["ns1"], []),
            "fed.test": ([{"address": NS2, "key": "mixed"}], ["ns1"]),
        },
        ["first.test", "second.test", "near.test", "counted.test", "fed.test"],
    ),
}


@pytest.mark.parametrize("software", ALONE)
def test_a_server_that_is_gathered_alone_has_its_partners_as_endpoints(tmp_path, software):
    kind, servers, own, declared, zones = ALONE[software]
    if kind not in INSTALLED:
        pytest.skip(f"{software} is not installed")
    configuration = {name if name == own else f"_{name}": server for name, server in servers().items()}
    found = in_private_network(lambda: story(tmp_path, configuration, {own: zones}, loaded=()), addresses=ADDRESSES, timeout=500)
    found.hold()
    assert {name: (zone["primaries"], zone["secondaries"]) for name, zone in found.report["zones"].items()} == declared


@pytest.mark.skipif(NsdHost not in INSTALLED, reason="NSD is not installed")
def test_nsd_serves_what_it_transferred_before_although_both_configurations_note_it_in_one_file(tmp_path, monkeypatch):
    monkeypatch.setattr(NsdHost, "transfers_file", "xfrd.state")  # as an earlier version of this collection left it
    configuration = {name if name == "ns2" else f"_{name}": server for name, server in mixed().items()}
    zones = {"ns2": ["first.test", "second.test", "third.test"]}
    in_private_network(lambda: story(tmp_path, configuration, zones, loaded=()), addresses=ADDRESSES, timeout=500).hold()
