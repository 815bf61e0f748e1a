# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: what a host had before this collection is in its place again, byte by byte, and served."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading import powerdns
from ansible_collections.authoritative.dns.plugins.module_utils.releasing import release
from ansible_collections.authoritative.dns.plugins.module_utils.releasing.release import Release
from ansible_collections.authoritative.dns.plugins.module_utils.serving import copies
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import wait_for
from ansible_collections.authoritative.dns.tests.support.operations import killed_before
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, SCHEMA, powerdns_host
from ansible_collections.authoritative.dns.tests.support.releases import release_of
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, NsdHost, _find, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]
ZONE = "example.com"
OLD_SERIAL = 7
CONTENT = "; mine\r\n$TTL 300\n@ IN SOA ns1.example. (hostmaster.example. ; who\n  {serial} ; the serial 5\n"
CONTENT += " 3600 600 86400 300)\n  NS ns1.example.\nwww A 192.0.2.99\n"


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def kind(request):
    return request.param


@contextlib.contextmanager
def administered(kind, root):
    """A host that serves a zone as its administrator configured it: the configuration has another line end, owner and mode than the collection's."""
    host = kind(root)
    zone = root / "zone"
    zone.write_text(CONTENT.format(serial=OLD_SERIAL), newline="")
    zone.chmod(0o604)
    host.config_file.write_text(host.config_file.read_text() + f"{host.comment} mine\r\n" + host.own_zone(zone, ZONE), newline="")
    os.chown(host.config_file, 65534, 0)
    host.config_file.chmod(0o644)
    try:
        host.start()
        yield host
    finally:
        if (root / "pid").exists():
            host.stop()


def as_found(host):
    status = host.config_file.stat()
    return host.config_file.read_bytes(), status.st_mode, status.st_uid, status.st_gid


def served(host):
    return host.serial(ZONE), host.ask(f"www.{ZONE}", "A")


def assert_nothing_is_left(host):
    assert not (host.root / f"etc/{host.main}.before-authoritative-dns").exists()
    assert os.listdir(host.root / "state") == ["lock"]
    assert not list(host.root.rglob(".authoritative-dns-*"))


