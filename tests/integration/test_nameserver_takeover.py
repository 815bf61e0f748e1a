# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that serves zones already: nothing that only it has, and no zone, is lost without a word."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import sqlite3
import tempfile
import time
from dataclasses import replace
from types import SimpleNamespace

import dns.query
import dns.update
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import acceptance, former_zones
from ansible_collections.authoritative.dns.plugins.plugin_utils import guard
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, SCHEMA, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, NsdHost, running_host

NAMED_CHECKCONF = shutil.which("named-checkconf")
ZONES = {zone: {"www": "192.0.2.1"} for zone in ("static.example", "dynamic.example", "signed.example")}
STATEMENTS = {
    "static.example": "",
    "dynamic.example": "allow-update { 127.0.0.1; };",
    "signed.example": "dnssec-policy default; inline-signing yes;",
}
OTHERS = [
    'zone "." { type hint; file "root.hints"; };',
    'zone "localhost" { type master; file "db.local"; };',
    'zone "forwarded.example" { type forward; forwarders { 127.0.0.1; }; };',
    'zone "delegated.example" { type stub; primaries { 127.0.0.1; }; };',
    'zone "transferred.example" { type slave; masters { 127.0.0.1; }; file "transferred"; };',
    'zone "Old.example." IN { type master; file "old"; };',
]


@pytest.fixture
def host(tmp_path):
    with running_host(BindHost, tmp_path) as host:
        stanzas = []
        for zone, statements in STATEMENTS.items():
            path = host.root / "own" / zone
            path.write_text("$TTL 3600\n@ SOA ns1.example. hostmaster.example. 7 3600 600 1209600 300\n@ NS ns1.example.\nold A 192.0.2.9\n")
            stanzas.append(f'zone "{zone}" {{ type primary; file "{path}"; {statements} }};\n')
        with host.config_file.open("a") as config:
            config.write("".join(stanzas))
        assert host.run([host.control, "reconfig"])[0] == 0
        deadline = time.monotonic() + 10
        while "secure: yes" not in host.run([host.control, "zonestatus", "signed.example"])[1] and time.monotonic() < deadline:
            time.sleep(0.05)
        yield host


def compared(host, zones=ZONES, **arguments):
    with host.application(zones, **arguments) as application:
        return application.compare(int(time.time()))


def test_what_a_server_changes_by_itself_is_told_and_needs_a_word(host):
    update = dns.update.UpdateMessage("dynamic.example")
    update.add("by-update", 300, "A", "192.0.2.10")
    assert dns.query.tcp(update, host.address, port=host.port, timeout=5).rcode() == 0
    found = compared(host)
    assert found["own_content"] == {"dynamic.example": "updated dynamically", "signed.example": "signed by the server"}
    told = list(guard.lost_updates(found, "ns1", False))
    assert [line.split(",")[0] for line in told] == ["zone dynamic.example on ns1 is updated dynamically", "zone signed.example on ns1 is signed by the server"]
    assert len(list(guard.lost_updates(found, "ns1", ["signed.example"]))) == 1
    assert not list(guard.lost_updates(found, "ns1", True))


def test_who_does_not_look_at_the_difference_does_not_wait_for_it(host, monkeypatch):
    """A zone that is taken over is compared with the records that the server has of it, for which it must be asked."""
    asked = []
    monkeypatch.setattr(former_zones, "records", lambda _state, zones: asked.append(list(zones)) or {})
    zones = {"static.example": ZONES["static.example"]}
    with host.application(zones) as application:
        assert application.preview()["diff"] and asked == [["static.example"]]
        application.diff = False
        assert application.preview()["diff"] == [] and application.apply(os.replace)["diff"] == [] and asked == [["static.example"]]


def test_a_dry_run_shows_what_is_replaced_without_its_keys(host):
    with host.config_file.open("a") as config:
        config.write('key "partner" { algorithm hmac-sha256; secret "c2VjcmV0IG9mIGEgcGFydG5lcg=="; };\n')
    with host.application({"static.example": ZONES["static.example"]}) as application:
        (entry,) = [item for item in application.preview()["diff"] if item.get("before_header") == str(host.config_file)]
    assert 'key "partner" { algorithm hmac-sha256; secret …; };' in entry["before"] and "c2VjcmV0" not in str(entry)


