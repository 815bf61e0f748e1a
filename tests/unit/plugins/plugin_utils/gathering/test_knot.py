# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import knot_conf
from ansible_collections.authoritative.dns.plugins.module_utils.reading.knot import _zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import knot
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import local_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import Remote
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology

KEY = 'key:\n  - id: "K1."\n    algorithm: hmac-sha256\n    secret: "????"\n'
PEERS = """\
remote:
  - id: up
    address: [192.0.2.9@54, 2001:db8::9]
    key: K1.
  - id: down
    address: 192.0.2.8
  - id: socket
    address: /run/x.sock
  - id: quic
    address: 192.0.2.7
    quic: on
  - id: near
    address: 192.0.2.6
    via: 192.0.2.1
  - id: away
    address: 192.0.2.6
    via: [192.0.2.1, 192.0.2.77]
remotes:
  - id: both
    remote: [up, down]
acl:
  - id: keyed
    key: K1.
    address: 192.0.2.6
    action: transfer
  - id: near
    address: [198.51.100.0/24, 192.0.2.5]
    action: [transfer, notify]
  - id: remote
    remote: down
    action: transfer
  - id: anybody
    action: transfer
  - id: told
    address: 192.0.2.9
    action: notify
  - id: refused
    address: 192.0.2.9
    action: transfer
    deny: on
  - id: range
    address: 192.0.2.1-192.0.2.9
    action: transfer
  - id: updates
    key: K1.
    action: [transfer, update]
mod-queryacl:
  - id: near
    address: [10.0.0.0/8, 127.0.0.1]
  - id: wide
    address: 0.0.0.0/0
  - id: interface
    interface: 192.0.2.1
  - id: default
    address: 10.9.0.0/16
"""


def server(text, layout=None, running=True, contents=None):
    configuration = knot_conf.whole(knot_conf.parse(text))
    zones = [{**_zone(clause, {}), "serial": 1} for clause in configuration if clause[0] == "zone"]
    facts = {"configuration": configuration, "places": {}, "zones": zones, "running": running, "contents": contents or {}}
    return knot.server("ns1", ["192.0.2.1"], facts, [{"name": "k1", "algorithm": "hmac-sha256", "secret": "s3"}], layout or {})


def zone(*lines):
    return server(PEERS + "zone:\n  - domain: A.example.\n" + "".join(f"    {line}\n" for line in lines)).zones["a.example"]


def test_who_feeds_a_zone_and_who_may_transfer_it():
    found = zone("master: both", "notify: down", "acl: [keyed, near, told, remote]", "file: a")
    up = [Remote("192.0.2.9", 54, "k1"), Remote("2001:db8::9", 53, "k1")]
    assert (found.role, found.sources, found.kept, found.allow_query) == ("secondary", (*up, Remote("192.0.2.8")), "", None)
    assert found.transfer_to == ("key k1", "198.51.100.0/24", "192.0.2.5", "192.0.2.8")
    assert found.notify == (Remote("192.0.2.6", 53, "k1"), Remote("192.0.2.5"), Remote("192.0.2.8"))
    assert zone("acl: anybody").transfer_to == ("any",) and zone().role == "primary"


def test_who_is_told_may_transfer_where_rules_are_automatic():
    text = PEERS + "zone:\n  - domain: a.example\n    notify: both\n"
    assert server(text).zones["a.example"].transfer_to == ()
    assert server("server:\n    automatic-acl: on\n" + text).zones["a.example"].transfer_to == ("key k1", "192.0.2.8")


def test_a_zone_whose_name_is_no_a_label_stays_under_its_name():
    found = server('zone:\n  - domain: "b\\195\\188cher.example."\n')
    topology = Topology({"ns1": found})
    assert not topology.zones and not found.impossible_zones() and found.zones["bücher.example"].kept.startswith("its name is no A-label")
    (clause,) = knot_conf.parse(local_files(found, [])[0])
    assert clause == ["zone", [["domain", "b\\195\\188cher.example."], ["file", "/var/lib/knot/b\\195\\188cher.example.zone"]]]