def test_the_configuration_of_before_is_back_byte_by_byte(kind, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        found, zone = as_found(host), (tmp_path / "host/zone").read_bytes()
        assert b"\r\n" in found[0]
        before = served(host)
        host.bring({ZONE: {"www": "192.0.2.99"}})
        assert served(host) != before
        tree = host.tree()
        preview = release_of(host, serials="keep").preview()
        assert preview["changed"] and not preview["reloaded"] and preview["diff"][0]["after"].encode() == found[0]
        assert host.tree() == tree
        result = release_of(host, serials="keep").apply(os.replace)
        assert result["changed"] and result["reloaded"] and result["zones_behind"] == [ZONE] and not result["zones_lost"]
        assert as_found(host) == found and (tmp_path / "host/zone").read_bytes() == zone
        assert served(host) == before
        assert_nothing_is_left(host)
        again = release_of(host).apply(os.replace)
        assert not again["changed"] and as_found(host) == found
        host.bring({ZONE: {"www": "192.0.2.77"}})  # and forth once more
        assert host.ask(f"www.{ZONE}", "A") == ["192.0.2.77"]


def test_a_serial_that_is_behind_is_refused_or_raised_and_nothing_else_of_its_file_changes(kind, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        issued = host.bring({ZONE: {"www": "192.0.2.1"}})["zones_changed"][ZONE]
        tree = host.tree()
        with pytest.raises(Refused, match=f"zone {ZONE} had serial {OLD_SERIAL} before, and {issued} was given out since; its secondaries would keep"):
            release_of(host).apply(os.replace)
        assert host.tree() == tree and host.serial(ZONE) == issued
        result = release_of(host, serials="raise").apply(os.replace)
        assert result["serials_raised"] == {ZONE: issued + 1}
        assert served(host) == (issued + 1, ["192.0.2.99"])
        zone = tmp_path / "host/zone"
        assert zone.read_bytes() == CONTENT.format(serial=issued + 1).encode() and zone.stat().st_mode & 0o777 == 0o604


def test_a_link_in_the_place_of_a_zone_s_file_is_told_before_anything_changes(kind, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        zone = tmp_path / "host/zone"
        zone.rename(tmp_path / "host/elsewhere")
        zone.symlink_to("elsewhere")
        host.bring({ZONE: {"www": "192.0.2.1"}})
        tree = host.tree()
        with pytest.raises(Refused, match=f"^zone {ZONE}: no serial can be written into {zone}, because it is a link, is raw, .*; raise it by hand, or say"):
            release_of(host, serials="raise").apply(os.replace)
        assert host.tree() == tree and zone.is_symlink()


def test_zones_that_would_be_lost_are_named(kind, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        host.bring({ZONE: {"www": "192.0.2.1"}, "new.example": {"www": "192.0.2.2"}}, secondary=("transferred.example",))
        tree = host.tree()
        with pytest.raises(Refused, match="^zone new.example is served now, and is not in .*; zone transferred.example is served now") as caught:
            release_of(host, serials="keep").apply(os.replace)
        assert "release_allow_loss" in str(caught.value) and host.tree() == tree
        result = release_of(host, serials="keep", allow_loss=["new.example", "transferred.example"]).apply(os.replace)
        assert result["zones_lost"] == ["new.example", "transferred.example"] and host.serial("new.example") is None


@pytest.mark.parametrize("fault", ["configuration", "zone"])
def test_what_the_checker_refuses_changes_nothing(kind, tmp_path, fault):
    with administered(kind, tmp_path / "host") as host:
        host.bring({ZONE: {"www": "192.0.2.1"}})
        if fault == "zone":
            (tmp_path / "host/zone").write_text(CONTENT.format(serial=OLD_SERIAL) + "broken A 192.0.2.300\n")
        else:
            kept = host.root / f"etc/{host.main}.before-authoritative-dns"
            kept.write_text("nonsense {\n" + kept.read_text())
        tree = host.tree()
        with pytest.raises(Refused, match="refuses|cannot be read"):
            release_of(host, serials="keep").apply(os.replace)
        assert host.tree() == tree and host.ask(f"www.{ZONE}", "A") == ["192.0.2.1"]


def test_a_server_that_refuses_it_goes_on_with_what_it_has(kind, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        issued = host.bring({ZONE: {"www": "192.0.2.1"}})["zones_changed"][ZONE]
        entry, zone = host.config_file.read_bytes(), (tmp_path / "host/zone").read_bytes()
        there = release_of(host, serials="raise")
        real = there.software.take_original

        def in_vain():
            real()
            raise Refused("in vain")

        there.software.take_original = in_vain
        with pytest.raises(Refused, match="in vain"):
            there.apply(os.replace)
        assert there.reached == "What this collection wrote is in its place again, and the server took it."
        assert host.config_file.read_bytes() == entry and (tmp_path / "host/zone").read_bytes() == zone
        assert served(host) == (issued, ["192.0.2.1"])
        assert (host.root / f"etc/{host.main}.before-authoritative-dns").exists()


@pytest.mark.parametrize("serials", ["keep", "raise"])
def test_a_server_that_serves_another_serial_than_its_file_has_goes_back(kind, tmp_path, monkeypatch, serials):
    monkeypatch.setattr(release, "_AT_ONCE", 0.5)
    with administered(kind, tmp_path / "host") as host:
        issued = host.bring({ZONE: {"www": "192.0.2.1"}})["zones_changed"][ZONE]
        ours, zone = host.config_file.read_bytes(), (tmp_path / "host/zone").read_bytes()
        there = release_of(host, serials=serials)
        monkeypatch.setattr(there.software, "take_original", lambda: None)  # it goes on with what it has
        wanted = OLD_SERIAL if serials == "keep" else issued + 1
        with pytest.raises(Refused, match=f"the server serves {ZONE} under the serial {issued}, and not {wanted}"):
            there.apply(os.replace)
        assert host.config_file.read_bytes() == ours and (tmp_path / "host/zone").read_bytes() == zone
        assert served(host) == (issued, ["192.0.2.1"])


@contextlib.contextmanager
def transferring(root):
    """An NSD that its administrator has transfer zones from a BIND, which hands out one at once, and what is declared instead."""
    zones, primary, host = [f"copied{number}.example" for number in range(20)], BindHost(root / "primary"), NsdHost(root / "host")
    (root / "zone").write_text(CONTENT.format(serial=OLD_SERIAL))
    primary.config_file.write_text(primary.config_file.read_text() + "".join(primary.own_zone(root / "zone", zone) for zone in zones))
    options = primary.options.read_text() + "allow-transfer { any; };\n"
    primary.options.write_text(options + "transfers-out 100;\n")
    control = f"remote-control:\n\tcontrol-enable: yes\n\tcontrol-interface: {host.layout['control_socket']}\n"
    stanzas = [f"zone:\n\tname: {zone}\n\trequest-xfr: {primary.address}@{primary.port} NOKEY\n" for zone in zones]
    host.config_file.write_text(host.config_file.read_text().partition("remote-control")[0] + control + "".join(stanzas))
    first = [{"address": primary.address, "port": primary.port}]
    records = [{"type": "NS", "value": "ns1.example."}]
    with contextlib.ExitStack() as stack:
        for server in (primary, host):
            server.start()
            stack.callback(server.stop)
        wait_for(lambda: [zone for zone in zones if host.serial(zone) is None], [], 60)
        primary.options.write_text(options + "transfers-out 1;\n")
        assert primary.run([primary.control, "reconfig"])[0] == 0
        yield primary, host, [{"name": zone, "records": records, "primaries": first, "secondaries": ["ns1"]} for zone in zones]


@pytest.mark.skipif(not {BindHost, NsdHost} <= {*INSTALLED}, reason="BIND or NSD is not installed")
def test_copies_that_are_not_there_any_more_are_asked_for_until_they_are(tmp_path):
    """NSD has none that it did not write; refused by a primary that hands out few zones at once, it would ask again after a minute."""
    with transferring(tmp_path) as (_primary, host, declared):
        host.bring_declared(declared)
        assert all(host.serial(zone["name"]) == OLD_SERIAL for zone in declared)
        assert release_of(host).apply(os.replace)["zones_awaited"] == []
        assert all(host.serial(zone["name"]) == OLD_SERIAL for zone in declared)


@pytest.mark.skipif(not {BindHost, NsdHost} <= {*INSTALLED}, reason="BIND or NSD is not installed")
def test_copies_that_do_not_come_are_told(tmp_path, monkeypatch):
    with transferring(tmp_path) as (primary, host, declared):
        host.bring_declared(declared)
        primary.stop()
        monkeypatch.setattr(copies, "_AT_ONCE", 0.5)
        result = release_of(host).apply(os.replace)
        assert result["changed"] and result["zones_awaited"] == sorted(zone["name"] for zone in declared)


# Every other operation of BIND's, fewer of those that restart each time.
@pytest.mark.parametrize(("kind", "step"), [(kind, 2 if kind is BindHost else 9) for kind in INSTALLED], ids=[kind.daemon for kind in INSTALLED])
def test_whoever_is_killed_leaves_one_or_the_other_and_the_next_run_finishes(kind, step, tmp_path):
    with administered(kind, tmp_path / "host") as host:
        found = as_found(host)
        for number in range(1, 400, step):
            issued = host.bring({ZONE: {"www": "192.0.2.1"}})["zones_changed"][ZONE]
            ours = host.config_file.read_bytes()
            there = release_of(host, serials="raise")
            killed, name = killed_before(number, lambda there=there: there.apply(os.replace))
            host.wait_for_restart()
            assert host.config_file.read_bytes() in (ours, found[0]), name
            assert served(host) in ((issued, ["192.0.2.1"]), (issued + 1, ["192.0.2.99"])), name
            release_of(host, serials="raise").apply(os.replace)
            assert as_found(host) == found and served(host) == (issued + 1, ["192.0.2.99"]), name
            assert_nothing_is_left(host)
            if not killed:
                break
        assert not killed and number > 10


def test_without_what_was_before_there_is_no_way_back(tmp_path):
    with running_host(BindHost, tmp_path / "host") as host:
        host.bring({ZONE: {"www": "192.0.2.1"}})
        kept = host.root / f"etc/{host.main}.before-authoritative-dns"
        text = kept.read_text()
        kept.unlink()
        with pytest.raises(Refused, match="is not there: no configuration of before was kept"):
            release_of(host).preview()
        kept.write_text(text)
        host.config_file.write_text(text + "// another\n")
        with pytest.raises(Refused, match="is neither what this collection wrote nor"):
            release_of(host).preview()


def test_the_playbook_looks_at_all_hosts_before_it_changes_one(tmp_path):
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    with administered(BindHost, tmp_path / "one") as one, administered(BindHost, tmp_path / "two") as two:
        hosts = {"one": one, "two": two}
        found = {name: as_found(host) for name, host in hosts.items()}
        for host in hosts.values():
            host.bring({ZONE: {"www": "192.0.2.1"}})
            host.stop()
        listed = {name: {"layout": host.layout} for name, host in hosts.items()}
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"dns_primaries": {"vars": common, "hosts": listed}}))

        def play(*options):
            command = ["ansible-playbook", "-i", str(inventory), "-e", "__nameserver_layout={{ hostvars[inventory_hostname].layout }}", *options]
            command += ["authoritative.dns.release"]
            return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})

        (two.root / "zone").write_text("broken")
        refused = play("-e", "release_serials=keep")
        assert refused.returncode and "its content of before cannot be read" in refused.stdout
        assert all(host.config_file.read_bytes() != found[name][0] for name, host in hosts.items())
        (two.root / "zone").write_text(CONTENT.format(serial=OLD_SERIAL), newline="")
        dry = play("-e", "release_serials=keep", "--check", "--diff")
        assert dry.returncode == 0 and "// mine" in dry.stdout and 'secret "…"' not in dry.stdout, dry.stdout
        assert all(host.config_file.read_bytes() != found[name][0] for name, host in hosts.items())
        done = play("-e", "release_serials=keep")
        assert done.returncode == 0 and "has an older serial than was given out" in done.stdout, done.stdout
        assert found == {name: as_found(host) for name, host in hosts.items()}


