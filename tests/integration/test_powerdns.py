# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS as a secondary of a real BIND: its database, its keys, and what it serves."""

from __future__ import annotations

import base64
import contextlib
import os
import pathlib
import socket
import stat
import subprocess
import time

import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.xfr
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.powerdns import PowerDNS
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import powerdns
from ansible_collections.authoritative.dns.tests.support.named import NAMED, configuration, free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.powerdns_host import ADDRESS, PDNS_SERVER, powerdns_host

pytestmark = [
    pytest.mark.skipif(NAMED is None, reason="named is not installed"),
    pytest.mark.skipif(PDNS_SERVER is None, reason="pdns_server or its SQLite backend is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
SECRETS = {name: base64.b64encode(os.urandom(32)).decode() for name in ("first", "second")}
KEYS = [{"name": name, "secret": secret} for name, secret in SECRETS.items()]


@pytest.fixture
def host(tmp_path):
    with powerdns_host(tmp_path / "host") as host:
        yield host


class Primary:
    """A BIND that gives its zones to who has the key, and tells the host under test of changes."""

    def __init__(self, named, pdns_port):
        self.named = named
        self.pdns_port = pdns_port
        self.zones = {}

    def endpoint(self, key="first"):
        return {"address": self.named.address, "port": self.named.port, "key": key}

    def serve(self, zones, key="first"):
        """zones: {name: serial, or text}. What is new or has another serial is notified."""
        self.zones = {name: zone if isinstance(zone, str) else zone_text(name, zone) for name, zone in zones.items()}
        for name, text in self.zones.items():
            self.named.write_zone(name, text)
        options = f'allow-transfer {{ key "{key}"; }}; notify explicit; notify-delay 0; also-notify {{ {ADDRESS} port {self.pdns_port} key "{key}"; }};'
        text = configuration(self.named.directory, self.named.address, self.named.port, self.zones, options, SECRETS)
        (self.named.directory / "named.conf").write_text(text)
        self.named.reload()


@pytest.fixture
def primary(host):
    with running_named({ZONE: zone_text(ZONE, 1)}, keys=SECRETS) as named:
        primary = Primary(named, host.port)
        primary.serve({ZONE: 1})
        yield primary


@pytest.fixture
def serving(host, primary):
    """The host, serving the primary's zone."""
    host.bring({ZONE: primary.endpoint()}, KEYS)
    host.start()
    host.wait_for(lambda: host.serial(ZONE) == 1)
    return host


def test_what_is_declared_before_the_server_runs_is_served_as_soon_as_it_does(host, primary):
    result = host.bring({ZONE: primary.endpoint()}, KEYS)
    assert result["changed"] and not result["reloaded"]
    assert not host.bring({ZONE: primary.endpoint()}, KEYS)["changed"]
    host.start()
    assert host.wait_for(lambda: host.serial(ZONE) == 1) < 3
    assert str(host.ask(f"ns1.{ZONE}", "A").answer[0][0]) == "127.0.0.1"


def test_it_follows_notify(serving, primary):
    primary.serve({ZONE: 2})
    serving.wait_for(lambda: serving.serial(ZONE) == 2)  # without NOTIFY it would be an hour, the zone's refresh
    assert f"Received secure NOTIFY for {ZONE} from 127.0.0.1, with TSIG key 'first'" in (serving.root / "pdns.log").read_text()


def test_a_new_zone_is_answered_for_at_once_though_it_was_asked_for_before(serving, primary):
    assert serving.ask("example.org").rcode() == dns.rcode.REFUSED
    primary.serve({ZONE: 1, "example.org": 7})
    time.sleep(0.5)  # as long as the primary may take to have it
    assert serving.bring({ZONE: primary.endpoint(), "example.org": primary.endpoint()}, KEYS)["reloaded"]
    assert serving.wait_for(lambda: serving.serial("example.org") == 7) < 2
    assert serving.restarts == 0


def test_what_a_stopped_server_has_in_its_database_counts_as_what_it_will_serve(serving, primary):
    primary.serve({ZONE: 7})
    serving.wait_for(lambda: serving.serial(ZONE) == 7)
    serving.stop()
    assert serving.application({ZONE: primary.endpoint(), "example.org": primary.endpoint()}, KEYS).compare(1)["differing"]["transferred"] == {ZONE: 7}


def test_a_removed_zone_is_refused_at_once_and_leaves_nothing(serving, primary):
    primary.serve({ZONE: 1, "example.org": 7})
    serving.bring({name: primary.endpoint() for name in (ZONE, "example.org")}, KEYS)
    serving.wait_for(lambda: serving.serial("example.org") == 7)
    result = serving.bring({ZONE: primary.endpoint()}, KEYS)
    assert result["zones_removed"] == ["example.org"]
    assert serving.ask("example.org").rcode() == dns.rcode.REFUSED
    assert serving.serial(ZONE) == 1
    for table, column in ("domains", "id"), ("records", "domain_id"), ("domainmetadata", "domain_id"):
        assert len(serving.select(f"SELECT DISTINCT {column} FROM {table}")) == 1
    assert not serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"]
    assert serving.restarts == 0


def test_another_key_is_used_without_a_restart(serving, primary):
    primary.serve({ZONE: 1}, "second")
    time.sleep(0.5)
    assert serving.bring({ZONE: primary.endpoint("second")}, KEYS)["changed"]
    primary.serve({ZONE: 2}, "second")
    serving.wait_for(lambda: serving.serial(ZONE) == 2)
    assert serving.restarts == 0
    assert serving.select("SELECT name FROM tsigkeys") == [("second",)]


def test_with_a_wrong_key_nothing_is_transferred(host, primary):
    host.bring({ZONE: primary.endpoint("second")}, KEYS)
    host.start()
    time.sleep(3)
    assert host.serial(ZONE) is None


def test_notify_with_a_wrong_key_or_none_is_refused(serving, primary):
    for key in ("second", None):
        notify = dns.message.make_query(ZONE, "SOA")
        notify.set_opcode(dns.opcode.NOTIFY)
        if key:
            notify.use_tsig(dns.tsigkeyring.from_text({key: SECRETS[key]}), keyname=key)
        answer = query_unverified(notify, serving.port)
        assert answer.rcode() in (dns.rcode.REFUSED, dns.rcode.NOTAUTH)


def query_unverified(message, port):
    """Some servers sign no refusal."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.bind(("127.0.0.1", 0))
        link.sendto(message.to_wire(), (ADDRESS, port))
        return dns.message.from_wire(link.recv(4096), keyring=False, ignore_trailing=True)


def transfer(port, key=None, name=ZONE):
    zone = dns.zone.Zone(name, relativize=False)
    query, _serial = dns.xfr.make_query(zone, keyring=dns.tsigkeyring.from_text({key: SECRETS[key]}) if key else None, keyname=key)
    dns.query.inbound_xfr(ADDRESS, zone, query, port=port, timeout=5, lifetime=5)
    return zone


def test_it_hands_out_no_transfer(serving):
    for key in (None, "first"):
        with pytest.raises(Exception, match="REFUSED|NOTAUTH|BADKEY|refused"):
            transfer(serving.port, key)


def test_it_feeds_and_notifies_another_secondary_that_has_the_key(host, primary):
    port = free_port("127.0.0.1")
    downstream = {"address": "127.0.0.1", "port": port, "name": "ns3", "key": "second", "from": ["ns2"]}
    host.bring({ZONE: primary.endpoint()}, KEYS, [downstream])
    host.start()
    host.wait_for(lambda: host.serial(ZONE) == 1)
    statement = f'zone "{ZONE}" {{ type secondary; file "copy"; primaries {{ {ADDRESS} port {host.port} key "second"; }}; }};\n'
    with running_named(port=port, keys=SECRETS, statements=statement) as secondary:

        def serial():
            with contextlib.suppress(dns.exception.Timeout):
                answer = dns.query.udp(dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=secondary.port, timeout=2)
                return answer.answer[0][0].serial if answer.answer else None

        host.wait_for(lambda: serial() == 1)
        primary.serve({ZONE: 2})
        host.wait_for(lambda: serial() == 2)
    assert {record.rdtype for _name, _ttl, record in transfer(host.port, "second").iterate_rdatas()} == {1, 2, 6}
    with pytest.raises(Exception, match="REFUSED|NOTAUTH|BADKEY|refused"):
        transfer(host.port, "first")


EVERY_TYPE = (pathlib.Path(__file__).parents[2] / "extensions/molecule/vendors/files/every.test.zone").read_text()


def test_records_of_every_type_are_served_and_handed_on(host, primary):
    primary.serve({"every.test": EVERY_TYPE})
    time.sleep(0.5)
    downstream = {"address": "127.0.0.1", "port": free_port("127.0.0.1"), "name": "ns3", "key": "second", "from": ["ns2"]}
    host.bring({"every.test": primary.endpoint()}, KEYS, [downstream])
    host.start()
    host.wait_for(lambda: host.serial("every.test") == 1)
    declared = dns.zone.from_text(EVERY_TYPE, "every.test", relativize=False)
    assert len(list(declared.iterate_rdatasets())) > 60
    for owner, expected in declared.iterate_rdatasets():
        answer = host.ask(owner, expected.rdtype)
        found = answer.find_rrset(answer.authority if str(owner) == "sub.every.test." and expected.rdtype == 2 else answer.answer, owner, 1, expected.rdtype)
        assert (set(found), found.ttl) == (set(expected), expected.ttl)
    assert transfer(host.port, "second", "every.test") == declared
    assert {rrset.rdtype for rrset in host.ask("below.dname.every.test", "A").answer} == {dns.rdatatype.DNAME, dns.rdatatype.CNAME}


@pytest.mark.parametrize("number", sorted(powerdns.CAPABILITIES.without_types))
def test_what_it_is_said_not_to_serve_it_does_not(serving, primary, number):
    primary.serve({ZONE: zone_text(ZONE, 2, f"private {number} \\# 4 01020304")})
    # as 4.7 says it, and as 4.9 does
    serving.wait_for(lambda: any(said in (serving.root / "pdns.log").read_text() for said in ("unable to parse record", "Error parsing packet")))
    assert serving.serial(ZONE) == 1


def test_settings_that_need_it_take_one_restart(serving, primary):
    (serving.root / "etc/pdns.local.conf").write_text((serving.root / "etc/pdns.local.conf").read_text() + "max-tcp-connections=21\n")
    primary.serve({ZONE: 1, "example.org": 7})
    zones = {name: primary.endpoint() for name in (ZONE, "example.org")}
    serving.bring(zones, KEYS)
    assert serving.restarts == 1
    serving.bring({ZONE: primary.endpoint()}, KEYS)
    assert serving.restarts == 1
    assert "max-tcp-connections=21" in serving.run(["pdns_control", "current-config"])[1]


def test_settings_of_the_inventory_take_the_place_of_the_file_on_the_host(serving, primary):
    file = serving.root / "etc/pdns.local.conf"
    serving.local_config = file.read_text() + "max-tcp-connections=22\n"
    assert serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"] and serving.restarts == 1
    own = serving.current / "pdns.local.conf"
    assert own.read_text() == serving.local_config and not own.is_symlink() and own.stat().st_mode & 0o007 == 0
    assert "max-tcp-connections=22\n" in serving.run(["pdns_control", "current-config"])[1] and serving.serial(ZONE) == 1
    assert not serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"] and serving.restarts == 1
    file.write_text("no-such-setting=1\n")
    assert not serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"]
    assert "nameserver_local_config of the inventory is yours" in (serving.root / "etc/pdns.conf").read_text()


def test_settings_that_pdns_server_does_not_know_are_refused_and_nothing_changes(serving, primary):
    before = os.readlink(serving.current)
    (serving.root / "etc/pdns.local.conf").write_text("no-such-setting=1\n")
    with pytest.raises(Refused, match="unknown setting 'no-such-setting'"):
        serving.bring({ZONE: primary.endpoint(), "example.org": primary.endpoint()}, KEYS)
    assert os.readlink(serving.current) == before
    assert serving.select("SELECT name FROM domains") == [(ZONE,)]


def test_a_server_that_does_not_start_with_new_settings_is_started_with_those_before(serving, primary):
    """Its own check opens no port."""
    with socket.create_server((ADDRESS, 0)) as taken:
        serving.local_config = (serving.root / "etc/pdns.local.conf").read_text().replace(str(serving.port), str(taken.getsockname()[1]))
        application = serving.application({ZONE: primary.endpoint()}, KEYS)
        with pytest.raises(Refused, match="systemctl restart pdns fails: it ended at once"):
            application.apply(os.replace)
    assert application.reached == "What was there before is in place again, and the server took it."
    serving.wait_for(lambda: serving.serial(ZONE) == 1, 5)
    assert serving.restarts == 2


@pytest.mark.parametrize("added", ["allow-axfr-ips+=192.0.2.9", "allow-axfr-ips += 192.0.2.9 # and others"])
def test_what_a_setting_has_more_takes_no_restart_again(serving, primary, added):
    file = serving.root / "etc/pdns.local.conf"
    file.write_text(f"{file.read_text()}{added}\n")
    zones = {name: primary.endpoint() for name in (ZONE, "example.org")}
    serving.bring(zones, KEYS)
    assert serving.restarts == 1
    serving.bring({ZONE: primary.endpoint()}, KEYS)
    assert serving.restarts == 1


def test_what_the_server_refuses_is_taken_back_in_the_database_too(serving, primary, monkeypatch):
    taken = []

    def refuse(software, *changed):
        taken.append(changed)
        if len(taken) == 1:
            raise Refused("pdns_control fails")
        return take(software, *changed)

    take = PowerDNS.take
    monkeypatch.setattr(PowerDNS, "take", refuse)
    with pytest.raises(Refused, match="pdns_control fails"):
        serving.bring({"example.org": primary.endpoint()}, KEYS)
    monkeypatch.undo()
    assert len(taken) == 2
    assert serving.select("SELECT name FROM domains") == [(ZONE,)]
    assert not serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"]


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ("INSERT INTO domains (name, type) VALUES ('edited.test', 'NATIVE')", ["zones.txt"]),
        ("UPDATE domains SET master = '127.0.0.9'", ["zones.txt"]),
        ("UPDATE domains SET type = 'NATIVE'", ["zones.txt"]),
        ("DELETE FROM domainmetadata", ["zones.txt"]),
        ("INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'ALLOW-AXFR-FROM', '0.0.0.0/0' FROM domains", ["zones.txt"]),
        ("UPDATE tsigkeys SET secret = 'AAAA'", ["keys.txt"]),
        ("DELETE FROM domains; DELETE FROM tsigkeys", ["keys.txt", "zones.txt"]),
    ],
)
def test_edits_in_the_database_are_found_and_undone(serving, primary, edit, found):
    for statement in edit.split(";"):
        serving.select(statement)
    preview = serving.application({ZONE: primary.endpoint()}, KEYS).preview()
    assert preview["changed"] and preview["edited"] == found
    assert serving.bring({ZONE: primary.endpoint()}, KEYS)["edited"] == found
    assert not serving.bring({ZONE: primary.endpoint()}, KEYS)["changed"]
    assert serving.select("SELECT name, type, master FROM domains") == [(ZONE, "SLAVE", f"127.0.0.1:{primary.named.port}")]
    primary.serve({ZONE: 3})
    serving.wait_for(lambda: serving.serial(ZONE) == 3)


def test_a_run_about_one_zone_leaves_the_others_as_they_are(serving, primary):
    zones = {name: primary.endpoint() for name in (ZONE, "example.org", "example.net")}
    primary.serve(dict.fromkeys(zones, 1))
    serving.bring(zones, KEYS)
    other = {ZONE: primary.endpoint("second"), "example.org": primary.endpoint("second")}
    serving.bring(other, KEYS, select="[?name == 'example.org']")
    assert serving.select("SELECT name, content FROM domains JOIN domainmetadata ON domain_id = domains.id AND kind = 'AXFR-MASTER-TSIG' ORDER BY name") == [
        (ZONE, "first"),
        ("example.net", "first"),
        ("example.org", "second"),
    ]
    assert serving.select("SELECT name FROM tsigkeys ORDER BY name") == [("first",), ("second",)]


def test_nobody_else_can_read_secrets_and_none_is_shown(serving, primary):
    for path in (serving.layout["database"], serving.current / "keys.txt"):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    assert stat.S_IMODE(os.stat(os.path.dirname(serving.layout["database"])).st_mode) == 0o750
    shown = str(serving.application({ZONE: primary.endpoint("second")}, KEYS).preview())
    assert "keys, which are not shown" in shown
    assert not [name for name, secret in SECRETS.items() if secret in shown]


def test_it_says_what_it_is_to_nobody_and_answers_for_its_zones_only(serving):
    for name in ("version.bind", "id.server", "version.pdns"):
        query = dns.message.make_query(name, "TXT", "CH")
        answer = dns.query.udp(query, ADDRESS, port=serving.port, timeout=5)
        assert not [text for rrset in answer.answer for text in rrset if "PowerDNS" in str(text) or os.uname().nodename in str(text)]
    assert serving.ask("example.net", "A").rcode() == dns.rcode.REFUSED


def test_ten_thousand_zones_are_one_transaction_of_a_second_or_so(host, primary):
    zones = {f"zone-{number}.test": primary.endpoint() for number in range(10000)}
    application = host.application(zones, KEYS)
    started = time.monotonic()
    application.apply(os.replace)
    taken = time.monotonic() - started
    assert host.select("SELECT count(*) FROM domains") == [(10000,)]
    application = host.application(zones, KEYS)
    started = time.monotonic()
    application.state.look()
    looked = time.monotonic() - started
    assert application.compare(0)["agrees"]
    print(f"10,000 zones entered in {taken:.2f} s, found unchanged in {looked:.2f} s")
    assert taken < 10 and looked < 5


def test_a_reader_sees_all_zones_or_none_while_they_are_entered(host, primary):
    """A second process reads while the transaction runs, as the server would."""
    zones = {f"zone-{number}.test": primary.endpoint() for number in range(2000)}
    host.bring({ZONE: primary.endpoint()}, KEYS)
    watch = (
        "import sqlite3, sys, time\n"
        "seen = set()\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 20\n"
        "while time.monotonic() < end:\n"
        "    seen.add(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM domains').fetchone()[0])\n"
        "    if 2000 in seen: break\n"
        "print(sorted(seen))\n"
    )
    with subprocess.Popen(["/usr/bin/python3", "-c", watch, host.layout["database"]], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "ready\n"
        host.bring(zones, KEYS)
        assert reader.communicate(timeout=30)[0].strip() == "[1, 2000]"


def test_a_database_that_cannot_be_written_is_a_refusal_that_names_it(host, primary):
    host.bring({ZONE: primary.endpoint()}, KEYS)
    os.truncate(host.layout["database"], 0)
    with open(host.layout["database"], "w", encoding="utf-8") as stream:
        stream.write("this is no database")
    with pytest.raises(Refused, match=r"database .*pdns\.sqlite3 cannot be read or written"):
        host.bring({ZONE: primary.endpoint()}, KEYS)