@pytest.mark.parametrize("name", ["a\\.b.example.", "a\\032b.example.", "a\\$b.example."])
def test_a_zone_whose_name_is_another_one_without_escapes_is_impossible(name):
    assert len(server(f'zone:\n  - domain: "{name}"\n').impossible_zones()) == 1


def test_who_may_ask():
    assert zone("module: [mod-queryacl/near, mod-rrl/x]").allow_query == ("10.0.0.0/8", "localhost")
    assert zone("module: mod-queryacl").allow_query == ("10.9.0.0/16",)


@pytest.mark.parametrize(
    ("everywhere", "reasons"),
    [
        ("mod-queryacl/near", ("", "", "a declaration cannot say mod-queryacl/wide and mod-queryacl/near together", "the server signs it")),
        ("mod-queryacl/interface", ("a declaration cannot say its mod-queryacl",) * 3 + ("the server signs it",)),
        ("mod-stats", ("a declaration has no place for its module mod-stats",) * 3 + ("the server signs it",)),
        ("mod-rrl/x", ("", "", "", "the server signs it")),
    ],
)
def test_modules_for_all_queries_are_those_of_each_zone_whatever_its_template(everywhere, reasons):
    text = f"{PEERS}template:\n  - id: default\n    global-module: [{everywhere}, mod-rrl/x]\n  - id: other\n    notify: down\n"
    text += "zone:\n  - domain: a.example\n  - domain: b.example\n    template: other\n"
    text += "  - domain: c.example\n    template: other\n    module: mod-queryacl/wide\n  - domain: d.example\n    dnssec-signing: on\n"
    found = server(text)
    zones = found.zones.values()
    assert tuple(zone.kept for zone in zones) == reasons
    if everywhere == "mod-queryacl/near":
        assert [zone.allow_query for zone in zones][:2] == [("10.0.0.0/8", "localhost")] * 2
    outside = knot_conf.parse(local_files(found, [])[0])
    kept = {knot_conf.option(clause, "domain"): dict((item[0], item[1:]) for item in clause[1]) for clause in outside if clause[0] == "zone"}
    stays = {"module": [everywhere]} if everywhere != "mod-rrl/x" else {}  # knotd refuses global-module in a zone
    assert kept["d.example"] == {"domain": ["d.example"], "dnssec-signing": ["on"], "file": ["/var/lib/knot/d.example.zone"], **stays}
    assert not stays or "mod-stats" in everywhere or ("mod-queryacl", everywhere.partition("/")[2]) in [
        (clause[0], knot_conf.option(clause, "id")) for clause in outside
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("master: quic", "a declaration cannot say quic of remote quic"),
        ("master: socket", "a declaration cannot say the socket /run/x.sock of remote socket"),
        ("acl: refused", "a declaration cannot say acl refused"),
        ("acl: range", "a declaration cannot say a range of addresses of acl range"),
        ("acl: updates", "its clients update it"),
        ("module: mod-queryacl/interface", "a declaration cannot say its mod-queryacl"),
        ("module: [mod-stats, mod-rrl/x]", "a declaration has no place for its module mod-stats"),
        ("dnssec-signing: on", "the server signs it"),
        ("catalog-role: generate", "a declaration has no place for its catalog-role"),
        ("reverse-generate: b.example", "a declaration has no place for its reverse-generate"),
        ("catalog-role: none", ""),
        ("dnssec-signing: off", ""),
        ("zonefile-sync: -1", ""),
    ],
)
def test_a_zone_that_cannot_be_declared_stays_with_the_reason(line, reason):
    assert zone(line).kept == reason


