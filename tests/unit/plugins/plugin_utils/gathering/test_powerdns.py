# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import other_software, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import Remote
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology
from ansible_collections.authoritative.dns.tests.support.named import zone_text

PRIMARIES = ("bind", "knot", "nsd")


def server(settings=(), running=True, **zones):
    """A server with zones a, b, …, of which each is (kind, other options)."""
    clauses = [["settings", [list(item) for item in settings]]]
    clauses += [["zone", [["name", f"{name}.example"], ["kind", kind], *options]] for name, (kind, *options) in zones.items()]
    facts = {
        "software": "powerdns",
        "running": running,
        "config_file": "/etc/powerdns/pdns.conf",
        "configuration": clauses,
        "places": {f"settings, {name}": f"/etc/powerdns/pdns.conf:{number}" for number, (name, _value) in enumerate(settings, 1)},
        "zones": [{"name": f"{name}.example", "serial": 1} for name in zones],
        "contents": {f"{name}.example": {"text": zone_text(f"{name}.example"), "as_it_is": False} for name in zones},
    }
    keys = [{"name": "k1", "algorithm": "hmac-sha256", "secret": "a" * 24}]
    return powerdns.server("ns1", ["192.0.2.1"], facts, keys, {})


@pytest.mark.parametrize(
    ("kind", "option", "reason"),
    [
        ("native", ["X-OURS", "1"], ""),
        ("primary", ["SOA-EDIT-API", "DEFAULT"], ""),
        ("primary", ["ALLOW-DNSUPDATE-FROM", "192.0.2.0/24"], ""),
        ("primary", ["AXFR-SOURCE", "192.0.2.1"], ""),
        ("secondary", ["PRESIGNED", "1"], ""),
        ("primary", ["signed", "yes"], "PowerDNS signs it; let its DS be taken out"),
        ("secondary", ["AXFR-SOURCE", "192.0.2.7"], "a declaration has no place for its AXFR-SOURCE"),
        ("primary", ["LUA-AXFR-SCRIPT", "/x.lua"], "a declaration has no place for its LUA-AXFR-SCRIPT"),
        ("primary", ["ALLOW-AXFR-FROM", "AUTO-NS"], "a declaration cannot say AUTO-NS"),
        ("producer", ["X-OURS", "1"], "a zone of the kind producer is none that is declared"),
    ],
)
def test_a_zone_that_cannot_be_declared_has_a_reason(kind, option, reason):
    kept = server(a=(kind, option)).zones["a.example"].kept
    assert kept.startswith(reason) and bool(kept) == bool(reason)


def test_updates_count_only_where_they_are_switched_on():
    zone = ("primary", ["TSIG-ALLOW-DNSUPDATE", "k1"])
    assert server(a=zone).zones["a.example"].kept == ""
    assert server([("dnsupdate", "yes")], a=zone).zones["a.example"].kept == "its clients update it"


def test_who_feeds_a_zone_and_who_may_transfer_it():
    settings = [("allow-axfr-ips", "127.0.0.0/8,::1, 192.0.2.8"), ("also-notify", "192.0.2.9:5300")]
    fed = ("secondary", ["primaries", "192.0.2.2", "[2001:db8::2]:5300", "2001:db8::3"], ["AXFR-MASTER-TSIG", "K1."])
    held = ("primary", ["TSIG-ALLOW-AXFR", "k1"], ["ALLOW-AXFR-FROM", "192.0.2.0/28"], ["ALSO-NOTIFY", "192.0.2.3"])
    found = server(settings, a=fed, b=held, c=("native", ["ALSO-NOTIFY", "192.0.2.3"])).zones
    assert found["a.example"].sources == (Remote("192.0.2.2", 53, "k1"), Remote("2001:db8::2", 5300, "k1"), Remote("2001:db8::3", 53, "k1"))
    assert found["b.example"].transfer_to == ("key k1", "192.0.2.0/28", "localhost", "192.0.2.8")
    assert found["b.example"].notify == (Remote("192.0.2.3"), Remote("192.0.2.9", 5300)) and found["c.example"].notify == ()
    assert server([("disable-axfr", "yes")], b=held).zones["b.example"].transfer_to == ()


@pytest.mark.parametrize(
    ("name", "value", "fate"),
    [
        ("launch", "gmysql", "dropped"),
        ("gmysql-password", "????", "dropped"),
        ("local-address", "192.0.2.1", "taken"),
        ("allow-axfr-ips", "192.0.2.8", "taken"),
        ("version-string", "anonymous", "default"),
        ("version-string", "full", "dropped"),
        ("master", "yes", "dropped"),
        ("setuid", "pdns", "dropped"),
        ("max-tcp-connections", "30", "kept"),
    ],
)
def test_every_setting_ends_in_one_of_four(name, value, fate):
    found = server([(name, value)])
    assert [(item.statement, item.fate, item.where) for item in found.fates if item.statement.startswith("settings")] == [
        (f"settings, {name}", fate, "/etc/powerdns/pdns.conf:1")
    ]
    assert found.local_config == ([f"{name}={value}\n"] if fate == "kept" else [])