@contextlib.contextmanager
def administered_powerdns(root):
    """(a host whose administrator has a database of their own, the configuration that reads it, what L(Release) is given)."""
    with powerdns_host(root / "host") as host:
        database, text = root / "theirs.sqlite3", "# mine\r\n"
        text += f"launch=gsqlite3\ngsqlite3-database={database}\nlocal-address=127.0.0.2\ninclude-dir={root}/include\n"
        (root / "include").mkdir()
        (root / "include/local.conf").symlink_to(root / "host/etc/pdns.local.conf")
        entry = root / "host/etc/pdns.conf"
        entry.write_text(text, newline="")
        entry.chmod(0o600)
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as theirs:
            with open(SCHEMA, encoding="utf-8") as stream:
                theirs.executescript(stream.read())
            theirs.execute("INSERT INTO domains (id, name, type) VALUES (1, ?, 'MASTER')", [ZONE])
            records = [("SOA", f"ns1.example. h.example. {OLD_SERIAL} 3600 600 86400 300"), ("NS", "ns1.example.")]
            theirs.executemany("INSERT INTO records (domain_id, name, type, content, ttl) VALUES (1, ?, ?, ?, 300)", [(ZONE, *row) for row in records])

        def read(path, content):
            reading = powerdns.PowerDns(lambda command, _directory: host.run(command), _find, path)
            reading.user = host.account
            return reading.facts(content=content)

        yield host, entry, (host.software, host.layout, read)