def test_settings_and_what_stays():
    text = KEY + PEERS + 'server:\n    listen: [192.0.2.1, "::1@53"]\n    tcp-workers: 4\n    version: x\nlog:\n  - target: syslog\n    any: info\n'
    text += "  - target: /log\n    any: debug\ncontrol:\n    listen: x\ndatabase:\n    storage: /s\n    journal-db-mode: asynchronous\n"
    text += "statistics:\n    timer: 1\ntemplate:\n  - id: default\n    storage: /zones\n"
    text += "zone:\n  - domain: a.example\n    module: [mod-stats, mod-rrl/x]\n    acl: keyed\n  - domain: b.example\n"
    found = server(text, {"storage": "/s"})
    assert found.variables == {"nameserver_allow_query": ["any"], "nameserver_listen_on": ["192.0.2.1"]} and not found.findings
    outside, inside, secret = local_files(found, [])
    assert knot_conf.parse(outside) == [
        ["key", [["id", "K1."], ["algorithm", "hmac-sha256"], ["secret", "s3"]]],
        ["acl", [["id", "keyed"], ["key", "K1."], ["address", "192.0.2.6"], ["action", "transfer"]]],
        ["server", [["tcp-workers", "4"]]],
        ["log", [["target", "/log"], ["any", "debug"]]],
        ["database", [["journal-db-mode", "asynchronous"]]],
        ["statistics", [["timer", "1"]]],
        ["zone", [["domain", "a.example"], ["acl", "keyed"], ["file", "/zones/a.example.zone"], ["module", "mod-stats", "mod-rrl/x"]]],
    ] and secret and not inside  # fmt: skip
    fates = {fate.statement: fate.fate for fate in found.fates}
    assert fates["server, listen"] == fates["template default"] == fates["remote up"] == "taken"
    assert fates["log syslog"] == fates["server, version"] == "dropped"
    assert fates["database, storage"] == "default" and fates["control, listen"] == "dropped" and fates["acl keyed"] == "kept"


def test_a_secret_is_left_out_of_what_stays_and_told():
    text = 'mod-cookies:\n  - id: c\n    secret: "????"\n    secret-lifetime: 1h\nzone:\n  - domain: a.example\n    module: mod-cookies/c\n'
    found = server(text)
    assert 'mod-cookies:\n  - id: "c"\n    secret-lifetime: "1h"\n' in local_files(found, [])[0] and "?" not in local_files(found, [])[0]
    (finding,) = found.findings
    assert finding.kind == "change" and finding.text.startswith("secret of mod-cookies c is a secret, which is not read, so it is left out; ")
    assert {fate.statement: fate.fate for fate in found.fates}["mod-cookies c, secret"] == "dropped"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("server:\n    listen: 192.0.2.1@5353\n", "serves at port 5353"),
        ("server:\n    listen: eth0@53\n", "listens at eth0, which is no address; write the host's addresses in its place there"),
        ("server:\n    listen: /run/knot.sock\n", "listens at the socket /run/knot.sock"),
        ("zone:\n  - domain: a.example\n    dnssec-signing: on\ndatabase:\n    storage: /other\n", "has the keys of a.example below /other"),
    ],
)
def test_reasons_to_write_nothing(text, wrong):
    (finding,) = server(text, {"storage": "/var/lib/knot"}).findings
    assert finding.kind == "refusal" and finding.text.startswith(wrong)


@pytest.mark.parametrize(
    ("more", "database", "bound"),
    [
        ("zonefile-sync: -1", "storage: /other", True),
        ("zonefile-sync: 1d", "storage: /other", True),
        ("zonefile-load: none", "storage: /other", True),
        ("zonefile-sync: 0", "storage: /other", False),
        ("zonefile-sync: -1", "storage: /var/lib/knot", False),
        ("zonefile-sync: -1", "storage: /var/lib/knot/", False),
        ("zonefile-sync: -1", "storage: /other\n    journal-db: /journals", False),
        ("zonefile-sync: -1", "timer-db: /timers", False),
        ("zonefile-sync: -1\n    master: up", "storage: /other", False),
    ],
)
def test_a_zone_that_has_changes_in_the_journal_alone_is_bound_to_its_place(more, database, bound):
    text = f"database:\n    {database}\nzone:\n  - domain: a.example\n    acl: updates\n    {more}\n"
    found = server(PEERS + text, {"storage": "/var/lib/knot"}).zones["a.example"]
    assert bool(found.bound) == bound
    assert not bound or found.bound.startswith("changes of it are in the journal below /other, and the collection has journals below /var/lib/knot; ")