@pytest.mark.parametrize(
    ("settings", "addresses"),
    [
        ([], ["any"]),
        ([("local-address", "0.0.0.0, ::")], ["any"]),
        ([("local-address", "127.0.0.1 192.0.2.1"), ("local-ipv6", "2001:db8::1")], ["192.0.2.1", "2001:db8::1"]),
        ([("local-address", "192.0.2.1:53")], ["192.0.2.1"]),
        ([("local-address", "127.0.0.1")], ["127.0.0.1"]),
        ([("local-address", "[2001:db8::1]:53, 2001:db8::2")], ["2001:db8::1", "2001:db8::2"]),
        ([("local-address", "0.0.0.0:53")], ["192.0.2.1"]),
    ],
)
def test_where_it_listens(settings, addresses):
    found = server(settings)
    assert found.variables["nameserver_listen_on"] == addresses and not found.findings


@pytest.mark.parametrize(
    ("setting", "value", "wrong"),
    [
        ("local-address", "192.0.2.1:5300", "serves at port 5300, and the collection serves at 53 only"),
        ("local-address", "[2001:db8::1]:5300", "serves at port 5300, and the collection serves at 53 only"),
        ("local-address", "localhost", "listens at localhost, which is no address; write the host's addresses in its place there"),
        ("local-ipv6", "fe80::1%eth0", "listens at fe80::1%eth0, which is no address; write the host's addresses in its place there"),
        ("local-port", "5300", "serves at port 5300, and the collection serves at 53 only"),
    ],
)
def test_where_it_cannot_listen_afterwards_is_a_reason_to_write_nothing(setting, value, wrong):
    (finding,) = server([(setting, value)]).findings
    assert (finding.kind, finding.text, finding.places) == ("refusal", wrong, ("/etc/powerdns/pdns.conf:1",))


def test_what_somebody_has_to_know():
    found = server([("local-port", "5300"), ("superslave", "yes")], running=False)
    told = [(finding.kind, finding.text) for finding in found.findings]
    assert [kind for kind, _text in told] == ["change", "refusal", "change"]
    assert "at port 5300" in told[1][1] and "no further one comes" in told[2][1]


def test_a_primary_is_for_another_program():
    found = server([("max-tcp-connections", "30")], a=("native",), b=("secondary", ["primaries", "192.0.2.2"]))
    other_software.settle(found, None, PRIMARIES)
    (refusal,) = [str(finding) for finding in found.findings]
    assert refusal.startswith("host ns1: is the primary of a.example (1 zones)") and "gather_software for it to bind, knot, nsd" in refusal
    found = server([("max-tcp-connections", "30")], a=("native",))
    other_software.settle(found, "knot", PRIMARIES)
    assert not found.findings and found.software == "knot" and not found.local_config
    assert {fate.statement: fate.fate for fate in found.fates}["settings, max-tcp-connections"] == "dropped"
    found = server(b=("secondary", ["primaries", "192.0.2.2"]))
    other_software.settle(found, None, PRIMARIES)
    assert not found.findings


def test_what_cannot_be_declared_is_a_reason_to_write_nothing_since_it_would_be_lost():
    found = server(a=("native", ["signed", "yes"]), b=("native",))
    other_software.settle(found, "bind", PRIMARIES)
    refusals = [str(finding) for finding in Topology({"ns1": found}, ["b.example"]).findings if finding.kind == "refusal"]
    assert len(refusals) == 2 and all("ns1 has no place where it could stay as it is" in refusal for refusal in refusals)


WEB = [("webserver", "yes"), ("webserver-address", "0.0.0.0"), ("webserver-allow-from", "0.0.0.0/0"), ("api", "yes"), ("webserver-port", "8081")]


@pytest.mark.parametrize(
    ("group", "secrets"),
    [
        (WEB, ["api-key"]),
        (WEB, ["webserver-password"]),
        (WEB, ["api-key", "webserver-password"]),
        ([("tcp-control-address", "0.0.0.0"), ("tcp-control-range", "0.0.0.0/0")], ["tcp-control-secret"]),
    ],
)
def test_what_a_secret_guards_is_left_out_with_it(group, secrets):
    names = [name for name, _value in group] + secrets
    found = server([("max-tcp-connections", "30"), *group, *((name, "????") for name in secrets)])
    assert found.local_config == ["max-tcp-connections=30\n"]
    assert {fate.statement: fate.fate for fate in found.fates if fate.fate == "dropped"} == {f"settings, {name}": "dropped" for name in names}
    (finding,) = found.findings
    assert finding.kind == "change" and f"({', '.join(names)}) are left out" in finding.text and f"not read: {' and '.join(secrets)}; " in finding.text
    assert "write them into nameserver_local_config, with the secret from a vault" in finding.text and len(finding.places) == len(names)


def test_a_web_server_without_a_secret_stays_what_it_is():
    found = server(WEB)
    assert found.local_config == [f"{name}={value}\n" for name, value in WEB] and not found.findings


def test_a_secret_alone_is_left_out_and_told():
    found = server([("edns-cookie-secret", "????")])
    assert not found.local_config and [(fate.statement, fate.fate) for fate in found.fates][0] == ("settings, edns-cookie-secret", "dropped")
    (finding,) = found.findings
    assert finding.kind == "change" and "edns-cookie-secret of settings is a secret, which is not read, so it is left out; where it is needed" in finding.text


@pytest.mark.parametrize(("value", "findings"), [("0.0.0.0, ::", 0), ("192.0.2.1", 0), ("192.0.2.1,192.0.2.77", 1)])
def test_an_address_that_is_none_of_the_hosts_to_ask_from_is_told(value, findings):
    found = server([("query-local-address", value)]).findings
    assert ["is not in its dns_addresses" in finding.text for finding in found] == [True] * findings