def test_a_static_zone_is_taken_over_and_its_serial_goes_on(host):
    zones = {"static.example": ZONES["static.example"]}
    result = host.bring(zones)
    assert result["zones_changed"]["static.example"] > 7
    assert host.ask("www.static.example", "A") == ["192.0.2.1"]
    assert compared(host, zones)["own_content"] == {}


def test_zones_that_neither_the_declaration_nor_the_local_file_has_are_told_before_they_are_lost(host):
    for name in ("own.example", "OWN.test."):
        with host.local_config.open("a") as local:
            local.write(host.own_zone(host.root / "own" / "static.example", name))
    host.config_file.write_text(host.config_file.read_text() + "\n".join(OTHERS))
    zones = {"static.example": {}, "signed.example": {}}
    before = host.tree()
    found = compared(host, zones, secondary=["transferred.example"])
    assert found["left_out"] == ["delegated.example", "dynamic.example", "forwarded.example", "old.example"]
    (told,) = guard.left_out("ns1", found, ["signed.example", "old.example"], str(host.local_config))
    assert told.startswith("host ns1: its configuration serves delegated.example, dynamic.example, forwarded.example (3 zones), ")
    assert host.tree() == before


def test_zones_that_somebody_wrote_into_a_file_of_the_package_are_told(host):
    brought = host.root / "etc/brought.zones"
    brought.write_text("".join(host.own_zone(host.root / "own" / "static.example", name) for name in ("kept.example", "localhost", "127.in-addr.arpa")))
    with host.config_file.open("a") as config:
        config.write(f'include "{brought}";\n')
    zones = dict.fromkeys(ZONES, {})
    for settings in None, Settings(listen_on=(host.address,), recursion_networks=("127.0.0.1",)):
        assert compared(host, zones, settings=settings)["left_out"] == ["kept.example"]


def test_statements_from_the_inventory_take_the_place_of_the_local_file(host):
    own = host.root / "own/static.example"
    controls = host.local_config.read_text()
    host.config_file.write_text("\n".join(line for line in host.config_file.read_text().splitlines() if "static.example" not in line))  # as in Debian
    host.local_config.write_text(controls + "".join(host.own_zone(own, name) for name in ("static.example", "kept.example", "forgotten.example")))
    options = (host.root / "etc/options.conf").read_text() + "max-udp-size 1000;\n"
    before = host.local_config.read_text(), host.root.joinpath("etc/options.conf").read_text()
    settings = Settings(local_config=controls + host.own_zone(own, "kept.example"), local_options=options, listen_on=(host.address,), allow_query=("any",))
    zones = {"static.example": ZONES["static.example"], "dynamic.example": {}, "signed.example": {}}
    assert compared(host, zones, settings=settings)["left_out"] == ["forgotten.example"]
    host.bring(zones, settings=settings)
    assert (host.serial("kept.example"), host.serial("forgotten.example")) == (7, None)
    assert host.ask("www.static.example", "A") == ["192.0.2.1"]
    assert (host.local_config.read_text(), host.root.joinpath("etc/options.conf").read_text()) == before
    assert "max-udp-size" in host.run([NAMED_CHECKCONF, "-p", str(host.config_file)])[1]
    with pytest.raises(Refused, match="unknown option 'no-such-thing'"):
        host.bring(zones, settings=replace(settings, local_config=f"{controls}no-such-thing;"))
    assert host.serial("kept.example") == 7
    assert not host.bring(zones, settings=settings)["changed"]