@pytest.mark.parametrize(
    ("more", "as_it_is", "running", "bound"),
    [
        ("module: mod-stats", True, True, False),
        ("module: mod-stats", False, True, True),
        ("module: mod-stats", True, False, True),  # nobody said what would be served
        ("module: mod-stats\n    zonefile-load: none", True, True, True),
        ("dnssec-signing: on", True, True, True),
        ("acl: updates", True, True, True),
    ],
)
def test_a_zone_that_does_not_change_and_has_everything_in_its_file_is_bound_to_no_journal(more, as_it_is, running, bound):
    text = f"database:\n    storage: /other\nzone:\n  - domain: a.example\n    zonefile-sync: -1\n    {more}\n"
    contents = {"a.example": {"text": "@ SOA a. b. 1 1 1 1 1\n", "as_it_is": as_it_is}}
    assert bool(server(PEERS + text, {"storage": "/var/lib/knot"}, running, contents).zones["a.example"].bound) == bound


def test_the_same_place_of_databases_is_the_same_however_it_is_written():
    text = "database:\n    storage: /var/lib//knot/\nzone:\n  - domain: a.example\n    dnssec-signing: on\n"
    found = server(text, {"storage": "/var/lib/knot"})
    assert not found.findings and {fate.statement: fate.fate for fate in found.fates}["database, storage"] == "default"


def test_a_server_that_does_not_run_is_told_and_everywhere_is_any():
    found = server("server:\n    listen: [0.0.0.0@53, ::@53]\n", running=False)
    assert found.variables["nameserver_listen_on"] == ["any"] and [finding.kind for finding in found.findings] == ["change"]


def test_addresses_of_one_ip_version_are_not_those_of_the_other():
    assert server("server:\n    listen: [0.0.0.0@53, ::1@53]\n").variables["nameserver_listen_on"] == ["192.0.2.1"]


def test_an_address_that_is_none_of_the_hosts_to_ask_from_keeps_a_zone():
    assert (zone("master: near").kept, zone("master: away").kept) == ("", "a declaration cannot say via of remote away")


def test_a_catalog_whose_members_have_the_default_template_is_a_reason_to_write_nothing():
    for template, refused in ("[m, default]", True), ("m", False):
        text = f"zone:\n  - domain: c.example\n    catalog-role: interpret\n    catalog-template: {template}\ntemplate:\n  - id: m\n    storage: /m\n"
        told = [finding.text for finding in Topology({"ns1": server(text)}, []).findings if finding.kind == "refusal"]
        assert ["template default" in text for text in told] == [True] * refused


def test_what_may_have_a_pin_is_a_secret():
    text = 'keystore:\n  - id: k\n    backend: pkcs11\n    config: "pkcs11:token=t;pin-value=1234 /lib.so"\npolicy:\n  - id: p\n    keystore: k\n'
    outside, _inside, secret = local_files(server(text + "zone:\n  - domain: a.example\n    dnssec-signing: on\n    dnssec-policy: p\n"), [])
    assert "pin-value" in outside and secret


def test_a_record_without_a_ttl_has_what_knot_gives_it():
    found = server("zone:\n  - domain: a.example\n", contents={"a.example": {"text": "@ 300 SOA a b 1 2 3 4 5\n", "as_it_is": True}}).zones["a.example"]
    assert found.text.startswith("$TTL 3600\n@ 300 SOA")