def gave_out(there, serial):
    """As it would be where this host had been the primary meanwhile."""
    notes = there.generations.current()
    notes.notes["removed"] = {ZONE: serial}
    notes.save()


@pytest.mark.skipif(not PDNS_SERVER, reason="PowerDNS with SQLite is not installed")
def test_powerdns_serves_its_own_database_again(tmp_path):
    with administered_powerdns(tmp_path) as (host, entry, arguments):
        text = entry.read_bytes()
        host.start()
        assert host.serial(ZONE) == OLD_SERIAL
        host.bring({ZONE: {"name": "primary", "address": "127.0.0.9"}, "other.example": {"name": "primary", "address": "127.0.0.9"}})
        assert entry.read_bytes() != text
        with pytest.raises(Refused, match="^zone other.example is served now, and is not in"):
            Release(*arguments, port=host.port).apply(os.replace)
        there = Release(*arguments, allow_loss=True, serials="raise", port=host.port)
        gave_out(there, OLD_SERIAL + 5)
        preview = there.preview()
        assert preview["serials_raised"] == {ZONE: OLD_SERIAL + 6} and host.serial(ZONE) is None
        assert there.apply(os.replace)["reloaded"]
        assert host.serial(ZONE) == OLD_SERIAL + 6
        assert entry.read_bytes() == text and entry.stat().st_mode & 0o777 == 0o600
        assert not Release(*arguments, port=host.port).apply(os.replace)["changed"]


@pytest.mark.skipif(not PDNS_SERVER, reason="PowerDNS with SQLite is not installed")
def test_whoever_is_killed_leaves_a_powerdns_with_one_or_the_other_and_the_next_run_finishes(tmp_path):
    with administered_powerdns(tmp_path) as (host, entry, arguments):
        text, serial = entry.read_bytes(), OLD_SERIAL
        for number in range(1, 400, 7):
            host.bring({ZONE: {"name": "primary", "address": "127.0.0.9"}})
            ours = entry.read_bytes()
            there = Release(*arguments, serials="raise", port=host.port)
            gave_out(there, serial + 5)
            killed, name = killed_before(number, lambda there=there: there.apply(os.replace))
            assert entry.read_bytes() in (ours, text), name
            Release(*arguments, serials="raise", port=host.port).apply(os.replace)
            serial += 6
            assert entry.read_bytes() == text and entry.stat().st_mode & 0o777 == 0o600, name
            assert os.listdir(host.root / "state") == ["lock"] and not (host.root / "etc/pdns.conf.before-authoritative-dns").exists(), name
            host.start()
            assert host.serial(ZONE) == serial, name
            host.stop()
            if not killed:
                break
        assert not killed and number > 10