@pytest.mark.parametrize("given", ["inventory", "file"])
def test_statements_that_stay_may_name_the_keys_of_this_run(host, given):
    """named-checkconf wants the key of a statement "server" to be there, and it is in dns_tsig_keys."""
    own = host.root / "own/static.example"
    local = host.local_config.read_text() + 'server 127.0.0.42 { keys { "partner"; }; };\n' + host.own_zone(own, "kept.example")
    host.config_file.write_text("".join(host.own_zone(own, name) for name in ("kept.example", "forgotten.example")))  # as read by a server of before
    settings = Settings(local_config=local if given == "inventory" else "", listen_on=(host.address,), allow_query=("any",))
    if given == "file":
        host.local_config.write_text(local)
    keys = [{"name": "partner", "secret": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="}]
    records = [{"type": "NS", "value": "ns1.example."}]
    declared = [{"name": "declared.example", "secondaries": [{"address": "127.0.0.42", "key": "partner"}], "records": records}]
    with host.declared(declared, settings=settings, keys=keys) as application:
        assert application.compare(int(time.time()))["left_out"] == ["forgotten.example"]
    name = "nameserver_local_config" if given == "inventory" else str(host.local_config)
    with pytest.raises(Refused, match=f"which zones {name} has, .* cannot be told: {name}:[0-9]+: unknown key 'partner'"):
        compared(host, {}, settings=settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server with another user's rights")
def test_statements_from_the_inventory_are_read_with_the_rights_of_a_server_that_is_not_root():
    with tempfile.TemporaryDirectory(prefix="takeover-") as place:  # pytest's own are root's alone
        root = pathlib.Path(place)
        with running_host(BindHost, root, "daemon") as host:
            own = "".join(host.own_zone(host.root / "own/zone", name) for name in ("kept.example", "forgotten.example"))
            host.config_file.write_text(host.config_file.read_text() + own)
            settings = Settings(local_config=host.own_zone(host.root / "own/zone", "kept.example"), listen_on=(host.address,))
            assert compared(host, {}, settings=settings)["left_out"] == ["forgotten.example"]


def test_what_cannot_be_read_is_not_replaced(host):
    with host.config_file.open("a") as config:
        config.write("zone;\n")
    with pytest.raises(Refused, match=f"which zones {host.config_file} has, .* cannot be told: .*; mend the file, or move it away"):
        compared(host)


def test_zones_of_this_collections_own_configuration_are_removed_as_declared(host):
    host.bring(ZONES)
    found = compared(host, {})
    assert (found["removed"], found["left_out"]) == (sorted(ZONES), [])
    host.config_file.write_text(OTHERS[-1])  # as when the old one is put back
    assert compared(host)["left_out"] == ["old.example"]


@pytest.mark.parametrize("kind", [kind for kind in INSTALLED if kind in (NsdHost, KnotHost)], ids=lambda kind: kind.daemon)
def test_zones_of_an_nsd_or_a_knot_dns_are_told_too(kind, tmp_path):
    with running_host(kind, tmp_path) as host:
        zone_file = host.root / "own/zone"
        zone_file.write_text("$TTL 3600\n@ SOA ns1.example. hostmaster.example. 7 3600 600 1209600 300\n@ NS ns1.example.\n")
        included = host.root / "etc/further.conf"
        included.write_text(host.own_zone(zone_file, "Included.example.").replace("zone:", "zone: # ours"))
        host.local_config.write_text(host.local_config.read_text() + host.own_zone(zone_file, "kept.example"))
        includes = [f'include: "{path}" # and no more\n' for path in (included, host.local_config)]
        own = [host.own_zone(zone_file, name) for name in ("declared.example", "old.example")]
        host.config_file.write_text("".join([host.config_file.read_text().replace(f'include: "{host.local_config}"\n', ""), *own, *includes]))
        host.stop()
        host.start()
        assert {host.serial(zone) for zone in ("declared.example", "old.example", "included.example")} == {7}
        assert compared(host, {"declared.example": {}})["left_out"] == ["included.example", "old.example"]
        host.bring({"declared.example": {}})
        assert (host.serial("old.example"), host.serial("declared.example") > 7) == (None, True)
        assert compared(host, {})["left_out"] == []


RELATIVE = {  # has paths begin where the host's own files are, in a configuration that reads the administrator's
    "named": lambda host, text: text.replace(f'directory "{host.root}/work"', f'directory "{host.root}/own"'),
    "nsd": lambda host, text: text.replace("server:\n", f'server:\n\tzonesdir: "{host.root}/own"\n') + f'include: "{host.local_config}"\n',
    "knot": lambda host, text: text.replace("include:", f'template:\n  - id: default\n    storage: "{host.root}/own"\ninclude:'),
}


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_zone_that_stays_and_is_answered_for_no_longer_is_a_reason_to_go_back(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(acceptance, "_AGAIN", 1.0)
    with running_host(kind, tmp_path) as host:
        text = "$TTL 3600\n@ SOA ns1.example. hostmaster.example. 7 3600 600 1209600 300\n@ NS ns1.example.\n"
        for name in ("kept", "lost"):
            (host.root / "own" / name).write_text(text)
        stanza = host.own_zone(host.root / "own/kept", "kept.example")
        host.local_config.write_text(host.local_config.read_text() + stanza + host.own_zone("lost", "lost.example"))
        host.config_file.write_text(RELATIVE[kind.daemon](host, host.config_file.read_text()))
        host.stop()
        host.start()
        assert {host.serial(zone) for zone in ("kept.example", "lost.example")} == {7}
        before = host.config_file.read_text()
        with pytest.raises(Refused, match="named would not load lost.example") if kind is BindHost else contextlib.nullcontext():
            host.preview({"declared.example": {}})
        named = "named would not load lost.example any more, which stays in the administrator's own files: zone lost.example/IN: .*file not found"
        with pytest.raises(Refused, match=f"answered for lost.example, which stays in the administrator's own files, and does no longer|{named}"):
            host.bring({"declared.example": {}})
        assert host.config_file.read_text() == before
        assert [host.serial(zone) for zone in ("kept.example", "lost.example", "declared.example")] == [7, 7, None]
        host.local_config.write_text(host.local_config.read_text().replace('"lost"', f'"{host.root}/own/lost"'))
        host.bring({"declared.example": {}})
        assert [host.serial(zone) is not None for zone in ("kept.example", "lost.example", "declared.example")] == [True] * 3


def test_zones_that_nsd_was_given_by_command_are_told_too(tmp_path):
    with running_host(NsdHost, tmp_path) as host:
        listed = host.root / "own/zone.list"
        listed.write_text("# NSD zone list\nadd added.example somehow\ndel 12 removed.example somehow\n")
        assert compared(host, {})["left_out"] == ["added.example"]


def test_a_knot_dns_with_its_configuration_in_a_database_is_left_alone(tmp_path):
    with running_host(KnotHost, tmp_path) as host:
        (host.root / "own/confdb").mkdir()
        with pytest.raises(Refused, match="knotd has its configuration in .*/own/confdb, and would read no file"):
            compared(host, {})


def test_nothing_takes_the_place_of_an_nsd_of_which_it_cannot_be_told_what_it_was_given_by_command(tmp_path):
    with running_host(NsdHost, tmp_path) as host:
        text = host.config_file.read_text()
        host.config_file.write_text(text + "zonky: 1\n")
        with pytest.raises(Refused, match=f"which zones were added by command to {host.config_file}, .* cannot be told: .*zonky.*; mend it, or move it away"):
            compared(host, {})
        host.config_file.unlink()
        assert compared(host, {})["left_out"] == []


needs_powerdns = pytest.mark.skipif(not PDNS_SERVER, reason="PowerDNS is not installed")
KEPT = {"kept.example": {"name": "elsewhere", "address": "127.0.0.1", "port": 9}}


def left_out(host):
    """What the comparison of a PowerDNSHost finds that is to serve kept.example alone."""
    return host.application(KEPT).compare(int(time.time()))["left_out"]


def own_database(host, zones):
    """Have a PowerDNSHost read a pdns.conf and a database as an administrator would write them. Returns their paths."""
    config, database = pathlib.Path(host.layout["config_file"]), host.root / "former/pdns.sqlite3"
    database.parent.mkdir()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(pathlib.Path(SCHEMA).read_text())
        for number, zone in enumerate(zones):
            soa = f"ns1.example hostmaster.{zone} 7 3600 600 1209600 300"
            connection.execute("INSERT INTO domains (id, name, type) VALUES (?, ?, 'NATIVE')", [number, zone])
            rows = "INSERT INTO records (domain_id, name, type, content, ttl, disabled, auth) VALUES (?, ?, 'SOA', ?, 60, 0, 1)"
            connection.execute(rows, [number, zone, soa])
        connection.commit()
    local = f"local-address={host.address}\nlocal-port={host.port}\nsocket-dir={host.sockets}\nwrite-pid=no\nsecurity-poll-suffix=\n"
    config.write_text(f"launch=gsqlite3\ngsqlite3-database={database}\ndistributor-threads=1\n{local}")
    for path in (database.parent, database):
        shutil.chown(path, host.account, host.account)
    return config, database


@needs_powerdns
def test_zones_of_a_powerdns_are_told_too(tmp_path):
    with powerdns_host(tmp_path) as host:
        assert left_out(host) == []
        config, _database = own_database(host, ["old.example", "kept.example"])
        assert left_out(host) == ["old.example"]
        (tmp_path / "etc/pdns.d").mkdir()
        (tmp_path / "etc/pdns.d/further.conf").write_text(config.read_text().replace("launch=", "launch+="))
        config.write_text(f"include-dir={tmp_path}/etc/pdns.d\nlaunch=\n")
        assert left_out(host) == ["old.example"]
        (tmp_path / "etc/pdns.d/further.conf").unlink()  # as Debian's package brings it
        assert left_out(host) == []


@needs_powerdns
def test_a_powerdns_without_zones_is_none_to_be_refused(tmp_path):
    with powerdns_host(tmp_path) as host:
        own_database(host, [])
        assert left_out(host) == []


@needs_powerdns
def test_nothing_takes_the_place_of_a_powerdns_whose_zones_cannot_be_told(tmp_path, monkeypatch):
    with powerdns_host(tmp_path) as host:
        config, database = own_database(host, ["old.example"])
        host.start()
        assert host.serial("old.example") == 7
        database.rename(tmp_path / "moved.sqlite3")  # as a database server that is restarted: nobody new gets in
        before = config.read_text()
        with pytest.raises(Refused, match=f"which zones {config} leads to, .* cannot be told: .*' does not exist yet; mend that, or move the file away"):
            host.bring(KEPT)
        assert (host.serial("old.example"), config.read_text()) == (7, before)
        monkeypatch.setattr(shutil, "which", lambda name, which=shutil.which, **more: None if name == "pdnsutil" else which(name, **more))
        with pytest.raises(Refused, match="cannot be told: pdnsutil is not installed"):
            left_out(host)
        host.stop()
        assert left_out(host) == []  # what is left of a package
        monkeypatch.undo()
        with pytest.raises(Refused, match="does not exist yet"):
            left_out(host)
        config.unlink()
        assert left_out(host) == []


@needs_powerdns
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server with another user's rights")
def test_zones_of_a_powerdns_are_told_too_where_root_alone_can_read_its_configuration():
    # pytest's own directories are root's alone
    with tempfile.TemporaryDirectory(prefix="takeover-") as place, powerdns_host(pathlib.Path(place), "pdns") as host:
        config, _database = own_database(host, ["old.example"])
        config.chmod(0o600)
        assert left_out(host) == ["old.example"]


MANY = "".join(f"h{number} A 192.0.2.{number}\n" for number in range(60))


def serve(host, zone, records, *options):
    """Have the server serve a zone as an administrator would, under serial 4000000000."""
    path = host.root / "own" / zone
    path.write_text(f"$TTL 3600\n@ SOA ns1.example. hostmaster.example. 4000000000 3600 600 1209600 300\n@ NS ns1.example.\n@ NS NS2.example.\n{records}")
    stanza = host.own_zone(path, zone)
    with host.config_file.open("a") as config:
        config.write(stanza.replace("type primary;", " ".join(["type primary;", *options])))
    host.stop()
    host.start()


def told_losses(found):
    """What the guard tells of zones that are declared with two records."""
    content = SimpleNamespace(count=2, apex_servers=("ns1.example.", "ns2.example."))
    primary = dict.fromkeys(found["differing"]["zones"], SimpleNamespace(zone=SimpleNamespace(content=content)))
    return list(guard.losses("ns1", SimpleNamespace(primary=primary), found, False))


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_zone_that_is_taken_over_does_not_lose_most_of_its_records_without_a_word(kind, tmp_path):
    with running_host(kind, tmp_path) as host:
        serve(host, "example.com", MANY)
        found = compared(host, {"example.com": {"www": "192.0.2.1"}, "new.example": {}})
        assert found["differing"]["zones"]["example.com"][2] == [63, ["ns1.example.", "ns2.example."]]
        assert 4000000000 in found["differing"]["zones"]["example.com"][1] and found["differing"]["zones"]["new.example"] == [None, [], None]
        (told,) = told_losses(found)
        assert told.startswith("zone example.com would lose 96 % (60 of 62) of its records; ")


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_comparison_starts_no_program_for_each_new_zone(kind, tmp_path, monkeypatch):
    commands, run = [], kind.run
    monkeypatch.setattr(kind, "run", lambda self, command, **limits: (commands.append(command), run(self, command, **limits))[1])
    with running_host(kind, tmp_path) as host:
        compared(host, {f"{number}.example": {} for number in range(120)})
        assert len(commands) < 20


@pytest.mark.skipif(NsdHost not in INSTALLED, reason="NSD is not installed")
@pytest.mark.parametrize("name", ["plain.example", "Plain.EXAMPLE."])
def test_the_files_of_zones_are_where_nsds_patterns_say(tmp_path, name):
    with running_host(NsdHost, tmp_path) as host:
        (host.root / f"own/{name[0]}/example").mkdir(parents=True)
        serve(host, "plain.example", MANY)
        (host.root / f"own/{name[0]}/example/{name}").write_text((host.root / "own/plain.example").read_text())
        (host.root / "own/plain.example").write_text("nothing")
        text = host.config_file.read_text().replace('name: "plain.example"', f'name: "{name}"')
        text += "\tinclude-pattern: Sorted\n"  # which outdoes what comes before it in the clause
        patterns = f'pattern:\n\tname: Base\n\tzonefile: "{host.root}/own/%1/%z/%s"\npattern:\n\tname: Sorted\n\tinclude-pattern: Base\n'
        host.config_file.write_text(patterns + text)
        host.stop()
        host.start()
        assert host.serial("plain.example") == 4000000000
        assert compared(host, {"plain.example": {"www": "192.0.2.1"}})["differing"]["zones"]["plain.example"][2] == [63, ["ns1.example.", "ns2.example."]]


def test_a_dynamic_zone_that_answers_nobody_is_asked_all_the_same(host):
    serve(host, "closed.example", MANY, "allow-query { none; }; allow-update { 127.0.0.1; };")
    assert host.serial("closed.example") is None
    found = compared(host, {"closed.example": {}})
    assert found["own_content"] == {"closed.example": "updated dynamically"} and len(told_losses(found)) == 1
    assert host.bring({"closed.example": {}})["zones_changed"]["closed.example"] == 4000000001


def test_a_zone_in_two_views_is_told(host):
    path = host.root / "own/static.example"
    stanza = host.own_zone(path, "static.example")
    views = [f'view "{view}" {{ match-clients {{ {clients}; }}; {stanza} }};\n' for view, clients in [("a", "127.0.0.2"), ("b", "any")]]
    text = host.config_file.read_text()
    host.config_file.write_text(text[: text.index("zone ")] + "".join(views))
    assert host.run([host.control, "reconfig"])[0] == 0
    assert compared(host, {"static.example": {}})["own_content"] == {"static.example": "in the views a, b"}


def test_a_zone_that_is_served_and_in_no_file_is_found(host):
    path = host.root / "own/static.example"
    with host.options.open("a") as options:
        options.write("allow-new-zones yes;\n")
    assert host.run([host.control, "reconfig"])[0] == 0
    assert host.run([host.control, "addzone", "added.example", f'{{ type primary; file "{path}"; allow-query {{ none; }}; }};'])[0] == 0
    assert compared(host, {"added.example": {}})["differing"]["zones"]["added.example"] == [None, [7], [3, ["ns1.example."]]]


def test_what_cannot_be_asked_about_a_zone_is_a_refusal(host, monkeypatch):
    run = host.run

    def unreached(command, **limits):
        """No connection to the control channel, nor rndc."""
        return (1, "", "rndc: connection refused") if {"zonestatus", "-V"} & {*command} else run(command, **limits)

    monkeypatch.setattr(host, "run", unreached)
    with pytest.raises(Refused, match="zone static.example may be served already, and what the server has of it cannot be told: rndc zonestatus says rndc"):
        compared(host, {"static.example": {}})
